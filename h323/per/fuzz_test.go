package per

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// full returns a value with everything in it.
func full() *tree {
	leaf := func() *tree { return &tree{Small: 1, Ext: 1, Semi: 1, Pick: pick{None: &Null{}}} }
	v := leaf()
	v.Flag, v.Small, v.Large, v.Signed, v.Ext, v.Semi = true, 3600, 1<<32-1, -262144, 40000, 1<<40
	v.Free, v.Narrow, v.Colour, v.Sex = new(int64(-1<<63)), new(int8(-128)), 3, new(sexA3(2))
	v.Null, v.Oid = &Null{}, new(OID("0.0.8.2250.0.7"))
	v.Fixed1, v.Fixed2, v.Fixed16 = []byte{1}, []byte{1, 2}, []byte("0123456789abcdef")
	v.Variable, v.OctetExt, v.Octets = []byte("abc"), []byte("outside"), bytes.Repeat([]byte{7}, 200)
	bits := func(n int) *BitString {
		return &BitString{Bytes: append(bytes.Repeat([]byte{0xA5}, n/8), 0x80)[:(n+7)/8], Bits: n}
	}
	v.Bits = &bitSet{
		Fixed: BitString{Bytes: []byte{0xAB, 0xC0}, Bits: 12}, Long: *bits(32),
		Variable: bits(41), Large: bits(2049), Ext: bits(9), Any: &BitString{},
	}
	v.Text = &texts{
		Digits: new("600#1234"), Signal: new("!"), Number: new("4420 7946"), ASCII: new("http://example.com"),
		Any: new("naïve"), Ext: new("ab"), Wide: new("Zoë 😀"), WideAny: new(""), Printable: new("Room 5?"),
		Visible: new("~~"), General: new("\x00\xFF"), Same: new("xxx"),
	}
	v.Lists = &lists{
		Bools: []bool{true, false}, Nulls: make([]Null, 70), Fixed: []int{1, 2, 15}, Large: []pick{{Later: new(true)}},
		Ext: []int{5, 5, 5}, Strings: []string{"de", "en-GB"}, Bytes: [][]byte{{}, {1}}, Nested: [][]int{{1}, {2, 255}},
		Colours: []colour{0, 3, 90}, Sparse: make100()[:2], Opens: []Open{{0}}, OIDs: []OID{"2.999.1"}, Choices: [][]picked{{{Only: &Null{}}}, {}},
	}
	v.Pick = pick{Picks: []pick{{Number: new(65535)}, {Octets: []byte{}}, {Latest: []pick{{Tree: leaf()}}}, {Wide: new("w")}}}
	v.Any, v.Deeper = Open("open"), leaf()
	v.AddInt, v.AddNull, v.AddBytes, v.AddTree, v.AddTrees = new(255), &Null{}, []byte{}, leaf(), []tree{*leaf()}
	return v
}

func TestFull(t *testing.T) {
	data := marshal(t, full())
	var back tree
	unmarshal(t, data, &back)
	if !reflect.DeepEqual(&back, full()) {
		t.Errorf("decoded otherwise:\n%+v", back)
	}
	for cut := range data {
		if err := Unmarshal(data[:cut], &back); err == nil {
			t.Errorf("decoded from the first %d of %d octets", cut, len(data))
		}
	}
}

// FuzzTree decodes any octets: what decodes encodes, and its encoding decodes to
// the same value and encodes to the same octets. Nothing takes more than 4 MiB.
func FuzzTree(f *testing.F) {
	everything, err := Marshal(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(everything)
	f.Add([]byte{})
	f.Add([]byte(strings.Repeat("\x00", 64)))
	f.Add([]byte(strings.Repeat("\xFF", 64)))
	f.Add([]byte("\xC4" + strings.Repeat("\x55", 2000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		var v tree
		var err error
		if n := allocated(func() { err = Unmarshal(data, &v) }); n > 4<<20 {
			t.Fatalf("allocated %d octets", n)
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Bit < 0 || e.Bit > 8*len(data) {
				t.Fatalf("%d octets: %v", len(data), err)
			}
			return
		}
		first := marshal(t, &v)
		var again tree
		if err := Unmarshal(first, &again); err != nil {
			if errors.Is(err, ErrLimit) && len(first) < len(data) {
				return // limits follow the length, and padding counted for the first
			}
			t.Fatal(err)
		}
		if !reflect.DeepEqual(v, again) {
			t.Fatalf("decoded\n%+v, then\n%+v", v, again)
		}
		if second := marshal(t, &again); !bytes.Equal(first, second) {
			t.Fatalf("encoded\n%x, then\n%x", first, second)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data, err := Marshal(full())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var v tree
		if err := Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	v := full()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = Append(dst[:0], v); err != nil {
			b.Fatal(err)
		}
	}
}
