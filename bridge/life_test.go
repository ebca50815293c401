package bridge_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

func TestRoomEndsWithItsLastParty(t *testing.T) {
	inBubble(t, 2, bridge.Config{}, func(b *bench) {
		_, p, r := b.join("a", 8000, plain, bridge.JoinOptions{})
		if b.Count("r1") != 1 || b.Room("r1") != r {
			t.Fatal("the room isn't there")
		}
		p.Exit()
		if b.Room("r1") != nil || b.Count("r1") != 0 || len(b.Participants()) != 0 {
			t.Error("the empty room is still there")
		}
		_, _, again := b.join("b", 8000, plain, bridge.JoinOptions{})
		if again == r {
			t.Error("a room that has ended was joined")
		}
	})
}

func TestEndForAll(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		a, p, r := b.join("a", 8000, plain, bridge.JoinOptions{Host: true})
		c, _, _ := b.join("c", 8000, plain, bridge.JoinOptions{Lobby: true})
		start := time.Now()
		if err := r.End(b.ctx, cause.Ended); err != nil {
			t.Fatal(err)
		}
		if n := <-p.Notices(); n.Kind != bridge.NoticeEnded {
			t.Errorf("notice %v", n)
		}
		<-a.Done()
		<-c.Done()
		if time.Since(start) > 2*time.Second || a.Cause() != cause.Ended {
			t.Errorf("ended after %v for %v", time.Since(start), a.Cause())
		}
	})
}

func TestKeysCountOnceAndAreKept(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		leg, p := b.enter("a", 8000)
		leg.Press("12")
		leg.PressBy(media.KeyInfo, "2") // the same press by SIP INFO
		time.Sleep(time.Second)
		leg.PressBy(media.KeyInfo, "2") // a new one
		leg.Press("2")                  // and its twin
		got := ""
		for range 3 {
			got += string((<-p.Keys()).Digit)
		}
		select {
		case k := <-p.Keys():
			t.Errorf("one more key: %c", k.Digit)
		default:
		}
		if got != "122" {
			t.Errorf("keys %q", got)
		}
	})
}

// Reports of one press may come behind those of the next key.
func TestKeysInterleaved(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		leg, p := b.enter("a", 8000)
		for _, k := range []struct {
			way  media.KeySource
			keys string
		}{
			{media.KeyUserInput, "1"},
			{media.KeyUserInput, "2"},
			{media.KeyEvent, "1"},
			{media.KeyEvent, "2"},
			{media.KeyKeypad, "12"},
			{media.KeyEvent, "33"},
			{media.KeySignal, "3"},
			{media.KeySignal, "3"},
		} {
			leg.PressBy(k.way, k.keys)
			time.Sleep(50 * time.Millisecond)
		}
		got := ""
		for len(p.Keys()) > 0 {
			got += string((<-p.Keys()).Digit)
		}
		if got != "1233" {
			t.Errorf("keys %q", got)
		}
	})
}

func TestEchoAndRecord(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		leg, p := b.enter("a", 8000)
		p.Echo(time.Second)
		time.Sleep(100 * time.Millisecond)
		leg.Say(sine(8000, 800, 500*time.Millisecond))
		leg.Heard()
		time.Sleep(800 * time.Millisecond)
		if v := has(leg.Heard(), 8000, 800); v > 0.01 {
			t.Errorf("echo came early: %.2f", v)
		}
		time.Sleep(400 * time.Millisecond)
		leg.Heard()
		time.Sleep(200 * time.Millisecond)
		if v := has(leg.Heard(), 8000, 800); v < 0.8 {
			t.Errorf("no echo: %.2f", v)
		}
		p.Echo(0)
		leg.Say(sine(8000, 600, 5*time.Second))
		got := p.Record(b.ctx, 2*time.Second)
		if len(got) != 2*16000 || has(got[1600:], 16000, 600) < 0.8 {
			t.Errorf("recorded %d samples, tone %.2f", len(got), has(got, 16000, 600))
		}
		ctx, cancel := context.WithTimeout(b.ctx, 500*time.Millisecond)
		defer cancel()
		if got = p.Record(ctx, time.Minute); len(got) < 7500 || len(got) > 8600 {
			t.Errorf("0.5 s recorded as %d samples", len(got))
		}
	})
}

func TestAnnouncementsReachAllOneAfterTheOther(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		a, _, r := b.join("a", 8000, plain, bridge.JoinOptions{})
		c, _, _ := b.join("c", 48000, plain, bridge.JoinOptions{})
		first := r.Announce(bridge.NewClip(sine(16000, 1000, 400*time.Millisecond)))
		second := r.Announce(bridge.NewClip(sine(16000, 1500, 400*time.Millisecond)))
		<-first.Done()
		select {
		case <-second.Done():
			t.Error("both at once")
		default:
		}
		<-second.Done()
		for _, leg := range []*memory.Leg{a, c} {
			rate := leg.Audio().Rate()
			sound := leg.Heard()
			if has(sound, rate, 1000) < 0.3 || has(sound, rate, 1500) < 0.3 {
				t.Errorf("at %d Hz: %.2f, %.2f", rate, has(sound, rate, 1000), has(sound, rate, 1500))
			}
		}
	})
}

func TestEventsTellWhoTalks(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		events, cancel := b.Subscribe(100)
		defer cancel()
		leg, p, _ := b.join("a", 8000, plain, bridge.JoinOptions{Name: "Ada"})
		leg.Say(sine(8000, 425, time.Second))
		time.Sleep(3 * time.Second)
		p.Exit()
		var got []bridge.Event
		for len(events) > 0 {
			got = append(got, <-events)
		}
		kinds := ""
		for _, e := range got {
			kinds += fmt.Sprintf("%d%v ", e.Kind, e.On)
			if e.Name != "Ada" || e.ID != "a" || e.RoomID != "r1" {
				t.Errorf("event %+v", e)
			}
		}
		want := fmt.Sprintf("%dfalse %dtrue %dfalse %dfalse ", bridge.EventJoined, bridge.EventTalking, bridge.EventTalking, bridge.EventLeft)
		if kinds != want {
			t.Errorf("events %q, want %q", kinds, want)
		}
	})
}

// faulty is a leg whose sound panics after a while.
type faulty struct {
	*memory.Leg
	at *atomic.Int32
}

type faultyAudio struct {
	media.Audio
	at *atomic.Int32
}

func (f faulty) Audio() media.Audio { return faultyAudio{f.Leg.Audio(), f.at} }

func (f faultyAudio) Send(t *media.Tick, p []codec.Packet) {
	if f.at.Add(-1) == 0 {
		panic("broken leg")
	}
	f.Audio.Send(t, p)
}

func TestPanicEndsOneCallOnly(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		leg := faulty{memory.New("bad", 8000, bridge.Party{}), &atomic.Int32{}}
		leg.at.Store(100)
		p, err := b.Enter(leg)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Join(b.ctx, p, plain, bridge.JoinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		talker, _, _ := b.join("talker", 8000, plain, bridge.JoinOptions{})
		listener, _, _ := b.join("listener", 8000, plain, bridge.JoinOptions{})
		talker.Say(sine(8000, 425, time.Minute))
		<-leg.Done()
		if leg.Cause() != cause.Internal {
			t.Errorf("cause %v", leg.Cause())
		}
		time.Sleep(200 * time.Millisecond)
		listener.Heard()
		time.Sleep(time.Second)
		if v := has(listener.Heard(), 8000, 425); v < 0.85 {
			t.Errorf("the others no longer hear each other: %.2f", v)
		}
		if len(b.roster(r)) != 2 {
			t.Error("the failed call is still in the roster")
		}
		p.Exit()
	})
}

// TestChurn joins and leaves from many goroutines over two engines: no deadlock,
// nothing left behind.
func TestChurn(t *testing.T) {
	inBubble(t, 2, bridge.Config{}, func(b *bench) {
		done := make(chan struct{})
		const callers = 40
		for i := range callers {
			go func() {
				defer func() { done <- struct{}{} }()
				for n := range 25 {
					leg := memory.New(fmt.Sprintf("%d-%d", i, n), 8000, bridge.Party{})
					p, err := b.Enter(leg)
					if err != nil {
						t.Error(err)
						return
					}
					leg.Say(make([]int16, 1600))
					cfg := bridge.RoomConfig{ID: fmt.Sprint(n % 3)}
					if r, err := b.Join(b.ctx, p, cfg, bridge.JoinOptions{Lobby: n%4 == 0}); err != nil {
						t.Errorf("join: %v", err)
					} else if n%5 == 0 {
						r.ToggleMute(b.ctx, p.ID())
						r.AdmitAll(b.ctx)
					}
					time.Sleep(time.Duration(i*n%7) * 10 * time.Millisecond)
					p.Exit()
				}
			}()
		}
		for range callers {
			<-done
		}
		if len(b.Participants()) != 0 || len(b.Rooms()) != 0 {
			t.Errorf("left behind: %d participants, %d rooms", len(b.Participants()), len(b.Rooms()))
		}
	})
}
