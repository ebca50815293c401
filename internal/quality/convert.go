package quality

import "math"

// convert brings pcm to another rate by a windowed sinc of 32 zero crossings. It
// is slow and exact; the engine has a faster one, which is under test.
func convert(pcm []int16, from, to int) []float64 {
	out := make([]float64, len(pcm)*to/from)
	if from == to {
		for i := range out {
			out[i] = float64(pcm[i])
		}
		return out
	}
	g := gcd(from, to)
	phases := to / g
	step := from / g // the input moves on by so much in phases outputs
	cutoff := min(1, float64(to)/float64(from))
	half := int(math.Ceil(16 / cutoff))
	taps := make([][]float64, phases)
	for p := range taps {
		taps[p] = make([]float64, 2*half+1)
		frac := float64(p*step%phases) / float64(phases)
		for k := range taps[p] {
			x := float64(k-half) - frac
			if math.Abs(x) >= float64(half) {
				continue
			}
			taps[p][k] = cutoff * sinc(x*cutoff) * (0.5 + 0.5*math.Cos(math.Pi*x/float64(half)))
		}
	}
	padded := make([]float64, len(pcm)+2*half+1)
	for i, v := range pcm {
		padded[half+i] = float64(v)
	}
	for i := range out {
		out[i] = dot(taps[i%phases], padded[i*step/phases:])
	}
	return out
}

// dot is the sum of the products of h and as many of x, in four sums that need
// not wait for each other.
func dot(h, x []float64) float64 {
	x = x[:len(h)]
	var a, b, c, d float64
	k := 0
	for ; k+4 <= len(h); k += 4 {
		p, q := h[k:k+4:k+4], x[k:k+4:k+4]
		a += p[0] * q[0]
		b += p[1] * q[1]
		c += p[2] * q[2]
		d += p[3] * q[3]
	}
	for ; k < len(h); k++ {
		a += h[k] * x[k]
	}
	return a + b + c + d
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// rounded brings samples back to 16 bits.
func rounded(x []float64) []int16 {
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = int16(max(-32768, min(32767, math.Round(v))))
	}
	return out
}
