// Package meeting knows when rooms meet, and does what hosts do with meetings.
//
// In goes a store.Schedule, which is a local time in a zone with a rule of RFC 5545
// by which it repeats and with exceptions; out come its occurrences, in order and
// with their offsets, and the Window through which guests may come in at a time.
// Rules run on the wall clock: what is at 14:00 stays at 14:00 whatever daylight
// saving does. These functions keep no state and take no longer than some
// milliseconds, whatever the rule.
//
// Book adds, changes and ends meetings and invites to them. It decides what of a
// change invitees must be told, and hands that to the store's outbox in the same
// transaction. All state is the store's.
//
// The zones of the IANA database are part of the program, for systems that have
// none.
package meeting

import (
	"time"
	_ "time/tzdata" // for systems without a zone database

	"github.com/partyline/partyline/store"
)

// State is what hosts and guests are told of a meeting.
type State string

// The states.
const (
	Scheduled State = "scheduled" // guests may not come in yet, or not before the next occurrence
	Open      State = "open"      // they may
	Live      State = "live"      // somebody is in it, at its time or after it
	Ended     State = "ended"     // the last occurrence and its grace are over
	Completed State = "completed" // a host said that it is done
	Cancelled State = "cancelled"
)

// Occurrence is one time that a meeting takes place.
type Occurrence struct {
	// Original is the local start that it has by the rule, by which it is known
	// (RFC 5545 §3.8.4.4), as store.LocalTime spells it.
	Original   string
	Start, End time.Time // in the zone's location
	// Title is that of this occurrence alone; empty: the meeting's.
	Title string
	// Changed says that its time or title was changed by itself.
	Changed, Cancelled bool
}

// Window is what a meeting is at a time.
type Window struct {
	State State
	// Open says that guests may come in: from JoinEarly before the start to Grace
	// after the end. A live meeting may no longer be open.
	Open bool
	// Opens is when guests may come in; set if Scheduled.
	Opens time.Time
	// Current is the occurrence that runs, else the one that is open, else the one
	// that comes. Once all is over it is the last one, where it is known cheaply;
	// else zero.
	Current Occurrence
}

// mostBetween is how many occurrences Between gives at most.
const mostBetween = 1000

// Between gives the occurrences that run at any time from from up to, but not
// including, to, by their start, cancelled ones among them; most at most, or 1000
// if it is 0. The only error is a schedule that CheckSchedule refuses.
func Between(s *store.Schedule, from, to time.Time, most int) ([]Occurrence, error) {
	x, err := read(s)
	if err != nil {
		return nil, err
	}
	if most <= 0 || most > mostBetween {
		most = mostBetween
	}
	var list []Occurrence
	for o := range x.from(from) {
		if !o.Start.Before(to) || len(list) == most {
			break
		}
		if o.End.After(from) {
			list = append(list, o)
		}
	}
	return list, nil
}

// Next gives the occurrence that runs at a time, or comes after it; false if none
// does, or the meeting is completed or cancelled.
func Next(s *store.Schedule, at time.Time) (Occurrence, bool) {
	x, err := read(s)
	if err != nil || closed(s) != "" {
		return Occurrence{}, false
	}
	return x.next(at)
}

// Last gives the last occurrence that is not cancelled; false if there is none, or
// no end.
func Last(s *store.Schedule) (Occurrence, bool) {
	x, err := read(s)
	if err != nil {
		return Occurrence{}, false
	}
	return x.last()
}

// closed gives the state of a meeting that a host has ended for good, else "".
func closed(s *store.Schedule) State {
	switch {
	case !s.Cancelled.IsZero():
		return Cancelled
	case !s.Completed.IsZero():
		return Completed
	}
	return ""
}

// WindowAt says what a meeting is at a time; live: somebody is in it. A nil
// schedule is a permanent room's, which is always open. One that cannot be read is
// Ended.
func WindowAt(s *store.Schedule, at time.Time, live bool) Window {
	if s == nil {
		return Window{State: liveOr(live, Open), Open: true}
	}
	if state := closed(s); state != "" {
		return Window{State: state}
	}
	x, err := read(s)
	if err != nil {
		return Window{State: Ended}
	}
	o, found := x.current(at)
	switch opens := o.Start.Add(-x.JoinEarly); {
	case !found:
		o, _ = x.last()
		return Window{State: liveOr(live, Ended), Current: o}
	case opens.After(at):
		return Window{State: Scheduled, Opens: opens, Current: o}
	}
	return Window{State: liveOr(live, Open), Open: true, Current: o}
}

func liveOr(live bool, other State) State {
	if live {
		return Live
	}
	return other
}

// current gives the occurrence that a time belongs to: the one that runs, else the
// one whose early arrivals come in, else the one that is in its grace, else the
// next.
func (x *series) current(at time.Time) (current Occurrence, found bool) {
	for o := range x.from(at.Add(-x.Grace)) {
		switch {
		case o.Cancelled || !o.End.Add(x.Grace).After(at):
			continue
		case found && o.Start.Add(-x.JoinEarly).After(at):
			return current, true // the earlier one is still open
		case o.End.After(at):
			return o, true
		}
		current, found = o, true
	}
	return current, found
}
