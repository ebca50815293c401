package per

import "fmt"

// reader takes bits from octets. Positions count bits from the start of data; a
// failed read leaves the position where it was.
type reader struct {
	data []byte
	pos  int
	end  int // a multiple of 8
	base int // where data starts in the message, for errors
}

// left is the number of bits that can still be read.
func (r *reader) left() int { return r.end - r.pos }

// at returns the bit at a position that has been passed already.
func (r *reader) at(pos int) bool { return r.data[pos>>3]&(0x80>>(pos&7)) != 0 }

// skip passes n bits.
func (r *reader) skip(n int) error {
	if n > r.left() {
		return ErrTruncated
	}
	r.pos += n
	return nil
}

func (r *reader) bit() (bool, error) {
	if r.pos >= r.end {
		return false, ErrTruncated
	}
	b := r.at(r.pos)
	r.pos++
	return b, nil
}

// bits reads an unsigned number of n bits, at most 64.
func (r *reader) bits(n int) (v uint64, err error) {
	if n > r.left() {
		return 0, ErrTruncated
	}
	for n > 0 {
		have := 8 - r.pos&7
		take := min(have, n)
		chunk := r.data[r.pos>>3] >> (have - take) & (1<<take - 1)
		v = v<<take | uint64(chunk)
		r.pos += take
		n -= take
	}
	return v, nil
}

// align passes the padding before an octet-aligned field (X.691 §10.7). What the
// padding holds is nobody's business.
func (r *reader) align() { r.pos = (r.pos + 7) &^ 7 }

// octets reads n whole octets from the next octet boundary. They are a view of data.
func (r *reader) octets(n int) ([]byte, error) {
	start := (r.pos + 7) >> 3
	if n > r.end>>3-start {
		return nil, ErrTruncated
	}
	r.pos = (start + n) << 3
	return r.data[start : start+n : start+n], nil
}

// whole reads a constrained whole number (X.691 §10.5).
func (r *reader) whole(w *whole) (int64, error) {
	start, n := r.pos, w.bits
	switch w.form {
	case wholeAligned:
		r.align()
	case wholeLong:
		octets, err := r.bits(w.lenBits)
		if err != nil {
			return 0, err
		}
		if n = int(octets+1) * 8; n > w.bits {
			return 0, fmt.Errorf("%w: number of %d octets", ErrConstraint, octets+1)
		}
		r.align()
	}
	v, err := r.bits(n)
	if err == nil && v > w.span {
		err = fmt.Errorf("%w: %d above %d", ErrConstraint, v, w.span)
	}
	if err != nil {
		r.pos = start
		return 0, err
	}
	return int64(uint64(w.lo) + v), nil
}

// length reads a length determinant (X.691 §10.9). More says that it counts a
// fragment, after whose items another length follows.
func (r *reader) length(s *sizing) (n int, more bool, err error) {
	if !s.open {
		v, err := r.whole(&s.count)
		return int(v), false, err
	}
	r.align()
	first, err := r.bits(8)
	switch {
	case err != nil:
		return 0, false, err
	case first < 0x80:
		return int(first), false, nil
	case first < 0xC0:
		low, err := r.bits(8)
		return int(first&0x3F)<<8 | int(low), false, err
	}
	if first &= 0x3F; first < 1 || first > 4 {
		return 0, false, fmt.Errorf("%w: fragment of %d × 16K", ErrConstraint, first)
	}
	return int(first) * fragment, true, nil
}

// small reads a normally small non-negative whole number (X.691 §10.6).
func (r *reader) small() (int, error) {
	large, err := r.bit()
	if err != nil {
		return 0, err
	}
	if !large {
		v, err := r.bits(6)
		return int(v), err
	}
	v, err := r.semi(0)
	if err == nil && v > maxIndex {
		err = fmt.Errorf("%w: index %d", ErrLimit, v)
	}
	return int(v), err
}

// smallLength reads a normally small length (X.691 §10.9.3.4).
func (r *reader) smallLength() (int, error) {
	large, err := r.bit()
	if err != nil {
		return 0, err
	}
	if !large {
		v, err := r.bits(6)
		return int(v) + 1, err
	}
	n, more, err := r.length(&unsized)
	if more {
		err = fmt.Errorf("%w: extension bit map in fragments", ErrLimit)
	}
	return n, err
}

// semi reads a semi-constrained whole number (X.691 §10.7): its octets hold how far
// it lies above lo.
func (r *reader) semi(lo int64) (int64, error) {
	v, n, err := r.number()
	if err != nil {
		return 0, err
	}
	sum := int64(uint64(lo) + v)
	if sum < lo {
		return 0, fmt.Errorf("%w: number of %d octets", ErrConstraint, n)
	}
	return sum, nil
}

// free reads an unconstrained whole number (X.691 §10.8), in two's complement.
func (r *reader) free() (int64, error) {
	v, n, err := r.number()
	if err != nil {
		return 0, err
	}
	shift := 64 - 8*n
	return int64(v<<shift) >> shift, nil
}

// number reads a length and as many octets, at most 8.
func (r *reader) number() (v uint64, n int, err error) {
	n, more, err := r.length(&unsized)
	if err != nil {
		return 0, 0, err
	}
	if n < 1 || n > 8 || more {
		return 0, n, fmt.Errorf("%w: number of %d octets", ErrConstraint, n)
	}
	v, err = r.bits(8 * n)
	return v, n, err
}
