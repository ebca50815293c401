package reception

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// leadTo makes the door lead to another room from now on.
func (w *world) leadTo(room store.Room) {
	w.door.mu.Lock()
	defer w.door.mu.Unlock()
	w.door.room = room
}

var elsewhere = store.Room{ID: "r2", Extension: "200200200", Tones: "tone"}

// move takes a call elsewhere.
func (w *world) move(id string, e Entry) error {
	w.t.Helper()
	p := w.bridge.Participant(id)
	if p == nil {
		w.t.Fatalf("%s is not here", id)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	err := w.recep.Move(ctx, p, e)
	w.pass(4 * time.Second)
	return err
}

// A host moves a call: it is asked nothing, keeps its name, and is out of its room.
func TestMove(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna, ben := w.guest("anna"), w.guest("ben")
		w.said("anna", "you-are-1")
		w.press(anna, "*6")
		w.pass(4 * time.Second)
		w.speech.take("anna")
		ben.Heard()
		w.leadTo(elsewhere)
		if err := w.move("anna", Entry{RoomID: "r2", Invited: admission.Guest, Name: "Anna Bell"}); err != nil {
			t.Fatal(err)
		}
		w.said("anna", "moved", "you-are-1")
		if e := w.entry("anna"); e.Name != "Anna Bell" || e.Muted || e.State != bridge.StateRoom {
			t.Errorf("%+v", e)
		}
		if n := w.bridge.Count("r1"); n != 1 {
			t.Errorf("%d in the room that it was in", n)
		}
		// It hears its new room, and its keys are served there.
		w.press(anna, "*6")
		w.pass(2 * time.Second)
		if !w.entry("anna").Muted {
			t.Error("its keys are lost")
		}
		// The last one leaves, and the room ends; back it can go.
		if err := w.move("ben", Entry{RoomID: "r2", Invited: admission.Host}); err != nil {
			t.Fatal(err)
		}
		if w.bridge.Room("r1") != nil || w.bridge.Count("r2") != 2 || !w.entry("ben").Host {
			t.Error("the second is not there")
		}
		w.said("ben", "you-are-2", "moved", "you-are-host", "you-are-2")
		anna.Hangup(cause.Hangup)
		w.pass(time.Second)
		w.dead(anna, cause.Hangup)
		w.alive(ben)
	})
}

// A room that takes nobody in leaves the call where it is.
func TestMoveRefused(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		w.said("anna", "you-are-1")
		w.leadTo(elsewhere)
		w.call("carl", Entry{Extension: elsewhere.Extension, PIN: hostPIN})
		w.pass(4 * time.Second)
		if err := w.bridge.Room("r2").Lock(w.t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if err := w.move("anna", Entry{RoomID: "r2", Invited: admission.Guest}); !errors.Is(err, cause.Locked) {
			t.Errorf("moved into a locked room: %v", err)
		}
		w.said("anna")
		w.leadTo(store.Room{ID: "r1", Extension: extension, Tones: "tone"})
		w.entry("anna")
		w.press(anna, "#2")
		w.pass(4 * time.Second)
		w.alive(anna)
	})
}

// Into a lobby, and from one.
func TestMoveThroughLobbies(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		w.guest("anna")
		w.said("anna", "wait-lobby")
		w.leadTo(elsewhere)
		if err := w.move("anna", Entry{RoomID: "r2", Invited: admission.Guest}); err != nil {
			t.Fatal(err)
		}
		w.said("anna", "moved", "you-are-1")
		if w.bridge.Room("r1") != nil {
			t.Error("the lobby has not let it go")
		}
	})
}

// Who is not invited is received anew, and asked for the PIN.
func TestMoveAsksForThePIN(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		w.guest("ben")
		w.said("anna", "you-are-1")
		w.leadTo(elsewhere)
		if err := w.move("anna", Entry{Extension: "200200200"}); err != nil {
			t.Fatal(err)
		}
		w.said("anna", "welcome", "ask-pin")
		if n := w.bridge.Count("r1"); n != 1 || w.bridge.Room("r2") != nil {
			t.Errorf("%d in the room that it was in", n)
		}
		w.press(anna, guestPIN+"#")
		w.pass(4 * time.Second)
		w.said("anna", "you-are-1")
		w.entry("anna")

		// With a wrong PIN the call ends.
		if err := w.move("ben", Entry{Extension: "200200200", PIN: "11111"}); err != nil {
			t.Fatal(err)
		}
		ben := w.bridge.Participant("ben").Leg().(*memory.Leg)
		for range 2 {
			w.pass(3 * time.Second)
			w.press(ben, "11111#")
			w.pass(3 * time.Second)
			w.press(ben, "22222#")
		}
		w.pass(30 * time.Second)
		w.dead(ben, cause.Denied)
	})
}

// An invitee who is moved has left the meeting that they were invited to.
func TestMovedInviteeHasLeft(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.own = map[string]store.Who{"60606": {InviteeID: "i1", Name: "Anna Guest"}}
		w.join("anna", "60606")
		w.did("i1 joined")
		w.leadTo(elsewhere)
		if err := w.move("anna", Entry{RoomID: "r2", Invited: admission.Guest}); err != nil {
			t.Fatal(err)
		}
		w.did("i1 left")
		w.bridge.Participant("anna").Leg().Hangup(cause.Hangup)
		w.pass(time.Second)
		w.did()
	})
}

// A call that is not in a room yet cannot be reached, and is not moved later.
func TestMoveFromTheReception(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.call("anna", Entry{})
		w.pass(time.Second)
		if err := w.move("anna", Entry{RoomID: "r1", Invited: admission.Host}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("moved: %v", err)
		}
		w.press(anna, extension)
		w.pass(2 * time.Second)
		w.press(anna, guestPIN+"#")
		w.pass(4 * time.Second)
		if w.entry("anna").Host {
			t.Error("moved later")
		}
	})
}
