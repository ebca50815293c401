package h225_test

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/internal/capture"
	"github.com/partyline/partyline/h323/per"
)

// capturesDir is where the recorded calls lie beside the project.
const capturesDir = "../../../shared/pcap"

// recorded is one encoded value of a recording.
type recorded struct {
	where string
	data  []byte
	new   func() any // a value of its type
}

func userInformation() any { return new(h225.H323UserInformation) }
func controlMessage() any  { return new(h245.MultimediaSystemControlMessage) }
func openChannel() any     { return new(h245.OpenLogicalChannel) }

func haveRecordings() bool { return len(capture.Find(capturesDir)) > 0 }

// recordings returns every H.225.0 and H.245 value of all recorded calls: call
// signalling messages, what is inside their h245Control, parallelH245Control and
// fastStart, and the messages of H.245 connections.
func recordings(t testing.TB) []recorded {
	t.Helper()
	paths := capture.Find(capturesDir)
	if len(paths) == 0 {
		t.Skip("the recorded calls are not on this machine")
	}
	var all []recorded
	for _, path := range paths {
		messages, err := capture.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			where := fmt.Sprintf("%s frame %d", filepath.Base(path), m.Frame)
			switch m.Kind {
			case capture.Control:
				all = append(all, recorded{where + " (H.245)", m.Data, controlMessage})
			case capture.Signalling:
				if pdu, ok := capture.UserUser(m.Data); ok {
					all = append(all, recorded{where, pdu, userInformation})
					all = append(all, nested(t, where, pdu)...)
				}
			}
		}
	}
	return all
}

// nested returns what is encoded once more inside a call signalling message.
func nested(t testing.TB, where string, pdu []byte) []recorded {
	t.Helper()
	m, err := h225.Unmarshal(pdu)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	var all []recorded
	add := func(what string, values [][]byte, make func() any) {
		for i, v := range values {
			all = append(all, recorded{fmt.Sprintf("%s %s[%d]", where, what, i), v, make})
		}
	}
	add("h245Control", m.H323UuPdu.H245Control, controlMessage)
	body := reflect.ValueOf(m.H323UuPdu.H323MessageBody)
	for i := 1; i < body.NumField(); i++ {
		if body.Field(i).IsNil() {
			continue
		}
		uuie := body.Field(i).Elem()
		if f := uuie.FieldByName("FastStart"); f.IsValid() {
			add("fastStart", f.Interface().([][]byte), openChannel)
		}
		if f := uuie.FieldByName("ParallelH245Control"); f.IsValid() {
			add("parallelH245Control", f.Interface().([][]byte), controlMessage)
		}
	}
	return all
}

// TestRecordedCalls: every message of the recorded calls decodes completely, with
// nothing unknown in it, and encodes again to the same octets.
func TestRecordedCalls(t *testing.T) {
	counts := map[string]int{}
	for _, r := range recordings(t) {
		v := r.new()
		counts[fmt.Sprintf("%T", v)]++
		if err := per.Unmarshal(r.data, v); err != nil {
			t.Errorf("%s: %v", r.where, err)
			continue
		}
		if u := unknowns(v); u != nil {
			t.Errorf("%s: something unknown in %v", r.where, u)
		}
		again, err := per.Marshal(v)
		if err != nil {
			t.Errorf("%s: %v", r.where, err)
		} else if !bytes.Equal(again, r.data) {
			t.Errorf("%s: encodes otherwise:\nwas %x\nis  %x", r.where, r.data, again)
		}
	}
	for typ, n := range counts {
		t.Logf("%d of %s", n, typ)
	}
}

// TestCanonicalForm lists the recorded values that aren't as our version encodes
// them. All differ in one thing: h323plus ends the bit map of additions after the
// last one present, where X.691 §18.7 wants one bit for each addition of the
// sender's version. Encoded in our form they mean the same.
func TestCanonicalForm(t *testing.T) {
	differ := map[string]int{}
	for _, r := range recordings(t) {
		v := r.new()
		if err := per.Unmarshal(r.data, v); err != nil {
			t.Fatalf("%s: %v", r.where, err)
		}
		forget(v)
		ours, err := per.Marshal(v)
		if err != nil {
			t.Fatalf("%s: %v", r.where, err)
		}
		again := r.new()
		if err := per.Unmarshal(ours, again); err != nil {
			t.Fatalf("%s: our form: %v", r.where, err)
		}
		if !bytes.Equal(ours, r.data) {
			differ[what(v)]++
		}
		if forget(again); !reflect.DeepEqual(again, v) {
			t.Errorf("%s: our form means something else", r.where)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(differ)) {
		t.Logf("not in canonical form: %d of %s", differ[name], name)
	}
}

// what names a value of a recording.
func what(v any) string {
	switch m := v.(type) {
	case *h225.H323UserInformation:
		return m.H323UuPdu.H323MessageBody.Name()
	case *h245.MultimediaSystemControlMessage:
		return m.Name()
	case *h225.RasMessage:
		return m.Name()
	}
	return "fastStart's openLogicalChannel"
}
