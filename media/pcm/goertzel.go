package pcm

import "math"

// Goertzel is the power of the frequency freq in pcm, as a share of full scale:
// a sine of amplitude A (1 is full scale) gives A²/2, as its mean square is.
func Goertzel(pcm []int16, rate int, freq float64) float64 {
	if len(pcm) == 0 {
		return 0
	}
	c := 2 * math.Cos(2*math.Pi*freq/float64(rate))
	var s1, s2 float64
	for _, x := range pcm {
		s1, s2 = float64(x)+c*s1-s2, s1
	}
	n := float64(len(pcm)) * 32768
	return 2 * (s1*s1 + s2*s2 - c*s1*s2) / (n * n)
}
