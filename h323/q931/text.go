package q931

import (
	"slices"
	"unicode/utf8"
)

// MaxDisplay is how long a display element may be (H.225.0 §7.2.2.14).
const MaxDisplay = 82

// Display returns the text to be shown (Q.931 §4.5.16). The Recommendation says
// IA5; endpoints send UTF-8 or Latin 1, and both come back as UTF-8, without
// control characters.
func (m *Message) Display() (text string, ok bool) {
	c, ok := m.Get(IDDisplay)
	if !ok {
		return "", false
	}
	// Some peers end the text with a zero, some put the display type 0xb1 of
	// other networks before it.
	if len(c) > 0 && c[0] == 0xb1 {
		c = c[1:]
	}
	latin := !utf8.Valid(c)
	var runes []rune
	for i := 0; i < len(c); {
		r, n := rune(c[i]), 1
		if !latin {
			r, n = utf8.DecodeRune(c[i:])
		}
		if r >= ' ' && (r < 0x7f || r > 0x9f) {
			runes = append(runes, r)
		}
		i += n
	}
	return string(runes), true
}

// SetDisplay sets the text to be shown, cut to MaxDisplay octets at a rune's end.
func (m *Message) SetDisplay(text string) {
	if len(text) > MaxDisplay {
		cut := MaxDisplay
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	m.Set(IDDisplay, []byte(text))
}

// Keypad returns the keys of a keypad facility element (Q.931 §4.5.18), as they
// come in Information: 0-9, *, # and A to D; other octets are left out.
func (m *Message) Keypad() (keys string, ok bool) {
	c, ok := m.Get(IDKeypadFacility)
	if !ok {
		return "", false
	}
	return string(slices.DeleteFunc(slices.Clone(c), func(b byte) bool { return !isKey(b) })), true
}

// SetKeypad puts keys into a keypad facility element.
func (m *Message) SetKeypad(keys string) { m.Set(IDKeypadFacility, []byte(keys)) }

func isKey(b byte) bool {
	return b >= '0' && b <= '9' || b == '*' || b == '#' || b >= 'A' && b <= 'D' || b >= 'a' && b <= 'd'
}

// Signal is a tone or an alerting pattern (Q.931 §4.5.28, Table 4-24).
type Signal uint8

// The signals that endpoints of a packet network use.
const (
	SignalDialTone       Signal = 0
	SignalRingBack       Signal = 1
	SignalIntercept      Signal = 2
	SignalCongestion     Signal = 3
	SignalBusy           Signal = 4
	SignalConfirm        Signal = 5
	SignalAnswer         Signal = 6
	SignalCallWaiting    Signal = 7
	SignalOffHookWarning Signal = 8
	SignalPreemption     Signal = 9
	SignalTonesOff       Signal = 0x3f
	SignalAlertingOn     Signal = 0x40 // pattern 0; 0x41 to 0x47 are the others
	SignalAlertingOff    Signal = 0x4f
)

// Signal returns the signal element.
func (m *Message) Signal() (s Signal, ok bool) {
	c, ok := m.Get(IDSignal)
	if !ok || len(c) == 0 {
		return 0, false
	}
	return Signal(c[0]), true
}

// SetSignal sets the signal element.
func (m *Message) SetSignal(s Signal) { m.Set(IDSignal, []byte{byte(s)}) }
