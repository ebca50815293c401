package per

import (
	"fmt"
	"strconv"
	"strings"
)

// bounds is a value or size constraint.
type bounds struct {
	lo, hi       int64
	hasLo, hasHi bool
	ext          bool // extensible: other values are encoded as if unconstrained
}

// rules is what a tag says about one use of a type.
type rules struct {
	opt, add    bool
	value, size bounds
	from        string // permitted alphabet; empty when there is none
	kind        stringKind
	of          *rules // constraints of the elements; nil when there are none
}

// stringKind is the ASN.1 type behind a Go string.
type stringKind int

const (
	ia5 stringKind = iota
	numeric
	printable
	visible
	bmp
	general // and other types without a fixed number of bits a character
)

var stringKinds = map[string]stringKind{
	"ia5": ia5, "numeric": numeric, "printable": printable, "visible": visible,
	"bmp": bmp, "general": general, "utf8": general,
}

// parseTag reads the tag of a field.
func parseTag(tag string) (*rules, error) {
	r := &rules{}
	if tag == "" {
		return r, nil
	}
	for part := range strings.SplitSeq(tag, ";") {
		if err := r.parse(part); err != nil {
			return nil, fmt.Errorf("%w: tag %q: %w", ErrType, tag, err)
		}
	}
	return r, nil
}

func (r *rules) parse(part string) (err error) {
	if rest, ok := strings.CutPrefix(part, "of."); ok {
		if r.of == nil {
			r.of = &rules{}
		}
		return r.of.parse(rest)
	}
	key, value, hasValue := strings.Cut(part, "=")
	if kind, ok := stringKinds[key]; ok && !hasValue {
		r.kind = kind
		return nil
	}
	switch {
	case key == "opt" && !hasValue:
		r.opt = true
	case key == "add" && !hasValue:
		r.add = true
	case key == "range" && hasValue:
		r.value, err = parseBounds(value)
	case key == "size" && hasValue:
		r.size, err = parseBounds(value)
		if err == nil && r.size.lo < 0 {
			err = fmt.Errorf("size below 0")
		}
	case key == "from" && value != "":
		r.from = value
	default:
		err = fmt.Errorf("unknown part %q", part)
	}
	return err
}

// parseBounds reads "1..128", "16", "1..", "..5" and each of them with ",...".
func parseBounds(s string) (b bounds, err error) {
	s, b.ext = strings.CutSuffix(s, ",...")
	lo, hi, pair := strings.Cut(s, "..")
	if !pair {
		hi = lo
	}
	if b.hasLo = lo != ""; b.hasLo {
		if b.lo, err = strconv.ParseInt(lo, 10, 64); err != nil {
			return b, err
		}
	}
	if b.hasHi = hi != ""; b.hasHi {
		if b.hi, err = strconv.ParseInt(hi, 10, 64); err != nil {
			return b, err
		}
	}
	if !b.hasLo && !b.hasHi || b.hasLo && b.hasHi && b.lo > b.hi {
		return b, fmt.Errorf("empty bounds %q", s)
	}
	return b, nil
}
