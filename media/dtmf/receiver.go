package dtmf

// Receiver turns the telephone-events of one stream into key presses. Each
// press counts once, at the first of its packets that arrives, so that a prompt
// stops at once when a key goes down. What tells presses apart is the RTP
// timestamp, which is that of the press's beginning in all of its packets
// (RFC 4733 §2.5.1.1), so lost, doubled and reordered packets do not matter. The
// zero value is ready.
type Receiver struct {
	// recent holds the latest segments, newest first, so that a packet that
	// was overtaken by the next press is not taken for a third.
	recent [8]segment
	n      int
}

// segment is one event as RTP carries it; a long press has several.
type segment struct {
	ts    uint32
	last  uint32 // ts and the longest duration reported
	seq   uint16 // newest packet
	digit byte
	ended bool
}

// Put takes the event of one packet. It returns the key and true when that
// packet is the first of its press. seq is the packet's RTP sequence number and
// marker its marker bit, which begins a press (RFC 4733 §2.2.2).
func (r *Receiver) Put(ts uint32, seq uint16, marker bool, ev Event) (key byte, pressed bool) {
	end := ts + uint32(ev.Duration)
	for i := range r.recent[:r.n] {
		s := &r.recent[i]
		if s.ts == ts && s.digit == ev.Digit {
			if int16(seq-s.seq) > 0 {
				s.seq = seq
			}
			if int32(end-s.last) > 0 {
				s.last = end
			}
			s.ended = s.ended || ev.End
			return 0, false
		}
	}
	segmented := r.continues(ts, seq, marker, ev)
	r.push(segment{ts: ts, last: end, seq: seq, digit: ev.Digit, ended: ev.End})
	if segmented {
		return 0, false
	}
	return ev.Digit, true
}

// Segments of a long press follow each other at nearly the longest duration the
// field holds, less a packet or two (of up to 60 ms at 48 kHz). Some of the
// packets that tell how long a segment has become may be lost.
const (
	longest     = 0xffff
	leastApart  = longest - 2*2880
	leastLength = longest / 2
)

// continues says that an event is a further segment of a press too long for
// the duration field: it begins where the segment before it must have ended,
// which had no end bit (RFC 4733 §2.5.1.3).
func (r *Receiver) continues(ts uint32, seq uint16, marker bool, ev Event) bool {
	if marker || r.n == 0 {
		return false
	}
	s := r.recent[0]
	if s.digit != ev.Digit || s.ended || int16(seq-s.seq) <= 0 {
		return false
	}
	apart := ts - s.ts
	return apart >= leastApart && apart <= longest && s.last-s.ts >= leastLength
}

func (r *Receiver) push(s segment) {
	copy(r.recent[1:], r.recent[:])
	r.recent[0] = s
	r.n = min(r.n+1, len(r.recent))
}

// Reset forgets all presses: for a new SSRC, whose timestamps begin anywhere.
func (r *Receiver) Reset() { r.n = 0 }
