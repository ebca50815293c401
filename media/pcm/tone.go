package pcm

import (
	"math"
	"time"
)

// Tone is a sound of up to four frequencies with a cadence.
type Tone struct {
	// Freqs are in Hz; zeros are left out. Level is of each, RMS in dBFS.
	Freqs [4]float64
	Level float64
	// On and Off are the cadence; On of 0 is a steady tone.
	On, Off time.Duration
}

// toneFade is the length of the slopes at the ends of each On, so that nothing
// clicks.
const toneFade = 5 * time.Millisecond

// Fill writes the tone's samples from the start-th on. Filling block after block
// with the running sample number gives one unbroken tone.
func (t Tone) Fill(dst []int16, rate, start int) {
	clear(dst)
	amp := 32768 * math.Sqrt2 * Amplitude(t.Level)
	on := int(int64(rate) * int64(t.On) / int64(time.Second))
	period := on + int(int64(rate)*int64(t.Off)/int64(time.Second))
	fade := int(int64(rate) * int64(toneFade) / int64(time.Second))
	var osc [4]oscillator
	n := 0
	for _, f := range t.Freqs {
		if f > 0 {
			osc[n] = newOscillator(f, rate, start)
			n++
		}
	}
	for i := range dst {
		v := 0.0
		for k := range osc[:n] {
			v += osc[k].next()
		}
		v *= amp
		at := start + i
		if on > 0 {
			at %= period
			if at >= on {
				continue
			}
			v *= slope(min(at+1, on-at), fade)
		} else {
			v *= slope(at+1, fade)
		}
		dst[i] = Clamp(int32(math.RoundToEven(v)))
	}
}

// slope rises from 0 to 1 as a raised cosine over n samples.
func slope(i, n int) float64 {
	if i >= n {
		return 1
	}
	return 0.5 - 0.5*math.Cos(math.Pi*float64(i)/float64(n))
}

// oscillator makes a sine by rotation, which is far cheaper than the function.
type oscillator struct{ re, im, cos, sin float64 }

func newOscillator(freq float64, rate, start int) oscillator {
	step := freq / float64(rate)
	turns := math.Mod(float64(start)*step, 1)
	o := oscillator{}
	o.im, o.re = math.Sincos(2 * math.Pi * turns)
	o.sin, o.cos = math.Sincos(2 * math.Pi * step)
	return o
}

func (o *oscillator) next() float64 {
	v := o.im
	o.re, o.im = o.re*o.cos-o.im*o.sin, o.re*o.sin+o.im*o.cos
	return v
}

// The frequencies of keys (ITU-T Q.23) and the keys by row and column.
var (
	keyRows    = [4]float64{697, 770, 852, 941}
	keyColumns = [4]float64{1209, 1336, 1477, 1633}
)

const keyLayout = "123A456B789C*0#D"

// KeyTone is the pair of frequencies of a key '0'–'9', '*', '#', 'A'–'D', each
// at level dBFS; false for any other.
func KeyTone(digit byte, level float64) (Tone, bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	for i := range len(keyLayout) {
		if keyLayout[i] == digit {
			return Tone{Freqs: [4]float64{keyRows[i/4], keyColumns[i%4]}, Level: level}, true
		}
	}
	return Tone{}, false
}

// DTMF fills dst with a key's tone from its start-th sample on, at -12 dBFS for
// each frequency; false if there is no such key.
func DTMF(dst []int16, rate int, digit byte, start int) bool {
	t, ok := KeyTone(digit, -12)
	if ok {
		t.Fill(dst, rate, start)
	}
	return ok
}
