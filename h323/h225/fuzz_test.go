package h225_test

import (
	"bytes"
	"reflect"
	"runtime"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

// maxAllocated is the most that decoding any input may allocate.
const maxAllocated = 4 << 20

// FuzzH225: any octets as a call signalling message.
func FuzzH225(f *testing.F) {
	seeds(f, func(r recorded) bool { return reflect.TypeOf(r.new()) == reflect.TypeOf(userInformation()) })
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, userInformation) })
}

// FuzzRAS: any octets as a RAS message.
func FuzzRAS(f *testing.F) {
	for _, m := range rasMessages() {
		data, err := h225.MarshalRAS(m)
		if err != nil {
			f.Fatalf("%s: %v", m.Name(), err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, func() any { return new(h225.RasMessage) }) })
}

// seeds adds the recorded messages that want picks; without recordings the fuzzer
// starts from nothing.
func seeds(f *testing.F, want func(recorded) bool) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 4096))
	f.Add([]byte{0x28, 0x61, 0, 0}) // a bit map of additions with none in it
	if !haveRecordings() {
		f.Log("the recorded calls are not on this machine: no seeds from them")
		return
	}
	for _, r := range recordings(f) {
		if want(r) {
			f.Add(r.data)
		}
	}
}

// stable: data is refused or decoded within bounds; what was decoded encodes, and
// that decodes to the same.
func stable(t *testing.T, data []byte, make func() any) {
	v := make()
	err := bounded(t, data, v)
	if err != nil {
		return
	}
	once, err := per.Marshal(v)
	if err != nil {
		t.Fatalf("%x is decoded but not encoded: %v", data, err)
	}
	again := make()
	if err := per.Unmarshal(once, again); err != nil {
		t.Fatalf("%x, encoded as %x, is not decoded: %v", data, once, err)
	}
	if !reflect.DeepEqual(v, again) {
		t.Fatalf("%x, encoded as %x, is decoded otherwise", data, once)
	}
	twice, err := per.Marshal(again)
	if err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("%x is encoded as %x, then as %x (%v)", data, once, twice, err)
	}
}

// bounded decodes data and fails the test if that allocates too much.
func bounded(t *testing.T, data []byte, v any) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := per.Unmarshal(data, v)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
		t.Fatalf("%d octets make it allocate %d", len(data), n)
	}
	return err
}
