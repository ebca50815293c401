package control

import (
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/secure"
)

// Direction is that of a logical channel, as we see it.
type Direction uint8

// The directions.
const (
	Transmit Direction = iota // we send
	Receive                   // the peer sends
)

func (d Direction) String() string { return [...]string{"transmit", "receive"}[d] }

// Channel is one logical channel for sound that is open (H.245 C.4).
type Channel struct {
	// Number is the forward logical channel number. Each direction counts its own.
	Number    int
	Direction Direction
	// Session is the RTP session: 1 for sound, but some peers give other numbers.
	Session int
	Format  Format
	// PayloadType is that of the sound.
	PayloadType uint8
	// EventPayloadType is that of telephone events (RFC 4733): those which the peer
	// takes (Transmit) or those which may come (Receive). 0: none.
	EventPayloadType uint8
	// Media is where our RTP goes (Transmit); not valid in Receive, where H.245 does
	// not tell where RTP comes from.
	Media netip.AddrPort
	// Control is where our RTCP goes. Not valid if the peer did not say.
	Control netip.AddrPort
	// Stopped: the peer allows no bits at all for now (flow control).
	Stopped bool
	// MaxBitRate is what the peer allows, in 100 bit/s; -1: no restriction.
	MaxBitRate int
	// Encrypted media (H.235.6) has Keys, the newest last; of a channel that we send
	// on, one. Encrypted without Keys: nothing may be sent, and what comes is noise.
	Encrypted bool
	Keys      []secure.Key
}

// Key is one press of a key. One press may come in several ways.
type Key struct {
	Digit    byte          // '0'–'9', '*', '#', 'A'–'D', '!' (hook flash)
	Duration time.Duration // 0: not said
	Way      Way
}

// Way is how a key came.
type Way uint8

// The ways of user input (H.245 §7.12.6).
const (
	Alphanumeric Way = iota // one digit or a string of them
	Signal
	ExtendedAlphanumeric
)

func (w Way) String() string {
	return [...]string{"alphanumeric", "signal", "extendedAlphanumeric"}[w]
}

// InputForms are forms of user input that a peer takes, as bits.
type InputForms uint8

// The forms of UserInputCapability.
const (
	InputBasicString InputForms = 1 << iota // 0–9, * and #
	InputIA5String
	InputGeneralString
	InputSignal // dtmf: signal and signalUpdate
	InputHookFlash
	InputExtended
)

// Capabilities is what the peer's sets say that matters here.
type Capabilities struct {
	// Audio are the formats we know that the peer receives, in its order.
	Audio []Format
	// Symmetric are those of Audio that it wants the same way in both directions
	// (receiveAndTransmitAudioCapability).
	Symmetric []Codec
	// EventPayloadType is that of telephone events which it takes (RFC 4733); 0: none.
	EventPayloadType uint8
	Input            InputForms
	// Video and Data: it has such capabilities.
	Video, Data bool
	// Others are the names of what else it can do, for logs.
	Others []string
	// Empty: a set without capabilities, which pauses us (H.323 §8.4.6).
	Empty bool
}
