package meeting

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

const allChanged = "Bea change mail, Carl change sms, Dora change mail"

// TestWhatIsTold goes through what may be changed: what raises the sequence number,
// and who is told.
func TestWhatIsTold(t *testing.T) {
	long(t)
	d := newDesk(t)
	for name, c := range map[string]struct {
		change store.MeetingChange
		raises bool
		told   string
	}{
		"start":       {store.MeetingChange{Start: ptr("2026-11-30T15:00")}, true, allChanged},
		"zone":        {store.MeetingChange{Zone: ptr("Europe/London")}, true, allChanged},
		"duration":    {store.MeetingChange{Duration: ptr(2 * time.Hour)}, true, allChanged},
		"repeat":      {store.MeetingChange{Repeat: ptr("FREQ=WEEKLY;COUNT=6")}, true, allChanged},
		"title":       {store.MeetingChange{Room: store.RoomChange{Name: ptr("Monthly sync")}}, true, allChanged},
		"note":        {store.MeetingChange{Note: ptr("Bring figures.")}, true, allChanged},
		"PIN":         {store.MeetingChange{Room: store.RoomChange{PIN: ptr("771204")}}, true, "Bea change mail, Carl change sms, Dora change mail"},
		"own PINs":    {store.MeetingChange{PersonalPINs: ptr(true)}, true, allChanged},
		"nothing":     {store.MeetingChange{}, false, ""},
		"the same":    {store.MeetingChange{Start: ptr("2026-11-30T14:00"), Note: ptr(""), Room: store.RoomChange{Name: ptr(" Weekly  sync "), PIN: ptr("482193")}}, false, ""},
		"host PIN":    {store.MeetingChange{Room: store.RoomChange{HostPIN: ptr("338120")}}, false, ""},
		"lobby":       {store.MeetingChange{Room: store.RoomChange{Lobby: ptr(true)}}, false, ""},
		"capacity":    {store.MeetingChange{Room: store.RoomChange{MaxParticipants: ptr(7)}}, false, ""},
		"grace":       {store.MeetingChange{Grace: ptr(time.Hour), JoinEarly: ptr(time.Minute)}, false, ""},
		"reminders":   {store.MeetingChange{Reminders: ptr([]time.Duration{time.Hour})}, false, ""},
		"by the book": {store.MeetingChange{Sequence: true, Completed: ptr(time.Now()), Next: &[2]time.Time{}}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d.t = t
			m := d.add()
			d.invite(m.Room.ID)
			d.sent()
			for range 2 { // once more is nothing new
				after, err := d.Change(t.Context(), m.Room.ID, c.change)
				if err != nil {
					t.Fatal(err)
				}
				if (after.Sequence == 1) != c.raises || after.Sequence > 1 || !after.Room.Schedule.Completed.IsZero() || after.NextStart.IsZero() {
					t.Errorf("%+v", after)
				}
				if got := d.jobs(m.Room.ID, 3); got != c.told {
					t.Errorf("told: %s", got)
				}
			}
		})
	}
}

func TestWhoHasAPINOfTheirOwnIsNotToldOfAnother(t *testing.T) {
	long(t)
	d := newDesk(t)
	m := d.add()
	d.invite(m.Room.ID)
	if _, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{PersonalPINs: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	d.sent()
	after, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{Room: store.RoomChange{PIN: ptr("771204")}})
	if err != nil || after.Sequence != 2 {
		t.Fatal(after.Sequence, err)
	}
	if got := d.jobs(m.Room.ID, 6); got != "" {
		t.Error(got)
	}
}

func TestChangeNamesEveryMistake(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	_, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{
		Duration: ptr(time.Minute), Repeat: ptr("FREQ=HOURLY"), Note: ptr(strings.Repeat("n", 2001)),
		Room: store.RoomChange{Name: ptr(""), PIN: ptr("905172"), MaxParticipants: ptr(-1)},
	})
	if got := fields(err); !slices.Equal(got, []string{"duration", "repeat", "name", "max_participants", "host_pin", "note"}) {
		t.Errorf("%q: %v", got, err)
	}
	_, err = d.Change(t.Context(), m.Room.ID, store.MeetingChange{Start: ptr("2026-11-02T14:00"), Repeat: ptr("FREQ=WEEKLY;COUNT=3")})
	if !slices.Equal(fields(err), []string{"start"}) {
		t.Errorf("into the past: %v", err)
	}
	if after, _ := d.store.MeetingByID(t.Context(), m.Room.ID); after.Sequence != 0 || after.Room.Schedule.Start != "2026-11-30T14:00" {
		t.Errorf("something was changed: %+v", after)
	}
	if _, err := d.Change(t.Context(), "nowhere", store.MeetingChange{}); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestExceptionsKeepTheirDays(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	id := m.Room.ID
	for _, f := range []func() (store.Meeting, error){
		func() (store.Meeting, error) { return d.CancelOne(t.Context(), id, "2026-12-07T14:00") },
		func() (store.Meeting, error) {
			return d.ChangeOne(t.Context(), id, "2026-12-14T14:00", store.Exception{Start: "2026-12-15T08:00"})
		},
		func() (store.Meeting, error) {
			return d.ChangeOne(t.Context(), id, "2026-12-28T14:00", store.Exception{Title: "The last"})
		},
	} {
		if _, err := f(); err != nil {
			t.Fatal(err)
		}
	}
	after, err := d.Change(t.Context(), id, store.MeetingChange{Start: ptr("2026-11-30T16:30"), Repeat: ptr("FREQ=WEEKLY;COUNT=4")})
	if err != nil {
		t.Fatal(err)
	}
	want := "[{2026-12-07T16:30 true  0s } {2026-12-14T16:30 false 2026-12-15T08:00 0s }]"
	if got := fmt.Sprint(after.Room.Schedule.Exceptions); got != want || after.Sequence != 4 {
		t.Errorf("%d %s", after.Sequence, got)
	}
	after, err = d.Change(t.Context(), id, store.MeetingChange{Repeat: ptr("")})
	if err != nil || len(after.Room.Schedule.Exceptions) != 0 {
		t.Errorf("once: %v %v", after.Room.Schedule.Exceptions, err)
	}
}

func TestChangeOne(t *testing.T) {
	long(t)
	d := newDesk(t)
	m := d.add()
	id := m.Room.ID
	d.invite(id)
	d.sent()
	const second = "2026-12-07T14:00"
	steps := []struct {
		name     string
		do       func() (store.Meeting, error)
		sequence int
		jobs     string
		times    string
	}{
		{"moved", func() (store.Meeting, error) {
			return d.ChangeOne(t.Context(), id, second, store.Exception{Start: "2026-12-08T09:00", Duration: time.Hour, Title: " Weekly\tsync "})
		}, 1, "Bea change mail 2026-12-07T14:00, Carl change sms 2026-12-07T14:00, Dora change mail 2026-12-07T14:00", "1208T09:00-10:00 changed"},
		{"the same again", func() (store.Meeting, error) {
			return d.ChangeOne(t.Context(), id, second, store.Exception{Start: "2026-12-08T09:00"})
		}, 1, "", "1208T09:00-10:00 changed"},
		{"cancelled", func() (store.Meeting, error) { return d.CancelOne(t.Context(), id, second) }, 2, "Bea cancel mail 2026-12-07T14:00, Carl cancel sms 2026-12-07T14:00, Dora cancel mail 2026-12-07T14:00", "1207T14:00-15:00 cancelled"},
		{"cancelled again", func() (store.Meeting, error) { return d.CancelOne(t.Context(), id, second) }, 2, "", "1207T14:00-15:00 cancelled"},
		{"as the series", func() (store.Meeting, error) { return d.ChangeOne(t.Context(), id, second, store.Exception{}) }, 3, "Bea change mail 2026-12-07T14:00, Carl change sms 2026-12-07T14:00, Dora change mail 2026-12-07T14:00", "1207T14:00-15:00"},
		{"titled", func() (store.Meeting, error) {
			return d.ChangeOne(t.Context(), id, second, store.Exception{Title: "With guests", Duration: 2 * time.Hour})
		}, 4, "Bea change mail 2026-12-07T14:00, Carl change sms 2026-12-07T14:00, Dora change mail 2026-12-07T14:00", "1207T14:00-16:00 With guests changed"},
	}
	before := 3
	for _, step := range steps {
		after, err := step.do()
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := d.jobs(id, before); got != step.jobs {
			t.Errorf("%s: told %s", step.name, got)
		}
		if got := times(between(t, after.Room.Schedule, "2026-12-01T00:00", "2026-12-12T00:00", 0)); got != step.times || after.Sequence != step.sequence {
			t.Errorf("%s: %d %s", step.name, after.Sequence, got)
		}
		d.sent()
		list, _ := d.store.Jobs(t.Context(), id)
		before = len(list)
	}
}

func TestOccurrencesThatAreOverStay(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	id := m.Room.ID
	d.at("2026-12-07T14:30")
	for original, want := range map[string]error{
		"2026-11-30T14:00": ErrOver, "2026-12-01T14:00": ErrNoOccurrence, "2026-12-14T15:00": ErrNoOccurrence, "soon": ErrNoOccurrence,
	} {
		if _, err := d.ChangeOne(t.Context(), id, original, store.Exception{Title: "x"}); !errors.Is(err, want) {
			t.Errorf("change %s: %v", original, err)
		}
		if _, err := d.CancelOne(t.Context(), id, original); !errors.Is(err, want) {
			t.Errorf("cancel %s: %v", original, err)
		}
	}
	_, err := d.ChangeOne(t.Context(), id, "2026-12-14T14:00", store.Exception{Start: "2026-12-07T13:00"})
	if !slices.Equal(fields(err), []string{"start"}) {
		t.Errorf("moved into the past: %v", err)
	}
	_, err = d.ChangeOne(t.Context(), id, "2026-12-14T14:00", store.Exception{Start: "x", Duration: time.Second, Title: strings.Repeat("x", 65)})
	if !slices.Equal(fields(err), []string{"start", "duration", "name"}) {
		t.Errorf("mistakes: %v", err)
	}
	after, err := d.ChangeOne(t.Context(), id, "2026-12-07T14:00", store.Exception{Duration: 2 * time.Hour}) // the one that runs
	if err != nil || after.NextEnd.Sub(after.NextStart) != 2*time.Hour {
		t.Errorf("%+v %v", after, err)
	}
}

// TestOneOfOne: the one occurrence of a meeting that does not repeat is the meeting.
func TestOneOfOne(t *testing.T) {
	d := newDesk(t)
	m := d.add(once)
	after, err := d.ChangeOne(t.Context(), m.Room.ID, "2026-11-30T14:00", store.Exception{Start: "2026-12-01T10:00", Title: "Sync", Duration: 2 * time.Hour})
	s := after.Room.Schedule
	if err != nil || s.Start != "2026-12-01T10:00" || s.Duration != 2*time.Hour || len(s.Exceptions) != 0 || after.Room.Name != "Sync" || after.Sequence != 1 {
		t.Fatalf("%+v %v", after, err)
	}
	if _, err := d.CancelOne(t.Context(), m.Room.ID, "2026-11-30T14:00"); !errors.Is(err, ErrNoOccurrence) {
		t.Errorf("the start it had: %v", err)
	}
	after, err = d.CancelOne(t.Context(), m.Room.ID, "2026-12-01T10:00")
	if err != nil || after.Room.Schedule.Cancelled.IsZero() || len(d.ended) != 1 {
		t.Errorf("%+v %v", after, err)
	}
}

func TestCancel(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	id := m.Room.ID
	list := d.invite(id)
	d.sent()
	token, err := d.store.GuestLink(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		after, err := d.Cancel(t.Context(), id)
		if err != nil || !after.Room.Schedule.Cancelled.Equal(d.now) || after.Sequence != 1 || !after.NextStart.IsZero() {
			t.Fatalf("%+v %v", after, err)
		}
		if got := d.jobs(id, 3); got != "Bea cancel mail, Carl cancel sms, Dora cancel mail" {
			t.Error(got)
		}
	}
	if !slices.Equal(d.ended, []string{id}) {
		t.Errorf("ended %q", d.ended)
	}
	if _, _, err := d.store.RoomByLink(t.Context(), token); !errors.Is(err, store.ErrLinkEnded) {
		t.Errorf("its link: %v", err)
	}
	for name, err := range map[string]error{
		"change":     second(d.Change(t.Context(), id, store.MeetingChange{Note: ptr("x")})),
		"change one": second(d.ChangeOne(t.Context(), id, "2026-12-07T14:00", store.Exception{Title: "x"})),
		"cancel one": second(d.CancelOne(t.Context(), id, "2026-12-07T14:00")),
		"complete":   second(d.Complete(t.Context(), id)),
		"new link":   second(d.NewLink(t.Context(), id)),
		"resend":     d.Resend(t.Context(), id, list[0].ID),
		"invite":     func() error { _, _, err := d.Invite(t.Context(), id, nil); return err }(),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Uninvite(t.Context(), id, list[0].ID); err != nil {
		t.Errorf("uninvite: %v", err)
	}
	if got := d.jobs(id, 6); got != "" {
		t.Error(got)
	}
}

func second[T any](_ T, err error) error { return err }

func TestComplete(t *testing.T) {
	long(t)
	d := newDesk(t)
	for name, c := range map[string]struct {
		now  string
		once bool
		told string
	}{
		"before it":        {"2026-11-30T13:00", true, "Bea cancel mail, Carl cancel sms, Dora cancel mail"},
		"while it runs":    {"2026-11-30T14:30", true, ""},
		"after it":         {"2026-11-30T15:10", true, ""},
		"more is to come":  {"2026-11-30T14:30", false, "Bea cancel mail, Carl cancel sms, Dora cancel mail"},
		"while the last":   {"2026-12-28T14:30", false, ""},
		"long after a few": {"2027-12-28T14:30", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d.t, d.now, d.ended = t, today, nil
			m := d.add()
			if c.once {
				m = d.add(once)
			}
			d.invite(m.Room.ID)
			d.sent()
			d.at(c.now)
			for range 2 {
				after, err := d.Complete(t.Context(), m.Room.ID)
				if err != nil || after.Room.Schedule.Completed.IsZero() {
					t.Fatalf("%+v %v", after, err)
				}
				if got := d.jobs(m.Room.ID, 3); got != c.told || (after.Sequence == 1) != (c.told != "") {
					t.Errorf("%d %s", after.Sequence, got)
				}
			}
			if !slices.Equal(d.ended, []string{m.Room.ID}) {
				t.Errorf("ended %q", d.ended)
			}
			if _, err := d.Cancel(t.Context(), m.Room.ID); !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
}

func TestNewLink(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	d.invite(m.Room.ID)
	old, err := d.store.GuestLink(t.Context(), m.Room.ID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.NewLink(t.Context(), m.Room.ID)
	if err != nil || token == old {
		t.Fatal(token == old, err)
	}
	if _, _, err := d.store.RoomByLink(t.Context(), old); !errors.Is(err, store.ErrLinkReplaced) {
		t.Error(err)
	}
	if after, _ := d.store.MeetingByID(t.Context(), m.Room.ID); after.Sequence != 1 || after.NextStart.IsZero() {
		t.Errorf("%+v", after)
	}
	if got := d.jobs(m.Room.ID, 3); got != "" {
		t.Error(got)
	}
}

// TestOverMeetingsAreOnlyMovedOrSet: one that is over may be put on another day;
// its settings interest nobody, and nobody is told.
func TestOverMeetingsAreOnlyMovedOrSet(t *testing.T) {
	d := newDesk(t)
	m := d.add(once)
	d.invite(m.Room.ID)
	d.sent()
	d.at("2026-12-24T00:00")
	if _, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{Note: ptr("It was good.")}); err != nil {
		t.Fatal(err)
	}
	if got := d.jobs(m.Room.ID, 3); got != "" {
		t.Error(got)
	}
	if _, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{Duration: ptr(2 * time.Hour)}); !slices.Equal(fields(err), []string{"start"}) {
		t.Error(err)
	}
	after, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{Start: ptr("2027-01-04T14:00")})
	if err != nil || after.NextStart.IsZero() || d.jobs(m.Room.ID, 3) != allChanged {
		t.Errorf("%+v %v %s", after, err, d.jobs(m.Room.ID, 3))
	}
}

// TestChangesAtOnceAreAllTold: two hosts who change a meeting at the same time
// make two sequence numbers.
func TestChangesAtOnceAreAllTold(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	d.invite(m.Room.ID)
	d.sent()
	done := make(chan error)
	for i := range 6 {
		go func() {
			_, err := d.Change(t.Context(), m.Room.ID, store.MeetingChange{Note: ptr(fmt.Sprint("note ", i))})
			done <- err
		}()
	}
	for range 6 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	jobs, err := d.store.Jobs(t.Context(), m.Room.ID)
	after, _ := d.store.MeetingByID(t.Context(), m.Room.ID)
	if err != nil || len(jobs) != 3+6*3 || after.Sequence != 6 {
		t.Errorf("%d jobs, sequence %d, %v", len(jobs), after.Sequence, err)
	}
}
