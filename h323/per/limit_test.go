package per

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// allocated returns how many octets f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

type bomb struct {
	_ struct{} `per:"sequence"`
	V []sparse
}

type nullBomb struct {
	_ struct{} `per:"sequence"`
	V []Null
}

type emptyText struct {
	_ struct{} `per:"sequence"`
	V string   `per:"from=x"`
}

type nest struct {
	_    struct{} `per:"choice"`
	End  *Null
	Next *nest
}

// TestBombs: few octets that ask for much are refused before memory is taken.
func TestBombs(t *testing.T) {
	full := bytes.Repeat([]byte{0xC4}, 64<<10)
	zeros := make([]byte, 64<<10)
	zeros[0] = 0xC4
	for _, tt := range []struct {
		name string
		data []byte
		v    any
		most uint64
		want error
	}{
		{"64K elements in 20 octets", append([]byte{0xC4}, make([]byte, 19)...), &bomb{}, 64 << 10, ErrTruncated},
		{"elements that fill the input", zeros, &bomb{}, 4 << 20, ErrLimit},
		{"fragments without contents", full, &nullBomb{}, 4 << 20, ErrLimit},
		{"characters of no bits", full, &emptyText{}, 4 << 20, ErrLimit},
		{"nested choices", bytes.Repeat([]byte{0xFF}, 1000), &nest{}, 128 << 10, ErrLimit},
		{"octets that aren't there", []byte{0x80, 0xC4, 1, 2, 3}, &one[[]byte]{}, 8 << 10, ErrTruncated},
		{"bits that aren't there", []byte{0x80, 0xC4, 1, 2, 3}, &one[BitString]{}, 8 << 10, ErrTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_ = Unmarshal(tt.data, tt.v) // its plan
			var err error
			if n := allocated(func() { err = Unmarshal(tt.data, tt.v) }); n > tt.most {
				t.Errorf("allocated %d octets, limit %d", n, tt.most)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// TestMemory: no input of 64 KiB takes more than 4 MiB, whatever it holds.
func TestMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	most := uint64(0)
	inputs := 400
	if testing.Short() {
		inputs = 40
	}
	for i := range inputs {
		data := make([]byte, 64<<10)
		switch i % 4 {
		case 0: // random
			for at := range data {
				data[at] = byte(random.Uint32())
			}
		case 1: // few bits set
			for range 2000 {
				data[random.IntN(1+random.IntN(len(data)))] = 1 << random.IntN(8)
			}
		case 2: // many bits set
			for at := range data {
				data[at] = ^byte(1 << random.IntN(16))
			}
		case 3: // long lists
			for at := range data {
				data[at] = []byte{0x00, 0x81, 0xBF, 0xC4, 0x40}[random.IntN(5)]
			}
		}
		for _, v := range []any{&tree{}, &lists{}, &pick{}, &bomb{}} {
			most = max(most, allocated(func() { _ = Unmarshal(data, v) }))
		}
	}
	t.Logf("most allocated: %d KiB", most>>10)
	if most > 4<<20 {
		t.Errorf("allocated %d octets", most)
	}
}

func TestLimits(t *testing.T) {
	data := marshal(t, &nullBomb{V: make([]Null, 100)})
	if err := UnmarshalLimits(data, &nullBomb{}, Limits{Elements: 100}); err != nil {
		t.Error(err)
	}
	for name, limits := range map[string]Limits{
		"elements": {Elements: 99}, "depth": {Depth: 1}, "memory": {Memory: 1},
	} {
		v := &bomb{}
		data := marshal(t, &bomb{V: make100()})
		if err := UnmarshalLimits(data, v, limits); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
		if v.V != nil {
			t.Errorf("%s: left %d elements", name, len(v.V))
		}
	}
	deep := &nest{End: &Null{}}
	for range 63 {
		deep = &nest{Next: deep}
	}
	data = marshal(t, deep)
	if err := Unmarshal(data, &nest{}); err != nil {
		t.Errorf("64 deep: %v", err)
	}
	if err := Unmarshal(marshal(t, &nest{Next: deep}), &nest{}); !errors.Is(err, ErrLimit) {
		t.Errorf("65 deep: %v", err)
	}
	loop := &nest{}
	loop.Next = loop
	if _, err := Marshal(loop); !errors.Is(err, ErrLimit) {
		t.Errorf("a value within itself: %v", err)
	}
}

func make100() []sparse {
	s := make([]sparse, 100)
	for i := range s {
		s[i].A = &Null{}
	}
	return s
}

// TestErrors: an error says where it happened.
func TestErrors(t *testing.T) {
	good := &tree{Small: 1, Ext: 1, Semi: 1, Pick: pick{Number: new(7)}}
	if _, err := Marshal(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		want error
		path string
		v    *tree
	}{
		{ErrConstraint, "Small", &tree{}},
		{ErrConstraint, "Deeper.Pick.Picks[1].Number", &tree{Small: 1, Ext: 1, Semi: 1, Deeper: &tree{
			Small: 1, Ext: 1, Semi: 1, Pick: pick{Picks: []pick{{None: &Null{}}, {Number: new(-1)}}},
		}, Pick: pick{None: &Null{}}}},
		{ErrNoAlternative, "Pick", &tree{Small: 1, Ext: 1, Semi: 1}},
		{ErrConstraint, "Lists.Nested[0][1]", &tree{Small: 1, Ext: 1, Semi: 1, Lists: &lists{Nested: [][]int{{1, 256}}}}},
		{ErrConstraint, "Text.Digits", &tree{Small: 1, Ext: 1, Semi: 1, Text: &texts{Digits: new("12a")}}},
		{ErrConstraint, "Fixed16", &tree{Small: 1, Ext: 1, Semi: 1, Fixed16: make([]byte, 15)}},
		{ErrConstraint, "Oid", &tree{Small: 1, Ext: 1, Semi: 1, Oid: new(OID("1.40"))}},
		{ErrConstraint, "Any", &tree{Small: 1, Ext: 1, Semi: 1, Pick: pick{None: &Null{}}, Any: Open{}}},
		{ErrConstraint, "AddInt", &tree{Small: 1, Ext: 1, Semi: 1, Pick: pick{None: &Null{}}, AddInt: new(256)}},
	} {
		dst := []byte("before")
		got, err := Append(dst, tt.v)
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, tt.want) || e.Path != tt.path {
			t.Errorf("%v, want %s: %v", err, tt.path, tt.want)
		}
		if string(got) != "before" {
			t.Errorf("%s: returned %q", tt.path, got)
		}
	}

	data := marshal(t, &tree{Small: 1, Ext: 1, Semi: 1, Pick: pick{Picks: []pick{{None: &Null{}}, {Octets: []byte{1, 2, 3, 4}}}}})
	err := Unmarshal(data[:len(data)-1], &tree{})
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrTruncated) || e.Path != "Pick.Picks[1].Octets" || e.Bit < 8*len(data)-48 || e.Bit > 8*len(data) {
		t.Errorf("%v (%d octets)", err, len(data))
	}
	if err != nil && !strings.HasPrefix(err.Error(), "per: Pick.Picks[1].Octets: bit ") {
		t.Error(err)
	}
}

// TestWrongBits: numbers and characters outside their constraint, in bits that
// have room for them.
func TestWrongBits(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		v    any
	}{
		"number":               {[]byte{0xFF, 0x80}, &int255{}}, // 255 above 254
		"length of a number":   {[]byte{0xE0, 1, 0, 0, 0, 0}, &int64K1{}},
		"enumeration":          {[]byte{0x60}, &one[sexA3]{}},
		"place in alphabet":    {[]byte{0x80, 0xF0}, &digits{}},
		"code in alphabet":     {[]byte{0x80 | 'z'>>1, 0}, &signal{}},
		"number of 9 octets":   {append([]byte{0x80, 9}, make([]byte, 9)...), &one[int]{}},
		"number of 0 octets":   {[]byte{0x80, 0}, &one[int]{}},
		"int8":                 {[]byte{0x80, 2, 1, 0}, &one[int8]{}},
		"oid without an end":   {[]byte{0x80, 1, 0x80}, &one[OID]{}},
		"empty oid":            {[]byte{0x80, 0}, &one[OID]{}},
		"arc above 64 bits":    {append(append([]byte{0x80, 12}, bytes.Repeat([]byte{0xFF}, 11)...), 0x7F), &one[OID]{}},
		"fragment of 0":        {[]byte{0x80, 0xC0}, &one[[]byte]{}},
		"fragment of 5":        {[]byte{0x80, 0xC5}, &one[[]byte]{}},
		"size below its least": {[]byte{0x80, 8, 0xFF}, &bitsLarge{}},
		"above 64 bits":        {append([]byte{0x80, 8}, bytes.Repeat([]byte{0xFF}, 8)...), &intSemi{}},
	} {
		if err := Unmarshal(tt.data, tt.v); !errors.Is(err, ErrConstraint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConcurrent: goroutines that meet a type for the first time together.
func TestConcurrent(t *testing.T) {
	type inner struct {
		_    struct{} `per:"sequence"`
		Next *tree    `per:"opt"`
		N    int      `per:"range=0..7"`
	}
	type fresh struct {
		Extra `per:"sequence,ext"`
		A     inner
		B     []inner
		C     *inner `per:"add"`
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			data, err := Marshal(&fresh{B: []inner{{N: 3}}, C: &inner{N: 7}})
			if err != nil {
				t.Error(err)
				return
			}
			var v fresh
			if err := Unmarshal(data, &v); err != nil || v.C == nil || v.C.N != 7 {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
	wg.Wait()
}
