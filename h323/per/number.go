package per

import "math/bits"

const (
	fragment = 16 << 10 // items of the smallest fragment, X.691 §10.9.3.8
	limit64K = 64 << 10 // sizes from here on are encoded as if unconstrained
	maxIndex = fragment - 1
)

// whole is how a constrained whole number is encoded (X.691 §10.5.7).
type whole struct {
	lo      int64
	span    uint64 // the largest number less the smallest
	form    wholeForm
	bits    int // of the field; the most there can be in the long form
	lenBits int // of the long form's length, which counts octets from 1
}

type wholeForm int

const (
	wholeBits    wholeForm = iota // a bit-field without alignment, perhaps of no bits
	wholeAligned                  // one or two aligned octets
	wholeLong                     // a length and aligned octets, for ranges above 64K
)

func newWhole(lo, hi int64) whole {
	w := whole{lo: lo, span: uint64(hi) - uint64(lo)}
	switch {
	case w.span < 255:
		w.bits = bits.Len64(w.span)
	case w.span == 255:
		w.form, w.bits = wholeAligned, 8
	case w.span < limit64K:
		w.form, w.bits = wholeAligned, 16
	default:
		octets := (bits.Len64(w.span) + 7) / 8
		w.form, w.bits, w.lenBits = wholeLong, 8*octets, bits.Len(uint(octets-1))
	}
	return w
}

// minBits is the least number of bits that a number takes.
func (w *whole) minBits() int {
	if w.form == wholeLong {
		return w.lenBits + 8
	}
	return w.bits
}

// sizing is how the count of a string's or list's items is encoded.
type sizing struct {
	lo, hi int // hi is -1 when there is no upper bound
	ext    bool
	open   bool  // a general length, perhaps in fragments (X.691 §10.9.3.5 to 8)
	count  whole // otherwise
}

// unsized is the size of a thing without a size constraint.
var unsized = sizing{hi: -1, open: true}

func newSizing(b bounds) sizing {
	s := sizing{lo: int(b.lo), hi: -1, ext: b.ext, open: true}
	if b.hasHi && b.hi < 1<<31 {
		s.hi = int(b.hi)
	}
	if s.hi >= 0 && s.hi < limit64K {
		s.open, s.count = false, newWhole(b.lo, b.hi)
	}
	return s
}

// fixed says that every value has the same size and none is encoded.
func (s *sizing) fixed() bool { return !s.open && s.lo == s.hi }

// has says whether n items satisfy the constraint.
func (s *sizing) has(n int) bool { return n >= s.lo && (s.hi < 0 || n <= s.hi) }

// minBits is the least that the length and items of itemBits each take.
func (s *sizing) minBits(itemBits int) int {
	switch {
	case s.ext:
		return 1
	case s.open:
		return 8
	}
	return s.count.minBits() + s.lo*itemBits
}
