package ics

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	arran "github.com/arran4/golang-ical"
	emersion "github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// decode reads a file by one parser, and holds the other to the same properties.
func decode(t testing.TB, file []byte) *emersion.Calendar {
	t.Helper()
	cal, err := emersion.NewDecoder(bytes.NewReader(file)).Decode()
	if err != nil {
		t.Fatalf("go-ical: %v in\n%s", err, file)
	}
	other, err := arran.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("golang-ical: %v in\n%s", err, file)
	}
	events, others := cal.Events(), other.Events()
	if len(events) != len(others) {
		t.Fatalf("%d events for one, %d for the other", len(events), len(others))
	}
	for i, e := range events {
		n := 0
		for _, props := range e.Props {
			n += len(props)
		}
		if n != len(others[i].Properties) {
			t.Errorf("event %d: %d properties for one, %d for the other", i, n, len(others[i].Properties))
		}
		for _, p := range others[i].Properties {
			if !slices.ContainsFunc(e.Props.Values(p.IANAToken), func(q emersion.Prop) bool { return same(q, p) }) {
				t.Errorf("event %d: %s is %q for one, %v for the other", i, p.IANAToken, p.Value, e.Props.Values(p.IANAToken))
			}
		}
	}
	return cal
}

// same compares a property as two parsers read it.
func same(a emersion.Prop, b arran.IANAProperty) bool {
	value := a.Value
	if a.ValueType() == emersion.ValueText {
		value, _ = a.Text() // the other has read escapes, but not all of them
	}
	if value != b.Value && value != arran.FromText(b.Value) || len(a.Params) != len(b.ICalParameters) {
		return false
	}
	for name, values := range b.ICalParameters {
		if !slices.Equal(values, a.Params.Values(name)) {
			return false
		}
	}
	return true
}

// onset is when an observance of a VTIMEZONE begins.
type onset struct {
	at         time.Time // UTC
	from, to   int
	name, kind string
}

// onsets are all of a VTIMEZONE's up to a time, in order, as RFC 5545 §3.6.5 has them.
func onsets(t testing.TB, cal *emersion.Calendar, until time.Time) []onset {
	t.Helper()
	var all []onset
	for _, zone := range cal.Children {
		if zone.Name != emersion.CompTimezone {
			continue
		}
		for _, c := range zone.Children {
			from, to := seconds(t, c.Props.Get("TZOFFSETFROM").Value), seconds(t, c.Props.Get("TZOFFSETTO").Value)
			add := func(local time.Time) {
				if at := local.Add(-time.Duration(from) * time.Second); !at.After(until) {
					all = append(all, onset{at, from, to, c.Props.Get("TZNAME").Value, c.Name})
				}
			}
			start := parse(t, c.Props.Get("DTSTART").Value)
			if rule := c.Props.Get("RRULE"); rule != nil {
				option, err := rrule.StrToROption(rule.Value)
				if err != nil {
					t.Fatal(err)
				}
				option.Dtstart = start
				r, err := rrule.NewRRule(*option)
				if err != nil {
					t.Fatal(err)
				}
				for _, local := range r.Between(start, until.AddDate(0, 0, 2), true) {
					add(local)
				}
			} else {
				add(start)
			}
			for _, dates := range c.Props.Values("RDATE") {
				for date := range strings.SplitSeq(dates.Value, ",") {
					add(parse(t, date))
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b onset) int { return a.at.Compare(b.at) })
	return all
}

// offsetAt is the last onset's before a time.
func offsetAt(all []onset, at time.Time) (int, string) {
	i, found := slices.BinarySearchFunc(all, at, func(o onset, at time.Time) int { return o.at.Compare(at) })
	if !found {
		i--
	}
	if i < 0 {
		return 0, ""
	}
	return all[i].to, all[i].name
}

func seconds(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi((s + "00")[1:7])
	if err != nil || len(s) != 5 && len(s) != 7 {
		t.Fatalf("offset %q", s)
	}
	total := n/10000*3600 + n/100%100*60 + n%100
	if s[0] == '-' {
		return -total
	}
	return total
}

func parse(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(localForm, strings.TrimSuffix(s, "Z"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// moment gives the time that a property stands for, by the file's own zone.
func moment(t testing.TB, p *emersion.Prop, all []onset) time.Time {
	t.Helper()
	local := parse(t, p.Value)
	if strings.HasSuffix(p.Value, "Z") {
		return local
	}
	return fromWall(local, all)
}

// fromWall places a local time by the file's zone, as §3.3.5 has it.
func fromWall(local time.Time, all []onset) time.Time {
	for _, day := range []time.Duration{-36 * time.Hour, 36 * time.Hour} {
		o, _ := offsetAt(all, local.Add(day))
		at := local.Add(-time.Duration(o) * time.Second)
		if have, _ := offsetAt(all, at); have == o {
			return at
		}
	}
	o, _ := offsetAt(all, local.Add(-36*time.Hour))
	return local.Add(-time.Duration(o) * time.Second)
}
