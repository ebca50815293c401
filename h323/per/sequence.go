package per

import "reflect"

// field is a component of a SEQUENCE or an alternative of a CHOICE.
type field struct {
	name  string
	index int
	codec codec
	opt   bool // or an addition or alternative: nil is absent
	add   bool
	elem  reflect.Type // behind the pointer; nil for values and slices
	bytes int          // what elem takes in memory
}

// decode reads the component into its field of v.
func (f *field) decode(d *decoder, v reflect.Value) error {
	v = v.Field(f.index)
	if f.elem == nil {
		return f.codec.decode(d, v)
	}
	if err := f.pointer(d, v); err != nil {
		return err
	}
	return f.codec.decode(d, v.Elem())
}

// open reads the component from an open type, as additions are encoded.
func (f *field) open(d *decoder, v reflect.Value) error {
	v = v.Field(f.index)
	if f.elem == nil {
		return d.inside(f.codec, v)
	}
	if err := f.pointer(d, v); err != nil {
		return err
	}
	return d.inside(f.codec, v.Elem())
}

func (f *field) pointer(d *decoder, v reflect.Value) error {
	if err := d.take(f.bytes); err != nil {
		return err
	}
	v.Set(reflect.New(f.elem))
	return nil
}

// value returns the component of v to encode.
func (f *field) value(v reflect.Value) reflect.Value {
	v = v.Field(f.index)
	if f.elem != nil {
		return v.Elem()
	}
	return v
}

func (f *field) absent(v reflect.Value) bool { return v.Field(f.index).IsNil() }

// sequenceCodec is SEQUENCE and SET (X.691 §18, §20).
type sequenceCodec struct {
	ext       bool
	keep      bool // the marker is an Extra
	optional  int  // OPTIONAL components of the root
	root      []field
	additions []field
	maps      []kept // what to keep of bit maps of 0, 1, 2… bits, made once
	least     int
}

func (c *sequenceCodec) decode(d *decoder, v reflect.Value) (err error) {
	if err = d.enter(); err != nil {
		return err
	}
	extended := false
	if c.ext {
		if extended, err = d.bit(); err != nil {
			return err
		}
	}
	present := d.pos
	if err = d.skip(c.optional); err != nil {
		return err
	}
	for i := range c.root {
		f := &c.root[i]
		if f.opt {
			if present++; !d.at(present - 1) {
				continue
			}
		}
		if err = f.decode(d, v); err != nil {
			return in(f.name, d.where(), err)
		}
	}
	if extended {
		if err = c.decodeAdditions(d, v); err != nil {
			return err
		}
	}
	d.leave()
	return nil
}

// decodeAdditions reads the extension bit map and the additions it shows (§18.7 to
// §18.9). A map of another length comes from another version.
func (c *sequenceCodec) decodeAdditions(d *decoder, v reflect.Value) error {
	n, err := d.smallLength()
	if err != nil {
		return err
	}
	present := d.pos
	if err := d.skip(n); err != nil {
		return err
	}
	var more []unknown
	some := false
	for i := range n {
		if !d.at(present + i) {
			continue
		}
		some = true
		if i < len(c.additions) {
			if err := c.additions[i].open(d, v); err != nil {
				return in(c.additions[i].name, d.where(), err)
			}
			continue
		}
		octets, err := d.unknownOpen(c.keep)
		if err != nil {
			return in("(unknown)", d.where(), err)
		}
		if c.keep {
			more = append(more, unknown{i, octets})
		}
	}
	switch {
	case !c.keep || !some || n == len(c.additions):
		// A map that shows nothing should not be there at all (§18.1).
	case n < len(c.maps):
		setExtra(v, &c.maps[n])
	default:
		if err := d.take(64); err != nil {
			return err
		}
		setExtra(v, &kept{mapBits: n, unknown: more})
	}
	return nil
}

func (c *sequenceCodec) encode(e *encoder, v reflect.Value) error {
	if err := e.enter(); err != nil {
		return err
	}
	mapBits, extra := c.extension(v)
	if c.ext {
		e.bit(mapBits > 0)
	}
	for i := range c.root {
		if f := &c.root[i]; f.opt {
			e.bit(!f.absent(v))
		}
	}
	for i := range c.root {
		f := &c.root[i]
		if f.opt && f.absent(v) {
			continue
		}
		if err := f.codec.encode(e, f.value(v)); err != nil {
			return in(f.name, e.pos(), err)
		}
	}
	if mapBits > 0 {
		if err := c.encodeAdditions(e, v, mapBits, extra); err != nil {
			return err
		}
	}
	e.leave()
	return nil
}

// extension returns the length of v's extension bit map, 0 without additions, and
// what v keeps of another version. The map is as long as this version's, or as the
// one received was if it shows every addition that is present.
func (c *sequenceCodec) extension(v reflect.Value) (mapBits int, extra *kept) {
	last := 0
	for i := len(c.additions); i > 0; i-- {
		if !c.additions[i-1].absent(v) {
			last = i
			break
		}
	}
	if extra = extraOf(c.keep, v); extra == nil {
		if last == 0 {
			return 0, nil
		}
		return len(c.additions), nil
	}
	if last == 0 && len(extra.unknown) == 0 {
		return 0, nil
	}
	return max(last, extra.mapBits), extra
}

func (c *sequenceCodec) encodeAdditions(e *encoder, v reflect.Value, mapBits int, extra *kept) error {
	var more []unknown
	if extra != nil {
		more = extra.unknown
	}
	e.smallLength(mapBits)
	for i, next := 0, 0; i < mapBits; i++ {
		if i < len(c.additions) {
			e.bit(!c.additions[i].absent(v))
			continue
		}
		here := next < len(more) && more[next].index == i
		e.bit(here)
		if here {
			next++
		}
	}
	for i := range c.additions[:min(mapBits, len(c.additions))] {
		f := &c.additions[i]
		if f.absent(v) {
			continue
		}
		if err := e.inside(f.codec, f.value(v)); err != nil {
			return in(f.name, e.pos(), err)
		}
	}
	for _, u := range more {
		e.pieces(&unsized, u.octets)
	}
	return nil
}

func (c *sequenceCodec) minBits() int { return c.least }
