package mixer

import (
	"math"
	"testing"
	"time"

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

// A listener under a tone starts and stops talking, which takes it to an encode
// of its own and back. Neither it nor who shares the encode hears a click: the
// tone has no corner that it has not without switching. With G.722, what both
// receive also stays as near to each other as two encodes of the same ever are;
// two Opus encoders differ in the phase of their high-pass for 100 ms.
func TestSwitchesWithoutClick(t *testing.T) {
	g722, opus := codec.Standard(codec.G722), codec.Standard(codec.Opus)
	wide, long := opus, opus
	wide.SampleRate = 16000
	long.Ptime = 40 * time.Millisecond
	for _, c := range []struct {
		name     string
		f        codec.Format
		switches int
		pause    int     // ticks
		limit    float64 // RMS; the tone has 5,800
	}{
		{"G722", g722, 100, 80, 200},
		{"Opus", opus, 100, 10, 200},
		{"Opus-16kHz", wide, 6, 10, 600},
		{"Opus-40ms", long, 6, 10, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			switches := c.switches
			if testing.Short() || raceDetector {
				switches = 4
			}
			f := c.f
			r := newRig(t, Config{})
			r.leg(l16(f.SampleRate), breathing(f.SampleRate, 440, -12, c.pause, c.pause+70))
			l, shared := r.leg(f, nil), r.leg(f, nil)
			r.step(3 * (c.pause + 70))
			steady := len(l.heard)
			voice := tone(f.SampleRate, 1100, -68) // those who share hear it too
			talk := false
			l.say = func(tick int, dst []int16) bool { return talk && voice(tick, dst) }
			was, n := l.own != nil, 0
			for i := 0; n < switches && i < 300*switches; i++ {
				if own := l.own != nil; own != was {
					was = own
					n++
				}
				talk = l.own == nil && i%3 == 0 && r.tick%(c.pause+70) < 60 || talk && l.calm == 0 && i%5 != 0
				r.step(1)
			}
			if n < switches {
				t.Fatalf("%d switches, want %d", n, switches)
			}
			worst, at := apart(l.heard[steady:], shared.heard[steady:], f.SampleRate)
			t.Logf("%d switches: at worst %.0f apart, at %d", n, worst, at)
			if worst > c.limit {
				t.Errorf("%.0f apart, want at most %.0f", worst, c.limit)
			}
			for name, l := range map[string]*leg{"switching": l, "sharing": shared} {
				got, want := roughness(l.heard[steady:]), roughness(l.heard[steady/3:steady])
				t.Logf("%s: roughness %d, without switches %d", name, got, want)
				if got > want*3/2 {
					t.Errorf("%s: roughness %d, without switches %d", name, got, want)
				}
			}
			if worst, _ := apart(l.heard[:steady], shared.heard[:steady], f.SampleRate); worst != 0 {
				t.Errorf("%.0f apart while both shared one encode", worst)
			}
		})
	}
}
