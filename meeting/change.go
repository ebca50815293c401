package meeting

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/partyline/partyline/store"
)

// Change changes a meeting, all of its occurrences. Those who were invited are told
// if anything that they know of it is another now. It decides Next, Sequence and,
// unless they are given, Exceptions itself: an exception keeps its day, and is
// dropped if the meeting has none on that day any more. Completed and Cancelled are
// not read. Mistakes are FieldErrors, joined.
func (b *Book) Change(ctx context.Context, id string, c store.MeetingChange) (store.Meeting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, err := b.open(ctx, id)
	if err != nil {
		return store.Meeting{}, err
	}
	return b.change(ctx, m, c)
}

func (b *Book) change(ctx context.Context, m store.Meeting, c store.MeetingChange) (store.Meeting, error) {
	c.Completed, c.Cancelled = nil, nil
	after, news, err := b.after(ctx, m, &c)
	if err != nil {
		return store.Meeting{}, err
	}
	comes := nextOf(&after.Schedule, b.cfg.Now())
	c.Next, c.Sequence = &comes, news != nothingNew
	var jobs []store.NewJob
	if news != nothingNew && comes != (next{}) {
		told, err := b.told(ctx, m.Room.ID)
		if err != nil {
			return store.Meeting{}, err
		}
		if news == newPIN { // whoever has a PIN of their own has not got this one
			told = slices.DeleteFunc(told, func(i invited) bool { return i.HasPIN })
		}
		jobs = message{kind: store.JobChange, room: m.Room.ID, sequence: m.Sequence + 1, until: lastEnd(&after.Schedule)}.to(told)
	}
	return b.cfg.Store.UpdateMeeting(ctx, m.Room.ID, c, jobs...)
}

// news is what of a change the invited have to know.
type news uint8

const (
	nothingNew news = iota
	newPIN
	newForAll
)

// after gives a meeting as it would be, and how much of that is news. It brings c
// into shape. What is wrong is all of it FieldErrors, joined.
func (b *Book) after(ctx context.Context, m store.Meeting, c *store.MeetingChange) (after store.NewMeeting, n news, err error) {
	before := m.Room.Schedule
	guest, host, err := b.cfg.Store.PINs(ctx, m.Room.ID)
	if err != nil {
		return after, nothingNew, err
	}
	after = changed(m, guest, host, *c)
	moved := after.Zone != before.Zone || after.Start != before.Start || after.Repeat != before.Repeat
	if moved && c.Exceptions == nil && len(before.Exceptions) > 0 {
		if kept, ok := keepDays(before.Exceptions, &after.Schedule); ok {
			after.Exceptions, c.Exceptions = kept, &kept
		}
	}
	timed := moved || after.Duration != before.Duration || !slices.Equal(after.Exceptions, before.Exceptions)
	schedule := CheckSchedule(&after.Schedule)
	if schedule == nil && timed && nextOf(&after.Schedule, b.cfg.Now()) == (next{}) {
		schedule = errPast
	}
	if err := errors.Join(schedule, check(&after)); err != nil {
		return after, nothingNew, err
	}
	switch {
	case timed, after.Name != m.Room.Name, after.Note != m.Note:
		return after, newForAll, nil
	case after.PIN != guest, after.PersonalPINs && !m.PersonalPINs:
		return after, newPIN, nil
	}
	return after, nothingNew, nil
}

// changed is a meeting as it would be added again after a change.
func changed(m store.Meeting, guest, host string, c store.MeetingChange) store.NewMeeting {
	r := m.Room
	n := store.NewMeeting{
		NewRoom: store.NewRoom{
			Extension: r.Extension, Name: r.Name, Language: r.Language, MaxParticipants: r.MaxParticipants,
			Tones: r.Tones, PIN: guest, HostPIN: host, Names: r.Names,
		},
		Schedule: *r.Schedule, Note: m.Note, PersonalPINs: m.PersonalPINs, Reminders: m.Reminders,
	}
	set(&n.Name, c.Room.Name)
	set(&n.Language, c.Room.Language)
	set(&n.MaxParticipants, c.Room.MaxParticipants)
	set(&n.Tones, c.Room.Tones)
	set(&n.Names, c.Room.Names)
	set(&n.PIN, c.Room.PIN)
	set(&n.HostPIN, c.Room.HostPIN)
	set(&n.Zone, c.Zone)
	set(&n.Start, c.Start)
	set(&n.Repeat, c.Repeat)
	set(&n.Duration, c.Duration)
	set(&n.JoinEarly, c.JoinEarly)
	set(&n.Grace, c.Grace)
	set(&n.Exceptions, c.Exceptions)
	set(&n.Note, c.Note)
	set(&n.PersonalPINs, c.PersonalPINs)
	set(&n.Reminders, c.Reminders)
	return n
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// keepDays gives the exceptions of a schedule that was changed: each keeps its day
// and is dropped where the rule has none. false: the schedule cannot be read.
func keepDays(list []store.Exception, s *store.Schedule) ([]store.Exception, bool) {
	bare := *s
	bare.Exceptions = nil
	x, err := read(&bare)
	if err != nil {
		return nil, false
	}
	kept := []store.Exception{}
	for _, e := range list {
		local, ok := parseLocal(e.Original)
		if !ok {
			continue
		}
		if e.Original, ok = x.original(local); ok {
			kept = append(kept, e)
		}
	}
	return kept, true
}

// Cancel cancels a meeting for good, tells those who were invited and ends its call.
// To cancel it again changes nothing.
func (b *Book) Cancel(ctx context.Context, id string) (store.Meeting, error) {
	return b.close(ctx, id, Cancelled)
}

// Complete says that a meeting is done, and ends its call. To complete it again
// changes nothing. Nobody is told, unless there was still more to come.
func (b *Book) Complete(ctx context.Context, id string) (store.Meeting, error) {
	return b.close(ctx, id, Completed)
}

func (b *Book) close(ctx context.Context, id string, state State) (store.Meeting, error) {
	m, did, err := b.closeOnce(ctx, id, state)
	if did && b.cfg.End != nil {
		b.cfg.End(id)
	}
	return m, err
}

// closeOnce says whether it was this call that closed the meeting.
func (b *Book) closeOnce(ctx context.Context, id string, state State) (m store.Meeting, did bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m, err = b.cfg.Store.MeetingByID(ctx, id); err != nil {
		return store.Meeting{}, false, err
	}
	s, now := m.Room.Schedule, b.cfg.Now()
	switch closed(s) {
	case "":
	case state:
		return m, false, nil
	default:
		return store.Meeting{}, false, ErrClosed
	}
	c := store.MeetingChange{Next: &next{}}
	if state == Cancelled {
		c.Cancelled = &now
		_, c.Sequence = Next(s, now)
	} else {
		c.Completed = &now
		c.Sequence = moreToCome(s, now)
	}
	var jobs []store.NewJob
	if c.Sequence {
		told, err := b.told(ctx, id)
		if err != nil {
			return store.Meeting{}, false, err
		}
		jobs = message{kind: store.JobCancel, room: id, sequence: m.Sequence + 1, until: lastEnd(s)}.to(told)
	}
	m, err = b.cfg.Store.UpdateMeeting(ctx, id, c, jobs...)
	return m, err == nil, err
}

// moreToCome says whether any occurrence has still to begin.
func moreToCome(s *store.Schedule, now time.Time) bool {
	o, ok := Next(s, now)
	if ok && !o.Start.After(now) {
		_, ok = Next(s, o.End)
	}
	return ok
}

// NewLink gives a room another shared guest link; the one before is refused at
// once. Nobody is told: who was invited has a link of their own.
func (b *Book) NewLink(ctx context.Context, id string) (token string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch _, err := b.open(ctx, id); {
	case err == nil: // calendars that had the old one must take the new one
		if _, err := b.cfg.Store.UpdateMeeting(ctx, id, store.MeetingChange{Sequence: true}); err != nil {
			return "", err
		}
	case !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	return b.cfg.Store.RegenerateLink(ctx, id)
}

// lastEnd is when a schedule is over for good; zero: never.
func lastEnd(s *store.Schedule) time.Time {
	o, ok := Last(s)
	if !ok {
		return time.Time{}
	}
	return o.End.Add(s.Grace)
}
