package sip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
)

func TestReliableProvisional(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "Require: 100rel\r\n", "application/sdp", p.offer())
		p.expect(180)
		res := p.expect(180) // repeated
		rseq := header(res, "RSeq", "")
		p.toTag, _ = res.To().Params.Get("tag")
		if rseq == "" || header(res, "Require", "") != "100rel" || res.Contact() == nil {
			t.Fatalf("180:\n%s", res)
		}
		p.request("PRACK", fmt.Sprintf("RAck: %s 77 INVITE\r\n", rseq), "", "")
		p.expect(481)
		p.request("PRACK", fmt.Sprintf("RAck: %s 1 INVITE\r\n", rseq), "", "")
		first, second := p.response(), p.response()
		if first.CSeq().MethodName != "PRACK" || first.StatusCode != 200 || second.CSeq().MethodName != "INVITE" || second.StatusCode != 200 {
			t.Fatalf("got\n%s\n%s", first, second)
		}
		if !strings.Contains(string(second.Body()), "m=audio") {
			t.Fatal("no answer in the 200")
		}
		p.raw(p.text("ACK", 1, "", "", ""))
		h.leg().Hangup(cause.Ended)
	})
}

func TestReliableProvisionalWithLateOffer(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "Require: 100rel\r\n", "", "")
		res := p.expect(183)
		p.toTag, _ = res.To().Params.Get("tag")
		if !strings.Contains(string(res.Body()), "m=audio") {
			t.Fatal("no offer in the first reliable response")
		}
		p.request("PRACK", fmt.Sprintf("RAck: %s 1 INVITE\r\n", header(res, "RSeq", "")), "application/sdp", p.sdp("sendrecv", "8 101"))
		p.expect(200)
		if res := p.expect(200); len(res.Body()) != 0 {
			t.Fatal("a second session in the 200")
		}
		p.raw(p.text("ACK", 1, "", "", ""))
		h.leg().Hangup(cause.Ended)
		if h.stream(0).last().Send.Name != "PCMA" {
			t.Error("the answer in the PRACK was not taken")
		}
	})
}

func TestNoPRACK(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		start := time.Now()
		p.request("INVITE", "Require: 100rel\r\n", "application/sdp", p.offer())
		for {
			if res := p.response(); res.StatusCode == 504 {
				break
			}
		}
		if d := time.Since(start); d < 31*time.Second || d > 33*time.Second {
			t.Errorf("given up after %v", d)
		}
		p.ack("", "")
		synctest.Wait()
		if len(h.srv.Legs()) != 0 {
			t.Error("a leg is left")
		}
	})
}

// TestReliableNotRequired: who can do 100rel and does not require it is answered
// at once.
func TestReliableNotRequired(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		start := time.Now()
		p.request("INVITE", "Supported: 100rel, timer, replaces\r\n", "application/sdp", p.offer())
		res := p.expect(200)
		if d := time.Since(start); d != 0 {
			t.Errorf("answered after %v", d)
		}
		if got := header(res, "Require", ""); strings.Contains(got, "100rel") {
			t.Errorf("Require: %s", got)
		}
	})
}
