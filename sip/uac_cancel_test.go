package sip

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

func TestCancelOfOurs(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 180, "bob", "", "")
		time.Sleep(time.Second)
		d.cancel()
		d.fails(cause.Cancelled, 0) // at once
		cancel := c.expectRequest("CANCEL")
		if cancel.Via().Value() != inv.Via().Value() || cancel.CSeq().SeqNo != inv.CSeq().SeqNo || cancel.To().Params.Has("tag") ||
			cancel.Recipient.String() != inv.Recipient.String() || len(cancel.GetHeaders("Via")) != 1 {
			t.Errorf("CANCEL:\n%s\nof\n%s", cancel, inv)
		}
		c.expectRequest("CANCEL") // repeated until its answer
		c.reply(cancel, 200, "", "")
		c.say(inv, 487, "bob", "", "")
		ack := c.expectRequest("ACK")
		if ack.Via().Value() != inv.Via().Value() || ack.To().Params.GetOr("tag", "") != "bob" {
			t.Errorf("ACK:\n%s", ack)
		}
		c.say(inv, 487, "bob", "", "") // the ACK was lost
		c.expectRequest("ACK")
		h.rest()
	})
}

// TestCancelMeetsTheAnswer: it is too late to cancel, the call is ended.
func TestCancelMeetsTheAnswer(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 183, "bob", "Require: 100rel\r\nRSeq: 1\r\n", "")
		prack := c.expectRequest("PRACK")
		c.reply(prack, 200, "", "")
		d.cancel()
		d.fails(cause.Cancelled, 0)
		cancel := c.expectRequest("CANCEL")
		c.say(inv, 200, "bob", "", c.sdp("sendrecv", "8"))
		c.reply(cancel, 200, "", "")
		c.expectRequest("ACK")
		bye := c.expectRequest("BYE")
		if bye.CSeq().SeqNo <= prack.CSeq().SeqNo {
			t.Errorf("BYE's CSeq %d, PRACK's %d", bye.CSeq().SeqNo, prack.CSeq().SeqNo)
		}
		c.reply(bye, 200, "", "")
		h.rest()
	})
}

// TestCancelWaitsForAResponse: before one there is nothing to cancel (RFC 3261 §9.1).
func TestCancelWaitsForAResponse(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		d.cancel()
		d.fails(cause.Cancelled, 0)
		if m := c.read(400 * time.Millisecond); m != nil {
			t.Fatalf("got %v", m)
		}
		c.say(inv, 100, "", "", "")
		c.reply(c.expectRequest("CANCEL"), 200, "", "")
		c.say(inv, 487, "bob", "", "")
		c.expectRequest("ACK")
		h.rest()
	})
}

// TestCancelledForGood: a peer that never ends its transaction is not waited for for
// ever.
func TestCancelledForGood(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		c.say(c.takes(), 180, "bob", "", "")
		time.Sleep(time.Second)
		d.cancel()
		c.reply(c.expectRequest("CANCEL"), 200, "", "")
		h.rest()
	})
}

func TestNoAnswer(t *testing.T) {
	for name, ring := range map[string]bool{"rings": true, "silent": false} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(c *Config) { overCarrier(c); c.Trunks[0].NoAnswer = 20 * time.Second }, func(t *testing.T, h *house) {
				c := h.carrier(carrierAddr)
				start := time.Now()
				d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
				inv := c.takes()
				want := cause.Unreachable
				if ring {
					c.say(inv, 180, "bob", "", "")
					want = cause.NoAnswer
				}
				d.fails(want, 0)
				if d := time.Since(start); d != 20*time.Second {
					t.Errorf("given up after %v", d)
				}
				if ring {
					c.reply(c.expectRequest("CANCEL"), 200, "", "")
					c.say(inv, 487, "bob", "", "")
				}
				h.rest()
			})
		})
	}
}

func TestNobodyThere(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		start := time.Now()
		h.dial(Call{Trunk: "carrier", To: "+41445550100"}).fails(cause.Unreachable, 0)
		if d := time.Since(start); d < 31*time.Second || d > 33*time.Second {
			t.Errorf("given up after %v", d)
		}
		h.rest()
	})
}

func TestShutdownCancelsWhatRings(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 180, "bob", "", "")
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- h.srv.Shutdown(context.Background()) }()
		c.reply(c.expectRequest("CANCEL"), 200, "", "")
		c.say(inv, 487, "bob", "", "")
		c.expectRequest("ACK")
		d.fails(cause.Draining, 0)
		start := time.Now()
		if err := <-done; err != nil || time.Since(start) > 3*time.Second {
			t.Errorf("shut down with %v after %v", err, time.Since(start))
		}
		h.dial(Call{Trunk: "carrier", To: "+41445550100"}).fails(cause.Draining, 0)
	})
}

func TestCloseWhileItRings(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		c.say(c.takes(), 180, "bob", "", "")
		synctest.Wait()
		h.srv.Close()
		d.fails(cause.Draining, 0)
		h.dial(Call{Trunk: "carrier", To: "+41445550100"}).fails(cause.Draining, 0)
	})
}

// TestShutdownAfterAnAnswer does not wait for other phones that may answer.
func TestShutdownAfterAnAnswer(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		h.ringUp(c, "")
		start := time.Now()
		go func() {
			if req, ok := c.read(time.Minute).(*msg.Request); ok {
				c.reply(req, 200, "", "")
			}
		}()
		if err := h.srv.Shutdown(context.Background()); err != nil || time.Since(start) > 3*time.Second {
			t.Errorf("shut down with %v after %v", err, time.Since(start))
		}
	})
}
