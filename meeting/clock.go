package meeting

import (
	"strings"
	"time"

	"github.com/partyline/partyline/store"
)

// Local times are time.Times in UTC whose clock is what the wall shows ("form 1" of
// RFC 5545 §3.3.5): rules run on them, where no day has a gap.

// parseLocal reads a local time as store.LocalTime spells it. time.Parse takes other
// spellings too, but occurrences are known by this one.
func parseLocal(s string) (time.Time, bool) {
	t, err := time.Parse(store.LocalTime, s)
	return t, err == nil && t.Format(store.LocalTime) == s && t.Year() >= firstYear && t.Year() <= lastYear
}

// The years in which a meeting may begin.
const firstYear, lastYear = 2000, 2199

// localOf is what the wall shows at a time in its location.
func localOf(t time.Time) time.Time {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

// instant gives the time at which the wall shows a local time. As RFC 5545 §3.3.5
// has it, one that comes twice is the first of the two, and one that is left out is
// as far from the change as if it had not been made. time.Date leaves both open.
func instant(local time.Time, loc *time.Location) time.Time {
	year, month, day := local.Date()
	hour, minute, second := local.Clock()
	t := time.Date(year, month, day, hour, minute, second, 0, loc)
	switch shown := localOf(t); {
	case shown.After(local): // left out, and taken by the offset before
		return t
	case shown.Before(local): // left out, and taken by the offset after
		return local.Add(-offset(t)).In(loc)
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		if before := local.Add(-offset(start.Add(-time.Second))).In(loc); before.Before(t) && localOf(before).Equal(local) {
			return before // the first of two
		}
	}
	return t
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// location gives a zone of the IANA database by its name, as "Europe/Zurich" or
// "UTC". Names without a region, as "EST", stand for none or for several, and some
// of a system's are no zones at all.
func location(name string) (*time.Location, bool) {
	region, _, parts := strings.Cut(name, "/")
	if !parts && name != "UTC" || region == "posix" || region == "right" || len(name) > 64 {
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil
}
