package sip

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/sdp"
	"github.com/partyline/partyline/trace"
)

// Listen is one address to be heard at.
type Listen struct {
	Network string // "udp", "tcp" or "tls"
	Addr    string // host:port; the port may be 0
}

// Config is what the server is told. Reload takes another one while calls go
// on; of that, Listen and TLS need a restart.
type Config struct {
	Listen []Listen
	TLS    *tls.Config
	// PublicIP is what Contact and SDP say instead of the local address, behind
	// a 1:1 NAT: at most one of each family.
	PublicIP []netip.Addr
	// Domain names this server in Warning headers.
	Domain    string
	UserAgent string
	// Codecs are offered and taken in this order; SRTP is what strangers get.
	Codecs []codec.Name
	SRTP   sdp.Policy
	// Anonymous says that who is on no trunk may call too.
	Anonymous bool
	Trunks    []Trunk
	Limits    Limits
	// DNS are the name servers, host:port, that are asked for trunks; none: those of
	// the system. Digests are the algorithms that callers are challenged with, the
	// preferred first; none: MD5, SHA-256.
	DNS, Digests []string
	// SessionExpires is the session interval we ask for, MinSE the least we
	// take (RFC 4028). 0: 1800 s and 90 s.
	SessionExpires, MinSE time.Duration
	// Silence is how long neither RTP nor RTCP may come before the party is
	// probed, ProbeWait how long the answer may take. 0: 15 s and 5 s.
	Silence, ProbeWait time.Duration
	Logger             *slog.Logger
	// Tap is shown every message, without its secrets, and Unanswered told of calls
	// that nobody attended. Neither may block; nil: nobody is. A change of Tap needs a
	// restart.
	Tap        trace.Tap
	Unanswered func(Unanswered)
}

// Limits protect an open gateway from strangers; trunks have their own. 0 is no
// limit.
type Limits struct {
	Calls          int // at a time, everyone's, trunks' too
	CallsPerSource int
	// InvitesPerSecond a source, in bursts of five seconds' worth.
	InvitesPerSecond int
	// Unanswered calls a source: those that we answered and the caller has not
	// acknowledged.
	Unanswered int
	// RequestsPerSecond a source outside of dialogs; more is not answered.
	RequestsPerSecond int
	// Connections at a time, and of one source.
	Connections, ConnectionsPerSource int
}

// DefaultLimits are for a gateway that anybody can reach.
func DefaultLimits() Limits {
	return Limits{
		Calls: 2000, CallsPerSource: 50, InvitesPerSecond: 10, Unanswered: 20,
		RequestsPerSecond: 200, Connections: 4096, ConnectionsPerSource: 256,
	}
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.UserAgent == "" {
		c.UserAgent = "Partyline"
	}
	if len(c.Codecs) == 0 {
		c.Codecs = []codec.Name{codec.Opus, codec.G722, codec.PCMA, codec.PCMU}
	}
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.SessionExpires, 1800*time.Second)
	set(&c.MinSE, 90*time.Second) // the least RFC 4028 §5 allows
	set(&c.Silence, 15*time.Second)
	set(&c.ProbeWait, 5*time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// trunk finds the trunk that an address belongs to, by the longest prefix; nil
// for a stranger.
func (c *Config) trunk(addr netip.Addr) *Trunk {
	var best *Trunk
	bits := -1
	for i := range c.Trunks {
		for _, p := range c.Trunks[i].Allow {
			if p.Contains(addr) && p.Bits() > bits {
				best, bits = &c.Trunks[i], p.Bits()
			}
		}
	}
	return best
}

// codecs are the codecs for calls of a trunk or, with nil, of a stranger.
func (c *Config) codecs(t *Trunk) []codec.Name {
	if t != nil && len(t.Codecs) > 0 {
		return t.Codecs
	}
	return c.Codecs
}

func (c *Config) srtp(t *Trunk) sdp.Policy {
	if t != nil && t.SRTP != nil {
		return *t.SRTP
	}
	return c.SRTP
}

// public is the public address of a family, if there is one.
func (c *Config) public(v4 bool) (netip.Addr, bool) {
	for _, a := range c.PublicIP {
		if a.Unmap().Is4() == v4 {
			return a.Unmap(), true
		}
	}
	return netip.Addr{}, false
}
