package invitation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/partyline/partyline/locales"
)

// Repeats says a rule in words: "Weekly on Monday and Thursday, until 31 Dec 2026".
// The rule is a RECUR value (RFC 5545 §3.3.10); first is when the series begins, in
// its zone. A rule too strange for a sentence is said to be in the calendar. An
// empty one says nothing.
func Repeats(w *locales.Words, rule string, first time.Time) string {
	if rule == "" {
		return ""
	}
	r, ok := parseRule(rule)
	how := ""
	if ok {
		how = r.how(w, first)
	}
	if how == "" {
		return w.Say("invitation.repeat.other")
	}
	if r.count > 0 {
		return w.Say("invitation.repeat.count", "Rule", how, "Count", r.count)
	}
	if r.until != "" {
		day, ok := untilDay(r.until, first.Location())
		if !ok {
			return w.Say("invitation.repeat.other")
		}
		return w.Say("invitation.repeat.until", "Rule", how, "Date", Date(w, day))
	}
	return how
}

// rule is what of a RECUR value can be said in words.
type rule struct {
	freq            string
	interval, count int
	until           string
	days            []weekday
	monthDay        int // -1: the last; 0: not given
	month           int
}

// weekday is one of BYDAY; nth is 0 for each of them.
type weekday struct {
	day time.Weekday
	nth int
}

var dayCodes = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// parseRule reads a rule; ok says that it has no more than words can say.
func parseRule(s string) (r rule, ok bool) {
	r.interval = 1
	position := 0
	for _, part := range strings.Split(strings.TrimPrefix(strings.ToUpper(s), "RRULE:"), ";") {
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch name {
		case "FREQ":
			r.freq = value
		case "INTERVAL":
			r.interval, err = strconv.Atoi(value)
		case "COUNT":
			r.count, err = strconv.Atoi(value)
		case "UNTIL":
			r.until = value
		case "BYDAY":
			if r.days = parseDays(value); r.days == nil {
				return r, false
			}
		case "BYMONTHDAY":
			r.monthDay, err = strconv.Atoi(value)
		case "BYMONTH":
			r.month, err = strconv.Atoi(value)
		case "BYSETPOS":
			position, err = strconv.Atoi(value)
		case "WKST", "":
		default:
			return r, false
		}
		if err != nil {
			return r, false
		}
	}
	if position != 0 { // the n-th of one weekday is that weekday with its number
		if r.freq != "MONTHLY" || len(r.days) != 1 || r.days[0].nth != 0 {
			return r, false
		}
		r.days[0].nth = position
	}
	return r, r.interval > 0 && r.count >= 0
}

// parseDays reads BYDAY, in the order of a week that begins with Monday.
func parseDays(value string) []weekday {
	var days []weekday
	for _, v := range strings.Split(value, ",") {
		if len(v) < 2 {
			return nil
		}
		i := slices.Index(dayCodes, v[len(v)-2:])
		if i < 0 {
			return nil
		}
		d := weekday{day: time.Weekday(i)}
		if n := v[:len(v)-2]; n != "" {
			var err error
			if d.nth, err = strconv.Atoi(n); err != nil {
				return nil
			}
		}
		if !slices.Contains(days, d) {
			days = append(days, d)
		}
	}
	slices.SortFunc(days, func(a, b weekday) int { return (int(a.day)+6)%7 - (int(b.day)+6)%7 })
	return days
}

// how says how often; empty: it cannot be said.
func (r rule) how(w *locales.Words, first time.Time) string {
	switch r.freq {
	case "DAILY":
		return r.daily(w)
	case "WEEKLY":
		return r.weekly(w, first)
	case "MONTHLY":
		return r.monthly(w, first)
	case "YEARLY":
		return r.yearly(w, first)
	}
	return ""
}

func (r rule) daily(w *locales.Words) string {
	switch {
	case r.monthDay != 0 || r.month != 0:
		return ""
	case r.days == nil:
		return w.Say("invitation.repeat.daily", "Count", r.interval)
	case r.interval == 1: // each day that is one of these
		r.freq = "WEEKLY"
		return r.weekly(w, time.Time{})
	}
	return ""
}

func (r rule) weekly(w *locales.Words, first time.Time) string {
	if r.monthDay != 0 || r.month != 0 {
		return ""
	}
	if r.days == nil {
		r.days = []weekday{{day: first.Weekday()}}
	}
	var names []string
	for _, d := range r.days {
		if d.nth != 0 {
			return ""
		}
		names = append(names, nth(w, "invitation.weekdays.on", int(d.day)))
	}
	if r.interval == 1 && len(names) == 7 {
		return w.Say("invitation.repeat.daily", "Count", 1)
	}
	if r.interval == 1 && len(names) == 5 && r.days[0].day == time.Monday && r.days[4].day == time.Friday {
		return w.Say("invitation.repeat.weekdays")
	}
	return w.Say("invitation.repeat.weekly", "Count", r.interval, "Days", and(w, names))
}

func (r rule) monthly(w *locales.Words, first time.Time) string {
	switch {
	case r.month != 0 || len(r.days) > 1 || len(r.days) == 1 && r.monthDay != 0:
		return ""
	case len(r.days) == 1:
		return r.monthlyWeekday(w)
	case r.monthDay == -1:
		return w.Say("invitation.repeat.monthly.last", "Count", r.interval)
	case r.monthDay == 0:
		r.monthDay = first.Day()
	}
	day := nth(w, "invitation.ordinals", r.monthDay-1)
	if day == "" {
		return ""
	}
	return w.Say("invitation.repeat.monthly", "Count", r.interval, "Day", day)
}

func (r rule) monthlyWeekday(w *locales.Words) string {
	d := r.days[0]
	which := d.nth - 1
	if d.nth == -1 {
		which = 5
	}
	if d.nth == 0 || which < 0 || which > 5 {
		return ""
	}
	key := "invitation.which"
	if d.day == time.Sunday { // has another gender in Italian
		key = "invitation.which.sunday"
	}
	return w.Say("invitation.repeat.monthly.weekday", "Count", r.interval,
		"Which", nth(w, key, which), "Day", nth(w, "invitation.weekdays", int(d.day)))
}

func (r rule) yearly(w *locales.Words, first time.Time) string {
	if r.days != nil || r.monthDay < 0 || (r.month != 0) != (r.monthDay != 0) || r.month > 12 || r.monthDay > 31 {
		return ""
	}
	if r.month == 0 {
		r.month, r.monthDay = int(first.Month()), first.Day()
	}
	day := time.Date(2000, time.Month(r.month), r.monthDay, 0, 0, 0, 0, time.UTC)
	return w.Say("invitation.repeat.yearly", "Count", r.interval, "Date", w.Say("invitation.date.year",
		"Day", dayOf(w, day), "Month", nth(w, "invitation.months", int(day.Month())-1)))
}

// and joins names: "Monday, Tuesday and Friday".
func and(w *locales.Words, names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return w.Say("invitation.and", "First", strings.Join(names[:last], ", "), "Last", names[last])
}

// untilDay is the last day of a rule, in its zone. UNTIL is a day, a time in UTC or
// one in the zone (§3.3.10).
func untilDay(until string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse("20060102T150405Z", until); err == nil {
		return t.In(zone), true
	}
	for _, form := range []string{"20060102T150405", "20060102"} {
		if t, err := time.ParseInLocation(form, until, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
