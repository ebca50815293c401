package h225_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/h450"
	"github.com/partyline/partyline/h323/per"
)

// filler makes random values that keep the constraints in the tags of their types.
type filler struct {
	*rand.Rand
	left int // values that may still be made where they may be left out
	// judged is for values that tshark reads: it takes integers of 32 bits at most
	// and gives up at SIGNED{}.
	judged bool
}

// fill makes a random value for v, whose use has the tag.
func (f *filler) fill(v reflect.Value, tag string, depth int) {
	f.left--
	switch x := v.Addr().Interface().(type) {
	case *per.BitString:
		*x = f.bits(tag)
		return
	case *per.OID:
		*x = per.OID([]string{"0.0.8.2250.0.8", "1.2.840.113549.2.5", "2.999.268435456.127.128"}[f.IntN(3)])
		return
	case per.Enumerated:
		root, additions, _ := x.PEREnum()
		v.SetInt(int64(f.IntN(root + additions)))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(f.IntN(2) == 1)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.integer(tag))
	case reflect.String:
		v.SetString(f.text(tag))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), tag, depth)
	case reflect.Slice:
		f.slice(v, tag, depth)
	case reflect.Struct:
		f.structure(v, depth)
	}
}

func (f *filler) structure(v reflect.Value, depth int) {
	t := v.Type()
	if t.NumField() == 0 {
		return
	}
	marker := t.Field(0).Tag.Get("per")
	if strings.HasPrefix(marker, "choice") {
		i := f.alternative(t, depth)
		f.field(v, i, depth)
		return
	}
	for i := 1; i < t.NumField(); i++ {
		tag := t.Field(i).Tag.Get("per")
		if part(tag, "opt") || part(tag, "add") {
			if f.left <= 0 || f.IntN(3) == 0 {
				continue
			}
		}
		f.field(v, i, depth)
	}
}

// alternative picks one of a CHOICE; deep down, one that ends the value.
func (f *filler) alternative(t reflect.Type, depth int) int {
	if depth > 12 || f.left <= 0 {
		for i := 1; i < t.NumField(); i++ {
			if e := t.Field(i).Type; e.Kind() == reflect.Slice || e.Elem().Kind() != reflect.Struct || e.Elem().NumField() == 0 {
				return i
			}
		}
	}
	i := 1 + f.IntN(t.NumField()-1)
	if f.judged && slices.Contains(signed, t.Field(i).Name) {
		return 1
	}
	return i
}

// signed are the alternatives with a SIGNED{} in them, none a CHOICE's first.
var signed = []string{"CertProtectedKey", "CryptoSignedToken", "CryptoEPCert", "CryptoGKCert", "CryptoFastStart"}

// field fills a field; octets that hold a further message get one.
func (f *filler) field(v reflect.Value, i, depth int) {
	field := v.Type().Field(i)
	switch to := v.Field(i).Addr().Interface().(type) {
	case *per.Open:
		*to = f.encoded(opened(v.Type().Name()))
		return
	case *[]byte:
		if f.judged && field.Name == "ReturnedFunction" { // tshark reads a message in it
			return
		}
	case *[][]byte:
		switch field.Name {
		case "FastStart":
			*to = [][]byte{f.encoded(new(h245.OpenLogicalChannel))}
			return
		case "H245Control", "ParallelH245Control":
			*to = [][]byte{f.encoded(new(h245.MultimediaSystemControlMessage))}
			return
		case "H4501SupplementaryService":
			*to = [][]byte{f.encoded(new(h450.SupplementaryService))}
			return
		}
	case *h450.Code: // tshark reads arguments by the codes it knows
		*to = h450.Code{Global: ptr(per.OID("2.999.1"))}
		return
	}
	f.fill(v.Field(i), field.Tag.Get("per"), depth+1)
}

// opened is the type inside SIGNED{}'s open type.
func opened(name string) any {
	switch strings.TrimPrefix(name, "SIGNEDEncoded") {
	case "KeySignedMaterial":
		return new(h235.KeySignedMaterial)
	case "ReturnSig":
		return new(h235.ReturnSig)
	}
	return new(h235.ClearToken)
}

func (f *filler) encoded(v any) []byte {
	f.left = min(f.left, 20)
	f.fill(reflect.ValueOf(v).Elem(), "", 8)
	b, err := per.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (f *filler) slice(v reflect.Value, tag string, depth int) {
	lo, hi := f.bounds(tag, "size", 0, 6)
	if v.Type().Elem().Kind() != reflect.Uint8 {
		hi = min(hi, max(lo, 3))
		if f.left <= 0 {
			hi = lo
		}
	}
	n := int(lo + f.Int64N(hi-lo+1))
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	var of []string
	for p := range strings.SplitSeq(tag, ";") {
		if rest, ok := strings.CutPrefix(p, "of."); ok {
			of = append(of, rest)
		}
	}
	for i := range n {
		if e := v.Index(i); e.Kind() == reflect.Uint8 {
			e.SetUint(uint64(f.IntN(256)))
		} else {
			f.fill(e, strings.Join(of, ";"), depth+1)
		}
	}
}

func (f *filler) bits(tag string) per.BitString {
	lo, hi := f.bounds(tag, "size", 0, 40)
	n := int(lo + f.Int64N(hi-lo+1))
	if n == 0 {
		return per.BitString{}
	}
	b := make([]byte, (n+7)/8)
	for i := range n {
		if f.IntN(2) == 1 {
			b[i/8] |= 0x80 >> (i % 8)
		}
	}
	return per.BitString{Bytes: b, Bits: n}
}

func (f *filler) integer(tag string) int64 {
	lo, hi, ok := interval(tag, "range")
	if !ok {
		if f.judged {
			return int64(int32(f.Uint32())) >> f.IntN(32)
		}
		return int64(f.Uint64()) >> f.IntN(64)
	}
	switch f.IntN(4) {
	case 0:
		return lo
	case 1:
		return hi
	}
	return lo + f.Int64N(hi-lo+1)
}

func (f *filler) text(tag string) string {
	lo, hi := f.bounds(tag, "size", 0, 9)
	alphabet := []rune("abc XYZ-0189~")
	switch {
	case part(tag, "numeric"):
		alphabet = []rune("0189 ")
	case part(tag, "printable"):
		alphabet = []rune("abc XYZ-019?")
	case part(tag, "bmp"):
		alphabet = []rune("aß漢\uffe6 ")
	}
	for p := range strings.SplitSeq(tag, ";") {
		if from, ok := strings.CutPrefix(p, "from="); ok {
			alphabet = []rune(from)
		}
	}
	var b strings.Builder
	for range lo + f.Int64N(hi-lo+1) {
		b.WriteRune(alphabet[f.IntN(len(alphabet))])
	}
	return b.String()
}

// bounds are those in the tag, or the ones given; seldom much above the lower.
func (f *filler) bounds(tag, key string, lo, hi int64) (int64, int64) {
	l, h, ok := interval(tag, key)
	if !ok {
		return lo, hi
	}
	if f.IntN(20) > 0 {
		h = min(h, l+8)
	}
	return l, min(h, l+300)
}

// interval reads "key=1..128" in a tag.
func interval(tag, key string) (lo, hi int64, ok bool) {
	for p := range strings.SplitSeq(tag, ";") {
		rest, found := strings.CutPrefix(p, key+"=")
		if !found {
			continue
		}
		low, high, pair := strings.Cut(strings.TrimSuffix(rest, ",..."), "..")
		lo, _ = strconv.ParseInt(low, 10, 64)
		if hi = lo; pair {
			if hi, _ = strconv.ParseInt(high, 10, 64); high == "" {
				hi = lo + 1000
			}
		}
		return lo, hi, true
	}
	return 0, 0, false
}

func part(tag, word string) bool { return strings.Contains(";"+tag+";", ";"+word+";") }

// randomValues calls f with random values of all types that stand alone.
func randomValues(n int, judged bool, f func(i int, v any)) {
	for i := range n {
		random := &filler{rand.New(rand.NewPCG(uint64(i), 2250)), 20 + i%200, judged}
		for _, v := range []any{new(h225.H323UserInformation), new(h225.RasMessage), new(h245.MultimediaSystemControlMessage)} {
			random.fill(reflect.ValueOf(v).Elem(), "", 0)
			f(i, v)
		}
	}
}

// TestRandomValues: values with any combination of fields come back as they were.
func TestRandomValues(t *testing.T) {
	octets, n := 0, 1000
	if testing.Short() {
		n = 100
	}
	randomValues(n, false, func(i int, v any) {
		data, err := per.Marshal(v)
		if err != nil {
			t.Fatalf("value %d, %s: %v", i, what(v), err)
		}
		octets += len(data)
		again := reflect.New(reflect.TypeOf(v).Elem()).Interface()
		if err := per.Unmarshal(data, again); err != nil {
			t.Fatalf("value %d, %s: %v in %x", i, what(v), err, data)
		}
		if !reflect.DeepEqual(v, again) {
			t.Fatalf("value %d, %s is another: %x", i, what(v), data)
		}
	})
	t.Logf("%d octets", octets)
}
