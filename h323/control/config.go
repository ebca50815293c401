package control

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/secure"
)

// Message is a message of H.245.
type Message = h245.MultimediaSystemControlMessage

// Config is what a Session needs. Send, After, Events and Media must be there.
type Config struct {
	// Send takes messages for the peer, in order. They may share a Facility or go
	// out one by one. It must not wait.
	Send func([]*Message)
	// After calls f on the owner's goroutine when d has passed, unless stop was
	// called. A stop that comes too late does no harm.
	After func(d time.Duration, f func()) (stop func())
	// Events is told what becomes of the call.
	Events Events
	// Media says where we receive RTP and RTCP. It is asked once, when the addresses
	// are first needed. An error refuses the channels that would need them.
	Media func() (rtp, rtcp netip.AddrPort, err error)

	// Audio is what we send and receive, best first; nil: DefaultAudio.
	Audio []Format
	// EventPayloadType is that of the telephone events which we receive (RFC 4733);
	// 0: 101.
	EventPayloadType uint8
	// TerminalType is that of H.245 C.2 and H.323 table 1; 0: 240, an MCU.
	TerminalType int
	// Keys encrypt the media (H.235.6); nil: it goes in the clear.
	Keys *secure.Keys

	// Timers are how long the peer may take.
	Timers Timers
	// Random gives the numbers of master/slave determination, of which the low 24
	// bits count; nil: the system's.
	Random func() uint32
	// Now measures round trips; nil: time.Now.
	Now func() time.Time
	// Log gets what peers do wrong; nil: nobody does.
	Log *slog.Logger
}

// Timers are the timers of H.245 (Annex C leaves their values open); a zero one has
// its default.
type Timers struct {
	T101       time.Duration // capability exchange: 10 s
	T103       time.Duration // a channel opens or closes: 10 s
	T105       time.Duration // round trip: 5 s
	T106       time.Duration // master/slave determination: 10 s
	T108       time.Duration // a request to close a channel: 5 s
	T109       time.Duration // a request for a mode: 10 s
	EndSession time.Duration // the peer's EndSession after ours: 2 s
}

// n100 is how often determination is tried (H.245 C.2).
const n100 = 10

func (t Timers) withDefaults() Timers {
	or := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	or(&t.T101, 10*time.Second)
	or(&t.T103, 10*time.Second)
	or(&t.T105, 5*time.Second)
	or(&t.T106, 10*time.Second)
	or(&t.T108, 5*time.Second)
	or(&t.T109, 10*time.Second)
	or(&t.EndSession, 2*time.Second)
	return t
}

func (c Config) withDefaults() Config {
	if len(c.Audio) == 0 {
		c.Audio = DefaultAudio()
	}
	if c.EventPayloadType == 0 {
		c.EventPayloadType = 101
	}
	if c.TerminalType == 0 {
		c.TerminalType = 240
	}
	if c.Random == nil {
		c.Random = random
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Timers = c.Timers.withDefaults()
	return c
}

func random() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.BigEndian.Uint32(b[:])
}

// Events is told what becomes of the call, in order, on the owner's goroutine.
type Events interface {
	// Capabilities: the peer's set, new or changed. An empty one pauses us: our
	// channels close, and open again after the next set (H.323 §8.4.6).
	Capabilities(Capabilities)
	// Opened: media may flow on a channel.
	Opened(Channel)
	// Updated: Stopped, MaxBitRate, EventPayloadType or the media key of an open
	// channel changed.
	Updated(Channel)
	// Closed: a channel that was open no longer is.
	Closed(Channel)
	// Key: a key was pressed.
	Key(Key)
	// Ended is the last. It closes all channels, without Closed for each.
	Ended(Ending)
}

// Ending is how H.245 came to its end.
type Ending uint8

// The ends of a Session.
const (
	EndedByPeer  Ending = iota // the peer's EndSession came first
	EndedByUs                  // ours did, and the peer's answered it
	EndedTimeout               // ours did, and nothing answered it
)

func (e Ending) String() string {
	return [...]string{"by the peer", "by us", "by us, unanswered"}[e]
}
