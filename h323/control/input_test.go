package control

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

func userInput(u h245.UserInputIndication) *Message {
	return h245.NewIndication(h245.IndicationMessage{UserInput: &u})
}

func alphanumeric(text string) *Message {
	return userInput(h245.UserInputIndication{Alphanumeric: &text})
}

// pressed collects keys with all that is known of them.
type pressed struct {
	side
	keys []Key
}

func (p *pressed) Key(k Key) { p.keys = append(p.keys, k) }

func TestUserInputForms(t *testing.T) {
	for _, c := range []struct {
		name string
		m    *Message
		want string
		way  Way
		d    time.Duration
	}{
		{"one digit", alphanumeric("5"), "5", Alphanumeric, 0},
		{"a string", alphanumeric("4711#48219#"), "4711#48219#", Alphanumeric, 0},
		{"a keep-alive", alphanumeric(""), "", Alphanumeric, 0},
		{"text", alphanumeric("a 1-2\x00é"), "A12", Alphanumeric, 0},
		{"a signal", userInput(h245.UserInputIndication{Signal: &h245.UserInputIndicationSignal{SignalType: "*"}}), "*", Signal, 0},
		{"a long signal", userInput(h245.UserInputIndication{Signal: &h245.UserInputIndicationSignal{
			SignalType: "D", Duration: ptr(180),
		}}), "D", Signal, 180 * time.Millisecond},
		{"hook flash", userInput(h245.UserInputIndication{Signal: &h245.UserInputIndicationSignal{SignalType: "!"}}), "!", Signal, 0},
		{"an encrypted signal", userInput(h245.UserInputIndication{Signal: &h245.UserInputIndicationSignal{
			SignalType: "!", EncryptedSignalType: []byte{1},
		}}), "", Signal, 0},
		{"the signal goes on", userInput(h245.UserInputIndication{SignalUpdate: &h245.UserInputIndicationSignalUpdate{Duration: 90}}), "", Signal, 0},
		{"extended", userInput(h245.UserInputIndication{ExtendedAlphanumeric: &h245.UserInputIndicationExtendedAlphanumeric{
			Alphanumeric: "12",
		}}), "12", ExtendedAlphanumeric, 0},
		{"what is supported", userInput(h245.UserInputIndication{
			UserInputSupportIndication: &h245.UserInputIndicationUserInputSupportIndication{BasicString: null()},
		}), "", Alphanumeric, 0},
		{"a flood", alphanumeric(strings.Repeat("1", 60000)), strings.Repeat("1", maxKeys), Alphanumeric, 0},
	} {
		p := scripted(t, stopped)
		all := &pressed{side: *p}
		p.s.cfg.Events = all
		p.receive(c.m)
		got := ""
		for _, k := range all.keys {
			got += string(k.Digit)
			if k.Way != c.way || k.Duration != c.d {
				t.Errorf("%s: %+v", c.name, k)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSendKeys(t *testing.T) {
	const all = "0123456789*#ABCD"
	for name, change := range map[string]func(*h245.UserInputCapability){
		"signal": nil,
		"IA5":    func(u *h245.UserInputCapability) { *u = h245.UserInputCapability{IA5String: null()} },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			if change != nil {
				w.b.change = func(m *Message) {
					if m.Request == nil || m.Request.TerminalCapabilitySet == nil {
						return
					}
					for _, e := range m.Request.TerminalCapabilitySet.CapabilityTable {
						if u := e.Capability.ReceiveUserInputCapability; u != nil {
							change(u)
						}
					}
				}
			}
			w.start()
			w.do(func() {
				for i := range len(all) {
					if !w.a.s.SendKey(all[i], 100*time.Millisecond) {
						t.Errorf("%s: %q is not sent", name, all[i])
					}
				}
				if w.a.s.SendKey('!', 0) || w.a.s.SendKey('x', 0) || w.a.s.SendKey(0, 0) {
					t.Error("sent what the peer has no form for")
				}
			})
			if w.b.keys != all {
				t.Errorf("%s: %q came", name, w.b.keys)
			}
		})
	}
}

func TestSendKeysToAPeerThatSaysNothing(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(func() {
		if !p.s.SendKey('7', 0) || p.s.SendKey('A', 0) {
			t.Error("every endpoint takes digits (H.323 §6.2.8), and no more")
		}
	})
	if u := p.last("userInput").Indication.UserInput; u.Alphanumeric == nil || *u.Alphanumeric != "7" {
		t.Errorf("%+v", u)
	}
}
