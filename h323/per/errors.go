package per

import (
	"errors"
	"fmt"
)

// What can be wrong with octets or values; test with errors.Is.
var (
	// ErrTruncated: the octets end before the value does.
	ErrTruncated = errors.New("data ends early")
	// ErrLimit: the value would take more depth, elements or memory than allowed.
	ErrLimit = errors.New("over the limit")
	// ErrConstraint: a value, a size or a character lies outside its constraint.
	ErrConstraint = errors.New("outside its constraint")
	// ErrNoAlternative: a CHOICE to encode has no alternative set, or several.
	ErrNoAlternative = errors.New("not exactly one alternative set")
	// ErrType: a Go type or its tags do not describe an ASN.1 type.
	ErrType = errors.New("not a type that PER can encode")
)

// Error says where in a message coding failed.
type Error struct {
	Path string // Go field names and indexes: "H323UuPdu.H245Control[1]"
	Bit  int    // offset in bits from the start of the message
	Err  error  // wraps one of the errors above
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("per: bit %d: %v", e.Bit, e.Err)
	}
	return fmt.Sprintf("per: %s: bit %d: %v", e.Path, e.Bit, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// located returns err as an [Error], at bit if it does not know where it happened.
func located(bit int, err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Bit: bit, Err: err}
}

// in puts one more step before the path of err. Paths are built only on the way
// out of a failure, so that messages without one pay nothing for them.
func in(step string, bit int, err error) error {
	e := located(bit, err)
	if e.Path != "" && e.Path[0] != '[' {
		step += "."
	}
	e.Path = step + e.Path
	return e
}
