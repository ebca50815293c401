package pcm

import (
	"math"
	"testing"
)

// sine is n samples whose peak is at level dBFS.
func sine(rate, n int, freq, level float64) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(math.Round(32767 * Amplitude(level) * math.Sin(2*math.Pi*freq*float64(i)/float64(rate))))
	}
	return out
}

// toneSNR fits a sine of freq and returns its level (peak, dBFS) and its ratio to the rest in dB.
func toneSNR(pcm []int16, rate int, freq float64) (level, snr float64) {
	var c, s, total float64
	for i, v := range pcm {
		w := 2 * math.Pi * freq * float64(i) / float64(rate)
		c += float64(v) * math.Cos(w)
		s += float64(v) * math.Sin(w)
		total += float64(v) * float64(v)
	}
	n := float64(len(pcm))
	amp := 2 * math.Hypot(c, s) / n
	tone := amp * amp / 2
	return 20 * math.Log10(amp/32768+1e-9), 10 * math.Log10(tone/max(total/n-tone, 1e-9))
}

// resample converts pcm by blocks of ms milliseconds.
func resample(from, to, ms int, pcm []int16) []int16 {
	r := NewResampler(from, to)
	n := from / 1000 * ms
	var out []int16
	dst := make([]int16, to/1000*ms)
	for i := 0; i+n <= len(pcm); i += n {
		k := r.Process(dst, pcm[i:i+n])
		out = append(out, dst[:k]...)
	}
	return out
}

var ratePairs = [][2]int{{8000, 16000}, {16000, 8000}, {16000, 48000}, {48000, 16000}, {8000, 48000}, {48000, 8000}}

func TestResamplerPassband(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, p := range ratePairs {
		edge := 7000.0
		if min(p[0], p[1]) == 8000 {
			edge = 3400
		}
		for _, freq := range []float64{50, 300, 1020, 2000, 3400, 5000, 6300, 7000} {
			if freq > edge {
				continue
			}
			out := resample(p[0], p[1], 20, sine(p[0], p[0], freq, -3))
			// A whole number of periods, once the filter is full.
			level, snr := toneSNR(out[p[1]/5:p[1]], p[1], freq)
			if math.Abs(level+3) > 0.1 || snr < 60 {
				t.Errorf("%d→%d, %v Hz: %+.3f dB, SNR %.1f dB", p[0], p[1], freq, level+3, snr)
			}
		}
	}
}

// What the lower rate cannot carry does not come back as something else.
func TestResamplerStopband(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, c := range []struct {
		from, to  int
		low, high float64
	}{{16000, 8000, 4600, 7900}, {48000, 16000, 9000, 23500}, {48000, 8000, 4600, 23500}} {
		worst, at := math.Inf(-1), 0.0
		for freq := c.low; freq <= c.high; freq += 110 {
			out := resample(c.from, c.to, 20, sine(c.from, c.from/5, freq, -3))
			if db := DBFS(out[c.to/50:]); db > worst {
				worst, at = db, freq
			}
		}
		t.Logf("%d→%d: at most %.1f dB, from %v Hz", c.from, c.to, worst+6, at)
		if worst > -66 { // a sine with its peak at -3 dBFS is at -6
			t.Errorf("%d→%d: %.1f dBFS of an alias from %v Hz", c.from, c.to, worst, at)
		}
	}
}

func TestResamplerBlocks(t *testing.T) {
	for _, p := range ratePairs {
		in := sine(p[0], p[0]/5, 777, -6)
		whole := make([]int16, len(in)*p[1]/p[0])
		NewResampler(p[0], p[1]).Process(whole, in)
		for _, ms := range []int{10, 20, 40} {
			for i, v := range resample(p[0], p[1], ms, in) {
				if v != whole[i] {
					t.Fatalf("%v by %d ms: sample %d is %d, want %d", p, ms, i, v, whole[i])
				}
			}
		}
	}
}

func TestResamplerDelayAndReset(t *testing.T) {
	for _, p := range ratePairs {
		r := NewResampler(p[0], p[1])
		in := make([]int16, p[0]/50)
		in[0] = 30000
		first := make([]int16, p[1]/50)
		r.Process(first, in)
		at := 0
		for i, v := range first {
			if v > first[at] {
				at = i
			}
		}
		if ms := float64(at) / float64(p[1]) * 1000; ms > 3.1 {
			t.Errorf("%v: delay %.2f ms", p, ms)
		}
		r.Reset()
		again := make([]int16, p[1]/50)
		r.Process(again, in)
		for i := range again {
			if again[i] != first[i] {
				t.Fatalf("%v: sample %d differs after Reset", p, i)
			}
		}
	}
}

func TestResamplerClips(t *testing.T) {
	square := make([]int16, 1600)
	for i := range square {
		square[i] = 32767
		if i/23%2 == 0 {
			square[i] = -32768
		}
	}
	for _, p := range ratePairs {
		out := resample(p[0], p[1], 20, square)
		for i := 1; i < len(out); i++ {
			// Overflow would jump from one end to the other within a sample.
			if d := int(out[i]) - int(out[i-1]); p[1] >= p[0] && (d > 60000 || d < -60000) {
				t.Fatalf("%v: wraps at %d", p, i)
			}
		}
	}
}

func TestResamplerSilence(t *testing.T) {
	for _, p := range ratePairs {
		for i, v := range resample(p[0], p[1], 20, make([]int16, p[0]/10)) {
			if v != 0 {
				t.Fatalf("%v: sample %d of silence is %d", p, i, v)
			}
		}
	}
}
