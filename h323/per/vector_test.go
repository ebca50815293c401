package per

import (
	"strings"
	"testing"
)

// Vectors computed by hand from the clauses named. Each type starts with a bit, so
// that alignment shows: the first octet of what is aligned is 80 and padding.

type one[T any] struct {
	_    struct{} `per:"sequence"`
	Flag bool
	V    T
}

// Tags stand on fields, so each constraint has a type of its own.
type (
	intOnly struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=5..5"`
	}
	int3bits struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=-3..4"`
	}
	int255 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=1..255"`
	}
	int256 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=1..256"`
	}
	int257 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=0..256"`
	}
	int64K struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=1..65536"`
	}
	int64K1 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=0..65536"`
	}
	int32bits struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int64 `per:"range=0..4294967295"`
	}
	intAll struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int64 `per:"range=-9223372036854775808..9223372036854775807"`
	}
	intSemi struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int64 `per:"range=-1.."`
	}
	intUpper struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int64 `per:"range=..5"`
	}
	intExt struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    int `per:"range=0..3,..."`
	}
)

func TestIntegers(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    any
		hex  string
	}{
		{"one value, §12.2.1", &intOnly{Flag: true, V: 5}, "80"},
		{"bit-field of 3, §10.5.7.1", &int3bits{Flag: true, V: 4}, "F0"},
		{"bit-field of 8, range 255", &int255{Flag: true, V: 255}, "FF00"},
		{"one octet, range 256, §10.5.7.2", &int256{Flag: true, V: 256}, "80FF"},
		{"two octets, range 257, §10.5.7.3", &int257{Flag: true, V: 256}, "800100"},
		{"two octets, range 64K", &int64K{Flag: true, V: 65536}, "80FFFF"},
		{"length of 1 to 3, range 64K+1, §10.5.7.4", &int64K1{Flag: true, V: 65536}, "C0010000"},
		{"length of 1 to 3, value 0", &int64K1{Flag: true, V: 0}, "8000"},
		{"length of 1 to 4", &int32bits{Flag: true, V: 4294967295}, "E0FFFFFFFF"},
		{"length of 1 to 4, 2 octets", &int32bits{Flag: true, V: 256}, "A00100"},
		{"length of 1 to 8", &intAll{Flag: true, V: 9223372036854775807}, "F0FFFFFFFFFFFFFFFF"},
		{"length of 1 to 8, lowest", &intAll{Flag: true, V: -9223372036854775808}, "8000"},
		{"semi-constrained, §12.2.3", &intSemi{Flag: true, V: 127}, "800180"},
		{"semi-constrained, 2 octets", &intSemi{Flag: true, V: 255}, "80020100"},
		{"unconstrained, §12.2.4", &one[int]{Flag: true, V: 127}, "80017F"},
		{"unconstrained, sign needs an octet", &one[int]{Flag: true, V: 128}, "80020080"},
		{"unconstrained, -1", &one[int]{Flag: true, V: -1}, "8001FF"},
		{"unconstrained, -129", &one[int]{Flag: true, V: -129}, "8002FF7F"},
		{"unconstrained, lowest", &one[int64]{Flag: true, V: -9223372036854775808}, "80088000000000000000"},
		{"upper bound only", &intUpper{Flag: true, V: -3}, "8001FD"},
		{"extensible, in the root, §12.1", &intExt{Flag: true, V: 3}, "B0"},
		{"extensible, outside", &intExt{Flag: true, V: 4}, "C00104"},
	} {
		t.Run(tt.name, func(t *testing.T) { same(t, tt.v, tt.hex) })
	}
}

type colour int

func (colour) PEREnum() (root, additions int, ext bool) { return 3, 1, true }

type (
	octets0to3 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=0..3"`
	}
	octets1 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=1"`
	}
	octets2 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=2"`
	}
	octets3 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=3"`
	}
	octets1to2 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=1..2"`
	}
	octets256 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=1..256"`
	}
	octets64K struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=1..65535"`
	}
	octetsExt struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []byte `per:"size=1..2,..."`
	}
	bits16 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    BitString `per:"size=16"`
	}
	bits17 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    BitString `per:"size=17"`
	}
	bits511 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    BitString `per:"size=0..511"`
	}
	bitsLarge struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    BitString `per:"size=9..65536"`
	}
)

func TestOctetsAndBits(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    any
		hex  string
	}{
		{"octets: variable, empty: no padding", &octets0to3{Flag: true, V: []byte{}}, "80"},
		{"octets: variable", &octets0to3{Flag: true, V: []byte{0xAB}}, "A0AB"},
		{"octets: 1, not aligned, §16.6", &octets1{Flag: true, V: []byte{0xFF}}, "FF80"},
		{"octets: 2, not aligned", &octets2{Flag: true, V: []byte{0xFF, 0xFF}}, "FFFF80"},
		{"octets: 3, aligned, §16.7", &octets3{Flag: true, V: []byte{1, 2, 3}}, "80010203"},
		{"octets: 1..2, aligned, §16.8", &octets1to2{Flag: true, V: []byte{1}}, "8001"},
		{"octets: 1..256, length is an octet", &octets256{Flag: true, V: []byte{7}}, "800007"},
		{"octets: 1..65535, length is two octets", &octets64K{Flag: true, V: []byte{7}}, "80000007"},
		{"octets: no size", &one[[]byte]{Flag: true, V: []byte{7}}, "800107"},
		{"octets: extensible, inside", &octetsExt{Flag: true, V: []byte{7, 8}}, "A00708"},
		{"octets: extensible, outside", &octetsExt{Flag: true, V: []byte{7, 8, 9}}, "C003070809"},
		{"bits: 16, not aligned, §15.9", &bits16{Flag: true, V: BitString{[]byte{0xFF, 0x01}, 16}}, "FF8080"},
		{"bits: 17, aligned, §15.10", &bits17{Flag: true, V: BitString{[]byte{1, 2, 0x80}, 17}}, "80010280"},
		{"bits: 0..511, two octets of length", &bits511{Flag: true, V: BitString{[]byte{0xE0}, 3}}, "800003E0"},
		{"bits: 0..511, empty", &bits511{Flag: true}, "800000"},
		{"bits: above 64K", &bitsLarge{Flag: true, V: BitString{[]byte{0xFF, 0x80}, 9}}, "8009FF80"},
		{"oid, §23", &one[OID]{Flag: true, V: "0.0.8.2250.0.7"}, "8006 0008914A0007"},
		{"oid, first arc 2", &one[OID]{Flag: true, V: "2.16.840.1.101.3.4.1.2"}, "8009 608648016503040102"},
		{"oid, joint first arcs", &one[OID]{Flag: true, V: "2.999"}, "80028837"},
		{"open type, §10.2", &one[Open]{Flag: true, V: Open{0x80}}, "800180"},
		{"null, §17", &one[Null]{Flag: true}, "80"},
		{"enumerated, §13.2", &one[colour]{Flag: true, V: 2}, "A0"},
		{"enumerated, addition, §13.3", &one[colour]{Flag: true, V: 3}, "C000"},
		{"enumerated, addition of a later version", &one[colour]{Flag: true, V: 3 + 63}, "DF80"},
		{"enumerated, addition above 63, §10.6.2", &one[colour]{Flag: true, V: 3 + 64}, "E00140"},
		{"list, no size, §19.6", &one[[]bool]{Flag: true, V: []bool{true, false, true}}, "8003A0"},
	} {
		t.Run(tt.name, func(t *testing.T) { same(t, tt.v, tt.hex) })
	}
}

type (
	digits struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"size=1..128;from=0123456789#*,"`
	}
	digitsNoSize struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"from=0123456789#*abc"`
	}
	signal struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"size=1;from=0123456789#*ABCD!"`
	}
	numbers struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"numeric;size=0..40"`
	}
	numbers4 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"numeric;size=4"`
	}
	numbers0to3 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"numeric;size=0..3"`
	}
	ascii struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"size=1..64"`
	}
	asciiExt struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"size=1..4,..."`
	}
	wide struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"bmp;size=1..256"`
	}
	generalText struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"general"`
	}
	same1 struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"from=x"`
	}
	binaryText struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    string `per:"size=3;from=01"`
	}
	tags struct {
		_    struct{} `per:"sequence"`
		Flag bool
		V    []string `per:"size=1..4;of.size=1..2;of.from=0123456789"`
	}
)

func TestStrings(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    any
		hex  string
	}{
		// # * , 0..9: 13 characters of 4 bits, '#'=0, '*'=1, ','=2, '0'=3.
		{"alphabet by place, §27.5.4", &digits{Flag: true, V: "600#"}, "839330"},
		{"alphabet without a size", &digitsNoSize{Flag: true, V: "1*a"}, "80033 1C0"},
		{"alphabet by code, one character not aligned", &signal{Flag: true, V: "5"}, "9A80"},
		{"numeric: space is 0, digits from 1", &numbers{Flag: true, V: "19 "}, "86 2A00"},
		{"numeric, empty: no padding", &numbers{Flag: true, V: ""}, "80"},
		{"numeric, 16 bits fixed: not aligned, §27.5.6", &numbers4{Flag: true, V: "0123"}, "891A00"},
		{"numeric, up to 12 bits: not aligned, §27.5.7", &numbers0to3{Flag: true, V: "012"}, "E246"},
		{"ia5", &ascii{Flag: true, V: "ab"}, "826162"},
		{"ia5, extensible, inside", &asciiExt{Flag: true, V: "ab"}, "906162"},
		{"ia5, extensible, outside", &asciiExt{Flag: true, V: "abcde"}, "C0056162636465"},
		{"ia5, no size", &one[string]{Flag: true, V: "ab"}, "80026162"},
		{"bmp", &wide{Flag: true, V: "é€"}, "8001 00E920AC"},
		{"bmp, not in the BMP: two units", &wide{Flag: true, V: "😀"}, "8001 D83DDE00"},
		{"general: octets, §27.6", &generalText{Flag: true, V: "é"}, "8002C3A9"},
		{"alphabet of one: no bits", &same1{Flag: true, V: "xxx"}, "8003"},
		{"alphabet of two: one bit", &binaryText{Flag: true, V: "101"}, "D0"},
		{"list of strings", &tags{Flag: true, V: []string{"7", "42"}}, "A7A1 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			digits := strings.ReplaceAll(tt.hex, " ", "")
			if len(digits)%2 == 1 {
				digits += "0"
			}
			same(t, tt.v, digits)
		})
	}
}

// TestLoneSurrogate: half a pair is no character, and takes nothing with it.
func TestLoneSurrogate(t *testing.T) {
	type pair struct {
		_    struct{} `per:"sequence"`
		A, B string   `per:"bmp"`
	}
	type halves struct {
		_    struct{} `per:"sequence"`
		A, B string   `per:"bmp;size=1"`
	}
	var h halves
	unmarshal(t, []byte{0xD8, 0x3D, 0xDE, 0x00}, &h)
	if h.A != "\uFFFD" || h.B != "\uFFFD" {
		t.Errorf("%+q", h)
	}
	var v pair
	unmarshal(t, []byte{1, 0xD8, 0x3D, 1, 0xDE, 0x00}, &v)
	if v.A != "\uFFFD" || v.B != "\uFFFD" {
		t.Errorf("%+q", v)
	}
	unmarshal(t, []byte{2, 0xD8, 0x3D, 0, 'a', 0}, &v)
	if v.A != "\uFFFDa" || v.B != "" {
		t.Errorf("%+q", v)
	}
}
