package admission

import (
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// atItsTime applies the times of a room's meeting to somebody with the right key.
// Guests may come in from some minutes before it begins until its grace is over;
// hosts, who may be early and late, until it is completed or cancelled. Who is in it
// may stay: a meeting that goes on beyond its grace takes in no further guests.
func atItsTime(room *store.Room, at time.Time, early bool, v Verdict) Verdict {
	v.Room = room
	if room.Schedule == nil {
		return v
	}
	w := meeting.WindowAt(room.Schedule, at, false)
	v.Current = w.Current
	switch {
	case w.State == meeting.Completed, w.State == meeting.Cancelled:
		return Verdict{Cause: cause.Over}
	case w.Open, early:
		return v
	case w.State == meeting.Scheduled:
		return Verdict{Cause: cause.TooEarly, Room: room, Who: v.Who, Current: w.Current, Opens: w.Opens}
	}
	return Verdict{Cause: cause.Over}
}

// ofLink is a verdict in the words of links: that of a meeting that is over leads
// nowhere any more.
func ofLink(v Verdict) Verdict {
	if v.Cause == cause.Over {
		v.Cause = cause.LinkEnded
	}
	return v
}
