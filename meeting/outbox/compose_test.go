package outbox

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	golangical "github.com/arran4/golang-ical"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
)

// desk is a store with a host, a weekly meeting and what hosts do with it.
type desk struct {
	t     *testing.T
	s     *store.Store
	book  *meeting.Book
	words *Words
	m     store.Meeting
	ways  []string // what Ways was asked for
	kinds []invitation.Kind
}

func atDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		d := &desk{t: t, s: s, book: meeting.New(meeting.Config{Store: s, Grace: 15 * time.Minute})}
		words, err := locales.Open()
		if err != nil {
			t.Fatal(err)
		}
		d.words, err = NewWords(WordsConfig{
			Store: s, From: "Meetings <meet@example.org>", Language: "en",
			Write: func(f invitation.Facts) invitation.Message {
				d.kinds = append(d.kinds, f.Kind)
				return invitation.Write(words, f)
			},
			Ways: func(extension, pin, token, language string) invitation.Ways {
				d.ways = append(d.ways, strings.Join([]string{extension, pin, token, language}, " "))
				return invitation.Ways{Link: "https://meet.example.org/j/" + token, Extension: extension, PIN: pin}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		host, err := s.AddUser(t.Context(), store.NewUser{Email: "ada@example.net", Name: "Ada Host", Password: "correct horse battery"})
		if err != nil {
			t.Fatal(err)
		}
		d.m, _, err = d.book.Add(t.Context(), store.NewMeeting{
			NewRoom:  store.NewRoom{Extension: "112752642", Name: "Weekly sync", Language: "de", OwnerID: host.ID, PIN: "48219", HostPIN: "97531"},
			Schedule: store.Schedule{Zone: "Europe/Zurich", Start: "2000-01-10T14:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY;COUNT=3"},
			Note:     "Bring the figures.",
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, d)
	})
}

func (d *desk) invite(list ...store.NewInvitee) {
	d.t.Helper()
	if _, _, err := d.book.Invite(d.t.Context(), d.m.Room.ID, list); err != nil {
		d.t.Fatal(err)
	}
}

// claimed gives the jobs that may go now, all of them sent.
func (d *desk) claimed() []store.Job {
	d.t.Helper()
	var all []store.Job
	for _, channel := range []string{store.ChannelMail, store.ChannelSMS} {
		jobs, err := d.s.ClaimJobs(d.t.Context(), channel, time.Now(), lease, 100)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, j := range jobs {
			if err := d.s.FinishJob(d.t.Context(), j, store.JobResult{State: store.JobSent, At: time.Now()}); err != nil {
				d.t.Fatal(err)
			}
		}
		all = append(all, jobs...)
	}
	return all
}

// next composes the one job that may go now.
func (d *desk) next() Message {
	d.t.Helper()
	jobs := d.claimed()
	if len(jobs) != 1 {
		d.t.Fatalf("%d jobs may go: %+v", len(jobs), jobs)
	}
	m, err := d.words.Compose(d.t.Context(), jobs[0])
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

// event reads the first event of a calendar part.
func (d *desk) event(m Message) (method string, e *golangical.VEvent) {
	d.t.Helper()
	cal, err := golangical.ParseCalendar(bytes.NewReader(m.Calendar))
	if err != nil {
		d.t.Fatalf("%v\n%s", err, m.Calendar)
	}
	for _, p := range cal.CalendarProperties {
		if p.IANAToken == "METHOD" {
			method = p.Value
		}
	}
	return method, cal.Events()[0]
}

func value(e *golangical.VEvent, name golangical.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

func TestInvitationIsComposed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.invite(store.NewInvitee{Name: "Bob", Email: "bob@example.com", Language: "fr", PIN: true})
		m := d.next()
		if m.To != "bob@example.com" || m.ToName != "Bob" || m.ReplyTo != "ada@example.net" || m.ReplyToName != "Ada Host" || m.Language != "fr" || m.Method != "REQUEST" {
			t.Errorf("%+v", m)
		}
		word := strings.Fields(d.ways[0])
		if len(d.ways) != 1 || len(word) != 4 || word[0] != "112752642" || word[1] == "48219" || word[1] == "97531" || word[3] != "fr" {
			t.Errorf("asked for ways %q", d.ways)
		}
		for name, text := range map[string]string{"text": m.Text, "html": m.HTML} {
			if !strings.Contains(text, "Weekly sync") || !strings.Contains(text, "Bring the figures.") || !strings.Contains(text, word[2]) {
				t.Errorf("%s is %s", name, text)
			}
		}
		if all := m.Text + m.HTML + m.SMS + string(m.Calendar); strings.Contains(all, "97531") || strings.Contains(all, "48219") {
			t.Error("another's PIN is in the message")
		}
		method, e := d.event(m)
		if method != "REQUEST" || value(e, golangical.ComponentPropertyUniqueId) != d.m.UID || value(e, golangical.ComponentPropertySequence) != "0" {
			t.Errorf("%s", m.Calendar)
		}
		organizer := e.GetProperty(golangical.ComponentPropertyOrganizer)
		if organizer.Value != "mailto:ada@example.net" || !slices.Equal(organizer.ICalParameters["SENT-BY"], []string{"mailto:meet@example.org"}) {
			t.Errorf("organizer is %+v", organizer)
		}
		if got := value(e, golangical.ComponentPropertyAttendee); got != "mailto:bob@example.com" {
			t.Errorf("attendee is %q", got)
		}
	})
}

func TestShortMessageIsComposed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.invite(store.NewInvitee{Name: "Cyd", Phone: "+41791234567"})
		m := d.next()
		size := invitation.Segments(m.SMS)
		if m.To != "+41791234567" || size.Segments != 1 || size.Encoding != "GSM-7" || m.Calendar != nil || m.Language != "de" {
			t.Errorf("%+v is %+v", m, size)
		}
		if !strings.HasSuffix(strings.Fields(d.ways[0])[1], "48219") {
			t.Errorf("ways %q", d.ways)
		}
	})
}

func TestChangesAreComposedAsTheyAreThen(t *testing.T) {
	long(t)
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, id := t.Context(), d.m.Room.ID
		d.invite(store.NewInvitee{Name: "Bob", Email: "bob@example.com"})
		d.claimed()
		if _, err := d.book.ChangeOne(ctx, id, "2000-01-17T14:00", store.Exception{Start: "2000-01-18T09:30", Title: "Budget"}); err != nil {
			t.Fatal(err)
		}
		m := d.next()
		method, e := d.event(m)
		if method != "REQUEST" || value(e, golangical.ComponentPropertySequence) != "1" || !strings.HasSuffix(value(e, "RECURRENCE-ID"), "20000117T140000") ||
			!strings.Contains(m.Text, "Budget") || !strings.Contains(m.Text, "09:30") {
			t.Errorf("%s\n%s", m.Text, m.Calendar)
		}
		if _, err := d.book.CancelOne(ctx, id, "2000-01-24T14:00"); err != nil {
			t.Fatal(err)
		}
		m = d.next()
		method, e = d.event(m)
		if method != "CANCEL" || m.Method != "CANCEL" || value(e, golangical.ComponentPropertySequence) != "2" || !strings.HasSuffix(value(e, "RECURRENCE-ID"), "20000124T140000") {
			t.Errorf("%s", m.Calendar)
		}
		start := "2000-01-10T15:00"
		if _, err := d.book.Change(ctx, id, store.MeetingChange{Start: &start}); err != nil {
			t.Fatal(err)
		}
		method, e = d.event(d.next())
		if method != "REQUEST" || value(e, golangical.ComponentPropertySequence) != "3" || value(e, "RECURRENCE-ID") != "" {
			t.Errorf("%s %+v", method, e)
		}
		if _, err := d.book.Cancel(ctx, id); err != nil {
			t.Fatal(err)
		}
		m = d.next()
		method, e = d.event(m)
		if method != "CANCEL" || value(e, golangical.ComponentPropertyUniqueId) != d.m.UID || value(e, golangical.ComponentPropertyStatus) != "CANCELLED" ||
			strings.Contains(m.Text, "meet.example.org") || strings.Contains(m.Text, "48") {
			t.Errorf("%s\n%s", m.Text, m.Calendar)
		}
	})
}

func TestUninvitedIsTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.invite(store.NewInvitee{Name: "Bob", Email: "bob@example.com"})
		d.claimed()
		list, err := d.s.Invitees(t.Context(), d.m.Room.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.book.Uninvite(t.Context(), d.m.Room.ID, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if m := d.next(); m.Method != "CANCEL" || m.To != "bob@example.com" || d.kinds[0] != invitation.Withdraw {
			t.Errorf("%v %+v", d.kinds, m)
		}
	})
}

// A message that has become pointless by the time it may go is dropped.
func TestPointlessMessages(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, id := t.Context(), d.m.Room.ID
		d.invite(store.NewInvitee{Name: "Bob", Email: "bob@example.com"})
		bob := d.claimed()[0]
		at := func(kind, occurrence string) store.Job {
			j := bob
			j.Kind, j.Occurrence = kind, occurrence
			j.Start = time.Date(2000, 1, 17, 13, 0, 0, 0, time.UTC)
			return j
		}
		pointless := func(j store.Job, reason string) {
			t.Helper()
			var dropped *Dropped
			if _, err := d.words.Compose(ctx, j); !errors.As(err, &dropped) || !strings.Contains(dropped.Reason, reason) {
				t.Errorf("%s of %q: %v, want %q", j.Kind, j.Occurrence, err, reason)
			}
		}
		const second = "2000-01-17T14:00"
		m, err := d.words.Compose(ctx, at(store.JobReminder, second))
		if err != nil || m.Calendar != nil || !strings.Contains(m.Text, "17") {
			t.Errorf("%+v, %v", m, err)
		}
		pointless(at(store.JobReminder, "2000-01-10T14:00"), "another time")
		pointless(at(store.JobReminder, "2000-01-11T14:00"), "other times")
		pointless(at(store.JobCancel, second), "after all")
		if _, err := d.book.CancelOne(ctx, id, second); err != nil {
			t.Fatal(err)
		}
		pointless(at(store.JobReminder, second), "another time")
		pointless(at(store.JobChange, second), "cancelled")
		stranger := at(store.JobChange, "")
		stranger.InviteeID = "nobody"
		pointless(stranger, "no longer invited")
		if _, err := d.book.Complete(ctx, id); err != nil {
			t.Fatal(err)
		}
		pointless(at(store.JobChange, ""), "over")
		pointless(at(store.JobReminder, "2000-01-24T14:00"), "over")
		if err := d.s.RemoveRoom(ctx, id); err != nil {
			t.Fatal(err)
		}
		pointless(bob, "no more")
	})
}

func TestInvitationToAPermanentRoom(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		r, err := d.s.AddRoom(t.Context(), store.NewRoom{Extension: "4711", Name: "Ada's room", PIN: "48219"})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.book.Invite(t.Context(), r.ID, []store.NewInvitee{{Name: "Bob", Email: "bob@example.com"}}); err != nil {
			t.Fatal(err)
		}
		m := d.next()
		if m.Calendar != nil || m.Method != "" || m.ReplyTo != "" || m.Language != "en" || !strings.Contains(m.Text, "Ada's room") {
			t.Errorf("%+v", m)
		}
	})
}

func TestFindOccurrence(t *testing.T) {
	s := &store.Schedule{
		Zone: "Europe/Zurich", Start: "2026-03-22T02:30", Duration: time.Hour, Repeat: "FREQ=WEEKLY",
		Exceptions: []store.Exception{{Original: "2026-04-05T02:30", Start: "2026-05-01T10:00"}, {Original: "2026-04-12T02:30", Cancelled: true}},
	}
	for original, want := range map[string]string{
		"2026-03-22T02:30": "2026-03-22T01:30:00Z",
		"2026-03-29T02:30": "2026-03-29T01:30:00Z", // there is no half past two on that day
		"2026-04-05T02:30": "2026-05-01T08:00:00Z",
		"2026-04-12T02:30": "2026-04-12T00:30:00Z",
		"2026-04-13T02:30": "",
		"nonsense":         "",
	} {
		o, ok := find(s, original)
		if have := o.Start.UTC().Format(time.RFC3339); ok != (want != "") || ok && have != want {
			t.Errorf("%s: %v %s, want %s", original, ok, have, want)
		}
	}
}
