package outbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// Times of the agenda.
const (
	lookEvery   = 30 * time.Second
	horizon     = 61 * 24 * time.Hour
	forgetAfter = time.Minute // after the start, and then each day
	forgetEvery = 24 * time.Hour
	mostOver    = 1000 // meetings that are remembered as over
)

// Diary is what the agenda needs of package store.
type Diary interface {
	MeetingTimes(ctx context.Context, before time.Time) ([]store.MeetingTime, error)
	MeetingByID(ctx context.Context, id string) (store.Meeting, error)
	SetNext(ctx context.Context, id string, start, end time.Time) error
	Invitees(ctx context.Context, roomID string) ([]store.Invitee, error)
	Jobs(ctx context.Context, roomID string) ([]store.Job, error)
	AddJobs(ctx context.Context, jobs []store.NewJob) (int, error)
	Forget(ctx context.Context, callsBefore, namesBefore time.Time) (calls, names int64, err error)
}

// AgendaConfig is what an agenda is made of.
type AgendaConfig struct {
	Store Diary
	Now   func() time.Time // nil: time.Now; the wall clock, whatever it does
	Log   *slog.Logger
	// CallRecords and GuestNames are how long those are kept; 0: for ever.
	CallRecords, GuestNames time.Duration
	// Every is how often to look for meetings that were changed, and for clocks that
	// were; 0: 30 s. What is due it does at its time in any case.
	Every time.Duration
	// Expired is told of each meeting that is over with its grace, if not nil.
	Expired func(roomID string)
}

// Agenda minds the hours of the meetings, from Start to Close: it notes their next
// occurrence, queues reminders, and forgets what is old once a day.
//
// A reminder is known by invitee, start of the occurrence and time before it, so
// that it is queued once, whenever the gateway restarts and whatever the clock
// does. One that is due while the gateway is down is sent later if at least half
// of its time is left, and no shorter one is due; else never.
type Agenda struct {
	cfg    AgendaConfig
	cancel context.CancelFunc
	done   chan struct{} // nil: not started

	// What is below is the goroutine's.
	known map[string]entry // by room
	over  []string         // rooms of meetings that were seen to end
	last  time.Time        // when it looked last, by the wall clock
}

// entry is a meeting as it was seen last. Nothing is to be done for it before
// wake, unless it changes.
type entry struct {
	changed time.Time
	next    [2]time.Time
	wake    time.Time
}

// NewAgenda makes an agenda that does nothing yet.
func NewAgenda(cfg AgendaConfig) *Agenda {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Every <= 0 {
		cfg.Every = lookEvery
	}
	return &Agenda{cfg: cfg, known: map[string]entry{}}
}

// Start begins. It is called once.
func (a *Agenda) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel, a.done = cancel, make(chan struct{})
	go a.run(ctx)
}

// Close ends it, and returns when it has ended.
func (a *Agenda) Close() error {
	if a.done != nil {
		a.cancel()
		<-a.done
	}
	return nil
}

func (a *Agenda) run(ctx context.Context) {
	defer close(a.done)
	forget := time.NewTimer(forgetAfter)
	defer forget.Stop()
	for ctx.Err() == nil {
		now := a.cfg.Now()
		next := a.look(ctx, now)
		look := time.NewTimer(min(max(next.Sub(now), 0), a.cfg.Every))
		select {
		case <-look.C:
		case <-forget.C:
			a.forget(ctx, a.cfg.Now())
			forget.Reset(forgetEvery)
		case <-ctx.Done():
		}
		look.Stop()
	}
}

// look does what is due and gives when to look again at the latest.
func (a *Agenda) look(ctx context.Context, now time.Time) time.Time {
	next := now.Add(a.cfg.Every)
	if now.Before(a.last) {
		a.clockSetBack(ctx, now)
	}
	a.last = now
	times, err := a.cfg.Store.MeetingTimes(ctx, now.Add(horizon))
	if err != nil {
		a.warn(ctx, "meetings that are due cannot be read; trying again", "", err)
		return next
	}
	seen := make(map[string]entry, len(times))
	for _, m := range times {
		e, ok := a.known[m.ID]
		if !ok || !now.Before(e.wake) || !e.changed.Equal(m.Changed) || !e.next[0].Equal(m.NextStart) || !e.next[1].Equal(m.NextEnd) {
			e, err = a.open(ctx, m.ID, now)
			if err != nil {
				a.warn(ctx, "a meeting's agenda failed; trying again", m.ID, err)
				e.wake = now.Add(a.cfg.Every)
			}
		}
		if !e.wake.IsZero() {
			seen[m.ID] = e
			if e.wake.Before(next) {
				next = e.wake
			}
		}
	}
	a.known = seen
	return next
}

// open reads a meeting and minds it, unless it is gone meanwhile.
func (a *Agenda) open(ctx context.Context, id string, now time.Time) (entry, error) {
	m, err := a.cfg.Store.MeetingByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return entry{}, nil
	}
	if err != nil {
		return entry{}, err
	}
	if s := m.Room.Schedule; !s.Completed.IsZero() || !s.Cancelled.IsZero() {
		return entry{}, nil
	}
	return a.mind(ctx, &m, now)
}

func (a *Agenda) warn(ctx context.Context, text, room string, err error) {
	if ctx.Err() == nil {
		a.cfg.Log.Warn(text, "room", room, "error", err)
	}
}

// mind notes a meeting's next occurrence, queues the reminders that are due, and
// says when to do so again; zero: there is nothing more to do.
func (a *Agenda) mind(ctx context.Context, m *store.Meeting, now time.Time) (entry, error) {
	e := entry{changed: m.Changed}
	o, comes := meeting.Next(m.Room.Schedule, now)
	if !comes {
		// Until its grace is over it stays where it is.
		e.next = [2]time.Time{m.NextStart, m.NextEnd}
		if e.wake = m.NextEnd.Add(m.Room.Schedule.Grace); now.Before(e.wake) {
			return e, nil
		}
		return entry{}, a.expire(ctx, m)
	}
	e.next, e.wake = [2]time.Time{o.Start, o.End}, o.End
	if !o.Start.Equal(m.NextStart) || !o.End.Equal(m.NextEnd) {
		if err := a.cfg.Store.SetNext(ctx, m.Room.ID, o.Start.UTC(), o.End.UTC()); err != nil {
			return e, err
		}
	}
	due, next, err := reminders(m, now, a.cfg.Every)
	if err != nil {
		return e, err
	}
	if !next.IsZero() && next.Before(e.wake) {
		e.wake = next
	}
	for _, r := range due {
		if err := a.remind(ctx, m, r); err != nil {
			return e, err
		}
	}
	return e, nil
}

func (a *Agenda) expire(ctx context.Context, m *store.Meeting) error {
	err := a.cfg.Store.SetNext(ctx, m.Room.ID, time.Time{}, time.Time{})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.over = append(a.over, m.Room.ID)
	a.over = a.over[max(len(a.over)-mostOver, 0):]
	if a.cfg.Expired != nil {
		a.cfg.Expired(m.Room.ID)
	}
	return nil
}

// clockSetBack looks at everything anew: what was over may be yet to come.
func (a *Agenda) clockSetBack(ctx context.Context, now time.Time) {
	a.known = map[string]entry{}
	over := a.over
	a.over = nil
	for _, id := range over {
		m, err := a.cfg.Store.MeetingByID(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			o, comes := meeting.Next(m.Room.Schedule, now)
			if !comes {
				continue
			}
			err = a.cfg.Store.SetNext(ctx, id, o.Start.UTC(), o.End.UTC())
		}
		if err != nil {
			a.warn(ctx, "a meeting that comes again cannot be noted", id, err)
		}
	}
}

func (a *Agenda) forget(ctx context.Context, now time.Time) {
	var calls, names time.Time
	if a.cfg.CallRecords > 0 {
		calls = now.Add(-a.cfg.CallRecords)
	}
	if a.cfg.GuestNames > 0 {
		names = now.Add(-a.cfg.GuestNames)
	}
	if calls.IsZero() && names.IsZero() {
		return
	}
	n, g, err := a.cfg.Store.Forget(ctx, calls, names)
	if err != nil {
		a.warn(ctx, "old records could not be deleted; trying again tomorrow", "", err)
		return
	}
	if n > 0 || g > 0 {
		a.cfg.Log.Info("old records deleted", "calls", n, "names", g)
	}
}
