// Package pcm works on 16-bit mono PCM: resampling, level, automatic levelling,
// limiting, tones, keys in the sound, WAV files.
//
// In go blocks of samples, usually 10 or 20 ms, and out come blocks. Whatever
// has a past (Resampler, Leveller, Limiter, KeyDetector) is made once per stream
// and belongs to the goroutine that steps that stream; it allocates nothing
// afterwards. The rest are functions. Levels are RMS in dBFS, where 0 dBFS is a
// full-scale square wave and a full-scale sine is at -3 (dBov of RFC 6464).
package pcm

import "math"

// Clamp makes a sample of a sum.
func Clamp(v int32) int16 {
	if v == int32(int16(v)) {
		return int16(v)
	}
	if v > 0 {
		return math.MaxInt16
	}
	return math.MinInt16
}

// round makes a sample of a filter's output. Adding an offset first makes
// truncation round to nearest.
func round(v float32) int16 {
	return Clamp(int32(v+32768.5+65536) - 32768 - 65536)
}

// Energy is the sum of squares.
func Energy(pcm []int16) uint64 {
	// Two accumulators keep the multiplier busy.
	var a, b uint64
	n := len(pcm) &^ 1
	for i := 0; i < n; i += 2 {
		x, y := int64(pcm[i]), int64(pcm[i+1])
		a += uint64(x * x)
		b += uint64(y * y)
	}
	if n < len(pcm) {
		x := int64(pcm[n])
		a += uint64(x * x)
	}
	return a + b
}

// Peak is the largest magnitude, 0 to 32768.
func Peak(pcm []int16) int {
	var lo, hi int16
	for _, s := range pcm {
		lo = min(lo, s)
		hi = max(hi, s)
	}
	return max(int(hi), -int(lo))
}

// DBFS is the RMS level in dBFS; -Inf for silence.
func DBFS(pcm []int16) float64 {
	if len(pcm) == 0 {
		return math.Inf(-1)
	}
	return 10 * math.Log10(float64(Energy(pcm))/float64(len(pcm))/(1<<30))
}

// LevelDBov is the level as RFC 6464 carries it: 0 (full scale) to 127
// (silence), in -dBov.
func LevelDBov(pcm []int16) uint8 {
	e := Energy(pcm)
	if e == 0 {
		return 127
	}
	db := -10 * math.Log10(float64(e)/float64(len(pcm))/(1<<30))
	return uint8(max(0, min(127, db+0.5)))
}

// Amplitude is the factor of a gain in dB.
func Amplitude(dB float64) float64 { return math.Pow(10, dB/20) }
