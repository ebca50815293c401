package load

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// role is what a phone is for.
type role int

const (
	listener role = iota
	talker
	clicker
)

// phone is one caller.
type phone struct {
	room   int
	member int // its number in the room, in the order of calling
	role   role
	hz     float64 // a talker's tone
	slot   int     // the millisecond of the 20 in which it sends
	addr   netip.Addr
	wire   *wire
	loops  *loops

	call     dialog
	endpoint *endpoint // of a call by H.323
	tx       sending
	rx       receiving
}

// sending is what the pacer knows of a phone. It owns it from the answer on.
type sending struct {
	source source
	remote unix.RawSockaddrInet4
	loop   [][]byte // nil: DTX or nothing
	idle   Idle
	clicks []codedClick
	every  int64 // frames between two of its clicks; 0: none
	first  int64 // frame of the first
	click  *codedClick
	since  int64 // the frame in which the click began
	header [12]byte
	seq    uint16
	stamp  uint32
	paused bool
}

// A phone with DTX sends every 400 ms. It and one that will send nothing begin with a
// few packets of noise: a gateway goes on sending only to whom it has heard.
const (
	silentFrames = 20
	firstPackets = 5
)

// payload is what the phone sends in a frame; nil: nothing. begins says that a click
// begins in it.
func (s *sending) payload(l *loops, frame int64, clicking bool) (pt uint8, b []byte, begins bool) {
	pt = l.format.PayloadType
	if s.every > 0 && clicking && (frame-s.first)%s.every == 0 {
		s.click, s.since = &s.clicks[(frame/s.every*5+s.first)%int64(len(s.clicks))], frame
		begins = true
	}
	if s.click != nil {
		if k := frame - s.since; k < int64(len(s.click.frames)) {
			return pt, s.click.frames[k], begins
		}
		s.click = nil
	}
	switch {
	case s.loop != nil:
		return pt, s.loop[frame%int64(len(s.loop))], false
	case s.seq < firstPackets:
		return pt, l.noise[frame%int64(len(l.noise))], false
	case s.idle == DTX && frame%silentFrames == s.first%silentFrames:
		pt, b = comfort(l.format)
	}
	return pt, b, false
}

// head writes the RTP header of a packet.
func (s *sending) head(pt uint8) []byte {
	if s.paused {
		pt |= 0x80 // a talk spurt begins
	}
	s.header[1] = pt
	binary.BigEndian.PutUint16(s.header[2:], s.seq)
	binary.BigEndian.PutUint32(s.header[4:], s.stamp)
	s.seq++
	return s.header[:]
}

// span is a window of time in which the phones are watched, in ns of wall-clock time.
type span struct {
	from, to int64
	tail     int64 // how long a track goes on behind it
	tracks   map[*phone]bool
}

// receiving is what the receiver knows of a phone.
type receiving struct {
	started bool
	ssrc    uint32
	next    uint16
	stamp   uint32
	last    int64  // arrival of the last packet
	before  []byte // its sound, empty if it had none
	span    *span
	seen    tally
}

// tally is what a phone received in a span.
type tally struct {
	packets, lost, late, streams int
	rests                        int       // ticks left out in silence
	gaps                         []float32 // ms between packets, without the ticks left out
	longest                      float64   // ms
	when                         int64     // the end of the longest gap
	pause                        pause     // not settled yet
	track                        []recorded
}

// packet takes an RTP packet.
func (r *receiving) packet(p *phone, b []byte, arrival int64, s *span) {
	if len(b) < 12 || b[0]>>6 != 2 || (b[1] >= 192 && b[1] <= 223) {
		return // RTCP among them
	}
	seq, ssrc := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[8:])
	in := s != nil && arrival >= s.from && arrival < s.to
	if in && r.span != s {
		r.span, r.seen = s, tally{}
	}
	t := &r.seen
	stamp := binary.BigEndian.Uint32(b[4:])
	leap := int16(seq - r.next)
	switch {
	case !r.started || ssrc != r.ssrc:
		if in && r.started {
			t.streams++
		}
	case leap < 0: // out of order: it was counted as lost
		if in {
			t.late++
			t.packets++
		}
		return
	case in && t.packets > 0:
		t.lost += int(leap)
	}
	if in {
		t.packets++
		if r.started && r.last >= s.from {
			gap := float64(arrival-r.last) / 1e6
			if leap == 0 && p.mayRest(r, gap, stamp) {
				t.settle()
				t.pause = pause{from: r.last, stamp: r.stamp, extra: gap, gap: gap, end: arrival, open: restPackets}
			} else {
				t.gap(gap, arrival)
			}
			if t.pause.open > 0 {
				t.follow(arrival, float64(stamp-t.pause.stamp)/float64(p.loops.format.ClockTicks(time.Millisecond)))
			}
		}
	}
	sound := p.sound(b)
	if sound != nil && s != nil && s == r.span && s.tracks[p] && arrival >= s.from && arrival < s.to+s.tail {
		t.track = append(t.track, recorded{arrival, stamp, append([]byte(nil), sound...)})
	}
	r.started, r.ssrc, r.next, r.last = true, ssrc, seq+1, arrival
	r.stamp = stamp
	if in {
		r.before = append(r.before[:0], sound...)
	}
}

// sound is a packet's payload, nil if it is none of the call's format.
func (p *phone) sound(b []byte) []byte {
	n := 12 + 4*int(b[0]&15)
	if b[0]&0x30 != 0 || len(b) <= n || b[1]&0x7f != p.loops.format.PayloadType {
		return nil
	}
	return b[n:]
}

// restPackets is how many packets tell whether a tick was left out: those after it all
// come a frame later than the time stamps say. After one that came late they do not.
const restPackets = 10

// pause is a long gap in silence.
type pause struct {
	from  int64   // arrival of the packet before it
	stamp uint32  // its time stamp
	gap   float64 // ms
	end   int64
	open  int     // packets until it is settled
	extra float64 // ms by which those after it came late at least
}

// mayRest says that in a gap a tick may have been left out in silence: nothing was lost,
// the time stamp goes on, and nothing was heard. So a gateway whose ticks have come
// sooner by and by, to let sound wait less, gets back to the clock.
func (p *phone) mayRest(r *receiving, gap float64, stamp uint32) bool {
	return gap > 1.5*frameMS && stamp-r.stamp == p.loops.format.ClockTicks(frameMS*time.Millisecond) && p.loops.silent(r.before)
}

// follow takes a packet at or after the end of the pause, whose time stamp is so many ms
// behind that of the packet before it.
func (t *tally) follow(arrival int64, ms float64) {
	p := &t.pause
	p.extra = min(p.extra, float64(arrival-p.from)/1e6-ms)
	if p.open--; p.open == 0 {
		t.settle()
	}
}

// settle counts the pause: as a tick left out, if all packets after it were late. One
// of which that is not known yet is a late one.
func (t *tally) settle() {
	p := t.pause
	if p.gap == 0 {
		return
	}
	if p.open == 0 && p.extra > frameMS/2 {
		t.rests++
		p.gap -= frameMS
	}
	t.gap(p.gap, p.end)
	t.pause = pause{}
}

func (t *tally) gap(ms float64, end int64) {
	t.gaps = append(t.gaps, float32(ms))
	if ms > t.longest {
		t.longest, t.when = ms, end
	}
}
