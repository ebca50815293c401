package load

import "math"

// click is a sweep that was sent into a room.
type click struct {
	room   int
	phone  *phone
	sent   int64 // ns: when the packet with its first sample went out
	offset int64 // ns from that packet's first sample
}

// searchMS is how long after its sending a click is looked for. The next one comes
// later than that.
const searchMS = 300

// ear finds sweeps in what was heard: a matched filter whose output has no carrier,
// since the phase does not matter.
type ear struct {
	rate         int
	sine, cosine []float64
	norm         float64 // output for a sweep of full scale
	out          []float64
}

func newEar(rate int) *ear {
	e := &ear{rate: rate}
	e.sine, e.cosine = sweep(rate)
	for i := range e.sine {
		e.norm += (e.sine[i]*e.sine[i] + e.cosine[i]*e.cosine[i]) / 2
	}
	return e
}

// find looks for a sweep that begins in the first lags samples of x, and returns the
// place, to a fraction of a sample. It must stand out from all else.
func (e *ear) find(x []float64) (at float64, ok bool) {
	n := len(e.sine)
	lags := len(x) - n
	if lags < 3 {
		return 0, false
	}
	e.out = e.out[:0]
	best := 0
	for lag := range lags {
		part := x[lag : lag+n]
		var s, c float64
		for i, v := range part {
			s += v * e.sine[i]
			c += v * e.cosine[i]
		}
		e.out = append(e.out, math.Hypot(s, c))
		if e.out[lag] > e.out[best] {
			best = lag
		}
	}
	if best == 0 || best == lags-1 || e.out[best]/e.norm < sweepLevel/10 || e.out[best] < 5*e.around(best) {
		return 0, false
	}
	a, b, c := e.out[best-1], e.out[best], e.out[best+1]
	at = float64(best)
	if bend := a - 2*b + c; bend < 0 {
		at += (a - c) / (2 * bend)
	}
	return at, true
}

// around is the rms of the output, less 4 ms at both sides of the peak.
func (e *ear) around(best int) float64 {
	sum, n := 0.0, 0
	for i, v := range e.out {
		if d := i - best; d < -e.rate/250 || d > e.rate/250 {
			sum += v * v
			n++
		}
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}

// transit is the time, in ms, from the sending of a click to its arrival. seen is
// false if the track ends before.
func (e *ear) transit(t *track, c click) (ms float64, heard, seen bool) {
	from := t.before(c.sent) // a click may begin with the first sample that comes after
	to := from + e.rate*(searchMS+sweepMS)/1000
	if from < 0 || to > len(t.pcm) {
		return 0, false, false
	}
	at, ok := e.find(t.pcm[from:to])
	if !ok {
		return 0, false, true
	}
	when, ok := t.when(float64(from) + at)
	if !ok {
		return 0, false, true
	}
	return float64(when-c.sent-c.offset) / 1e6, true, true
}
