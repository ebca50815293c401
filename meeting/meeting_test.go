package meeting

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

// weekly is at 14:00 on Mondays, for an hour, from 30 November 2026.
func weekly(change ...func(*store.Schedule)) *store.Schedule {
	s := &store.Schedule{
		Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
		JoinEarly: 10 * time.Minute, Grace: 30 * time.Minute,
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func times(list []Occurrence) string {
	var all []string
	for _, o := range list {
		text := o.Start.Format("0102T15:04") + o.End.Format("-15:04")
		if o.Title != "" {
			text += " " + o.Title
		}
		if o.Changed {
			text += " changed"
		}
		if o.Cancelled {
			text += " cancelled"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// same compares without regard to where a location was loaded.
func same(a, b Occurrence) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func between(t *testing.T, s *store.Schedule, from, to string, most int) []Occurrence {
	t.Helper()
	loc := zone(t, s.Zone)
	list, err := Between(s, instant(local(t, from), loc), instant(local(t, to), loc), most)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTimeOfDayStaysAcrossDaylightSaving(t *testing.T) {
	for _, name := range zones {
		s := weekly(func(s *store.Schedule) { s.Zone, s.Repeat = name, "FREQ=WEEKLY" })
		list := between(t, s, "2026-11-01T00:00", "2028-12-31T00:00", 0)
		offsets := map[time.Duration]bool{}
		for i, o := range list {
			offsets[offset(o.Start)] = true
			if got := o.Start.Format("15:04 Mon"); got != "14:00 Mon" {
				t.Fatalf("%s: %d is at %s", name, i, o.Start)
			}
			if o.Original != o.Start.Format(store.LocalTime) || o.End.Sub(o.Start) != time.Hour {
				t.Fatalf("%s: %+v", name, o)
			}
		}
		if saves := name != "Asia/Kolkata"; len(list) != 109 || (len(offsets) > 1) != saves {
			t.Errorf("%s: %d occurrences by %d offsets", name, len(list), len(offsets))
		}
	}
}

func TestDaysThatSomeMonthsHaveNot(t *testing.T) {
	for _, c := range []struct{ start, repeat, want string }{
		{"2026-10-31T09:00", "FREQ=MONTHLY;COUNT=4", "2026-10-31 2026-12-31 2027-01-31 2027-03-31"},
		{"2026-10-31T09:00", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5", "2026-10-31 2026-11-30 2026-12-31 2027-01-31 2027-02-28"},
		{"2028-02-29T09:00", "FREQ=YEARLY;COUNT=3", "2028-02-29 2032-02-29 2036-02-29"},
		{"2028-02-29T09:00", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20310101", "2028-02-29"},
		{"2026-11-27T09:00", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270131T090000", "2026-11-27 2026-12-25 2027-01-29"},
		{"2026-11-30T09:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "2026-11-30 2026-12-31 2027-01-29"},
		{"2026-12-01T09:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "2026-12-01 2026-12-06 2026-12-15 2026-12-20"},
		{"2026-12-01T09:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "2026-12-01 2026-12-13 2026-12-15 2026-12-27"},
		{"2026-12-01T09:00", "freq=daily;until=20261203", "2026-12-01 2026-12-02 2026-12-03"},
		{"2026-12-01T09:00", "FREQ=DAILY;UNTIL=20261203T080000Z", "2026-12-01 2026-12-02 2026-12-03"},
		{"2026-12-01T09:00", "FREQ=DAILY;UNTIL=20261203T075959Z", "2026-12-01 2026-12-02"},
	} {
		s := weekly(func(s *store.Schedule) { s.Start, s.Repeat = c.start, c.repeat })
		if err := CheckSchedule(s); err != nil {
			t.Errorf("%s: %v", c.repeat, err)
		}
		list := between(t, s, "2026-01-01T00:00", "2050-01-01T00:00", 0)
		var got []string
		for _, o := range list {
			got = append(got, o.Start.Format(time.DateOnly))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s from %s: %s, want %s", c.repeat, c.start, got, c.want)
		}
		if last, ok := Last(s); !ok || !same(last, list[len(list)-1]) {
			t.Errorf("%s: the last is %+v", c.repeat, last)
		}
	}
	for repeat, want := range map[string]bool{"": true, "FREQ=DAILY": false, "FREQ=DAILY;COUNT=1": true} {
		s := weekly(func(s *store.Schedule) { s.Repeat = repeat })
		if _, ok := Last(s); ok != want {
			t.Errorf("%q: the last is known: %v", repeat, ok)
		}
	}
}

func TestExceptions(t *testing.T) {
	s := weekly(func(s *store.Schedule) {
		s.Exceptions = []store.Exception{
			{Original: "2026-12-07T14:00", Cancelled: true, Start: "2026-12-07T18:00"},
			{Original: "2026-12-14T14:00", Start: "2026-12-22T09:00", Duration: 30 * time.Minute}, // after the one of the 21st
			{Original: "2026-12-21T14:00", Title: "Christmas"},
			{Original: "2026-12-28T14:00", Start: "2026-11-27T10:00"}, // before all
		}
	})
	if err := CheckSchedule(s); err != nil {
		t.Fatal(err)
	}
	all := "1127T10:00-11:00 changed, 1130T14:00-15:00, 1207T14:00-15:00 cancelled, " +
		"1221T14:00-15:00 Christmas changed, 1222T09:00-09:30 changed"
	if got := times(between(t, s, "2026-01-01T00:00", "2028-01-01T00:00", 0)); got != all {
		t.Errorf("got  %s\nwant %s", got, all)
	}
	if got := times(between(t, s, "2026-11-27T10:59", "2026-12-07T14:01", 2)); got != "1127T10:00-11:00 changed, 1130T14:00-15:00" {
		t.Errorf("the first two: %s", got)
	}
	if got := times(between(t, s, "2026-11-27T11:00", "2026-11-30T14:00", 0)); got != "" {
		t.Errorf("between two: %s", got)
	}
	if last, _ := Last(s); last.Original != "2026-12-14T14:00" {
		t.Errorf("the last is %+v", last)
	}
	at := instant(local(t, "2026-11-30T15:00"), zone(t, s.Zone))
	if next, ok := Next(s, at); !ok || next.Title != "Christmas" {
		t.Errorf("next: %+v", next)
	}
}

func TestWindow(t *testing.T) {
	s := weekly(func(s *store.Schedule) {
		s.Repeat = "FREQ=DAILY;COUNT=3"
		s.Exceptions = []store.Exception{
			{Original: "2026-12-01T14:00", Start: "2026-11-30T15:35"}, // opens 5 min before the grace of the first is over
		}
	})
	for _, c := range []struct {
		at      string
		live    bool
		state   State
		open    bool
		opens   string
		current string
	}{
		{"2026-01-01T00:00", false, Scheduled, false, "2026-11-30T13:50", "2026-11-30T14:00"},
		{"2026-11-30T13:49", false, Scheduled, false, "2026-11-30T13:50", "2026-11-30T14:00"},
		{"2026-11-30T13:49", true, Scheduled, false, "2026-11-30T13:50", "2026-11-30T14:00"}, // a host is early
		{"2026-11-30T13:50", false, Open, true, "", "2026-11-30T14:00"},
		{"2026-11-30T14:30", true, Live, true, "", "2026-11-30T14:00"},
		{"2026-11-30T15:00", true, Live, true, "", "2026-11-30T14:00"}, // its grace
		{"2026-11-30T15:24", false, Open, true, "", "2026-11-30T14:00"},
		{"2026-11-30T15:25", false, Open, true, "", "2026-12-01T14:00"}, // early for the next
		{"2026-11-30T16:40", false, Open, true, "", "2026-12-01T14:00"},
		{"2026-11-30T17:04", false, Open, true, "", "2026-12-01T14:00"},
		{"2026-11-30T17:05", false, Scheduled, false, "2026-12-02T13:50", "2026-12-02T14:00"},
		{"2026-12-02T15:29", false, Open, true, "", "2026-12-02T14:00"},
		{"2026-12-02T15:30", false, Ended, false, "", "2026-12-02T14:00"},
		{"2026-12-02T15:30", true, Live, false, "", "2026-12-02T14:00"}, // they talk on
	} {
		loc := zone(t, s.Zone)
		w := WindowAt(s, instant(local(t, c.at), loc), c.live)
		opens := ""
		if !w.Opens.IsZero() && w.State == Scheduled {
			opens = w.Opens.Format(store.LocalTime)
		}
		if w.State != c.state || w.Open != c.open || opens != c.opens || w.Current.Original != c.current {
			t.Errorf("%s: %+v", c.at, w)
		}
	}
}

func TestWindowOfWhatHasNoTime(t *testing.T) {
	now := time.Date(2026, 11, 30, 13, 30, 0, 0, time.UTC)
	if w := WindowAt(nil, now, false); w.State != Open || !w.Open {
		t.Errorf("a permanent room: %+v", w)
	}
	if w := WindowAt(nil, now, true); w.State != Live || !w.Open {
		t.Errorf("a permanent room that meets: %+v", w)
	}
	for state, s := range map[State]*store.Schedule{
		Completed: weekly(func(s *store.Schedule) { s.Completed = now }),
		Cancelled: weekly(func(s *store.Schedule) { s.Cancelled = now }),
		Ended:     weekly(func(s *store.Schedule) { s.Zone = "Europe/Atlantis" }),
	} {
		if w := WindowAt(s, now, true); w.State != state || w.Open {
			t.Errorf("%s: %+v", state, w)
		}
		if o, ok := Next(s, now); ok {
			t.Errorf("%s: next is %+v", state, o)
		}
	}
}

// TestWindowsAreThoseOfOccurrences compares WindowAt and Next at random times with
// what all occurrences of a random schedule say.
func TestWindowsAreThoseOfOccurrences(t *testing.T) {
	long(t)
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := randomSchedule(r)
		if CheckSchedule(s) != nil {
			continue
		}
		start, _ := parseLocal(s.Start)
		all, err := Between(s, start.AddDate(-2, 0, 0), start.AddDate(20, 0, 0), 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			at := start.Add(time.Duration(r.IntN(60*24*60)-24*60) * time.Minute)
			got, want := WindowAt(s, at, false), window(s, all, at)
			if got.State != want.State || !got.Opens.Equal(want.Opens) || got.Open != want.Open {
				t.Fatalf("seed %d: %+v\nat %s: %+v\nwant %+v", seed, s, at, got, want)
			}
			next, ok := Next(s, at)
			if was := running(all, at); !was.Start.IsZero() != ok || !same(was, next) {
				t.Fatalf("seed %d: %+v\nnext at %s: %+v\nwant %+v", seed, s, at, next, was)
			}
		}
	}
}

func randomSchedule(r *rand.Rand) *store.Schedule {
	start := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 30*r.IntN(2), 0, 0, time.UTC)
	s := &store.Schedule{
		Zone: zones[r.IntN(len(zones))], Start: start.Format(store.LocalTime), Duration: time.Duration(1+r.IntN(24)) * time.Hour,
		Repeat:    fmt.Sprintf("FREQ=DAILY;INTERVAL=%d;COUNT=%d", 1+r.IntN(5), 1+r.IntN(30)),
		JoinEarly: time.Duration(r.IntN(300)) * time.Minute, Grace: time.Duration(r.IntN(300)) * time.Minute,
	}
	if r.IntN(2) == 0 {
		s.Repeat, _, _ = strings.Cut(s.Repeat, ";COUNT")
		s.Grace *= 4
	}
	list, _ := Between(s, start.AddDate(0, 0, -2), start.AddDate(0, 3, 0), 0)
	for _, o := range list {
		e := store.Exception{Original: o.Original}
		switch r.IntN(6) {
		case 0:
			e.Cancelled = true
		case 1:
			e.Start = localOf(o.Start).Add(time.Duration(r.IntN(240)-120) * time.Hour).Format(store.LocalTime)
		case 2:
			e.Duration = time.Duration(5+r.IntN(60)) * time.Minute
		default:
			continue
		}
		s.Exceptions = append(s.Exceptions, e)
	}
	return s
}

// window is WindowAt by looking at all occurrences.
func window(s *store.Schedule, all []Occurrence, at time.Time) Window {
	w := Window{State: Ended}
	for _, o := range all {
		if o.Cancelled {
			continue
		}
		opens, closes := o.Start.Add(-s.JoinEarly), o.End.Add(s.Grace)
		if !opens.After(at) && closes.After(at) {
			return Window{State: Open, Open: true}
		}
		if opens.After(at) && (w.Opens.IsZero() || opens.Before(w.Opens)) {
			w = Window{State: Scheduled, Opens: opens}
		}
	}
	return w
}

// running is Next by looking at all occurrences.
func running(all []Occurrence, at time.Time) Occurrence {
	for _, o := range all {
		if !o.Cancelled && o.End.After(at) {
			return o
		}
	}
	return Occurrence{}
}

// long leaves out with -short, as under the race detector, what takes many databases
// or rules and has but one goroutine.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
}
