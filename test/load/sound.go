package load

import (
	"math"
	"math/rand/v2"
)

// Sounds of the phones, as amplitudes re full scale. Tones lie 12.5 Hz off a grid of
// 50 Hz: a tone repeats itself every 80 ms, and a frame of 20 ms that is left out or
// said twice turns its phase by a quarter. The sweep lies above all tones.
const (
	toneLevel  = 0.1 // -20 dB: a talker at a good distance
	toneRepeat = 80  // ms
	toneLow    = 412.5
	toneStep   = 100.0
	tones      = 20 // up to 2,312.5 Hz
	sweepLevel = 0.3
	sweepLow   = 2650.0
	sweepHigh  = 3350.0
	sweepMS    = 40
	noiseLevel = 8.0 / 32768 // -74 dBFS: the first step of the µ-law
)

// toneOf is the tone, in Hz, of a talker: neighbours are far apart, and rooms next
// to each other have different ones.
func toneOf(room, talker, talkers int) float64 {
	k := (room*talkers + talker) * 7 % tones
	return toneLow + toneStep*float64(k)
}

// tone is ms of a tone; a multiple of toneRepeat can be looped.
func tone(hz float64, rate, ms int) []int16 {
	pcm := make([]int16, rate*ms/1000)
	for i := range pcm {
		pcm[i] = int16(math.Round(32767 * toneLevel * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// noise is ms of what a quiet phone sends.
func noise(rate, ms int) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, rate*ms/1000)
	for i := range pcm {
		pcm[i] = int16(r.IntN(3)-1) * int16(noiseLevel*32768)
	}
	return pcm
}

// sweep is the click: a sine and its cosine, of rising frequency, faded in and out
// over 4 ms.
func sweep(rate int) (sine, cosine []float64) {
	n := rate * sweepMS / 1000
	fade := rate * 4 / 1000
	sine, cosine = make([]float64, n), make([]float64, n)
	for i := range n {
		t := float64(i) / float64(rate)
		phase := 2 * math.Pi * (sweepLow*t + (sweepHigh-sweepLow)/(2*sweepMS/1000.0)*t*t)
		edge := float64(min(i, n-1-i)) + 0.5
		gain := 1.0
		if edge < float64(fade) {
			gain = 0.5 - 0.5*math.Cos(math.Pi*edge/float64(fade))
		}
		sine[i], cosine[i] = gain*math.Sin(phase), gain*math.Cos(phase)
	}
	return sine, cosine
}
