package meeting

import (
	"iter"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// complete says what the start leaves to be understood (RFC 5545 §3.3.10), so that
// the rule may be run from another day.
func (r *rule) complete() {
	o := &r.option
	if o.Bymonthday != nil || o.Byweekday != nil {
		return
	}
	switch o.Freq {
	case rrule.YEARLY:
		if o.Bymonth == nil {
			o.Bymonth = []int{int(r.start.Month())}
		}
		o.Bymonthday = []int{r.start.Day()}
	case rrule.MONTHLY:
		o.Bymonthday = []int{r.start.Day()}
	case rrule.WEEKLY:
		o.Byweekday = []rrule.Weekday{weekdays[strings.ToUpper(r.start.Weekday().String()[:2])]}
	}
}

// period gives the first day of the period of the rule (RFC 5545 §3.3.10: an
// INTERVAL of days, weeks, months or years, counted from the start) that is at
// least one period before a local time, and not before that of the start.
func (r *rule) period(local time.Time) time.Time {
	o, first := &r.option, r.start
	days := max(int(local.Sub(first)/(24*time.Hour)), 0)
	months := max((local.Year()-first.Year())*12+int(local.Month())-int(first.Month()), 0)
	skip := func(units int) int { return max(units/o.Interval-1, 0) * o.Interval }
	switch o.Freq {
	case rrule.DAILY:
		return first.AddDate(0, 0, skip(days))
	case rrule.WEEKLY:
		since := (int(first.Weekday()+6)%7 - o.Wkst.Day() + 7) % 7
		return first.AddDate(0, 0, skip(days/7)*7-since)
	case rrule.MONTHLY:
		return first.AddDate(0, skip(months), 1-first.Day())
	default:
		return first.AddDate(skip(months/12), 1-int(first.Month()), 1-first.Day())
	}
}

// from gives the occurrences in order, all from a local time on; some before it may
// come first.
func (r *rule) from(local time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		if !r.repeat {
			yield(r.start)
			return
		}
		if r.count > 0 {
			local = r.start // all have to be counted
		}
		n := 0
		for t := range r.days(r.period(local)) {
			switch {
			case t.Before(r.start):
				continue
			case !r.until.IsZero() && t.After(r.until.Add(-36*time.Hour)) && instant(t, r.loc).After(r.until):
				return // no zone is further than 36 hours from UTC: the rest need not be looked up
			case !yield(t):
				return
			}
			if n++; n == r.count {
				return
			}
		}
	}
}

// days runs the rule from the first day of one of its periods.
//
// rrule-go looks for a next day up to the year 9999, where there is none too, and
// nothing stops it. The calendar repeats every 400 years, which are 20871 weeks: so
// the rule is run that much later as often as there is room for.
func (r *rule) days(first time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		later := (rrule.MAXYEAR - first.Year()) / 400 * 400
		o := r.option
		o.Dtstart = first.AddDate(later, 0, 0)
		run, err := rrule.NewRRule(o)
		if err != nil {
			return // parseRule has refused it
		}
		for next := run.Iterator(); ; {
			t, ok := next()
			if !ok || t.Year()-o.Dtstart.Year() > maxYears || !yield(t.AddDate(-later, 0, 0)) {
				return
			}
		}
	}
}
