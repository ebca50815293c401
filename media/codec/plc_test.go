package codec

import (
	"math"
	"testing"
)

func formats() []Format {
	return []Format{Standard(PCMU), Standard(PCMA), Standard(G722), Standard(L16)}
}

// Single losses in voiced sound are bridged so well that most of the energy is
// right; cutting them out would give 0 dB.
func TestConcealBridgesVoice(t *testing.T) {
	for _, f := range formats() {
		enc, dec := mustCodec(t, f)
		_, full := mustCodec(t, f)
		n := f.FrameSamples(tick)
		pcm := hum(f.SampleRate, 4*f.SampleRate)
		buf := make([]byte, MaxPayload)
		x, y := make([]int16, 6*n), make([]int16, 6*n)
		var got, want []int16
		for i := 0; i+n <= len(pcm); i += n {
			k, _ := enc.Encode(buf, pcm[i:i+n])
			_, _ = full.Decode(x, buf[:k])
			if i/n > 10 && i/n%8 == 0 {
				dec.Conceal(y[:n])
				got, want = append(got, y[:n]...), append(want, x[:n]...)
			} else {
				_, _ = dec.Decode(y, buf[:k])
			}
		}
		d := distance(got, want)
		t.Logf("%s: error of concealed frames %.1f dB", f, d)
		if d > -4 {
			t.Errorf("%s: error of concealed frames %.1f dB", f, d)
		}
	}
}

func TestConcealFades(t *testing.T) {
	for _, f := range formats() {
		enc, dec := mustCodec(t, f)
		n := f.FrameSamples(tick)
		before := through(t, enc, dec, f, hum(f.SampleRate, f.SampleRate))
		frame := make([]int16, n)
		last := power(before[len(before)-n:])
		for k := range 5 {
			dec.Conceal(frame)
			p := power(frame)
			if k == 0 && p < last/4 {
				t.Errorf("%s: the first 20 ms fade already: %.0f of %.0f", f, p, last)
			}
			if p > 1.5*last {
				t.Errorf("%s: louder than before: %.0f after %.0f", f, p, last)
			}
			if k >= 3 && p != 0 {
				t.Errorf("%s: not silent after %d ms", f, 20*k)
			}
			last = max(p, 1)
		}
	}
}

// Neither the start of a loss nor its end has a step.
func TestConcealHasNoStep(t *testing.T) {
	for _, f := range formats() {
		for _, lostFrames := range []int{1, 2, 3, 6} {
			enc, dec := mustCodec(t, f)
			n := f.FrameSamples(tick)
			pcm := sine(f.SampleRate, f.SampleRate, 217, -10)
			buf, frame := make([]byte, MaxPayload), make([]int16, 6*n)
			var out []int16
			for i := 0; i+n <= len(pcm); i += n {
				k, _ := enc.Encode(buf, pcm[i:i+n])
				if at := i/n - 20; at >= 0 && at < lostFrames {
					dec.Conceal(frame[:n])
				} else {
					_, _ = dec.Decode(frame, buf[:k])
				}
				out = append(out, frame[:n]...)
			}
			worst := 0.0
			for i := 2 * n; i < len(out); i++ {
				worst = max(worst, math.Abs(float64(out[i])-float64(out[i-1])))
			}
			slope := 32768 * math.Pow(10, -10.0/20) * 2 * math.Pi * 217 / float64(f.SampleRate)
			if worst > 2*slope+300 {
				t.Errorf("%s, %d lost: step of %.0f, the tone's steepest is %.0f", f, lostFrames, worst, slope)
			}
		}
	}
}

func TestConcealSilence(t *testing.T) {
	for _, f := range formats() {
		_, dec := mustCodec(t, f)
		frame := make([]int16, f.FrameSamples(tick))
		for i := range frame {
			frame[i] = 99
		}
		dec.Conceal(frame)
		if power(frame) != 0 {
			t.Errorf("%s: sound before anything was heard", f)
		}
	}
}

func power(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(pcm))
}
