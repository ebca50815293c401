package pcm

import (
	"math"
	"testing"
)

func TestConvert(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, from := range []int{8000, 11025, 22050, 24000, 44100, 48000} {
		for _, freq := range []float64{300, 1020, 3000} {
			out := Convert(sine(from, from/2, freq, -6), from, 16000)
			if len(out) != from/2*16000/from {
				t.Fatalf("%d Hz: %d samples", from, len(out))
			}
			level, snr := toneSNR(out[800:4000], 16000, freq)
			if math.Abs(level+6) > 0.1 || snr < 60 {
				t.Errorf("%d Hz, %v Hz: %.2f dBFS, SNR %.1f dB", from, freq, level, snr)
			}
		}
	}
	if db := DBFS(Convert(sine(44100, 22050, 10000, -3), 44100, 16000)[400:7600]); db > -60 {
		t.Errorf("alias of 10 kHz at %.1f dBFS", db)
	}
	if len(Convert(nil, 44100, 16000)) != 0 {
		t.Error("something out of nothing")
	}
}
