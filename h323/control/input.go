package control

import (
	"strings"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

// maxKeys is how many keys one message may press: enough for an extension and a PIN.
const maxKeys = 64

// keys are what user input can be, and what of it needs more than basicString.
const (
	keys         = "0123456789*#ABCD!"
	basicKeys    = "0123456789*#"
	hookFlashKey = '!'
)

// onUserInput is H.245 §7.12.6 in all its forms. An empty string is a keep-alive of
// some peers. signalUpdate only makes a key longer that was pressed before.
func (s *Session) onUserInput(u *h245.UserInputIndication) {
	switch {
	case u.Alphanumeric != nil:
		s.press(*u.Alphanumeric, 0, Alphanumeric)
	case u.Signal != nil:
		if u.Signal.EncryptedSignalType != nil {
			return // the type is a dummy then
		}
		var d time.Duration
		if u.Signal.Duration != nil {
			d = time.Duration(*u.Signal.Duration) * time.Millisecond
		}
		s.press(u.Signal.SignalType, d, Signal)
	case u.ExtendedAlphanumeric != nil:
		s.press(u.ExtendedAlphanumeric.Alphanumeric, 0, ExtendedAlphanumeric)
	}
}

// press tells each key of a string. Other characters are ignored.
func (s *Session) press(text string, d time.Duration, way Way) {
	n := 0
	for i := 0; i < len(text) && n < maxKeys; i++ {
		c := text[i]
		if c >= 'a' && c <= 'd' {
			c -= 'a' - 'A'
		}
		if strings.IndexByte(keys, c) < 0 {
			continue
		}
		n++
		s.tell(func() { s.cfg.Events.Key(Key{Digit: c, Duration: d, Way: way}) })
	}
}

// maxDuration is that of a signal's integer, in ms.
const maxDuration = 65535

// SendKey presses a key at the peer: as a signal if it takes these, else as
// alphanumeric, which every endpoint must take (H.323 §6.2.8). It is false for what is
// no key, for keys that the peer has no form for, and after the end.
func (s *Session) SendKey(digit byte, d time.Duration) bool {
	if strings.IndexByte(keys, digit) < 0 || s.closing || s.stopped {
		return false
	}
	forms := s.remote.says.Input
	var u h245.UserInputIndication
	switch {
	case forms&InputSignal != 0 && digit != hookFlashKey, forms&InputHookFlash != 0 && digit == hookFlashKey:
		signal := &h245.UserInputIndicationSignal{SignalType: string(digit)}
		if ms := int(min(d.Milliseconds(), maxDuration)); ms > 0 {
			signal.Duration = &ms
		}
		u.Signal = signal
	case strings.IndexByte(basicKeys, digit) >= 0, digit != hookFlashKey && forms&(InputIA5String|InputGeneralString) != 0:
		text := string(digit)
		u.Alphanumeric = &text
	default:
		return false
	}
	s.Send(h245.NewIndication(h245.IndicationMessage{UserInput: &u}))
	return true
}
