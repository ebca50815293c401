package dialplan

import (
	"fmt"
	"strings"
	"testing"
)

func compile(t testing.TB, s string) *Pattern {
	t.Helper()
	p, err := Compile(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return p
}

// example is the dialplan of the commented configuration.
func example(t testing.TB) *Plan {
	return &Plan{
		ExtensionLength: 9, TestExtension: "9196", Strangers: true,
		Numbers: []Number{
			{Number: "+41445550100", Trunk: "carrier-a", Label: "Zürich", Language: "de", To: Target{Kind: Reception}},
			{Number: "+41445550177", Trunk: "carrier-a", To: Target{Kind: Room, Room: "112752642"}},
			{Number: "+41445550199", To: Target{Kind: Test}},
		},
		Inbound: []Rule{
			{Match: compile(t, "sip:{ext:[0-9]{6,12}}@meet.example.org"), To: Target{Kind: Room, Room: "{ext}"}},
			{Match: compile(t, "h323:{ext:[0-9]{6,12}}"), To: Target{Kind: Room, Room: "{ext}"}},
			{Match: compile(t, "fax*"), Deny: "no fax here"},
			{Match: compile(t, "sales"), From: compile(t, "+33*"), Language: "fr", To: Target{Kind: Reception}},
			{Match: compile(t, "short@*"), To: Target{Kind: Room, Room: "1"}},
			{Match: compile(t, "*"), Trunk: "carrier-a", To: Target{Kind: Reception}},
		},
	}
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		protocol, trunk, from, user, host string
		want                              string // kind extension pin language
	}{
		// The bare address.
		{"sip", "", "", "", "203.0.113.10", "reception"},
		{"h323", "", "", "", "", "reception"},
		// Extensions, whatever the host, known or not.
		{"sip", "", "", "112752642", "elsewhere.example", "room 112752642"},
		{"sip", "", "", "999999999", "gw", "room 999999999"},
		{"sip", "", "", "112752642.48219", "gw", "room 112752642 48219"},
		{"sip", "", "", "112752642#48219", "gw", "room 112752642 48219"},
		{"sip", "", "", "112752642%2348219", "gw", "room 112752642 48219"},
		{"sip", "", "", "112752642*48219", "gw", "room 112752642 48219"},
		{"sip", "", "", "112752642#", "gw", "room 112752642"},
		{"sip", "", "", "112752642;phone-context=x", "gw", "room 112752642"},
		{"h323", "", "", "203.0.113.10##112752642", "", "room 112752642"},
		{"h323", "", "", "203.0.113.10##112752642#48219", "", "room 112752642 48219"},
		{"h323", "", "", "112752642@203.0.113.10", "", "room 112752642"},
		{"h323", "", "", "##112752642#48219#", "", "room 112752642 48219"},
		{"h323", "", "", "112752642##48219", "", "room 112752642 48219"},
		{"h323", "", "", "203.0.113.10##112752642##48219#", "", "room 112752642 48219"},
		{"h323", "", "", "112752642##", "", "room 112752642"},
		// The test extension, before anything else of digits.
		{"sip", "", "", "9196", "gw", "test"},
		{"h323", "", "", "gw##9196", "", "test"},
		// What is no extension.
		{"sip", "", "", "bob", "gw", "reject"},
		{"sip", "", "", "12345", "gw", "reject"},
		{"sip", "", "", "112752642.abc", "gw", "reject"},
		{"sip", "", "", "+112752642", "gw", "reject"},
		{"sip", "", "", "1127526421127526421", "gw", "reject"},
		{"sip", "", "", "%zz", "gw", "reject"},
		// A length that some room has (the fixture knows 4).
		{"sip", "", "", "4711", "gw", "room 4711"},
		{"sip", "", "", "4712.1357", "gw", "room 4712 1357"},
		// Numbers.
		{"sip", "carrier-a", "", "+41445550100", "gw", "reception de"},
		{"sip", "carrier-a", "", "41445550100", "gw", "reception de"},
		{"sip", "carrier-a", "", "0041445550100", "gw", "reception de"},
		{"sip", "carrier-a", "", "+41 44-555.01 00", "gw", "reception de"},
		{"sip", "carrier-a", "", "+41445550177", "gw", "room 112752642"},
		{"sip", "", "", "+41445550177", "gw", "reject"},
		{"sip", "", "", "+41445550199", "gw", "test"},
		{"sip", "", "", "41445550199", "gw", "reject"},
		// Rules.
		{"sip", "", "", "123456", "meet.example.org", "room 123456"},
		{"sip", "", "", "123456.48219", "MEET.example.org", "room 123456 48219"},
		{"sip", "", "", "123456", "other.example", "reject"},
		{"h323", "", "", "123456", "other.example", "room 123456"},
		{"sip", "", "", "fax7", "gw", "deny"},
		{"sip", "", "+33123", "sales", "gw", "reception fr"},
		{"sip", "", "+49123", "sales", "gw", "reject"},
		{"sip", "", "", "short", "gw", "reject"},
		{"sip", "carrier-a", "", "bob", "gw", "reception"},
		{"sip", "carrier-a", "", "123456.48219", "gw", "reception"},
		{"sip", "carrier-b", "", "bob", "gw", "reject"},
	} {
		p := example(t)
		p.Extensions = func(n int) bool { return n == 4 }
		d := p.Decide(Inbound{Protocol: tt.protocol, Trunk: tt.trunk, Caller: tt.from, CalledUser: tt.user, CalledHost: tt.host, Trace: true})
		got := strings.Join(strings.Fields(fmt.Sprint(d.Kind, " ", d.Extension, " ", d.PIN, " ", d.Language)), " ")
		if got != tt.want {
			t.Errorf("%s:%s@%s (trunk %q from %q): %s, want %s\n%+v", tt.protocol, tt.user, tt.host, tt.trunk, tt.from, got, tt.want, d.Trace)
		}
		if n := len(d.Trace); n == 0 {
			t.Errorf("%s: no explanation", tt.user)
		}
		if d.PIN != "" && strings.Contains(fmt.Sprint(d.Trace), d.PIN) {
			t.Errorf("%s: the explanation tells the PIN: %v", tt.user, d.Trace)
		}
		if (d.Kind == Reject || d.Kind == Deny) != (d.Reason != "") {
			t.Errorf("%s: %s with reason %q", tt.user, d.Kind, d.Reason)
		}
	}
}

func TestStrangersOff(t *testing.T) {
	p := &Plan{ExtensionLength: 9}
	if d := p.Decide(Inbound{Protocol: "sip", CalledUser: "112752642"}); d.Kind != Deny {
		t.Errorf("a stranger got %s", d.Kind)
	}
	if d := p.Decide(Inbound{Protocol: "sip", Trunk: "a", CalledUser: "112752642"}); d.Kind != Room {
		t.Errorf("the trunk got %s", d.Kind)
	}
}

// The default plan has no rules: the bare address and extensions only.
func TestDefaultPlan(t *testing.T) {
	p := &Plan{ExtensionLength: 9, Strangers: true}
	for user, want := range map[string]Kind{"": Reception, "112752642": Room, "bob": Reject, "9196": Reject, "112": Reject} {
		if d := p.Decide(Inbound{Protocol: "sip", CalledUser: user, CalledHost: "gw"}); d.Kind != want {
			t.Errorf("%q: %s, want %s", user, d.Kind, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for user, want := range map[string]string{
		"112752642.48219":               "112752642.****",
		"203.0.113.10##112752642#48219": "203.0.113.10##112752642#****",
		"112752642%2348219":             "112752642%23****",
		"112752642##48219":              "112752642##****",
		"112752642":                     "112752642",
		"bob":                           "bob",
		"1111.1111":                     "1111.****",
	} {
		if got := Redact(user); got != want {
			t.Errorf("Redact(%q) = %q, want %q", user, got, want)
		}
	}
}

func TestRoute(t *testing.T) {
	p := &Plan{Outbound: []OutboundRule{
		{Match: compile(t, "+41*"), Trunks: []string{"carrier-a"}, CallerID: "+41445550100"},
		{Match: compile(t, "+*"), Deny: "international calls are off"},
	}}
	if r := p.Route(Outbound{Called: "+41 44 555 01 00"}); !r.Allowed || len(r.Trunks) != 1 || r.Trunks[0] != "carrier-a" || r.Number != "+41445550100" {
		t.Errorf("home: %+v", r)
	}
	if r := p.Route(Outbound{Called: "0049301234"}); r.Allowed || r.Reason != "international calls are off" {
		t.Errorf("abroad: %+v", r)
	}
	if r := p.Route(Outbound{Called: "1234"}); r.Allowed || r.Reason == "" {
		t.Errorf("no rule: %+v", r)
	}
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, protocol, user, host string
		match                         bool
		captured                      string
	}{
		{"*", "h323", "", "", true, "map[]"},
		{"sip:*", "h323", "x", "", false, ""},
		{"sips:*", "sip", "x", "", true, "map[]"},
		{"bob", "sip", "BOB", "gw", true, "map[]"},
		{"b?b", "sip", "bxb", "gw", true, "map[]"},
		{"b?b", "sip", "bxxb", "gw", false, ""},
		{"a.c", "sip", "abc", "gw", false, ""},
		{"*@[2001:db8::1]", "sip", "x", "[2001:db8::1]", true, "map[]"},
		{"{a:[0-9]{2}}-{b:[x}]+}", "sip", "12-x}x", "", true, "map[a:12 b:x}x]"},
		{"{any}@h", "sip", "u", "h", true, "map[any:u]"},
		{"{a:(x)|(y)}", "sip", "y", "", true, "map[a:y]"},
		{"x", "sip", "x\ny", "", false, ""},
	} {
		captured, ok := compile(t, tt.pattern).Match(tt.protocol, tt.user, tt.host)
		if ok != tt.match || ok && fmt.Sprint(captured) != tt.captured {
			t.Errorf("%s on %s:%s@%s: %v %v", tt.pattern, tt.protocol, tt.user, tt.host, ok, captured)
		}
	}
}

func TestPatternErrors(t *testing.T) {
	for pattern, offset := range map[string]int{
		"": 0, "spi:x": 0, "sip:": 4, "a{b": 1, "a}b": 1, "x{A:y}": 2, "{a:[}": 0, "{a:(}": 3, "{a:}": 3, "{a:x}{a:y}": 6,
		strings.Repeat("x", 600): maxPattern,
	} {
		_, err := Compile(pattern)
		e, ok := err.(*PatternError)
		if !ok || e.Offset != offset {
			t.Errorf("%.20q: %#v, want an error at %d", pattern, err, offset)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"*", "sip:{ext:[0-9]{6,12}}@meet.example.org", "{a:[}]}", "a{b", "{a:\\}}", "h323:?"} {
		f.Add(s, "112752642.48219", "gw")
	}
	f.Fuzz(func(t *testing.T, pattern, user, host string) {
		p, err := Compile(pattern)
		if err != nil {
			if e, ok := err.(*PatternError); !ok || e.Offset > len(pattern) || e.Msg == "" {
				t.Fatalf("%q: %#v", pattern, err)
			}
			return
		}
		p.Match("sip", user, host)
	})
}

func FuzzDecide(f *testing.F) {
	for _, s := range []string{"", "112752642", "112752642.48219", "gw##112752642#48219", "%23%23", "+41445550100", "a@b"} {
		f.Add(s)
	}
	p := example(f)
	f.Fuzz(func(t *testing.T, user string) {
		d := p.Decide(Inbound{Protocol: "sip", CalledUser: user, CalledHost: "gw"})
		if d.Kind == Room && (!Digits(d.Extension) || len(d.Extension) > MaxExtension) {
			t.Fatalf("%q leads to %q", user, d.Extension)
		}
		if d.PIN != "" && (!Digits(d.PIN) || len(d.PIN) > maxPIN) {
			t.Fatalf("%q has PIN %q", user, d.PIN)
		}
		Redact(user)
	})
}
