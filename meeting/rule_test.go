package meeting

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/partyline/partyline/store"
)

// randomRule makes a rule of RFC 5545 §3.3.10 of what is understood, by parts, and
// with an end or without.
func randomRule(r *rand.Rand, start time.Time) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	some := func(most int, one func() string) string {
		list := make([]string, 1+r.IntN(most))
		for i := range list {
			list[i] = one()
		}
		return strings.Join(list, ",")
	}
	day := func() string { return pick("MO", "TU", "WE", "TH", "FR", "SA", "SU") }
	number := func(most int) func() string {
		return func() string { return fmt.Sprint((1 + r.IntN(most)) * (1 - 2*r.IntN(2))) }
	}
	freq := pick("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
	parts := []string{"FREQ=" + freq}
	add := func(chance float64, part string) bool {
		if r.Float64() < chance {
			parts = append(parts, part)
			return true
		}
		return false
	}
	add(0.5, fmt.Sprint("INTERVAL=", 1+r.IntN(6)))
	add(0.3, "WKST="+day())
	within := add(0.25, "BYMONTH="+some(6, func() string { return fmt.Sprint(1 + r.IntN(12)) }))
	if freq != "WEEKLY" {
		within = add(0.3, "BYMONTHDAY="+some(4, number(31))) || within
	}
	switch {
	case r.IntN(2) == 0:
	case (freq == "MONTHLY" || freq == "YEARLY") && r.IntN(2) == 0:
		within = add(1, "BYDAY="+some(3, func() string { return number(5)() + day() }))
	default:
		within = add(1, "BYDAY="+some(5, day))
	}
	if within && freq != "DAILY" {
		add(0.3, "BYSETPOS="+some(3, number(4)))
	}
	switch r.IntN(3) {
	case 0:
		parts = append(parts, fmt.Sprint("COUNT=", 1+r.IntN(60)))
	case 1:
		parts = append(parts, "UNTIL="+start.AddDate(0, r.IntN(60), r.IntN(30)).Format(rrule.LocalDateTimeFormat))
	}
	return strings.Join(parts, ";")
}

// seen is how many years of a rule are compared.
const seen = 40

// direct is what rrule-go makes of a rule that begins at a local time, up to 100.
// A weekly rule that chooses by BYSETPOS is put on the first day of its week, as
// rrule-go takes the week of the start to begin with it.
//
// Where a rule has no next day rrule-go looks for one up to the year 9999: later is
// a multiple of 400 by which it is run later, so as to end sooner.
func direct(t *testing.T, text string, start time.Time, later int) (list []time.Time) {
	o, err := rrule.StrToROption(text)
	if err != nil {
		t.Fatal(text, err)
	}
	o.Dtstart = start.AddDate(later, 0, 0)
	if !o.Until.IsZero() {
		o.Until = o.Until.AddDate(later, 0, 0)
	}
	count := o.Count
	if o.Freq == rrule.WEEKLY && o.Bysetpos != nil {
		o.Count = 0
		if o.Byweekday == nil {
			o.Byweekday = []rrule.Weekday{[]rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}[start.Weekday()]}
		}
		for o.Dtstart.Weekday() != time.Weekday((o.Wkst.Day()+1)%7) {
			o.Dtstart = o.Dtstart.AddDate(0, 0, -1)
		}
	}
	r, err := rrule.NewRRule(*o)
	if err != nil {
		t.Fatal(text, err)
	}
	for next := r.Iterator(); len(list) < 100 && (count == 0 || len(list) < count); {
		at, ok := next()
		if at = at.AddDate(-later, 0, 0); !ok || at.Year() > start.Year()+seen {
			break
		}
		if !at.Before(start) {
			list = append(list, at)
		}
	}
	return list
}

func take(r *rule, local time.Time, most int) (list []time.Time) {
	for t := range r.from(local) {
		if len(list) == most || t.Year() > r.start.Year()+seen {
			break
		}
		if !t.Before(local) {
			list = append(list, t)
		}
	}
	return list
}

// TestRulesAreThoseOfRRule runs random rules beside rrule-go itself: from their
// start, and from the middle, where ours does not begin at the start.
func TestRulesAreThoseOfRRule(t *testing.T) {
	long(t)
	empty := 0
	const rounds = 600
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 6))
		loc := zone(t, zones[r.IntN(len(zones))])
		start := time.Date(2024+r.IntN(3), time.Month(1+r.IntN(12)), 1+r.IntN(31), r.IntN(24), 5*r.IntN(12), 0, 0, time.UTC)
		text := randomRule(r, start)
		ours, err := parseRule(text, start, loc)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		later := 7600
		if seed%300 == 0 {
			later = 0
		}
		want := direct(t, text, start, later)
		if len(want) == 0 {
			empty++
		}
		if got := take(&ours, start, 100); !equal(got, want) {
			t.Fatalf("seed %d: %s from %s:\n got %d %.400s\nwant %d %.400s", seed, text, start, len(got), fmt.Sprint(got), len(want), fmt.Sprint(want))
		}
		if len(want) < 3 {
			continue
		}
		i := 1 + r.IntN(len(want)-1)
		if got := take(&ours, want[i].Add(-time.Hour), 1); !equal(got, want[i:i+1]) {
			t.Fatalf("seed %d: %s from %s, next at %s: %v", seed, text, start, want[i], got)
		}
	}
	if empty > rounds/2 {
		t.Errorf("%d of %d rules have no occurrence: the test shows little", empty, rounds)
	}
}

func equal(a, b []time.Time) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

var hostile = []string{
	"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
	"FREQ=DAILY;INTERVAL=7;BYDAY=TU;BYMONTH=2;BYMONTHDAY=29,30,31,-29,-30,-31",
	"FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
	"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366",
	"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31",
	"FREQ=YEARLY;BYDAY=53MO,53TU,53WE;BYMONTHDAY=1",
	"FREQ=WEEKLY;INTERVAL=1;BYMONTH=1;BYDAY=MO;BYSETPOS=2",
	"FREQ=DAILY;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO;COUNT=1000",
	"FREQ=DAILY;COUNT=1000", "FREQ=DAILY", "FREQ=DAILY;UNTIL=20761231",
	"FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
}

func BenchmarkHostile(b *testing.B) {
	for _, text := range hostile {
		s := &store.Schedule{Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Duration: time.Hour, Repeat: text}
		at := time.Date(2056, 11, 30, 14, 30, 0, 0, time.UTC)
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				WindowAt(s, at, false)
			}
		})
	}
}
