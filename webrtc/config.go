package webrtc

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

// Config says where browsers' media comes to and what it may be.
type Config struct {
	// Listen are the addresses to bind, "udp://host:port" and "tcp://host:port"; a
	// host left out means all addresses, a port of 0 any.
	Listen []string
	// PublicIP are addresses under which the bound ones are reached from outside
	// (NAT 1:1). They are offered beside them.
	PublicIP []netip.Addr
	// Loopback offers 127.0.0.1 too: for browsers on this machine.
	Loopback bool
	// Codecs in order of preference; none: Opus, G.722, PCMU, PCMA.
	Codecs []codec.Name
	// Media has the engines.
	Media *media.Media
	// Logger takes what an admin should know; nil: slog.Default().
	Logger *slog.Logger
	Limits Limits
}

// Limits bounds what a browser may ask for and how long is waited for it. What is
// zero has the default.
type Limits struct {
	// Legs is how many there are at once at most; 0: no limit.
	Legs int
	// Connect is how long a leg may take until it is connected for the first time
	// (20 s), and any transport of it until it is up.
	Connect time.Duration
	// Silence is after how long without a packet or a check a transport counts as
	// lost (5 s). Browsers check every 2.5 s.
	Silence time.Duration
	// Interrupted is how long a leg whose transport is lost waits for the browser
	// to come back (30 s).
	Interrupted time.Duration
	// Offers is how many offers a leg takes at once, OfferEvery how often one more
	// (20; 1 s).
	Offers     int
	OfferEvery time.Duration
}

func (l Limits) withDefaults() Limits {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&l.Connect, 20*time.Second)
	def(&l.Silence, 5*time.Second)
	def(&l.Interrupted, 30*time.Second)
	def(&l.OfferEvery, time.Second)
	if l.Offers <= 0 {
		l.Offers = 20
	}
	return l
}
