package mixer

import (
	"testing"

	"github.com/partyline/partyline/media/codec"
)

const promptHz = 16000

// prompted is a leg that is played a prompt, as a strip does it: when the mixer
// lets it.
type prompted struct {
	*leg
	say  func(tick int, dst []int16) bool
	left int // ticks of the prompt
	at   int
}

func (p *prompted) address() {
	if p.left == 0 || !p.Addressable(Place{}) {
		return
	}
	var frame [promptHz / 50]int16
	p.say(p.at, frame[:])
	p.Prompt(frame[:], promptHz, Place{})
	p.at, p.left = p.at+1, p.left-1
}

// A crowd of Opus callers who each hear a prompt, in a room where somebody speaks: never
// are there more encodes than a tick has time for, everyone hears its prompt in the
// end, and then all share one encode again.
func TestCrowdIsAddressedByAndBy(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	f := codec.Standard(codec.Opus)
	f.FEC = false
	callers, length := 40, 25
	if raceDetector {
		callers, length = manyOwns+6, 10
	}
	r := newRig(t, Config{})
	r.leg(f, tone(f.SampleRate, 440, -20))
	r.step(10)
	say := speech(t, promptHz)
	var crowd []*prompted
	most, unheard := 0, callers
	for tick := 0; unheard > 0; tick++ {
		if tick == 100*length {
			t.Fatalf("%d callers did not hear their prompts", unheard)
		}
		if len(crowd) < callers {
			crowd = append(crowd, &prompted{leg: r.leg(f, nil), say: say, left: length, at: 20})
		}
		unheard = callers - len(crowd)
		for _, p := range crowd {
			p.address()
			if p.left > 0 {
				unheard++
			}
		}
		r.step(1)
		most = max(most, r.owns())
	}
	t.Logf("%d encodes at most, %d ticks", most, r.tick)
	if most > manyOwns+1 || most < manyOwns/2 { // and the talker's
		t.Errorf("%d encodes of their own at once, want %d at most", most, manyOwns)
	}
	r.step(3 * ticksPerSecond)
	if n := r.owns(); n != 1 {
		t.Errorf("%d own encodes in the end, want the talker's", n)
	}
}

// A tone in the room goes on without a click when a prompt begins above it and ends.
func TestPromptBeginsAndEndsWithoutClick(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	const length = 30
	hum := tone(promptHz, 660, -24)
	say := func(tick int, dst []int16) bool {
		hum(tick, dst)
		switch tick % length {
		case 0:
			fadeIn(dst)
		case length - 1:
			fadeOut(dst)
		}
		return true
	}
	for _, fec := range []bool{false, true} {
		f := codec.Standard(codec.Opus)
		f.FEC = fec
		r := newRig(t, Config{})
		r.leg(l16(f.SampleRate), tone(f.SampleRate, 440, -12))
		l := r.leg(f, nil)
		p := &prompted{leg: l, say: say}
		r.step(100)
		before := len(l.heard)
		for i := range 600 {
			if i%150 == 0 {
				p.left = length
			}
			p.address()
			r.step(1)
		}
		got, want := roughness(l.heard[before:]), roughness(l.heard[before/3:before])
		t.Logf("FEC %v: roughness %d, without prompts %d", fec, got, want)
		if got > want*5/2 {
			t.Errorf("FEC %v: roughness %d, without prompts %d", fec, got, want)
		}
	}
}

// Silence begins neither an overlay nor a prompt, but goes on with one.
func TestSilentOverlay(t *testing.T) {
	f := codec.Standard(codec.Opus)
	var silence, sound [promptHz / 50]int16
	noise(1, -20)(0, sound[:])
	for _, c := range []struct {
		name string
		lay  func(l *leg, pcm []int16)
		gain func(l *leg) duck // 0: the room's shared encode
	}{
		{"overlay", func(l *leg, pcm []int16) { l.Overlay(pcm, promptHz) }, func(l *leg) duck {
			if l.own == nil {
				return 0
			}
			return l.duck
		}},
		{"prompt", func(l *leg, pcm []int16) { l.Prompt(pcm, promptHz, PlaceOf(pcm)) }, func(l *leg) duck {
			if l.group.audience == nil {
				return 0
			}
			return l.group.duck
		}},
	} {
		r := newRig(t, Config{})
		r.leg(l16(f.SampleRate), tone(f.SampleRate, 440, -12))
		l := r.leg(f, nil)
		r.step(10)
		for i, pcm := range [][]int16{silence[:], sound[:], silence[:], silence[:]} {
			c.lay(l, pcm)
			r.step(1)
			want := duck(duckGain)
			if i == 0 {
				want = 0
			}
			if got := c.gain(l); got != want {
				t.Errorf("%s, tick %d: gain %v, want %v", c.name, i, got, want)
			}
		}
	}
}
