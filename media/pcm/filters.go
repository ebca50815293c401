package pcm

import "math"

// The filters' coefficients, folded at their centre. Computed once and never
// written to again.
var (
	halfband  = halfbandTaps(63, 6.4)
	thirdband = thirdbandTaps(95, 5.7)
)

// kaiserSinc is a windowed low-pass of n taps with its cut-off at cut times the
// sampling rate and unit gain at 0 Hz.
func kaiserSinc(n int, cut, beta float64) []float64 {
	h := make([]float64, n)
	mid := float64(n-1) / 2
	sum := 0.0
	for i := range h {
		x := float64(i) - mid
		v := 2 * cut
		if x != 0 {
			v = math.Sin(2*math.Pi*cut*x) / (math.Pi * x)
		}
		h[i] = v * bessel0(beta*math.Sqrt(1-x*x/(mid+1)/(mid+1)))
		sum += h[i]
	}
	for i := range h {
		h[i] /= sum
	}
	return h
}

// bessel0 is the modified Bessel function of order 0.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / 2 / k * x / 2 / k
		sum += term
	}
	return sum
}

// halfbandTaps are the 16 different taps beside the centre (which is 1/2; every
// second tap is 0), outermost first, doubled for interpolation by 2.
func halfbandTaps(n int, beta float64) (c [16]float32) {
	h := kaiserSinc(n, 0.25, beta)
	sum := 0.0
	for k := range c {
		sum += 4 * h[2*k]
	}
	for k := range c {
		c[k] = float32(2 * h[2*k] / sum) // the two phases weigh alike at 0 Hz
	}
	return c
}

// polyphase is the low-pass at a third of the band and its three phases for
// interpolation: the first two mirror each other, so that their half sum (even)
// and half difference (odd) are folded; the last is symmetric in itself.
type polyphase struct {
	all    [48]float32 // outermost first, the last is the centre
	even   [16]float32
	odd    [16]float32
	centre [16]float32 // the last is the centre
}

func thirdbandTaps(n int, beta float64) *polyphase {
	h := kaiserSinc(n, 1.0/6, beta)
	t := new(polyphase)
	for i := range t.all {
		t.all[i] = float32(h[i])
	}
	for k := range t.even {
		a, b := 3*h[3*k], 3*h[3*(31-k)]
		t.even[k], t.odd[k] = float32((a+b)/2), float32((a-b)/2)
		t.centre[k] = float32(3 * h[3*k+2])
	}
	return t
}

// fold32 is the dot product of 32 samples with a symmetric filter.
func fold32(x []float32, c *[16]float32) float32 {
	x = x[:32]
	var a, b float32
	for k := 0; k < 16; k += 2 {
		a += c[k] * (x[k] + x[31-k])
		b += c[k+1] * (x[k+1] + x[30-k])
	}
	return a + b
}

// double interpolates by 2.
type double struct{ x [31 + 160]float32 }

func (f *double) reset() { *f = double{} }

func (f *double) process(dst, src []int16) int {
	dst = dst[:2*len(src)]
	for i, s := range src {
		f.x[31+i] = float32(s)
	}
	for i := range src {
		dst[2*i] = round(fold32(f.x[i:i+32], &halfband))
		dst[2*i+1] = int16(f.x[i+16])
	}
	copy(f.x[:31], f.x[len(src):])
	return len(dst)
}

// halve decimates by 2. Odd samples meet the filter, even ones its centre.
type halve struct {
	odd  [31 + 160]float32
	even [15 + 160]float32
}

func (f *halve) reset() { *f = halve{} }

func (f *halve) process(dst, src []int16) int {
	n := len(src) / 2
	dst = dst[:n]
	for i := range n {
		f.even[15+i] = float32(src[2*i])
		f.odd[31+i] = float32(src[2*i+1])
	}
	for i := range dst {
		dst[i] = round(0.5 * (fold32(f.odd[i:i+32], &halfband) + f.even[i]))
	}
	copy(f.odd[:31], f.odd[n:])
	copy(f.even[:15], f.even[n:])
	return n
}

// triple interpolates by 3.
type triple struct{ x [31 + 320]float32 }

func (f *triple) reset() { *f = triple{} }

func (f *triple) process(dst, src []int16) int {
	dst = dst[:3*len(src)]
	for i, s := range src {
		f.x[31+i] = float32(s)
	}
	for i := range src {
		first, second, last := thirdband.phases(f.x[i : i+32])
		dst[3*i], dst[3*i+1], dst[3*i+2] = round(first), round(second), round(last)
	}
	copy(f.x[:31], f.x[len(src):])
	return len(dst)
}

// phases are the three outputs for 32 samples, the newest last.
func (t *polyphase) phases(x []float32) (first, second, last float32) {
	x = x[:32]
	var even, odd, mid float32
	for k := range 16 {
		old, young := x[k], x[31-k]
		even += t.even[k] * (young + old)
		odd += t.odd[k] * (young - old)
	}
	for k := range 15 {
		mid += t.centre[k] * (x[31-k] + x[1+k])
	}
	return even + odd, even - odd, mid + t.centre[15]*x[16]
}

// third decimates by 3.
type third struct{ x [92 + 960]float32 }

func (f *third) reset() { *f = third{} }

func (f *third) process(dst, src []int16) int {
	n := len(src) / 3
	dst = dst[:n]
	for i, s := range src[:3*n] {
		f.x[92+i] = float32(s)
	}
	for i := range dst {
		dst[i] = round(thirdband.dot(f.x[3*i : 3*i+95]))
	}
	copy(f.x[:92], f.x[3*n:])
	return n
}

func (t *polyphase) dot(x []float32) float32 {
	x = x[:95]
	var a, b float32
	for k := 0; k < 46; k += 2 {
		a += t.all[k] * (x[k] + x[94-k])
		b += t.all[k+1] * (x[k+1] + x[93-k])
	}
	return a + b + t.all[46]*(x[46]+x[48]) + t.all[47]*x[47]
}
