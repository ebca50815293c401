package bridge_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
)

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

// What several are told at once each hears whole, above the room: who is told the same,
// who is told something else, and who is told nothing.
func TestSeveralAreTold(t *testing.T) {
	inBubble(t, 1, bridge.Config{}, func(b *bench) {
		const rate = 8000
		talker, _, _ := b.join("talker", rate, plain, bridge.JoinOptions{})
		talker.Say(sine(rate, 425, 10*time.Second))
		first, second, other := sine(16000, 1000, time.Second), sine(16000, 1500, time.Second), sine(16000, 2000, time.Second)
		var legs [5]*memory.Leg
		var told [5]*bridge.Participant
		for i := range legs {
			legs[i], told[i], _ = b.join(fmt.Sprint("leg", i), rate, plain, bridge.JoinOptions{})
		}
		time.Sleep(time.Second)
		for i, p := range told {
			legs[i].Heard()
			switch {
			case i < 3:
				p.Play(bridge.NewClip(first), bridge.NewPause(200*time.Millisecond), bridge.NewClip(second))
			case i == 3:
				p.Play(bridge.NewClip(first), bridge.NewClip(other))
			}
		}
		for _, part := range []struct {
			wait  time.Duration
			heard [5][4]float64 // of 425, 1000, 1500 and 2000 Hz
		}{
			{time.Second, [5][4]float64{{0.25, 1}, {0.25, 1}, {0.25, 1}, {0.25, 1}, {1}}},
			{200 * time.Millisecond, [5][4]float64{{0.25}, {0.25}, {0.25}, {0.25, 0, 0, 1}, {1}}},
			{1200 * time.Millisecond, [5][4]float64{}},
			{time.Second, [5][4]float64{{1}, {1}, {1}, {1}, {1}}},
		} {
			time.Sleep(part.wait)
			for i, leg := range legs {
				sound := leg.Heard()
				sound = sound[len(sound)*3/10 : len(sound)*7/10]
				for j, hz := range []float64{425, 1000, 1500, 2000} {
					want := part.heard[i][j]
					if got := has(sound, rate, hz); part.heard[i] != [4]float64{} && math.Abs(got-want) > 0.1 {
						t.Errorf("leg %d hears %v Hz at %.2f of its level, want %.2f", i, hz, got, want)
					}
				}
			}
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
