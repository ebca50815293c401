package quality

import "math"

// The Extended Short-Time Objective Intelligibility measure: J. Jensen, C. H.
// Taal, "An Algorithm for Predicting the Intelligibility of Speech Masked by
// Modulated Noise Maskers", IEEE/ACM Trans. Audio, Speech and Language
// Processing 24 (2016), with the constants of its section II.
const (
	estoiRate  = 10000
	estoiFrame = 256 // Hann, half overlapping
	estoiHop   = 128
	estoiFFT   = 512
	estoiBands = 15  // of a third of an octave each
	estoiLow   = 150 // Hz, centre of the lowest
	estoiSpan  = 30  // frames that are compared at a time: 384 ms
	estoiRange = 40  // dB below the loudest frame, from which on it is silence
)

// ESTOI compares heard with the original, both of rate Hz and aligned. It is 1
// for what cannot be told from the original and about 0 for what has nothing to
// do with it. Frames in which the original is silent do not count.
func ESTOI(original, heard []int16, rate int) float64 {
	return estoi(convert(original, rate, estoiRate), convert(heard, rate, estoiRate))
}

func estoi(x, y []float64) float64 {
	x, y = speaking(x, y[:min(len(x), len(y))])
	bx, by := thirds(x, y)
	if len(bx) < estoiSpan {
		return 0
	}
	var sum float64
	var p, q patch
	for m := 0; m+estoiSpan <= len(bx); m++ {
		p.take(bx[m : m+estoiSpan])
		q.take(by[m : m+estoiSpan])
		sum += p.likeness(&q)
	}
	return sum / float64(len(bx)-estoiSpan+1)
}

// speaking leaves out the frames in which x is silent, of both.
func speaking(x, y []float64) (xs, ys []float64) {
	n := min(len(x), len(y))
	w := hann(estoiFrame)
	var level []float64
	most := math.Inf(-1)
	for at := 0; at+estoiFrame < n; at += estoiHop {
		e := 0.0
		for i, k := range w {
			e += k * x[at+i] * k * x[at+i]
		}
		level = append(level, 10*math.Log10(e+1e-20))
		most = max(most, level[len(level)-1])
	}
	kept := 0
	xs, ys = make([]float64, n+estoiFrame), make([]float64, n+estoiFrame)
	for k, l := range level {
		if l <= most-estoiRange {
			continue
		}
		for i, v := range w {
			xs[kept+i] += v * x[k*estoiHop+i]
			ys[kept+i] += v * y[k*estoiHop+i]
		}
		kept += estoiHop
	}
	if kept == 0 {
		return nil, nil
	}
	kept += estoiFrame - estoiHop
	return xs[:kept], ys[:kept]
}

// thirds is the magnitude of each frame of x and y in each third of an octave.
func thirds(x, y []float64) (bx, by [][estoiBands]float64) {
	var edges [estoiBands][2]int
	for k := range edges {
		bin := func(third float64) int {
			hz := estoiLow * math.Pow(2, third/3)
			return int(math.Round(hz * estoiFFT / estoiRate))
		}
		edges[k] = [2]int{bin(float64(k) - 0.5), bin(float64(k) + 0.5)}
	}
	w, f := hann(estoiFrame), newFFT(estoiFFT)
	z := make([]complex128, estoiFFT)
	fx, fy := make([]complex128, estoiFFT/2), make([]complex128, estoiFFT/2)
	for at := 0; at+estoiFrame < len(x); at += estoiHop {
		clear(z)
		for i, k := range w {
			z[i] = complex(k*x[at+i], k*y[at+i])
		}
		f.pair(z, fx, fy)
		var p, q [estoiBands]float64
		for b, e := range edges {
			for k := e[0]; k < e[1]; k++ {
				p[b] += power(fx[k])
				q[b] += power(fy[k])
			}
			p[b], q[b] = math.Sqrt(p[b]), math.Sqrt(q[b])
		}
		bx, by = append(bx, p), append(by, q)
	}
	return bx, by
}

// patch is a piece of the spectrogram, normalised first over time in each band,
// then over the bands at each time.
type patch [estoiSpan][estoiBands]float64

func (p *patch) take(frames [][estoiBands]float64) {
	copy(p[:], frames)
	for b := range estoiBands {
		mean, norm := 0.0, 0.0
		for n := range p {
			mean += p[n][b] / estoiSpan
		}
		for n := range p {
			p[n][b] -= mean
			norm += p[n][b] * p[n][b]
		}
		norm = 1 / (math.Sqrt(norm) + 1e-12)
		for n := range p {
			p[n][b] *= norm
		}
	}
	for n := range p {
		mean, norm := 0.0, 0.0
		for _, v := range p[n] {
			mean += v / estoiBands
		}
		for b := range p[n] {
			p[n][b] -= mean
			norm += p[n][b] * p[n][b]
		}
		norm = 1 / (math.Sqrt(norm) + 1e-12)
		for b := range p[n] {
			p[n][b] *= norm
		}
	}
}

func (p *patch) likeness(q *patch) float64 {
	sum := 0.0
	for n := range p {
		for b := range p[n] {
			sum += p[n][b] * q[n][b]
		}
	}
	return sum / estoiSpan
}
