package admission

import (
	"net/netip"
	"strings"

	"github.com/partyline/partyline/internal/customer"
)

// Source is whom failures are counted by.
type Source struct{ Key string }

// key is never empty: requests of unknown origin share a bucket.
func (s Source) key() string {
	if s.Key == "" {
		return "unknown"
	}
	return s.Key
}

// SourceOf says whom a call is counted by: on a trunk the caller's number there,
// with all who withhold theirs in one bucket, since the trunk's address is that
// of all its callers; else the address, of IPv6 the /64, which is one customer's.
func SourceOf(trunk, caller string, ip netip.Addr) Source {
	if trunk != "" {
		return Source{"trunk " + trunk + " " + number(caller)}
	}
	ip = customer.Of(ip)
	if !ip.IsValid() {
		return Source{}
	}
	if ip.Is6() { // as it was always written: lock-outs outlive a restart
		return Source{"ip " + ip.String() + "/64"}
	}
	return Source{"ip " + ip.String()}
}

// anonymous is the bucket of callers without a number. No number has letters
// alone.
const anonymous = "anonymous"

// number reduces a caller to what tells callers apart: +41 44 555 01 00,
// sip:+41445550100@carrier;user=phone and 0041445550100 are one.
func number(caller string) string {
	s := strings.ToLower(caller)
	if i := strings.IndexByte(s, '<'); i >= 0 {
		s = s[i+1:]
	}
	for _, scheme := range []string{"sips:", "sip:", "tel:"} {
		s = strings.TrimPrefix(s, scheme)
	}
	if i := strings.IndexAny(s, "@;>"); i >= 0 {
		s = s[:i]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r == '_':
			return r
		}
		return -1
	}, s)
	switch s {
	case "", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld", "invalid":
		return anonymous
	}
	s = strings.TrimPrefix(s, "00")
	const longest = 32
	return s[:min(len(s), longest)]
}
