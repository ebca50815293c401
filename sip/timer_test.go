package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

// noProbe keeps the probe of silent legs out of tests about session timers.
func noProbe(c *Config) { c.Silence = 24 * time.Hour }

func TestNegotiateSessionTimer(t *testing.T) {
	cfg := Config{}.withDefaults()
	for name, c := range map[string]struct {
		headers  map[string]string
		interval int
		weDo     bool
		status   int
	}{
		"peer knows nothing":   {nil, 1800, true, 0},
		"peer can":             {map[string]string{"Supported": "timer"}, 1800, false, 0},
		"peer asks":            {map[string]string{"Supported": "100rel, timer", "Session-Expires": "600"}, 600, false, 0},
		"peer wants us":        {map[string]string{"k": "timer", "x": "600;refresher=uas"}, 600, true, 0},
		"peer wants itself":    {map[string]string{"Supported": "timer", "Session-Expires": "600;refresher=uac"}, 600, false, 0},
		"longer than ours":     {map[string]string{"Supported": "timer", "Session-Expires": "7200"}, 1800, false, 0},
		"too short":            {map[string]string{"Supported": "timer", "Session-Expires": "60"}, 0, false, 422},
		"a proxy's, too short": {map[string]string{"Session-Expires": "60"}, 90, true, 0},
		"least is more":        {map[string]string{"Supported": "timer", "Session-Expires": "3600", "Min-SE": "2000"}, 2000, false, 0},
		"nonsense":             {map[string]string{"Supported": "timer", "Session-Expires": "soon"}, 1800, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			req := msg.NewRequest(msg.INVITE, msg.Uri{Host: "x"})
			for k, v := range c.headers {
				req.AppendHeader(msg.NewHeader(k, v))
			}
			timer, bad := negotiate(req, &cfg)
			if bad != nil {
				if bad.status != c.status {
					t.Fatalf("refused with %d", bad.status)
				}
				return
			}
			if c.status != 0 || timer.interval != time.Duration(c.interval)*time.Second || timer.weDo != c.weDo {
				t.Fatalf("got %+v", timer)
			}
		})
	}
}

func TestPeerRefreshes(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.extra = "Supported: timer\r\nSession-Expires: 90\r\n"
		leg, res := p.call(h)
		if header(res, "Session-Expires", "") != "90;refresher=uac" || header(res, "Require", "") != "timer" {
			t.Fatalf("answer:\n%s", res)
		}
		for range 5 {
			time.Sleep(45 * time.Second)
			p.request("UPDATE", "", "", "")
			if got := header(p.expect(200), "Session-Expires", ""); got != "90;refresher=uac" {
				t.Fatalf("Session-Expires %q", got)
			}
		}
		start := time.Now()
		bye := p.expectRequest("BYE")
		if d := time.Since(start).Round(time.Second); d != 60*time.Second {
			t.Errorf("ended after %v", d)
		}
		if !strings.Contains(header(bye, "Reason", ""), "SIP;cause=408") {
			t.Errorf("Reason %q", header(bye, "Reason", ""))
		}
		p.reply(bye, 200, "", "")
		h.ended(leg, cause.SessionExpired)
	})
}

func TestWeRefreshByUpdate(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.extra = "Supported: timer\r\nSession-Expires: 120;refresher=uas\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n"
		leg, res := p.call(h)
		if header(res, "Session-Expires", "") != "120;refresher=uas" {
			t.Fatalf("answer:\n%s", res)
		}
		start := time.Now()
		for i := range 3 {
			up := p.expectRequest("UPDATE")
			if header(up, "Session-Expires", "") != "120;refresher=uac" || len(up.Body()) > 0 || up.Contact() == nil {
				t.Fatalf("refresh:\n%s", up)
			}
			if d := time.Since(start).Round(time.Second); d != time.Duration(i+1)*60*time.Second {
				t.Fatalf("refresh %d after %v", i, d)
			}
			p.reply(up, 200, "Session-Expires: 120;refresher=uac", "")
		}
		p.reply(p.expectRequest("UPDATE"), 481, "", "")
		p.reply(p.expectRequest("BYE"), 481, "", "")
		h.ended(leg, cause.SessionExpired)
	})
}

func TestWeRefreshByReinvite(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, res := p.call(h) // knows no session timers
		if header(res, "Session-Expires", "") != "1800;refresher=uas" || header(res, "Require", "") != "" {
			t.Fatalf("answer:\n%s", res)
		}
		inv := p.expectRequest("INVITE")
		if !strings.Contains(string(inv.Body()), "m=audio 20000") {
			t.Fatalf("re-INVITE:\n%s", inv)
		}
		p.reply(inv, 491, "", "")
		p.expectRequest("ACK")
		inv = p.expectRequest("INVITE")
		p.reply(inv, 200, "Contact: <sip:alice@198.51.100.7:5062>", p.sdp("sendrecv", "0 101"))
		ack := p.expectRequest("ACK")
		if ack.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Error("the ACK's CSeq is not the INVITE's")
		}
		p.reply(inv, 200, "Contact: <sip:alice@198.51.100.7:5062>", p.sdp("sendrecv", "0 101"))
		p.expectRequest("ACK") // the first was lost
		synctest.Wait()
		if h.stream(0).last().Send.Name != "PCMU" {
			t.Error("the answer to our offer was not taken")
		}
		leg.Hangup(cause.Ended)
		p.reply(p.expectRequest("BYE"), 200, "", "")
	})
}

func TestGlare(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.call(h)
		inv := p.expectRequest("INVITE") // our refresh
		p.request("INVITE", "", "application/sdp", p.sdp("sendonly", "8 101"))
		p.expect(491)
		p.ack("", "")
		p.request("UPDATE", "", "application/sdp", p.sdp("sendonly", "8 101"))
		p.expect(491)
		p.reply(inv, 200, "Contact: <sip:alice@198.51.100.7:5062>", p.sdp("sendrecv", "8 101"))
		p.expectRequest("ACK")
		synctest.Wait() // our offer is over once the leg knows that it has sent the ACK
		p.request("UPDATE", "", "application/sdp", p.sdp("sendonly", "8 101"))
		if res := p.expect(200); !strings.Contains(string(res.Body()), "a=recvonly") {
			t.Fatalf("answer:\n%s", res)
		}
		p.seq -= 2 // an old request, late
		p.request("INFO", "", "", "")
		p.expect(500)
	})
}

func TestSilentPartyIsProbed(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		time.Sleep(10 * time.Second)
		h.stream(0).hear()
		start := time.Now()
		opt := p.expectRequest("OPTIONS")
		if d := time.Since(start).Round(time.Second); d != 15*time.Second {
			t.Fatalf("probed after %v", d)
		}
		p.reply(opt, 200, "", "") // muted, but there
		p.reply(p.expectRequest("OPTIONS"), 405, "", "")
		start = time.Now()
		for {
			m := p.expectAny()
			if m.Method == "BYE" {
				break
			}
		}
		if d := time.Since(start).Round(time.Second); d != 20*time.Second {
			t.Errorf("ended after %v", d)
		}
		h.ended(leg, cause.Timeout)
	})
}

func (p *phone) expectAny() *msg.Request {
	p.t.Helper()
	for {
		if r, ok := p.read(time.Hour).(*msg.Request); ok {
			return r
		}
	}
}

func TestHeldPartyIsNotProbed(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		p.request("INVITE", "", "application/sdp", p.sdp("inactive", "8 101"))
		p.expect(200)
		p.ack("", "")
		if m := p.read(5 * time.Minute); m != nil {
			t.Fatalf("a held party got %v", m)
		}
		leg.Hangup(cause.Ended)
		p.reply(p.expectRequest("BYE"), 200, "", "")
	})
}
