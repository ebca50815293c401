package capture

import (
	"encoding/binary"
	"slices"
)

// assembler puts segments into streams and cuts messages out of them.
type assembler struct {
	streams map[flow]*stream
	out     []Message
}

// stream is one direction of a TCP connection.
type stream struct {
	started bool
	next    uint32            // sequence number of the octet after buf
	buf     []byte            // not yet a complete frame
	later   map[uint32][]byte // segments after a gap
	kind    Kind
	known   bool // kind is decided
}

func (a *assembler) frame(number int, frame []byte) {
	p, ok := parseIP(frame)
	if !ok {
		return
	}
	switch p.proto {
	case protoUDP:
		a.out = append(a.out, Message{Datagram, p.from, p.to, number, slices.Clone(p.body[8:])})
	case protoTCP:
		if len(p.body) >= 20 {
			a.segment(number, p)
		}
	}
}

func (a *assembler) segment(number int, p packet) {
	const syn, rst = 2, 4
	header, flags := int(p.body[12]>>4)*4, p.body[13]
	if header < 20 || header > len(p.body) {
		return
	}
	seq, payload := binary.BigEndian.Uint32(p.body[4:]), p.body[header:]
	s := a.streams[p.flow]
	if s == nil || flags&syn != 0 {
		s = &stream{later: map[uint32][]byte{}}
		a.streams[p.flow] = s
	}
	if flags&syn != 0 {
		s.started, s.next = true, seq+1
		return
	}
	if !s.started { // the recording began within the connection
		s.started, s.next = true, seq
	}
	if len(payload) > 0 && flags&rst == 0 {
		s.put(seq, payload)
		a.cut(number, p.flow, s)
	}
}

// put adds a segment and all that wait behind it.
func (s *stream) put(seq uint32, payload []byte) {
	if len(payload) > len(s.later[seq]) {
		s.later[seq] = payload
	}
	for again := true; again; {
		again = false
		for at, b := range s.later {
			skip := int32(s.next - at) // octets that came before
			if skip < 0 {
				continue
			}
			delete(s.later, at)
			if int(skip) < len(b) {
				s.buf = append(s.buf, b[skip:]...)
				s.next += uint32(len(b)) - uint32(skip)
			}
			again = true
		}
	}
}

// cut takes the complete TPKT frames (RFC 1006 §6) out of s; empty ones, which
// keep connections alive, carry no message.
func (a *assembler) cut(number int, f flow, s *stream) {
	for len(s.buf) >= 4 && s.buf[0] == 3 {
		n := int(binary.BigEndian.Uint16(s.buf[2:]))
		if n < 4 || n > len(s.buf) {
			return
		}
		data := slices.Clone(s.buf[4:n])
		s.buf = s.buf[n:]
		if len(data) == 0 {
			continue
		}
		if !s.known {
			s.kind, s.known = kindOf(data), true
		}
		a.out = append(a.out, Message{s.kind, f.from, f.to, number, data})
	}
}

// kindOf tells the two users of TPKT apart by the first message of a connection:
// Q.931's protocol discriminator and a call reference of two octets, or none.
func kindOf(data []byte) Kind {
	if data[0] == 0x08 && len(data) > 4 && (data[1] == 2 || data[1] == 0) {
		return Signalling
	}
	return Control
}
