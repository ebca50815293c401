// Package per encodes and decodes ASN.1 values with the basic aligned variant of
// the Packed Encoding Rules (X.691), as H.225.0, H.235, H.245 and H.450.1 use it.
//
// In flow octets and a pointer to a Go struct whose fields carry `per` tags; out
// flows the filled struct, or the other way round. What a struct says about its
// type is compiled once, on first use, into a plan that every later message of
// that type shares. A value belongs to its caller before and after each call: the
// package keeps no reference to it, copies octets out of what it reads, and may be
// used by any number of goroutines.
//
// # How ASN.1 types look in Go
//
//	SEQUENCE, SET     struct with a marker field tagged `per:"sequence"` or `per:"sequence,ext"`
//	CHOICE            struct of pointers or slices, marker `per:"choice"` or `per:"choice,ext"`
//	SEQUENCE/SET OF   slice
//	BOOLEAN           bool
//	INTEGER           int, int64 or another signed integer
//	ENUMERATED        a named integer that implements [Enumerated]
//	NULL              [Null]
//	BIT STRING        [BitString]
//	OCTET STRING      []byte
//	open type         [Open]
//	OBJECT IDENTIFIER [OID]
//	character strings string
//
// The marker is the first field: `_ struct{}`, or an embedded [Extra], which keeps
// what only peers of other versions know, so that their messages encode again to
// the same octets. The fields follow in the order of the Recommendation (which is
// the canonical order under AUTOMATIC TAGS), additions after the root.
//
// # Tags
//
// The parts of a tag are separated by semicolons:
//
//	opt                  an OPTIONAL field of the root: a pointer or a slice, nil when absent
//	add                  an extension addition, or an alternative after the CHOICE's marker
//	range=0..255         value constraint of an INTEGER; 1.. has no upper bound
//	size=1..128          size constraint; 16 is a fixed size, 1.. has no upper bound
//	from=0123456789      permitted alphabet of a character string
//	bmp                  BMPString; likewise numeric, printable, visible, general, utf8;
//	                     without any of these a string is an IA5String
//	of.size=1..32        constraint of a slice's elements; of.of.range=0..15 goes on
//
// A constraint that ends in ",..." is extensible: range=0..3,... or size=1..4,...
package per

// Null is the ASN.1 NULL: present or not, without contents.
type Null struct{}

// OID is an object identifier in dotted form: "0.0.8.2250.0.7".
type OID string

// BitString is a BIT STRING of Bits bits, the first in the most significant bit of
// Bytes[0]. Encoding takes the bits after the last as zero and ignores them.
type BitString struct {
	Bytes []byte
	Bits  int
}

// Open is an open type: the complete encoding (X.691 §10.1) of some other type,
// made by [Marshal] and read by [Unmarshal].
type Open []byte

// Enumerated is what the Go type of an ENUMERATED implements. Its values count
// from 0, the root's enumerations in the order of their ASN.1 values, then the
// additions. A decoded value may exceed them all: an addition of a later version.
type Enumerated interface {
	PEREnum() (root, additions int, ext bool)
}

// Extra, embedded as the marker field of an extensible SEQUENCE or CHOICE, keeps
// what a peer of another version encoded and this version has no field for: the
// length of its extension bit map, additions that are unknown here, an unknown
// alternative. The zero value encodes as this version does.
type Extra struct {
	kept *kept
}

// Limits bound what decoding one message may take. A field that is zero has its
// default, which follows the length of the input.
type Limits struct {
	Depth    int // nested values; default 64
	Elements int // elements of all SEQUENCE OF together; default 8 per octet and 64
	Memory   int // octets allocated for values; default 256 per octet and 64 KiB, at most 3.5 MiB
}

// Marshal returns the complete encoding of v, a struct or a pointer to one
// (X.691 §10.1): whole octets, at least one.
func Marshal(v any) ([]byte, error) { return Append(nil, v) }

// Append appends the complete encoding of v to dst, as [Marshal] does.
func Append(dst []byte, v any) ([]byte, error) { return appendValue(dst, v) }

// Unmarshal decodes data into v, a non-nil pointer to a struct, with the default
// limits. Octets after the value are ignored: peers pad. What v held before is lost.
func Unmarshal(data []byte, v any) error { return UnmarshalLimits(data, v, Limits{}) }

// UnmarshalLimits is [Unmarshal] with other limits.
func UnmarshalLimits(data []byte, v any, limits Limits) error {
	_, err := decodeValue(data, v, limits)
	return err
}

// UnmarshalPrefix is [Unmarshal] and returns the octets after the value, a part of
// data: some peers put several messages into one octet string.
func UnmarshalPrefix(data []byte, v any) (rest []byte, err error) {
	return decodeValue(data, v, Limits{})
}
