package per

import (
	"fmt"
	"math/bits"
	"slices"
)

// alphabet is how the characters of a string type are encoded (X.691 §27.5): each
// as a number of bits that is a power of two, either its code itself or, when codes
// are too large for the bits, its place in the alphabet.
type alphabet struct {
	bits    int
	indexed bool
	chars   []byte     // in canonical order; nil when every code that fits is allowed
	index   [256]int16 // of a character in chars, -1 if it is not there
}

func newAlphabet(kind stringKind, from string) (*alphabet, error) {
	if kind == bmp || kind == ia5 && from == "" {
		if from != "" {
			return nil, fmt.Errorf("%w: permitted alphabet of a BMPString", ErrType)
		}
		if kind == bmp {
			return &alphabet{bits: 16}, nil
		}
		// Codes above 127 pass: a name in UTF-8 is no reason to refuse a call.
		return &alphabet{bits: 8}, nil
	}
	chars := []byte(from)
	if from == "" {
		chars = charsOf(kind)
	}
	slices.Sort(chars)
	chars = slices.Compact(chars)
	a := &alphabet{chars: chars}
	if n := bits.Len(uint(len(chars) - 1)); n > 0 {
		a.bits = 1 << bits.Len(uint(n-1))
	}
	a.indexed = int(chars[len(chars)-1]) > 1<<a.bits-1
	for i := range a.index {
		a.index[i] = -1
	}
	for i, c := range chars {
		a.index[c] = int16(i)
	}
	return a, nil
}

// plain says that characters are octets and any octet may stand.
func (a *alphabet) plain() bool { return a.bits == 8 && a.chars == nil }

// charsOf lists the characters of a string type (X.680 §41).
func charsOf(kind stringKind) []byte {
	var chars []byte
	for c := byte(' '); c <= '~'; c++ {
		digit := c >= '0' && c <= '9'
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		switch {
		case kind == visible,
			kind == numeric && (digit || c == ' '),
			kind == printable && (digit || letter || slices.Contains([]byte(" '()+,-./:=?"), c)):
			chars = append(chars, c)
		}
	}
	return chars
}

// char returns the character that is encoded as code.
func (a *alphabet) char(code uint64) (byte, error) {
	switch {
	case a.chars == nil:
		return byte(code), nil
	case a.indexed && code < uint64(len(a.chars)):
		return a.chars[code], nil
	case !a.indexed && a.index[code] >= 0:
		return byte(code), nil
	}
	return 0, fmt.Errorf("%w: character code %d", ErrConstraint, code)
}

// code returns what encodes the character c.
func (a *alphabet) code(c byte) (uint64, error) {
	switch {
	case a.chars == nil:
		return uint64(c), nil
	case a.index[c] < 0:
		return 0, fmt.Errorf("%w: character %q", ErrConstraint, c)
	case a.indexed:
		return uint64(a.index[c]), nil
	}
	return uint64(c), nil
}
