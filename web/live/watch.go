package live

import (
	"context"
	"time"

	"github.com/partyline/partyline/bridge"
)

// The pace of a watch.
const (
	newsEvery    = 200 * time.Millisecond // changes of the roster, at the most
	qualityEvery = 2 * time.Second
	rosterTime   = 2 * time.Second // an engine that has not answered by then is asked again
)

// audience is who sees the same of a room.
type audience uint8

const (
	nobody audience = iota
	guests
	hosts
)

// watch shows a room to the browsers in it. The seats are in Live's table, under
// its mutex; all else belongs to the watch's goroutine.
type watch struct {
	live  *Live
	id    string // the room's; empty: of the test calls
	seats map[string]*seat
	dirty chan struct{} // something has changed
	gone  chan struct{} // nobody is left to show it to

	quality map[string]quality // by leg, of the last look at it
	loudest map[string]uint8   // by leg, since its page was told last; -dBov
	views   [hosts + 1]view
}

// view is what an audience has been shown last.
type view struct {
	people []Person
	locked bool
}

// key is the name of the seat's watch.
func (s *seat) key() string { return s.room().ID }

// watchFor puts a seat before its watch, which begins with the first. l.mu is
// held.
func (l *Live) watchFor(s *seat) {
	w := l.watches[s.key()]
	if w == nil {
		w = &watch{
			live: l, id: s.key(), seats: map[string]*seat{}, quality: map[string]quality{},
			loudest: map[string]uint8{}, dirty: make(chan struct{}, 1), gone: make(chan struct{}),
		}
		l.watches[w.id] = w
		l.work.Go(w.run)
	}
	w.seats[s.leg.ID()] = s
}

// unwatch takes a seat away; the watch ends with the last. l.mu is held.
func (l *Live) unwatch(s *seat) {
	w := l.watches[s.key()]
	delete(w.seats, s.leg.ID())
	if len(w.seats) == 0 {
		delete(l.watches, w.id)
		close(w.gone)
	}
}

// nudge says that a room has changed.
func (l *Live) nudge(id string) {
	l.mu.Lock()
	w := l.watches[id]
	l.mu.Unlock()
	if w != nil {
		w.nudge()
	}
}

func (w *watch) nudge() {
	select {
	case w.dirty <- struct{}{}:
	default:
	}
}

// note follows an event of the bridge: what was done to somebody is told at once,
// the rest by the next look at the roster.
func (l *Live) note(e bridge.Event) {
	defer l.guard("an event of a room", func() {})
	l.mu.Lock()
	w := l.watches[e.RoomID]
	var s *seat
	var all []*seat
	if w != nil {
		s = w.seats[e.ID]
		if e.Kind == bridge.EventEnded {
			all = w.list()
		}
	}
	l.mu.Unlock()
	if w == nil {
		return
	}
	for _, s := range all {
		s.send(noticeOf("ended"))
	}
	if s != nil {
		s.notice(e)
	}
	w.nudge()
}

// list is the seats. l.mu is held.
func (w *watch) list() []*seat {
	all := make([]*seat, 0, len(w.seats))
	for _, s := range w.seats {
		all = append(all, s)
	}
	return all
}

func noticeOf(kind string) []byte { return encode(noticeMessage{Type: "notice", Kind: kind}) }

// notice tells the page what others did to its party.
func (s *seat) notice(e bridge.Event) {
	switch {
	case e.Kind == bridge.EventWaiting:
		s.waited = true
	case e.Kind == bridge.EventJoined && s.waited:
		s.waited = false
		s.send(noticeOf("admitted"))
	case e.Kind == bridge.EventMuted && e.ByOther && e.On:
		s.send(noticeOf("muted"))
	case e.Kind == bridge.EventMuted && e.ByOther:
		s.send(noticeOf("unmuted"))
	case e.Kind == bridge.EventHand && e.ByOther && !e.On:
		s.send(noticeOf("hand-lowered"))
	case e.Kind == bridge.EventHost:
		s.send(noticeOf("host"))
	}
}

// run looks at the room when something has changed, and at the quality of its
// calls from time to time, until nobody is left.
func (w *watch) run() {
	measure := time.NewTicker(qualityEvery)
	defer measure.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	// A test call has no events, and its page shows how loud its party is.
	var level <-chan time.Time
	if w.id == "" {
		often := time.NewTicker(newsEvery)
		defer often.Stop()
		level = often.C
	}
	for {
		due := false
		select {
		case <-w.gone:
			return
		case <-measure.C:
			due = true
		case <-w.dirty:
		case <-level:
		}
		w.look(due)
		pause.Reset(newsEvery)
		select {
		case <-w.gone:
			return
		case <-pause.C:
		}
	}
}

// look reads the roster and shows it.
func (w *watch) look(measure bool) {
	defer w.live.guard("a look at a room", func() {})
	ctx, cancel := context.WithTimeout(context.Background(), rosterTime)
	defer cancel()
	var roster []bridge.Entry
	locked := false
	if w.id != "" {
		if r := w.live.cfg.Bridge.Room(w.id); r != nil {
			var err error
			if roster, err = r.Roster(ctx); err != nil {
				w.nudge()
				return
			}
			locked = r.Locked()
		}
	}
	news := w.compare(roster, locked, measure)
	w.live.mu.Lock()
	seats := w.list()
	w.live.mu.Unlock()
	here := make(map[string]*bridge.Entry, len(roster))
	for i := range roster {
		here[roster[i].ID] = &roster[i]
	}
	for _, s := range seats {
		e := here[s.leg.ID()]
		w.listen(s.leg.ID(), e)
		if c := s.line(); c != nil {
			w.show(s, c, e, news, measure)
		}
	}
	if measure {
		clear(w.loudest)
	}
}

// listen notes how loud a party is.
func (w *watch) listen(id string, e *bridge.Entry) {
	now := uint8(silent)
	if e != nil {
		now = e.Level
	} else if p := w.live.cfg.Bridge.Participant(id); p != nil {
		now = p.InputLevel()
	}
	if was, known := w.loudest[id]; !known || now < was {
		w.loudest[id] = now
	}
}

// silent is the level of silence, in -dBov.
const silent = 127

// news is what each audience is told, encoded once for all of it.
type news struct {
	of [hosts + 1]struct {
		whole func() []byte // the roster
		delta []byte        // since the last; nil: nothing has changed
	}
}

// compare makes the views of a roster and what is new in them.
func (w *watch) compare(roster []bridge.Entry, locked, measure bool) *news {
	w.remember(roster, measure)
	var now [hosts + 1]view
	now[hosts].locked = locked
	for i := range roster {
		e := &roster[i]
		now[hosts].people = append(now[hosts].people, hostView(e, w.quality[e.ID]))
		if e.State == bridge.StateRoom {
			now[guests].people = append(now[guests].people, guestView(e))
		}
	}
	n := &news{}
	for a := guests; a <= hosts; a++ {
		old, v := w.views[a], now[a]
		m := peopleMessage{Type: "people"}
		m.Set, m.Gone = change(old.people, v.people)
		if old.locked != v.locked {
			m.Locked = &v.locked
		}
		if m.Set != nil || m.Gone != nil || m.Locked != nil {
			n.of[a].delta = encode(m)
		}
		var whole []byte
		n.of[a].whole = func() []byte {
			if whole == nil {
				m := rosterMessage{Type: "roster", People: v.people}
				if m.People == nil {
					m.People = []Person{}
				}
				if a == hosts {
					m.Locked = &v.locked
				}
				whole = encode(m)
			}
			return whole
		}
	}
	w.views = now
	return n
}

// remember keeps the quality of the calls: it is measured seldom, so that its
// small changes are not news all the time.
func (w *watch) remember(roster []bridge.Entry, measure bool) {
	was := w.quality
	w.quality = make(map[string]quality, len(roster))
	for i := range roster {
		e := &roster[i]
		q, known := was[e.ID]
		if measure || !known {
			q = w.live.measure(e.Quality)
		}
		w.quality[e.ID] = q
	}
}

// show tells a socket where its party is, who else is there and how it sounds.
func (w *watch) show(s *seat, c *conn, e *bridge.Entry, n *news, measure bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.key() != w.id {
		return // it has been moved meanwhile, and another watch shows it its room
	}
	state, audience := "connecting", nobody
	switch {
	case e == nil && s.ask.Test && w.live.cfg.Bridge.Participant(s.leg.ID()) != nil:
		state = "room" // that of the echo
	case e == nil:
	case e.Host:
		state, audience = e.State.String(), hosts
	case e.State == bridge.StateRoom:
		state, audience = "room", guests
	default:
		state = "lobby"
	}
	if state != c.state {
		c.state = state
		c.send(encode(stateMessage{Type: "state", State: state}))
	}
	switch {
	case audience != c.shown && audience != nobody:
		c.send(n.of[audience].whole())
	case audience != nobody && n.of[audience].delta != nil:
		c.send(n.of[audience].delta)
	}
	c.shown = audience
	if measure && state != "connecting" {
		c.send(encode(w.own(s)))
	}
}

// own is the quality of a page's own call.
func (w *watch) own(s *seat) qualityMessage {
	q := w.live.measure(s.leg.Quality())
	level := -int(w.loudest[s.leg.ID()])
	return qualityMessage{Type: "quality", Loss: q.loss, JitMS: q.jitter, RTTMS: q.rtt, MOS: q.mos, Level: level}
}
