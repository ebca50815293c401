package reception

import (
	"testing"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
)

// called is a party that is called into the room and has answered; outcome holds what
// came of the question whether it joins.
func (w *world) called(name string) (leg *memory.Leg, outcome chan cause.Cause) {
	w.t.Helper()
	outcome = make(chan cause.Cause, 4)
	leg = w.call(name, Entry{RoomID: "r1", Invited: admission.Guest, Confirm: func(c cause.Cause) { outcome <- c }})
	return leg, outcome
}

// came checks what came of it, once.
func (w *world) came(outcome chan cause.Cause, want cause.Cause) {
	w.t.Helper()
	if len(outcome) != 1 {
		w.t.Fatalf("told %d times", len(outcome))
	}
	if got := <-outcome; got != want {
		w.t.Errorf("told %v, want %v", got, want)
	}
}

// Who is called hears for what, and is in the room once 1 is pressed, not before.
func TestPressToJoin(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg, outcome := w.called("anna")
		w.pass(3 * time.Second)
		w.said("anna", "press-to-join")
		w.press(leg, "2#")
		w.pass(time.Second)
		if w.bridge.Room("r1") != nil || len(outcome) != 0 || len(w.door.asked) != 0 {
			t.Error("in the room without the 1")
		}
		w.press(leg, "1#")
		w.pass(3 * time.Second)
		w.came(outcome, cause.None)
		w.said("anna", "you-are-1")
		if e := w.entry("anna"); e.Host {
			t.Errorf("%+v", e)
		}
	})
}

// The 1 may be pressed while the words are spoken, and ends them.
func TestPressToJoinAtOnce(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg, outcome := w.called("anna")
		w.pass(600 * time.Millisecond)
		w.press(leg, "1")
		w.pass(3 * time.Second)
		w.came(outcome, cause.None)
		w.entry("anna")
	})
}

// A mailbox presses nothing: it is asked three times and never joins, and nobody in
// the room hears of it.
func TestMailboxDoesNotJoin(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.host("ada")
		w.said("ada", "you-are-host", "you-are-1")
		leg, outcome := w.called("mailbox")
		w.pass(15 * time.Second)
		w.alive(leg)
		w.pass(10 * time.Second)
		w.came(outcome, cause.NoAnswer)
		w.said("mailbox", "press-to-join", "press-to-join", "press-to-join", "goodbye")
		w.dead(leg, cause.NoAnswer)
		w.said("ada")
		if n := w.bridge.Count("r1"); n != 1 {
			t.Errorf("%d in the room", n)
		}
	})
}

// Who hangs up instead has declined; who ordered the call may give it up.
func TestHangsUpInsteadOfPressing(t *testing.T) {
	for end, want := range map[cause.Cause]cause.Cause{cause.Hangup: cause.Rejected, cause.Cancelled: cause.Cancelled} {
		in(t, Config{}, func(w *world) {
			leg, outcome := w.called("anna")
			w.pass(2 * time.Second)
			leg.Hangup(end)
			w.pass(time.Second)
			w.came(outcome, want)
			w.dead(leg, end)
		})
	}
}

// The gateway shuts down while the question is asked.
func TestDrainWhileAsked(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg, outcome := w.called("anna")
		w.pass(2 * time.Second)
		w.drain()
		w.pass(5 * time.Second)
		w.came(outcome, cause.Draining)
		w.dead(leg, cause.Draining)
	})
}
