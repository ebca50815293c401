package media

import (
	"time"

	"github.com/partyline/partyline/media/codec"
)

// TickDuration is the length of a mixing tick. Every leg gives and takes this
// much sound in each.
const TickDuration = 20 * time.Millisecond

// Phases is the number of tick phases of an engine, 5 ms apart: rooms of one
// engine are spread over them so that the load is even and batches stay large.
const Phases = 4

// Tick is one step of an engine as its units see it. It is valid until the unit
// returns.
type Tick struct {
	// Now is the monotonic time at which the step began, in ns since an
	// arbitrary start; Nominal is when it should have begun.
	Now, Nominal int64
	// Phase is the phase that is stepped, 0 to Phases-1.
	Phase  int
	out    *batch
	engine *Engine // nil in tests that step by hand
	seat   *seat   // whose tick it is
}

// Unit is what an engine steps every TickDuration: a room, or the hall where
// callers wait. Tick runs on the engine's goroutine, which owns the unit's state
// from Engine.Add to Engine.Remove.
type Unit interface {
	Tick(*Tick)
}

// Activity tells what a leg gave in a tick.
type Activity uint8

const (
	// Silent: nothing was received or the peer sends silence; the PCM is not
	// touched. Held and muted-at-source legs are silent too.
	Silent Activity = iota
	// Voice: the PCM is what was said.
	Voice
	// Concealed: the PCM stands in for lost packets.
	Concealed
)

// Audio is one leg's sound, whatever the protocol: 20 ms of PCM in, payloads
// out. All methods run on the goroutine of the engine that steps the leg; none
// allocates, locks or blocks.
type Audio interface {
	// Rate is the sampling rate of what Receive gives, in Hz: 8000, 16000 or
	// 48000. It may change between ticks, when the peer changes its codec.
	Rate() int
	// Level is how loud the next Receive's sound is, in -dBov (RFC 6464: 0 loud,
	// 127 silent), if that is known before it is decoded.
	Level() (dBov uint8, known bool)
	// Receive writes the next 20 ms to pcm (Rate()/50 samples) and says what they
	// are. With nil, the time passes but nothing is decoded: the leg is muted.
	Receive(t *Tick, pcm []int16) Activity
	// SendFormat is how packets given to Send must be coded. The zero Format
	// means: send nothing (on hold, receive only).
	SendFormat() codec.Format
	// Send transmits this tick's packets, in order: none, one, or two of 10 ms.
	// The stream's RTP timestamp advances by TickDuration whether or not there
	// are any, so that silence may simply not be sent.
	Send(t *Tick, packets []codec.Packet)
	// Attach says which engine steps the leg from now on. The bridge calls it on
	// the goroutine of the engine that steps the leg until now; a new leg that has an
	// Engine method begins on that one.
	Attach(e *Engine)
}

// Touchable is an Audio whose memory can be fetched ahead (package cacheline): first
// by Touch, of several legs, then by TouchBuffer of them. What they return means
// nothing.
type Touchable interface {
	Touch() byte
	TouchBuffer() byte
}

// KeySource is how a key press reached us. One press counts once, whatever the
// ways it comes by.
type KeySource uint8

// The ways of a key press: RFC 4733 events, tones in the sound, SIP INFO, H.245
// user input as text, the page, H.245 user input as signal, Q.931 keypad.
const (
	KeyEvent KeySource = iota + 1
	KeyInband
	KeyInfo
	KeyUserInput
	KeyPage
	KeySignal
	KeyKeypad
)

// Key is one press of a key: '0'–'9', '*', '#', 'A'–'D'.
type Key struct {
	Digit  byte
	Source KeySource
}

// Stats is the quality of one stream, both directions.
type Stats struct {
	Codec                     string
	PacketsIn, PacketsOut     uint64
	BytesIn, BytesOut         uint64
	Lost                      int64   // by sequence number, RFC 3550 §6.4.1
	LossIn, LossOut           float64 // share 0–1: of the last report interval in; as the peer reports out
	Jitter, JitterOut         time.Duration
	RTT                       time.Duration // 0: not known yet
	PlayoutDelay              time.Duration
	Concealed, Late, Replayed uint64 // ticks concealed; packets too late; SRTP replays dropped
	Heard                     bool   // the peer's media has latched
}
