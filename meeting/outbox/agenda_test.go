package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// hours is a test's world of meetings in virtual time, which begins at midnight UTC
// of Saturday, the 1st of January 2000. Its clock is set forward and back.
type hours struct {
	t      *testing.T
	s      *store.Store
	agenda *Agenda
	offset atomic.Int64 // ns
	room   string

	mu      sync.Mutex
	expired []string
	forgot  [][2]time.Time
}

func (h *hours) now() time.Time { return time.Now().Add(time.Duration(h.offset.Load())) }

// Forget notes what was asked for.
type notingForget struct {
	*store.Store
	h *hours
}

func (n notingForget) Forget(_ context.Context, calls, names time.Time) (int64, int64, error) {
	n.h.mu.Lock()
	defer n.h.mu.Unlock()
	n.h.forgot = append(n.h.forgot, [2]time.Time{calls, names})
	return 0, 0, nil
}

// inHours runs a test with a meeting of ada, who is invited by mail, and bob, who
// is by SMS.
func inHours(t *testing.T, start, repeat string, test func(t *testing.T, h *hours), change ...func(*store.NewMeeting)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h := &hours{t: t, s: s}
		h.room = h.meet(start, repeat, change...)
		h.invite("ada", "bob")
		h.up()
		test(t, h)
		h.down()
	})
}

func (h *hours) meet(start, repeat string, change ...func(*store.NewMeeting)) string {
	h.t.Helper()
	n := store.NewMeeting{
		NewRoom: store.NewRoom{Extension: "112752642", Name: "Weekly", Language: "en"},
		Schedule: store.Schedule{
			Zone: "Europe/Zurich", Start: start, Duration: time.Hour, Repeat: repeat,
			JoinEarly: 10 * time.Minute, Grace: 15 * time.Minute,
		},
		Reminders: []time.Duration{24 * time.Hour, time.Hour},
	}
	for _, c := range change {
		c(&n)
	}
	if o, ok := meeting.Next(&n.Schedule, h.now()); ok {
		n.NextStart, n.NextEnd = o.Start.UTC(), o.End.UTC()
	}
	m, _, err := h.s.AddMeeting(h.t.Context(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return m.Room.ID
}

func (h *hours) invite(names ...string) {
	h.t.Helper()
	var list []store.NewInvitee
	for _, name := range names {
		n := store.NewInvitee{Name: name, Email: name + "@example.org"}
		if name == "bob" {
			n.Email, n.Phone = "", "+41791234567"
		}
		list = append(list, n)
	}
	_, _, err := h.s.AddInvitees(h.t.Context(), h.room, list, func(i store.Invitee) []store.NewJob {
		channel := store.ChannelMail
		if i.Email == "" {
			channel = store.ChannelSMS
		}
		return []store.NewJob{{RoomID: h.room, InviteeID: i.ID, Channel: channel, Kind: store.JobInvite, Key: "invite/" + i.ID}}
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hours) up() {
	h.agenda = NewAgenda(AgendaConfig{
		Store: notingForget{h.s, h}, Now: h.now, Log: slog.New(slog.DiscardHandler), CallRecords: 180 * 24 * time.Hour, Every: time.Hour,
		Expired: func(room string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.expired = append(h.expired, room)
		},
	})
	h.agenda.Start()
	synctest.Wait()
}

func (h *hours) down() { h.agenda.Close() }

// over gives the rooms whose meetings were said to have expired.
func (h *hours) over() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.expired)
}

// until sleeps until it is a time by the test's clock, in Zurich.
func (h *hours) until(local string) {
	h.t.Helper()
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		h.t.Fatal(err)
	}
	at, err := time.ParseInLocation(store.LocalTime, local, zone)
	if err != nil {
		h.t.Fatal(err)
	}
	time.Sleep(at.Sub(h.now()))
	synctest.Wait()
}

// reminded gives the reminders of somebody that were queued: the start in UTC, and
// how long before it that was.
func (h *hours) reminded(name string) []string {
	h.t.Helper()
	jobs, err := h.s.Jobs(h.t.Context(), h.room)
	if err != nil {
		h.t.Fatal(err)
	}
	var list []string
	for _, j := range jobs {
		if j.Kind == store.JobReminder && j.Name == name {
			list = append(list, j.Start.Format("01-02 15:04 ")+strings.TrimSuffix(j.Start.Sub(j.Created).Round(time.Second).String(), "0s"))
		}
	}
	return list
}

func (h *hours) want(name string, want ...string) {
	h.t.Helper()
	if have := h.reminded(name); !slices.Equal(have, want) {
		h.t.Errorf("%s was reminded of %q, want %q", name, have, want)
	}
}

func (h *hours) meetingNow() store.Meeting {
	h.t.Helper()
	m, err := h.s.MeetingByID(h.t.Context(), h.room)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func TestRemindersOfASeries(t *testing.T) {
	long(t)
	inHours(t, "2000-01-10T14:00", "FREQ=WEEKLY;COUNT=3", func(t *testing.T, h *hours) {
		h.until("2000-01-10T15:10")
		if m := h.meetingNow(); m.NextStart.Format(time.RFC3339) != "2000-01-17T13:00:00Z" || m.NextEnd.Sub(m.NextStart) != time.Hour {
			t.Errorf("next is %v to %v", m.NextStart, m.NextEnd)
		}
		h.until("2000-01-24T15:14")
		if len(h.over()) != 0 {
			t.Error("expired while its grace runs")
		}
		h.until("2000-01-30T14:00")
		for _, name := range []string{"ada", "bob"} {
			h.want(name, "01-10 13:00 24h0m", "01-10 13:00 1h0m", "01-17 13:00 24h0m", "01-17 13:00 1h0m", "01-24 13:00 24h0m", "01-24 13:00 1h0m")
		}
		if m := h.meetingNow(); !m.NextStart.IsZero() || !slices.Equal(h.over(), []string{h.room}) {
			t.Errorf("next is %v, expired %v", m.NextStart, h.over())
		}
	})
}

// A restart at any moment changes nothing.
func TestRemindersAcrossRestarts(t *testing.T) {
	inHours(t, "2000-01-03T14:00", "", func(t *testing.T, h *hours) {
		h.until("2000-01-02T13:50")
		for range 40 {
			h.down()
			time.Sleep(27 * time.Second)
			h.up()
			time.Sleep(13 * time.Second)
		}
		h.until("2000-01-03T12:55")
		for range 40 {
			h.down()
			h.up()
			time.Sleep(11 * time.Second)
		}
		h.until("2000-01-04T14:00")
		list := h.reminded("ada")
		if len(list) != 2 || !strings.HasPrefix(list[0], "01-03 13:00 2") || !strings.HasPrefix(list[1], "01-03 13:00 ") || len(h.reminded("bob")) != 2 {
			t.Errorf("ada was reminded of %q", list)
		}
	})
}

// What was due while the gateway was down is sent if it still makes sense.
func TestDownOverAReminder(t *testing.T) {
	long(t)
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"2000-01-04T13:00", "2000-01-04T14:01", []string{"01-05 13:00 23h59m", "01-05 13:00 1h0m"}},
		{"2000-01-04T13:00", "2000-01-05T01:00", []string{"01-05 13:00 13h0m", "01-05 13:00 1h0m"}},
		{"2000-01-04T13:00", "2000-01-05T03:00", []string{"01-05 13:00 1h0m"}},
		{"2000-01-04T13:00", "2000-01-05T13:20", []string{"01-05 13:00 40m"}}, // not both
		{"2000-01-04T15:00", "2000-01-05T13:31", []string{"01-05 13:00 24h0m"}},
		{"2000-01-04T13:00", "2000-01-05T14:01", nil},
		{"2000-01-04T13:00", "2000-01-06T14:01", nil},
	} {
		inHours(t, "2000-01-05T14:00", "", func(t *testing.T, h *hours) {
			h.until(c.from)
			before := len(h.reminded("ada"))
			h.down()
			h.until(c.to)
			h.up()
			h.until("2000-01-07T14:00")
			if have := h.reminded("ada"); !slices.Equal(have, c.want) {
				t.Errorf("down from %s to %s: %q (%d before), want %q", c.from, c.to, have, before, c.want)
			}
		})
	}
}

func TestClockSetBackAndForth(t *testing.T) {
	inHours(t, "2000-01-05T14:00", "", func(t *testing.T, h *hours) {
		h.until("2000-01-04T14:05")
		h.want("ada", "01-05 13:00 24h0m")
		h.offset.Add(-int64(time.Hour))
		h.until("2000-01-04T15:00")
		h.offset.Add(int64(time.Hour))
		h.until("2000-01-05T13:05")
		h.offset.Add(-int64(time.Hour))
		h.until("2000-01-05T15:40") // over
		if len(h.over()) != 1 || !h.meetingNow().NextStart.IsZero() {
			t.Errorf("expired %v", h.over())
		}
		h.offset.Add(-int64(2 * time.Hour)) // and yet to come
		time.Sleep(time.Hour)
		synctest.Wait()
		if m := h.meetingNow(); m.NextStart.Format("15:04") != "13:00" {
			t.Errorf("next is %v", m.NextStart)
		}
		h.until("2000-01-07T14:00")
		if n := len(h.reminded("ada")); n != 2 {
			t.Errorf("reminded of %q", h.reminded("ada"))
		}
	})
}

// Over a clock change a day before is 24 hours before.
func TestRemindersOverDaylightSaving(t *testing.T) {
	long(t)
	inHours(t, "2000-03-19T14:00", "FREQ=WEEKLY;COUNT=2", func(t *testing.T, h *hours) {
		h.until("2000-03-27T14:00") // CEST began at 02:00 on the 26th
		h.want("ada", "03-19 13:00 24h0m", "03-19 13:00 1h0m", "03-26 12:00 24h0m", "03-26 12:00 1h0m")
	})
}

func TestMovedAndCancelledOccurrences(t *testing.T) {
	inHours(t, "2000-01-10T14:00", "FREQ=WEEKLY;COUNT=3", func(t *testing.T, h *hours) {
		h.until("2000-01-10T13:10")
		next := [2]time.Time{time.Date(2000, 1, 10, 13, 0, 0, 0, time.UTC), time.Date(2000, 1, 10, 14, 0, 0, 0, time.UTC)}
		exceptions := []store.Exception{
			{Original: "2000-01-17T14:00", Cancelled: true},
			{Original: "2000-01-24T14:00", Start: "2000-01-20T09:30"},
		}
		if _, err := h.s.UpdateMeeting(h.t.Context(), h.room, store.MeetingChange{Exceptions: &exceptions, Next: &next}); err != nil {
			t.Fatal(err)
		}
		h.until("2000-01-19T12:00")
		if m := h.meetingNow(); m.NextStart.Format(time.RFC3339) != "2000-01-20T08:30:00Z" {
			t.Errorf("next is %v", m.NextStart)
		}
		h.until("2000-01-30T14:00")
		h.want("ada", "01-10 13:00 24h0m", "01-10 13:00 1h0m", "01-20 08:30 24h0m", "01-20 08:30 1h0m")
	})
}

// One that is moved to soon gives no reminder of a day that it never had.
func TestMovedToSoon(t *testing.T) {
	inHours(t, "2000-01-10T14:00", "", func(t *testing.T, h *hours) {
		h.until("2000-01-05T09:00")
		start := "2000-01-06T08:00"
		next := [2]time.Time{time.Date(2000, 1, 6, 7, 0, 0, 0, time.UTC), time.Date(2000, 1, 6, 8, 0, 0, 0, time.UTC)}
		if _, err := h.s.UpdateMeeting(h.t.Context(), h.room, store.MeetingChange{Start: &start, Next: &next}); err != nil {
			t.Fatal(err)
		}
		h.until("2000-01-12T14:00")
		h.want("ada", "01-06 07:00 1h0m")
	})
}

func TestNoReminders(t *testing.T) {
	long(t)
	for name, end := range map[string]func(*store.MeetingChange, *time.Time){
		"cancelled": func(c *store.MeetingChange, at *time.Time) { c.Cancelled = at },
		"completed": func(c *store.MeetingChange, at *time.Time) { c.Completed = at },
	} {
		inHours(t, "2000-01-10T14:00", "FREQ=DAILY", func(t *testing.T, h *hours) {
			h.until("2000-01-09T10:00")
			at := h.now()
			var c store.MeetingChange
			end(&c, &at)
			if _, err := h.s.UpdateMeeting(h.t.Context(), h.room, c); err != nil {
				t.Fatal(name, err)
			}
			h.until("2000-01-12T14:00")
			h.want("ada")
		})
	}
	inHours(t, "2000-01-10T14:00", "", func(t *testing.T, h *hours) {
		h.until("2000-01-12T14:00")
		h.want("ada")
	}, func(n *store.NewMeeting) { n.Reminders = nil })
}

// Who is invited later is not reminded of what was due before.
func TestInvitedLater(t *testing.T) {
	inHours(t, "2000-01-05T14:00", "", func(t *testing.T, h *hours) {
		h.until("2000-01-04T20:00")
		h.invite("cyd")
		h.down() // what is known by now is looked at anew
		h.up()
		h.until("2000-01-05T13:30")
		h.invite("dan")
		h.until("2000-01-06T14:00")
		h.want("ada", "01-05 13:00 24h0m", "01-05 13:00 1h0m")
		h.want("cyd", "01-05 13:00 1h0m")
		h.want("dan")
	})
}

// Who was not sent an invitation is not sent a reminder.
func TestRemindersGoWhereInvitationsWent(t *testing.T) {
	inHours(t, "2000-01-05T14:00", "", func(t *testing.T, h *hours) {
		jobs, err := h.s.ClaimJobs(h.t.Context(), store.ChannelMail, h.now(), lease, 10)
		if err != nil || len(jobs) != 1 {
			t.Fatal(jobs, err)
		}
		if err := h.s.FinishJob(h.t.Context(), jobs[0], store.JobResult{State: store.JobFailed, At: h.now()}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.s.AddInvitees(h.t.Context(), h.room, []store.NewInvitee{{Name: "eve", Email: "eve@example.org"}}, nil); err != nil {
			t.Fatal(err)
		}
		h.until("2000-01-06T14:00")
		h.want("ada")
		h.want("eve")
		h.want("bob", "01-05 13:00 24h0m", "01-05 13:00 1h0m")
	})
}

func TestRetentionOnceADay(t *testing.T) {
	inHours(t, "2000-01-05T14:00", "", func(t *testing.T, h *hours) {
		time.Sleep(50 * time.Hour)
		h.mu.Lock()
		forgot := slices.Clone(h.forgot)
		h.mu.Unlock()
		if len(forgot) != 3 {
			t.Fatalf("forgot %v", forgot)
		}
		for i, f := range forgot {
			want := time.Date(2000, 1, 1+i, 0, 1, 0, 0, time.UTC).Add(-180 * 24 * time.Hour)
			if !f[0].Equal(want) || !f[1].IsZero() {
				t.Errorf("forgot %v, want %v", f, want)
			}
		}
	})
}

// TestManyMeetings: each meeting is looked at when something is due, and only then.
func TestManyMeetings(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h := &hours{t: t, s: s}
		for i := range 50 {
			h.meet("2000-01-10T14:00", "FREQ=WEEKLY", func(n *store.NewMeeting) { n.Extension = fmt.Sprint(100000000 + i) })
		}
		a := NewAgenda(AgendaConfig{Store: s, Now: h.now, Log: slog.New(slog.DiscardHandler)})
		next := a.look(t.Context(), h.now())
		if len(a.known) != 50 || next.Sub(h.now()) != lookEvery {
			t.Errorf("%d known, next in %v", len(a.known), next.Sub(h.now()))
		}
		for _, e := range a.known {
			if want := "2000-01-09T13:00:00Z"; e.wake.UTC().Format(time.RFC3339) != want {
				t.Fatalf("wakes at %v, want %s", e.wake, want)
			}
		}
	})
}
