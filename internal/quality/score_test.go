package quality

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/media/pcm"
)

// sanity is three seconds of a sum of modulated tones at 10 kHz, with noise of
// which anyone can make the same.
func sanity(noise float64) []int16 {
	out := make([]int16, 30000)
	seed := uint32(1)
	for i := range out {
		t := float64(i) / 10000
		v := 0.0
		for k := range 8 {
			f := 200 * math.Pow(1.5, float64(k))
			v += math.Sin(2*math.Pi*f*t) * (1 + math.Sin(2*math.Pi*(2+0.7*float64(k))*t+float64(k)))
		}
		seed = seed*1664525 + 1013904223
		out[i] = int16(math.Round(1000 * (v + 20*noise*(float64(seed)/(1<<32)-0.5))))
	}
	return out
}

// The value is that of pystoi 0.4.1 (extended=True), which agrees with the
// authors' own program.
func TestESTOIAgreesWithOthers(t *testing.T) {
	if got := ESTOI(sanity(0), sanity(0.3), 10000); math.Abs(got-0.6970211473) > 1e-6 {
		t.Errorf("ESTOI %.8f, want 0.69702115", got)
	}
}

// figures skips a test that only computes, in one goroutine, under the race
// detector, which slows that down most of all and has nothing to find in it.
func figures(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("one goroutine that computes")
	}
}

func said(t testing.TB, rate int, d time.Duration) []int16 {
	t.Helper()
	x, err := Speech(rate, d)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestSpeechIsSpeech(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		x := said(t, rate, 3*time.Second)
		if l := Level(x, rate); len(x) != 3*rate || l < -30 || l > -10 {
			t.Errorf("%d Hz: %d samples, %.1f dBFS", rate, len(x), l)
		}
	}
}

// The same scores best, and every decibel of noise and every gap costs.
func TestScoresAreMonotone(t *testing.T) {
	figures(t)
	const rate = 8000
	x := said(t, rate, 12*time.Second)
	if e, l := ESTOI(x, x, rate), LSD(x, x, rate); e < 0.9999 || l > 1e-6 {
		t.Errorf("of itself: ESTOI %v, LSD %v", e, l)
	}
	worse := func(what string, spoil func(y []int16, k int)) {
		e, l := 1.0, 0.0
		for k := range 4 {
			y := append([]int16(nil), x...)
			spoil(y, k)
			e2, l2 := ESTOI(x, y, rate), LSD(x, y, rate)
			t.Logf("%s %d: ESTOI %.3f, LSD %.2f dB", what, k, e2, l2)
			if e2 > e-0.01 || l2 < l+0.1 {
				t.Errorf("%s %d: ESTOI %.3f after %.3f, LSD %.2f after %.2f dB", what, k, e2, e, l2, l)
			}
			e, l = e2, l2
		}
	}
	worse("noise", func(y []int16, k int) {
		for i, v := range hiss(rate, len(y), -50+10*float64(k)) {
			y[i] = pcm.Clamp(int32(y[i]) + int32(v))
		}
	})
	worse("gaps", func(y []int16, k int) {
		r := rand.New(rand.NewPCG(1, 1))
		for at := 0; at+160 <= len(y); at += 160 {
			if r.Float64() < 0.04*float64(int(1)<<k) {
				clear(y[at : at+160])
			}
		}
	})
	y := hiss(rate, len(x), -20)
	if e := ESTOI(x, y, rate); e > 0.1 {
		t.Errorf("of noise: ESTOI %.3f", e)
	}
}

// A delay, and a change of it, are found and do not cost.
func TestAlignment(t *testing.T) {
	figures(t)
	for _, rate := range []int{8000, 48000} {
		x := said(t, rate, 10*time.Second)
		ms := func(n int) int { return n * rate / 1000 }
		y := make([]int16, ms(130), len(x)+ms(500))
		y = append(y, x[:ms(4000)]...)
		y = append(y, make([]int16, ms(70))...) // the delay grows
		y = append(y, x[ms(4000):]...)
		l := align(x, y, rate, 0, longestLag)
		heard := l.warp(y, len(x), rate)
		if e := ESTOI(x, heard, rate); e < 0.97 {
			t.Errorf("%d Hz: ESTOI %.3f", rate, e)
		}
		if d := l.most(); math.Abs(d-0.2) > 0.001 {
			t.Errorf("%d Hz: longest lag %v s, want 0.2", rate, d)
		}
		if d := l.mean(); math.Abs(d-0.172) > 0.012 {
			t.Errorf("%d Hz: mean lag %v s, want 0.172", rate, d)
		}
		if l.lost() > 0.02 {
			t.Errorf("%d Hz: %.3f lost", rate, l.lost())
		}
	}
}

// What is missing is not made up for by aligning it with something else.
func TestAlignmentHidesNoGap(t *testing.T) {
	figures(t)
	const rate = 8000
	x := said(t, rate, 10*time.Second)
	y := append([]int16(nil), x...)
	clear(y[4*rate : 6*rate])
	l := align(x, y, rate, 0, longestLag)
	for i, lag := range l.at {
		if lag != 0 {
			t.Fatalf("piece %d is sought at %d", i, lag)
		}
	}
	if lost := l.lost(); lost < 0.15 || lost > 0.3 {
		t.Errorf("%.2f lost", lost)
	}
}

// The clocks' drift is taken out of the lag.
func TestAlignmentWithDrift(t *testing.T) {
	figures(t)
	const rate, ppm = 8000, 200
	x := said(t, rate, 40*time.Second)
	y := make([]int16, len(x)+rate)
	for i, v := range x {
		y[i+rate/20+i*ppm/1000000] = v
	}
	l := align(x, y, rate, ppm, longestLag)
	if d := l.mean(); math.Abs(d-0.05) > 0.001 {
		t.Errorf("mean lag %v s, want 0.05", d)
	}
}
