package ics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// ahead is how far a zone's changes are looked at to see their rule. After 28
	// years the days of the week have met all days of the year.
	ahead = 40
	// listed is for how many years of an endless series the changes of a zone
	// without a rule are listed.
	listed = 20
	// before is how many years of changes stand before the first occurrence:
	// calendars that look for a change before it find one.
	before = 1
)

// observance is a change of a zone's clocks and what holds from then on.
type observance struct {
	local    time.Time // what the clocks showed when they were changed, in UTC's form
	from, to int       // seconds east of UTC
	name     string
	daylight bool
	rule     string   // that it comes again by, each year
	dates    []string // that it comes again at
}

// zone writes the VTIMEZONE of a location (RFC 5545 §3.6.5), right from one time to
// another; endless: for good.
func (l *lines) zone(name string, loc *time.Location, from, to time.Time, endless bool) {
	l.put("BEGIN", "VTIMEZONE")
	l.put("TZID", name)
	for _, o := range observances(loc, from, to, endless) {
		kind := "STANDARD"
		if o.daylight {
			kind = "DAYLIGHT"
		}
		l.put("BEGIN", kind)
		l.put("DTSTART", o.local.Format(localForm))
		l.put("TZOFFSETFROM", offset(o.from))
		l.put("TZOFFSETTO", offset(o.to))
		l.text("TZNAME", o.name)
		if o.rule != "" {
			l.put("RRULE", o.rule)
		}
		if o.dates != nil {
			l.put("RDATE", strings.Join(o.dates, ","))
		}
		l.put("END", kind)
	}
	l.put("END", "VTIMEZONE")
}

// offset writes a UTC-OFFSET (§3.3.14).
func offset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf("%02d", seconds%60)
	}
	return s
}

// observances are what a VTIMEZONE needs: the changes until they follow a rule, one
// by one, and then the rule.
func observances(loc *time.Location, from, to time.Time, endless bool) []observance {
	from = from.AddDate(-before, 0, 0)
	all := changes(loc, from, from.AddDate(ahead, 0, 0))
	for i := range all {
		if ruled := yearly(all[i:]); ruled != nil {
			return append(grouped(all[:i]), ruled...)
		}
	}
	until := to.AddDate(before, 0, 0)
	if endless {
		until = from.AddDate(listed+before, 0, 0)
	}
	end := slices.IndexFunc(all, func(o observance) bool { return o.local.After(until) })
	if end < 0 {
		end = len(all)
	}
	return grouped(all[:end])
}

// changes are those of a location's clocks, from the one that is in force at a time.
// Where a zone follows a rule for ever, ZoneBounds ends a period with the year, and in
// a leap year a day before that: bounds at which nothing changes are passed over.
func changes(loc *time.Location, from, to time.Time) []observance {
	at := from.In(loc)
	begin, _ := at.ZoneBounds()
	for !begin.IsZero() && shift(begin) == shift(begin.Add(-time.Second)) && begin.After(epoch) {
		begin, _ = begin.Add(-time.Second).ZoneBounds()
	}
	list := []observance{changeAt(begin, at)}
	for at.Before(to) {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(at) {
			at = at.Add(time.Hour)
			continue
		}
		if at = end; at.After(to) {
			break
		}
		if o := changeAt(at, at); o.from != o.to {
			list = append(list, o)
		}
	}
	return list
}

// epoch is when an observance began that began long ago.
var epoch = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// changeAt is the change at a time, after which the clocks are as at another.
func changeAt(change, after time.Time) observance {
	name, to := after.Zone()
	o := observance{local: epoch, from: to, to: to, name: name}
	if change.IsZero() || change.Before(epoch) {
		return o
	}
	last := change.Add(-time.Second)
	_, o.from = last.Zone()
	o.local = change.UTC().Add(time.Duration(o.from) * time.Second)
	// The zone database has daylight saving that goes back in winter (Dublin), which
	// calendars do not expect: forward is daylight.
	o.daylight = (last.IsDST() || after.IsDST()) && o.to > o.from
	return o
}

// grouped writes changes one by one: those of one kind are one observance with its
// dates.
func grouped(list []observance) []observance {
	var all []observance
next:
	for _, o := range list {
		for i := range all {
			if a := &all[i]; a.from == o.from && a.to == o.to && a.name == o.name && a.daylight == o.daylight {
				a.dates = append(a.dates, o.local.Format(localForm))
				continue next
			}
		}
		all = append(all, o)
	}
	return all
}

// yearly makes two observances with rules of changes that come again each year; nil
// if they do not.
func yearly(list []observance) []observance {
	if len(list) < 2*(ahead-10) {
		return nil
	}
	pair := make([]observance, 2)
	for k := range pair {
		var each []observance
		for i := k; i < len(list); i += 2 {
			each = append(each, list[i])
		}
		rule, ok := annual(each)
		if !ok {
			return nil
		}
		pair[k] = each[0]
		pair[k].rule = rule
	}
	return pair
}

// annual finds the rule of changes that come once a year: the same time of day,
// weekday and month, and days of the month that lie within seven.
func annual(list []observance) (string, bool) {
	first := list[0]
	least, most := 31, 1
	for i, o := range list {
		if o.from != first.from || o.to != first.to || o.name != first.name || o.daylight != first.daylight ||
			o.local.Year() != first.local.Year()+i || o.local.Month() != first.local.Month() ||
			o.local.Weekday() != first.local.Weekday() || o.local.Format("150405") != first.local.Format("150405") {
			return "", false
		}
		least, most = min(least, o.local.Day()), max(most, o.local.Day())
	}
	if most-least > 6 {
		return "", false
	}
	month := first.local.Month()
	day := strings.ToUpper(first.local.Weekday().String()[:2])
	by := ""
	switch length := time.Date(2001, month+1, 0, 0, 0, 0, 0, time.UTC).Day(); {
	case least == length-6:
		by = "BYDAY=-1" + day
	case least%7 == 1:
		by = "BYDAY=" + strconv.Itoa(least/7+1) + day
	default:
		days := make([]string, 7)
		for i := range days {
			days[i] = strconv.Itoa(least + i)
		}
		by = "BYMONTHDAY=" + strings.Join(days, ",") + ";BYDAY=" + day
	}
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;%s", month, by), true
}
