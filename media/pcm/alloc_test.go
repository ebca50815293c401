//go:build !race

package pcm

import "testing"

func TestNoAllocations(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		in := speechAt(t, rate, -30)
		n := rate / 50
		block, dst := make([]int16, n), make([]int16, 960)
		sum := make([]int32, n)
		leveller, limiter, keys := NewLeveller(rate), NewLimiter(rate), NewKeyDetector(rate)
		resamplers := []*Resampler{NewResampler(rate, 8000), NewResampler(rate, 16000), NewResampler(rate, 48000)}
		tone := Tone{Freqs: [4]float64{350, 440}, Level: -20}
		at := 0
		for name, f := range map[string]func(){
			"leveller": func() { leveller.Process(block) },
			"limiter": func() {
				for i, v := range block {
					sum[i] = int32(v) * 40
				}
				limiter.Process(block, sum)
			},
			"keys": func() { keys.Process(block) },
			"resampler": func() {
				for _, r := range resamplers {
					r.Process(dst, block)
				}
			},
			"level": func() { LevelDBov(block) },
			"tone":  func() { tone.Fill(block, rate, at) },
			"key":   func() { DTMF(block, rate, '5', at) },
		} {
			if a := testing.AllocsPerRun(100, func() {
				copy(block, in[at:at+n])
				at = (at + n) % (len(in) - n)
				f()
			}); a != 0 {
				t.Errorf("%d Hz: %s allocates %v times", rate, name, a)
			}
		}
	}
}
