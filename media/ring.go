package media

import "sync/atomic"

// ringSlots is how many packets a ring holds: what a thousand calls send in a tick,
// since an engine may read and take that much at once.
const ringSlots = 1024

// ring hands packets from one goroutine to another without a lock: one producer,
// one consumer. A full ring loses the newest.
type ring struct {
	slots []slot
	mask  uint64
	head  atomic.Uint64 // next to take; the consumer's
	_     [56]byte      // the two counters are of different cache lines
	tail  atomic.Uint64 // next to fill; the producer's
}

type slot struct {
	packet
	buf [maxPacket]byte
}

// newRing makes a ring of n slots, a power of two.
func newRing(n int) *ring {
	return &ring{slots: make([]slot, n), mask: uint64(n - 1)}
}

// reserve is the slot to fill, nil if the ring is full. The producer calls commit
// when it is filled.
func (r *ring) reserve() *slot {
	t := r.tail.Load()
	if t-r.head.Load() == uint64(len(r.slots)) {
		return nil
	}
	return &r.slots[t&r.mask]
}

func (r *ring) commit() { r.tail.Add(1) }

// peek is the oldest slot, nil if the ring is empty. The consumer calls release
// when it is done with it.
func (r *ring) peek() *slot {
	h := r.head.Load()
	if h == r.tail.Load() {
		return nil
	}
	return &r.slots[h&r.mask]
}

func (r *ring) release() { r.head.Add(1) }

// put copies a packet in and says whether there was room.
func (r *ring) put(p *packet) bool {
	s := r.reserve()
	if s == nil {
		return false
	}
	n := copy(s.buf[:], p.data)
	s.packet = *p
	s.data = s.buf[:n]
	r.commit()
	return true
}
