package per

import (
	"encoding/binary"
	"math/bits"
)

// writer appends bits to octets.
type writer struct {
	buf   []byte
	start int // length of buf before the message
	free  int // bits of the last octet that are not used yet, 0 to 7
}

// pos is the number of bits written.
func (w *writer) pos() int { return (len(w.buf)-w.start)*8 - w.free }

// bits writes the n low bits of v, at most 64.
func (w *writer) bits(v uint64, n int) {
	for n > 0 {
		if w.free == 0 {
			w.buf = append(w.buf, 0)
			w.free = 8
		}
		take := min(w.free, n)
		chunk := byte(v>>(n-take)) & (1<<take - 1)
		w.free -= take
		w.buf[len(w.buf)-1] |= chunk << w.free
		n -= take
	}
}

func (w *writer) bit(b bool) {
	if b {
		w.bits(1, 1)
	} else {
		w.bits(0, 1)
	}
}

// align pads with zero bits up to the next octet.
func (w *writer) align() { w.free = 0 }

// octets writes whole octets from the next octet boundary.
func (w *writer) octets(b []byte) {
	w.align()
	w.buf = append(w.buf, b...)
}

// whole writes v, which the caller has checked, as a constrained whole number
// (X.691 §10.5).
func (w *writer) whole(c *whole, v int64) {
	d := uint64(v) - uint64(c.lo)
	switch c.form {
	case wholeAligned:
		w.align()
		w.bits(d, c.bits)
	case wholeLong:
		n := max(1, (bits.Len64(d)+7)/8)
		w.bits(uint64(n-1), c.lenBits)
		w.align()
		w.bits(d, 8*n)
	default:
		w.bits(d, c.bits)
	}
}

// length writes a length determinant (X.691 §10.9) for n of the items that are
// left, and returns how many items follow it and whether another length follows
// those.
func (w *writer) length(s *sizing, n int) (now int, more bool) {
	if !s.open {
		w.whole(&s.count, int64(n))
		return n, false
	}
	w.align()
	switch {
	case n < 0x80:
		w.bits(uint64(n), 8)
	case n < fragment:
		w.bits(0x8000|uint64(n), 16)
	default:
		parts := min(n/fragment, 4)
		w.bits(0xC0|uint64(parts), 8)
		return parts * fragment, true
	}
	return n, false
}

// small writes a normally small non-negative whole number (X.691 §10.6).
func (w *writer) small(n int) {
	if n < 64 {
		w.bits(uint64(n), 7)
		return
	}
	w.bits(1, 1)
	w.semi(0, int64(n))
}

// smallLength writes a normally small length (X.691 §10.9.3.4), at most maxIndex.
func (w *writer) smallLength(n int) {
	if n <= 64 {
		w.bits(uint64(n-1), 7)
		return
	}
	w.bits(1, 1)
	w.length(&unsized, n)
}

// semi writes a semi-constrained whole number (X.691 §10.7).
func (w *writer) semi(lo, v int64) {
	d := uint64(v) - uint64(lo)
	w.number(d, max(1, (bits.Len64(d)+7)/8))
}

// unconstrained writes an unconstrained whole number (X.691 §10.8).
func (w *writer) unconstrained(v int64) {
	size := bits.Len64(uint64(v ^ v>>63)) // without the sign bit
	w.number(uint64(v), size/8+1)
}

// number writes a length and the n low octets of v.
func (w *writer) number(v uint64, n int) {
	w.length(&unsized, n)
	w.bits(v, 8*n)
}

// pieces writes b as octets after lengths that count them, in fragments where b is
// long (X.691 §10.9.3.8).
func (w *writer) pieces(s *sizing, b []byte) {
	for {
		now, more := w.length(s, len(b))
		if now > 0 {
			w.octets(b[:now])
		}
		if b = b[now:]; !more {
			return
		}
	}
}

// opened begins an open type (X.691 §10.2) at the next octet and returns its mark.
func (w *writer) opened() (mark int) {
	w.align()
	w.buf = append(w.buf, 0) // most are shorter than 128 octets
	return len(w.buf)
}

// closed ends the open type begun at mark: it now knows its length.
func (w *writer) closed(mark int) {
	w.align()
	n := len(w.buf) - mark
	switch {
	case n == 0:
		w.buf[mark-1] = 1
		w.buf = append(w.buf, 0) // §10.1.3: at least one octet
	case n < 0x80:
		w.buf[mark-1] = byte(n)
	case n < fragment:
		w.buf = append(w.buf, 0)
		copy(w.buf[mark+1:], w.buf[mark:mark+n])
		binary.BigEndian.PutUint16(w.buf[mark-1:], 0x8000|uint16(n))
	default:
		content := append([]byte(nil), w.buf[mark:]...)
		w.buf = w.buf[:mark-1]
		w.pieces(&unsized, content)
	}
}
