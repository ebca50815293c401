package playout

// queueSize is how many sequence numbers are held at most, from the one that
// plays next: 640 ms of the usual packets, 320 ms of the shortest.
const queueSize = 32

type kind uint8

const (
	none    kind = iota
	sound        // a payload of the codec
	skip         // a packet that carries no sound took the number
	comfort      // comfort noise from here on
)

// slot is one packet that waits.
type slot struct {
	kind    kind
	level   uint8 // -dBov: of comfort noise, or of sound if that is known
	marker  bool
	seq     uint16
	n       int // samples of sound
	ts      uint32
	arrival int64
	payload []byte
}

// queue holds packets by sequence number until their time comes. Payload
// buffers are made when first needed and used again, so that a stream without
// jitter has one or two.
type queue struct {
	count int
	end   uint32 // timestamp after the newest sound, while count > 0
	free  [][]byte
	slots [queueSize]slot
}

// at is the packet with this number, nil if it is not here.
func (q *queue) at(seq uint16) *slot {
	s := &q.slots[seq%queueSize]
	if s.kind == none || s.seq != seq {
		return nil
	}
	return s
}

// store takes a packet whose number is within queueSize of the next to play.
func (q *queue) store(s slot, payload []byte) {
	old := &q.slots[s.seq%queueSize]
	if old.kind != none {
		q.drop(old)
	}
	if len(payload) > 0 {
		s.payload = append(q.buffer(len(payload)), payload...)
	}
	*old = s
	q.count++
}

func (q *queue) buffer(n int) []byte {
	if k := len(q.free) - 1; k >= 0 {
		p := q.free[k]
		q.free = q.free[:k]
		if cap(p) >= n {
			return p[:0]
		}
	}
	return make([]byte, 0, (n+31)&^31)
}

// drop empties a slot.
func (q *queue) drop(s *slot) {
	if s.payload != nil {
		q.free = append(q.free, s.payload)
	}
	*s = slot{}
	q.count--
}

// first is the distance from seq to the first packet that is here.
func (q *queue) first(seq uint16) (s *slot, distance int) {
	if q.count == 0 {
		return nil, 0
	}
	for k := range queueSize {
		if s := q.at(seq + uint16(k)); s != nil {
			return s, k
		}
	}
	return nil, 0
}

func (q *queue) clear() {
	for i := range q.slots {
		if q.slots[i].kind != none {
			q.drop(&q.slots[i])
		}
	}
}
