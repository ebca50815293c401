package playout

import (
	"math"
	"time"
)

// spare is the time between packets' arrivals and the ticks that needed them: the
// least of each bucket of timing.
type spare struct {
	least [buckets]int64
	over  int // buckets watched from their beginning, up to buckets
}

// leastWatched is for how many buckets packets are watched before the spare time
// is known: two seconds.
const leastWatched = 4

// forget begins anew: the ticks or the delay have moved.
func (s *spare) forget() {
	for i := range s.least {
		s.least[i] = math.MaxInt64
	}
	s.over = -1 // the current one is not whole
}

func (s *spare) turn(cur int) {
	s.least[cur] = math.MaxInt64
	s.over = min(s.over+1, buckets)
}

func (s *spare) note(cur int, ns int64) { s.least[cur] = min(s.least[cur], ns) }

// due is when a packet so early is needed by a tick.
func (t *timing) due(early int) int64 {
	ticks := early / t.need
	if early < 0 {
		ticks = (early - t.need + 1) / t.need
	}
	return t.last + tick*int64(ticks+1)
}

// Spare is by how much sooner the ticks of the last six seconds could have come
// without a packet being late for one; jitter, as far as it has been seen, is
// allowed for twice over. It is known two seconds after the ticks have begun, or
// have Moved.
func (b *Buffer) Spare() (d time.Duration, known bool) {
	t := &b.when
	if !b.playing || t.over < leastWatched {
		return 0, false
	}
	least := int64(math.MaxInt64)
	for _, ns := range t.least {
		least = min(least, ns)
	}
	if least == math.MaxInt64 {
		return 0, false
	}
	return time.Duration(least - 2*t.jitter), true
}

// Moved says that the ticks are going to come at other times than before.
func (b *Buffer) Moved() { b.when.spare.forget() }
