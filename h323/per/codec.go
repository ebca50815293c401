package per

import (
	"fmt"
	"reflect"
)

// codec is the plan of one type with its constraints. Plans are never changed once
// compiled. Values to decode into are addressable and zero.
type codec interface {
	decode(d *decoder, v reflect.Value) error
	encode(e *encoder, v reflect.Value) error
	minBits() int // no value takes fewer bits
}

const (
	defaultDepth = 64
	encodeDepth  = 256 // values that point at themselves end here
	baseElements = 64
	baseMemory   = 64 << 10
	memoryFactor = 256
	maxMemory    = 3584 << 10 // leaves room for what the allocator rounds up
)

// decoder is the state of one decoding. What may still be taken is counted down.
type decoder struct {
	reader
	depth, elements, memory int
}

// decodeValue decodes v and returns the octets after it.
func decodeValue(data []byte, v any, limits Limits) ([]byte, error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return nil, &Error{Err: fmt.Errorf("%w: %T is not a pointer to a struct", ErrType, v)}
	}
	plan, err := planOf(p.Type().Elem())
	if err != nil {
		return nil, &Error{Err: err}
	}
	d := decoder{reader: reader{data: data, end: 8 * len(data)}}
	d.depth = or(limits.Depth, defaultDepth)
	d.elements = or(limits.Elements, baseElements+8*len(data))
	d.memory = or(limits.Memory, min(baseMemory+memoryFactor*len(data), maxMemory))
	p.Elem().SetZero()
	if err := plan.decode(&d, p.Elem()); err != nil {
		p.Elem().SetZero()
		return nil, located(d.where(), err)
	}
	return data[min(max(1, (d.pos+7)/8), len(data)):], nil // X.691 §10.1.3: at least one
}

func or(n, byDefault int) int {
	if n > 0 {
		return n
	}
	return byDefault
}

// where is the position in bits from the start of the message.
func (d *decoder) where() int { return d.base + d.pos }

// enter goes one value deeper; leave comes back.
func (d *decoder) enter() error {
	if d.depth <= 0 {
		return fmt.Errorf("%w: nested too deeply", ErrLimit)
	}
	d.depth--
	return nil
}

func (d *decoder) leave() { d.depth++ }

// take asks for memory of n octets before it is allocated.
func (d *decoder) take(n int) error {
	if n > d.memory {
		return fmt.Errorf("%w: value of %d octets", ErrLimit, n)
	}
	d.memory -= n + n>>3 + 8 // as the allocator rounds up
	return nil
}

// room returns b with room for n more octets. It grows to twice its size, so that
// all it ever took is at most four times what it holds.
func (d *decoder) room(b []byte, n int) ([]byte, error) {
	if b != nil && n <= cap(b)-len(b) {
		return b, nil
	}
	n = max(2*cap(b), len(b)+n)
	if err := d.take(n); err != nil {
		return nil, err
	}
	return append(make([]byte, 0, n), b...), nil
}

// pieces reads lengths and octets up to the last fragment and checks their size.
// What it returns may be a view of the input.
func (d *decoder) pieces(s *sizing) ([]byte, error) {
	n, more, err := d.length(s)
	if err != nil {
		return nil, err
	}
	if !more && n == 0 { // nothing follows, not even padding
		return []byte{}, sizeError(s, 0)
	}
	b, err := d.octets(n)
	if err != nil {
		return nil, err
	}
	if !more {
		return b, sizeError(s, n)
	}
	if err := d.take(d.left()/8 + n); err != nil { // the fragments can't be longer
		return nil, err
	}
	joined := append(make([]byte, 0, d.left()/8+n), b...)
	for more {
		if n, more, err = d.length(s); err != nil {
			return nil, err
		}
		if b, err = d.octets(n); err != nil {
			return nil, err
		}
		joined = append(joined, b...)
	}
	return joined, sizeError(s, len(joined))
}

func sizeError(s *sizing, n int) error {
	if s.has(n) {
		return nil
	}
	return fmt.Errorf("%w: size %d", ErrConstraint, n)
}

// sizing reads the extension bit of a size constraint and returns what holds.
func (d *decoder) sizing(s *sizing) (*sizing, error) {
	if s.ext {
		outside, err := d.bit()
		if err != nil {
			return nil, err
		}
		if outside {
			return &unsized, nil
		}
	}
	return s, nil
}

// inside reads an open type (X.691 §10.2) and decodes its contents.
func (d *decoder) inside(c codec, v reflect.Value) error {
	n, more, err := d.length(&unsized)
	if err != nil {
		return err
	}
	outer := d.reader
	if more {
		// Only what a message of more than 16K octets can hold; put together first.
		d.pos -= 8
		joined, err := d.pieces(&unsized)
		if err != nil {
			return err
		}
		outer.pos = d.pos
		d.reader = reader{data: joined, end: 8 * len(joined), base: outer.base + outer.pos - 8*len(joined)}
	} else {
		if err := outer.skip(8 * n); err != nil {
			return err
		}
		d.end = outer.pos
	}
	if err := c.decode(d, v); err != nil {
		return err // where it failed is wanted, so the position stays
	}
	d.reader = outer
	return nil
}

// encoder is the state of one encoding.
type encoder struct {
	writer
	depth int
}

func appendValue(dst []byte, v any) ([]byte, error) {
	p := reflect.ValueOf(v)
	if p.Kind() == reflect.Pointer {
		p = p.Elem()
	}
	if !p.IsValid() {
		return dst, &Error{Err: fmt.Errorf("%w: nothing to encode", ErrType)}
	}
	plan, err := planOf(p.Type())
	if err != nil {
		return dst, &Error{Err: err}
	}
	e := encoder{writer: writer{buf: dst, start: len(dst)}, depth: encodeDepth}
	if err := plan.encode(&e, p); err != nil {
		return dst, located(e.pos(), err)
	}
	if e.pos() == 0 {
		e.bits(0, 8) // X.691 §10.1.3
	}
	return e.buf, nil
}

func (e *encoder) enter() error {
	if e.depth <= 0 {
		return fmt.Errorf("%w: nested too deeply", ErrLimit)
	}
	e.depth--
	return nil
}

func (e *encoder) leave() { e.depth++ }

// sizing checks n against a size constraint, writes its extension bit and returns
// what holds.
func (e *encoder) sizing(s *sizing, n int) (*sizing, error) {
	if !s.ext {
		return s, sizeError(s, n)
	}
	outside := !s.has(n)
	e.bit(outside)
	if outside {
		return &unsized, nil
	}
	return s, nil
}

// inside writes v as the contents of an open type (X.691 §10.2).
func (e *encoder) inside(c codec, v reflect.Value) error {
	mark := e.opened()
	if err := c.encode(e, v); err != nil {
		return err
	}
	e.closed(mark)
	return nil
}
