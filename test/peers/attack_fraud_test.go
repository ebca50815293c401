//go:build peers

package peers

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// premium is the number that fraudsters want called: whoever is heard there has been
// had. It listens for SIP and counts.
type premium struct {
	uri   string
	heard atomic.Int64
}

func newPremium(t *testing.T) *premium {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &premium{uri: fmt.Sprintf("sip:+88213000000@%s", addrOf(c))}
	t.Cleanup(func() { c.Close(); l.Close() })
	go func() {
		buf := make([]byte, 2048)
		for {
			if _, _, err := c.ReadFromUDPAddrPort(buf); err != nil {
				return
			}
			p.heard.Add(1)
		}
	}()
	return p
}

// TestTollFraud: nothing that comes from outside makes the gateway call anybody: not
// REFER, in a call or out of one, not Replaces, Diversion, a Route, a number in the
// address, or keys; and no call is taken over.
func TestTollFraud(t *testing.T) {
	t.Parallel()
	target := newPremium(t)
	g := start(t, "trunks: [{name: carrier, peers: [\""+strings.Replace(target.uri, "+88213000000@", "", 1)+"\"], allow: [127.0.0.200/32], options_ping: 0s}]\n"+
		"dialplan: {outbound: [{match: \"*\", trunk: carrier}]}\n")
	g.room("112752642", "48219")
	victim := g.insists(t, "112752642.48219", rawWays{})
	mine := g.insists(t, "112752642.48219", rawWays{local: "127.0.0.2"})
	g.await("two in the room", 10*time.Second, inRoom(2))
	tag := func(to string) string { _, t, _ := strings.Cut(to, ";tag="); return t }

	// In a call.
	for _, to := range []string{
		"<" + target.uri + ">", target.uri, "<tel:+88213000000>", "<sip:+88213000000@" + g.sip + ">",
		"<" + target.uri + "?Replaces=" + victim.callID + "%3Bto-tag%3Dx%3Bfrom-tag%3Dy>", "<https://example.org/>", "",
	} {
		var extra []string
		if to != "" {
			extra = []string{"Refer-To: " + to, "Referred-By: <sip:boss@example.org>"}
		}
		if res := mine.ask("REFER", extra, ""); res.status < 300 {
			t.Errorf("REFER to %q in a call: %d", to, res.status)
		}
	}
	// Out of one, and with the dialog of somebody else.
	for name, headers := range map[string][]string{
		"REFER":         {"Refer-To: <" + target.uri + ">"},
		"REFER to call": {"Refer-To: <" + target.uri + ">", "Target-Dialog: " + victim.callID + ";local-tag=" + tag(victim.to) + ";remote-tag=" + victim.tag},
	} {
		p := g.openRaw(t, "112752642.48219", rawWays{local: "127.0.0.3"})
		if res := p.ask("REFER", headers, ""); res.status < 400 {
			t.Errorf("%s: %d", name, res.status)
		}
	}
	spoof := g.openRaw(t, "112752642.48219", rawWays{local: "127.0.0.3"})
	spoof.callID = victim.callID // but not its tags
	if res := spoof.exchange(spoof.request("REFER", 7, victim.to, []string{"Refer-To: <" + target.uri + ">"}, ""), "7 REFER", 3*time.Second); res.status < 400 {
		t.Errorf("REFER into another's call: %d", res.status)
	}
	// New calls that want to be more than calls.
	for name, headers := range map[string][]string{
		"Replaces":          {"Replaces: " + victim.callID + ";to-tag=" + tag(victim.to) + ";from-tag=" + victim.tag},
		"Require: replaces": {"Require: replaces", "Replaces: " + victim.callID + ";to-tag=" + tag(victim.to) + ";from-tag=" + victim.tag},
		"Join":              {"Require: join", "Join: " + victim.callID + ";to-tag=" + tag(victim.to) + ";from-tag=" + victim.tag},
		"Diversion":         {"Diversion: <" + target.uri + ">;reason=unconditional"},
		"History-Info":      {"History-Info: <" + target.uri + ">;index=1"},
		"Route":             {"Route: <" + target.uri + ";lr>"},
	} {
		p := g.openRaw(t, "nobody", rawWays{local: "127.0.0.4", headers: headers})
		if res := p.invite(); res.status < 300 {
			p.hangup()
			t.Logf("%s: %d", name, res.status) // reception, which calls nobody
		}
	}
	for _, user := range []string{"+88213000000", "0088213000000", "112752642.+88213000000", "900%2388213000000", "9,+88213000000"} {
		p := g.openRaw(t, user, rawWays{local: "127.0.0.5"})
		if res := p.invite(); res.status < 300 {
			p.press("0088213000000#*#")
			p.pressed()
			p.hangup()
		}
	}
	mine.press("*00088213000000#")
	mine.pressed()
	<-time.After(time.Second)
	if n := target.heard.Load(); n != 0 {
		t.Errorf("the premium number was called: %d packets", n)
	}
	if len(victim.got("BYE")) != 0 || !inRoom(2)(g.calls()) {
		t.Errorf("a call was taken over or ended: %+v", g.calls())
	}
	for _, c := range g.calls() {
		if c.Direction == "out" {
			t.Errorf("a call goes out: %+v", c)
		}
	}
}
