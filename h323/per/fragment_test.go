package per

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

type addedOctets struct {
	Extra `per:"sequence,ext"`
	V     []byte `per:"add"`
}

type bitList struct {
	_ struct{} `per:"sequence"`
	V []bool
}

type longText struct {
	_      struct{} `per:"sequence"`
	Flag   bool
	Bits   BitString
	ASCII  string
	Wide   string `per:"bmp"`
	Digits string `per:"numeric"`
	Text   string `per:"general"`
}

// TestFragments: X.691 §10.9.3.8. The lengths' octets stand before each fragment,
// and after the last full one a length below 16K, perhaps 0.
func TestFragments(t *testing.T) {
	for _, tt := range []struct {
		n      int
		starts map[int]string // octets at offsets
		size   int
	}{
		{127, map[int]string{0: "\x7F"}, 128},
		{128, map[int]string{0: "\x80\x80"}, 130},
		{fragment - 1, map[int]string{0: "\xBF\xFF"}, fragment + 1},
		{fragment, map[int]string{0: "\xC1", fragment + 1: "\x00"}, fragment + 2},
		{fragment + 1, map[int]string{0: "\xC1", fragment + 1: "\x01"}, fragment + 3},
		{3*fragment + 200, map[int]string{0: "\xC3", 3*fragment + 1: "\x80\xC8"}, 3*fragment + 203},
		{4*fragment + 5, map[int]string{0: "\xC4", 4*fragment + 1: "\x05"}, 4*fragment + 7},
		{9*fragment + 5, map[int]string{0: "\xC4", 4*fragment + 1: "\xC4", 8*fragment + 2: "\xC1", 9*fragment + 3: "\x05"}, 9*fragment + 9},
	} {
		t.Run(fmt.Sprint(tt.n), func(t *testing.T) {
			content := bytes.Repeat([]byte{0x5A}, tt.n)
			got, err := Marshal(struct {
				_ struct{} `per:"sequence"`
				V []byte
			}{V: content})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != tt.size {
				t.Errorf("%d octets, want %d", len(got), tt.size)
			}
			for at, want := range tt.starts {
				if have := string(got[at:][:len(want)]); have != want {
					t.Errorf("at %d: %x, want %x", at, have, want)
				}
			}
			roundTrip(t, &one[[]byte]{V: content}, Limits{})
			roundTrip(t, &addedOctets{V: content}, Limits{})
			roundTrip(t, &bitList{V: make([]bool, tt.n)}, Limits{})
			roundTrip(t, &longText{
				Bits:   BitString{content, 8*tt.n - 3},
				ASCII:  strings.Repeat("a", tt.n),
				Wide:   strings.Repeat("é", tt.n),
				Digits: strings.Repeat("7", tt.n),
				Text:   strings.Repeat("ß", tt.n),
			}, Limits{})
		})
	}
}

// roundTrip checks that v decodes from its encoding, and nothing from any cut of it.
func roundTrip(t *testing.T, v any, limits Limits) {
	t.Helper()
	data, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	back := reflect.New(reflect.TypeOf(v).Elem())
	if err := UnmarshalLimits(data, back.Interface(), limits); err != nil {
		t.Fatal(err)
	}
	if b, ok := v.(*longText); ok { // what lies after the last bit is not encoded
		b.Bits = back.Interface().(*longText).Bits
	}
	if !reflect.DeepEqual(back.Interface(), v) {
		t.Errorf("%T: decoded otherwise", v)
	}
	for _, cut := range []int{1, 2, len(data) / 2} {
		if err := Unmarshal(data[:len(data)-cut], back.Interface()); err == nil {
			t.Errorf("%T: decoded without its last %d octets", v, cut)
		}
	}
}

// TestFragmentedAddition: an open type in fragments has its contents put together
// before they are decoded.
func TestFragmentedAddition(t *testing.T) {
	type inner struct {
		Extra `per:"sequence,ext"`
		A     []byte
		B     []byte `per:"add"`
	}
	type outer struct {
		Extra `per:"sequence,ext"`
		First *inner `per:"add"`
		Last  *bool  `per:"add"`
	}
	big := bytes.Repeat([]byte{1, 2, 3}, 9000)
	roundTrip(t, &outer{First: &inner{A: big, B: big}, Last: new(true)}, Limits{})

	data, err := Marshal(&outer{First: &inner{A: big}, Last: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	// The bit map, a fragment; in it inner's own octet, and a fragment of its field.
	if want := []byte{0x81, 0xC0, 0xC1, 0x00, 0xC1, 1, 2, 3}; !bytes.HasPrefix(data, want) {
		t.Errorf("starts %x, want %x", data[:8], want)
	}
}
