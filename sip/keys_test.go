package sip

import (
	"testing"
	"time"
)

// TestKeysToTheParty: as events where they were agreed, else by INFO, in order.
func TestKeysToTheParty(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		leg, _ := h.phone("198.51.100.7:5062").call(h)
		leg.SendKey('1')
		leg.SendKey('#')
		time.Sleep(time.Second)
		s := h.stream(0)
		s.mu.Lock()
		if string(s.sent) != "1#" {
			t.Errorf("events sent: %q", s.sent)
		}
		s.mu.Unlock()
	})
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "application/sdp", p.sdp("sendrecv", "0"))
		p.toTag, _ = p.expect(200).To().Params.Get("tag")
		p.ack("", "")
		leg := h.leg()
		for _, k := range []byte("12#") {
			leg.SendKey(k)
		}
		for _, want := range []string{"1", "2", "#"} {
			req := p.expectRequest("INFO")
			if got := string(req.Body()); got != "Signal="+want+"\r\nDuration=160\r\n" || req.ContentType().Value() != "application/dtmf-relay" {
				t.Errorf("INFO with %q", got)
			}
			p.reply(req, 200, "", "")
		}
	})
}
