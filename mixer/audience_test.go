package mixer

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// recorded is a prompt of so many ticks that begins and ends softly.
func recorded(t *testing.T, ticks int) []int16 {
	t.Helper()
	say := speech(t, promptHz)
	pcm := make([]int16, ticks*promptHz/50)
	for i := range ticks {
		say(20+i, pcm[i*promptHz/50:][:promptHz/50])
	}
	return pcm
}

// told is a leg that is played a prompt: by its place, or as one that has none.
type told struct {
	*leg
	left   []int16
	placed bool
}

func (l *told) address() {
	if len(l.left) == 0 {
		return
	}
	at := Place{}
	if l.placed {
		at = PlaceOf(l.left[:promptHz/50])
	}
	if l.Addressable(at) {
		l.Prompt(l.left[:promptHz/50], promptHz, at)
		l.left = l.left[promptHz/50:]
	}
}

// A prompt to all is coded once for each format, however many hear it, and each hears
// what one alone would hear. When it is over, all share the room's encode again.
func TestPromptToAllIsCodedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	const ticks = 30
	pcm := recorded(t, ticks)
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA, codec.G722, codec.Opus} {
		for _, ms := range []int{10, 20, 30, 40} {
			f := codec.Standard(name)
			f.Ptime = time.Duration(ms) * time.Millisecond
			r := newRig(t, Config{})
			r.leg(l16(f.SampleRate), speech(t, f.SampleRate))
			var all []*told
			for i := range 60 {
				all = append(all, &told{leg: r.leg(f, nil), placed: i > 0})
			}
			r.step(30)
			for _, l := range all {
				l.left = pcm
			}
			for range ticks {
				for _, l := range all {
					l.address()
				}
				r.step(1)
				if n := r.owns(); n != 3 { // the talker's, that of who is alone, that of all others
					t.Fatalf("%v: %d encodes, want 3", f, n)
				}
				for i, l := range all {
					if !samePackets(l.last, all[0].last) {
						t.Fatalf("%v: leg %d hears something else than one alone", f, i)
					}
				}
			}
			r.step(3 * ticksPerSecond)
			if n := r.owns(); n != 1 {
				t.Errorf("%v: %d encodes when it is over, want the talker's", f, n)
			}
			for i, l := range all {
				if l.group != all[0].group || l.group.audience != nil {
					t.Errorf("%v: leg %d has not returned", f, i)
				}
			}
		}
	}
}

func samePackets(a, b []codec.Packet) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i].Payload, b[i].Payload) || a[i].Level != b[i].Level || a[i].Ticks != b[i].Ticks {
			return false
		}
	}
	return true
}

// Two rooms in which the same happens: legs are told the same, or something else, are
// interrupted, begin to talk, are held, hear the lobby. In one of them prompts have
// places, and who hears the same shares an encode. Nobody hears a difference.
func TestAudiencesHearWhatOneAloneHears(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	const legs, length = 24, 25
	clips := [][]int16{recorded(t, length), recorded(t, length*2)[length*promptHz/50:]}
	for _, f := range []codec.Format{codec.Standard(codec.PCMU), l16(8000), l16(16000)} {
		rng := rand.New(rand.NewPCG(4, uint64(f.SampleRate)))
		talking := make([]bool, legs)
		var rooms [2]*rig
		var all [2][]*told
		for side := range rooms {
			rooms[side] = newRig(t, Config{})
			for i := range legs {
				voice := noise(uint64(i), -45)
				l := rooms[side].leg(f, func(tick int, dst []int16) bool { return voice(tick, dst) && talking[i] })
				all[side] = append(all[side], &told{leg: l, placed: side == 0})
			}
		}
		most, least := 0, legs
		for tick := range 1500 {
			if tick%60 == 10 {
				for i := range legs {
					all[0][i].left, all[1][i].left = clips[0], clips[0]
				}
			} else if rng.IntN(4) == 0 {
				disturb(rng, all, talking, clips)
			}
			for side := range rooms {
				for _, l := range all[side] {
					l.address()
				}
				rooms[side].step(1)
			}
			for i := range legs {
				if !samePackets(all[0][i].last, all[1][i].last) {
					t.Fatalf("%v: tick %d, leg %d hears something else (own %v, audience %v)", f, tick, i, all[0][i].own != nil, all[0][i].group.audience != nil)
				}
			}
			if tick%60 == 15 {
				most, least = max(most, rooms[1].owns()), min(least, rooms[0].owns())
			}
		}
		if most < legs/2 || least > legs/3 {
			t.Errorf("%v: %d encodes at least where they are shared, %d at most where not: the test tests nothing", f, least, most)
		}
	}
}

// disturb does the same to one leg in both rooms.
func disturb(rng *rand.Rand, all [2][]*told, talking []bool, clips [][]int16) {
	i, what, n := rng.IntN(len(talking)), rng.IntN(6), rng.IntN(3)
	if what == 0 {
		talking[i] = !talking[i] && n == 0
	}
	for side := range all {
		l := all[side][i]
		switch what {
		case 1:
			l.left = nil
		case 2:
			l.left = clips[n%len(clips)]
		case 3:
			l.SetVolume(6 * (n - 1))
		case 4:
			l.SetHearing(Hearing(n))
		case 5:
			if n == 0 { // held, and back
				l.Output(codec.Format{})
			}
		}
	}
}

// Prompts that follow each other before the room is back at its level leave nothing of
// the ones before.
func TestAudiencesForgetTheirPast(t *testing.T) {
	r := newRig(t, Config{})
	f := codec.Standard(codec.PCMU)
	r.leg(f, tone(f.SampleRate, 440, -12))
	l := &told{leg: r.leg(f, nil), placed: true}
	sound := make([]int16, 3*promptHz/50)
	noise(1, -20)(0, sound)
	r.step(10)
	for tick := range 5 * ticksPerSecond {
		if tick%6 == 0 { // three ticks of it, three without
			l.left = sound
		}
		l.address()
		r.step(1)
		if l.group.audience == nil {
			t.Fatalf("tick %d: it has returned: the test tests nothing", tick)
		}
	}
	kept := 0
	for g := l.group; g != nil && g.audience != nil; g = g.from {
		kept++
	}
	if most := ticksPerSecond/6 + 2; kept > most || len(r.m.audiences) > most || len(r.m.prompts) > most {
		t.Errorf("%d audiences are kept one behind the other, %d in all, %d prompts; want those of a second, %d", kept, len(r.m.audiences), len(r.m.prompts), most)
	}
}

// A prompt to hundreds costs a tick little and allocates nothing.
func BenchmarkPromptToAll(b *testing.B) {
	for _, placed := range []bool{false, true} {
		name := "each its own"
		if placed {
			name = "the same"
		}
		b.Run(name, func(b *testing.B) {
			r := newBench(400, 2, codec.Standard(codec.PCMU))
			sound := make([]int16, promptHz/50)
			noise(1, -20)(0, sound)
			at := Place{}
			if placed {
				at = PlaceOf(sound)
			}
			tick := func() {
				for _, p := range r.ports {
					p.Prompt(sound, promptHz, at)
				}
				r.tick()
			}
			for range 60 {
				tick()
			}
			b.ReportAllocs()
			for b.Loop() {
				tick()
			}
		})
	}
}
