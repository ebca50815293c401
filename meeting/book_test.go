package meeting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

// desk is a Book over a store of its own, with a clock that the test sets.
type desk struct {
	*Book
	t     *testing.T
	store *store.Store
	now   time.Time
	ended []string
}

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newDesk(t *testing.T) *desk {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d := &desk{t: t, store: s, now: today}
	d.Book = New(Config{
		Store: s, Now: func() time.Time { return d.now }, End: func(id string) { d.ended = append(d.ended, id) },
		JoinEarly: 10 * time.Minute, Grace: 30 * time.Minute, Reminders: []time.Duration{24 * time.Hour, time.Hour},
	})
	return d
}

// at sets the clock to a local time in Zurich.
func (d *desk) at(s string) { d.now = instant(local(d.t, s), zone(d.t, "Europe/Zurich")) }

func (d *desk) sync() store.NewMeeting {
	return store.NewMeeting{
		NewRoom:  store.NewRoom{Name: "Weekly sync", PIN: "482193", HostPIN: "905172"},
		Schedule: store.Schedule{Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY;COUNT=5"},
	}
}

func (d *desk) add(change ...func(*store.NewMeeting)) store.Meeting {
	d.t.Helper()
	n := d.sync()
	for _, c := range change {
		c(&n)
	}
	m, made, err := d.Add(d.t.Context(), n)
	if err != nil || !made {
		d.t.Fatal(made, err)
	}
	return m
}

func once(n *store.NewMeeting) { n.Repeat = "" }

// invite invites one by mail, one by telephone and one with both.
func (d *desk) invite(id string) []store.Invitee {
	d.t.Helper()
	added, _, err := d.Invite(d.t.Context(), id, []store.NewInvitee{
		{Name: "Bea", Email: "bea@example.org"},
		{Name: "Carl", Phone: "+41791234567"},
		{Name: "Dora", Email: "dora@example.org", Phone: "+41797654321"},
	})
	if err != nil || len(added) != 3 {
		d.t.Fatal(added, err)
	}
	return added
}

// jobs says what was queued since the first n, by name, kind and channel.
func (d *desk) jobs(id string, from int) string {
	d.t.Helper()
	list, err := d.store.Jobs(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	var all []string
	for _, j := range list[min(from, len(list)):] {
		text := j.Name + " " + j.Kind + " " + j.Channel
		if j.Occurrence != "" {
			text += " " + j.Occurrence
		}
		if j.State == store.JobDropped {
			text += " dropped"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// sent marks all that is queued as sent.
func (d *desk) sent() {
	d.t.Helper()
	for _, channel := range []string{store.ChannelMail, store.ChannelSMS} {
		for {
			now := time.Now()
			jobs, err := d.store.ClaimJobs(d.t.Context(), channel, now, time.Minute, 100)
			if err != nil {
				d.t.Fatal(err)
			}
			if len(jobs) == 0 {
				break
			}
			for _, j := range jobs {
				if err := d.store.FinishJob(d.t.Context(), j, store.JobResult{State: store.JobSent, At: now}); err != nil {
					d.t.Fatal(err)
				}
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestAddFillsIn(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	s := m.Room.Schedule
	if len(m.Room.Extension) != 9 || s.JoinEarly != 10*time.Minute || s.Grace != 30*time.Minute || len(m.Reminders) != 2 || m.Sequence != 0 {
		t.Errorf("%+v %+v", m, s)
	}
	if want := time.Date(2026, 11, 30, 13, 0, 0, 0, time.UTC); !m.NextStart.Equal(want) || !m.NextEnd.Equal(want.Add(time.Hour)) {
		t.Errorf("next is %s to %s", m.NextStart, m.NextEnd)
	}
	m = d.add(func(n *store.NewMeeting) { n.JoinEarly, n.Grace, n.Reminders = None, None, []time.Duration{} })
	if s := m.Room.Schedule; s.JoinEarly != 0 || s.Grace != 0 || len(m.Reminders) != 0 {
		t.Errorf("what was said to be none: %+v", m)
	}
}

func TestAddNamesEveryMistake(t *testing.T) {
	d := newDesk(t)
	n := d.sync()
	n.Name, n.Zone, n.Duration, n.PIN, n.Note = "  ", "Mars", 0, "1234", strings.Repeat("n", 2001)
	_, _, err := d.Add(t.Context(), n)
	if got := fields(err); !slices.Equal(got, []string{"duration", "zone", "name", "pin", "note"}) {
		t.Errorf("%q: %v", got, err)
	}
	if strings.Contains(err.Error(), "1234") {
		t.Errorf("the PIN is told: %v", err)
	}
	for _, list := range [][]time.Duration{{time.Minute}, {15 * 24 * time.Hour}, {90 * time.Second}, {900 * time.Hour}, make([]time.Duration, 20)} {
		n := d.sync()
		n.Reminders = list
		if _, _, err := d.Add(t.Context(), n); !slices.Equal(fields(err), []string{"reminders"}) {
			t.Errorf("reminders %v: %v", list, err)
		}
	}
	for start, repeat := range map[string]string{"2026-11-22T11:59": "", "2026-11-02T11:00": "FREQ=DAILY;COUNT=20"} {
		n := d.sync()
		n.Start, n.Repeat = start, repeat
		if _, _, err := d.Add(t.Context(), n); !slices.Equal(fields(err), []string{"start"}) {
			t.Errorf("%s, over: %v", start, err)
		}
	}
	n = d.sync()
	n.Start, n.Repeat = "2026-11-22T12:30", "" // it runs
	if _, _, err := d.Add(t.Context(), n); err != nil {
		t.Errorf("a meeting that runs: %v", err)
	}
}

func TestAFormSubmittedTwiceMakesOneMeeting(t *testing.T) {
	d := newDesk(t)
	n := d.sync()
	n.RequestID = "form-1"
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			m, _, err := d.Add(context.Background(), n)
			if err != nil {
				t.Error(err)
			}
			ids[i] = m.Room.ID
		})
	}
	wg.Wait()
	if slices.Sort(ids); ids[0] != ids[len(ids)-1] {
		t.Errorf("made %q", ids)
	}
}

func TestInvite(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	d.invite(m.Room.ID)
	if got := d.jobs(m.Room.ID, 0); got != "Bea invite mail, Carl invite sms, Dora invite mail" {
		t.Error(got)
	}
	added, known, err := d.InviteBy(t.Context(), m.Room.ID, []store.NewInvitee{
		{Name: "Bea again", Email: "BEA@example.org"},
		{Name: "Emil", Email: "emil@example.org", Phone: "+41790000001"},
	}, Both)
	if err != nil || len(added) != 1 || len(known) != 1 {
		t.Fatal(added, known, err)
	}
	if got := d.jobs(m.Room.ID, 3); got != "Emil invite mail, Emil invite sms" {
		t.Error(got)
	}
	for by, want := range map[Channels]string{ByMail: "x invite mail", BySMS: "x invite sms", Nothing: ""} {
		from, _ := d.store.Jobs(t.Context(), m.Room.ID)
		n := store.NewInvitee{Name: "x", Email: fmt.Sprintf("%d@example.org", by), Phone: fmt.Sprintf("+4179000001%d", by)}
		if _, _, err := d.InviteBy(t.Context(), m.Room.ID, []store.NewInvitee{n}, by); err != nil {
			t.Fatal(err)
		}
		if got := d.jobs(m.Room.ID, len(from)); got != want {
			t.Errorf("%d: %s", by, got)
		}
	}
	m = d.add(func(n *store.NewMeeting) { n.PersonalPINs = true })
	for _, i := range d.invite(m.Room.ID) {
		if !i.HasPIN {
			t.Errorf("%s has no PIN", i.Name)
		}
	}
}

func TestInviteIntoAPermanentRoom(t *testing.T) {
	d := newDesk(t)
	r, err := d.store.AddRoom(t.Context(), store.NewRoom{Extension: "4242", Name: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	list := d.invite(r.ID)
	d.sent()
	if err := d.Resend(t.Context(), r.ID, list[0].ID); err != nil {
		t.Error(err)
	}
	if err := d.Uninvite(t.Context(), r.ID, list[1].ID); err != nil {
		t.Error(err)
	}
	if got := d.jobs(r.ID, 3); got != "Bea invite mail" {
		t.Error(got)
	}
	if _, err := d.NewLink(t.Context(), r.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := d.Invite(t.Context(), "nowhere", nil); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestResendWaitsForTheFirst(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	list := d.invite(m.Room.ID)
	again := func() {
		t.Helper()
		if err := d.Resend(t.Context(), m.Room.ID, list[2].ID); err != nil {
			t.Error(err)
		}
	}
	again()
	if got := d.jobs(m.Room.ID, 3); got != "" {
		t.Errorf("while one is on its way: %s", got)
	}
	for range 2 {
		d.sent()
		again()
		again()
	}
	if got := d.jobs(m.Room.ID, 3); got != "Dora invite mail, Dora invite mail" {
		t.Error(got)
	}
	added, _, err := d.InviteBy(t.Context(), m.Room.ID, []store.NewInvitee{{Name: "Emil", Email: "emil@example.org"}}, Nothing)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Resend(t.Context(), m.Room.ID, added[0].ID); err != nil {
		t.Error(err)
	}
	if got := d.jobs(m.Room.ID, 5); got != "Emil invite mail" {
		t.Error(got)
	}
	if err := d.Resend(t.Context(), m.Room.ID, "nobody"); !errors.Is(err, store.ErrNoInvitee) {
		t.Error(err)
	}
}

func TestUninvite(t *testing.T) {
	d := newDesk(t)
	m := d.add()
	list := d.invite(m.Room.ID)
	d.sent()
	if _, err := d.CancelOne(t.Context(), m.Room.ID, "2026-12-07T14:00"); err != nil {
		t.Fatal(err)
	}
	d.sent()
	if err := d.Uninvite(t.Context(), m.Room.ID, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := d.jobs(m.Room.ID, 6); got != "Bea cancel mail" {
		t.Error(got)
	}
	d.at("2027-06-01T00:00") // nobody needs to be told of what is over
	if err := d.Uninvite(t.Context(), m.Room.ID, list[1].ID); err != nil {
		t.Fatal(err)
	}
	if got := d.jobs(m.Room.ID, 7); got != "" {
		t.Error(got)
	}
	if _, _, err := d.Invite(t.Context(), m.Room.ID, nil); !errors.Is(err, ErrOver) {
		t.Errorf("to invite to what is over: %v", err)
	}
}
