package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/store"
)

// shortWords is a folder of recordings of 20 ms, in place of the words of the door.
func shortWords(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "en"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"too-early", "opens-in-minutes-24", "opens-in-minutes-25", "meeting-full", "meeting-over", "goodbye"} {
		f, err := os.Create(filepath.Join(dir, "en", name+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		if err := pcm.WriteWAV(f, make([]int16, 160), 8000); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

// meets adds a meeting of one hour that opens 5 minutes before it starts.
func meets(t *testing.T, g *gateway, start time.Time) store.Meeting {
	t.Helper()
	m, _, err := g.store.AddMeeting(t.Context(), store.NewMeeting{
		NewRoom:  store.NewRoom{Extension: "112752642", Name: "Weekly sync", PIN: "48219", HostPIN: "97531", MaxParticipants: 3},
		Schedule: store.Schedule{Zone: "UTC", Start: start.UTC().Format(store.LocalTime), Duration: time.Hour, JoinEarly: 5 * time.Minute, Grace: 15 * time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refused calls a meeting from a phone, a room system and a browser, and checks why
// each of them does not get in.
func refused(t *testing.T, g *gateway, id, link string, phone cause.Cause, page string) {
	t.Helper()
	caller := callIn(t, g, id, "112752642.48219")
	system := newRoomSystem(t)
	system.dial(g.listeners.H323, "112752642#48219")
	b := openBrowser(t, g.listeners.Web, `{"type":"hello","v":1,"link":"`+link+`","name":"Eve"}`)
	bye := b.wait("bye", "cause", page)
	if wait, _ := bye["wait"].(float64); (wait > 0) != (phone == cause.TooEarly) || wait > 25*60 {
		t.Errorf("bye %v", bye)
	}
	select {
	case <-caller.over:
		if caller.Cause() != phone {
			t.Errorf("the phone is refused for %v, want %v", caller.Cause(), phone)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("the phone is in")
	}
	select {
	case r := <-system.over:
		if r.Cause != phone.Q850() {
			t.Errorf("the room system is told %+v, want %d", r, phone.Q850())
		}
	case <-time.After(10 * time.Second):
		t.Errorf("the room system is in")
	}
}

// TestMeetingAtTheDoor: a phone, a room system and a browser are too early, in, one
// too many, and too late alike; who is invited is known by the PIN and the link.
func TestMeetingAtTheDoor(t *testing.T) {
	t.Parallel()
	file := config(t, quiet+"reception: {prompts_dir: "+shortWords(t)+"}\n")
	cfg, err := (&console{file: file}).config()
	if err != nil {
		t.Fatal(err)
	}
	log := newStream()
	g, err := openGateway(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	m := meets(t, g, time.Now().Add(30*time.Minute))
	added, _, err := g.store.AddInvitees(t.Context(), m.Room.ID, []store.NewInvitee{{Name: "Anna Guest", Email: "anna@example.org", PIN: true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, pin, err := g.store.InviteeKeys(t.Context(), added[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	page := g.listeners.Web + "/j/" + token
	refused(t, g, "early", token, cause.TooEarly, "too-early")
	if code, body := httpGet(t, page); code != http.StatusOK || !strings.Contains(body, `"state":"early"`) || !strings.Contains(body, "Weekly sync") || !strings.Contains(body, pin) {
		t.Errorf("the page of an early meeting: %d %s", code, body)
	}
	if code, body := httpGet(t, g.listeners.Web+"/api/v1/links/"+token); code != http.StatusOK || !strings.Contains(body, `"state":"early"`) {
		t.Errorf("the API: %d %s", code, body)
	}

	host := callIn(t, g, "host", "112752642.97531")
	until(t, "the host is in", func() bool { return g.bridge.Room(m.Room.ID) != nil && g.bridge.Room(m.Room.ID).Count() == 1 })
	begun := time.Now().Add(-10 * time.Minute).UTC().Format(store.LocalTime)
	change := func(c store.MeetingChange) {
		t.Helper()
		if _, err := g.store.UpdateMeeting(t.Context(), m.Room.ID, c); err != nil {
			t.Fatal(err)
		}
	}
	change(store.MeetingChange{Start: &begun})
	state := func() store.PresenceState {
		list, err := g.store.Invitees(t.Context(), m.Room.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list[0].State()
	}
	anna := callIn(t, g, "+41445550100", "112752642."+pin)
	until(t, "the invitee is in", func() bool { return state() == store.Joined })
	if calls := parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file)); len(calls) != 2 || calls[0].Name+calls[1].Name != "Anna Guesthost" && calls[0].Name+calls[1].Name != "hostAnna Guest" {
		t.Errorf("calls %+v", calls)
	}
	b := openBrowser(t, g.listeners.Web, `{"type":"hello","v":1,"link":"`+token+`"}`)
	if w := b.wait("welcome", "", ""); w["title"] != "Weekly sync" {
		t.Errorf("welcome %v", w)
	}
	b.offer()
	b.wait("state", "state", "room")
	named := 0
	for _, p := range b.wait("roster", "", "")["people"].([]any) {
		if p.(map[string]any)["name"] == "Anna Guest" {
			named++
		}
	}
	if named != 2 {
		t.Errorf("%d are called by the invitee's name", named)
	}
	refused(t, g, "full", token, cause.Full, "full")

	anna.Hangup(cause.Hangup)
	<-anna.over
	done := time.Now()
	change(store.MeetingChange{Completed: &done})
	refused(t, g, "late", token, cause.Over, "link-ended")
	if code, body := httpGet(t, page); code != http.StatusGone || strings.Contains(body, "Weekly") {
		t.Errorf("the page of a meeting that is over: %d", code)
	}
	late := callIn(t, g, "late host", "112752642.97531")
	<-late.over
	if late.Cause() != cause.Over {
		t.Errorf("the host is refused for %v", late.Cause())
	}
	select {
	case <-host.over:
		t.Error("who was in it is not in it any more")
	default:
	}
	if state() != store.Joined {
		t.Errorf("the invitee, who is in by browser, is shown as %v", state())
	}
	b.say(`{"type":"leave"}`)
	until(t, "the invitee has left", func() bool { return state() == store.Left })
	if strings.Contains(log.String(), pin) || strings.Contains(log.String(), token) || strings.Contains(log.String(), "48219") {
		t.Error("a PIN or a link is in the log")
	}
}
