package per

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// plans holds a codec for every struct type seen so far, complete and never changed
// again: what the types say does not change while a program runs.
var plans sync.Map // reflect.Type to codec

var (
	nullType   = reflect.TypeFor[Null]()
	oidType    = reflect.TypeFor[OID]()
	openType   = reflect.TypeFor[Open]()
	bitsType   = reflect.TypeFor[BitString]()
	extraType  = reflect.TypeFor[Extra]()
	enumerated = reflect.TypeFor[Enumerated]()
	noType     = reflect.TypeFor[struct{}]()
)

// planOf returns the plan of a struct type. Two goroutines that meet a new type at
// once may both compile it; their plans are the same.
func planOf(t reflect.Type) (codec, error) {
	if c, ok := plans.Load(t); ok {
		return c.(codec), nil
	}
	c := compiler{}
	plan, err := c.structure(t)
	if err != nil {
		return nil, err
	}
	for t, p := range c {
		plans.LoadOrStore(t, p)
	}
	return plan, nil
}

// compiler holds the struct types met while compiling, perhaps not complete yet:
// types contain themselves.
type compiler map[reflect.Type]codec

// compile plans a type under the constraints of r.
func (c compiler) compile(t reflect.Type, r *rules) (codec, error) {
	switch {
	case t == nullType:
		return nullCodec{}, nil
	case t == oidType:
		return oidCodec{}, nil
	case t == openType:
		return &octetsCodec{size: unsized, open: true}, nil
	case t == bitsType:
		return &bitsCodec{size: newSizing(r.size)}, nil
	case t.Implements(enumerated) && t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return newEnum(reflect.Zero(t).Interface().(Enumerated))
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolCodec{}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return newInt(r.value), nil
	case reflect.String:
		return newString(r)
	case reflect.Struct:
		return c.structure(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return &octetsCodec{size: newSizing(r.size)}, nil
		}
		of := r.of
		if of == nil {
			of = &rules{}
		}
		elem, err := c.compile(t.Elem(), of)
		return &listCodec{size: newSizing(r.size), elem: elem, slice: t, bytes: int(t.Elem().Size())}, err
	}
	return nil, fmt.Errorf("%w: %s", ErrType, t)
}

// structure plans a SEQUENCE or CHOICE by its marker.
func (c compiler) structure(t reflect.Type) (codec, error) {
	if p, ok := plans.Load(t); ok {
		return p.(codec), nil
	}
	if p, ok := c[t]; ok {
		return p, nil
	}
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return nil, fmt.Errorf("%w: %s has no marker field", ErrType, t)
	}
	marker := t.Field(0)
	keep := marker.Type == extraType && marker.Anonymous
	if !keep && (marker.Type != noType || marker.Name != "_") {
		return nil, fmt.Errorf("%w: %s has no marker field", ErrType, t)
	}
	kind, ext := strings.CutSuffix(marker.Tag.Get("per"), ",ext")
	var plan codec
	var err error
	switch kind {
	case "sequence":
		s := &sequenceCodec{ext: ext, keep: keep && ext}
		c[t], plan = s, s
		err = c.sequence(t, s)
	case "choice":
		s := &choiceCodec{ext: ext, keep: keep && ext}
		c[t], plan = s, s
		err = c.choice(t, s)
	default:
		err = fmt.Errorf("%w: marker %q", ErrType, kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name(), err)
	}
	return plan, nil
}

func (c compiler) sequence(t reflect.Type, s *sequenceCodec) error {
	fields, err := c.fields(t, false)
	if err != nil {
		return err
	}
	s.least = bit(s.ext)
	for _, f := range fields {
		switch {
		case f.add:
			s.additions = append(s.additions, f)
			continue
		case len(s.additions) > 0:
			return fmt.Errorf("%s: %w: of the root, after an addition", f.name, ErrType)
		case f.opt:
			s.optional++
			s.least++
		default:
			s.least += f.codec.minBits()
		}
		s.root = append(s.root, f)
	}
	if !s.ext && len(s.additions) > 0 {
		return fmt.Errorf("%w: additions without ext", ErrType)
	}
	if s.keep {
		s.maps = make([]kept, len(s.additions))
		for i := range s.maps {
			s.maps[i].mapBits = i
		}
	}
	return nil
}

func (c compiler) choice(t reflect.Type, s *choiceCodec) error {
	fields, err := c.fields(t, true)
	if err != nil {
		return err
	}
	root := 0
	for i, f := range fields {
		if f.add {
			continue
		}
		if root++; root != i+1 {
			return fmt.Errorf("%s: %w: of the root, after an addition", f.name, ErrType)
		}
	}
	if root == 0 || !s.ext && root < len(fields) {
		return fmt.Errorf("%w: %d alternatives of the root, %d additions", ErrType, root, len(fields)-root)
	}
	s.in = newWhole(0, int64(root-1))
	s.alternatives = fields
	return nil
}

// fields plans the fields after the marker. Those that may be absent are pointers
// or slices, as every alternative of a CHOICE is.
func (c compiler) fields(t reflect.Type, choice bool) ([]field, error) {
	fields := make([]field, 0, t.NumField()-1)
	for i := 1; i < t.NumField(); i++ {
		sf := t.Field(i)
		r, err := parseTag(sf.Tag.Get("per"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sf.Name, err)
		}
		f := field{name: sf.Name, index: i, opt: r.opt || r.add || choice, add: r.add}
		ft := sf.Type
		pointer, slice := ft.Kind() == reflect.Pointer, ft.Kind() == reflect.Slice
		if !sf.IsExported() || f.opt && !pointer && !slice || !f.opt && pointer || r.opt && (r.add || choice) {
			return nil, fmt.Errorf("%s: %w: %s with tag %q", sf.Name, ErrType, ft, sf.Tag.Get("per"))
		}
		if pointer {
			f.elem = ft.Elem()
			f.bytes = int(f.elem.Size())
			ft = f.elem
		}
		if f.codec, err = c.compile(ft, r); err != nil {
			return nil, fmt.Errorf("%s: %w", sf.Name, err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}
