package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

// bench is a bridge in virtual time.
type bench struct {
	*testing.T
	*bridge.Bridge
	ctx context.Context
}

func inBubble(t *testing.T, engines int, cfg bridge.Config, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
		m, err := media.New(media.Config{Engines: engines, Pacer: media.TimerPacer{}, Logger: cfg.Logger})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		b := bridge.New(m, cfg)
		defer m.Close()
		defer b.Close()
		f(&bench{t, b, t.Context()})
	})
}

func (b *bench) enter(id string, rate int) (*memory.Leg, *bridge.Participant) {
	b.Helper()
	leg := memory.New(id, rate, bridge.Party{Name: id, Number: "100"})
	p, err := b.Enter(leg)
	if err != nil {
		b.Fatal(err)
	}
	return leg, p
}

func (b *bench) join(id string, rate int, cfg bridge.RoomConfig, opt bridge.JoinOptions) (*memory.Leg, *bridge.Participant, *bridge.Room) {
	b.Helper()
	leg, p := b.enter(id, rate)
	r, err := b.Join(b.ctx, p, cfg, opt)
	if err != nil {
		b.Fatalf("%s: %v", id, err)
	}
	return leg, p, r
}

func (b *bench) roster(r *bridge.Room) map[string]bridge.Entry {
	b.Helper()
	list, err := r.Roster(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	all := map[string]bridge.Entry{}
	for _, e := range list {
		all[e.ID] = e
	}
	return all
}

// sine returns d of a tone of -20 dBFS.
func sine(rate int, freq float64, d time.Duration) []int16 {
	out := make([]int16, int(int64(rate)*int64(d)/int64(time.Second)))
	for i := range out {
		out[i] = int16(3276 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate)))
	}
	return out
}

// has says how much of a sound's power lies at freq, as a share of a full sine of
// sine's amplitude.
func has(sound []int16, rate int, freq float64) float64 {
	if len(sound) == 0 {
		return 0
	}
	var re, im float64
	for i, v := range sound {
		w := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += float64(v) * math.Cos(w)
		im += float64(v) * math.Sin(w)
	}
	return math.Hypot(re, im) * 2 / float64(len(sound)) / 3276
}

var plain = bridge.RoomConfig{ID: "r1", Name: "Boardroom"}

func TestEveryoneHearsEveryoneButThemselves(t *testing.T) {
	for _, engines := range []int{1, 2} {
		t.Run(fmt.Sprint(engines, " engines"), func(t *testing.T) {
			inBubble(t, engines, bridge.Config{}, func(b *bench) {
				rates := []int{8000, 16000, 48000}
				legs := make([]*memory.Leg, 3)
				for i, rate := range rates {
					legs[i], _, _ = b.join(fmt.Sprint("leg", i), rate, plain, bridge.JoinOptions{})
				}
				freq := []float64{425, 912.5, 1537.5}
				for i, leg := range legs {
					leg.Say(sine(rates[i], freq[i], 3*time.Second))
				}
				time.Sleep(time.Second)
				for _, leg := range legs {
					leg.Heard()
				}
				time.Sleep(time.Second)
				for i, leg := range legs {
					sound := leg.Heard()
					for j := range legs {
						share := has(sound, rates[i], freq[j])
						if i == j && share > 0.01 {
							t.Errorf("leg %d hears itself: %.3f", i, share)
						}
						if i != j && (share < 0.85 || share > 1.15) {
							t.Errorf("leg %d hears leg %d at %.3f of its level", i, j, share)
						}
					}
				}
			})
		})
	}
}

func TestHallHearsOnlyItsPrompt(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		a, p := b.enter("a", 16000)
		other, _ := b.enter("b", 16000)
		other.Say(sine(16000, 700, 5*time.Second))
		play := p.Play(bridge.NewClip(sine(16000, 1000, time.Second)), bridge.NewPause(200*time.Millisecond))
		start := time.Now()
		<-play.Done()
		if d := time.Since(start); d < 1180*time.Millisecond || d > 1260*time.Millisecond {
			t.Errorf("1.2 s of sound took %v", d)
		}
		sound := a.Heard()
		if has(sound, 16000, 1000) < 0.7 || has(sound, 16000, 700) > 0.01 {
			t.Errorf("heard: prompt %.2f, other caller %.2f", has(sound, 16000, 1000), has(sound, 16000, 700))
		}
		if has(other.Heard(), 16000, 1000) > 0.01 {
			t.Error("the prompt is heard by another caller")
		}
	})
}

func TestPlaybackStopsAndIsReplaced(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		_, p := b.enter("a", 8000)
		first := p.Play(bridge.NewLoop(make([]int16, 500)))
		second := p.Play(bridge.NewLoop(make([]int16, 500)))
		<-first.Done()
		second.Stop()
		<-second.Done()
		third := p.Play(bridge.NewLoop(make([]int16, 500)))
		p.Exit()
		<-third.Done()
		<-p.Play(bridge.NewPause(time.Hour)).Done() // after the exit: ends at once
		p.Exit()
	})
}

func TestMuteIsOneState(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		talker, p, r := b.join("talker", 8000, plain, bridge.JoinOptions{})
		listener, _, _ := b.join("listener", 8000, plain, bridge.JoinOptions{})
		talker.Say(sine(8000, 425, time.Minute))
		heard := func() float64 {
			time.Sleep(100 * time.Millisecond)
			listener.Heard()
			time.Sleep(500 * time.Millisecond)
			return has(listener.Heard(), 8000, 425)
		}
		if v := heard(); v < 0.85 {
			t.Fatalf("not heard before muting: %.2f", v)
		}
		if err := r.Mute(b.ctx, "talker", true, true); err != nil {
			t.Fatal(err)
		}
		if n := <-p.Notices(); n.Kind != bridge.NoticeMuted {
			t.Errorf("notice %v", n)
		}
		if v := heard(); v > 0.001 {
			t.Errorf("heard while muted by the host: %.3f", v)
		}
		muted, err := r.ToggleMute(b.ctx, "talker") // by the talker's own key
		if err != nil || muted {
			t.Errorf("toggle: %v %v", muted, err)
		}
		if v := heard(); v < 0.85 {
			t.Errorf("not heard after unmuting by key: %.2f", v)
		}
		if err := r.MuteAll(b.ctx, true); err != nil {
			t.Fatal(err)
		}
		if !b.roster(r)["talker"].Muted {
			t.Error("mute all left the talker unmuted")
		}
		if err := r.Mute(b.ctx, "nobody", true, true); !errors.Is(err, bridge.ErrNotHere) {
			t.Errorf("mute of nobody: %v", err)
		}
	})
}

func TestLobby(t *testing.T) {
	music := func() bridge.Source { return bridge.NewLoop(sine(16000, 1000, time.Second)) }
	inBubble(t, 1, bridge.Config{Music: music}, func(b *bench) {
		host, _, r := b.join("host", 16000, plain, bridge.JoinOptions{Host: true, Lobby: true})
		guest, p, _ := b.join("guest", 16000, plain, bridge.JoinOptions{Lobby: true})
		second, _, _ := b.join("second", 16000, plain, bridge.JoinOptions{Lobby: true})
		host.Say(sine(16000, 425, time.Minute))
		guest.Say(sine(16000, 700, time.Minute))
		second.Say(sine(16000, 1300, time.Minute))
		time.Sleep(500 * time.Millisecond)
		for _, leg := range []*memory.Leg{host, guest, second} {
			leg.Heard()
		}
		time.Sleep(time.Second)
		sound := guest.Heard()
		if has(sound, 16000, 1000) < 0.5 {
			t.Error("no music in the lobby")
		}
		if has(sound, 16000, 425) > 0.001 || has(sound, 16000, 1300) > 0.001 {
			t.Error("the room, or another who waits, is heard in the lobby")
		}
		sound = host.Heard()
		if has(sound, 16000, 700) > 0.001 || has(sound, 16000, 1000) > 0.001 {
			t.Error("the lobby is heard in the room")
		}
		if e := b.roster(r); e["guest"].State != bridge.StateLobby || e["host"].State != bridge.StateRoom {
			t.Errorf("roster: %+v", e)
		}
		if err := r.Admit(b.ctx, "guest"); err != nil {
			t.Fatal(err)
		}
		if n := <-p.Notices(); n.Kind != bridge.NoticeAdmitted {
			t.Errorf("notice %v", n)
		}
		time.Sleep(100 * time.Millisecond)
		host.Heard()
		time.Sleep(time.Second)
		sound = host.Heard()
		if has(sound, 16000, 700) < 0.85 || has(sound, 16000, 1300) > 0.001 {
			t.Error("the admitted guest is not heard, or the second is")
		}
		if n, err := r.AdmitAll(b.ctx); n != 1 || err != nil {
			t.Errorf("admit all: %d %v", n, err)
		}
	})
}

func TestWaitingForTheHost(t *testing.T) {
	inBubble(t, 2, bridge.Config{}, func(b *bench) {
		_, p, r := b.join("guest", 8000, plain, bridge.JoinOptions{WaitForHost: true})
		if b.roster(r)["guest"].State != bridge.StateLobby {
			t.Fatal("a guest is in before the host")
		}
		b.join("host", 8000, plain, bridge.JoinOptions{Host: true, WaitForHost: true})
		if n := <-p.Notices(); n.Kind != bridge.NoticeAdmitted {
			t.Errorf("notice %v", n)
		}
		_, _, _ = b.join("late", 8000, plain, bridge.JoinOptions{WaitForHost: true})
		for id, e := range b.roster(r) {
			if e.State != bridge.StateRoom {
				t.Errorf("%s still waits", id)
			}
		}
	})
}

func TestCapacityAndLock(t *testing.T) {
	cfg := bridge.RoomConfig{ID: "small", MaxParticipants: 2}
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		_, a, r := b.join("a", 8000, cfg, bridge.JoinOptions{})
		b.join("b", 8000, cfg, bridge.JoinOptions{Lobby: true})
		_, p := b.enter("c", 8000)
		if _, err := b.Join(b.ctx, p, cfg, bridge.JoinOptions{}); !errors.Is(err, cause.Full) {
			t.Errorf("third of two: %v", err)
		}
		a.Exit()
		if err := r.Lock(b.ctx, true); err != nil || !b.Locked("small") {
			t.Errorf("lock: %v", err)
		}
		if _, err := b.Join(b.ctx, p, cfg, bridge.JoinOptions{}); !errors.Is(err, cause.Locked) {
			t.Errorf("into a locked room: %v", err)
		}
		if _, err := b.Join(b.ctx, p, cfg, bridge.JoinOptions{Host: true}); err != nil {
			t.Errorf("a host into a locked room: %v", err)
		}
	})
}

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

