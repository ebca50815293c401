package call

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/trace"
)

// Config is what the calls of one endpoint have in common. It is read only. The
// zero value works: slow start is answered and offered with tunnelling and fast
// connect.
type Config struct {
	// Product and Version stand in the vendor identifier (H.225.0 §7.2.2).
	Product, Version string
	// Vendor is the T.35 country, extension and manufacturer code; zero: left 0.
	Vendor Vendor
	// Name is our display name: Q.931 Display of Setup. Empty: none is sent.
	Name string
	// Aliases are our own names: sourceAddress of Setup.
	Aliases []Alias
	// TerminalType is that of master/slave determination (H.245 C.2); 0: 240, an
	// MCU's with audio. A terminal has 50.
	TerminalType int
	// Terminal says that we are a terminal; else an MCU (EndpointType).
	Terminal bool
	// Audio are the formats that we send and receive, best first; empty:
	// G.722, G.711 A-law, G.711 µ-law.
	Audio []Codec

	// NoFastConnect neither offers nor accepts fast connect.
	NoFastConnect bool
	// NoTunnelling neither offers nor accepts H.245 tunnelling.
	NoTunnelling bool
	// ParallelControl puts our capabilities and master/slave determination
	// already into Setup (H.323 §8.2.4). It needs tunnelling.
	ParallelControl bool
	// StartH245 has us ask for the separate H.245 connection by Facility startH245
	// after Connect, instead of giving our h245Address in Connect or using the
	// peer's.
	StartH245 bool

	// PublicIP is the address that h245Address says; zero: that of our end of
	// the call signalling connection.
	PublicIP netip.Addr
	// H245Ports are the ports of our H.245 listeners; both zero: any.
	H245Ports PortRange
	// Net opens connections and listeners; nil: the system's.
	Net Network
	// Encryption is whether media is encrypted (H.235.6).
	Encryption secure.Policy
	// FastEncryption proposes encrypted channels by fast connect in calls that we
	// make. h323plus passes them over, but a peer that answers with plain ones has
	// plain media, unless Encryption is Required. Without it, calls that may be
	// encrypted start slowly.
	FastEncryption bool
	// MayForward is asked before an outgoing call follows the called side to
	// another address (Facility callForwarded, H.323 §8.1.8); nil: it may.
	MayForward func(Target) bool
	// MayControl says whether H.245 may be connected to another address than that
	// of this signalling peer, if the peer says so: a gatekeeper that routes call
	// signalling may leave H.245 to the endpoints (H.323 §8.2.1). nil: it may not.
	MayControl func(peer netip.Addr) bool

	Timers Timers
	// Tap is shown each message, without what is secret in it; it does not block.
	// Hide says how a number or name that was called is shown to it; nil: not at all.
	// Leg is what the owner calls the call.
	Tap  trace.Tap
	Hide func(string) string
	Leg  string
	// Log gets what operators should know; nil: nobody does. Called numbers are
	// not logged: they may hold a PIN.
	Log *slog.Logger
}

// Vendor is an H.221 non-standard identifier (H.225.0 H221NonStandard).
type Vendor struct {
	Country, Extension byte
	Manufacturer       uint16
}

// PortRange is a range of TCP ports, both ends included.
type PortRange struct{ Low, High uint16 }

// Network opens connections. Dial is called on a goroutine of its own and gives
// up when ctx ends. Listen is called on the call's loop and does not wait.
type Network interface {
	Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	Listen(at netip.AddrPort) (net.Listener, error)
}

// Timers are how long a call waits; a zero one has the default.
type Timers struct {
	Setup     time.Duration // a connection without a Setup; Setup without an answer of ours: 30 s
	Frame     time.Duration // from a TPKT's first octet to its last: 10 s
	Write     time.Duration // one write: 10 s
	Connect   time.Duration // TCP connections that we open: 10 s
	T303      time.Duration // our Setup without any reply: 15 s. Q.931 §9.2 says 4 s, too short for a routed call over TCP
	T310      time.Duration // our Setup after CallProceeding: 60 s
	T301      time.Duration // our Setup after Alerting: 180 s
	Control   time.Duration // after Connect without a way for H.245: 10 s
	Release   time.Duration // our EndSession and ReleaseComplete on their way: 2 s
	Keepalive time.Duration // empty TPKT by us in a silent call; 0: none
}
