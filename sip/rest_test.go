package sip

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
)

// TestSettledTransactions: of what was answered only the answer is kept, and that
// for as long as the request may come again.
func TestSettledTransactions(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		invite := p.request("INVITE", "", "application/sdp", p.offer())
		p.toTag, _ = p.expect(200).To().Params.Get("tag")
		p.ack("", "")
		leg := h.leg()

		p.raw(invite) // it was on its way when the 200 came
		if m := p.read(time.Second); m != nil {
			t.Errorf("a repeated INVITE after its ACK is answered:\n%s", m)
		}
		tag := p.toTag
		p.toTag = ""
		branch := p.branch
		p.branch = 0 // the INVITE's
		p.raw(p.text("CANCEL", p.seq, "", "", ""))
		p.branch, p.toTag = branch, tag
		if got, _ := p.expect(200).To().Params.Get("tag"); got != tag {
			t.Errorf("a late CANCEL is answered for the tag %q, not %q", got, tag)
		}
		select {
		case <-leg.Done():
			t.Fatal("a late CANCEL ends the call")
		default:
		}

		bye := p.request("BYE", "", "", "")
		first := p.expect(200).String()
		<-leg.Done()
		p.raw(bye)
		if again := p.expect(200).String(); again != first {
			t.Errorf("a repeated BYE is answered otherwise:\n%s\nthan\n%s", again, first)
		}
		h.srv.tx.mu.Lock()
		for _, tx := range h.srv.tx.server {
			if tx.ServerTx != nil || tx.leg != nil || tx.req != nil {
				t.Errorf("the messages of an answered transaction are kept: %+v", tx.req)
			}
		}
		h.srv.tx.mu.Unlock()
		time.Sleep(giveUp() + time.Second)
		if server, client := h.srv.tx.len(); server+client > 0 {
			t.Errorf("%d and %d transactions are kept", server, client)
		}
	})
}

// TestRestingCallsHaveNoGoroutine: of this package; the attendant's is the only
// one.
func TestRestingCallsHaveNoGoroutine(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		h.attend = func(_ context.Context, leg bridge.Leg, _ Target) { <-leg.Done() }
		p := h.phone("198.51.100.7:5062")
		const calls = 40
		for i := range calls {
			p.callID, p.tag, p.toTag = fmt.Sprint("rest", i), fmt.Sprint("r", i), ""
			p.call(h)
		}
		synctest.Wait()
		all := make([]byte, 1<<20)
		all = all[:runtime.Stack(all, true)]
		if n := strings.Count(string(all), "(*Leg).attend("); n != calls {
			t.Errorf("%d of %d calls are attended", n, calls)
		}
		if n := strings.Count(string(all), "(*Leg).run("); n != 0 {
			t.Errorf("%d calls run though they rest", n)
		}
	})
}
