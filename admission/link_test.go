package admission

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// TestLinksAndAccounts: a link is a key to its room, an account to those that it
// may host, and to no other.
func TestLinksAndAccounts(t *testing.T) {
	w := newWorld()
	a := w.admission(t)
	for _, tt := range []struct {
		request Request
		cause   cause.Cause
		id      string
		role    Role
		waits   bool // in the lobby, for a host
	}{
		{Request{Token: "abc"}, cause.LinkUnknown, "", 0, false},
		{Request{Token: "old"}, cause.LinkReplaced, "", 0, false},
		{Request{Token: "gone"}, cause.LinkEnded, "", 0, false},
		{Request{Token: "link-b"}, cause.None, "b", Guest, true},
		{Request{Token: "link-b", PIN: "1"}, cause.None, "b", Guest, true},
		{Request{Token: "link-b", User: "ada"}, cause.None, "b", Host, false},
		{Request{Token: "link-b", User: "ben"}, cause.None, "b", Guest, true},
		{Request{Token: "link-b", User: "off"}, cause.None, "b", Guest, true},
		{Request{Token: "abc", User: "ada"}, cause.LinkUnknown, "", 0, false},
		{Request{RoomID: "b", User: "ada"}, cause.None, "b", Host, false},
		{Request{RoomID: "b", User: "ben"}, cause.Denied, "", 0, false},
		{Request{RoomID: "b", User: "nobody"}, cause.Denied, "", 0, false},
		{Request{RoomID: "b", User: "ben", PIN: "48219"}, cause.None, "b", Guest, true},
		{Request{RoomID: "a", User: "ben"}, cause.None, "a", Host, false}, // a room without an owner
		{Request{RoomID: "a", User: "off"}, cause.Denied, "", 0, false},
		{Request{RoomID: "a", User: "nobody"}, cause.Denied, "", 0, false},
		{Request{RoomID: "nowhere", User: "ada"}, cause.Denied, "", 0, false},
		{Request{Extension: "1000", User: "ben"}, cause.None, "a", Host, false},
		{Request{RoomID: "b", Invited: Guest}, cause.None, "b", Guest, false},
		{Request{RoomID: "b", Invited: Host}, cause.None, "b", Host, false},
		{Request{RoomID: "nowhere", Invited: Host}, cause.Denied, "", 0, false},
	} {
		v := expect(t, a, tt.request, tt.cause)
		id := ""
		if v.Room != nil {
			id = v.Room.ID
		}
		if id != tt.id || v.Role != tt.role || v.Lobby != tt.waits || v.Wait != tt.waits {
			t.Errorf("%+v: %+v", tt.request, v)
		}
	}
	w.locked = true
	expect(t, a, Request{Token: "link-b"}, cause.Locked)
	expect(t, a, Request{RoomID: "b", Invited: Guest}, cause.Locked)
	expect(t, a, Request{Token: "link-b", User: "ada"}, cause.None)
	w.locked, w.count = false, 3
	expect(t, a, Request{RoomID: "a", User: "ada"}, cause.Full)
	for _, token := range []string{"abc", "link-b", "old", "gone"} {
		if strings.Contains(w.log.String(), token+" ") || strings.Contains(w.log.String(), token+"\n") {
			t.Errorf("the token %s is in the log: %s", token, w.log.String())
		}
	}
}

// TestLinkLimit: tokens that never were one lock their source out, for PINs too;
// old ones and good ones do not. Hosts who are signed in get in all the same.
func TestLinkLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := w.admission(t)
		from := func(token string) Request { return Request{Token: token, Source: Source{"s"}} }
		for range 2 * PerSource {
			expect(t, a, from("old"), cause.LinkReplaced)
			expect(t, a, from("gone"), cause.LinkEnded)
			expect(t, a, from("link-b"), cause.None)
		}
		for i := range PerSource / 2 {
			expect(t, a, from(fmt.Sprint("guess", i)), cause.LinkUnknown)
			if v := a.Link(t.Context(), "guess", Source{"s"}); v.Cause != cause.LinkUnknown || v.Room != nil {
				t.Errorf("%+v", v)
			}
		}
		for _, r := range []Request{from("link-b"), from("old"), from("guess"), request("s", "1000", "48219")} {
			expect(t, a, r, cause.LockedOut)
		}
		if v := a.Link(t.Context(), "link-b", Source{"s"}); v.Cause != cause.LockedOut || v.Backoff != Window || v.Room != nil {
			t.Errorf("%+v", v)
		}
		expect(t, a, Request{Token: "link-b", User: "ada", Source: Source{"s"}}, cause.None)
		expect(t, a, Request{RoomID: "b", User: "ada", Source: Source{"s"}}, cause.None)
		expect(t, a, Request{Token: "link-b", Source: Source{"other"}}, cause.None)
		if len(w.attempts) != PerSource {
			t.Errorf("%d attempts recorded", len(w.attempts))
		}

		again := w.admission(t) // after a restart
		expect(t, again, from("link-b"), cause.LockedOut)
		for _, e := range []string{"1000", "2000", "9999"} {
			if again.rooms.wait(w.Fingerprint(e), 0) > 0 {
				t.Errorf("guessed links lock room %s", e)
			}
		}
		time.Sleep(Window)
		expect(t, a, from("link-b"), cause.None)
		if v := a.Link(t.Context(), "link-b", Source{"s"}); v.Cause != cause.None || v.Room == nil || v.Role != store.NoRole {
			t.Errorf("%+v", v)
		}
	})
}
