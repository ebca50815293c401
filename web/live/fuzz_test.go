package live

import (
	"strings"
	"testing"
)

// FuzzMessage reads what pages send: foreign bytes. What parse lets through is of
// a known type and bounded.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"hello","v":1,"link":"abc","name":"Ada","lang":"de"}`,
		`{"type":"hello","v":1,"room":"r1"}`, `{"type":"hello","v":1,"test":true}`,
		`{"type":"hello","v":2}`, `{"type":"hello","v":1,"link":"a","room":"b"}`,
		`{"type":"offer","sdp":"v=0"}`, `{"type":"candidate","candidate":""}`,
		`{"type":"mute","on":true}`, `{"type":"hand"}`, `{"type":"key","digit":"5"}`, `{"type":"key","digit":"55"}`,
		`{"type":"command","do":"remove","who":"w-1","id":7}`, `{"type":"ping"}`, `{"type":"leave"}`,
		`{"type":"name","name":"\u202e"}`, `[]`, `null`, `{}`, `{"type":"ping"}{}`, "\xff", `{"type":1}`,
		strings.Repeat("[", 10000), `{"id":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	known := map[string]bool{}
	for _, t := range []string{"hello", "offer", "candidate", "mute", "hand", "name", "key", "leave", "ping", "command"} {
		known[t] = true
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parse(text)
		if err != nil {
			if m != (inbound{}) {
				t.Error("a message that is refused was read")
			}
			return
		}
		if !known[m.Type] {
			t.Errorf("type %q was let through", m.Type)
		}
		if m.Type == "key" && len(m.Digit) != 1 {
			t.Errorf("key %q was let through", m.Digit)
		}
		if (m.Type == "mute" || m.Type == "hand") && m.On == nil {
			t.Error("a switch without a position was let through")
		}
		if name, err := CleanName(m.Name); err == nil && (name == "" || len([]rune(name)) > 64) {
			t.Errorf("name %q was let through", name)
		}
	})
}
