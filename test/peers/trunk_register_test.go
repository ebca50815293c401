//go:build peers

package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/control"
)

// registrarModules is what a kamailio needs that phones and trunks register with by
// digest.
const registrarModules = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "nathelper.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "received_avp", "$avp(received)")
modparam("nathelper", "received_avp", "$avp(received)")
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
`

// carrierScript is a carrier's: it registers one account, passes that account's
// calls on to a telephone, and calls for its number to where it is registered.
const carrierScript = registrarModules + `
alias="carrier.example"
loadmodule "maxfwd.so"
MORE
modparam("registrar", "min_expires", 120)
modparam("registrar", "max_expires", 3600)
modparam("auth", "algorithm", "ALGORITHM")

request_route {
	if (is_method("OPTIONS") && !has_totag()) { sl_send_reply("200", "OK"); exit; }
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("carrier.example", "opensesame", "0")) {
			www_challenge("carrier.example", "1");
			exit;
		}
		fix_nated_register();
		save("location");
		xlog("L_NOTICE", "saved $ct expires $hdr(Expires)\n");
		exit;
	}
	if (has_totag()) {
		loose_route();
		t_relay();
		exit;
	}
	if (is_method("CANCEL")) { t_relay(); exit; }
	if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
	record_route();
	if ($fU == "acme" || $fU =~ "anonymous") {
		if (!pv_proxy_authenticate("carrier.example", "opensesame", "0")) {
			proxy_challenge("carrier.example", "1");
			exit;
		}
		consume_credentials();
		$du = "sip:PHONE";
		t_relay();
		exit;
	}
	$ru = "sip:acme@carrier.example";
	if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
	t_relay();
}
`

func script(text string, files ...string) string {
	r := strings.NewReplacer(append(files, "MORE", "", "ALGORITHM", "MD5")...)
	return r.Replace(text)
}

// TestTrunkRegisters: the gateway registers at kamailio by digest, is called by it
// and calls over it, changes its mind with a reload, and leaves.
func TestTrunkRegisters(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			phone := newAnswerer(t)
			p := newProxy(t, script(carrierScript, "PHONE", addrOf(phone.conn).String(), "ALGORITHM", algorithm))
			g := start(t, fmt.Sprintf(`trunks:
  - name: carrier
    peers: ["sip:%s"]
    auth: {username: acme, realm: carrier.example, password_file: %q}
    register: true
    register_expires: 60s
    from_domain: carrier.example
    options_ping: 2s
numbers: [{number: "+41445550100", trunk: carrier, to: reception}]
dialplan: {outbound: [{match: "+41*", trunk: carrier, caller_id: "+41445550100"}]}
limits: {anonymous_inbound: false}
`, p.udp, secretFile(t, "opensesame")))
			g.room("112752642", "48219")
			st := g.awaitTrunk("registered", "carrier", 20*time.Second, func(t control.Trunk) bool {
				return registered(t) && t.Peers[0].State == "up"
			})
			// Kamailio grants two minutes at least.
			if left := time.Until(st.Registered[0].Expires); left < 100*time.Second || left > 121*time.Second {
				t.Errorf("registered for %v", left)
			}
			p.callsIn(t, g, "+41445550100")
			g.callsOutBy(t, phone)
			if out := g.cli("trunk", "test", "carrier", "--json"); !strings.Contains(out, p.udp) || !strings.Contains(out, `"up"`) {
				t.Errorf("trunk test:\n%s", out)
			}
			g.stop()
			awaitThat(t, "taken back", func() bool { return strings.Contains(p.log.text(), "expires 0") })
		})
	}
}

// callsIn calls a number over the carrier: the call is the trunk's.
func (p *proxy) callsIn(t *testing.T, g *gateway, number string) {
	t.Helper()
	through := &gateway{T: t, sip: p.udp}
	phone := through.raw(t, number, rawWays{})
	calls := g.await("a call in", 20*time.Second, func(c []call) bool { return len(c) == 1 && c[0].State == "reception" })
	if calls[0].Called != number {
		t.Errorf("called %q, want %q", calls[0].Called, number)
	}
	if tr := g.trunk("carrier"); tr.CallsIn != 1 {
		t.Errorf("the call is not the trunk's: %+v", tr)
	}
	phone.hangup()
	g.await("its end", 20*time.Second, func(c []call) bool { return len(c) == 0 })
}

// callsOutBy calls a number over the carrier into a room.
func (g *gateway) callsOutBy(t *testing.T, phone *answerer) {
	t.Helper()
	before := len(phone.calls())
	out, err := g.tryCLI("call", "+41445550177", "--room", "112752642", "--wait", "15s")
	if err != nil {
		t.Errorf("call out: %v\n%s", err, out)
		return
	}
	calls := phone.calls()
	if len(calls) != before+1 {
		t.Errorf("%d calls arrived", len(calls)-before)
		return
	}
	m := calls[before]
	if !strings.Contains(m.head, "INVITE sip:+41445550177@") {
		t.Errorf("called:\n%s", m.head)
	}
	if id := m.get("P-Asserted-Identity"); !strings.Contains(id, "sip:+41445550100@carrier.example") || !strings.Contains(m.get("From"), "sip:acme@carrier.example") {
		t.Errorf("caller: %s, From %s", id, m.get("From"))
	}
	for _, c := range g.calls() {
		g.cli("calls", "kick", c.ID)
	}
	g.await("its end", 20*time.Second, func(c []call) bool { return len(c) == 0 })
	awaitThat(t, "BYE at the telephone", func() bool { phone.mu.Lock(); defer phone.mu.Unlock(); return phone.byes > 0 })
}

// TestTrunkWrongPassword: it says what is wrong, and does not insist.
func TestTrunkWrongPassword(t *testing.T) {
	t.Parallel()
	p := newProxy(t, script(carrierScript, "PHONE", "127.0.0.1:9"))
	g := start(t, fmt.Sprintf(`trunks:
  - name: carrier
    peers: ["sip:%s"]
    auth: {username: acme, realm: carrier.example, password_file: %q}
    register: true
    from_domain: carrier.example
`, p.udp, secretFile(t, "wrong")))
	st := g.awaitTrunk("refused", "carrier", 20*time.Second, func(t control.Trunk) bool {
		return len(t.Registered) > 0 && t.Registered[0].State == "failed"
	})
	if !strings.Contains(st.Registered[0].Error, "password") {
		t.Errorf("it says: %s", st.Registered[0].Error)
	}
	if text := g.log.text(); strings.Contains(text, "wrong\"") || strings.Contains(text, "response=") {
		t.Error("the log says too much")
	}
}

// TestTrunkTLS: registration, calls in and out by TLS, both sides with
// certificates, the carrier found by SRV; calls in come by the connection that was
// made to register.
func TestTrunkTLS(t *testing.T) {
	t.Parallel()
	phone := newAnswerer(t)
	ca, serverCert, serverKey := issued(t, "carrier.example")
	clientCA, clientCert, clientKey := issued(t, "gw.example")
	profile := `[server:default]
method = TLSv1.2+
certificate = DIR/server.crt
private_key = DIR/server.key
ca_list = DIR/client-ca.crt
verify_certificate = yes
require_certificate = yes
[client:default]
method = TLSv1.2+
verify_certificate = no
`
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("server.crt", serverCert)
	file("server.key", serverKey)
	file("client-ca.crt", clientCA)
	p := newProxy(t, script(carrierScript, "PHONE", addrOf(phone.conn).String(),
		"MORE", "enable_tls=yes\nloadmodule \"tls.so\"\nmodparam(\"tls\", \"config\", \""+file("tls.cfg", profile)+"\")\ntcp_connection_lifetime=3600\n"))
	_, port, _ := strings.Cut(p.tls, ":")
	dns := resolver(
		t, "_sips._tcp.carrier.example. 60 IN SRV 10 0 "+port+" sbc1.carrier.example.",
		"carrier.example. 60 IN NAPTR 10 10 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.carrier.example.",
		"sbc1.carrier.example. 60 IN A 127.0.0.1",
	)
	g := start(t, fmt.Sprintf(`trunks:
  - name: carrier
    peers: ["sip:carrier.example"]
    dns: [%q]
    auth: {username: acme, realm: carrier.example, password_file: %q}
    register: true
    tls: {ca_file: %q, cert_file: %q, key_file: %q}
    options_ping: 2s
numbers: [{number: "+41445550100", trunk: carrier, to: reception}]
dialplan: {outbound: [{match: "+41*", trunk: carrier, caller_id: "+41445550100"}]}
limits: {anonymous_inbound: false}
`, dns, secretFile(t, "opensesame"), file("ca.crt", ca), file("client.crt", clientCert), file("client.key", clientKey)))
	g.room("112752642", "48219")
	g.awaitTrunk("registered", "carrier", 20*time.Second, func(t control.Trunk) bool {
		return registered(t) && len(t.Peers) == 1 && t.Peers[0].State == "up" && t.Peers[0].Network == "tls"
	})
	p.callsIn(t, g, "+41445550100")
	g.callsOutBy(t, phone)
	if out := g.cli("trunk", "test", "carrier", "--json"); !strings.Contains(out, "carrier.example until") {
		t.Errorf("trunk test:\n%s", out)
	}
}

// inboundScript is a PBX that calls the gateway and proves who it is.
const inboundScript = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "uac.so"
modparam("uac", "restore_mode", "none")

request_route {
	if (is_method("OPTIONS") && !has_totag()) { sl_send_reply("200", "OK"); exit; }
	if (has_totag()) {
		loose_route();
		t_relay();
		exit;
	}
	if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
	record_route();
	uac_replace_from("sip:hq@pbx.example");
	$ru = "sip:" + $rU + "@GATEWAY";
	t_on_failure("PROVE");
	t_relay();
}
failure_route[PROVE] {
	if (t_is_canceled()) exit;
	if (t_check_status("401|407")) {
		$avp(user) = "hq";
		$avp(password) = "PASSWORD";
		$avp(realm) = "";
		if (uac_auth()) { t_relay(); exit; }
	}
}
modparam("uac", "auth_username_avp", "$avp(user)")
modparam("uac", "auth_password_avp", "$avp(password)")
modparam("uac", "auth_realm_avp", "$avp(realm)")
`

// TestTrunkProvesItself: kamailio answers the gateway's challenge; with another
// password its calls stay out.
func TestTrunkProvesItself(t *testing.T) {
	t.Parallel()
	g := start(t, fmt.Sprintf(`trunks:
  - name: carrier
    inbound_auth: {username: hq, password_file: %q}
numbers: [{number: "+41445550100", trunk: carrier, to: reception}]
limits: {anonymous_inbound: false}
`, secretFile(t, "letmein")))
	right := newProxy(t, script(inboundScript, "GATEWAY", g.sip, "PASSWORD", "letmein"))
	right.callsIn(t, g, "+41445550100")
	wrong := newProxy(t, script(inboundScript, "GATEWAY", g.sip, "PASSWORD", "other"))
	through := &gateway{T: t, sip: wrong.udp}
	phone := through.openRaw(t, "+41445550100", rawWays{})
	if res := phone.invite(); res.status < 400 {
		t.Errorf("with another password: %d", res.status)
	}
	if len(g.calls()) > 0 {
		t.Error("a call came in")
	}
}
