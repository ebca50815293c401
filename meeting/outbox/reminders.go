package outbox

import (
	"context"
	"strings"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// onTime is how late a reminder may be and still count as on time.
const onTime = 2 * time.Minute

// mostReminded bounds the occurrences that are looked at, of a meeting that repeats
// often and reminds long before.
const mostReminded = 200

// reminder is one that is due.
type reminder struct {
	occurrence meeting.Occurrence
	before     time.Duration
	due, until time.Time // it is sent within that time or never
}

// reminders gives what of a meeting is due, and when the next will be; zero: none
// is known. It is asked again after every at the latest. Of the reminders of an occurrence that are due only the
// shortest is given: who is told of the next hour need not be told of the next day.
func reminders(m *store.Meeting, now time.Time, every time.Duration) (due []reminder, next time.Time, err error) {
	var longest time.Duration
	for _, before := range m.Reminders {
		longest = max(longest, before)
	}
	occurrences, err := meeting.Between(m.Room.Schedule, now.Add(-onTime), now.Add(longest+every), mostReminded)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, o := range occurrences {
		if o.Cancelled {
			continue
		}
		var shortest *reminder
		for _, before := range m.Reminders {
			r := newReminder(o, before)
			if r.due.After(now) {
				if next.IsZero() || r.due.Before(next) {
					next = r.due
				}
				continue
			}
			if shortest == nil || r.before < shortest.before {
				shortest = &r
			}
		}
		if shortest != nil && !shortest.late(m, now) {
			due = append(due, *shortest)
		}
	}
	if next.IsZero() {
		next = beyond(m, now.Add(longest+every), longest)
	}
	return due, next, nil
}

// beyond is when the first reminder is due of the first occurrence that begins at a
// time or later; zero if none does within the horizon.
func beyond(m *store.Meeting, from time.Time, longest time.Duration) time.Time {
	list, err := meeting.Between(m.Room.Schedule, from, from.Add(horizon), 2)
	if err != nil {
		return time.Time{}
	}
	for _, o := range list { // the first may have begun before
		if !o.Start.Before(from) {
			return o.Start.Add(-longest)
		}
	}
	return time.Time{}
}

func newReminder(o meeting.Occurrence, before time.Duration) reminder {
	due := o.Start.Add(-before)
	return reminder{o, before, due, due.Add(max(before/2, time.Minute))}
}

// late says that it is not to be sent any more: too little of its time is left, or
// it was due before a change which put it there, of which people hear anyway.
func (r *reminder) late(m *store.Meeting, now time.Time) bool {
	return now.After(r.until) || r.due.Before(m.Changed.Add(-onTime))
}

// remind queues a reminder to all who were sent an invitation before it was due, by
// the channels that the invitation took.
func (a *Agenda) remind(ctx context.Context, m *store.Meeting, r reminder) error {
	invitees, err := a.cfg.Store.Invitees(ctx, m.Room.ID)
	if err != nil || len(invitees) == 0 {
		return err
	}
	sent, err := a.cfg.Store.Jobs(ctx, m.Room.ID)
	if err != nil {
		return err
	}
	channels := map[string]map[string]bool{}
	for _, j := range sent {
		if j.Kind == store.JobInvite && j.State != store.JobFailed && j.State != store.JobDropped {
			if channels[j.InviteeID] == nil {
				channels[j.InviteeID] = map[string]bool{}
			}
			channels[j.InviteeID][j.Channel] = true
		}
	}
	var jobs []store.NewJob
	for _, i := range invitees {
		if i.Created.After(r.due) {
			continue
		}
		for channel := range channels[i.ID] {
			jobs = append(jobs, store.NewJob{
				RoomID: m.Room.ID, InviteeID: i.ID, Channel: channel, Kind: store.JobReminder,
				Key:        reminderKey(m.Room.ID, i.ID, channel, r),
				Occurrence: r.occurrence.Original, Start: r.occurrence.Start, NotAfter: r.until,
			})
		}
	}
	n, err := a.cfg.Store.AddJobs(ctx, jobs)
	if n > 0 {
		a.cfg.Log.Info("reminders queued", "room", m.Room.ID, "start", r.occurrence.Start.UTC().Format(time.RFC3339), "before", r.before.String(), "count", n)
	}
	return err
}

// reminderKey names one reminder. The start is in it: an occurrence that has moved
// is reminded of at its new time.
func reminderKey(room, invitee, channel string, r reminder) string {
	return strings.Join([]string{
		"reminder", room, invitee, channel, r.occurrence.Start.UTC().Format("20060102T150405Z"), r.before.String(),
	}, "/")
}
