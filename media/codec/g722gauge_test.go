//go:build !race

package codec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/partyline/partyline/media/pcm"
)

// onsets is where in the speech somebody begins after a pause, 30 ms before.
func onsets(speech []int16) (at []int) {
	loud := func(i int) float64 { return -float64(pcm.LevelDBov(speech[i:][:320])) }
	all := -float64(pcm.LevelDBov(speech))
	for i := 960; i+8000 < len(speech); i += 160 {
		if loud(i) < all-30 && loud(i+320) > loud(i)+4 && loud(i+960) > all-15 && (len(at) == 0 || i > at[len(at)-1]+3200) {
			at = append(at, i-480)
		}
	}
	return at
}

// Whoever begins to speak in noise is decoded when a decoder that always did would
// have let the mixer hear it; somebody so soft that it hardly may be, one time in five
// a tick later.
func TestG722LevelOpens(t *testing.T) {
	speech := speech16k(t)
	begin := onsets(speech)
	if len(begin) < 5 {
		t.Fatal(len(begin), "onsets")
	}
	all := -float64(pcm.LevelDBov(speech))
	for _, n := range []struct{ dB, pole float64 }{{-200, 0}, {-74, 0}, {-74, 0.9}, {-66, 0.9}} {
		for _, c := range []struct {
			level   float64
			late    int
			loudest uint8
		}{{-25, 1, 60}, {-35, 2, 60}, {-45, 3, 58}, {-50, 4, 56}} {
			rng := rand.New(rand.NewPCG(1, 2))
			line, noise, gain := newSpared(), hiss(rng, n.dB, n.pole), math.Pow(10, (c.level-all)/20)
			var in [320]int16
			const every, ticks = 80, 20 * 80
			longest := 0
			for tick := range ticks {
				k := tick / every
				from := begin[k%len(begin)]
				for i := range in {
					v := noise()
					if o := (tick%every-50)*320 + i - k*37%320; o >= 0 && o < 8000 {
						v += gain * float64(speech[from+o])
					}
					in[i] = int16(math.Round(v))
				}
				line.tick(&in)
				longest = max(longest, line.behind)
			}
			t.Logf("noise %v (%v), speech %v: %d begun, %d ticks late, %d at a time, the loudest -%d dBov",
				n.dB, n.pole, c.level, line.begun, line.late, longest, line.loudest)
			if line.late > c.late || line.loudest < c.loudest || longest > 2 {
				t.Errorf("noise %v (%v), speech %v: %d ticks late, %d at a time, the loudest -%d dBov",
					n.dB, n.pole, c.level, line.late, longest, line.loudest)
			}
		}
	}
}

// A line of nothing but noise is told to have its level, and hardly ever decoded.
func TestG722LevelOfNoise(t *testing.T) {
	for _, pole := range []float64{0, 0.5, 0.9} {
		for dB := -90.0; dB <= -66; dB += 6 {
			line, noise := newSpared(), hiss(rand.New(rand.NewPCG(5, 6)), dB, pole)
			var in [320]int16
			low, high := 127, -127
			for tick := range 1000 {
				for i := range in {
					in[i] = int16(math.Round(noise()))
				}
				if !line.tick(&in) && tick > 100 {
					off := int(math.Round(float64(line.skips.gauge.level))) - int(pcm.LevelDBov(line.whole[:]))
					low, high = min(low, off), max(high, off)
				}
			}
			if vain := line.decoded - line.needed; vain > 80 || high > 5 || low < -6 {
				t.Errorf("noise of %v dBFS (%v): %d of 1000 decoded in vain, told %d to %d dB too soft", dB, pole, vain, low, high)
			}
		}
	}
}

// A tone is noticed at once (its first tick may be its fade), and one that swells so slowly that it is predicted all
// the time, in the end.
func TestG722LevelOfTones(t *testing.T) {
	for _, hz := range []float64{60, 440, 1000, 3500, 6500} {
		for _, c := range []struct{ dB, rise, late float64 }{
			{-20, 0.01, 0}, {-40, 0.01, 0}, {-56, 0.02, 1}, {-30, 4, 150},
		} {
			line, noise := newSpared(), hiss(rand.New(rand.NewPCG(7, 8)), -76, 0)
			a := 32768 * math.Sqrt2 * math.Pow(10, c.dB/20)
			var in [320]int16
			for tick := range 420 {
				for i := range in {
					at := float64((tick-200)*320+i) / 16000
					in[i] = int16(math.Round(noise() + a*max(0, min(1, at/c.rise))*math.Sin(2*math.Pi*hz*at)))
				}
				line.tick(&in)
			}
			if float64(line.late) > c.late || line.begun == 0 {
				t.Errorf("%v Hz of %v dBFS, rising for %v s: %d ticks late, the loudest -%d dBov", hz, c.dB, c.rise, line.late, line.loudest)
			}
		}
	}
}

// BenchmarkG722Quiet is what noise costs that is skipped, and that is decoded.
func BenchmarkG722Quiet(b *testing.B) {
	enc, dec := newG722Encoder(), newG722Decoder()
	noise := hiss(rand.New(rand.NewPCG(1, 1)), -74, 0)
	var in, out [320]int16
	var code [500][160]byte
	for k := range code {
		for i := range in {
			in[i] = int16(math.Round(noise()))
		}
		_, _ = enc.Encode(code[k][:], in[:])
	}
	b.Run("skip", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if c := code[i%len(code)][:]; dec.Level(c) > 62 {
				dec.Skip(c)
			} else {
				_, _ = dec.Decode(out[:], c)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_, _ = dec.Decode(out[:], code[i%len(code)][:])
		}
	})
}
