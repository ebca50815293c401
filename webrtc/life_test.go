package webrtc

import (
	"context"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// watch collects a leg's states.
func watch(l *Leg) <-chan State {
	states := make(chan State, 32)
	l.Watch(func(s State) { states <- s })
	return states
}

func expect(t *testing.T, states <-chan State, want ...State) {
	t.Helper()
	for _, w := range want {
		select {
		case s := <-states:
			if s != w {
				t.Fatalf("state %v, want %v", s, w)
			}
		case <-time.After(patience):
			t.Fatalf("never %v", w)
		}
	}
}

// A laptop goes to another network: ICE restarts over new sockets, the leg and
// its keys stay.
func TestRestart(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(48000, 1000))
	b, _, room := h.arrive(browserConfig{})
	b.say(tone(t, b.codec, 440), 20)
	b.hears(1000)
	before := b.leg.current
	pair, _ := before.agent.GetSelectedCandidatePair()
	b.negotiate(b.leg, &pion.OfferOptions{ICERestart: true})
	b.until("another pair", func() bool {
		now, _ := before.agent.GetSelectedCandidatePair()
		return now != nil && now.Remote.Port() != pair.Remote.Port()
	})
	b.forget()
	in := b.leg.Quality().PacketsIn
	b.hears(1000)
	b.until("the browser is heard", func() bool { return b.leg.Quality().PacketsIn > in+25 })
	if b.leg.current != before || room.Count() != 2 || b.leg.State() != StateConnected {
		t.Errorf("after the restart: %d in the room, %v", room.Count(), b.leg.State())
	}
}

// A page is loaded again: another peer connection takes the place of the one
// before, under the same leg.
func TestReload(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(48000, 1000))
	b, _, room := h.arrive(browserConfig{})
	b.say(tone(t, b.codec, 440), 20)
	b.hears(1000)
	old := b.leg.current
	again := newBrowser(t, browserConfig{})
	again.negotiate(b.leg, nil)
	again.hears(1000)
	in := b.leg.Quality().PacketsIn
	again.say(tone(t, b.codec, 440), 20)
	again.until("the new page is heard", func() bool { return b.leg.Quality().PacketsIn > in+25 })
	if b.leg.current == old || old.ctx.Err() == nil || room.Count() != 2 {
		t.Errorf("the old transport lives; %d in the room", room.Count())
	}
	if s := b.leg.State(); s != StateConnected {
		t.Error(s)
	}
}

// A cut line is an interruption, during which nothing is sent; when it is mended
// the leg is back by itself.
func TestInterruption(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Silence = time.Second })
	h.enter(hum(48000, 1000))
	l := newLine(t)
	b, _, _ := h.arrive(browserConfig{line: l})
	b.say(tone(t, b.codec, 440), 20)
	b.hears(1000)
	states := watch(b.leg)
	expect(t, states, StateConnected)
	l.cut.Store(true)
	expect(t, states, StateInterrupted)
	out := b.leg.current.paired.Load()
	if out {
		t.Error("it is still sent to")
	}
	l.cut.Store(false)
	expect(t, states, StateConnected)
	b.forget()
	b.hears(1000)
}

// Who does not come back is gone; so is who says good-bye.
func TestLost(t *testing.T) {
	for name, bye := range map[string]bool{"cut": false, "closed": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, func(c *Config) { c.Limits.Silence, c.Limits.Interrupted = time.Second, 500*time.Millisecond })
			l := newLine(t)
			b, p, room := h.arrive(browserConfig{line: l})
			states := watch(b.leg)
			expect(t, states, StateConnected)
			if bye {
				b.pc.Close()
			} else {
				l.cut.Store(true)
			}
			expect(t, states, StateInterrupted, StateClosed)
			if c := b.leg.Cause(); c != cause.Timeout {
				t.Error(c)
			}
			p.Exit()
			until(t, "the room is empty", func() bool { return room.Count() == 0 })
		})
	}
}

// A leg that never connects ends.
func TestNeverConnected(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Connect = 300 * time.Millisecond })
	for name, offer := range map[string]bool{"no offer": false, "no checks": true} {
		leg, err := h.server.NewLeg(bridge.Party{})
		if err != nil {
			t.Fatal(err)
		}
		if offer {
			b := newBrowser(t, browserConfig{})
			if _, err := leg.Offer(context.Background(), b.offer(nil, false)); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-leg.Done():
		case <-time.After(patience):
			t.Fatal(name)
		}
		if c := leg.Cause(); c != cause.Timeout {
			t.Error(name, c)
		}
	}
	until(t, "no leg is left", func() bool { return h.server.Legs() == 0 })
}

// Hanging up from our side closes the browser's connection at once.
func TestHangup(t *testing.T) {
	h := newHouse(t, nil)
	b, _, _ := h.arrive(browserConfig{})
	gone := make(chan struct{})
	b.pc.OnConnectionStateChange(func(s pion.PeerConnectionState) {
		if s == pion.PeerConnectionStateClosed || s == pion.PeerConnectionStateFailed || s == pion.PeerConnectionStateDisconnected {
			select {
			case <-gone:
			default:
				close(gone)
			}
		}
	})
	offer := b.offer(nil, true)
	b.leg.Hangup(cause.Ended)
	b.leg.Hangup(cause.Removed)
	select {
	case <-gone:
	case <-time.After(3 * time.Second):
		t.Error("the browser was not told")
	}
	if c := b.leg.Cause(); c != cause.Ended {
		t.Error(c)
	}
	if _, err := b.leg.Offer(context.Background(), offer); err != ErrClosed {
		t.Error(err)
	}
}

// A panic in the goroutines of one browser's transport ends its call alone.
func TestPanicEndsOneCall(t *testing.T) {
	h := newHouse(t, nil)
	b, _, room := h.arrive(browserConfig{})
	other, _, _ := h.arrive(browserConfig{})
	func() {
		defer b.leg.current.guard()
		panic("a fault in one call")
	}()
	<-b.leg.Done()
	if c := b.leg.Cause(); c != cause.Internal {
		t.Errorf("ended for %v", c)
	}
	if other.leg.State() != StateConnected || other.leg.Cause() != cause.None {
		t.Errorf("the other: %v, %d in the room", other.leg.State(), room.Count())
	}
}
