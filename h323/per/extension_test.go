package per

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"testing"
)

// Three versions of one type, as three peers would know it.

type version1 struct {
	Extra `per:"sequence,ext"`
	A     bool
}

type version2 struct {
	Extra `per:"sequence,ext"`
	A     bool
	B     *int   `per:"add;range=0..255"`
	C     *Null  `per:"add"`
	D     []byte `per:"add"`
}

type version3 struct {
	Extra `per:"sequence,ext"`
	A     bool
	B     *int   `per:"add;range=0..255"`
	C     *Null  `per:"add"`
	D     []byte `per:"add"`
	E     *pick3 `per:"add"`
	F     *bool  `per:"add"`
}

type pick1 struct {
	Extra `per:"choice,ext"`
	X     *bool
}

type pick3 struct {
	Extra `per:"choice,ext"`
	X     *bool
	Y     *int     `per:"add"`
	Z     []string `per:"add"`
}

type forgetful struct {
	_ struct{} `per:"sequence,ext"`
	A bool
}

func TestAdditions(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    any
		hex  string
	}{
		{"none: no bit map", &version2{A: true}, "40"},
		{"of this version: one bit each, §18.7", &version2{A: true, B: new(7)}, "C1 40 0107"},
		{"null takes an octet, §10.1.3", &version2{A: true, C: &Null{}}, "C1 20 0100"},
		{"two", &version2{B: new(7), D: []byte{1, 2}}, "81 50 0107 03020102"},
		{"alternative of the root", &pick3{X: new(true)}, "40"},
		{"alternative added, §22.8", &pick3{Y: new(5)}, "80 020105"},
		{"second alternative added", &pick3{Z: []string{"a"}}, "81 03010161"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			same(t, tt.v, tt.hex)
		})
	}
}

// TestOtherVersions: what a peer of any version sends is decoded as far as it is
// known, and encodes again to the same octets.
func TestOtherVersions(t *testing.T) {
	newer := &version3{A: true, B: new(7), D: []byte{9}, E: &pick3{Z: []string{"later"}}, F: new(true)}
	data := marshal(t, newer)
	for _, v := range []any{&version1{}, &version2{}, &version3{}} {
		unmarshal(t, data, v)
		if again := marshal(t, v); !bytes.Equal(again, data) {
			t.Errorf("%T: %x became %x", v, data, again)
		}
	}
	var v2 version2
	unmarshal(t, data, &v2)
	if !v2.A || *v2.B != 7 || v2.C != nil || v2.D[0] != 9 || v2.Unknown() != 2 {
		t.Errorf("decoded %+v", v2)
	}
	v2.B, v2.C = nil, &Null{}
	if got, want := marshal(t, v2), marshal(t, &version3{A: true, C: &Null{}, D: []byte{9}, E: newer.E, F: newer.F}); !bytes.Equal(got, want) {
		t.Errorf("changed: %x, want %x", got, want)
	}

	var skips forgetful
	unmarshal(t, data, &skips)
	if got := marshal(t, skips); hex.EncodeToString(got) != "40" {
		t.Errorf("without an Extra nothing is kept, got %x", got)
	}
}

// TestShorterMap: h323plus ends the bit map after the last addition present.
func TestShorterMap(t *testing.T) {
	data := []byte{0xC0, 0x40, 0x01, 0x07} // a map of one bit
	var v version2
	unmarshal(t, data, &v)
	if again := marshal(t, v); !bytes.Equal(again, data) {
		t.Errorf("%x became %x", data, again)
	}
	v.D = []byte{1} // needs the third bit
	if got := marshal(t, v); hex.EncodeToString(got) != "c15001070201"+"01" {
		t.Errorf("with one more addition: %x", got)
	}
	v.B, v.D = nil, nil
	if got := marshal(t, v); hex.EncodeToString(got) != "40" {
		t.Errorf("without any: %x", got)
	}
}

// TestEmptyMap: an extension bit whose bit map shows nothing is forgotten.
func TestEmptyMap(t *testing.T) {
	for _, data := range [][]byte{{0xC0, 0}, {0xC1, 0}, {0xC3, 0, 0}, {0xE0, 0}} {
		var v version2
		unmarshal(t, data, &v)
		if want := (version2{A: true}); !reflect.DeepEqual(v, want) {
			t.Errorf("%x: %+v", data, v)
		}
		if got := marshal(t, v); hex.EncodeToString(got) != "40" {
			t.Errorf("%x became %x", data, got)
		}
	}
}

func TestUnknownAlternative(t *testing.T) {
	data := marshal(t, &pick3{Z: []string{"later"}})
	var old pick1
	unmarshal(t, data, &old)
	if old.X != nil || old.Unknown() != 1 {
		t.Errorf("decoded %+v", old)
	}
	if again := marshal(t, old); !bytes.Equal(again, data) {
		t.Errorf("%x became %x", data, again)
	}
	old.X = new(true) // what is set counts
	if got := marshal(t, old); hex.EncodeToString(got) != "40" {
		t.Errorf("%x", got)
	}
	if _, err := Marshal(&pick1{}); !errors.Is(err, ErrNoAlternative) {
		t.Errorf("nothing set: %v", err)
	}
	if _, err := Marshal(&pick3{X: new(true), Y: new(1)}); !errors.Is(err, ErrNoAlternative) {
		t.Errorf("two set: %v", err)
	}
	var borrowed pick1
	borrowed.Extra = Extra{&kept{mapBits: 3}}
	if _, err := Marshal(&borrowed); !errors.Is(err, ErrNoAlternative) {
		t.Errorf("another type's Extra: %v", err)
	}
}

// TestManyAdditions: above 64 additions the bit map's length takes the long form,
// above 63 the index of an alternative does too.
func TestManyAdditions(t *testing.T) {
	marker := reflect.TypeFor[struct{}]()
	for _, n := range []int{63, 64, 65, 66, 130} {
		for _, kind := range []string{"sequence", "choice"} {
			fields := []reflect.StructField{{Name: "_", PkgPath: "per", Type: marker, Tag: reflect.StructTag(`per:"` + kind + `,ext"`)}}
			fields = append(fields, reflect.StructField{Name: "Root", Type: reflect.TypeFor[[]byte]()})
			for i := range n {
				fields = append(fields, reflect.StructField{
					Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[*int](), Tag: `per:"add;range=0..255"`,
				})
			}
			typ := reflect.StructOf(fields)
			v := reflect.New(typ)
			if kind == "sequence" {
				v.Elem().Field(1).SetBytes([]byte{1})
			}
			v.Elem().Field(n + 1).Set(reflect.ValueOf(new(77))) // the last
			data := marshal(t, v.Interface())
			back := reflect.New(typ)
			unmarshal(t, data, back.Interface())
			if !reflect.DeepEqual(back.Interface(), v.Interface()) {
				t.Errorf("%s with %d additions decoded otherwise", kind, n)
			}
			switch {
			case kind == "choice" && n == 64: // index 63: 1 0 111111
				if data[0] != 0xBF {
					t.Errorf("choice index 63: %x", data)
				}
			case kind == "choice" && n == 65: // index 64: 1 1, then a length and 64
				if !bytes.HasPrefix(data, []byte{0xC0, 0x01, 0x40, 0x01}) {
					t.Errorf("choice index 64: %x", data)
				}
			case kind == "sequence" && n == 64: // 1, octets, then 0 111111 and the map
				if !bytes.HasPrefix(data, []byte{0x80, 0x01, 0x01, 0x7E}) {
					t.Errorf("bit map of 64: %x", data)
				}
			case kind == "sequence" && n == 65: // 1, octets, then 1 and the length in an octet
				if !bytes.HasPrefix(data, []byte{0x80, 0x01, 0x01, 0x80, 65}) {
					t.Errorf("bit map of 65: %x", data)
				}
			}
		}
	}
}

type noBits struct {
	_ struct{} `per:"sequence"`
	V Null
}

func TestUnmarshalPrefix(t *testing.T) {
	first, second := marshal(t, &version2{A: true, B: new(1)}), marshal(t, &version2{D: []byte{2}})
	var v version2
	rest, err := UnmarshalPrefix(append(bytes.Clone(first), second...), &v)
	if err != nil || !bytes.Equal(rest, second) {
		t.Fatalf("rest %x, %v", rest, err)
	}
	if rest, err = UnmarshalPrefix(rest, &v); err != nil || len(rest) != 0 || v.A || v.B != nil {
		t.Fatalf("rest %x, %v, %+v", rest, err, v)
	}
	if rest, err := UnmarshalPrefix(nil, &noBits{}); err != nil || len(rest) != 0 {
		t.Errorf("no bits from nothing: rest %x, %v", rest, err)
	}
	if _, err := UnmarshalPrefix(nil, &one[Null]{}); !errors.Is(err, ErrTruncated) {
		t.Errorf("nothing: %v", err)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := Marshal(v)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	return data
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := Unmarshal(data, v); err != nil {
		t.Fatalf("%T: %v", v, err)
	}
}
