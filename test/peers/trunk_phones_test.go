//go:build peers

package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// pbxScript is a PBX: phones and the gateway register with it by digest, phones reach
// the conference by any number, and the gateway calls the phone of a number.
const pbxScript = registrarModules + `
alias="pbx.example"

request_route {
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("pbx.example", "opensesame", "0")) { www_challenge("pbx.example", "1"); exit; }
		fix_nated_register();
		save("location");
		xlog("L_NOTICE", "registered $tU\n");
		exit;
	}
	if (has_totag()) { loose_route(); t_relay(); exit; }
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("CANCEL")) { t_relay(); exit; }
	if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
	record_route();
	if (!pv_proxy_authenticate("pbx.example", "opensesame", "0")) { proxy_challenge("pbx.example", "1"); exit; }
	consume_credentials();
	if ($fU != "acme") { $ru = "sip:acme@pbx.example"; }
	if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
	t_relay();
}
`

// TestPhonesBehindPBX: of two baresips that are registered at kamailio, one calls a
// meeting's number and the other is called into it; each hears the other and not
// itself, and who hangs up is gone.
func TestPhonesBehindPBX(t *testing.T) {
	t.Parallel()
	pbx := newProxy(t, pbxScript)
	g := start(t, fmt.Sprintf(`trunks:
  - name: pbx
    peers: ["sip:%s"]
    auth: {username: acme, realm: pbx.example, password_file: %q}
    register: true
    from_domain: pbx.example
numbers: [{number: "+41445550100", trunk: pbx, to: {room: "112752642"}}]
dialplan: {outbound: [{match: "+41*", trunk: pbx, caller_id: "+41445550100"}]}
limits: {anonymous_inbound: false}
`, pbx.udp, secretFile(t, "opensesame")))
	g.cli("room", "add", "--extension", "112752642", "--name", "Board", "--no-pin")
	g.awaitTrunk("registered", "pbx", 20*time.Second, registered)
	deskWAV, desk := speech(t, 0, 8000)
	hallWAV, hall := speech(t, 1, 16000)
	account := func(user string) string {
		return fmt.Sprintf(`<sip:%s@pbx.example>;auth_user=%s;auth_pass=opensesame;outbound="sip:%s";regint=60;answermode=auto`, user, user, pbx.udp)
	}
	clearly(t, 2, func(wrong func(string, ...any)) {
		registrations := func() int { return strings.Count(pbx.log.text(), "registered +41445550177") }
		before := registrations()
		h := dial(t, phone{account: account("+41445550177"), codec: "G722/16000/1", module: "g722.so", rate: 16000, wav: hallWAV, seconds: 18})
		awaitThat(t, "the phone is registered", func() bool { return registrations() > before })
		d := dial(t, phone{account: account("desk"), uri: "sip:+41445550100@pbx.example", codec: "PCMA/8000/1", module: "g711.so", rate: 8000, wav: deskWAV, seconds: 15})
		g.await("the caller in the room", 20*time.Second, inRoom(1))
		g.cli("call", "+41445550177", "--room", "112752642", "--wait", "10s")
		g.await("both in the room", 20*time.Second, inRoom(2))
		if tr := g.trunk("pbx"); tr.CallsIn != 1 || tr.CallsOut != 1 {
			t.Errorf("the calls are not the trunk's: %+v", tr)
		}
		dHeard, hHeard := d.heard(t), h.heard(t)
		if v := likeness(hall, 16000, dHeard, 8000); v < 0.75 {
			wrong("who called does not hear who was called: %.2f", v)
		}
		if v := likeness(desk, 8000, hHeard, 16000); v < 0.75 {
			wrong("who was called does not hear who called: %.2f", v)
		}
		if v := echo(desk, dHeard, 8000); v > 0.5 {
			wrong("who called hears itself: %.2f", v)
		}
		g.await("both gone", 20*time.Second, func(c []call) bool { return len(c) == 0 })
	})
	if tr := g.trunk("pbx"); tr.CallsIn+tr.CallsOut != 0 {
		t.Errorf("the trunk still counts calls: %+v", tr)
	}
}
