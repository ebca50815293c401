package h323

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]Address{
		"h323:600@192.0.2.7":          {"600", "192.0.2.7", 0},
		"H323:room@192.0.2.7:1721":    {"room", "192.0.2.7", 1721},
		"h323:192.0.2.7":              {"", "192.0.2.7", 0},
		"192.0.2.7:1720":              {"", "192.0.2.7", 1720},
		"h323:[2001:db8::7]:1721":     {"", "2001:db8::7", 1721},
		"h323:600@2001:db8::7":        {"600", "2001:db8::7", 0},
		"h323:600@[2001:db8::7]":      {"600", "2001:db8::7", 0},
		"h323:huddle":                 {"huddle", "", 0},
		"h323:600#48219@gw.example":   {"600#48219", "gw.example", 0},
		"h323:gw.example":             {"", "gw.example", 0},
		"h323:600@gw.example;type=ip": {"600", "gw.example", 0},
		"h323:ada@example.org@gw":     {"ada@example.org", "gw", 0},
		"h323:600.1@":                 {},
		"h323:":                       {},
		"":                            {},
		"h323:600@192.0.2.7:0":        {},
		"h323:600@192.0.2.7:99999":    {},
		"h323:a b@192.0.2.7":          {},
	} {
		got, err := ParseAddress(text)
		if got != want || (err == nil) != (want != Address{}) || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
			continue
		}
		if err == nil {
			if again, err := ParseAddress(got.String()); err != nil || again.Alias != got.Alias || again.Host != got.Host {
				t.Errorf("%q reads as %+v again, %v", got.String(), again, err)
			}
		}
	}
}

func TestRedact(t *testing.T) {
	for called, want := range map[string]string{
		"112752642":               "112752642",
		"112752642#48219":         "112752642#****",
		"112752642##48219#":       "112752642##****",
		"112752642.48219":         "112752642.****",
		"112752642#":              "112752642#",
		"gw##112752642#48219":     "gw##112752642#****",
		"Boardroom":               "Boardroom",
		"Board#48219":             "Board#****",
		"":                        "",
		"112752642x48219":         "112752642x48219",
		"112752642#48219@host":    "112752642#****",
		"h323:112752642#48219@gw": "h323:****#****@gw",
	} {
		if got := Redact(called); got != want {
			t.Errorf("Redact(%q) = %q, want %q", called, got, want)
		}
	}
}

// Each cause has a release of H.323, and the peer's releases have causes.
func TestReasons(t *testing.T) {
	for c := cause.Hangup; c <= cause.Redirected; c++ {
		r := reason(c)
		if r.Cause != c.Q850() || c.H225() != "" && r.Release == call.ReleaseNone {
			t.Errorf("%s: %+v, H.225.0 %q", c, r, c.H225())
		}
	}
	for _, tt := range []struct {
		release call.Release
		q850    int
		want    cause.Cause
	}{
		{call.ReleaseInConf, 17, cause.Busy},
		{call.ReleaseNone, 17, cause.Busy},
		{call.ReleaseAdaptiveBusy, 41, cause.Busy},
		{call.ReleaseNone, 19, cause.NoAnswer},
		{call.ReleaseDestinationRejection, 21, cause.Rejected},
		{call.ReleaseUnreachableDestination, 3, cause.Unreachable},
		{call.ReleaseCalledPartyNotRegistered, 20, cause.Unreachable},
		{call.ReleaseSecurityDenied, 31, cause.Encryption},
		{call.ReleaseUndefined, 0, cause.Unreachable},
	} {
		l := &Leg{out: true}
		if got := l.ending(call.Reason{Release: tt.release, Cause: tt.q850, Peer: true}, early); got != tt.want {
			t.Errorf("release %d, Q.850 %d: %s, want %s", tt.release, tt.q850, got, tt.want)
		}
	}
	in := &Leg{}
	for _, tt := range []struct {
		r    call.Reason
		at   stage
		want cause.Cause
	}{
		{call.Reason{Cause: 16, Peer: true}, begun, cause.Hangup},
		{call.Reason{Cause: 16, Peer: true}, early, cause.Cancelled},
		{call.Reason{Cause: 102, Err: errors.New("silent")}, begun, cause.Timeout},
		{call.Reason{Cause: 111, Err: errors.New("garbage")}, begun, cause.Unsupported},
		{call.Reason{Cause: 41, Err: errors.New("panic")}, begun, cause.Internal},
		{call.Reason{Cause: 41, Err: errors.New("lost"), Peer: true}, begun, cause.Hangup},
	} {
		if got := in.ending(tt.r, tt.at); got != tt.want {
			t.Errorf("%+v at %d: %s, want %s", tt.r, tt.at, got, tt.want)
		}
	}
}

// Connections that say nothing are bounded in all and for each source; the one that
// has waited longest makes room.
func TestWaiting(t *testing.T) {
	w := newWaiting()
	leg := func(from string) *Leg { return &Leg{source: netip.MustParseAddrPort(from)} }
	most := Limits{Waiting: 4, WaitingPerSource: 2}
	a, b, c := leg("192.0.2.1:1"), leg("192.0.2.1:2"), leg("192.0.2.1:3")
	if w.add(a, most) != nil || w.add(b, most) != nil || w.add(c, most) != a {
		t.Error("a source's third does not take the place of its first")
	}
	w.asks(b)
	d, e, f := leg("[2001:db8::1]:1"), leg("[2001:db8::2]:1"), leg("[2001:db8::3]:1")
	if w.add(d, most) != nil || w.add(e, most) != nil || w.add(f, most) != d {
		t.Error("an IPv6 /64 counts by its addresses")
	}
	g, h := leg("192.0.2.2:1"), leg("192.0.2.3:1")
	if got := w.add(g, most); got != c {
		t.Errorf("%v makes room, not the first that said nothing", got)
	}
	for _, l := range []*Leg{e, f, g} {
		w.asks(l)
	}
	if got := w.add(h, most); got != b {
		t.Errorf("%v makes room, not the first", got)
	}
	for _, l := range []*Leg{e, f, g, h, h} {
		w.remove(l)
	}
	if len(w.of) != 0 || len(w.at) != 0 || len(w.all()) != 0 {
		t.Errorf("left: %v, %v", w.of, w.at)
	}
}

// Whatever is typed or dialled, nothing panics, and no PIN behind an extension
// remains.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"h323:600@192.0.2.7:1720", "[2001:db8::1]", "112752642##48219", "gw##600#1234", "@", "h323:", "#", "600.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParseAddress(text); err == nil && a == (Address{}) {
			t.Errorf("%q is nobody's address", text)
		}
		if got := Redact("112752642#" + text); strings.Contains(got, "48219") {
			t.Errorf("Redact tells %q", got)
		}
		Redact(text)
		if u := unpinned("600#" + text); u != "600" {
			t.Errorf("%q is passed on", u)
		}
	})
}
