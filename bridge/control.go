package bridge

import (
	"context"
	"slices"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// How long a call may still hear why it ends.
const (
	endGrace    = 1700 * time.Millisecond // end for all: every leg is gone within 2 s; the words take 1.67 s at most
	removeGrace = 5 * time.Second
)

// call runs f on the room's engine between ticks and waits.
func (r *Room) call(ctx context.Context, f func()) error {
	done := make(chan struct{})
	r.engine.Do(func() { defer close(done); f() })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-r.bridge.closed:
		return ErrClosed
	}
}

// with runs f on the member of this id.
func (r *Room) with(ctx context.Context, id string, f func(*member)) error {
	found := false
	err := r.call(ctx, func() {
		for _, m := range r.members {
			if m.p.id == id {
				found = true
				f(m)
				return
			}
		}
	})
	if err == nil && !found {
		err = ErrNotHere
	}
	return err
}

// Admit lets one party in from the lobby.
func (r *Room) Admit(ctx context.Context, id string) error {
	return r.with(ctx, id, func(m *member) {
		r.admitWaiting(func(w *member) bool { return w == m })
	})
}

// AdmitAll lets in everyone in the lobby and returns how many they were.
func (r *Room) AdmitAll(ctx context.Context) (n int, err error) {
	err = r.call(ctx, func() { n = r.admitWaiting(func(*member) bool { return true }) })
	return n, err
}

// Mute mutes or unmutes one party. There is one mute state, whoever changes it:
// the party by key or page, or a host. byOther tells the party of it.
func (r *Room) Mute(ctx context.Context, id string, on, byOther bool) error {
	return r.with(ctx, id, func(m *member) { r.mute(m, on, byOther) })
}

// ToggleMute turns a party's mute state over and returns the new one.
func (r *Room) ToggleMute(ctx context.Context, id string) (muted bool, err error) {
	err = r.with(ctx, id, func(m *member) {
		r.mute(m, !m.p.strip.muted, false)
		muted = m.p.strip.muted
	})
	return muted, err
}

// MuteAll mutes or unmutes everyone but the hosts, those in the lobby too.
func (r *Room) MuteAll(ctx context.Context, on bool) error {
	return r.call(ctx, func() {
		for _, m := range r.members {
			if !m.host {
				r.mute(m, on, true)
			}
		}
	})
}

func (r *Room) mute(m *member, on, byOther bool) {
	if m.p.strip.muted == on {
		return
	}
	m.p.strip.muted = on
	m.p.strip.port.SetMuted(on)
	r.tell(Event{Kind: EventMuted, ID: m.p.id, Name: m.name, On: on, ByOther: byOther})
	if !byOther {
		return
	}
	if on {
		m.p.notify(Notice{NoticeMuted})
	} else {
		m.p.notify(Notice{NoticeUnmuted})
	}
}

// Hand raises or lowers a party's hand.
func (r *Room) Hand(ctx context.Context, id string, up, byOther bool) error {
	return r.with(ctx, id, func(m *member) { r.hand(m, up, byOther) })
}

// ToggleHand turns a party's hand over and returns whether it is up now.
func (r *Room) ToggleHand(ctx context.Context, id string) (up bool, err error) {
	err = r.with(ctx, id, func(m *member) {
		r.hand(m, !m.hand, false)
		up = m.hand
	})
	return up, err
}

func (r *Room) hand(m *member, up, byOther bool) {
	if m.hand == up {
		return
	}
	m.hand = up
	r.tell(Event{Kind: EventHand, ID: m.p.id, Name: m.name, On: up, ByOther: byOther})
	if byOther && !up {
		m.p.notify(Notice{NoticeHandLowered})
	}
}

// Rename changes the name the others see.
func (r *Room) Rename(ctx context.Context, id, name string) error {
	return r.with(ctx, id, func(m *member) {
		m.name = name
		r.tell(Event{Kind: EventRenamed, ID: id, Name: name})
	})
}

// MakeHost gives a party host rights and lets it in if it waits.
func (r *Room) MakeHost(ctx context.Context, id string) error {
	return r.with(ctx, id, func(m *member) {
		if m.host {
			return
		}
		m.host = true
		r.hosts.Add(1)
		r.admitWaiting(func(w *member) bool { return w == m || w.waitHost })
		m.p.notify(Notice{NoticeHost})
		r.tell(Event{Kind: EventHost, ID: id, Name: m.name})
	})
}

// Lock keeps newcomers out, hosts excepted, or lets them in again.
func (r *Room) Lock(ctx context.Context, on bool) error {
	return r.call(ctx, func() {
		if r.locked.Swap(on) != on {
			r.tell(Event{Kind: EventLocked, On: on})
		}
	})
}

// Kick removes one party: it is told, and its call ends for this cause soon
// after.
func (r *Room) Kick(ctx context.Context, id string, c cause.Cause) error {
	return r.with(ctx, id, func(m *member) {
		m.p.notify(Notice{NoticeRemoved})
		r.bridge.hangupAfter(removeGrace, m.p.leg, c)
	})
}

// End ends the meeting for all: everyone is told and every call ends within 2 s.
// Nobody joins any more.
func (r *Room) End(ctx context.Context, c cause.Cause) error {
	return r.call(ctx, func() {
		r.locked.Store(true)
		r.tell(Event{Kind: EventEnded, Cause: c})
		for _, m := range r.members {
			m.p.notify(Notice{NoticeEnded})
			r.bridge.hangupAfter(endGrace, m.p.leg, c)
		}
	})
}

// Announce plays sources to everyone in the room, after what is being announced
// already.
func (r *Room) Announce(sources ...Source) *Playback {
	a := &Playback{sources: sources, done: make(chan struct{})}
	a.stop = func(a *Playback) { r.engine.Do(func() { a.sources = nil }) }
	r.engine.Do(func() {
		if r.gone {
			a.finish()
			return
		}
		r.space.announce = append(r.space.announce, a)
	})
	return a
}

// Entry is one party in a room's roster.
type Entry struct {
	ID      string
	Name    string
	Host    bool
	State   State
	Muted   bool
	Hand    bool
	Talking bool
	Level   uint8 // -dBov
	Joined  time.Time
	Party   Party
	Leg     Leg
	Quality media.Stats
}

// entry is what a roster tells of a member, but what its leg is asked.
func (m *member) entry() Entry {
	return Entry{
		ID: m.p.id, Name: m.name, Host: m.host, State: m.state,
		Muted: m.p.strip.muted, Hand: m.hand, Talking: m.p.strip.talking,
		Level: m.p.strip.port.Level(), Joined: m.joined, Leg: m.p.leg,
	}
}

// Roster tells who is in the room and its lobby, in the order of their coming.
func (r *Room) Roster(ctx context.Context) ([]Entry, error) {
	var all []Entry
	err := r.call(ctx, func() {
		all = make([]Entry, 0, len(r.members))
		for _, m := range r.members {
			all = append(all, m.entry())
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range all { // asked of the legs outside the tick
		all[i].Party, all[i].Quality = all[i].Leg.Party(), all[i].Leg.Quality()
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Joined.Compare(b.Joined) })
	return all, nil
}

// View is a room as one of its parties needs to know it: who joins a room of
// hundreds must not have a list made of them all.
type View struct {
	Host, Muted bool // the party itself
	State       State
	People      int // in the room, the party included if it is
	Waiting     int // in the lobby
}

// View tells how the room looks to the party of this id. It fails with
// ErrNotHere if that is not in it.
func (r *Room) View(ctx context.Context, id string) (v View, err error) {
	err = r.call(ctx, func() {
		for _, m := range r.members {
			if m.state == StateRoom {
				v.People++
			} else {
				v.Waiting++
			}
			if m.p.id == id {
				v.Host, v.Muted, v.State = m.host, m.p.strip.muted, m.state
			}
		}
	})
	if err == nil && v.State == 0 {
		err = ErrNotHere
	}
	return v, err
}
