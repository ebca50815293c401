package load

import (
	"math"
	"slices"
)

// Dist is how values are distributed. Percentiles are of the nearest rank.
type Dist struct {
	N                        int
	Mean, P50, P95, P99, Max float64
}

// NewDist sorts the values.
func NewDist(values []float64) Dist {
	if len(values) == 0 {
		return Dist{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return Dist{
		N: len(values), Mean: sum / float64(len(values)), Max: values[len(values)-1],
		P50: percentile(values, 50), P95: percentile(values, 95), P99: percentile(values, 99),
	}
}

// percentile is the least of the sorted values that p per cent do not exceed.
func percentile(sorted []float64, p float64) float64 {
	i := int(math.Ceil(p/100*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// histogram counts times in steps of 0.05 ms up to 400 ms. Its percentiles are the
// upper ends of the steps.
type histogram struct {
	counts [8001]uint32
	n      int
	max    float64
	sum    float64
}

const histogramStep = 0.05

func (h *histogram) add(ms float64) {
	h.counts[min(max(int(ms/histogramStep), 0), len(h.counts)-1)]++
	h.n++
	h.sum += ms
	h.max = max(h.max, ms)
}

func (h *histogram) dist() Dist {
	if h.n == 0 {
		return Dist{}
	}
	return Dist{N: h.n, Mean: h.sum / float64(h.n), Max: h.max, P50: h.percentile(50), P95: h.percentile(95), P99: h.percentile(99)}
}

func (h *histogram) percentile(p float64) float64 {
	want, seen := int(math.Ceil(p/100*float64(h.n))), 0
	for i, c := range h.counts {
		if seen += int(c); seen >= want {
			return min(float64(i+1)*histogramStep, h.max)
		}
	}
	return h.max
}
