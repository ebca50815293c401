package media

import (
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/playout"
)

// Senders of old make what RFC 3551 does not foresee: packets of a millisecond,
// and G.722 whose clock counts its 16,000 samples a second instead of 8,000
// (RFC 3551 §4.5.2). Both are brought into the usual form before the playout.

// Octets of a codec of 64 kbit/s, of which 8 are a millisecond.
const (
	shortPacket  = 40 // shorter than this: pieces, to be joined
	joinedPacket = 80
)

// habit is how a sender packs its sound, where that is unusual.
type habit struct {
	join  *pieces // nil: packets come in usual lengths
	short uint8   // pieces in a row, until they are joined
	twice twice
}

// surely is how many packets in a row tell a habit. A single short one, such as the
// last of a talkspurt, tells nothing.
const surely = 3

// manner is what habits depend on of the format that is played.
type manner struct {
	clock  int32 // of RTP, in Hz, as agreed
	g722   bool
	octets bool // of 64 kbit/s, which can be cut anywhere
}

func mannerOf(f *codec.Format) manner {
	return manner{clock: int32(f.ClockRate), g722: f.Name == codec.G722, octets: f.OctetSamples() > 0}
}

// put brings a packet into the usual form and to the playout.
func (h *habit) put(m manner, p *rtpPacket, arrival int64, b *playout.Buffer) {
	if m.g722 {
		h.twice.follow(p)
	}
	switch {
	case h.join != nil:
	case !m.octets || len(p.payload) >= shortPacket:
		h.short = 0
	default:
		if h.short++; h.short == surely {
			h.join = &pieces{out: p.seq}
		}
	}
	if h.join != nil {
		h.join.take(p, arrival, b)
		return
	}
	b.Put(playout.Packet{Seq: p.seq, TS: p.ts, Marker: p.marker, Level: p.level, Payload: p.payload, Arrival: arrival})
}

// clock is the rate of the sender's timestamps, in Hz.
func (h *habit) clock(m manner) int {
	if h.twice.on {
		return 2 * int(m.clock)
	}
	return int(m.clock)
}

// pieces joins short packets into such of 10 ms. What it gives out is numbered
// anew; a number is left out where packets were lost.
type pieces struct {
	started bool
	seq     uint16 // of the next piece
	out     uint16 // of the next packet given out
	ts, end uint32 // of the first piece; after the last
	marker  bool
	arrival int64 // of the last piece
	n       int
	buf     [joinedPacket + shortPacket]byte
}

// take adds a packet.
func (j *pieces) take(p *rtpPacket, arrival int64, b *playout.Buffer) {
	if j.started {
		switch ahead := int16(p.seq - j.seq); {
		case ahead < 0 && ahead > -100:
			return // overtaken: its time has been given out
		case ahead != 0:
			j.flush(b)
			j.out++
		case p.ts != j.end || p.marker:
			j.flush(b)
		}
	}
	j.started, j.seq = true, p.seq+1
	if len(p.payload) > len(j.buf)-j.n {
		j.flush(b)
	}
	if j.n == 0 {
		j.ts, j.marker = p.ts, p.marker
	}
	j.end, j.arrival = p.ts+uint32(len(p.payload)), arrival
	if len(p.payload) > len(j.buf) { // no piece
		b.Put(playout.Packet{Seq: j.out, TS: p.ts, Marker: p.marker, Level: p.level, Payload: p.payload, Arrival: arrival})
		j.out++
		return
	}
	j.n += copy(j.buf[j.n:], p.payload)
	if j.n >= joinedPacket {
		j.flush(b)
	}
}

// flush gives out what is there.
func (j *pieces) flush(b *playout.Buffer) {
	if j.n == 0 {
		return
	}
	b.Put(playout.Packet{Seq: j.out, TS: j.ts, Marker: j.marker, Level: noLevel, Payload: j.buf[:j.n], Arrival: j.arrival})
	j.out++
	j.n = 0
}

// skip takes a packet that carries no sound.
func (j *pieces) skip(p *rtpPacket, arrival int64, b *playout.Buffer) {
	j.flush(b)
	b.Skip(j.out, p.ts, arrival)
	j.out++
	j.seq = p.seq + 1
}

// twice finds a sender of G.722 whose timestamps run at 16 kHz, and halves them.
type twice struct {
	on     bool
	seen   uint8 // packets in a row after which the clock had advanced by two an octet
	seq    uint16
	octets int
	ts     uint32 // as sent
	out    uint32 // as given out
}

// follow looks at a packet of G.722 and rewrites its timestamp if need be.
func (t *twice) follow(p *rtpPacket) {
	was, step := t.on, p.ts-t.ts
	if t.octets > 0 && p.seq == t.seq+1 {
		switch step {
		case uint32(2 * t.octets):
			if t.seen < surely {
				t.seen++
			}
			t.on = t.on || t.seen == surely
		case uint32(t.octets):
			t.seen, t.on = 0, false
		}
	}
	if t.on && was {
		t.out += uint32(int32(step) / 2)
	} else {
		t.out = p.ts
	}
	t.seq, t.octets, t.ts = p.seq, len(p.payload), p.ts
	p.ts = t.out
}
