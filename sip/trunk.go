package sip

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/sdp"
)

// Trunk is a carrier or PBX. Its calls in are known by where they come from, by
// digest or by our registration; its calls out go to its peers.
type Trunk struct {
	Name  string
	Allow []netip.Prefix
	// Media is where its RTP may come from besides SDP and signalling.
	Media []netip.Prefix
	// Codecs and SRTP override the Config's if set.
	Codecs []codec.Name
	SRTP   *sdp.Policy
	// ExclusivePorts gives each of its calls an RTP port of its own.
	ExclusivePorts bool
	// FixedRTP sends to the address in SDP whatever address RTP comes from
	// (symmetric_rtp: false).
	FixedRTP bool
	// MaxCalls is how many may be up at a time, both ways. InvitesPerSecond is how
	// many may come, in bursts of five seconds' worth, CallsPerSecond how many we
	// make. 0: no limit of its own.
	MaxCalls, InvitesPerSecond, CallsPerSecond int

	Peers []Peer
	// Auth is who we are to it, InboundAuth who it is to us.
	Auth, InboundAuth Account
	// Register has us registered at each of Registrars; none: at the first peer's
	// host (RFC 3261 §10).
	Register   bool
	Registrars []string
	// RegisterExpires is how long a registration is asked for. 0: 10 minutes.
	RegisterExpires time.Duration
	// ContactUser is the user part that we register; empty: made of the account.
	ContactUser string
	// OutboundProxy is where requests go first, whatever their address says.
	OutboundProxy string
	// OptionsPing is how often each peer is asked whether it is there; 0: never.
	OptionsPing time.Duration
	// TLS is what connections to it are made with: server name, authorities,
	// certificate. nil: as strangers'.
	TLS *tls.Config
	// DNS are the name servers, host:port, that its names are asked of; none: the
	// Config's.
	DNS []string

	// Identity says where our caller's number is said, TrustIdentity that what the
	// trunk says of its callers is believed (RFC 3325).
	Identity      Identity
	TrustIdentity bool
	// CallerID is who calls if a call does not say. FromDomain is the host in From.
	CallerID, FromDomain string
	// NumberIn makes what it sends E.164, NumberOut what it wants of E.164. nil: as
	// it is.
	NumberIn, NumberOut func(string) string
	// Redirects says what is done with a 3xx, NoAnswer how long a call may ring.
	Redirects Redirects
	NoAnswer  time.Duration
}

// Peer is one address of a trunk: a host, or a domain whose records name several
// (RFC 3263).
type Peer struct {
	URI string
	// Peers of a lower Priority come first; Weight shares the calls among those of
	// one priority as in RFC 2782. Those without weight come in the order given.
	Priority, Weight int
}

// Account is who somebody is by digest. It shows itself without its password.
type Account struct{ Username, Realm, Password string }

func (a Account) String() string { return a.Username }

// GoString implements fmt.GoStringer.
func (a Account) GoString() string { return a.Username }

// LogValue implements slog.LogValuer.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.Username) }

// Identity is where a caller's number is said.
type Identity uint8

const (
	IdentityFrom     Identity = iota // in From
	IdentityAsserted                 // in P-Asserted-Identity (RFC 3325)
	IdentityRemote                   // in Remote-Party-ID, its forerunner
)

// Redirects is what is done with an answer that names other addresses (RFC 3261
// §8.1.3.4).
type Redirects uint8

const (
	RedirectsRefuse    Redirects = iota // the call has failed
	RedirectsSameTrunk                  // their numbers are called over the same trunk
	RedirectsFollow                     // they are calls of their own, by the rules for calls out
)

// TrunkState is how things stand with a trunk.
type TrunkState struct {
	Name       string
	Registered []Registration
	Peers      []PeerState
	// CallsIn and CallsOut are up now; Max is how many may be, 0: no limit.
	CallsIn, CallsOut, Max int
	// Failures counts the calls that a peer failed; each went on to the next, if
	// there was one.
	Failures uint64
}

// Registration is how things stand with one registrar.
type Registration struct {
	Registrar string
	State     string    // registering, registered, failed, leaving
	Contact   string    // ours, as registered
	Since     time.Time // of the state
	Expires   time.Time // if registered
	LastError string    // the last, whenever it was
}

// PeerState is how things stand with one address of a peer.
type PeerState struct {
	URI        string // as configured
	Network    string // udp, tcp, tls
	Address    string // empty: the name cannot be resolved
	State      string // up, down, unknown
	Since      time.Time
	RTT        time.Duration // of the last OPTIONS that was answered
	LastStatus int
	LastError  string
}

// The states of peers and registrations.
const (
	PeerUp      = "up"
	PeerDown    = "down"
	PeerUnknown = "unknown"

	Registering  = "registering"
	Registered   = "registered"
	RegisterFail = "failed"
	Leaving      = "leaving"
)

// ErrNoTrunk says that no trunk has this name.
var ErrNoTrunk = errors.New("sip: there is no such trunk")

// trunkNamed finds a trunk of the configuration; nil: there is none.
func (s *Server) trunkNamed(name string) *Trunk { return s.cfg.Load().trunkNamed(name) }

func (c *Config) trunkNamed(name string) *Trunk {
	for i := range c.Trunks {
		if c.Trunks[i].Name == name && name != "" {
			return &c.Trunks[i]
		}
	}
	return nil
}

// takeOut takes a place for a call out, or says why there is none. leave gives it
// back.
func (s *Server) takeOut(t *Trunk) (leave func(), why string) {
	cfg := s.cfg.Load()
	if why = s.meter.callOut(t, time.Now(), &cfg.Limits); why != "" {
		return nil, why
	}
	name := ""
	if t != nil {
		name = t.Name
	}
	return func() { s.meter.endedOut(name) }, ""
}
