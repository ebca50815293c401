package q931

import (
	"bytes"
	"testing"

	"github.com/partyline/partyline/h323/internal/capture"
)

// captured are the Q.931 messages of recorded calls.
func captured(tb testing.TB) (messages [][]byte) {
	for _, path := range capture.Find("../../../shared/pcap") {
		all, err := capture.Read(path)
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range all {
			if m.Kind == capture.Signalling {
				messages = append(messages, m.Data)
			}
		}
	}
	return messages
}

// TestCaptured: every recorded message is read, with its H.225.0 message, and
// becomes the same octets again.
func TestCaptured(t *testing.T) {
	messages := captured(t)
	if len(messages) == 0 {
		t.Skip("there are no recorded calls")
	}
	seen := map[Type]int{}
	for i, data := range messages {
		m, err := Parse(data)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if again, err := m.Append(nil); err != nil || !bytes.Equal(again, data) {
			t.Errorf("message %d, %v: %x became %x, %v", i, m.Type, data, again, err)
		}
		want, _ := capture.UserUser(data)
		if got, ok := m.UserUser(); !ok || !bytes.Equal(got, want) {
			t.Errorf("message %d, %v: user-user %x %v, want %x", i, m.Type, got, ok, want)
		}
		if keys, ok := m.Keypad(); m.Type == Information && (!ok || len(keys) != 1) {
			t.Errorf("message %d, %v: keys %q %v", i, m.Type, keys, ok)
		}
		seen[m.Type]++
	}
	t.Logf("%d messages: %v", len(messages), seen)
	for _, typ := range []Type{Setup, CallProceeding, Connect, Information, Facility, ReleaseComplete} {
		if seen[typ] == 0 {
			t.Errorf("no %v among them", typ)
		}
	}
}

// FuzzQ931: what can be parsed is made into the same octets again, with each
// element readable or not, and stays a message when elements are set.
func FuzzQ931(f *testing.F) {
	for _, s := range []string{setupHex, keypadHex, shiftedHex, "080200015a08028090", "0802000105"} {
		f.Add(octetsOf(f, s))
	}
	for _, data := range captured(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		again, err := m.Append(nil)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %x, %v", data, again, err)
		}
		for _, get := range views {
			get(m)
		}
		m.SetCause(Cause{Value: NormalClearing})
		m.SetDisplay("x")
		m.SetUserUser([]byte{1, 2})
		if again, err = m.Append(nil); err != nil {
			t.Fatalf("%x: %v", data, err)
		}
		if len(m.Elements) > MaxElements {
			return
		}
		if m, err = Parse(again); err != nil {
			t.Fatalf("%x: %v", again, err)
		}
		cause, _ := m.Cause()
		if pdu, _ := m.UserUser(); cause.Value != NormalClearing || !bytes.Equal(pdu, []byte{1, 2}) {
			t.Fatalf("%x: cause %v, user-user %x", again, cause, pdu)
		}
	})
}
