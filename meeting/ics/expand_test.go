package ics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	emersion "github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// span is one occurrence in UTC.
type span struct{ start, end time.Time }

func (s span) String() string { return s.start.Format(time.RFC3339) + "/" + s.end.Format(time.RFC3339) }

// expand gives all occurrences of a file that begin before a time, by nothing but
// what is in the file.
func expand(t testing.TB, cal *emersion.Calendar, until time.Time) []span {
	t.Helper()
	zone := onsets(t, cal, until.AddDate(1, 0, 0))
	at := map[time.Time]span{} // by the local start of the rule
	for _, e := range cal.Events() {
		if e.Props.Get("RECURRENCE-ID") != nil {
			continue
		}
		first, long := parse(t, e.Props.Get("DTSTART").Value), length(t, e.Component, zone)
		skip := map[time.Time]bool{}
		for _, x := range e.Props.Values("EXDATE") {
			skip[parse(t, x.Value)] = true
		}
		for _, local := range recur(t, e.Props.Get("RRULE"), first, until, zone) {
			if !skip[local] {
				start := fromWall(local, zone)
				at[local] = span{start, start.Add(long)}
			}
		}
	}
	// Those with a RECURRENCE-ID stand for what the rule has.
	for _, e := range cal.Events() {
		if id := e.Props.Get("RECURRENCE-ID"); id != nil {
			start := moment(t, e.Props.Get("DTSTART"), zone)
			at[parse(t, id.Value)] = span{start, start.Add(length(t, e.Component, zone))}
		}
	}
	var list []span
	for _, s := range at {
		if s.start.Before(until) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b span) int { return a.start.Compare(b.start) })
	return list
}

// recur runs a rule on the wall clock.
func recur(t testing.TB, rule *emersion.Prop, first, until time.Time, zone []onset) []time.Time {
	t.Helper()
	if rule == nil {
		return []time.Time{first}
	}
	option, err := rrule.StrToROption(rule.Value)
	if err != nil {
		t.Fatal(err)
	}
	last := option.Until // in UTC, and not on the wall
	option.Dtstart, option.Until = first, time.Time{}
	if option.Count == 0 {
		option.Until = until.AddDate(0, 0, 3)
	}
	r, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(r.All(), func(local time.Time) bool {
		return !last.IsZero() && fromWall(local, zone).After(last)
	})
}

// length is how long an event takes.
func length(t testing.TB, c *emersion.Component, zone []onset) time.Duration {
	t.Helper()
	if d := c.Props.Get("DURATION"); d != nil {
		long, err := d.Duration()
		if err != nil {
			t.Fatal(err)
		}
		return long
	}
	return moment(t, c.Props.Get("DTEND"), zone).Sub(moment(t, c.Props.Get("DTSTART"), zone))
}

// randomSchedule makes a series of a form's rules with some occurrences changed.
func randomSchedule(r *rand.Rand) *store.Schedule {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	days := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	first := time.Date(2024+r.IntN(6), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 15*r.IntN(4), 0, 0, time.UTC)
	rule := pick("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY")
	if n := 1 + r.IntN(4); n > 1 {
		rule += fmt.Sprint(";INTERVAL=", n)
	}
	switch r.IntN(5) {
	case 0, 1:
		rule += ";BYDAY=" + strings.Join(days[r.IntN(4):5+r.IntN(3)], ",")
	case 2:
		if strings.Contains(rule, "MONTHLY") {
			rule += ";BYDAY=" + pick("1", "2", "3", "-1", "5") + pick(days...)
		}
	case 3:
		if !strings.Contains(rule, "WEEKLY") {
			rule += ";BYMONTHDAY=" + pick("1", "15", "31", "-1")
		}
	}
	switch r.IntN(3) {
	case 0:
		rule += fmt.Sprint(";COUNT=", 1+r.IntN(40))
	case 1:
		rule += ";UNTIL=" + first.AddDate(1, r.IntN(24), 0).Format("20060102")
	}
	option, _ := rrule.StrToROption(rule)
	option.Dtstart, option.Until, option.Count = first, time.Time{}, 0
	if o, err := rrule.NewRRule(*option); err == nil {
		first = o.After(first, true) // where the series truly begins
	}
	s := &store.Schedule{
		Zone: pick(append(zones, "UTC")...), Start: first.Format(store.LocalTime), Repeat: rule,
		Duration: time.Duration(1+r.IntN(96)) * 15 * time.Minute,
	}
	return s
}

// TestExpand compares what a calendar makes of random series with what we make of
// them, in instants, over years and zones.
func TestExpand(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5545))
	checked, met := 0, 0
	for range 200 {
		s := randomSchedule(r)
		if meeting.CheckSchedule(s) != nil {
			continue
		}
		start, _ := time.Parse(store.LocalTime, s.Start)
		until := start.AddDate(4, 0, 0)
		list, err := meeting.Between(s, start.AddDate(0, 0, -2), until, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			switch local, _ := time.Parse(store.LocalTime, o.Original); r.IntN(20) {
			case 0:
				s.Exceptions = append(s.Exceptions, store.Exception{Original: o.Original, Cancelled: true})
			case 1:
				moved := local.Add(time.Duration(r.IntN(48)-24) * 30 * time.Minute)
				s.Exceptions = append(s.Exceptions, store.Exception{Original: o.Original, Start: moved.Format(store.LocalTime), Duration: 45 * time.Minute})
			}
			if len(s.Exceptions) > 5 {
				break
			}
		}
		if list, err = meeting.Between(s, start.AddDate(0, 0, -2), until, 0); err != nil {
			t.Fatal(err)
		}
		if len(list) == 1000 { // cut
			until = list[len(list)-1].Start
		}
		var want []span
		for _, o := range list {
			if !o.Cancelled && o.Start.Before(until) {
				want = append(want, span{o.Start.UTC(), o.End.UTC()})
			}
		}
		e := weekly()
		e.Schedule = s
		file := encode(t, e)
		got := expand(t, decode(t, file), until)
		slices.SortFunc(want, func(a, b span) int { return a.start.Compare(b.start) })
		if !slices.EqualFunc(got, want, func(a, b span) bool { return a.start.Equal(b.start) && a.end.Equal(b.end) }) {
			t.Fatalf("%+v\n%s\ngot  %v\nwant %v", s, file, got, want)
		}
		checked, met = checked+1, met+len(want)
	}
	if checked < 100 || met < 7000 {
		t.Errorf("only %d series with %d occurrences", checked, met)
	}
}
