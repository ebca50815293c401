package meeting

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/partyline/partyline/store"
)

// series is a schedule that was read: the rule's occurrences and what is another
// way with some of them.
type series struct {
	*store.Schedule
	loc        *time.Location
	rule       rule
	exceptions map[string]store.Exception // by Original
	moved      []Occurrence               // those with a start of their own, by it
}

// The fields of a schedule, as FieldErrors name them.
const (
	fieldZone       = "zone"
	fieldStart      = "start"
	fieldRepeat     = "repeat"
	fieldDuration   = "duration"
	fieldExceptions = "exceptions"
)

// read reads a schedule. Mistakes that keep it from meaning anything are
// FieldErrors, joined.
func read(s *store.Schedule) (*series, error) {
	x := &series{Schedule: s}
	var all []error
	var ok bool
	if x.loc, ok = location(s.Zone); !ok {
		all = append(all, &store.FieldError{Field: fieldZone, Msg: "a time zone such as Europe/Zurich is wanted"})
	}
	start, ok := parseLocal(s.Start)
	if !ok {
		all = append(all, &store.FieldError{Field: fieldStart, Msg: "a date and time such as 2026-11-30T14:00 is wanted"})
	}
	loc := x.loc
	if loc == nil {
		loc = time.UTC // for the rule's own mistakes
	}
	var err error
	if x.rule, err = parseRule(s.Repeat, start, loc); err == nil && all == nil {
		err = x.rule.checkEnd()
	}
	if err != nil {
		all = append(all, &store.FieldError{Field: fieldRepeat, Msg: err.Error()})
	}
	if all != nil {
		return nil, errors.Join(all...)
	}
	if len(s.Exceptions) == 0 {
		return x, nil
	}
	x.exceptions = make(map[string]store.Exception, len(s.Exceptions))
	for _, e := range s.Exceptions {
		x.exceptions[e.Original] = e
		if e.Start == "" || e.Cancelled {
			continue
		}
		local, ok := parseLocal(e.Start)
		if !ok {
			return nil, &store.FieldError{Field: fieldExceptions, Msg: "a start is no date and time such as 2026-11-30T14:00"}
		}
		x.moved = append(x.moved, x.occurrence(e.Original, local, e))
	}
	slices.SortStableFunc(x.moved, byStart)
	return x, nil
}

func byStart(a, b Occurrence) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Original, b.Original))
}

// occurrence makes one that begins at a local time; e may be zero.
func (x *series) occurrence(original string, local time.Time, e store.Exception) Occurrence {
	start := instant(local, x.loc)
	return Occurrence{
		Original: original, Start: start, End: start.Add(cmp.Or(e.Duration, x.Duration)), Title: e.Title,
		Changed: !e.Cancelled && e.Original != "", Cancelled: e.Cancelled,
	}
}

// from gives the occurrences in order of their start, all that end after a time;
// some before it may come first.
func (x *series) from(at time.Time) iter.Seq[Occurrence] {
	return func(yield func(Occurrence) bool) {
		moved := x.moved
		// Nothing is longer than a day, and no change of a clock than another.
		for local := range x.rule.from(localOf(at.In(x.loc)).Add(-maxDuration - 24*time.Hour)) {
			original := local.Format(store.LocalTime)
			e := x.exceptions[original]
			if e.Start != "" && !e.Cancelled {
				continue // it is in moved
			}
			o := x.occurrence(original, local, e)
			for len(moved) > 0 && byStart(moved[0], o) < 0 {
				if !yield(moved[0]) {
					return
				}
				moved = moved[1:]
			}
			if !yield(o) {
				return
			}
		}
		for _, o := range moved {
			if !yield(o) {
				return
			}
		}
	}
}

// next gives the first that is not cancelled and ends after a time.
func (x *series) next(at time.Time) (Occurrence, bool) {
	for o := range x.from(at) {
		if !o.Cancelled && o.End.After(at) {
			return o, true
		}
	}
	return Occurrence{}, false
}

// endless says that the rule has no end.
func (x *series) endless() bool { return x.rule.repeat && x.rule.count == 0 && x.rule.until.IsZero() }

// last gives the last that is not cancelled, if there is one and an end.
func (x *series) last() (Occurrence, bool) {
	if x.endless() {
		return Occurrence{}, false
	}
	var last time.Time
	found := false
	looks := []time.Time{x.rule.start}
	if !x.rule.until.IsZero() { // mostly it is not far from the end
		looks = []time.Time{localOf(x.rule.until.In(x.loc)).AddDate(-1, 0, 0), x.rule.start}
	}
	for i := 0; i < len(looks) && !found; i++ {
		for local := range x.rule.from(looks[i]) {
			if len(x.exceptions) > 0 {
				if e := x.exceptions[local.Format(store.LocalTime)]; e.Cancelled || e.Start != "" {
					continue
				}
			}
			last, found = local, true
		}
	}
	var o Occurrence
	if found {
		original := last.Format(store.LocalTime)
		o = x.occurrence(original, last, x.exceptions[original])
	}
	if n := len(x.moved); n > 0 && (!found || byStart(o, x.moved[n-1]) < 0) {
		return x.moved[n-1], true
	}
	return o, found
}

// original gives the local start of the rule's occurrence on the day of a local
// time; false if there is none.
func (x *series) original(at time.Time) (string, bool) {
	day := at.Truncate(24 * time.Hour)
	for local := range x.rule.from(day) {
		switch d := local.Truncate(24 * time.Hour); {
		case d.Equal(day):
			return local.Format(store.LocalTime), true
		case d.After(day):
			return "", false
		}
	}
	return "", false
}
