package endpoint

import (
	"context"
	"net/netip"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/secure"
)

// Options are the ways of an endpoint. The zero value is a terminal that offers
// fast connect and tunnelling, G.722 and G.711, without encryption.
type Options struct {
	// Name, Product and Version are what the called side sees; Name may be "".
	Name, Product, Version string
	// Audio are the formats, best first; empty: G.722, A-law, µ-law.
	Audio []call.Codec
	// Slow does without fast connect, Separate without tunnelling.
	Slow, Separate bool
	// Early puts H.245 into Setup already.
	Early bool
	// StartH245 asks for the H.245 connection by Facility.
	StartH245 bool
	// MCU wins the master/slave determination against a gateway's number.
	MCU bool
	// Encryption is that of H.235.6, FastEncryption proposes it by fast connect.
	Encryption     secure.Policy
	FastEncryption bool
	// Extension is a remoteExtensionAddress.
	Extension *call.Alias
	// Frames is how many milliseconds of sound a packet has, dividing 20 or a
	// multiple of it; 0: 20. Less than 20 go out in bursts.
	Frames int
	// WideClock counts the timestamps of G.722 at 16 kHz, as h323plus does.
	WideClock bool
	// Silent sends no RTP at first.
	Silent bool
	// ReceiveBuffer is that of its TCP connections, in bytes; 0: the system's.
	ReceiveBuffer int
	// Edit changes what leaves on the call signalling channel. It runs on the
	// call's goroutines.
	Edit func(*q931.Message)
	// Take has a called endpoint do with a call what it likes; nil: it alerts and
	// answers.
	Take func(*Call, *call.Setup)
	// Timers of the call; the zero ones have h323/call's defaults.
	Timers call.Timers
}

func (o *Options) config(n *network) *call.Config {
	c := &call.Config{
		Name: o.Name, Product: o.Product, Version: o.Version, Terminal: true, TerminalType: 50, Audio: o.Audio,
		NoFastConnect: o.Slow, NoTunnelling: o.Separate, ParallelControl: o.Early, StartH245: o.StartH245,
		Encryption: o.Encryption, FastEncryption: o.FastEncryption, Net: n, Timers: o.Timers,
	}
	if o.MCU {
		c.Terminal, c.TerminalType = false, 250
	}
	if c.Product == "" {
		c.Product, c.Version = "Partyline test endpoint", "1"
	}
	return c
}

// Dial calls; no alias: the bare address. ctx ends a call that is not answered.
func Dial(ctx context.Context, to netip.AddrPort, called []call.Alias, o Options) (*Call, error) {
	c, err := newCall(&o)
	if err != nil {
		return nil, err
	}
	c.has(call.Dial(ctx, call.Target{Signal: to, Called: called, Extension: o.Extension}, o.config(c.net), c, owner{c}))
	return c, nil
}
