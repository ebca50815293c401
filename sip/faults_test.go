package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
)

// TestHalfOpenFlood: 10,000 INVITEs from 16 sources that never acknowledge. No
// OPTIONS is lost, another caller is served, and nothing is left 45 s later.
func TestHalfOpenFlood(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		var flood []*phone
		for i := range 16 {
			flood = append(flood, h.phone(fmt.Sprintf("203.0.113.%d:5060", 10+i)))
		}
		asker, caller := h.phone("198.51.100.7:5062"), h.phone("198.51.100.8:5062")
		for i := range 10000 {
			p := flood[i%16]
			p.callID = fmt.Sprint("flood", i)
			p.request("INVITE", "", "application/sdp", p.offer())
			if i%1000 == 0 {
				asker.request("OPTIONS", "", "", "")
				asker.expect(200)
			}
			if i%100 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		leg, _ := caller.call(h)
		caller.request("BYE", "", "", "")
		caller.expect(200)
		<-leg.Done()
		if n := len(h.srv.Legs()); n == 0 || n > 16*20 {
			t.Errorf("%d half-open calls are kept", n)
		}
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if n := len(h.srv.Legs()); n != 0 {
			t.Errorf("%d legs left", n)
		}
		if server, client := h.srv.tx.len(); server+client != 0 {
			t.Errorf("%d and %d transactions left", server, client)
		}
	})
}

// TestSignallingLoss: 30 % of all datagrams are lost both ways; 500 calls are set
// up and ended, or fail cleanly, and nothing is left.
func TestSignallingLoss(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Limits = Limits{} }, func(t *testing.T, h *house) {
		var mu sync.Mutex
		rnd := rand.New(rand.NewPCG(1, 2))
		h.wire.drop = func(_, _ netip.AddrPort) bool {
			mu.Lock()
			defer mu.Unlock()
			return rnd.Float64() < 0.3
		}
		h.attend = func(ctx context.Context, _ bridge.Leg, _ Target) { <-ctx.Done() }
		var up, done sync.WaitGroup
		var failed, ended int
		for i := range 500 {
			p := h.phone(fmt.Sprintf("198.51.100.%d:%d", 1+i/100, 6000+i%100))
			up.Add(1)
			done.Go(func() {
				ok := p.lossyCall(up.Done)
				mu.Lock()
				if !ok {
					failed++
				}
				mu.Unlock()
				if ok && p.lossyBye() {
					mu.Lock()
					ended++
					mu.Unlock()
				}
			})
		}
		start := time.Now()
		up.Wait()
		if d := time.Since(start); d > 33*time.Second {
			t.Errorf("after %v some calls are neither up nor refused", d)
		}
		done.Wait()
		if failed > 5 || ended < 490 {
			t.Errorf("%d of 500 calls failed, %d ended well", failed, ended)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		server, client := h.srv.tx.len()
		if n := len(h.srv.Legs()); n+server+client != 0 {
			t.Errorf("%d legs, %d and %d transactions left", n, server, client)
		}
	})
}

// lossyCall is a call over a network that loses: the client transaction of
// RFC 3261 §17.1.1. It calls final when the call is up or has failed.
func (p *phone) lossyCall(final func()) bool {
	p.seq++
	text := p.text("INVITE", p.seq, "", "application/sdp", p.offer())
	res := p.lossy(text, 64*time.Second)
	final()
	if res == nil || res.StatusCode != 200 {
		return false
	}
	p.toTag, _ = res.To().Params.Get("tag")
	ack := p.text("ACK", p.seq, "", "", "")
	p.raw(ack)
	for start := time.Now(); time.Since(start) < 10*time.Second; { // answer its copies
		if r, ok := p.read(time.Second).(*msg.Response); ok && r.StatusCode == 200 {
			p.raw(ack)
		}
	}
	return true
}

func (p *phone) lossyBye() bool {
	p.seq++
	res := p.lossy(p.text("BYE", p.seq, "", "", ""), 4*time.Second)
	return res != nil
}

// lossy repeats a request until its final response; the interval doubles up to
// longest.
func (p *phone) lossy(text string, longest time.Duration) *msg.Response {
	start, wait := time.Now(), 500*time.Millisecond
	for time.Since(start) < 32*time.Second {
		p.raw(text)
		until := time.Now().Add(min(wait, 32*time.Second-time.Since(start)))
		for time.Now().Before(until) {
			r, ok := p.read(time.Until(until)).(*msg.Response)
			if ok && r.StatusCode >= 200 && strings.Contains(text, "CSeq: "+r.CSeq().Value()) {
				return r
			}
		}
		wait = min(2*wait, longest)
	}
	return nil
}
