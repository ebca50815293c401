package sip

import (
	"net/netip"
	"testing"

	"github.com/partyline/partyline/cause"
)

// Calls of other protocols count with SIP's, by source, by trunk and in all.
func TestOthersCountToo(t *testing.T) {
	cfg := Config{
		Anonymous: true, Limits: Limits{Calls: 3, CallsPerSource: 2},
		Trunks: []Trunk{{Name: "pbx", Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, MaxCalls: 1}},
	}
	s := New(cfg, Streams{}, nil, nil)
	defer s.Close()
	enter := func(from string, want cause.Cause) func() {
		t.Helper()
		trunk, leave, c, why := s.Enter(netip.MustParseAddr(from))
		if c != want || (c != cause.None) != (why != "") || (leave == nil) != (c != cause.None) {
			t.Errorf("%s: %s, %q; want %s", from, c, why, want)
		}
		if (trunk != nil) != (c == cause.None && from == "192.0.2.7") {
			t.Errorf("%s is on trunk %+v", from, trunk)
		}
		return leave
	}
	first := enter("198.51.100.1", cause.None)
	enter("198.51.100.1", cause.None)
	enter("198.51.100.1", cause.Limit) // of its source
	onTrunk := enter("192.0.2.7", cause.None)
	enter("192.0.2.8", cause.Limit)    // of its trunk
	enter("198.51.100.2", cause.Limit) // of all
	first()
	enter("198.51.100.2", cause.None)
	onTrunk()
	cfg.Anonymous = false
	s.Reload(cfg)
	enter("198.51.100.3", cause.Forbidden)
	s.Drain()
	enter("192.0.2.7", cause.Draining)
}
