package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
)

// TestSilentHopIsLeft: the next one is called within 4 s, and the first, should it
// wake, is told that nobody waits.
func TestSilentHopIsLeft(t *testing.T) {
	inVirtualTime(t, overTwo, func(t *testing.T, h *house) {
		first, second := h.carrier(carrierAddr), h.carrier(secondAddr)
		start := time.Now()
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := first.takes()
		next := second.takes()
		if d := time.Since(start); d > 4*time.Second {
			t.Errorf("the next hop was called after %v", d)
		}
		if next.Recipient.Host != "203.0.113.6" || next.CSeq().SeqNo <= inv.CSeq().SeqNo || next.Via().Value() == inv.Via().Value() {
			t.Errorf("second INVITE:\n%s", next)
		}
		first.say(inv, 180, "late", "", "")
		for m := first.expectAny(); m.Method != "CANCEL"; m = first.expectAny() {
			if m.Method != "INVITE" {
				t.Fatalf("got %s", m.Method)
			}
		}
		first.say(inv, 200, "late", "", first.sdp("sendrecv", "8"))
		for m := first.expectAny(); m.Method != "ACK"; m = first.expectAny() {
			if m.Method != "CANCEL" {
				t.Fatalf("got %s", m.Method)
			}
		}
		for m := first.expectAny(); m.Method != "BYE"; m = first.expectAny() {
			if m.Method != "CANCEL" {
				t.Fatalf("got %s", m.Method)
			}
		}
		second.say(next, 200, "bob", "", second.sdp("sendrecv", "8"))
		second.expectRequest("ACK")
		d.up()
		d.told("calling connected")
	})
}

func TestFailingHopIsLeft(t *testing.T) {
	for status, want := range map[int]bool{503: true, 500: true, 501: false, 505: false, 486: false, 404: false, 603: false} {
		inVirtualTime(t, overTwo, func(t *testing.T, h *house) {
			first, second := h.carrier(carrierAddr), h.carrier(secondAddr)
			d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
			first.say(first.takes(), status, "x", "", "")
			first.expectRequest("ACK")
			if !want {
				<-d.over
				if f := d.err.(*Failure); f.Status != status {
					t.Errorf("%d: %v", status, f)
				}
				if m := second.read(10 * time.Second); m != nil {
					t.Errorf("after %d the next hop got %v", status, m)
				}
			} else {
				second.say(second.takes(), 486, "x", "", "")
				second.expectRequest("ACK")
				if f := d.fails(cause.Busy, 486); f.Peer != secondAddr {
					t.Errorf("peer %s", f.Peer)
				}
			}
			h.rest()
		})
	}
}

// TestWhoHasRungIsNotCalledTwice by another way.
func TestWhoHasRungIsNotCalledTwice(t *testing.T) {
	inVirtualTime(t, overTwo, func(t *testing.T, h *house) {
		first, second := h.carrier(carrierAddr), h.carrier(secondAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := first.takes()
		first.say(inv, 180, "bob", "", "")
		time.Sleep(time.Second)
		first.say(inv, 503, "bob", "", "")
		first.expectRequest("ACK")
		d.fails(cause.Unreachable, 503)
		if m := second.read(10 * time.Second); m != nil {
			t.Errorf("got %v", m)
		}
		h.rest()
	})
}

// TestDeadHopsTellWhoSpoke: of several failures the one that says something is told.
func TestDeadHopsTellWhoSpoke(t *testing.T) {
	inVirtualTime(t, overTwo, func(t *testing.T, h *house) {
		first := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		first.say(first.takes(), 503, "x", "", "")
		d.fails(cause.Unreachable, 503)
		h.rest()
	})
}

func TestRedirections(t *testing.T) {
	const contact = "Contact: <sip:+41445550300@elsewhere.example>;q=0.2, \"B\" <sip:+41445550200@elsewhere.example?Replaces=x>;q=0.9\r\n"
	for name, c := range map[string]struct {
		how    Redirects
		target string
		again  bool
	}{
		"refuse":     {RedirectsRefuse, "", false},
		"follow":     {RedirectsFollow, "sip:+41445550200@elsewhere.example", false},
		"same trunk": {RedirectsSameTrunk, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(cfg *Config) { overCarrier(cfg); cfg.Trunks[0].Redirects = c.how }, func(t *testing.T, h *house) {
				p := h.carrier(carrierAddr)
				d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
				p.say(p.takes(), 302, "x", contact, "")
				p.expectRequest("ACK")
				if c.again {
					for _, want := range []string{"+41445550200", "+41445550300"} {
						inv := p.takes()
						if inv.Recipient.User != want || inv.Recipient.Host != "203.0.113.5" {
							t.Errorf("redirected to %s", inv.Recipient.String())
						}
						p.say(inv, 302, "x", contact, "")
						p.expectRequest("ACK")
					}
				}
				f := d.fails(cause.Rejected, 302)
				if f.Target != c.target {
					t.Errorf("target %q", f.Target)
				}
				if f.Target != "" || c.again {
					d.told("calling forwarded")
				}
				h.rest()
			})
		})
	}
}

func TestCallWithoutTrunk(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		p := h.carrier("198.51.100.20:5070")
		d := h.dial(Call{To: "sip:bob@198.51.100.20:5070", CallerName: "Weekly"})
		inv := p.takes()
		if inv.Recipient.String() != "sip:bob@198.51.100.20:5070" || inv.From().DisplayName != "Weekly" {
			t.Errorf("INVITE:\n%s", inv)
		}
		p.say(inv, 302, "x", "Contact: <sip:eve@198.51.100.21>\r\n", "")
		p.expectRequest("ACK")
		if f := d.fails(cause.Rejected, 302); f.Target != "sip:eve@198.51.100.21" {
			t.Errorf("target %q", f.Target)
		}
		// The address of a trunk is called by its rules only.
		f := h.dial(Call{To: "sip:+41900123456@" + carrierAddr}).fails(cause.Forbidden, 0)
		if !strings.Contains(f.Error(), "carrier") {
			t.Error(f)
		}
		h.dial(Call{To: "mailto:bob@example.org"}).fails(cause.Unroutable, 0)
		h.dial(Call{Trunk: "other", To: "+41445550100"}).fails(cause.Unroutable, 0)
		h.rest()
	})
}

func TestChallenge(t *testing.T) {
	for name, c := range map[string]struct {
		status        int
		asks, answers string
	}{
		"401": {401, "WWW-Authenticate", "Authorization"},
		"407": {407, "Proxy-Authenticate", "Proxy-Authorization"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(cfg *Config) {
				overCarrier(cfg)
				cfg.Trunks[0].Auth = Account{Username: "acme", Password: "open sesame"}
			}, func(t *testing.T, h *house) {
				p := h.carrier(carrierAddr)
				challenge := func(nonce string) string {
					return c.asks + `: Digest realm="carrier.example", nonce="` + nonce + `", algorithm=MD5, qop="auth"` + "\r\n"
				}
				d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
				inv := p.takes()
				p.say(inv, c.status, "x", challenge("one"), "")
				p.expectRequest("ACK")
				again := p.takes()
				value := header(again, c.answers, "")
				if !strings.Contains(value, `username="acme"`) || !strings.Contains(value, `nonce="one"`) || strings.Contains(again.String(), "sesame") {
					t.Errorf("%s: %s", c.answers, value)
				}
				if again.CSeq().SeqNo != inv.CSeq().SeqNo+1 || again.Via().Value() == inv.Via().Value() || len(again.GetHeaders("Via")) != 1 || len(again.GetHeaders("Contact")) != 1 {
					t.Errorf("second INVITE:\n%s", again)
				}
				p.say(again, 200, "bob", "", p.sdp("sendrecv", "8"))
				if ack := p.expectRequest("ACK"); header(ack, c.answers, "") != value {
					t.Errorf("ACK without the INVITE's credentials:\n%s", ack)
				}
				leg := d.up()
				leg.Hangup(cause.Ended)
				bye := p.expectRequest("BYE") // some want to know for every request
				p.say(bye, c.status, "bob", challenge("two"), "")
				bye = p.expectRequest("BYE")
				if !strings.Contains(header(bye, c.answers, ""), `nonce="two"`) || bye.CSeq().SeqNo != again.CSeq().SeqNo+2 {
					t.Errorf("BYE:\n%s", bye)
				}
				p.reply(bye, 200, "", "")

				d = h.dial(Call{Trunk: "carrier", To: "+41445550100"})
				p.say(p.takes(), c.status, "x", challenge("three"), "")
				p.expectRequest("ACK")
				p.say(p.takes(), c.status, "x", challenge("three"), "") // wrong
				p.expectRequest("ACK")
				d.fails(cause.Forbidden, c.status)
				h.rest()
			})
		})
	}
}

// TestEndlessChallenges: a peer that calls every answer stale is left.
func TestEndlessChallenges(t *testing.T) {
	inVirtualTime(t, func(cfg *Config) {
		overCarrier(cfg)
		cfg.Trunks[0].Auth = Account{Username: "acme", Password: "open sesame"}
	}, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		n := 0
		for {
			m := p.read(10 * time.Second)
			if m == nil {
				break
			}
			if req := m.(interface{ IsInvite() bool }); req.IsInvite() {
				n++
				p.say(asRequest(m), 401, "x", `WWW-Authenticate: Digest realm="r", nonce="`+newTag()+`", stale=true, qop="auth"`+"\r\n", "")
				synctest.Wait()
			}
		}
		<-d.over
		if d.err == nil || n > mostInvites {
			t.Errorf("%v after %d INVITEs", d.err, n)
		}
		h.rest()
	})
}

func TestCausesOfRefusals(t *testing.T) {
	for _, c := range []struct {
		status int
		reason string
		want   cause.Cause
	}{
		{486, "", cause.Busy},
		{600, "", cause.Busy},
		{603, "", cause.Rejected},
		{480, "", cause.NoAnswer},
		{480, "Q.850;cause=20", cause.Unreachable},
		{480, `SIP;cause=480, q.850 ;text="a,b" ; cause = 17`, cause.Busy},
		{408, "", cause.NoAnswer},
		{404, "Q.850;cause=17", cause.Unroutable},
		{484, "", cause.Unroutable},
		{403, "", cause.Forbidden},
		{403, "Q.850;cause=1", cause.Unroutable},
		{488, "", cause.Unsupported},
		{502, "", cause.Unreachable},
		{500, "Q.850;cause=17", cause.Busy},
		{500, "Q.850;cause=x", cause.Unreachable},
		{429, "", cause.Limit},
		{491, "", cause.Rejected},
	} {
		inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
			p := h.carrier(carrierAddr)
			d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
			headers := ""
			if c.reason != "" {
				headers = "Reason: " + c.reason + "\r\n"
			}
			p.say(p.takes(), c.status, "x", headers, "")
			p.expectRequest("ACK")
			<-d.over
			if f := d.err.(*Failure); f.Cause != c.want || f.Status != c.status || f.Peer != carrierAddr {
				t.Errorf("%d %s: %v", c.status, c.reason, f)
			}
			if h.srv.Stats().Unreached[c.want] != 1 {
				t.Errorf("%d is not counted", c.status)
			}
		})
	}
}

func TestLimitsOfCallsOut(t *testing.T) {
	inVirtualTime(t, func(c *Config) { overCarrier(c); c.Trunks[0].MaxCalls = 1 }, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		leg, _ := h.ringUp(p, "")
		h.dial(Call{Trunk: "carrier", To: "+41445550100"}).fails(cause.Limit, 0)
		h.srv.streams.Load = func() float64 { return 0.9 }
		h.dial(Call{Trunk: "carrier", To: "+41445550100"}).fails(cause.Limit, 0)
		leg.Hangup(cause.Ended)
		p.reply(p.expectRequest("BYE"), 200, "", "")
		h.rest()
	})
}

func TestUnansweredCallsOutAreTold(t *testing.T) {
	told := make(chan Unanswered, 4)
	inVirtualTime(t, func(c *Config) { overCarrier(c); c.Unanswered = func(u Unanswered) { told <- u } }, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100", CallID: "x1"})
		p.say(p.takes(), 486, "x", "", "")
		d.fails(cause.Busy, 486)
		if u := <-told; u.CallID != "x1" || !u.Outgoing || u.Cause != cause.Busy || u.Called != "+41445550100" || u.Status != 486 || u.LegID == "" {
			t.Errorf("%+v", u)
		}
		synctest.Wait()
		if len(told) > 0 {
			t.Error("told twice")
		}
	})
}
