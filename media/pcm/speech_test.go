package pcm

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// speech is a man and a woman speaking for about ten seconds, at 8 kHz.
func speech(t testing.TB) []int16 {
	t.Helper()
	f, err := os.Open("testdata/speech.wav")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, rate, err := ReadWAV(f)
	if err != nil || rate != 8000 {
		t.Fatal(rate, err)
	}
	return pcm
}

// speechAt is the speech at another rate, scaled to an RMS level in dBFS while
// somebody speaks.
func speechAt(t testing.TB, rate int, level float64) []int16 {
	t.Helper()
	return scaled(resample(8000, rate, 20, speech(t)), rate, level)
}

func scaled(pcm []int16, rate int, level float64) []int16 {
	g := Amplitude(level - activeLevel(pcm, rate))
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = Clamp(int32(math.Round(float64(v) * g)))
	}
	return out
}

// activeLevel is the RMS level of the 20 ms frames within 20 dB of the loudest.
func activeLevel(pcm []int16, rate int) float64 {
	n := rate / 50
	top, sum, count := 0.0, 0.0, 0.0
	for pass := range 2 {
		for i := 0; i+n <= len(pcm); i += n {
			p := float64(Energy(pcm[i:i+n])) / float64(n) / (1 << 30)
			if pass == 0 {
				top = max(top, p)
			} else if p > top/100 {
				sum += p
				count++
			}
		}
	}
	return 10 * math.Log10(sum/count)
}

// synthesise speaks a text at 8 kHz, or skips the test where there is no
// synthesiser.
func synthesise(t testing.TB, voice string, speed int, text string) []int16 {
	t.Helper()
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("espeak-ng is not installed")
	}
	wav, err := exec.Command(path, "-v", voice, "-s", strconv.Itoa(speed), "--stdout", text).Output()
	if err != nil {
		t.Skipf("espeak-ng %s: %v", voice, err)
	}
	pcm, rate, err := ReadWAV(bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	return decimate(pcm, rate)
}

// decimate brings pcm of a higher rate to 8 kHz by a windowed sinc.
func decimate(pcm []int16, rate int) []int16 {
	const taps, phases = 48, 64
	var h [phases][]float64
	for p := range h {
		h[p] = make([]float64, taps)
		for k := range h[p] {
			x := float64(k) - taps/2 + 1 - float64(p)/phases
			w := 0.5 + 0.5*math.Cos(math.Pi*x/(taps/2+1))
			c := 2 * 3600 / float64(rate)
			h[p][k] = c * w
			if x != 0 {
				h[p][k] = w * math.Sin(math.Pi*c*x) / (math.Pi * x)
			}
		}
	}
	out := make([]int16, 0, len(pcm)*8000/rate)
	for n := 0; ; n++ {
		at := float64(n) * float64(rate) / 8000
		i := int(at)
		if i+taps > len(pcm) {
			return out
		}
		f := h[int((at-float64(i))*phases)]
		sum := 0.0
		for k, c := range f {
			sum += c * float64(pcm[i+k])
		}
		out = append(out, Clamp(int32(sum)))
	}
}
