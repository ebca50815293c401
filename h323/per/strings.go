package per

import (
	"reflect"
	"unicode/utf16"
	"unicode/utf8"
)

// stringCodec is a known-multiplier character string type (X.691 §27.5): every
// character takes the same number of bits.
type stringCodec struct {
	size    sizing
	chars   *alphabet
	aligned bool // what stands within the size constraint
}

func newString(r *rules) (codec, error) {
	if r.kind == general { // §27.6: octets whose size no constraint shows
		return &octetStringCodec{}, nil
	}
	chars, err := newAlphabet(r.kind, r.from)
	if err != nil {
		return nil, err
	}
	c := &stringCodec{size: newSizing(r.size), chars: chars}
	switch most := c.size.hi * chars.bits; {
	case c.size.open:
		c.aligned = true
	case c.size.fixed(): // §27.5.6
		c.aligned = most > 16
	default: // §27.5.7
		c.aligned = most >= 16
	}
	return c, nil
}

func (c *stringCodec) decode(d *decoder, v reflect.Value) error {
	size, err := d.sizing(&c.size)
	if err != nil {
		return err
	}
	aligned := c.aligned || size.open
	var text []byte
	total := 0
	for more := true; more; {
		var n int
		if n, more, err = d.length(size); err != nil {
			return err
		}
		if n > 0 && aligned {
			d.align()
		}
		if n*c.chars.bits > d.left() {
			return ErrTruncated
		}
		total += n
		if !more && text == nil && aligned && c.chars.plain() {
			return c.plain(d, v, size, n)
		}
		if text, err = d.room(text, n*max(1, c.chars.bits*3/16)); err != nil { // UTF-8 of a BMP character
			return err
		}
		if text, err = c.some(d, text, n); err != nil {
			return err
		}
	}
	if err := d.take(len(text)); err != nil {
		return err
	}
	v.SetString(string(text))
	return sizeError(size, total)
}

// plain reads n characters that are octets, most strings, with one copy.
func (c *stringCodec) plain(d *decoder, v reflect.Value, size *sizing, n int) error {
	b, err := d.octets(n)
	if err != nil {
		return err
	}
	if err := d.take(n); err != nil {
		return err
	}
	v.SetString(string(b))
	return sizeError(size, n)
}

// some appends the next n characters to text.
func (c *stringCodec) some(d *decoder, text []byte, n int) ([]byte, error) {
	for ; n > 0; n-- {
		code, err := d.bits(c.chars.bits)
		if err != nil {
			return nil, err
		}
		if c.chars.bits == 16 {
			r := rune(code)
			if n > 1 && utf16.IsSurrogate(r) { // not in the BMP, but peers send UTF-16
				pos := d.pos
				low, _ := d.bits(16)
				if r = utf16.DecodeRune(r, rune(low)); r == utf8.RuneError {
					d.pos = pos
				} else {
					n--
				}
			}
			text = utf8.AppendRune(text, r)
			continue
		}
		char, err := c.chars.char(code)
		if err != nil {
			return nil, err
		}
		text = append(text, char)
	}
	return text, nil
}

func (c *stringCodec) encode(e *encoder, v reflect.Value) error {
	text := v.String()
	n := len(text)
	var wide []uint16
	if c.chars.bits == 16 {
		wide = utf16.Encode([]rune(text))
		n = len(wide)
	}
	size, err := e.sizing(&c.size, n)
	if err != nil {
		return err
	}
	for at, more := 0, true; more; {
		var now int
		now, more = e.length(size, n-at)
		if now > 0 && (c.aligned || size.open) {
			e.align()
		}
		if c.chars.plain() && e.free == 0 {
			e.buf = append(e.buf, text[at:at+now]...)
			at += now
			continue
		}
		for end := at + now; at < end; at++ {
			if wide != nil {
				e.bits(uint64(wide[at]), 16)
				continue
			}
			code, err := c.chars.code(text[at])
			if err != nil {
				return err
			}
			e.bits(code, c.chars.bits)
		}
	}
	return nil
}

func (c *stringCodec) minBits() int { return c.size.minBits(c.chars.bits) }

// octetStringCodec is a character string type whose characters take differing
// numbers of octets, GeneralString or UTF8String: its octets as they are.
type octetStringCodec struct{}

func (octetStringCodec) decode(d *decoder, v reflect.Value) error {
	b, err := d.pieces(&unsized)
	if err != nil {
		return err
	}
	if err := d.take(len(b)); err != nil {
		return err
	}
	v.SetString(string(b))
	return nil
}

func (octetStringCodec) encode(e *encoder, v reflect.Value) error {
	e.pieces(&unsized, []byte(v.String()))
	return nil
}

func (octetStringCodec) minBits() int { return 8 }
