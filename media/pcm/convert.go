package pcm

import "math"

// convertLobes is how many zero crossings of the sinc are used on each side.
const convertLobes = 24

// Convert brings a whole recording from any sampling rate to any other, as for a
// prompt at 44.1 kHz. It allocates, has no delay and is not meant for streams:
// those use a Resampler.
func Convert(pcm []int16, from, to int) []int16 {
	if from == to || from <= 0 || to <= 0 {
		return append([]int16(nil), pcm...)
	}
	// The band that both rates carry, less the slope of the filter.
	cut := 0.95 * math.Min(1, float64(to)/float64(from))
	reach := convertLobes / cut
	out := make([]int16, int64(len(pcm))*int64(to)/int64(from))
	for n := range out {
		at := float64(n) * float64(from) / float64(to)
		first := max(int(math.Ceil(at-reach)), 0)
		last := min(int(at+reach), len(pcm)-1)
		sum := 0.0
		for i := first; i <= last; i++ {
			x := float64(i) - at
			sum += float64(pcm[i]) * sinc(cut*x) * (0.5 + 0.5*math.Cos(math.Pi*x/reach))
		}
		out[n] = Clamp(int32(math.RoundToEven(sum * cut)))
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
