package reception

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

func TestExtensionAndPIN(t *testing.T) {
	tests := []struct {
		name string
		do   func(w *world, press func(string))
		want []string
	}{
		{"confirmed by #", func(w *world, press func(string)) {
			w.pass(3 * time.Second)
			press(extension + "#")
			w.pass(2 * time.Second)
			press(guestPIN + "#")
		}, []string{"welcome", "ask-extension", "ask-pin", "you-are-1"}},
		{"confirmed by *", func(w *world, press func(string)) {
			w.pass(3 * time.Second)
			press(extension + "*")
			w.pass(2 * time.Second)
			press(guestPIN + "*")
		}, []string{"welcome", "ask-extension", "ask-pin", "you-are-1"}},
		{"by length and silence", func(w *world, press func(string)) {
			w.pass(3 * time.Second)
			press(extension)
			w.pass(2 * time.Second)
			press(guestPIN)
			w.pass(4 * time.Second)
		}, []string{"welcome", "ask-extension", "ask-pin", "you-are-1"}},
		{"keys interrupt prompts", func(w *world, press func(string)) {
			w.pass(700 * time.Millisecond) // in the welcome
			press(extension)
			press(guestPIN + "#") // in the question for the PIN
		}, []string{"welcome", "ask-pin", "you-are-1"}},
		{"one tap: pauses and no #", func(w *world, press func(string)) {
			w.pass(4 * time.Second)
			press(extension)
			w.pass(4 * time.Second)
			press(guestPIN)
			w.pass(4 * time.Second)
		}, []string{"welcome", "ask-extension", "ask-pin", "you-are-1"}},
		{"letters of the keypad mean nothing", func(w *world, press func(string)) {
			w.pass(700 * time.Millisecond)
			press("AB")
			w.pass(2 * time.Second)
			press(extension + "D" + guestPIN + "C#")
		}, []string{"welcome", "ask-extension", "ask-pin", "you-are-1"}},
		{"wrong, then right", func(w *world, press func(string)) {
			w.pass(3 * time.Second)
			press(extension + "#")
			w.pass(2 * time.Second)
			press("11111#")
			w.pass(3 * time.Second)
			press(extension + "#")
			w.pass(2 * time.Second)
			press(guestPIN + "#")
		}, []string{"welcome", "ask-extension", "ask-pin", "wrong", "ask-extension", "ask-pin", "you-are-1"}},
		{"a PIN not keyed is asked for alone", func(w *world, press func(string)) {
			w.pass(3 * time.Second)
			press(extension)
			w.pass(12 * time.Second)
			press(guestPIN + "#")
		}, []string{"welcome", "ask-extension", "ask-pin", "ask-pin", "you-are-1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, Config{}, func(w *world) {
				leg := w.call("anna", Entry{})
				tt.do(w, func(keys string) { w.press(leg, keys) })
				w.pass(3 * time.Second)
				w.said("anna", tt.want...)
				w.alive(leg)
				if e := w.entry("anna"); e.State != bridge.StateRoom || e.Host {
					t.Errorf("the guest is in the room as %+v", e)
				}
			})
		})
	}
}

// Keys typed ahead are kept, and what they answer is not asked.
func TestTypedAhead(t *testing.T) {
	for _, keys := range []string{extension + "#" + guestPIN + "#", extension + guestPIN + "#", extension + "*" + guestPIN + "*"} {
		in(t, Config{}, func(w *world) {
			w.call("anna", Entry{}).Press(keys)
			w.pass(3 * time.Second)
			w.said("anna", "you-are-1")
		})
	}
	in(t, Config{}, func(w *world) { // over a wrong try, too
		w.call("anna", Entry{}).Press(extension + "11111#" + extension + guestPIN + "#")
		w.pass(3 * time.Second)
		w.said("anna", "you-are-1")
	})
}

// What a key interrupts is not heard to its end.
func TestBargeIn(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg := w.call("anna", Entry{})
		w.pass(pickUp + 500*time.Millisecond)
		leg.Press("1")
		w.pass(5 * time.Second)
		lines := w.speech.times("anna")
		if len(lines) == 0 || !strings.Contains(lines[0], "welcome") || strings.HasSuffix(lines[0], lineTime.String()) {
			t.Errorf("after a key at 0.5 s was heard: %v", lines)
		}
	})
}

// The # after a number that its length has ended must not be an empty PIN,
// whenever it comes.
func TestConfirmationAfterFullLength(t *testing.T) {
	for _, after := range []time.Duration{0, 100 * time.Millisecond, 1500 * time.Millisecond} {
		in(t, Config{}, func(w *world) {
			leg := w.call("anna", Entry{})
			w.pass(3 * time.Second)
			leg.Press(extension)
			time.Sleep(after)
			leg.Press("#")
			w.pass(3 * time.Second)
			w.said("anna", "welcome", "ask-extension", "ask-pin")
			w.press(leg, guestPIN+"#")
			w.pass(3 * time.Second)
			w.said("anna", "you-are-1")
		})
	}
}

func TestNumbersOfAnyLength(t *testing.T) {
	in(t, Config{ExtensionLength: -1}, func(w *world) {
		leg := w.call("anna", Entry{})
		w.pass(3 * time.Second)
		w.press(leg, extension)
		w.pass(3 * time.Second)
		w.said("anna", "welcome", "ask-extension") // not yet
		w.pass(2 * time.Second)
		w.said("anna", "ask-pin")
	})
}

func TestThreeTries(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg := w.call("anna", Entry{})
		for range 3 {
			w.alive(leg)
			w.press(leg, extension)
			w.pass(2 * time.Second)
			w.press(leg, "11111#")
			w.pass(2 * time.Second)
		}
		w.pass(2 * time.Second)
		w.dead(leg, cause.Denied)
		got := w.speech.take("anna")
		if n := len(got); n < 2 || got[n-2] != "wrong" || got[n-1] != "goodbye" {
			t.Errorf("heard %q", got)
		}
		if len(w.door.asked) != 3 {
			t.Errorf("the door was asked %d times", len(w.door.asked))
		}
	})
}

func TestNothingKeyed(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg := w.call("anna", Entry{})
		w.pass(60 * time.Second)
		w.dead(leg, cause.NoEntry)
		w.said("anna", "welcome", "ask-extension", "ask-extension", "ask-extension", "goodbye")
		if len(w.door.asked) != 0 {
			t.Errorf("the door was asked for %+v", w.door.asked)
		}
	})
}

// A number that exists and one that doesn't are alike to the ear: the same words
// at the same times, to the end of the call.
func TestUnknownNumberSoundsTheSame(t *testing.T) {
	listen := func(number string) (heard []string) {
		in(t, Config{}, func(w *world) {
			leg := w.call("anna", Entry{})
			for range 3 {
				w.pass(3 * time.Second)
				w.press(leg, number)
				w.pass(3 * time.Second)
				w.press(leg, "11111#")
			}
			w.pass(20 * time.Second)
			w.dead(leg, cause.Denied)
			heard = w.speech.times("anna")
		})
		return heard
	}
	known, unknown := listen(extension), listen("999999999")
	if !slices.Equal(known, unknown) {
		t.Errorf("a known number sounds\n%s\nan unknown one\n%s", strings.Join(known, "\n"), strings.Join(unknown, "\n"))
	}
	if len(known) < 8 {
		t.Errorf("heard only %q", known)
	}
}

func TestDialledStraightIn(t *testing.T) {
	tests := []struct {
		name  string
		entry Entry
		keys  string
		want  []string
	}{
		{"number and PIN", Entry{Extension: extension, PIN: guestPIN}, "", []string{"you-are-1"}},
		{"number", Entry{Extension: extension}, guestPIN + "#", []string{"welcome", "ask-pin", "you-are-1"}},
		{"wrong PIN dialled", Entry{Extension: extension, PIN: "11111"}, extension + guestPIN + "#", []string{"wrong", "ask-extension", "ask-pin", "you-are-1"}},
		{"a number mapped to the room", Entry{RoomID: "r1"}, guestPIN + "#", []string{"welcome", "ask-pin", "you-are-1"}},
		{"mapped by its number", Entry{Extension: extension, Mapped: true, PIN: "11111"}, guestPIN + "#", []string{"wrong", "ask-pin", "you-are-1"}},
		{"the same, PIN wrong at first", Entry{RoomID: "r1", PIN: "11111"}, guestPIN + "#", []string{"wrong", "ask-pin", "you-are-1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, Config{}, func(w *world) {
				leg := w.call("anna", tt.entry)
				w.pass(3 * time.Second)
				w.press(leg, tt.keys)
				w.pass(3 * time.Second)
				w.said("anna", tt.want...)
				w.alive(leg)
			})
		})
	}
}

func TestRoomWithoutPIN(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.open = true
		w.call("anna", Entry{Extension: extension})
		w.pass(3 * time.Second)
		w.said("anna", "you-are-1")

		leg := w.call("ben", Entry{Extension: "999999999"}) // does not exist
		w.pass(4 * time.Second)
		w.said("ben", "welcome", "ask-pin")
		w.alive(leg)
	})
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		why  cause.Cause
		wait time.Duration
		want []string
	}{
		{cause.Full, 0, []string{"meeting-full", "goodbye"}},
		{cause.Locked, 0, []string{"meeting-locked", "goodbye"}},
		{cause.Over, 0, []string{"meeting-over", "goodbye"}},
		{cause.Draining, 0, []string{"shutdown"}},
		{cause.Internal, 0, []string{"goodbye"}},
		{cause.LockedOut, 0, []string{"locked-out", "retry-later", "goodbye"}},
		{cause.LockedOut, 61 * time.Second, []string{"locked-out", "retry-in-2", "goodbye"}},
		{cause.LockedOut, 10 * time.Minute, []string{"locked-out", "retry-in-10", "goodbye"}},
		{cause.LockedOut, 24 * time.Hour, []string{"locked-out", "retry-later", "goodbye"}},
	}
	for _, tt := range tests {
		t.Run(tt.why.String(), func(t *testing.T) {
			in(t, Config{}, func(w *world) {
				w.door.refuse, w.door.wait = tt.why, tt.wait
				leg := w.call("anna", Entry{Extension: extension, PIN: guestPIN})
				w.pass(500 * time.Millisecond)
				leg.Press("##") // does not hide why
				w.pass(5 * time.Second)
				w.said("anna", tt.want...)
				w.dead(leg, tt.why)
			})
		})
	}
}

// However far the caller has come, the end of the call ends everything at once.
func TestCallerHangsUp(t *testing.T) {
	for at := time.Duration(0); at < 20*time.Second; at += 900 * time.Millisecond {
		in(t, Config{}, func(w *world) {
			w.door.room.Tones = "name"
			leg := w.call("anna", Entry{})
			w.calls.Go(func() {
				time.Sleep(3 * time.Second)
				leg.Press(extension + guestPIN + "#")
			})
			time.Sleep(at)
			leg.Hangup(cause.Hangup)
			w.pass(2 * media.TickDuration)
			w.dead(leg, cause.Hangup)
			if n := len(w.bridge.Rooms()); n != 0 {
				t.Errorf("%v: %d rooms live on", at, n)
			}
		})
	}
}

// A drain tells the caller at whatever stage it is, and hangs up.
func TestDrain(t *testing.T) {
	for at := time.Duration(0); at < 20*time.Second; at += 900 * time.Millisecond {
		in(t, Config{}, func(w *world) {
			w.door.room.Tones = "name"
			leg := w.call("anna", Entry{})
			w.calls.Go(func() {
				time.Sleep(3 * time.Second)
				leg.Press(extension + guestPIN + "#")
			})
			time.Sleep(at)
			w.drain()
			w.pass(lineTime + 5*media.TickDuration)
			w.dead(leg, cause.Draining)
			heard := w.speech.take("anna")
			if len(heard) == 0 || heard[len(heard)-1] != "shutdown" {
				t.Errorf("%v: heard %q", at, heard)
			}
		})
	}
}

// A leg that panics under the reception ends alone.
func TestPanicEndsOneCall(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		leg := w.call("broken", Entry{Extension: "panic", PIN: guestPIN})
		w.pass(time.Second)
		w.dead(leg, cause.Internal)
		w.alive(anna)
	})
}
