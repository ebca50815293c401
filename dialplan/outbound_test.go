package dialplan

import (
	"net/netip"
	"strings"
	"testing"
)

// world is a plan for calls out, with two carriers and a PBX.
func world(t testing.TB) *Plan {
	return &Plan{
		Country: "CH",
		Trunks: []Trunk{
			{Name: "a", Hosts: []string{"sbc.carrier.example"}, Networks: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/28")}},
			{Name: "b", Hosts: []string{"b.example"}},
			{Name: "pbx", Hosts: []string{"pbx.example"}},
		},
		Limits: Limits{NumberLength: 15},
		Outbound: []OutboundRule{
			{Match: compile(t, "sip:*@pbx.example"), Trunks: []string{"pbx"}},
			{Match: compile(t, "sip:*@bad.example"), Deny: "not there"},
			{Match: compile(t, "h323:*@10.*"), Deny: "not inside"},
			{Match: compile(t, "+41*"), From: compile(t, "vip@*"), Trunks: []string{"b"}, CallerID: "+41445550101"},
			{Match: compile(t, "+4144*"), Time: schedule(t, "Europe/Zurich", []string{"mon-fri"}, []string{"08:00-18:00"}), Trunks: []string{"a", "b"}},
			{Match: compile(t, "9*"), Strip: "9", Prefix: "+4144666", Trunks: []string{"a"}},
			{Match: compile(t, "112"), Trunks: []string{"a"}},
			{Prefixes: table(t, "+41\n+4179 b\n+41900 deny premium\n+41999 except\n"), Trunks: []string{"a"}},
			{Match: compile(t, "+49*"), From: compile(t, "11*"), Trunks: []string{"a"}},
			{Match: compile(t, "+1*"), Trunks: []string{"a"}},
			{Match: compile(t, "+*"), Deny: "abroad is off"},
		},
	}
}

func TestRoutes(t *testing.T) {
	const monday, sunday = "2026-11-23T10:00:00Z", "2026-11-22T10:00:00Z"
	for _, tt := range []struct {
		called, from, host, at string
		want                   string // trunks and number, or why not
	}{
		{"+41 44 555 01 00", "", "", monday, "a,b +41445550100"},
		{"tel:+41-44-555-01-00;phone-context=x", "", "", monday, "a,b +41445550100"},
		{"0445550100", "", "", monday, "a,b +41445550100"},
		{"044 555 01 00", "", "", sunday, "a +41445550100"}, // by the table
		{"+41445550100", "", "vip@acme.example", sunday, "b +41445550100"},
		{"+41445550100", "vip", "", sunday, "a +41445550100"}, // the rule wants an account
		{"+41791234567", "", "", sunday, "b +41791234567"},
		{"0041791234567", "", "", sunday, "b +41791234567"},
		{"+41900123456", "", "", sunday, "premium"},
		{"+41999123456", "", "", sunday, "abroad is off"},
		{"92345", "", "", sunday, "a +41446662345"},
		{"112", "", "", sunday, "a 112"},
		{"113", "", "", sunday, "no outbound rule allows it"},
		{"+4930123456", "112752642", "", sunday, "a +4930123456"},
		{"+4930123456", "212752642", "", sunday, "abroad is off"},
		{"+4930123456", "", "", sunday, "abroad is off"},
		{"+49301234567890123", "112752642", "", sunday, "the number has 17 digits, and 15 is the most"},
		{"+19005550123", "", "", sunday, "premium rate numbers are off"},
		{"*21*0445550100#", "", "", sunday, "it is no telephone number"},
		{"bob", "", "", sunday, "it is no telephone number"},
		{"", "", "", sunday, "it is no telephone number"},
		{"mailto:x@y", "", "", sunday, "it is no telephone number"},
		{strings.Repeat("1", 300), "", "", sunday, "the address is too long"},
		// URIs.
		{"sip:bob@elsewhere.example", "", "", sunday, " sip:bob@elsewhere.example"},
		{"sip:elsewhere.example", "", "", sunday, " sip:elsewhere.example"},
		{"sip:112752642@elsewhere.example", "", "", sunday, " sip:112752642@elsewhere.example"},
		{"sips:bob@[2001:db8::1]:5061;transport=tls", "", "", sunday, " sips:bob@[2001:db8::1]:5061;transport=tls"},
		{"sip:bob@bad.example", "", "", sunday, "not there"},
		{"sip:bob@BAD.example:5060", "", "", sunday, "not there"},
		{"sip:bob@bad.example.", "", "", sunday, "not there"},
		{"sip:200@pbx.example", "", "", sunday, "pbx sip:200@pbx.example"},
		{"h323:600@10.0.0.7", "", "", sunday, "not inside"},
		{"h323:600@192.0.2.7", "", "", sunday, " h323:600@192.0.2.7"},
		{"h323:huddle", "", "", sunday, " h323:huddle"},
		{"h323:0049301234567", "", "", sunday, "abroad is off"},
		// No way around the rules for numbers by way of a URI.
		{"sip:+41445550100", "", "", sunday, "a +41445550100"},
		{"sip:+4930123456@elsewhere.example", "", "", sunday, "abroad is off"},
		{"sip:004930123456@elsewhere.example", "", "", sunday, "abroad is off"},
		{"sip:%2B4930123456@elsewhere.example", "", "", sunday, "abroad is off"},
		{"sip:+49%330123456@elsewhere.example;user=phone", "", "", sunday, "abroad is off"},
		{"sip:+49-30-123456;x=y@elsewhere.example", "", "", sunday, "abroad is off"},
		{"sip:+41445550100@elsewhere.example", "", "", sunday, " sip:+41445550100@elsewhere.example"},
		{"sip:0445550100@sbc.carrier.example", "", "", sunday, "a +41445550100"},
		{"sip:0445550100@SBC.carrier.example:5061", "", "", sunday, "a +41445550100"},
		{"sip:113@198.51.100.7", "", "", sunday, "no outbound rule allows it"},
		{"sip:113@[::ffff:198.51.100.7]", "", "", sunday, "no outbound rule allows it"},
		{"sip:bob@198.51.100.7", "", "", sunday, "it is no telephone number"},
		{"sip:b.example", "", "", sunday, "it is no telephone number"},
		{"sip:+19005550123@pbx.example", "", "", sunday, "premium rate numbers are off"},
	} {
		o := Outbound{Called: tt.called, From: tt.from, Host: tt.host, Time: moment(t, tt.at)}
		r := world(t).Route(o)
		got := r.Reason
		if r.Allowed {
			got = strings.Join(r.Trunks, ",") + " " + r.Number
		}
		if got != tt.want || r.Allowed != (r.Reason == "") {
			t.Errorf("%s from %s %s: %q, want %q", tt.called, tt.from, tt.host, got, tt.want)
		}
		if r.Trace != nil {
			t.Errorf("%s: a trace nobody asked for", tt.called)
		}
		o.Trace = true
		traced := world(t).Route(o)
		if len(traced.Trace) == 0 || traced.Allowed != r.Allowed || traced.Number != r.Number || traced.Reason != r.Reason {
			t.Errorf("%s: %+v and explained %+v", tt.called, r, traced)
		}
		if last := traced.Trace[len(traced.Trace)-1]; last.Why == "" {
			t.Errorf("%s: ends with %+v", tt.called, last)
		}
	}
}

// Without rules no number is called; addresses are.
func TestNoRules(t *testing.T) {
	for called, want := range map[string]bool{
		"+41445550100": false, "h323:+41445550100": false, "112": false,
		"h323:600@192.0.2.7": true, "h323:huddle": true, "h323:+41445550100@gw1": false, "sip:ada@example.org": true,
	} {
		if r := (&Plan{}).Route(Outbound{Called: called}); r.Allowed != want {
			t.Errorf("%s: %+v", called, r)
		}
	}
}

func TestCountries(t *testing.T) {
	p := &Plan{
		Limits:   Limits{Countries: []string{"CH", "US"}},
		Outbound: []OutboundRule{{Match: compile(t, "*"), Trunks: []string{"a"}}},
	}
	for called, want := range map[string]string{
		"+41445550100":                "",
		"+12125550123":                "",
		"+4930123456":                 "calls to DE are off",
		"+12425551234":                "calls to BS are off", // shares +1 with the US
		"+8821612345678":              "calls to satellite and other networks of no country are off",
		"+999123456":                  "no country has such numbers",
		"112":                         "",
		"0445550100":                  "the number says no country: write it with + and country code",
		"01141445550100":              "the number says no country: write it with + and country code",
		"+41900123456":                "premium rate numbers are off",
		"sip:+4930123456@x.example":   "calls to DE are off",
		"sip:+41445550100@x.example":  "",
		"sip:conference@room.example": "",
	} {
		if r := p.Route(Outbound{Called: called}); r.Reason != want {
			t.Errorf("%s: %q, want %q", called, r.Reason, want)
		}
	}
	p.Limits = Limits{Premium: true}
	if r := p.Route(Outbound{Called: "+41900123456"}); !r.Allowed || r.Country != "CH" {
		t.Errorf("premium allowed: %+v", r)
	}
}

// Whatever is called: what goes to a trunk was allowed by a rule, and never a number
// that the last rule of all forbids.
func FuzzRoute(f *testing.F) {
	for _, s := range []string{"+41445550100", "sip:+4930123456@x", "tel:0041;x=y", "sip:%2B49301@b.example", "h323:x##1@y", "sip:a@b@c", "sip:[::1]", "sip:+49301?x@y"} {
		f.Add(s)
	}
	p := world(f)
	at := moment(f, "2026-11-22T10:00:00Z")
	f.Fuzz(func(t *testing.T, called string) {
		r := p.Route(Outbound{Called: called, Time: at})
		if r.Allowed == (r.Reason != "") {
			t.Fatalf("%q: %+v", called, r)
		}
		if r.Allowed && len(r.Trunks) > 0 && strings.HasPrefix(r.Number, "+49") {
			t.Fatalf("%q goes to %s", called, r.Number)
		}
		if r.Allowed && len(r.Trunks) == 0 && !strings.Contains(called, ":") {
			t.Fatalf("%q is no URI and goes without a trunk", called)
		}
	})
}
