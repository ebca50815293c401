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

// queue holds packets in the order of their sequence numbers until their time comes.
// They lie at the front, so that a stream without jitter uses one or two slots, and
// the memory of those, for all of its packets. A slot that is empty keeps the memory
// of its payload.
type queue struct {
	count int
	end   uint32 // timestamp after the newest sound, while count > 0
	slots [queueSize]slot
}

// at is the packet with this number, nil if it is not here. It is valid until the
// next store or drop.
func (q *queue) at(seq uint16) *slot {
	for i := q.count - 1; i >= 0; i-- {
		if q.slots[i].seq == seq {
			return &q.slots[i]
		}
	}
	return nil
}

// store takes a packet that is not here and whose number is within queueSize of the
// next to play.
func (q *queue) store(s slot, payload []byte) {
	if q.count == queueSize {
		q.drop(&q.slots[0])
	}
	i := q.count
	memory := q.slots[i].payload
	for ; i > 0 && int16(q.slots[i-1].seq-s.seq) > 0; i-- {
		q.slots[i] = q.slots[i-1]
	}
	if cap(memory) < len(payload) {
		memory = make([]byte, 0, (len(payload)+31)&^31)
	}
	s.payload = append(memory[:0], payload...)
	q.slots[i] = s
	q.count++
}

// drop takes a packet of this queue out.
func (q *queue) drop(s *slot) {
	for i := range q.count {
		if s != &q.slots[i] {
			continue
		}
		memory := s.payload[:0]
		copy(q.slots[i:], q.slots[i+1:q.count])
		q.count--
		q.slots[q.count] = slot{payload: memory}
		return
	}
}

// first is the first packet from seq on, and its distance from there.
func (q *queue) first(seq uint16) (s *slot, distance int) {
	for i := range q.count {
		if d := int(q.slots[i].seq - seq); d < queueSize {
			return &q.slots[i], d
		}
	}
	return nil, 0
}

func (q *queue) clear() {
	for q.count > 0 {
		q.drop(&q.slots[q.count-1])
	}
}
