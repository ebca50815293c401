package playout

import "github.com/partyline/partyline/media/codec"

// Limits of sequence numbers that jump (RFC 3550 §A.1).
const (
	maxDropout = 3000
	maxStrays  = 2  // far away and in sequence: the sender has begun anew
	maxLateRun = 12 // late one and all: it has begun anew nearby
)

// silentOpus is the length in bytes up to which an Opus packet says only that its
// sender is silent (DTX; RFC 6716 §2.1.9).
const silentOpus = 2

// Put takes a packet of the stream's codec.
func (b *Buffer) Put(p Packet) {
	n := len(p.Payload) * b.octet
	if b.octet == 0 {
		if b.f.Name == codec.Opus && len(p.Payload) <= silentOpus {
			b.Comfort(p.Seq, p.TS, 127, p.Arrival)
			return
		}
		n = b.f.FrameSamples(codec.Duration(b.f, p.Payload))
	}
	if n <= 0 || n > b.need*longestTicks {
		return // malformed: as good as lost
	}
	level := p.Level
	if b.gauge != nil {
		level = b.gauge.Level(p.Payload)
	}
	b.put(slot{kind: sound, level: level, marker: p.Marker, seq: p.Seq, ts: p.TS, n: n, arrival: p.Arrival}, p.Payload)
}

// Skip says that a packet of another kind (telephone-event) took this number:
// it is not lost, and there may be no sound while the event lasts.
func (b *Buffer) Skip(seq uint16, ts uint32, arrival int64) {
	b.put(slot{kind: skip, seq: seq, ts: ts, arrival: arrival}, nil)
}

// Comfort takes a comfort noise packet (RFC 3389): from ts on the sender is
// silent and has noise of this level, in -dBov, around it.
func (b *Buffer) Comfort(seq uint16, ts uint32, level byte, arrival int64) {
	b.put(slot{kind: comfort, level: level, seq: seq, ts: ts, arrival: arrival}, nil)
}

func (b *Buffer) put(s slot, payload []byte) {
	if !b.synced {
		b.synced = true
		b.next, b.tail = s.seq, s.ts
	}
	if !b.fits(&s) {
		return
	}
	b.strayRun = 0
	if s.kind == sound {
		if b.playing {
			b.when.observe(s.ts, s.arrival)
			b.when.arrived(b.early(s.ts), s.arrival)
		}
		end := s.ts + b.ticks(s.n)
		if b.in.count == 0 || int32(end-b.in.end) > 0 {
			b.in.end = end
		}
	} else if b.in.count == 0 {
		b.in.end = s.ts
	}
	b.in.store(s, payload)
}

// early is how far ts is ahead of what the last tick played, in samples.
func (b *Buffer) early(ts uint32) int {
	return b.samples(int32(ts-b.tail)) + b.out.len() - b.debt
}

// fits decides by the sequence number whether a packet can wait in the queue.
func (b *Buffer) fits(s *slot) bool {
	ahead := int(int16(s.seq - b.next))
	switch {
	case ahead >= 0 && ahead < queueSize:
		return b.in.at(s.seq) == nil
	case ahead < 0 && ahead > -queueSize && !b.playing:
		return b.begins(s)
	case ahead < 0 && ahead >= -64:
		return b.late(s, -ahead)
	case ahead >= queueSize && ahead < maxDropout:
		b.leap(s.seq)
		return true
	}
	if b.playing && b.in.count == 0 && s.kind == sound && s.ts == b.tail {
		b.next, b.missed = s.seq, 0 // it goes on, but counts anew
		return true
	}
	return b.stray(s, maxStrays)
}

// begins takes a packet that was overtaken before anything was played.
func (b *Buffer) begins(s *slot) bool {
	for k := range queueSize {
		if b.in.at(s.seq+queueSize+uint16(k)) != nil {
			return false
		}
	}
	b.next, b.tail = s.seq, s.ts
	return true
}

// late deals with a packet whose number has been passed.
func (b *Buffer) late(s *slot, behind int) bool {
	bit := uint64(1) << (behind - 1)
	if b.missed&bit != 0 {
		b.missed &^= bit
		b.stats.Late++
		if s.kind == sound {
			b.when.observe(s.ts, s.arrival)
			b.when.arrived(b.early(s.ts), s.arrival)
		}
	}
	return b.stray(s, maxLateRun)
}

// stray counts packets that fit nowhere. Enough of them in sequence, and
// nothing that fits between them, are the stream, begun anew.
func (b *Buffer) stray(s *slot, enough int) bool {
	if b.strayRun > 0 && s.seq != b.strayTo {
		b.strayRun = 0
	}
	b.strayRun++
	b.strayTo = s.seq + 1
	if b.strayRun < enough {
		return false
	}
	b.in.clear()
	b.restart()
	b.when.reset()
	b.synced = true
	b.next, b.tail = s.seq, s.ts
	return true
}

// leap gives up what waits at the front, so that seq has room.
func (b *Buffer) leap(seq uint16) {
	next := seq - queueSize + 1
	if n := int(next - b.next); n >= queueSize {
		b.stats.Lost += uint64(n - b.in.count)
		b.holes += n - b.in.count
		b.in.clear()
		b.next = next
	}
	for ; b.next != next; b.next++ {
		if s := b.in.at(b.next); s != nil {
			b.in.drop(s)
		} else {
			b.stats.Lost++
			b.holes++
		}
	}
	b.missed = 0
}
