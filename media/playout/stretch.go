package playout

import (
	"math"

	"github.com/partyline/partyline/media/codec"
)

// reserve is the delay kept beyond what the jitter needs: a packet, where the
// redundancy in it is of use.
func (b *Buffer) reserve() int {
	if b.f.Name == codec.Opus && b.loss.worth() {
		return b.last
	}
	return 0
}

// adjust changes the delay by a pitch period, if it should change and the sound
// at hand allows it unheard.
func (b *Buffer) adjust() {
	if b.pause > 0 {
		b.pause--
		return
	}
	if !b.playing || b.out.len() < b.need {
		return
	}
	want := b.when.want(b.reserve())
	var done int
	switch {
	case want > 0:
		done = b.stretch(want)
	case want < 0:
		// A packet that is missing has until its own tick to come: nothing is
		// decoded beyond it ahead of time.
		for b.out.len() < 2*b.need && b.in.at(b.next) != nil && b.advance() {
		}
		done = -b.shrink(-want)
	default:
		b.patient = 0
		return
	}
	if done == 0 {
		b.patient++
		return
	}
	b.when.shift(done)
	b.patient, b.pause = 0, 1
}

// adaptSilence returns by how much a silence of gap samples should be longer
// or shorter, and takes it as done.
func (b *Buffer) adaptSilence(gap int) int {
	want := max(b.when.want(b.reserve()), -gap)
	want = min(want, b.need)
	if want != 0 {
		b.when.shift(want)
	}
	return want
}

// stretch repeats up to want samples and returns how many.
func (b *Buffer) stretch(want int) int {
	front := b.out.front()
	if b.asleep || front.is == Silent {
		n := min(want, b.need)
		clear(b.out.insert(n))
		return n
	}
	if front.is != Voice || front.n < b.need || b.run > 0 {
		return 0
	}
	p := b.pitch(b.out.lo, b.need, 0.6-0.1*float64(b.patient))
	if p == 0 {
		return 0
	}
	// The first p samples fade into the p before them, and are then played.
	o := &b.out
	o.insert(p)
	now, before := o.pcm[o.lo+p:o.lo+2*p], o.pcm[o.lo-p:o.lo]
	dst := o.pcm[o.lo : o.lo+p]
	for i := range dst {
		dst[i] = mix(now[i], before[i], i, p)
	}
	b.stats.Stretched++
	return p
}

// shrink leaves out up to want samples and returns how many.
func (b *Buffer) shrink(want int) int {
	front := b.out.front()
	spare := min(want, b.out.len()-b.need)
	if b.asleep || front.is == Silent {
		n := min(spare, front.n)
		b.out.remove(n)
		return n
	}
	if front.is != Voice || front.n < b.need {
		return 0
	}
	// The pitch is sought at the sample that lies spare ahead at most.
	p := b.pitchAhead(min(spare, front.n/2), 0.9-0.02*float64(b.patient))
	if p == 0 {
		return 0
	}
	o := &b.out
	first, second := o.pcm[o.lo:o.lo+p], o.pcm[o.lo+p:o.lo+2*p]
	for i := range second {
		second[i] = mix(first[i], second[i], i, p)
	}
	o.remove(p)
	b.stats.Shrunk++
	return p
}

func mix(a, b int16, i, n int) int16 {
	return int16((int(a)*(n-i) + int(b)*i) / n)
}

// Periods that are sought: 67 to 400 Hz.
func (b *Buffer) periods() (shortest, most int) { return b.need / 8, b.need * 3 / 4 }

// pitch is the lag at which n samples from at resemble those before them, 0 if
// none does by at least least. Quiet sound resembles itself enough.
func (b *Buffer) pitch(at, n int, least float64) int {
	shortest, most := b.periods()
	return b.search(shortest, min(most, n), least, func(lag int) float64 {
		return b.resemblance(at, at-lag, n/2)
	})
}

// pitchAhead is the lag, most at most, at which the sound at the front
// resembles that after it.
func (b *Buffer) pitchAhead(most int, least float64) int {
	shortest, longest := b.periods()
	most = min(most, longest)
	if most < shortest {
		return 0
	}
	at := b.out.lo
	n := min(b.need/2, b.out.len()-most)
	return b.search(shortest, most, least, func(lag int) float64 {
		return b.resemblance(at+lag, at, n)
	})
}

// search finds the lag that resembles most, at 8 kHz first and then finely.
func (b *Buffer) search(from, to int, least float64, resembles func(int) float64) int {
	step := max(1, b.need/160)
	best, lag := -2.0, 0
	for l := to; l >= from; l -= step { // of equals the longest: fewer seams
		if r := resembles(l); r > best {
			best, lag = r, l
		}
	}
	if step > 1 {
		mid := lag
		for l := max(from, mid-step+1); l <= min(to, mid+step-1); l++ {
			if r := resembles(l); r > best {
				best, lag = r, l
			}
		}
	}
	if best < least {
		return 0
	}
	return lag
}

// faint is the RMS below which a seam is not heard, whatever the sound.
const faint = 60

// resemblance is the normalised correlation of n samples from i and from j; 1
// if they are faint.
func (b *Buffer) resemblance(i, j, n int) float64 {
	step := max(1, b.need/160)
	x, y := b.out.pcm[i:i+n], b.out.pcm[j:j+n]
	var xy, xx, yy int64
	for k := 0; k < n; k += step {
		s, t := int64(x[k]), int64(y[k])
		xy += s * t
		xx += s * s
		yy += t * t
	}
	if xx+yy < 2*faint*faint*int64(n/step) {
		return 1
	}
	if xx == 0 || yy == 0 {
		return -1
	}
	return float64(xy) / math.Sqrt(float64(xx)*float64(yy))
}
