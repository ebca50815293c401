// Package dtmf carries key presses beside the sound: RFC 4733 telephone-events
// in RTP, and the bodies of SIP INFO.
//
// In go payloads and bodies from the network; out come keys, each press once.
// Out of the room go presses, and payloads come out, one for each tick while the
// key is held. Nothing here has a socket, a clock or a goroutine: a Receiver or
// Sender belongs to the goroutine that steps its leg and allocates nothing.
package dtmf

import (
	"encoding/binary"
	"errors"
)

// EventSize is the length of a telephone-event payload (RFC 4733 §2.3).
const EventSize = 4

// Errors of Parse and ParseInfo.
var (
	ErrShort = errors.New("dtmf: telephone-event payload is too short")
	ErrEvent = errors.New("dtmf: event is not a key")
	ErrBody  = errors.New("dtmf: malformed INFO body")
	ErrType  = errors.New("dtmf: INFO body is of another type")
)

// digits holds the key of each event code (RFC 4733 §3.2, table 3).
const digits = "0123456789*#ABCD"

// Event is one telephone-event payload: what is known so far of a key press.
type Event struct {
	Digit    byte   // '0'–'9', '*', '#', 'A'–'D'
	End      bool   // the key has been released
	Volume   uint8  // -dBm0, 0 to 63
	Duration uint16 // RTP clock ticks since the event's timestamp
}

// Parse reads one payload. Events that are not keys (flash hook, tones of fax
// machines) are ErrEvent. Further events in the same payload (RFC 4733 §2.5.1.5)
// are ignored: no telephone sends them for keys.
func Parse(payload []byte) (Event, error) {
	if len(payload) < EventSize {
		return Event{}, ErrShort
	}
	if int(payload[0]) >= len(digits) {
		return Event{}, ErrEvent
	}
	return Event{
		Digit:    digits[payload[0]],
		End:      payload[1]&0x80 != 0,
		Volume:   payload[1] & 0x3f,
		Duration: binary.BigEndian.Uint16(payload[2:]),
	}, nil
}

// Append adds the event's payload to dst. A digit that is no key adds nothing.
func (e Event) Append(dst []byte) []byte {
	code, ok := Code(e.Digit)
	if !ok {
		return dst
	}
	flags := e.Volume & 0x3f
	if e.End {
		flags |= 0x80
	}
	return append(dst, code, flags, byte(e.Duration>>8), byte(e.Duration))
}

// Code is the event code of a key; lower case a to d are keys too.
func Code(digit byte) (code uint8, ok bool) {
	switch {
	case digit >= '0' && digit <= '9':
		return digit - '0', true
	case digit == '*':
		return 10, true
	case digit == '#':
		return 11, true
	case digit >= 'A' && digit <= 'D':
		return digit - 'A' + 12, true
	case digit >= 'a' && digit <= 'd':
		return digit - 'a' + 12, true
	}
	return 0, false
}

// Valid says that digit is a key.
func Valid(digit byte) bool {
	_, ok := Code(digit)
	return ok
}
