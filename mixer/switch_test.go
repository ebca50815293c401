package mixer

import (
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"time"

	"github.com/thesyncim/gopus/container/ogg"

	"github.com/partyline/partyline/media/codec"
)

// apart is the RMS of a-b in each 5 ms, at its worst.
func apart(a, b []int16, rate int) (worst float64, at int) {
	hop := rate / 200
	for o := 0; o+hop <= min(len(a), len(b)); o += hop {
		var e float64
		for i := o; i < o+hop; i++ {
			d := float64(a[i]) - float64(b[i])
			e += d * d
		}
		if rms := math.Sqrt(e / float64(hop)); rms > worst {
			worst, at = rms, o
		}
	}
	return worst, at
}

// breathing is a tone with a pause of so many ticks at the end of each period of
// as many ticks.
func breathing(rate int, freq, dBFS float64, pause, period int) func(int, []int16) bool {
	say := tone(rate, freq, dBFS)
	return func(tick int, dst []int16) bool {
		say(tick, dst)
		switch left := period - tick%period; {
		case left == 1:
			for i := range dst {
				dst[i] = int16(int(dst[i]) * i / len(dst))
			}
		case left <= pause:
			clear(dst)
		case left == pause+1:
			for i := range dst {
				dst[i] = int16(int(dst[i]) * (len(dst) - i) / len(dst))
			}
		}
		return true
	}
}

// speech says what a prompt says, over and over.
func speech(t *testing.T, rate int) func(int, []int16) bool {
	t.Helper()
	file, err := os.Open("../prompts/en/ask-extension.opus")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := ogg.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	f := codec.Standard(codec.Opus)
	f.SampleRate = rate
	dec, err := codec.NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	var buf [5760]int16
	for {
		packet, _, err := r.ReadPacket()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n, err := dec.Decode(buf[:], packet)
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, buf[:n]...)
	}
	return func(tick int, dst []int16) bool {
		copy(dst, pcm[tick*len(dst)%(len(pcm)-len(dst)):])
		return true
	}
}

// A listener under a tone or a voice starts and stops talking, which takes it to an
// encode of its own and back. Neither it nor who shares the encode hears a click:
// the tone has no corner that it has not without switching, and what both receive
// stays near.
func TestSwitchesWithoutClick(t *testing.T) {
	g722, opus := codec.Standard(codec.G722), codec.Standard(codec.Opus)
	wide, long, plain := opus, opus, opus
	wide.SampleRate = 16000
	long.Ptime = 40 * time.Millisecond
	plain.FEC = false
	steady := func(rate int) func(int, []int16) bool { return tone(rate, 440, -12) }
	breathe := func(rate int) func(int, []int16) bool { return breathing(rate, 440, -12, 10, 80) }
	talk := func(rate int) func(int, []int16) bool { return speech(t, rate) }
	for _, c := range []struct {
		name     string
		f        codec.Format
		say      func(rate int) func(int, []int16) bool
		switches int
		limit    float64 // RMS; the tone has 5,800, the voice up to 10,000
	}{
		{"G722", g722, steady, 100, 200},
		{"G722-breathing", g722, breathe, 100, 250},
		{"G722-speech", g722, talk, 100, 500},
		{"Opus", opus, steady, 100, 150},
		{"Opus-breathing", opus, breathe, 10, 200},
		{"Opus-speech", opus, talk, 40, 1200},
		{"Opus-plain", plain, breathe, 10, 150},
		{"Opus-plain-steady", plain, steady, 100, 150},
		{"Opus-plain-speech", plain, talk, 40, 1200},
		{"Opus-16kHz", wide, breathe, 6, 600},
		{"Opus-40ms", long, breathe, 6, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			switches := c.switches
			if testing.Short() || raceDetector {
				switches = 4
			}
			f := c.f
			r := newRig(t, Config{})
			r.leg(l16(f.SampleRate), c.say(f.SampleRate))
			l, shared := r.leg(f, nil), r.leg(f, nil)
			r.step(240)
			before := len(l.heard)
			voice := tone(f.SampleRate, 1100, -68) // those who share hear it too
			talk := false
			l.say = func(tick int, dst []int16) bool { return talk && voice(tick, dst) }
			was, n := l.own != nil, 0
			for i := 0; n < switches && i < 300*switches; i++ {
				if own := l.own != nil; own != was {
					was = own
					n++
				}
				talk = l.own == nil && i%3 == 0 || talk && l.calm == 0 && i%5 != 0
				r.step(1)
			}
			if n < switches {
				t.Fatalf("%d switches, want %d", n, switches)
			}
			worst, at := apart(l.heard[before:], shared.heard[before:], f.SampleRate)
			t.Logf("%d switches in %d s: at worst %.0f apart, at %d", n, r.tick/50, worst, at)
			if worst > c.limit {
				t.Errorf("%.0f apart, want at most %.0f", worst, c.limit)
			}
			for name, l := range map[string]*leg{"switching": l, "sharing": shared} {
				got, want := roughness(l.heard[before:]), roughness(l.heard[before/3:before])
				t.Logf("%s: roughness %d, without switches %d", name, got, want)
				if got > want*3/2 {
					t.Errorf("%s: roughness %d, without switches %d", name, got, want)
				}
			}
			if worst, _ := apart(l.heard[:before], shared.heard[:before], f.SampleRate); worst != 0 {
				t.Errorf("%.0f apart while both shared one encode", worst)
			}
		})
	}
}

// owns counts the encodes of ports' own, and of audiences.
func (r *rig) owns() (n int) {
	for _, l := range r.legs {
		if l.own != nil {
			n++
		}
	}
	for _, g := range r.m.audiences {
		if g.coder.tick == r.m.tick {
			n++
		}
	}
	return n
}

// Whoever joins a room in which a tone never ends has an encode of its own only
// until it has followed the shared one to its state; and so has who was heard.
func TestFollowersReturnUnderATone(t *testing.T) {
	f := codec.Standard(codec.G722)
	r := newRig(t, Config{})
	for i := range 2 {
		r.leg(f, tone(f.SampleRate, 440+560*float64(i), -18))
	}
	for range 10 {
		r.leg(f, nil)
	}
	r.step(5)
	talk := true
	voice := tone(f.SampleRate, 1800, -24)
	r.leg(f, func(tick int, dst []int16) bool { return talk && voice(tick, dst) })
	listeners := 87
	if raceDetector {
		listeners = 22
	}
	for range listeners { // one after the other
		r.leg(f, nil)
		r.step(2)
	}
	if n := r.owns(); n < min(20, listeners/2) {
		t.Errorf("%d own encodes while they follow, want more: the test tests nothing", n)
	}
	talk = false
	took := 0
	for ; r.owns() > 2; took++ {
		if took == 6*ticksPerSecond {
			t.Fatalf("%d own encodes after %d s, want the two talkers'", r.owns(), took/ticksPerSecond)
		}
		r.step(1)
	}
	t.Logf("returned after %d ms", took*20)
	r.step(50)
	for i, l := range r.legs[5:] {
		if worst, _ := apart(tail(l.heard, f.SampleRate, 500), tail(r.legs[5].heard, f.SampleRate, 500), f.SampleRate); worst > 20 {
			t.Errorf("leg %d: %.0f apart after it returned", i+5, worst)
		}
	}
}

// Listeners of Opus who were heard share one encode again soon, and their
// encoders, which are big, are given up.
func TestOpusReturnsSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	f := codec.Standard(codec.Opus)
	r := newRig(t, Config{})
	r.leg(l16(f.SampleRate), tone(f.SampleRate, 440, -18))
	talk := true
	for i := range 5 {
		say := tone(f.SampleRate, 600+300*float64(i), -30)
		r.leg(f, func(tick int, dst []int16) bool { return talk && i < 3 && say(tick, dst) })
	}
	r.step(20)
	if n := r.owns(); n != 4 {
		t.Fatalf("%d own encodes, want those of 4 talkers", n)
	}
	talk = false
	r.step(2 * ticksPerSecond)
	if n := r.owns(); n != 1 {
		t.Errorf("%d own encodes 2 s after, want the tone's", n)
	}
	r.step(int(idleTicks) + ticksPerSecond)
	if n := len(r.m.idle); n != 0 {
		t.Errorf("%d encoders are kept", n)
	}
}
