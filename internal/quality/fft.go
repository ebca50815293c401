package quality

import (
	"math"
	"math/cmplx"
)

// fft transforms vectors of one length, a power of two.
type fft struct {
	n      int
	turn   []complex128 // e^(-2πik/n)
	mirror []int        // bits reversed
}

func newFFT(n int) *fft {
	f := &fft{n: n, turn: make([]complex128, n/2), mirror: make([]int, n)}
	for k := range f.turn {
		f.turn[k] = cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n))
	}
	for i := 1; i < n; i++ {
		f.mirror[i] = f.mirror[i/2] / 2
		if i&1 == 1 {
			f.mirror[i] += n / 2
		}
	}
	return f
}

// forward transforms x in place.
func (f *fft) forward(x []complex128) {
	for i, j := range f.mirror {
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < f.n; half *= 2 {
		step := f.n / (2 * half)
		for at := 0; at < f.n; at += 2 * half {
			for k := range half {
				a, b := x[at+k], x[at+k+half]*f.turn[k*step]
				x[at+k], x[at+k+half] = a+b, a-b
			}
		}
	}
}

// inverse transforms x in place, without dividing by n.
func (f *fft) inverse(x []complex128) {
	for i := range x {
		x[i] = cmplx.Conj(x[i])
	}
	f.forward(x)
	for i := range x {
		x[i] = cmplx.Conj(x[i])
	}
}

// pair transforms two real vectors at once: x from the real and y from the
// imaginary parts of z, of which there is then the first half.
func (f *fft) pair(z, x, y []complex128) {
	f.forward(z)
	for k := range x {
		a, b := z[k], cmplx.Conj(z[(f.n-k)%f.n])
		x[k], y[k] = (a+b)/2, (a-b)*-0.5i
	}
}

func power(c complex128) float64 { return real(c)*real(c) + imag(c)*imag(c) }

// hann is the window of n points that is nowhere zero.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i+1)/float64(n+1))
	}
	return w
}
