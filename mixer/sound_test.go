package mixer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

func TestMixMinus(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	const pcmu, g722, opus = codec.PCMU, codec.G722, codec.Opus
	formats := []codec.Format{
		codec.Standard(pcmu), codec.Standard(pcmu), codec.Standard(codec.PCMA),
		codec.Standard(g722), codec.Standard(g722), codec.Standard(opus), codec.Standard(opus), l16(48000),
	}
	r := newRig(t, Config{})
	freq := func(i int) float64 { return 500 + 300*float64(i) }
	for i, f := range formats {
		r.leg(f, tone(f.SampleRate, freq(i), -24))
	}
	for _, f := range formats { // and those who only listen
		r.leg(f, nil)
	}
	r.step(100)
	for i, l := range r.legs {
		x := tail(l.heard, l.format.SampleRate, 1000)
		for j := range formats {
			got := level(x, l.format.SampleRate, freq(j))
			if i == j {
				// Opus spends few bits on seven tones; its noise is not the mixer's.
				if got > -24-60 && l.format.Name == codec.L16 || got > -24-40 && l.format.Name != opus || got > -24-26 {
					t.Errorf("leg %d (%v) hears itself at %.1f dBFS", i, l.format, got)
				}
			} else if math.Abs(got+24) > 3 {
				t.Errorf("leg %d (%v) hears leg %d at %.1f dBFS, want -24", i, l.format, j, got)
			}
		}
	}
}

// Before any lossy codec the own tone is gone altogether.
func TestOwnToneAbsent(t *testing.T) {
	r := newRig(t, Config{})
	var rs []int
	for i := range 6 {
		rate := []int{8000, 16000, 48000}[i%3]
		rs = append(rs, rate)
		r.leg(l16(rate), tone(rate, 600+400*float64(i), -20))
	}
	r.step(75)
	for i, l := range r.legs {
		for j := range r.legs {
			got := level(tail(l.heard, rs[i], 1000), rs[i], 600+400*float64(j))
			if i == j && got > -80 {
				t.Errorf("leg %d hears itself at %.1f dBFS", i, got)
			} else if i != j && math.Abs(got+20) > 0.5 {
				t.Errorf("leg %d hears leg %d at %.1f dBFS, want -20", i, j, got)
			}
		}
	}
}

func TestSineThroughG711(t *testing.T) {
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA} {
		for db := -30.0; db <= -3; db += 3 {
			for _, levelling := range []bool{false, true} {
				f := codec.Standard(name)
				enc, _ := codec.NewEncoder(f)
				dec, _ := codec.NewDecoder(f)
				say := tone(8000, 1020, db)
				r := newRig(t, Config{Levelling: levelling})
				var b [160]byte
				r.leg(f, func(tick int, dst []int16) bool {
					say(tick, dst)
					enc.Encode(b[:], dst)
					dec.Decode(dst, b[:])
					return true
				})
				l := r.leg(f, nil)
				r.step(300)
				if got := snr(tail(l.heard, 8000, 1000), 8000, 1020); got < 33 {
					t.Errorf("%v at %g dBFS, levelling %v: SNR %.1f dB, want 33", name, db, levelling, got)
				}
			}
		}
	}
}

func TestSineBeforeCodec(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, db := range []float64{-30, -18, -3} {
			r := newRig(t, Config{})
			r.leg(l16(rate), tone(rate, 1020, db))
			l := r.leg(l16(rate), nil)
			r.step(75)
			if got := snr(tail(l.heard, rate, 1000), rate, 1020); got < 60 {
				t.Errorf("%d Hz at %g dBFS: SNR %.1f dB, want 60", rate, db, got)
			}
		}
	}
}

func TestOneTalkerBitExact(t *testing.T) {
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA} {
		f := codec.Standard(name)
		r := newRig(t, Config{})
		rng := rand.New(rand.NewPCG(7, 7))
		var sent [160]byte
		dec, _ := codec.NewDecoder(f)
		quiet := false
		r.leg(f, func(tick int, dst []int16) bool {
			for i := range sent {
				sent[i] = byte(rng.Uint32())
				if quiet { // a line at rest
					sent[i] = 0xfd | byte(rng.Uint32())
				}
			}
			dec.Decode(dst, sent[:])
			return true
		})
		shared, own := r.leg(f, nil), r.leg(f, nil)
		r.step(1) // fade in
		own.SetVolume(0)
		for i := range 200 {
			quiet = i%100 > 50
			r.step(1)
			for _, l := range []*leg{shared, own} {
				if string(l.last[0].Payload) != string(sent[:]) {
					t.Fatalf("%v: payload changed in tick %d", name, i)
				}
			}
		}
	}
}

func TestWidebandAmongPhones(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	g722, opus := codec.Standard(codec.G722), codec.Standard(codec.Opus)
	for _, c := range []struct {
		f     codec.Format
		freqs []float64
		tol   float64
	}{
		{g722, []float64{60, 300, 1000, 3000, 5000, 6500, 7000}, 1.5},
		{l16(16000), []float64{50, 1000, 7000}, 0.1},
		{l16(48000), []float64{50, 1000, 7000, 12000, 19000, 22000}, 0.1},
		{opus, []float64{100, 1000, 7000, 11000}, 4},
	} {
		for _, freq := range c.freqs {
			r := newRig(t, Config{})
			r.leg(codec.Standard(codec.PCMU), noise(1, -65))
			r.leg(codec.Standard(codec.PCMU), nil)
			r.leg(c.f, tone(c.f.SampleRate, freq, -15))
			l := r.leg(c.f, nil)
			r.step(60)
			rate := c.f.SampleRate
			if got := level(tail(l.heard, rate, 600), rate, freq); math.Abs(got+15) > c.tol {
				t.Errorf("%v: %g Hz arrives at %.1f dBFS, want -15", c.f, freq, got)
			}
		}
	}
}

func TestNoAlias(t *testing.T) {
	for _, c := range []struct{ from, to int }{{16000, 8000}, {48000, 8000}, {48000, 16000}} {
		for _, part := range []float64{0.6, 0.7, 0.8, 0.95} {
			freq := part * float64(c.to)
			if freq > 0.46*float64(c.from) {
				continue
			}
			r := newRig(t, Config{})
			r.leg(l16(c.from), tone(c.from, freq, -10))
			l := r.leg(l16(c.to), nil)
			r.step(60)
			if got := pcm.DBFS(tail(l.heard, c.to, 600)); got > -65 {
				t.Errorf("%d to %d Hz: %g Hz leaves %.1f dBFS", c.from, c.to, freq, got)
			}
		}
	}
}

func TestUpsampledHasNoImage(t *testing.T) {
	r := newRig(t, Config{})
	r.leg(l16(8000), tone(8000, 1000, -10))
	l := r.leg(l16(48000), nil)
	r.step(60)
	if got := snr(tail(l.heard, 48000, 600), 48000, 1000); got < 60 {
		t.Errorf("8 to 48 kHz: SNR %.1f dB, want 60", got)
	}
}
