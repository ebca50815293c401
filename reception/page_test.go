package reception

import (
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media/pcm"
)

// page is a guest by its link, hostPage the room's owner, with pages before them.
func (w *world) page(id, name string) *memory.Leg {
	w.t.Helper()
	leg := w.call(id, Entry{Token: linkToken, Name: name, Page: true})
	w.pass(2 * time.Second)
	return leg
}

func (w *world) hostPage(id string) *memory.Leg {
	w.t.Helper()
	leg := w.call(id, Entry{RoomID: "r1", User: owner, Name: "Ada", Page: true})
	w.pass(2 * time.Second)
	return leg
}

// TestPageHearsNoWords: a page is told nothing in words, whatever happens; the
// phone in its room is told what it always is.
func TestPageHearsNoWords(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Tones = "name" // which asks a phone for its name
		web := w.page("web", "Grace")
		room := w.bridge.Room("r1")
		if e := w.entry("web"); e.State != bridge.StateRoom || e.Name != "Grace" || e.Host {
			t.Errorf("the guest is in the room as %+v", e)
		}
		w.door.room.Tones = "tone"
		web.Heard()
		anna := w.guest("anna")
		if !hasTone(web.Heard(), 880) {
			t.Error("the page heard no tone at a joining")
		}
		w.said("anna", "you-are-2")
		w.press(web, "*3*1*9*2#5*4##1") // one after the other; *4 and ## are a host's
		must(t, room.Mute(w.ctx, "web", true, true))
		must(t, room.Mute(w.ctx, "web", false, true))
		must(t, room.Hand(w.ctx, "web", false, true))
		must(t, room.MakeHost(w.ctx, "web"))
		w.pass(2 * time.Second)
		w.press(web, "*4")
		if !w.entry("anna").Muted {
			t.Error("a page's *4 did not mute the phone")
		}
		w.press(web, "*6")
		if !w.entry("web").Muted {
			t.Error("a page's *6 did not mute it")
		}
		w.pass(5 * time.Second)
		w.said("anna", "muted-by-host", "press-to-speak", "star-6")
		if pcm.Peak(web.Heard()) != 0 {
			t.Error("the page hears something")
		}
		must(t, room.Kick(w.ctx, "web", cause.Removed))
		w.pass(100 * time.Millisecond) // no last words: at once
		w.dead(web, cause.Removed)
		w.pass(time.Second)
		if !hasTone(anna.Heard(), 587) {
			t.Error("the phone heard no tone as the page left")
		}
		w.said("web")
		w.said("anna")
	})
}

// TestPageRefused: what admission says is the call's end, at once and in silence,
// and nothing is asked.
func TestPageRefused(t *testing.T) {
	for _, tt := range []struct {
		entry  Entry
		refuse cause.Cause
		want   cause.Cause
	}{
		{Entry{Token: "old"}, cause.None, cause.LinkReplaced},
		{Entry{Token: linkToken}, cause.LockedOut, cause.LockedOut},
		{Entry{Token: linkToken}, cause.Full, cause.Full},
		{Entry{Token: linkToken}, cause.Locked, cause.Locked},
		{Entry{RoomID: "r1", User: "ben"}, cause.None, cause.Denied},
		{Entry{RoomID: "r1"}, cause.None, cause.Denied},
		{Entry{}, cause.None, cause.Denied},
	} {
		in(t, Config{}, func(w *world) {
			w.door.refuse = tt.refuse
			tt.entry.Page = true
			leg := w.call("web", tt.entry)
			w.pass(100 * time.Millisecond)
			w.dead(leg, tt.want)
			w.said("web")
			if n := len(w.door.asked); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// TestPageLobby: a guest's page waits with music, is rung for, and comes in.
func TestPageLobby(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		phone, host := w.host("phone"), w.hostPage("host")
		if e := w.entry("host"); !e.Host || e.Name != "Ada" || e.State != bridge.StateRoom {
			t.Errorf("the host is in the room as %+v", e)
		}
		w.speech.take("phone")
		web := w.page("web", "Grace")
		if e := w.entry("web"); e.State != bridge.StateLobby {
			t.Errorf("the guest is %+v", e)
		}
		w.pass(3 * time.Second)
		w.said("phone", "waiting-1", "press-to-admit", "star-8")
		host.Heard()
		w.press(host, "*8") // by the page's keypad
		w.pass(time.Second)
		if e := w.entry("web"); e.State != bridge.StateRoom {
			t.Errorf("the guest is %+v", e)
		}
		if !hasTone(host.Heard(), 880) {
			t.Error("nobody heard the guest come in")
		}
		w.said("web")
		w.said("host")
		must(t, w.bridge.Room("r1").End(w.ctx, cause.Ended))
		w.pass(100 * time.Millisecond)
		w.dead(web, cause.Ended)
		w.dead(host, cause.Ended)
		w.alive(phone) // it hears why
		w.pass(2 * time.Second)
		w.dead(phone, cause.Ended)
		w.said("phone", "meeting-ended")
		w.said("web")
	})
}

// TestPageWaitsForHost: an account that may host is the host.
func TestPageWaitsForHost(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.WaitForHost = true
		w.page("web", "Grace")
		phone := w.guest("phone")
		w.said("phone", "wait-host")
		if e := w.entry("web"); e.State != bridge.StateLobby {
			t.Errorf("the guest is %+v", e)
		}
		leg := w.call("host", Entry{Token: linkToken, User: owner, Name: "Ada", Page: true}) // on the guests' link
		w.pass(5 * time.Second)
		for _, id := range []string{"web", "phone", "host"} {
			if e := w.entry(id); e.State != bridge.StateRoom || e.Host != (id == "host") {
				t.Errorf("%s: %+v", id, e)
			}
		}
		w.alive(leg)
		w.alive(phone)
		w.said("web")
	})
}

// TestGuestNames: where no name is asked, guests of the page have numbers, each
// the first that is free; hosts and phones keep their names.
func TestGuestNames(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Names = "guest"
		names := func(want ...string) {
			t.Helper()
			all, err := w.bridge.Room("r1").Roster(w.ctx)
			must(t, err)
			var got []string
			for _, e := range all {
				got = append(got, e.Name)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("in the room are %q, want %q", got, want)
			}
		}
		w.hostPage("host")
		a, b := w.page("a", "Grace"), w.page("b", "")
		phone := memory.New("phone", 8000, bridge.Party{Name: "Zoe"})
		w.receive(phone, "phone", Entry{Extension: extension, PIN: guestPIN})
		w.page("c", "")
		names("Ada", "Guest", "Guest 2", "Guest 3", "Zoe")
		a.Hangup(cause.Hangup)
		w.pass(time.Second)
		w.page("d", "")
		w.page("e", "")
		names("Ada", "Guest", "Guest 2", "Guest 3", "Guest 4", "Zoe")
		b.Hangup(cause.Hangup)
		w.pass(time.Second)
		names("Ada", "Guest", "Guest 3", "Guest 4", "Zoe")
	})
	in(t, Config{}, func(w *world) { // who does not get in takes no number
		w.door.room.Names, w.door.room.MaxParticipants = "guest", 1
		first := w.page("first", "")
		w.dead(w.page("second", ""), cause.Full)
		first.Hangup(cause.Hangup)
		w.pass(time.Second)
		if n := len(w.recep.book.guests); n != 0 {
			t.Errorf("%d rooms of numbers are kept", n)
		}
		w.page("third", "")
		if e := w.entry("third"); e.Name != "Guest" {
			t.Errorf("the next is %q", e.Name)
		}
	})
}

// TestPageTest: the test call of a page is the echo alone; the page shows what
// came of it.
func TestPageTest(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg := w.call("web", Entry{Test: true, Page: true})
		w.pass(100 * time.Millisecond)
		leg.Say(hum(500 * time.Millisecond))
		w.pass(900 * time.Millisecond)
		leg.Heard()
		w.pass(time.Second)
		if pcm.Peak(leg.Heard()) == 0 {
			t.Error("no echo")
		}
		w.pass(15 * time.Second)
		w.dead(leg, cause.TestDone)
		w.said("web")
	})
}

// TestPageDrain: a page is not kept waiting for last words.
func TestPageDrain(t *testing.T) {
	in(t, Config{}, func(w *world) {
		web, phone := w.page("web", "Grace"), w.guest("phone")
		w.speech.take("phone")
		w.drain()
		w.pass(50 * time.Millisecond)
		w.dead(web, cause.Draining)
		w.alive(phone)
		w.pass(2 * time.Second)
		w.dead(phone, cause.Draining)
		w.said("phone", "shutdown")
	})
}
