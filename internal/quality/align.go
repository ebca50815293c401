package quality

import (
	"math"
	"math/cmplx"
	"slices"
)

// Alignment: playout shifts time, by what it waits and whenever it makes that
// longer or shorter. The original is cut into pieces; each is sought in what was
// heard, and of all ways through the lags the one is taken that is most alike in
// sum, where a change of the lag has a price. Where nothing is alike (in a gap)
// the lag stays as it was.
const (
	alignRate  = 2000 // Hz, at which it is sought
	alignPiece = 200  // 100 ms
	alignHop   = 100
	alignPrice = 2  // of a change, in pieces that are fully alike
	alignRange = 40 // dB below the loudest piece, from which on it is silence
)

// lags is by how much what was heard comes after the original, for each hop.
type lags struct {
	at    []int     // at alignRate
	alike []float64 // 0 to 1
	said  []bool    // the original is not silent
	drift float64
}

// drifted is by how much sample i comes late by the drift alone.
func (l lags) drifted(i int) int { return int(math.Round(float64(i) * l.drift * 1e-6)) }

// align finds the lags of heard against the original, from 0 to most seconds, on
// top of drift, in ppm, by which the original's clock is slow.
func align(original, heard []int16, rate int, drift, most float64) lags {
	return alignCoarse(coarse(original, rate), coarse(heard, rate), drift, most)
}

func alignCoarse(x, y []float64, drift, most float64) lags {
	reach := int(most * alignRate)
	pieces := max(0, (len(x)-alignPiece)/alignHop+1)
	l := lags{drift: drift, at: make([]int, pieces), alike: make([]float64, pieces), said: make([]bool, pieces)}
	if pieces == 0 {
		return l
	}
	loudest := 0.0
	power := make([]float64, pieces)
	for i := range power {
		power[i] = energy(x[i*alignHop : i*alignHop+alignPiece])
		loudest = max(loudest, power[i])
	}
	c := newCorrelator(alignPiece, reach)
	alike := make([]float64, reach+1)
	best := make([]float64, reach+1) // sums of the best ways that end at a lag
	changed := make([][]bool, pieces)
	top := make([]int, pieces) // the lag before, where it has changed
	for i := range pieces {
		clear(alike)
		if l.said[i] = power[i] > loudest*math.Pow(10, -alignRange/10.0); l.said[i] {
			c.correlate(alike, x[i*alignHop:i*alignHop+alignPiece], y, i*alignHop+l.drifted(i*alignHop))
		}
		changed[i] = make([]bool, reach+1)
		top[i] = argmax(best)
		other := best[top[i]] - alignPrice
		for k := range best {
			if best[k] < other {
				best[k], changed[i][k] = other, true
			}
			best[k] += alike[k]
		}
	}
	for i, k := pieces-1, argmax(best); i >= 0; i-- {
		l.at[i] = k
		at := i * alignHop
		if to := at + k + l.drifted(at); l.said[i] && to >= 0 && to+alignPiece <= len(y) {
			l.alike[i] = cosine(x[at:at+alignPiece], y[to:to+alignPiece])
		}
		if changed[i][k] {
			k = top[i]
		}
	}
	return l
}

// coarse is pcm at alignRate, in two steps, which is quicker.
func coarse(pcm []int16, rate int) []float64 {
	if rate > 8000 {
		pcm, rate = rounded(convert(pcm, rate, 8000)), 8000
	}
	return convert(pcm, rate, alignRate)
}

func argmax(x []float64) int {
	top := 0
	for k, v := range x {
		if v > x[top] {
			top = k
		}
	}
	return top
}

func energy(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}

func cosine(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum / math.Sqrt(energy(x)*energy(y)+1e-9)
}

// warp moves heard so that it lies beside the original.
func (l lags) warp(heard []int16, n, rate int) []int16 {
	out := make([]int16, n)
	if len(l.at) == 0 {
		return out
	}
	for i := range out {
		// The change from one piece's lag to the next lies between their middles.
		k := (i*alignRate/rate - (alignPiece-alignHop)/2) / alignHop
		k = max(0, min(k, len(l.at)-1))
		if j := i + l.drifted(i) + l.at[k]*rate/alignRate; j >= 0 && j < len(heard) {
			out[i] = heard[j]
		}
	}
	return out
}

// correlator finds how alike a piece is to what lies up to reach after it.
type correlator struct {
	*fft
	z, x, y []complex128
	sums    []float64 // running sum of squares
}

func newCorrelator(piece, reach int) *correlator {
	n := 1
	for n < piece+reach {
		n *= 2
	}
	return &correlator{
		fft: newFFT(n), sums: make([]float64, piece+reach+1),
		z: make([]complex128, n), x: make([]complex128, n/2+1), y: make([]complex128, n/2+1),
	}
}

// correlate writes the normalised correlation of x with y[from+lag:] for each lag
// of dst; what is not alike at all is 0.
func (c *correlator) correlate(dst []float64, x, y []float64, from int) {
	clear(c.z)
	span := len(x) + len(dst) - 1
	for i := range span {
		v := 0.0
		if from+i >= 0 && from+i < len(y) {
			v = y[from+i]
		}
		c.z[i] = complex(0, v)
		c.sums[i+1] = c.sums[i] + v*v
	}
	for i, v := range x {
		c.z[i] += complex(v, 0)
	}
	c.pair(c.z, c.x, c.y)
	for k := range c.x {
		v := cmplx.Conj(c.x[k]) * c.y[k]
		c.z[k] = v
		if k > 0 && k < c.n/2 {
			c.z[c.n-k] = cmplx.Conj(v)
		}
	}
	c.inverse(c.z)
	own := energy(x)
	for k := range dst {
		other := c.sums[k+len(x)] - c.sums[k]
		// A piece that is far weaker is none, however much alike.
		if other > own/1000 {
			dst[k] = max(0, real(c.z[k])/float64(c.n)/math.Sqrt(own*other))
		}
	}
}

// mean is the mean lag in seconds, of what was recognised.
func (l lags) mean() float64 {
	sum, n := 0.0, 0.0
	for i, v := range l.alike {
		if v > 0.5 {
			sum += float64(l.at[i]) / alignRate
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / n
}

// most is the longest lag in seconds but for the worst hundredth.
func (l lags) most() float64 {
	var all []int
	for i, v := range l.alike {
		if v > 0.5 {
			all = append(all, l.at[i])
		}
	}
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	return float64(all[len(all)*99/100]) / alignRate
}

// lost is the share of what was said that is not to be found.
func (l lags) lost() float64 {
	said, lost := 0.0, 0.0
	for i, on := range l.said {
		if !on {
			continue
		}
		said++
		if l.alike[i] < 0.5 {
			lost++
		}
	}
	return lost / max(said, 1)
}
