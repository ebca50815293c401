package per

import (
	"fmt"
	"reflect"
)

// choiceCodec is CHOICE (X.691 §22). Root alternatives come before additions.
type choiceCodec struct {
	ext          bool
	keep         bool // the marker is an Extra
	in           whole
	alternatives []field
}

func (c *choiceCodec) decode(d *decoder, v reflect.Value) error {
	if err := d.enter(); err != nil {
		return err
	}
	n, err := d.index(c.ext, &c.in)
	if err != nil {
		return err
	}
	if n >= len(c.alternatives) {
		octets, err := d.unknownOpen(c.keep)
		if err != nil {
			return in("(unknown)", d.where(), err)
		}
		if c.keep {
			setExtra(v, &kept{unknown: []unknown{{n, octets}}})
		}
		d.leave()
		return nil
	}
	f := &c.alternatives[n]
	if f.add {
		err = f.open(d, v)
	} else {
		err = f.decode(d, v)
	}
	if err != nil {
		return in(f.name, d.where(), err)
	}
	d.leave()
	return nil
}

func (c *choiceCodec) encode(e *encoder, v reflect.Value) error {
	if err := e.enter(); err != nil {
		return err
	}
	chosen := -1
	for i := range c.alternatives {
		if c.alternatives[i].absent(v) {
			continue
		}
		if chosen >= 0 {
			return fmt.Errorf("%w: %s and %s", ErrNoAlternative, c.alternatives[chosen].name, c.alternatives[i].name)
		}
		chosen = i
	}
	if chosen < 0 {
		return c.encodeUnknown(e, v)
	}
	f := &c.alternatives[chosen]
	e.index(c.ext, &c.in, chosen)
	var err error
	if f.add {
		err = e.inside(f.codec, f.value(v))
	} else {
		err = f.codec.encode(e, f.value(v))
	}
	if err != nil {
		return in(f.name, e.pos(), err)
	}
	e.leave()
	return nil
}

// encodeUnknown writes the alternative of a later version that was received.
func (c *choiceCodec) encodeUnknown(e *encoder, v reflect.Value) error {
	extra := extraOf(c.keep, v)
	if extra == nil || len(extra.unknown) != 1 || extra.unknown[0].index < len(c.alternatives) {
		return ErrNoAlternative
	}
	e.index(c.ext, &c.in, extra.unknown[0].index)
	e.pieces(&unsized, extra.unknown[0].octets)
	e.leave()
	return nil
}

func (c *choiceCodec) minBits() int { return bit(c.ext) + min(c.in.minBits(), 7) }
