package endpoint

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/q931"
)

// Form is how keys are sent.
type Form string

// The forms that endpoints have (H.323 §6.2.8, RFC 2833).
const (
	Digits Form = "alphanumeric"      // each key for itself
	Whole  Form = "whole string"      // all keys in one alphanumeric
	Signal Form = "signal"            // with the time it is held
	Keypad Form = "keypad"            // Q.931 INFORMATION, each key for itself
	Events Form = "telephone-event"   // in the sound
	Double Form = "signal and events" // each key both ways
)

// Forms are all of them.
var Forms = []Form{Digits, Whole, Signal, Keypad, Events, Double}

// Press sends keys. It does not wait until those in the sound are sent.
func (c *Call) Press(form Form, keys string) error {
	switch form {
	case Digits:
		c.input(keys, func(k string) *h245.UserInputIndication { return &h245.UserInputIndication{Alphanumeric: &k} })
	case Whole:
		c.Control(func(s *control.Session) { s.Send(input(&h245.UserInputIndication{Alphanumeric: &keys})) })
	case Signal:
		c.input(keys, signal)
	case Keypad:
		for _, k := range keys {
			if err := c.Say(q931.Information, func(m *q931.Message) { keypad(m, string(k)) }); err != nil {
				return err
			}
		}
	case Events:
		return c.event(keys)
	case Double:
		for _, k := range keys {
			if err := c.event(string(k)); err != nil {
				return err
			}
		}
		c.input(keys, signal)
	default:
		return fmt.Errorf("endpoint: no form of keys %q", form)
	}
	return nil
}

// input sends each key by user input of its own.
func (c *Call) input(keys string, of func(string) *h245.UserInputIndication) {
	c.Control(func(s *control.Session) {
		for _, k := range keys {
			s.Send(input(of(string(k))))
		}
	})
}

func input(u *h245.UserInputIndication) *h245.MultimediaSystemControlMessage {
	return h245.NewIndication(h245.IndicationMessage{UserInput: u})
}

func signal(key string) *h245.UserInputIndication {
	held := 90
	return &h245.UserInputIndication{Signal: &h245.UserInputIndicationSignal{SignalType: key, Duration: &held}}
}

func keypad(m *q931.Message, key string) {
	m.SetKeypad(key)
	id := h225.CallIdentifier{Guid: h225.NewGloballyUniqueID()}
	pdu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: h225.H323UUPDU{H323MessageBody: h225.H323UUPDUH323MessageBody{
		Information: &h225.InformationUUIE{ProtocolIdentifier: h225.Protocol, CallIdentifier: &id},
	}}})
	if err == nil {
		m.SetUserUser(pdu)
	}
}

// event queues keys to be sent in the sound.
func (c *Call) event(keys string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sound.send; s == nil || s.Events == 0 {
		return fmt.Errorf("endpoint: no telephone-events on %+v", s)
	}
	c.sound.events = append(c.sound.events, keys...)
	return nil
}

// pressing is how far a key is: five packets of the event, three that end it,
// three frames of sound.
type pressing struct {
	n  int
	at uint32
}

// event is the payload of the key that is being sent, and its timestamp; nil: none.
func (s *sound) event(pt uint8, stamp uint32) ([]byte, uint32) {
	if len(s.events) == 0 || pt == 0 {
		return nil, 0
	}
	p := &s.pressed
	var payload []byte
	if p.n < 8 {
		if p.n == 0 {
			p.at = stamp
		}
		code, end := byte(strings.IndexByte("0123456789*#ABCD", s.events[0])), byte(10)
		if p.n >= 5 {
			end |= 0x80
		}
		payload = binary.BigEndian.AppendUint16([]byte{code, end}, uint16(160*min(p.n+1, 5)))
	}
	at := p.at
	if p.n++; p.n == 11 {
		s.events, p.n = s.events[1:], 0
	}
	return payload, at
}
