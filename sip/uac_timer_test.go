package sip

import (
	"strings"
	"testing"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

func asRequest(m msg.Message) *msg.Request {
	req, _ := m.(*msg.Request)
	return req
}

func TestGrantedSession(t *testing.T) {
	cfg := Config{}.withDefaults()
	for name, c := range map[string]struct {
		headers  map[string]string
		interval int
		weDo     bool
	}{
		"nothing":        {nil, 1800, true},
		"we refresh":     {map[string]string{"Session-Expires": "600;refresher=uac", "Supported": "timer"}, 600, true},
		"they refresh":   {map[string]string{"x": "600;refresher=uas", "Require": "timer"}, 600, false},
		"nobody is told": {map[string]string{"Session-Expires": "600"}, 600, true},
		"too short":      {map[string]string{"Session-Expires": "30;refresher=uas"}, 90, false},
		"nonsense":       {map[string]string{"Session-Expires": "soon"}, 1800, true},
	} {
		t.Run(name, func(t *testing.T) {
			res := msg.NewResponse(200, "OK")
			for k, v := range c.headers {
				res.AppendHeader(msg.NewHeader(k, v))
			}
			if got := granted(res, proposal(&cfg, 0), &cfg); got.interval != time.Duration(c.interval)*time.Second || got.weDo != c.weDo {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestIntervalTooSmall(t *testing.T) {
	inVirtualTime(t, func(c *Config) { overCarrier(c); c.SessionExpires = 120 * time.Second }, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := p.takes()
		p.say(inv, 422, "x", "Min-SE: 400\r\n", "")
		p.expectRequest("ACK")
		again := p.takes()
		if header(again, "Session-Expires", "") != "400" || header(again, "Min-SE", "") != "400" || again.CSeq().SeqNo != inv.CSeq().SeqNo+1 {
			t.Errorf("second INVITE:\n%s", again)
		}
		p.say(again, 422, "x", "Min-SE: 400\r\n", "") // once is enough
		p.expectRequest("ACK")
		d.fails(cause.Rejected, 422)
		h.rest()
	})
}

func TestWeRefreshACallOfOurs(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		leg, inv := h.ringUp(p, "Session-Expires: 120;refresher=uac\r\nRequire: timer\r\nAllow: UPDATE\r\n")
		start := time.Now()
		for i := range 3 {
			up := p.expectRequest("UPDATE")
			if d := time.Since(start).Round(time.Second); d != time.Duration(i+1)*time.Minute {
				t.Fatalf("refresh %d after %v", i, d)
			}
			if up.CSeq().SeqNo != inv.CSeq().SeqNo+uint32(i)+1 || header(up, "Session-Expires", "") != "120;refresher=uac" {
				t.Errorf("refresh:\n%s", up)
			}
			p.reply(up, 200, "Session-Expires: 120;refresher=uac\r\nContact: <sip:new@"+carrierAddr+">", "")
		}
		up := p.expectRequest("UPDATE")
		if up.Recipient.User != "new" {
			t.Errorf("the target did not follow the answer's Contact: %s", up.Recipient.String())
		}
		p.reply(up, 481, "", "")
		p.reply(p.expectRequest("BYE"), 481, "", "")
		h.ended(leg, cause.SessionExpired)
		h.rest()
	})
}

func TestTheCalledRefreshes(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		leg, _ := h.ringUp(p, "Session-Expires: 90;refresher=uas\r\nRequire: timer\r\n")
		p.phone.extra = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n"
		for range 3 {
			time.Sleep(45 * time.Second)
			p.request("UPDATE", "", "", "")
			if got := header(p.expect(200), "Session-Expires", ""); got != "90;refresher=uac" {
				t.Fatalf("Session-Expires %q", got)
			}
		}
		start := time.Now()
		p.reply(p.expectRequest("BYE"), 200, "", "")
		if d := time.Since(start).Round(time.Second); d != time.Minute {
			t.Errorf("ended after %v", d)
		}
		h.ended(leg, cause.SessionExpired)
	})
}

// TestGlareAsCaller: who made the call waits longer (RFC 3261 §14.1).
func TestGlareAsCaller(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		for range 5 {
			p := h.carrier(carrierAddr)
			leg, _ := h.ringUp(p, "Session-Expires: 100;refresher=uac\r\n")
			inv := p.expectRequest("INVITE")
			p.request("UPDATE", "", "application/sdp", p.sdp("sendonly", "8 101"))
			p.expect(491)
			p.reply(inv, 491, "", "")
			p.expectRequest("ACK")
			start := time.Now()
			again := p.expectRequest("INVITE")
			if d := time.Since(start); d < 2100*time.Millisecond || d > 4*time.Second {
				t.Errorf("again after %v", d)
			}
			p.reply(again, 200, "Contact: <sip:gw@"+carrierAddr+">", p.sdp("sendrecv", "8 101"))
			p.expectRequest("ACK")
			leg.Hangup(cause.Ended)
			p.reply(p.expectRequest("BYE"), 200, "", "")
			h.ended(leg, cause.Ended)
		}
		h.rest()
	})
}

func TestReinviteIsChallenged(t *testing.T) {
	inVirtualTime(t, func(c *Config) {
		overCarrier(c)
		c.Trunks[0].Auth = Account{Username: "acme", Password: "open sesame"}
	}, func(t *testing.T, h *house) {
		p := h.carrier(carrierAddr)
		leg, _ := h.ringUp(p, "Session-Expires: 100;refresher=uac\r\n")
		inv := p.expectRequest("INVITE")
		p.say(inv, 407, "", `Proxy-Authenticate: Digest realm="r", nonce="n1", qop="auth"`+"\r\n", "")
		p.expectRequest("ACK")
		again := p.expectRequest("INVITE")
		value := header(again, "Proxy-Authorization", "")
		if !strings.Contains(value, `nonce="n1"`) || again.CSeq().SeqNo != inv.CSeq().SeqNo+1 {
			t.Errorf("re-INVITE:\n%s", again)
		}
		p.reply(again, 200, "Contact: <sip:gw@"+carrierAddr+">", p.sdp("sendrecv", "8 101"))
		if ack := p.expectRequest("ACK"); ack.CSeq().SeqNo != again.CSeq().SeqNo || header(ack, "Proxy-Authorization", "") != value {
			t.Errorf("ACK:\n%s", ack)
		}
		leg.Hangup(cause.Ended)
		p.reply(p.expectRequest("BYE"), 200, "", "")
		h.rest()
	})
}
