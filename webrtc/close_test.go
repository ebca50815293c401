package webrtc

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// goroutines are the stacks of those that this package and pion's run, the
// clients' aside.
func goroutines() (list []string) {
	buf := make([]byte, 4<<20)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "pion/") || strings.Contains(g, "partyline/webrtc.(*") {
			list = append(list, g)
		}
	}
	return list
}

// Close ends every leg and leaves nothing behind: no goroutine, no port.
func TestClose(t *testing.T) {
	before := len(goroutines())
	h := newHouse(t, nil)
	var legs []*Leg
	var all []*browser
	for range 3 {
		b, _, _ := h.arrive(browserConfig{})
		legs, all = append(legs, b.leg), append(all, b)
	}
	tcp, _, _ := h.arrive(browserConfig{tcp: true})
	legs, all = append(legs, tcp.leg), append(all, tcp)
	half := newBrowser(t, browserConfig{}) // answered, never connected
	leg := h.leg()
	if _, err := leg.Offer(t.Context(), half.offer(nil, false)); err != nil {
		t.Fatal(err)
	}
	legs, all = append(legs, leg, h.leg()), append(all, half)
	if err := h.server.Close(); err != nil {
		t.Error(err)
	}
	for _, l := range legs {
		select {
		case <-l.Done():
		default:
			t.Error("a leg lives")
		}
		if c := l.Cause(); c != cause.Draining {
			t.Error(c)
		}
	}
	if _, err := h.server.NewLeg(bridge.Party{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	for _, b := range all {
		b.close()
	}
	until(t, "all goroutines are gone", func() bool {
		left := goroutines()
		return len(left) <= before
	})
}

// A leg's end gives back what it had.
func TestEndLeavesNothing(t *testing.T) {
	h := newHouse(t, nil)
	b, p, _ := h.arrive(browserConfig{})
	b.close()
	b.leg.Hangup(cause.Hangup)
	p.Exit()
	until(t, "the leg is gone", func() bool { return h.server.Legs() == 0 })
	before := runtime.NumGoroutine()
	for range 5 {
		b, p, _ := h.arrive(browserConfig{})
		b.close()
		b.leg.Hangup(cause.Hangup)
		p.Exit()
	}
	until(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before && h.server.Legs() == 0 })
}
