package per

import (
	"fmt"
	"reflect"
)

// nullCodec is NULL: no bits (X.691 §17).
type nullCodec struct{}

func (nullCodec) decode(*decoder, reflect.Value) error { return nil }
func (nullCodec) encode(*encoder, reflect.Value) error { return nil }
func (nullCodec) minBits() int                         { return 0 }

// boolCodec is BOOLEAN: one bit (X.691 §11).
type boolCodec struct{}

func (boolCodec) decode(d *decoder, v reflect.Value) error {
	b, err := d.bit()
	v.SetBool(b)
	return err
}

func (boolCodec) encode(e *encoder, v reflect.Value) error {
	e.bit(v.Bool())
	return nil
}

func (boolCodec) minBits() int { return 1 }

// intCodec is INTEGER (X.691 §12).
type intCodec struct {
	bounds
	count whole // when there are both bounds
}

func newInt(b bounds) *intCodec {
	c := &intCodec{bounds: b}
	if b.hasLo && b.hasHi {
		c.count = newWhole(b.lo, b.hi)
	}
	return c
}

func (c *intCodec) decode(d *decoder, v reflect.Value) (err error) {
	outside := false
	if c.ext {
		if outside, err = d.bit(); err != nil {
			return err
		}
	}
	var n int64
	switch {
	case outside || !c.hasLo:
		if n, err = d.free(); err == nil && !outside && !c.has(n) {
			err = fmt.Errorf("%w: %d", ErrConstraint, n)
		}
	case c.hasHi:
		n, err = d.whole(&c.count)
	default:
		n, err = d.semi(c.lo)
	}
	if err == nil && v.OverflowInt(n) {
		err = fmt.Errorf("%w: %d does not fit %s", ErrConstraint, n, v.Type())
	}
	if err == nil {
		v.SetInt(n)
	}
	return err
}

func (c *intCodec) encode(e *encoder, v reflect.Value) error {
	n := v.Int()
	outside := !c.has(n)
	if outside && !c.ext {
		return fmt.Errorf("%w: %d", ErrConstraint, n)
	}
	if c.ext {
		e.bit(outside)
	}
	switch {
	case outside || !c.hasLo:
		e.unconstrained(n)
	case c.hasHi:
		e.whole(&c.count, n)
	default:
		e.semi(c.lo, n)
	}
	return nil
}

func (c *intCodec) has(n int64) bool { return (!c.hasLo || n >= c.lo) && (!c.hasHi || n <= c.hi) }

func (c *intCodec) minBits() int {
	switch {
	case c.ext:
		return 1
	case c.hasLo && c.hasHi:
		return c.count.minBits()
	}
	return 16
}

// enumCodec is ENUMERATED (X.691 §13). It keeps additions that it does not know.
type enumCodec struct {
	root int
	ext  bool
	in   whole
}

func newEnum(e Enumerated) (*enumCodec, error) {
	root, additions, ext := e.PEREnum()
	if root < 1 || additions < 0 || additions > 0 && !ext {
		return nil, fmt.Errorf("%w: %T has %d enumerations and %d additions", ErrType, e, root, additions)
	}
	return &enumCodec{root: root, ext: ext, in: newWhole(0, int64(root-1))}, nil
}

func (c *enumCodec) decode(d *decoder, v reflect.Value) error {
	n, err := d.index(c.ext, &c.in)
	if err == nil && v.OverflowInt(int64(n)) {
		err = fmt.Errorf("%w: %d does not fit %s", ErrConstraint, n, v.Type())
	}
	if err == nil {
		v.SetInt(int64(n))
	}
	return err
}

func (c *enumCodec) encode(e *encoder, v reflect.Value) error {
	n := v.Int()
	if n < 0 || n >= int64(c.root) && !c.ext || n > int64(c.root+maxIndex) {
		return fmt.Errorf("%w: enumeration %d", ErrConstraint, n)
	}
	e.index(c.ext, &c.in, int(n))
	return nil
}

func (c *enumCodec) minBits() int { return bit(c.ext) + min(c.in.minBits(), 7) }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// index reads which enumeration or alternative it is: those of the root, which in
// counts, come first, then the additions (X.691 §13 and §22).
func (d *decoder) index(ext bool, in *whole) (int, error) {
	if ext {
		added, err := d.bit()
		if err != nil {
			return 0, err
		}
		if added {
			n, err := d.small()
			return int(in.span) + 1 + n, err
		}
	}
	n, err := d.whole(in)
	return int(n), err
}

func (e *encoder) index(ext bool, in *whole, n int) {
	root := int(in.span) + 1
	if ext {
		e.bit(n >= root)
	}
	if n >= root {
		e.small(n - root)
		return
	}
	e.whole(in, int64(n))
}
