package meeting

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/partyline/partyline/store"
)

// Bounds of a schedule.
const (
	minDuration = 5 * time.Minute
	maxDuration = 24 * time.Hour
	// maxOpen is how long before an occurrence, and after it, a meeting may be open.
	maxOpen  = 24 * time.Hour
	maxTitle = 64 // characters, as a room's name
)

// CheckSchedule gives every mistake of a schedule as store.FieldErrors, joined:
// zone, start, duration, repeat, join_early, grace, exceptions.
func CheckSchedule(s *store.Schedule) error {
	var all []error
	wrong := func(field, format string, args ...any) {
		all = append(all, &store.FieldError{Field: field, Msg: fmt.Sprintf(format, args...)})
	}
	if msg := checkDuration(s.Duration); msg != "" {
		wrong(fieldDuration, "%s", msg)
	}
	if s.JoinEarly < 0 || s.JoinEarly > maxOpen {
		wrong("join_early", "up to 24 hours are wanted")
	}
	if s.Grace < 0 || s.Grace > maxOpen {
		wrong("grace", "up to 24 hours are wanted")
	}
	x, err := read(s)
	if err != nil {
		return errors.Join(errors.Join(all...), err)
	}
	switch first, found := x.rule.first(); {
	case !found:
		wrong(fieldRepeat, "there is no day on which it meets")
	case !first.Equal(x.rule.start):
		wrong(fieldStart, "the first meeting by the rule is on %s", first.Format(time.DateOnly))
	default:
		all = append(all, x.checkExceptions())
	}
	return errors.Join(all...)
}

// first gives the first occurrence of the rule.
func (r *rule) first() (time.Time, bool) {
	for local := range r.from(r.start) {
		return local, true
	}
	return time.Time{}, false
}

func checkDuration(d time.Duration) string {
	switch {
	case d < minDuration || d > maxDuration:
		return "5 minutes to 24 hours are wanted"
	case d%time.Minute != 0:
		return "whole minutes are wanted"
	}
	return ""
}

// checkExceptions gives their mistakes as one FieldError, the first few of them.
func (x *series) checkExceptions() error {
	const most = 5
	var all []string
	meant := x.occurring(x.Schedule.Exceptions)
	seen := map[string]bool{}
	for _, e := range x.Schedule.Exceptions {
		switch {
		case !meant[e.Original]:
			all = append(all, fmt.Sprintf("%.20q is no occurrence", e.Original))
		case seen[e.Original]:
			all = append(all, e.Original+" is there twice")
		}
		seen[e.Original] = true
		if err := x.checkOne(e); err != nil {
			all = append(all, fmt.Sprintf("%.20q: %s", e.Original, strings.ReplaceAll(err.Error(), "\n", ", ")))
		}
		if len(all) >= most {
			break
		}
	}
	if all == nil {
		return nil
	}
	return &store.FieldError{Field: fieldExceptions, Msg: strings.Join(all, "; ")}
}

// occurring says which exceptions are of occurrences of the rule, by their
// Original. It walks through the rule once.
func (x *series) occurring(list []store.Exception) map[string]bool {
	wanted := make(map[time.Time]string, len(list))
	var first, last time.Time
	for _, e := range list {
		local, ok := parseLocal(e.Original)
		if !ok {
			continue
		}
		wanted[local] = e.Original
		if first.IsZero() || local.Before(first) {
			first = local
		}
		if local.After(last) {
			last = local
		}
	}
	found := map[string]bool{}
	for local := range x.rule.from(first) {
		if local.After(last) || len(found) == len(wanted) {
			break
		}
		if original, ok := wanted[local]; ok {
			found[original] = true
		}
	}
	return found
}

// checkOne gives the mistakes of what is to be with one occurrence.
func (x *series) checkOne(e store.Exception) error {
	var all []error
	if _, ok := parseLocal(e.Start); !ok && e.Start != "" {
		all = append(all, &store.FieldError{Field: fieldStart, Msg: "a date and time such as 2026-11-30T14:00 is wanted"})
	}
	if e.Duration != 0 {
		if msg := checkDuration(e.Duration); msg != "" {
			all = append(all, &store.FieldError{Field: fieldDuration, Msg: msg})
		}
	}
	if utf8.RuneCountInString(e.Title) > maxTitle {
		all = append(all, &store.FieldError{Field: fieldName, Msg: fmt.Sprintf("more than %d characters", maxTitle)})
	}
	return errors.Join(all...)
}

// fieldName is the title's, which is the room's name.
const fieldName = "name"
