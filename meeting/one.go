package meeting

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/partyline/partyline/store"
)

// ChangeOne changes one occurrence that is not over; what is zero in e is as in the
// series, so that an empty e undoes changes and a cancellation. e.Original is not
// read. Mistakes are FieldErrors of start, duration and name, joined. The one
// occurrence of a meeting that does not repeat is the meeting.
func (b *Book) ChangeOne(ctx context.Context, id, original string, e store.Exception) (store.Meeting, error) {
	e.Original, e.Title = original, oneLine(e.Title)
	return b.except(ctx, id, e)
}

// CancelOne cancels one occurrence that is not over. To cancel it again changes
// nothing.
func (b *Book) CancelOne(ctx context.Context, id, original string) (store.Meeting, error) {
	m, err := b.cfg.Store.MeetingByID(ctx, id)
	if err == nil && m.Room.Schedule.Repeat == "" && m.Room.Schedule.Start == original {
		return b.Cancel(ctx, id)
	}
	return b.except(ctx, id, store.Exception{Original: original, Cancelled: true})
}

// except puts an exception in the place of the one that the occurrence had.
func (b *Book) except(ctx context.Context, id string, e store.Exception) (store.Meeting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, err := b.open(ctx, id)
	if err != nil {
		return store.Meeting{}, err
	}
	s := *m.Room.Schedule
	x, err := read(&s)
	if err != nil {
		return store.Meeting{}, err
	}
	now := b.cfg.Now()
	was, err := x.find(e.Original)
	switch {
	case err != nil:
		return store.Meeting{}, err
	case !was.End.After(now):
		return store.Meeting{}, ErrOver
	case s.Repeat == "":
		return b.change(ctx, m, single(e))
	}
	e = x.plain(e, m.Room.Name)
	if err := x.checkOne(e); err != nil {
		return store.Meeting{}, err
	}
	s.Exceptions = replaced(s.Exceptions, e)
	if slices.Equal(s.Exceptions, m.Room.Schedule.Exceptions) {
		return m, nil
	}
	if x, err = read(&s); err != nil {
		return store.Meeting{}, err
	}
	if is, err := x.find(e.Original); err != nil || !is.End.After(now) {
		return store.Meeting{}, errors.Join(err, errPast)
	}
	return b.setExceptions(ctx, m, &s, e)
}

// setExceptions writes the exceptions of a schedule and tells of one of them.
func (b *Book) setExceptions(ctx context.Context, m store.Meeting, s *store.Schedule, e store.Exception) (store.Meeting, error) {
	told, err := b.told(ctx, m.Room.ID)
	if err != nil {
		return store.Meeting{}, err
	}
	news := message{
		kind: store.JobChange, room: m.Room.ID, sequence: m.Sequence + 1, occurrence: e.Original, until: lastEnd(s),
	}
	if e.Cancelled {
		news.kind = store.JobCancel
		news.until = lastEnd(m.Room.Schedule)
	}
	comes := nextOf(s, b.cfg.Now())
	c := store.MeetingChange{Exceptions: &s.Exceptions, Next: &comes, Sequence: true}
	return b.cfg.Store.UpdateMeeting(ctx, m.Room.ID, c, news.to(told)...)
}

// find gives the occurrence that has an original start, as it is now.
func (x *series) find(original string) (Occurrence, error) {
	local, ok := parseLocal(original)
	if !ok {
		return Occurrence{}, ErrNoOccurrence
	}
	if found, ok := x.original(local); !ok || found != original {
		return Occurrence{}, ErrNoOccurrence
	}
	e := x.exceptions[original]
	if e.Start != "" && !e.Cancelled {
		local, _ = parseLocal(e.Start) // read has read it
	}
	return x.occurrence(original, local, e), nil
}

// plain leaves out of an exception what is as in the series.
func (x *series) plain(e store.Exception, title string) store.Exception {
	if e.Cancelled {
		return store.Exception{Original: e.Original, Cancelled: true}
	}
	if e.Start == e.Original {
		e.Start = ""
	}
	if e.Duration == x.Duration {
		e.Duration = 0
	}
	if e.Title == title {
		e.Title = ""
	}
	return e
}

// replaced gives a list with e instead of the exception that there was of the same
// occurrence, or without any if nothing is another way in e.
func replaced(list []store.Exception, e store.Exception) []store.Exception {
	list = slices.DeleteFunc(slices.Clone(list), func(o store.Exception) bool { return o.Original == e.Original })
	if e != (store.Exception{Original: e.Original}) {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b store.Exception) int { return cmp.Compare(a.Original, b.Original) })
	return list
}

// single is what an exception of a meeting that does not repeat changes of it.
func single(e store.Exception) store.MeetingChange {
	var c store.MeetingChange
	if e.Start != "" {
		c.Start = &e.Start
	}
	if e.Duration != 0 {
		c.Duration = &e.Duration
	}
	if e.Title != "" {
		c.Room.Name = &e.Title
	}
	return c
}

// oneLine takes out of a title what a room's name may not have either.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)), " ")
}
