package h323

import (
	"strings"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/media"
)

// sources are the ways of a key in the bridge's words: it counts a press once that
// comes by several.
var sources = map[call.KeyVia]media.KeySource{
	call.ViaAlphanumeric: media.KeyUserInput,
	call.ViaSignal:       media.KeySignal,
	call.ViaKeypad:       media.KeyKeypad,
}

// Key implements call.Owner.
func (o owner) Key(k call.Key) {
	if strings.IndexByte("0123456789*#ABCD", k.Digit) >= 0 {
		o.keys.Press(media.Key{Digit: k.Digit, Source: sources[k.Via]})
	}
}

// SendKey implements bridge.Leg: as an RFC 4733 event if the party takes them, else
// by H.245 user input.
func (l *Leg) SendKey(digit byte) {
	l.mu.Lock()
	stream, signalling := l.stream, l.call
	events := l.send != nil && l.send.Events != 0
	l.mu.Unlock()
	switch {
	case events:
		stream.SendKey(digit)
	case signalling != nil:
		signalling.SendKey(digit)
	}
}
