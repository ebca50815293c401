package live

import (
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ number, shown, masked string }{
		{"+41445550100", "+41 44 555 01 00", "+41 44 *** ** 00"},
		{"+12125550123", "+1 212 555 0123", "+1 212 *** **23"},
		{"+442079460123", "+44 20 7946 0123", "+44 20 **** **23"},
		{"+33155550123", "+33 1 55 55 01 23", "+33 1 ** ** ** 23"},
		{"+4930555012", "+49 305 550 12", "+49 305 *** 12"},
		{"+97145550123", "+97 145 550 123", "+97 145 *** *23"},
		{"0445550100", "0445550100", "04******00"},
		{"2001", "2001", "2***"},
		{"12", "12", "**"},
		{"alice", "alice", "alice"},
		{"", "", ""},
	} {
		if got := DisplayNumber(tt.number); got != tt.shown {
			t.Errorf("%s is shown as %s, want %s", tt.number, got, tt.shown)
		}
		if got := MaskNumber(tt.number); got != tt.masked {
			t.Errorf("%s is masked as %s, want %s", tt.number, got, tt.masked)
		}
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		protocol            string
		name, number, shown string
	}{
		{"memory", "Eve", "+41445550100", "Eve"},
		{"memory", "", "alice", "alice"},
		{"memory", "", "alice@example.org", ""},
		{"memory", "", "10.0.0.7", ""},
		{"memory", "10.0.0.7:5060", "", ""},
		{"memory", "0445550100", "+41445550100", "04******00"},
		{"memory", "Eve (044 555 01 00)", "+41445550100", "+41 44 *** ** 00"},
		{"memory", "Room 12", "2001", "Room 12"},
	} {
		e := &bridge.Entry{Name: tt.name, Party: bridge.Party{Number: tt.number}, Leg: memory.New("x", 8000, bridge.Party{})}
		if got := nameOf(e); got != tt.shown {
			t.Errorf("%q %q is shown as %q, want %q", tt.name, tt.number, got, tt.shown)
		}
	}
}

func TestKinds(t *testing.T) {
	for product, want := range map[string]string{
		"PolycomRealPresenceGroup500/6.2": "room-system", "TANDBERG/528 (TC6.0)": "room-system", "Cisco-RoomOS/11": "room-system",
		"Linphone/4": "phone", "": "phone", "PolycomVVX-VVX_400-UA/5.8": "phone", "CaverPhone/1": "phone",
	} {
		e := &bridge.Entry{Party: bridge.Party{Product: product}, Leg: memory.New("x", 8000, bridge.Party{})}
		if got := kindOf(e); got != want {
			t.Errorf("%s is a %s, want %s", product, got, want)
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"  Ada  Lovelace ": "Ada Lovelace", "a\u202eb\x00c": "abc", "\t\n": "", "": "", "\u200b": "",
		strings.Repeat("ä", 64): strings.Repeat("ä", 64), strings.Repeat("ä", 65): "", "\xff": "",
		"👩\u200d🚀": "👩\u200d🚀",
	} {
		got, err := CleanName(in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q becomes %q, %v; want %q", in, got, err, want)
		}
	}
}

// TestRelayCredentials compares with what coturn computes for the secret
// (use-auth-secret, static-auth-secret=north).
func TestRelayCredentials(t *testing.T) {
	r := Relay{URLs: []string{"stun:s.example", "turn:t.example:3478", "turns:t.example"}, Secret: []byte("north")}
	all := r.Servers(time.Unix(1700000000, 0), "w-1")
	if len(all) != 2 || all[0].URLs[0] != "stun:s.example" || all[0].Credential != "" || len(all[1].URLs) != 2 {
		t.Fatalf("%+v", all)
	}
	if all[1].Username != "1700086400:w-1" || all[1].Credential != wantCredential {
		t.Errorf("%+v", all[1])
	}
	if none := (Relay{}).Servers(time.Now(), "w"); none == nil || len(none) != 0 {
		t.Errorf("%+v", none)
	}
}

// printf 1700086400:w-1 | openssl dgst -sha1 -hmac north -binary | base64
const wantCredential = "bafShiCe8ml90yMyL38g6+Qfxt4="

func TestWays(t *testing.T) {
	d := Directory{
		Base: "https://meet.example.org", SIP: "meet.example.org", H323: "203.0.113.10",
		Numbers: []Number{{Number: "+12125550123", Label: "New York", Language: "en"}, {Number: "+41445550100", Label: "Zürich", Language: "de"}},
	}
	w := d.Ways("112752642", "48219", "TOKEN").Speaking("de")
	if w.Link != "https://meet.example.org/j/TOKEN" || w.SIP != "112752642@meet.example.org" ||
		w.H323 != "203.0.113.10##112752642" || w.DialIn != "https://meet.example.org/dial-in/112752642" {
		t.Errorf("%+v", w)
	}
	if n := w.Numbers[0]; n.Tel != "tel:+41445550100,,112752642,,48219" || n.Display != "+41 44 555 01 00" {
		t.Errorf("%+v", n)
	}
	if d.Numbers[0].Tel != "" {
		t.Error("the directory was written to")
	}
	if n := d.Call("112752642", ""); n[0].Tel != "tel:+12125550123,,112752642" {
		t.Errorf("%+v", n)
	}
	if w := (Directory{}).Ways("1", "", ""); w.DialIn != "" || w.SIP != "" {
		t.Errorf("%+v", w)
	}
}
