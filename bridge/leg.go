package bridge

import (
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// Leg is one party's call, whatever the protocol: what a signalling package
// hands to the bridge. A leg carries sound today; a leg that carries more offers
// it by further interfaces, so that this one stays as small as it is.
type Leg interface {
	// ID names the call in logs, records and on the command line. It is unique
	// for the life of the process.
	ID() string
	// Protocol is "sip", "h323", "webrtc" or "memory".
	Protocol() string
	// Party tells who is at the other end.
	Party() Party
	// Audio is the leg's sound. The bridge calls it on the goroutine of the
	// engine that steps the leg.
	Audio() media.Audio
	// SetKeySink says who gets the party's key presses. It is called once,
	// before the leg is stepped; the sink may be called from any goroutine and
	// does not block.
	SetKeySink(func(media.Key))
	// SendKey sends a key press from the room into the leg: '0'–'9', '*', '#',
	// 'A'–'D'.
	SendKey(digit byte)
	// Quality is the state of the leg's streams. Any goroutine may ask.
	Quality() media.Stats
	// Hangup ends the call for this cause. It returns at once; the first cause
	// given counts.
	Hangup(cause.Cause)
	// Done is closed when the call is over, from whichever side; Cause then
	// says why.
	Done() <-chan struct{}
	Cause() cause.Cause
}

// Party is who is at the other end of a leg, as signalling told it.
type Party struct {
	Name    string // display name
	Number  string // user part, alias or E.164 number
	Address string // IP address and port of the signalling peer
	Trunk   string // the trunk it came by; empty for a stranger
	Called  string // what was dialled, without a PIN
	Product string // User-Agent or H.323 vendor
	CallID  string // the protocol's own name of the call
}
