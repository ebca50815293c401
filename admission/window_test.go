package admission

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// meets gives the world a meeting with a room's id m and extension 4000, one hour
// long, from the next full hour in virtual time: 01:00 UTC.
func (w *world) meets() *store.Schedule {
	s := &store.Schedule{
		Zone: "Europe/London", Start: "2000-01-01T01:00", Duration: time.Hour,
		JoinEarly: 10 * time.Minute, Grace: 15 * time.Minute,
	}
	w.rooms["4000"] = &store.Room{ID: "m", Extension: "4000", HasPIN: true, MaxParticipants: 3, OwnerID: "ada", Lobby: true, Language: "fr", Schedule: s}
	w.pins["m|48219"], w.pins["m|97531"], w.pins["m|60606"] = Guest, Host, Guest
	w.own = map[string]store.Who{"m|60606": {InviteeID: "i1", Name: "Anna"}, "link-anna": {InviteeID: "i1", Name: "Anna"}}
	return s
}

// everyone asks to enter the meeting by every key there is, and checks what guests,
// who follow links, and hosts are told.
func (w *world) everyone(t *testing.T, a *Admission, guests, links, hosts cause.Cause) {
	t.Helper()
	for _, tt := range []struct {
		request Request
		want    cause.Cause
		who     string
	}{
		{Request{Extension: "4000", PIN: "48219"}, guests, ""},
		{Request{RoomID: "m", PIN: "48219"}, guests, ""},
		{Request{Extension: "4000", PIN: "60606"}, guests, "Anna"},
		{Request{Token: "link-m"}, links, ""},
		{Request{Token: "link-m", User: "ben"}, links, ""},
		{Request{Token: "link-anna"}, links, "Anna"},
		{Request{Extension: "4000", PIN: "97531"}, hosts, ""},
		{Request{RoomID: "m", User: "ada"}, hosts, ""},
		{Request{RoomID: "m", Invited: Guest}, hosts, ""},
		{Request{Extension: "4000", PIN: "11111"}, cause.Denied, ""},
		{Request{RoomID: "m", User: "ben"}, cause.Denied, ""},
	} {
		v := a.Admit(t.Context(), tt.request)
		if v.Cause != tt.want {
			t.Errorf("%+v at %s: %v, want %v", tt.request, time.Now().UTC().Format(time.TimeOnly), v.Cause, tt.want)
		}
		if (v.Language == "fr") != (v.Cause != cause.Denied) {
			t.Errorf("%+v: %v in %q", tt.request, v.Cause, v.Language)
		}
		told := v.Cause == cause.None || v.Cause == cause.TooEarly
		switch {
		case !told && (v.Room != nil || v.Who != (store.Who{}) || !v.Opens.IsZero() || !v.Current.Start.IsZero()):
			t.Errorf("%+v: a refusal tells of the meeting: %+v", tt.request, v)
		case told && (v.Room == nil || v.Room.ID != "m" || v.Current.Start.IsZero()):
			t.Errorf("%+v: %+v", tt.request, v)
		case told && v.Who.Name != tt.who:
			t.Errorf("%+v: is %+v, want %q", tt.request, v.Who, tt.who)
		case v.Cause == cause.TooEarly && (v.Role != store.NoRole || !v.Opens.Equal(time.Date(2000, 1, 1, 0, 50, 0, 0, time.UTC))):
			t.Errorf("%+v: %+v", tt.request, v)
		}
	}
	v := a.Link(t.Context(), "link-anna", Source{})
	if links == cause.Full {
		links = cause.None // the page is shown, and asks once more
	}
	if v.Cause != links || (v.Room != nil) != (links == cause.None || links == cause.TooEarly) || v.Role != store.NoRole {
		t.Errorf("the link at %s: %+v", time.Now().UTC().Format(time.TimeOnly), v)
	}
}

// TestWindow: whoever has the right key comes in at the meeting's time, hosts before
// and after it too.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.meets()
		a := w.admission(t)
		at := func(clock string) {
			t.Helper()
			to, err := time.Parse(time.DateTime, "2000-01-01 "+clock)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(to))
		}
		w.everyone(t, a, cause.TooEarly, cause.TooEarly, cause.None)
		at("00:49:59")
		w.everyone(t, a, cause.TooEarly, cause.TooEarly, cause.None)
		at("00:50:00")
		w.everyone(t, a, cause.None, cause.None, cause.None)
		at("02:14:59")
		w.everyone(t, a, cause.None, cause.None, cause.None)
		w.count = 2 // some are in it, and stay
		at("02:15:00")
		w.everyone(t, a, cause.Over, cause.LinkEnded, cause.None)
	})
}

// TestClosed: a meeting that was completed or cancelled is over for hosts too,
// whatever the time.
func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, end := range []func(*store.Schedule){
			func(s *store.Schedule) { s.Completed = time.Now() },
			func(s *store.Schedule) { s.Cancelled = time.Now() },
		} {
			w := newWorld()
			end(w.meets())
			a := w.admission(t)
			for range 3 { // before, in and after it
				w.everyone(t, a, cause.Over, cause.LinkEnded, cause.Over)
				time.Sleep(65 * time.Minute)
			}
		}
	})
}

// TestWindowOfSeries: between two occurrences of a series guests are too early for
// the next.
func TestWindowOfSeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.meets().Repeat = "FREQ=DAILY;COUNT=2"
		a := w.admission(t)
		guest := Request{Extension: "4000", PIN: "48219"}
		time.Sleep(12 * time.Hour)
		v := a.Admit(t.Context(), guest)
		if want := time.Date(2000, 1, 2, 0, 50, 0, 0, time.UTC); v.Cause != cause.TooEarly || !v.Opens.Equal(want) {
			t.Errorf("%v, opens %v", v.Cause, v.Opens)
		}
		time.Sleep(13 * time.Hour)
		expect(t, a, guest, cause.None)
		time.Sleep(24 * time.Hour)
		expect(t, a, guest, cause.Over)
	})
}

// TestEarlyLooksAsUnknown: without the right PIN an early meeting, a meeting that is
// over, and none at all are the same, in verdicts, work and counting.
func TestEarlyLooksAsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := func(extension string, later time.Duration) (verdicts []Verdict, checked int, attempts int) {
			w := newWorld()
			w.meets()
			a := w.admission(t)
			for range PerSource + 1 {
				v := a.Admit(t.Context(), Request{
					Extension: extension, PIN: "11111", Source: Source{"s"}, Time: time.Now().Add(later),
				})
				verdicts = append(verdicts, v)
			}
			// What is right is refused like what is wrong.
			verdicts = append(verdicts, a.Admit(t.Context(), Request{Extension: extension, PIN: "48219", Source: Source{"s"}}))
			return verdicts, w.checked, len(w.attempts)
		}
		unknown, work, counted := told("9999", 0)
		for _, later := range []time.Duration{0, time.Hour, 24 * time.Hour} {
			v, n, c := told("4000", later)
			if n != work || c != counted || len(v) != len(unknown) {
				t.Errorf("%v later: %d PINs checked and %d counted, of an unknown meeting %d and %d", later, n, c, work, counted)
			}
			for i := range v {
				if v[i] != unknown[i] {
					t.Errorf("%v later: %+v, of an unknown meeting %+v", later, v[i], unknown[i])
				}
			}
		}
	})
}

// TestFullForEveryone: the place that is left is the same for every kind of caller.
func TestFullForEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.meets()
		a := w.admission(t)
		time.Sleep(time.Hour)
		w.count = 2
		w.everyone(t, a, cause.None, cause.None, cause.None)
		w.count = 3
		w.everyone(t, a, cause.Full, cause.Full, cause.Full)
	})
}
