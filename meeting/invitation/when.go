package invitation

import (
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// WhenOf is the time of an occurrence of a schedule. one says that the message is
// about that occurrence alone.
func WhenOf(s *store.Schedule, o meeting.Occurrence, one bool) *When {
	zone := o.Start.Location()
	if o.Start.IsZero() { // the series has none: it is where it would begin
		if loc, err := time.LoadLocation(s.Zone); err == nil {
			zone = loc
		}
		o.Start = local(s.Start, zone)
		o.End = o.Start.Add(s.Duration)
	}
	return &When{
		Start: o.Start, End: o.End, Zone: s.Zone, Repeat: s.Repeat, First: local(s.Start, zone),
		One: one, Original: local(o.Original, zone),
	}
}

// local reads a local time; zero if it is none.
func local(s string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(store.LocalTime, s, zone)
	if err != nil {
		return time.Time{}
	}
	return t
}
