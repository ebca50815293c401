package dialplan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/partyline/partyline/cause"
)

func TestConditions(t *testing.T) {
	p := &Plan{
		ExtensionLength: 9, Strangers: true,
		Trunks: []Trunk{{Name: "swiss", In: Numbering{Form: National, Country: "CH"}}, {Name: "pbx"}},
		Numbers: []Number{
			{Number: "+41445550100", Trunk: "swiss", To: Target{Kind: Room, Room: "112752642"}},
			{Number: "+41445550109", To: Target{Kind: Reception}},
		},
		Inbound: []Rule{
			{FromPrefixes: table(t, "+41900\n+4179 except\n+41\n"), Trunk: "swiss", Match: compile(t, "blocked"), Reject: cause.Rejected},
			{Match: compile(t, "~^\\+4144555(?P<last>\\d{4})$"), Trunk: "swiss", To: Target{Kind: Room, Room: "55{last}"}},
			{Match: compile(t, "04466677*"), Reject: cause.Busy},
			{Match: compile(t, "support"), Time: schedule(t, "Europe/Zurich", []string{"mon-fri"}, []string{"08:00-18:00"}), To: Target{Kind: Reception}},
			{Match: compile(t, "support"), To: Target{Kind: Test}},
			{Match: compile(t, "*"), Protocol: "h323", From: compile(t, "cisco*"), Deny: "no"},
			{Prefixes: table(t, "+4144777\n+41447770 except\n"), To: Target{Kind: Reception}, Language: "fr"},
			{Match: compile(t, "out"), To: Target{Kind: Forward, Forward: "+41446660000"}},
		},
	}
	for _, tt := range []struct {
		protocol, trunk, from, user, at string
		want                            string
	}{
		{"sip", "swiss", "", "0445550100", "", "room 112752642"},
		{"sip", "swiss", "", "0041445550100", "", "room 112752642"},
		{"sip", "pbx", "", "0445550100", "", "reject 404"},
		{"sip", "swiss", "", "0445550109", "", "reception"},
		{"sip", "", "", "+41445550109", "", "reception"},
		{"sip", "swiss", "", "0445551234", "", "room 551234"},
		{"sip", "swiss", "", "+41445551234", "", "room 551234"},
		{"sip", "pbx", "", "+41445551234", "", "reject 404"},
		{"sip", "swiss", "0441112233", "blocked", "", "reject 603"},
		{"sip", "swiss", "0791112233", "blocked", "", "reject 404"},
		{"sip", "swiss", "anonymous", "blocked", "", "reject 404"},
		{"sip", "swiss", "", "0446667788", "", "reject 486"}, // as signalled
		{"sip", "", "", "support", "2026-11-23T08:00:00Z", "reception"},
		{"sip", "", "", "support", "2026-11-22T08:00:00Z", "test"},
		{"h323", "", "cisco-1", "x", "", "deny 403"},
		{"sip", "", "cisco-1", "x", "", "reject 404"},
		{"sip", "swiss", "", "0447771111", "", "reception fr"},
		{"sip", "swiss", "", "0447770111", "", "reject 404"},
		{"sip", "", "", "out", "", "forward +41446660000"},
		{"sip", "", "", strings.Repeat("9", 70_000), "", "reject 404"},
	} {
		in := Inbound{Protocol: tt.protocol, Trunk: tt.trunk, Caller: tt.from, CalledUser: tt.user, CalledHost: "gw", Trace: true}
		if tt.at != "" {
			in.Time = moment(t, tt.at)
		}
		d := p.Decide(in)
		code := ""
		if d.Cause != cause.None {
			code = fmt.Sprint(d.Cause.SIP())
		}
		got := strings.Join(strings.Fields(fmt.Sprint(d.Kind, " ", code, " ", d.Extension, " ", d.Forward, " ", d.Language)), " ")
		if got != tt.want {
			t.Errorf("%s:%.20s on %q from %q: %s, want %s\n%+v", tt.protocol, tt.user, tt.trunk, tt.from, got, tt.want, d.Trace)
		}
		if (d.Cause != cause.None) != (d.Kind == Reject || d.Kind == Deny) || (d.Cause != cause.None) != (d.Reason != "") {
			t.Errorf("%.20s: %s with cause %s, reason %q", tt.user, d.Kind, d.Cause, d.Reason)
		}
		in.Trace = false
		if quiet := p.Decide(in); quiet.Trace != nil || quiet.Kind != d.Kind || quiet.Extension != d.Extension {
			t.Errorf("%.20s: without a trace %+v", tt.user, quiet)
		}
	}
}

// A plan as large as it gets: most calls are decided by none of its rules.
func large(tb testing.TB, rules, prefixes int) *Plan {
	p := &Plan{ExtensionLength: 9, Strangers: true, Trunks: []Trunk{{Name: "a"}}}
	var b strings.Builder
	for i := range prefixes {
		fmt.Fprintf(&b, "+49%06d a\n", i)
	}
	rows := table(tb, b.String())
	for i := range rules {
		r := Rule{Match: compile(tb, fmt.Sprintf("+41*%04d", i)), To: Target{Kind: Reception}}
		o := OutboundRule{Match: r.Match, Trunks: []string{"a"}}
		switch i % 10 {
		case 1:
			r.Match, r.Prefixes, o.Match, o.Prefixes = nil, rows, nil, rows
		case 2:
			r.Match = compile(tb, fmt.Sprintf("~^\\+41\\d*%04d$", i))
		case 3:
			r.Match = compile(tb, fmt.Sprintf("+41{x:[0-9]+}%04d", i))
		}
		p.Inbound, p.Outbound = append(p.Inbound, r), append(p.Outbound, o)
	}
	return p
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		p := large(b, n, 100_000)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Decide(Inbound{Protocol: "sip", Trunk: "a", CalledUser: "+41445559999x", Caller: "+41445550100"})
			}
		})
	}
}

func BenchmarkRoute(b *testing.B) {
	p := large(b, 1000, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		p.Route(Outbound{Called: "+33123456789"})
	}
}

func BenchmarkParsePrefixes(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "+49%06d a\n", i)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				ParsePrefixes("t", []byte(text.String()))
			}
		})
	}
}

// The signalling asks on every call: nothing is put into words that nobody reads.
func TestDecideAllocates(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector allocates too")
	}
	p := large(t, 1000, 100)
	allocs := testing.AllocsPerRun(20, func() {
		p.Decide(Inbound{Protocol: "sip", Trunk: "a", CalledUser: "+41445559999", Caller: "+41445550100"})
	})
	if allocs > 60 {
		t.Errorf("%v allocations for a call past 1000 rules", allocs)
	}
}
