package h245_test

import (
	"bytes"
	"reflect"
	"runtime"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/internal/capture"
	"github.com/partyline/partyline/h323/per"
)

// capturesDir is where the recorded calls lie beside the project.
const capturesDir = "../../../shared/pcap"

// maxAllocated is the most that decoding any input may allocate.
const maxAllocated = 4 << 20

// recorded returns the H.245 messages and fastStart elements of all recorded calls.
func recorded(t testing.TB) (all [][]byte) {
	t.Helper()
	for _, path := range capture.Find(capturesDir) {
		messages, err := capture.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			if m.Kind == capture.Control {
				all = append(all, m.Data)
			}
			pdu, ok := capture.UserUser(m.Data)
			if m.Kind != capture.Signalling || !ok {
				continue
			}
			ui, err := h225.Unmarshal(pdu)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, ui.H323UuPdu.H245Control...)
			if setup := ui.H323UuPdu.H323MessageBody.Setup; setup != nil {
				all = append(append(all, setup.FastStart...), setup.ParallelH245Control...)
			}
		}
	}
	return all
}

// FuzzH245: any octets as H.245 messages and as a logical channel of fast connect.
func FuzzH245(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 4096))
	seeds := recorded(f)
	if len(seeds) == 0 {
		f.Log("the recorded calls are not on this machine: no seeds from them")
	}
	for _, data := range seeds {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		stable(t, data, func() any { return new(h245.MultimediaSystemControlMessage) })
		stable(t, data, func() any { return new(h245.OpenLogicalChannel) })
		bounded(t, data, func() error { _, err := h245.UnmarshalAll(data); return err })
	})
}

// stable: data is refused or decoded within bounds; what was decoded encodes, and
// that decodes to the same.
func stable(t *testing.T, data []byte, make func() any) {
	v := make()
	if bounded(t, data, func() error { return per.Unmarshal(data, v) }) != nil {
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

// bounded fails the test if decoding data allocates too much.
func bounded(t *testing.T, data []byte, decode func() error) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := decode()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
		t.Fatalf("%d octets make it allocate %d", len(data), n)
	}
	return err
}
