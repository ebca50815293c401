package per

import (
	"fmt"
	"reflect"
	"strconv"
)

// listCodec is SEQUENCE OF and SET OF (X.691 §19, §21).
type listCodec struct {
	size  sizing
	elem  codec
	slice reflect.Type
	bytes int // of an element in memory
}

func (c *listCodec) decode(d *decoder, v reflect.Value) error {
	if err := d.enter(); err != nil {
		return err
	}
	size, err := d.sizing(&c.size)
	if err != nil {
		return err
	}
	done := 0
	for more := true; more; {
		var n int
		if n, more, err = d.length(size); err != nil {
			return err
		}
		if err := c.grow(d, v, done, n); err != nil {
			return err
		}
		for end := done + n; done < end; done++ {
			if err := c.elem.decode(d, v.Index(done)); err != nil {
				return in("["+strconv.Itoa(done)+"]", d.where(), err)
			}
		}
	}
	d.leave()
	return sizeError(size, done)
}

// grow makes room for n more elements if there can be so many.
func (c *listCodec) grow(d *decoder, v reflect.Value, done, n int) error {
	if n*c.elem.minBits() > d.left() {
		return ErrTruncated
	}
	if n > d.elements {
		return fmt.Errorf("%w: %d elements", ErrLimit, n)
	}
	d.elements -= n
	if done == 0 {
		if err := d.take(n * c.bytes); err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(c.slice, n, n))
		return nil
	}
	if err := d.take((done + n) * c.bytes); err != nil {
		return err
	}
	longer := reflect.MakeSlice(c.slice, done+n, done+n)
	reflect.Copy(longer, v)
	v.Set(longer)
	return nil
}

func (c *listCodec) encode(e *encoder, v reflect.Value) error {
	if err := e.enter(); err != nil {
		return err
	}
	size, err := e.sizing(&c.size, v.Len())
	if err != nil {
		return err
	}
	for at, more := 0, true; more; {
		var now int
		now, more = e.length(size, v.Len()-at)
		for end := at + now; at < end; at++ {
			if err := c.elem.encode(e, v.Index(at)); err != nil {
				return in("["+strconv.Itoa(at)+"]", e.pos(), err)
			}
		}
	}
	e.leave()
	return nil
}

func (c *listCodec) minBits() int { return c.size.minBits(c.elem.minBits()) }
