package codec

import (
	"math"
	"testing"
)

// worstApart is the RMS of a-b in each 5 ms of 16 kHz, at its worst.
func worstApart(a, b []int16) (worst float64) {
	for o := 0; o+80 <= len(a); o += 80 {
		var e float64
		for i := o; i < o+80; i++ {
			d := float64(a[i]) - float64(b[i])
			e += d * d
		}
		worst = max(worst, math.Sqrt(e/80))
	}
	return worst
}

func plus(a, b []int16) []int16 {
	out := make([]int16, len(a))
	for i := range a {
		out[i] = int16(max(-32768, min(32767, int32(a[i])+int32(b[i]))))
	}
	return out
}

// Whoever coded something else comes into step with another encoder, whatever
// that hears, and its listener hears no change on the way and none afterwards.
func TestG722Follows(t *testing.T) {
	const rate, seconds = 16000, 8
	voice := hum(rate, rate)
	for _, c := range []struct {
		name  string
		pcm   []int16
		apart float64 // RMS, of two encoders' listeners
	}{
		{"silence", make([]int16, seconds*rate), 30},
		{"tone of 440 Hz", sine(rate, seconds*rate, 440, -12), 300},
		{"soft tone", sine(rate, seconds*rate, 440, -40), 60},
		{"tone of 2000 Hz, whose period is four samples", sine(rate, seconds*rate, 2000, -12), 500},
		{"tone in the higher band", sine(rate, seconds*rate, 6000, -12), 800},
		{"two tones", plus(sine(rate, seconds*rate, 941, -12), sine(rate, seconds*rate, 1336, -12)), 800},
		{"noises", ruggedSignal(seconds * rate), 2500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worst, slowest := 0.0, 0
			for start := 25; start < 50; start += 6 {
				leader, follower := newG722Encoder(), newG722Encoder()
				there, here := newG722Decoder(), newG722Decoder()
				var code, own [160]byte
				var a, b [320]int16
				done := 0
				for tick := 0; tick < seconds*50; tick++ {
					pcm := c.pcm[320*tick:][:320]
					if _, err := leader.Encode(code[:], pcm); err != nil {
						t.Fatal(err)
					}
					_, _ = there.Decode(a[:], code[:])
					payload := own[:]
					switch {
					case done > 0:
						payload = code[:]
					case tick < start:
						_, _ = follower.Encode(own[:], plus(pcm, voice[320*tick:][:320]))
					default:
						// Packets of 10 ms are followed by halves.
						k := follower.Follow(own[:80+tick%2*80], leader, 0)
						k += follower.Follow(own[k:], leader, 2*k)
						if k != len(own) {
							t.Fatalf("%d octets", k)
						}
						if follower.InStep(leader) {
							done = tick
						}
					}
					_, _ = here.Decode(b[:], payload)
					if tick > start {
						worst = max(worst, worstApart(a[:], b[:]))
					}
				}
				if done == 0 {
					t.Fatalf("not in step after %d s", seconds)
				}
				slowest = max(slowest, 20*(done-start))
			}
			t.Logf("in step after at most %d ms, at worst %.0f apart", slowest, worst)
			if worst > c.apart {
				t.Errorf("at worst %.0f apart, want at most %.0f", worst, c.apart)
			}
		})
	}
}
