package h323

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/trace"
)

// Config is what the server is told. Reload takes another one while calls go on;
// of that, Listen needs a restart.
type Config struct {
	// Listen is the host and port of the call signalling channel, "" for none; the
	// port may be 0.
	Listen string
	// H245Ports are the ports of H.245 channels of their own; both 0: any.
	H245Ports call.PortRange
	// PublicIP is what H.225.0 and H.245 say instead of the local address, behind
	// a 1:1 NAT: at most one of each family.
	PublicIP []netip.Addr
	// Gatekeeper is whom to register with; nil: nobody.
	Gatekeeper *Gatekeeper
	// Name is what parties see of us, Product and Version what their logs do.
	Name, Product, Version string
	// Codecs are offered and taken in this order. Those that H.323 has no name for
	// here are passed over.
	Codecs []codec.Name
	// Encryption is whether the sound is encrypted (H.235.6).
	Encryption secure.Policy
	// Limits on connections; those on calls are the Gate's.
	Limits Limits
	// Silence is how long neither RTP nor RTCP may come before the party is
	// probed, ProbeWait how long the answer may take. 0: 15 s and 5 s.
	Silence, ProbeWait time.Duration
	// NoSound is how long after its answer a call may be without a channel for
	// sound. 0: 30 s.
	NoSound time.Duration
	// Timers of the signalling; the zero ones have their defaults.
	Timers call.Timers
	// Net opens connections; nil: the system's.
	Net    call.Network
	Logger *slog.Logger
	// Tap is shown every message, without its secrets, and Unanswered told of calls
	// that nobody attended. Neither may block; nil: nobody is. The gatekeeper's Tap is
	// that of the start.
	Tap        trace.Tap
	Unanswered func(Unanswered)
}

// Limits are of connections without an answered call: those that have brought no
// Setup yet, and those whose call is on its way or was refused. Whoever opens them
// and says nothing, or asks for what it does not get, must not keep callers out. 0
// is no limit.
type Limits struct {
	// Waiting at a time, in all and of a source. With one more, who has said nothing
	// for longest makes room.
	Waiting, WaitingPerSource int
}

// DefaultLimits are for a gateway that anybody can reach.
func DefaultLimits() Limits { return Limits{Waiting: 1024, WaitingPerSource: 64} }

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.Silence, 15*time.Second)
	set(&c.ProbeWait, 5*time.Second)
	set(&c.NoSound, 30*time.Second)
	set(&c.Timers.Setup, 15*time.Second)
	if c.Name == "" {
		c.Name = "Partyline"
	}
	if c.Product == "" {
		c.Product = "Partyline"
	}
	if len(c.Codecs) == 0 {
		c.Codecs = []codec.Name{codec.G722, codec.PCMA, codec.PCMU}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
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

// Inbound is a call as the Router sees it. Called may hold PINs: they are for the
// decision only and must not be logged.
type Inbound struct {
	Trunk              string // empty: a stranger
	Caller, CallerName string
	// Called are the numbers and names in the Setup, from the place that counts
	// most to the one that counts least, without "h323:", "@host" and "host##".
	// None: the bare address was called.
	Called []string
	Source netip.AddrPort
	CallID string
	Time   time.Time
}

// Target is where a call goes, in the words of Router and Attendant; this package
// only carries it.
type Target any

// Router decides where a call goes. An error that is a cause.Cause refuses the
// call with it; any other is a fault of ours. ctx ends when the caller gives up.
type Router interface {
	Route(ctx context.Context, in Inbound) (Target, error)
}

// Attendant takes an answered call and returns when it is done with it; the call
// is ended then, if it has not yet. ctx ends with the call.
type Attendant interface {
	Attend(ctx context.Context, leg bridge.Leg, to Target)
}

// Pass is a place among the calls that may be up.
type Pass struct {
	Trunk     string         // whose network the call comes from; empty: a stranger
	Media     []netip.Prefix // where that trunk's sound may come from
	Exclusive bool           // its calls have RTP ports of their own
	Leave     func()         // gives the place back
}

// Gate says whether a call from an address may come in, and counts it. It knows
// the calls of all protocols. A call that may not has a cause; why is for the log.
type Gate interface {
	Enter(from netip.Addr) (p Pass, c cause.Cause, why string)
}

// Stream is a call's sound: a *media.Stream.
type Stream interface {
	media.Audio
	Local() (rtp, rtcp netip.AddrPort)
	Update(media.Params)
	SendKey(digit byte)
	Stats() media.Stats
	LastHeard() time.Duration
	Close()
}

// Streams opens streams on the local addresses given, one of each family at most.
type Streams struct {
	Bind []netip.Addr
	New  func(media.StreamConfig) (Stream, error)
}

// MediaStreams are the streams of the media engine.
func MediaStreams(m *media.Media, bind ...netip.Addr) Streams {
	return Streams{Bind: bind, New: func(c media.StreamConfig) (Stream, error) {
		s, err := m.NewStream(c)
		if err != nil {
			return nil, err
		}
		return s, nil
	}}
}
