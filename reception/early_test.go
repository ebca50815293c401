package reception

import (
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// Who is early hears when the meeting opens, in the words of its room, and goodbye.
func TestTooEarly(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.opens = time.Now().Add(25 * time.Minute)
		leg := w.call("anna", Entry{Extension: extension, PIN: guestPIN})
		w.pass(5 * time.Second)
		w.said("anna", "too-early", "opens-in-minutes-25", "goodbye")
		w.dead(leg, cause.TooEarly)

		w.door.room.Language = "fr"
		p, err := w.bridge.Enter(memory.New("ben", 16000, bridge.Party{}))
		if err != nil {
			t.Fatal(err)
		}
		w.calls.Go(func() { w.recep.Attend(w.ctx, p, Entry{Extension: extension, PIN: guestPIN}) })
		w.pass(5 * time.Second)
		w.said("fr", "too-early", "opens-in-minutes-25", "goodbye")

		w.door.refuse = cause.Over
		if p, err = w.bridge.Enter(memory.New("carl", 16000, bridge.Party{})); err != nil {
			t.Fatal(err)
		}
		w.calls.Go(func() { w.recep.Attend(w.ctx, p, Entry{Extension: extension, PIN: guestPIN}) })
		w.pass(5 * time.Second)
		w.said("fr", "meeting-over", "goodbye")
		w.door.refuse = cause.None

		host := w.host("ada")
		w.said("ada", "you-are-host", "you-are-1")
		w.alive(host)
	})
}

// With a wrong PIN an early meeting sounds as an unknown one does.
func TestTooEarlyIsToldToNobodyElse(t *testing.T) {
	listen := func(number string) (heard []string) {
		in(t, Config{}, func(w *world) {
			w.door.opens = time.Now().Add(25 * time.Minute)
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
	if early, unknown := listen(extension), listen("999999999"); !slices.Equal(early, unknown) {
		t.Errorf("an early meeting sounds\n%q\nan unknown one\n%q", early, unknown)
	}
}

// Who is a few minutes early waits on the line, with music, and is let in.
func TestWaitsForTheOpening(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.own = map[string]store.Who{"60606": {InviteeID: "i1", Name: "Anna Guest"}}
		w.door.opens = time.Now().Add(5 * time.Minute)
		leg := w.call("anna", Entry{Extension: extension, PIN: "60606"})
		w.pass(4 * time.Second)
		w.said("anna", "too-early", "opens-in-minutes-5", "wait-opening")
		w.did("i1 waiting")
		w.press(leg, "12#*6")
		w.pass(4 * time.Minute)
		w.alive(leg)
		w.said("anna")
		if w.bridge.Room("r1") != nil {
			t.Error("the room meets before it opens")
		}
		w.pass(time.Minute)
		w.said("anna", "you-are-1")
		w.said("music", "music")
		w.did("i1 joined")
		if e := w.entry("anna"); e.Muted || e.State != bridge.StateRoom {
			t.Errorf("keys of the wait did something: %+v", e)
		}
	})
}

// What has changed by the end of the wait counts: the meeting was put off, or called
// off.
func TestWaitsInVain(t *testing.T) {
	for _, tt := range []struct {
		change func(*door)
		want   []string
		why    cause.Cause
	}{
		{func(d *door) { d.opens = time.Now().Add(3 * time.Hour) }, []string{"too-early", "opens-in-hours-2", "and-minutes-45", "goodbye"}, cause.TooEarly},
		{func(d *door) { d.opens, d.refuse = time.Time{}, cause.Over }, []string{"meeting-over", "goodbye"}, cause.Over},
		{func(d *door) { d.opens, d.refuse = time.Time{}, cause.Full }, []string{"meeting-full", "goodbye"}, cause.Full},
	} {
		in(t, Config{}, func(w *world) {
			w.door.own = map[string]store.Who{"60606": {InviteeID: "i1"}}
			w.door.opens = time.Now().Add(2 * time.Minute)
			leg := w.call("anna", Entry{Extension: extension, PIN: "60606"})
			w.pass(5 * time.Second)
			w.said("anna", "too-early", "opens-in-minutes-2", "wait-opening")
			w.door.mu.Lock()
			tt.change(w.door)
			w.door.mu.Unlock()
			w.pass(2*time.Minute + 10*time.Second)
			w.said("anna", tt.want...)
			w.dead(leg, tt.why)
			w.did("i1 waiting", "i1 left")
		})
	}
}

// A wait on the line ends as any call does.
func TestWaitEnds(t *testing.T) {
	for _, at := range []time.Duration{time.Second, time.Minute} {
		in(t, Config{}, func(w *world) {
			w.door.opens = time.Now().Add(4 * time.Minute)
			anna := w.call("anna", Entry{Extension: extension, PIN: guestPIN})
			ben := w.call("ben", Entry{Extension: extension, PIN: guestPIN})
			w.pass(at)
			anna.Hangup(cause.Hangup)
			w.pass(50 * time.Millisecond)
			w.dead(anna, cause.Hangup)
			w.drain()
			w.pass(2 * time.Second)
			w.dead(ben, cause.Draining)
		})
	}
}

// A page has told its reader when the meeting opens: nobody waits there, and nothing
// is spoken.
func TestTooEarlyOnAPage(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.opens = time.Now().Add(time.Minute)
		leg := memory.New("page", 16000, bridge.Party{})
		w.receive(leg, "page", Entry{Token: linkToken, Page: true})
		w.pass(time.Second)
		w.dead(leg, cause.TooEarly)
		w.said("page")
	})
}

// A PIN of one's own gives a phone its name, and tells the host of it.
func TestPersonalPIN(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.own = map[string]store.Who{"60606": {InviteeID: "i1", Name: "Anna Guest"}, "70707": {InviteeID: "i2"}}
		anna := w.join("anna", "60606")
		w.join("ben", guestPIN)
		w.join("carl", "70707")
		for id, want := range map[string]string{"anna": "Anna Guest", "ben": "ben", "carl": "carl"} {
			if got := w.entry(id).Name; got != want && got+w.entry(id).Party.Number != want {
				t.Errorf("%s is called %q", id, got)
			}
		}
		w.did("i1 joined", "i2 joined")
		anna.Hangup(cause.Hangup)
		w.pass(time.Second)
		w.did("i1 left")
	})
}

// Somebody in several calls has left with the last of them.
func TestPresenceOfSeveralCalls(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		w.door.own = map[string]store.Who{"60606": {InviteeID: "i1", Name: "Anna Guest"}, "link": {InviteeID: "i1", Name: "Anna Guest"}}
		w.host("ada")
		phone := w.join("phone", "60606")
		w.did("i1 waiting")
		page := memory.New("page", 16000, bridge.Party{})
		w.receive(page, "page", Entry{Token: "link", Page: true, Name: "Anna at her desk"})
		w.pass(time.Second)
		w.did()
		room := w.bridge.Room("r1")
		if err := room.Admit(w.ctx, "page"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.did("i1 joined")
		if a, b := w.entry("page").Name, w.entry("phone").Name; a != "Anna at her desk" || b != "Anna Guest" {
			t.Errorf("called %q and %q", a, b)
		}
		page.Hangup(cause.Hangup)
		w.pass(time.Second)
		w.did("i1 waiting")
		phone.Hangup(cause.Hangup)
		w.pass(time.Second)
		w.did("i1 left")
	})
}

// Where all are called Guest, the name of an invitee is the host's to know.
func TestPersonalLinkWhereNamesAreNotAsked(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Names = store.NamesGuest
		w.door.own = map[string]store.Who{"link": {InviteeID: "i1", Name: "Anna Guest"}, "60606": {InviteeID: "i2", Name: "Ben"}}
		w.receive(memory.New("page", 16000, bridge.Party{}), "page", Entry{Token: "link", Page: true})
		w.pass(time.Second)
		w.join("phone", "60606")
		if a, b := w.entry("page").Name, w.entry("phone").Name; a != "Guest" || b == "Ben" {
			t.Errorf("called %q and %q", a, b)
		}
		w.did("i1 joined", "i2 joined")
	})
}
