package sip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
)

func TestEarlyMedia(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 183, "bob", "", c.sdp("sendrecv", "0 101"))
		synctest.Wait()
		if p := h.stream(0).last(); p.Send.Name != "PCMU" || p.Peer.Announced.Port() != 40000 {
			t.Fatalf("before the answer: %+v", p)
		}
		n := len(h.stream(0).params)
		c.say(inv, 180, "bob", "", "")
		// The answer without SDP of its own: the early one counts.
		c.say(inv, 200, "bob", "", "")
		c.expectRequest("ACK")
		leg := d.up()
		d.told("calling early ringing connected")
		if len(h.stream(0).params) != n {
			t.Error("the media changed with an answer that says nothing of it")
		}
		leg.Hangup(cause.Ended)
		c.reply(c.expectRequest("BYE"), 200, "", "")
		h.rest()
	})
}

func TestAnswerChangesEarlyMedia(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 180, "bob", "", c.sdp("sendrecv", "18")) // nothing we can play: no harm
		c.say(inv, 183, "bob", "", c.sdp("sendrecv", "0 101"))
		synctest.Wait()
		c.port = 41000
		c.say(inv, 200, "bob", "", c.sdp("sendrecv", "8 101"))
		c.expectRequest("ACK")
		d.up()
		if p := h.stream(0).last(); p.Send.Name != "PCMA" || p.Peer.Announced.Port() != 41000 {
			t.Errorf("after the answer: %+v", p)
		}
	})
}

func TestReliableProvisionalIsAcknowledged(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		reliably := func(rseq int) string { return fmt.Sprintf("Require: 100rel\r\nRSeq: %d\r\n", rseq) }
		c.say(inv, 183, "bob", reliably(71), c.sdp("sendrecv", "0 101"))
		prack := c.expectRequest("PRACK")
		if got := header(prack, "RAck", ""); got != fmt.Sprintf("71 %d INVITE", inv.CSeq().SeqNo) {
			t.Errorf("RAck %q", got)
		}
		if prack.To().Params.GetOr("tag", "") != "bob" || prack.CSeq().SeqNo != inv.CSeq().SeqNo+1 || prack.Recipient.User != "gw" {
			t.Errorf("PRACK:\n%s", prack)
		}
		c.say(inv, 183, "bob", reliably(71), c.sdp("sendrecv", "0 101")) // the PRACK is on its way
		c.say(inv, 180, "bob", reliably(73), "")                         // 72 was lost
		if m := c.read(100 * time.Millisecond); m != nil {
			t.Fatalf("got %v", m)
		}
		c.reply(prack, 200, "", "")
		c.say(inv, 180, "bob", reliably(72), "")
		again := c.expectRequest("PRACK")
		if got := header(again, "RAck", ""); !strings.HasPrefix(got, "72 ") || again.CSeq().SeqNo != inv.CSeq().SeqNo+2 {
			t.Errorf("second PRACK:\n%s", again)
		}
		c.reply(again, 200, "", "")

		// The session is agreed upon: an UPDATE may change it before the answer.
		c.takeOver(inv, "bob")
		c.request("UPDATE", "", "application/sdp", c.sdp("sendrecv", "8 101"))
		if res := c.expect(200); !strings.Contains(string(res.Body()), "RTP/AVP 8") || res.Contact() == nil {
			t.Errorf("answer to UPDATE:\n%s", res)
		}
		c.say(inv, 200, "bob", "", "")
		c.expectRequest("ACK")
		leg := d.up()
		if p := h.stream(0).last(); p.Send.Name != "PCMA" {
			t.Errorf("the UPDATE was forgotten: %+v", p)
		}
		leg.Hangup(cause.Ended)
		bye := c.expectRequest("BYE")
		if bye.CSeq().SeqNo != inv.CSeq().SeqNo+3 {
			t.Errorf("BYE's CSeq %d after two PRACKs of %d", bye.CSeq().SeqNo, inv.CSeq().SeqNo)
		}
		c.reply(bye, 200, "", "")
		h.rest()
	})
}

func TestUpdateBeforeTheAnswerIsSettled(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 183, "bob", "", c.sdp("sendrecv", "0 101")) // not reliable: it binds nobody
		synctest.Wait()
		c.takeOver(inv, "bob")
		c.request("UPDATE", "", "application/sdp", c.sdp("sendrecv", "8 101"))
		if res := c.expect(500); header(res, "Retry-After", "") == "" {
			t.Errorf("no Retry-After in\n%s", res)
		}
		c.request("UPDATE", "", "", "")
		c.expect(200)
		c.request("PRACK", "RAck: 1 1 INVITE\r\n", "", "")
		c.expect(481)
		d.cancel()
		c.reply(c.expectRequest("CANCEL"), 200, "", "")
		c.say(inv, 487, "bob", "", "")
		c.expectRequest("ACK")
		d.fails(cause.Cancelled, 0)
		h.rest()
	})
}

// TestForking: two phones ring and are heard, the second one answers; the first does
// so too late.
func TestForking(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		other := h.carrier(secondAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 180, "kitchen", "", "")
		c.contact = "sip:cellar@" + carrierAddr
		c.port = 42000
		c.say(inv, 183, "cellar", "Require: 100rel\r\nRSeq: 1\r\n", c.sdp("sendrecv", "0 101"))
		prack := c.expectRequest("PRACK")
		if prack.Recipient.User != "cellar" || prack.To().Params.GetOr("tag", "") != "cellar" {
			t.Errorf("PRACK:\n%s", prack)
		}
		c.reply(prack, 200, "", "")
		synctest.Wait()
		if p := h.stream(0).last(); p.Peer.Announced.Port() != 42000 {
			t.Errorf("heard %+v", p.Peer)
		}
		c.takeOver(inv, "kitchen")
		c.request("OPTIONS", "", "", "") // in the dialog that is not heard
		c.expect(200)

		c.port, c.contact = 43000, "sip:cellar@"+carrierAddr
		c.say(inv, 200, "cellar", "", "")
		if ack := c.expectRequest("ACK"); ack.Recipient.User != "cellar" {
			t.Errorf("ACK:\n%s", ack)
		}
		leg := d.up()
		if p := h.stream(0).last(); p.Peer.Announced.Port() != 42000 {
			t.Errorf("up with %+v", p.Peer)
		}
		c.contact = "sip:kitchen@" + secondAddr
		c.say(inv, 200, "kitchen", "", c.sdp("sendrecv", "8"))
		if ack := other.expectRequest("ACK"); ack.Recipient.User != "kitchen" || ack.To().Params.GetOr("tag", "") != "kitchen" {
			t.Errorf("ACK to the second:\n%s", ack)
		}
		bye := other.expectRequest("BYE")
		if bye.Recipient.User != "kitchen" || bye.CSeq().SeqNo <= inv.CSeq().SeqNo {
			t.Errorf("BYE to the second:\n%s", bye)
		}
		c.say(inv, 200, "kitchen", "", c.sdp("sendrecv", "8"))
		other.expectRequest("ACK")
		other.reply(bye, 200, "", "")
		synctest.Wait()
		if p := h.stream(0).last(); p.Peer.Announced.Port() != 42000 || leg.over() {
			t.Error("the second answer changed the call")
		}
		c.takeOver(inv, "kitchen")
		c.request("INFO", "", "", "")
		c.expect(481)
		leg.Hangup(cause.Ended)
		if bye := c.expectRequest("BYE"); bye.To().Params.GetOr("tag", "") != "cellar" {
			t.Errorf("BYE:\n%s", bye)
		} else {
			c.reply(bye, 200, "", "")
		}
		h.rest()
	})
}

// TestManyBranches: a peer that answers without end costs a bounded number of dialogs.
func TestManyBranches(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		for i := range 500 {
			c.say(inv, 180, fmt.Sprint("phone", i), "", "")
			synctest.Wait()
		}
		h.srv.dialogs.mu.Lock()
		n := len(h.srv.dialogs.byID)
		h.srv.dialogs.mu.Unlock()
		if n > mostBranches {
			t.Errorf("%d dialogs", n)
		}
		c.say(inv, 486, "phone1", "", "")
		c.expectRequest("ACK")
		d.fails(cause.Busy, 486)
		h.rest()
	})
}
