package pcm

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// Correlate finds a in b: the lag between -maxLag and maxLag samples at which
// b[i+lag] resembles a[i] most, and how much, 0 to 1 (polarity is ignored). It is
// normalised by the energies of the parts that overlap, which must be at
// least half of the shorter. It takes memory and time of an FFT over both.
func Correlate(a, b []int16, maxLag int) (best float64, lag int) {
	if len(a) == 0 || len(b) == 0 {
		return 0, 0
	}
	n := 1 << bits.Len(uint(len(a)+len(b)))
	x := make([]complex128, n)
	// a in the real part, b in the imaginary: one transform does both.
	for i, s := range a {
		x[i] += complex(float64(s), 0)
	}
	for i, s := range b {
		x[i] += complex(0, float64(s))
	}
	fft(x)
	y := make([]complex128, n)
	for k := range x {
		p, q := x[k], cmplx.Conj(x[(n-k)&(n-1)])
		fa, fb := (p+q)/2, (p-q)/2i
		y[k] = cmplx.Conj(cmplx.Conj(fa) * fb) // the inverse by a forward transform
	}
	fft(y)
	ea, eb := energies(a), energies(b)
	for l := -maxLag; l <= maxLag; l++ {
		from, to := max(0, -l), min(len(a), len(b)-l)
		if 2*(to-from) < min(len(a), len(b)) {
			continue
		}
		e := (ea[to] - ea[from]) * (eb[to+l] - eb[from+l])
		if e <= 0 {
			continue
		}
		c := real(y[(l+n)&(n-1)]) / float64(n)
		if r := math.Abs(c) / math.Sqrt(e); r > best {
			best, lag = r, l
		}
	}
	return min(best, 1), lag
}

// energies are the sums of squares of all beginnings of pcm.
func energies(pcm []int16) []float64 {
	e := make([]float64, len(pcm)+1)
	for i, s := range pcm {
		e[i+1] = e[i] + float64(s)*float64(s)
	}
	return e
}

// fft transforms x, whose length is a power of two, in place.
func fft(x []complex128) {
	n := len(x)
	shift := 64 - bits.Len(uint(n-1))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i && n > 1 {
			x[i], x[j] = x[j], x[i]
		}
	}
	w := make([]complex128, n/2)
	for i := range w {
		w[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))
	}
	for size := 2; size <= n; size *= 2 {
		half, stride := size/2, n/size
		for base := 0; base < n; base += size {
			for k := range half {
				t := w[k*stride] * x[base+half+k]
				x[base+half+k] = x[base+k] - t
				x[base+k] += t
			}
		}
	}
}
