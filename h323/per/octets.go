package per

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// octetsCodec is OCTET STRING (X.691 §16) and, without a size, the open type, whose
// encoding is the same (§10.2).
type octetsCodec struct {
	size sizing
	open bool
}

func (c *octetsCodec) decode(d *decoder, v reflect.Value) error {
	size, err := d.sizing(&c.size)
	if err != nil {
		return err
	}
	var b []byte
	if size.fixed() && size.lo <= 2 { // §16.6: not aligned
		n, err := d.bits(8 * size.lo)
		if err != nil {
			return err
		}
		b = []byte{byte(n >> 8), byte(n)}[2-size.lo:]
	} else if b, err = d.pieces(size); err != nil {
		return err
	}
	if c.open && len(b) == 0 {
		b = []byte{0} // §10.1.3: no complete encoding is shorter
	}
	if err := d.take(len(b)); err != nil {
		return err
	}
	v.SetBytes(append(make([]byte, 0, len(b)), b...))
	return nil
}

func (c *octetsCodec) encode(e *encoder, v reflect.Value) error {
	b := v.Bytes()
	if c.open && len(b) == 0 {
		return fmt.Errorf("%w: an open type holds at least one octet", ErrConstraint)
	}
	size, err := e.sizing(&c.size, len(b))
	if err != nil {
		return err
	}
	if size.fixed() && size.lo <= 2 {
		for _, o := range b {
			e.bits(uint64(o), 8)
		}
		return nil
	}
	e.pieces(size, b)
	return nil
}

func (c *octetsCodec) minBits() int { return c.size.minBits(8) }

// bitsCodec is BIT STRING (X.691 §15).
type bitsCodec struct{ size sizing }

func (c *bitsCodec) decode(d *decoder, v reflect.Value) error {
	size, err := d.sizing(&c.size)
	if err != nil {
		return err
	}
	var b BitString
	for more := true; more; {
		var n int
		if n, more, err = d.length(size); err != nil {
			return err
		}
		if n > 0 && !(size.fixed() && size.lo <= 16) { // §15.9: else not aligned
			d.align()
		}
		if n > d.left() {
			return ErrTruncated
		}
		if n == 0 {
			break
		}
		if b.Bytes, err = d.room(b.Bytes, (n+7)/8); err != nil {
			return err
		}
		for b.Bits += n; n > 0; n -= 8 {
			part, _ := d.bits(min(n, 8))
			b.Bytes = append(b.Bytes, byte(part<<(8-min(n, 8))))
		}
	}
	*v.Addr().Interface().(*BitString) = b
	return sizeError(size, b.Bits)
}

func (c *bitsCodec) encode(e *encoder, v reflect.Value) error {
	b := v.Interface().(BitString)
	if b.Bits < 0 || b.Bits > 8*len(b.Bytes) {
		return fmt.Errorf("%w: %d bits in %d octets", ErrConstraint, b.Bits, len(b.Bytes))
	}
	size, err := e.sizing(&c.size, b.Bits)
	if err != nil {
		return err
	}
	for more := true; more; {
		var n int
		n, more = e.length(size, b.Bits)
		if n > 0 && !(size.fixed() && size.lo <= 16) {
			e.align()
		}
		for i := 0; i < n; i += 8 {
			take := min(n-i, 8)
			e.bits(uint64(b.Bytes[i/8]>>(8-take)), take)
		}
		b.Bytes, b.Bits = b.Bytes[(n+7)/8:], b.Bits-n
	}
	return nil
}

func (c *bitsCodec) minBits() int { return c.size.minBits(1) }

// oidCodec is OBJECT IDENTIFIER: a length and the contents octets of BER (X.691 §23).
type oidCodec struct{}

func (oidCodec) decode(d *decoder, v reflect.Value) error {
	b, err := d.pieces(&unsized)
	if err != nil {
		return err
	}
	if len(b) == 0 || b[len(b)-1]&0x80 != 0 {
		return fmt.Errorf("%w: object identifier without an end", ErrConstraint)
	}
	if err := d.take(4 * len(b)); err != nil {
		return err
	}
	text := make([]byte, 0, 2*len(b)+2)
	var arc uint64
	for _, o := range b {
		if arc > math.MaxUint64>>7 {
			return fmt.Errorf("%w: arc of an object identifier above 64 bits", ErrConstraint)
		}
		if arc = arc<<7 | uint64(o&0x7F); o&0x80 != 0 {
			continue
		}
		if len(text) == 0 { // the first two arcs share a number, X.690 §8.19.4
			first := min(arc/40, 2)
			text = strconv.AppendUint(text, first, 10)
			arc -= 40 * first
		}
		text = strconv.AppendUint(append(text, '.'), arc, 10)
		arc = 0
	}
	v.SetString(string(text))
	return nil
}

func (oidCodec) encode(e *encoder, v reflect.Value) error {
	text := v.String()
	var room [32]byte
	b := room[:0]
	first := uint64(0)
	for i := 0; text != ""; i++ {
		part, rest, dotted := strings.Cut(text, ".")
		arc, err := strconv.ParseUint(part, 10, 64)
		bad := err != nil || dotted && rest == "" || i == 0 && (arc > 2 || !dotted) ||
			i == 1 && (first < 2 && arc > 39 || arc > math.MaxUint64-80)
		if bad {
			return fmt.Errorf("%w: object identifier %q", ErrConstraint, v.String())
		}
		text = rest
		if i == 0 {
			first = arc
			continue
		}
		if i == 1 {
			arc += 40 * first
		}
		b = appendArc(b, arc)
	}
	if len(b) == 0 {
		return fmt.Errorf("%w: empty object identifier", ErrConstraint)
	}
	e.pieces(&unsized, b)
	return nil
}

func (oidCodec) minBits() int { return 16 }

// appendArc appends seven bits an octet, the most significant first.
func appendArc(b []byte, arc uint64) []byte {
	for shift := 63; shift > 0; shift -= 7 {
		if arc>>shift != 0 {
			b = append(b, 0x80|byte(arc>>shift))
		}
	}
	return append(b, byte(arc&0x7F))
}
