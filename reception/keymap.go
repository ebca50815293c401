package reception

import (
	"maps"
	"slices"
	"strings"
)

// Action is what keys in the room do.
type Action uint8

// The actions.
const (
	ActMute     Action = iota + 1 // mute or unmute oneself
	ActHand                       // raise or lower one's hand
	ActCount                      // how many are here, and who
	ActHelp                       // the keys
	ActQuieter                    // hear the others more quietly
	ActLouder                     // and more loudly
	ActMuteAll                    // host: mute everyone else
	ActLock                       // host: lock or unlock the room
	ActAdmit                      // host: let in who has waited longest
	ActAdmitAll                   // host: let everyone in from the lobby
	ActEnd                        // host: end the meeting for all
)

// hosts says whether only hosts may do it.
func (a Action) hosts() bool { return a >= ActMuteAll }

// helpWords introduce each action's keys in the help.
var helpWords = [...]prompt{
	ActMute: helpMute, ActHand: helpHand, ActCount: helpCount, ActHelp: helpHelp,
	ActQuieter: helpQuieter, ActLouder: helpLouder, ActMuteAll: helpMuteAll,
	ActLock: helpLock, ActAdmit: helpAdmit, ActAdmitAll: helpAdmitAll, ActEnd: helpEnd,
}

// Keymap says what sequences of keys do in the room: "*6" → ActMute.
type Keymap map[string]Action

// DefaultKeys are the keys that nobody has changed.
func DefaultKeys() Keymap {
	return Keymap{
		"*1": ActHelp, "*2": ActQuieter, "*3": ActCount, "*4": ActMuteAll, "*5": ActLouder,
		"*0": ActAdmit, "*6": ActMute, "*7": ActLock, "*8": ActAdmitAll, "*9": ActHand, "##": ActEnd,
	}
}

// match says what the keys pressed so far do (0: nothing) and whether more keys
// could make them something else.
func (m Keymap) match(pressed string) (a Action, more bool) {
	for keys := range m {
		if len(keys) > len(pressed) && strings.HasPrefix(keys, pressed) {
			more = true
		}
	}
	return m[pressed], more
}

// keys are the shortest keys of an action, empty if it has none.
func (m Keymap) keys(a Action) string {
	best := ""
	for _, keys := range slices.Sorted(maps.Keys(m)) {
		if m[keys] == a && (best == "" || len(keys) < len(best)) {
			best = keys
		}
	}
	return best
}

// press is "to speak, press star six": nothing if the action has no keys.
func (m Keymap) press(what prompt, a Action) []prompt {
	keys := m.keys(a)
	if keys == "" {
		return nil
	}
	return append([]prompt{what}, spoken(keys)...)
}

// help is the list of keys, a host's with what only hosts may do.
func (m Keymap) help(host bool) []prompt {
	var all []prompt
	for a := ActMute; int(a) < len(helpWords); a++ {
		if host || !a.hosts() {
			all = append(all, m.press(helpWords[a], a)...)
		}
	}
	return all
}
