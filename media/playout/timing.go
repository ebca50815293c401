package playout

import "math"

const (
	ms       = int64(1e6)
	tick     = 20 * ms
	span     = 500 * ms // of one bucket
	buckets  = 12       // together the 6 s after which delay not needed is given up
	recent   = 4        // buckets that tell what delay is missing
	unknown  = math.MaxInt32
	baseSpan = 16 // seconds over which the drift is measured
)

// timing watches how early packets come and says whether the delay is too long
// or too short. Earliness is counted in samples of media time: the packet's
// beginning less what had been played at the tick before its arrival. A packet
// with 0 was needed by the very next tick, one with -n had been needed n samples
// ago, and if none has less than n, then n samples of delay can be saved.
type timing struct {
	need  int   // samples in a tick
	most  int   // samples by which a packet may be late and still be waited for
	clock int64 // of RTP, Hz

	last  int64 // when a tick last took its sound
	turn  int64 // when the current bucket began
	cur   int
	begun int // buckets begun since the start, up to buckets

	// The least since the last tick, as lo and hi have it.
	worst, tight int32

	spare
	transit

	// lo has the least of the two worst ticks of each bucket: a single straggler
	// in two seconds, or a single stall with all that comes after it at once, is
	// not worth waiting for. hi has the least as it would be had the packets come
	// later by a margin.
	lo [buckets][2]int32
	hi [buckets]int32
}

// transit is the relative transit time of packets: arrival less timestamp
// (RFC 3550 §6.4.1), its variation and its least in each second, whose slope is
// the drift between the sender's clock and ours.
type transit struct {
	known   bool
	ts      uint32
	ext     int64 // ts, not wrapped
	prev    int64
	jitter  int64 // ns, mean deviation
	base    int64
	foresee int64 // ns by which packets will have come later in a few seconds
	nbases  int
	bases   [baseSpan]int64
}

func (t *timing) reset() {
	*t = timing{need: t.need, most: t.most, clock: t.clock}
	for i := range t.lo {
		t.lo[i], t.hi[i] = [2]int32{unknown, unknown}, unknown
	}
	t.worst, t.tight = unknown, unknown
	t.base = math.MaxInt64
	t.spare.forget()
}

// begin says that the first sound plays at now.
func (t *timing) begin(now int64) {
	t.reset()
	t.last, t.turn = now, now
}

// tick says that it is now.
func (t *timing) tick(now int64) {
	t.last = now
	if t.worst != unknown {
		t.note(int(t.worst), t.tight)
		t.worst, t.tight = unknown, unknown
	}
	if now-t.turn < span {
		return
	}
	if now-t.turn > buckets*span {
		t.turn = now - span
	}
	for ; now-t.turn >= span; t.turn += span {
		t.cur = (t.cur + 1) % buckets
		t.lo[t.cur], t.hi[t.cur] = [2]int32{unknown, unknown}, unknown
		t.begun = min(t.begun+1, buckets)
		t.spare.turn(t.cur)
		if t.cur%2 == 0 {
			t.transit.second()
		}
	}
}

// arrived takes a packet's earliness.
func (t *timing) arrived(early int, arrival int64) {
	if early > 4*t.most || early < -t.need*500 { // another clock
		return
	}
	t.spare.note(t.cur, t.due(early)-arrival)
	t.worst = min(t.worst, int32(t.delayed(early, arrival, t.foresee)))
	t.tight = min(t.tight, int32(t.delayed(early, arrival, ms+t.foresee+t.jitter)))
}

// note takes the least earliness of the packets between two ticks.
func (t *timing) note(worst int, tight int32) {
	if worst < -t.most {
		return
	}
	l := &t.lo[t.cur]
	switch v := int32(worst); {
	case v < l[0]:
		l[0], l[1] = v, l[0]
	case v < l[1]:
		l[1] = v
	}
	t.hi[t.cur] = min(t.hi[t.cur], tight)
}

// delayed is the earliness of a packet had it come later by d.
func (t *timing) delayed(early int, arrival, d int64) int {
	over := arrival + d - (t.last + tick)
	if d == 0 || over <= 0 {
		return early
	}
	return early - int((over+tick-1)/tick)*t.need
}

// want is by how many samples the delay should grow, or shrink if negative.
// reserve is what should be kept beyond what the jitter needs.
func (t *timing) want(reserve int) int {
	a, b := int32(unknown), int32(unknown)
	for i := range recent {
		for _, v := range t.lo[(t.cur-i+buckets)%buckets] {
			if v < a {
				a, b = v, a
			} else if v < b {
				b = v
			}
		}
	}
	if b != unknown && int(b) < reserve {
		return min(reserve-int(b), t.most)
	}
	if t.begun < buckets {
		return 0
	}
	h := int32(unknown)
	for _, v := range t.hi {
		h = min(h, v)
	}
	if h == unknown {
		return 0
	}
	return -max(0, int(h)-reserve)
}

// shift says that the delay has grown by n samples.
func (t *timing) shift(n int) {
	t.spare.forget()
	if t.worst != unknown {
		t.worst += int32(n)
		t.tight += int32(n)
	}
	for i := range t.lo {
		for j := range t.lo[i] {
			if t.lo[i][j] != unknown {
				t.lo[i][j] += int32(n)
			}
		}
		if t.hi[i] != unknown {
			t.hi[i] += int32(n)
		}
	}
}

// observe takes a packet's timestamp and arrival.
func (t *timing) observe(ts uint32, arrival int64) {
	if !t.known {
		t.known, t.ts = true, ts
		t.prev = arrival
		t.base = arrival
		return
	}
	t.ext += int64(int32(ts - t.ts))
	t.ts = ts
	r := arrival - t.ext/t.clock*1e9 - t.ext%t.clock*1e9/t.clock
	d := r - t.prev
	t.prev = r
	if d > 2000*ms || d < -2000*ms { // another clock
		t.transit = transit{known: true, ts: ts, prev: arrival, base: arrival}
		return
	}
	if d < 0 {
		d = -d
	}
	t.jitter += (d - t.jitter) / 16
	t.base = min(t.base, r)
}

// Slopes that are taken for a drift: crystals are within 500 ppm, and less than
// 5 ppm would take an hour for a tick.
const (
	leastDrift = 5
	mostDrift  = 500
)

// second ends a second of observation.
func (t *transit) second() {
	if t.base == math.MaxInt64 {
		return
	}
	copy(t.bases[1:], t.bases[:])
	t.bases[0] = t.base
	t.base = math.MaxInt64
	t.nbases = min(t.nbases+1, baseSpan)
	t.foresee = 0
	if t.nbases < 3 {
		return
	}
	seconds := int64(t.nbases - 1)
	change := t.bases[0] - t.bases[seconds]
	ppm := change / seconds / 1000
	if change > 2*t.jitter && ppm >= leastDrift && ppm <= mostDrift {
		t.foresee = change / seconds * 4
	}
}
