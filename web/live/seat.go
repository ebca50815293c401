package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/internal/customer"
)

// The patience of a seat.
const (
	// lostTime is how long a call waits for a socket: pages come back within it
	// from a changed network.
	lostTime = 30 * time.Second
	// reloadTime is how long it waits after a page said that it is being closed,
	// for it may be loading anew.
	reloadTime = 5 * time.Second
)

// offerTime bounds the answer to an offer.
const offerTime = 10 * time.Second

// seat is one browser's call.
type seat struct {
	live  *Live
	leg   Leg
	ask   Ask
	spot  atomic.Pointer[spot]
	own   bool   // it came by a link of its own
	token string // with which a socket may speak for it

	waited bool // in the lobby; owned by the goroutine of follow

	mu    sync.Mutex
	conn  *conn       // nil: none now
	grace *time.Timer // ends the call that has no socket
	over  bool
}

// spot is the room that a seat is in.
type spot struct {
	Room
	host bool // as it came there
}

// room is where the seat is: hosts move people from one room to another.
func (s *seat) room() *spot { return s.spot.Load() }

// serve is the seat's call, from its connection to its end.
func (s *seat) serve() {
	defer s.end()
	defer s.live.guard("a browser's call", func() { s.leg.Hangup(cause.Internal) })
	select {
	case <-s.leg.Connected():
		s.live.cfg.Entrance.Attend(s.leg, s.ask)
		s.leg.Hangup(cause.Hangup) // nothing, if the call has ended
	case <-s.leg.Done():
	}
	<-s.leg.Done()
}

// end frees the seat and says goodbye.
func (s *seat) end() {
	l := s.live
	l.mu.Lock()
	delete(l.seats, s.token)
	if s.ask.Test {
		decrement(l.tests, customer.Of(s.ask.Source))
	}
	l.unwatch(s)
	l.mu.Unlock()
	s.mu.Lock()
	c := s.conn
	s.conn, s.over = nil, true
	s.rest()
	s.mu.Unlock()
	if c != nil {
		c.bye(l.farewell(c.language, s.leg.Cause(), 0))
	}
}

// rest stops the clock of a seat without socket. s.mu is held.
func (s *seat) rest() {
	if s.grace != nil {
		s.grace.Stop()
		s.grace = nil
	}
}

// asked says whether a hello asks for what the seat was given for.
func (s *seat) asked(m inbound) bool {
	return m.Link == s.ask.Token && m.Room == s.ask.RoomID && m.Test == s.ask.Test
}

// attach makes a socket the one that speaks for the seat, and says so to the one
// that did. It fails if the call is over.
func (s *seat) attach(c *conn) bool {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return false
	}
	old := s.conn
	s.conn = c
	s.rest()
	// Before anything else that others send to it.
	c.send(encode(s.welcome()))
	s.mu.Unlock()
	if old != nil {
		old.bye(byeMessage{Type: "bye", Cause: "replaced", Text: "another page goes on with this call"})
	}
	s.live.nudge(s.key())
	return true
}

func (s *seat) welcome() welcomeMessage {
	in := s.room()
	w := welcomeMessage{
		Type: "welcome", You: s.leg.ID(), Resume: s.token, Role: "guest",
		Title: in.Title, Names: in.Names, ICE: s.live.servers(s.leg.ID()),
	}
	if in.host {
		w.Role, w.Room = "host", in.ID
	}
	w.Ways = in.ways(s.ask.Language)
	return w
}

// ways are the ways into the room for who may see them.
func (in *spot) ways(language string) *Ways {
	if !in.host && !in.Invites {
		return nil
	}
	ways := in.Ways.Speaking(language)
	return &ways
}

// detach takes away a socket that has ended. The call goes on for a while.
func (s *seat) detach(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return
	}
	s.conn = nil
	if s.grace == nil {
		s.wait(lostTime, cause.Timeout)
	}
}

// leaveSoon ends the call in a moment, unless the page comes back by then.
func (s *seat) leaveSoon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait(reloadTime, cause.Hangup)
}

// wait ends the call after d. s.mu is held.
func (s *seat) wait(d time.Duration, c cause.Cause) {
	s.rest()
	if !s.over {
		s.grace = time.AfterFunc(d, func() { s.leg.Hangup(c) })
	}
}

// send says something to whatever socket there is.
func (s *seat) send(text []byte) {
	if c := s.line(); c != nil {
		c.send(text)
	}
}

func (s *seat) line() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

// meeting is the seat's live room, nil if nobody is in it yet.
func (s *seat) meeting() *bridge.Room {
	if s.ask.Test {
		return nil
	}
	return s.live.cfg.Bridge.Room(s.room().ID)
}

// isHost says whether the seat is host now, not only as it came.
func (s *seat) isHost() bool {
	r := s.meeting()
	if r == nil {
		return s.room().host
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	v, err := r.View(ctx, s.leg.ID())
	if err != nil {
		return s.room().host
	}
	return v.Host
}

// obey does what a message asks for.
func (s *seat) obey(ctx context.Context, c *conn, m inbound) {
	ctx, cancel := context.WithTimeout(ctx, offerTime)
	defer cancel()
	var err error
	switch m.Type {
	case "offer":
		err = s.offer(ctx, c, m.SDP)
	case "candidate":
		if s.leg.Candidate(m.Candidate) != nil {
			err = &Failure{Code: "candidate", Message: "the candidate was not understood"}
		}
	case "mute", "hand", "name":
		err = s.self(ctx, m)
	case "key":
		s.leg.Press(m.Digit[0])
	case "leave":
		s.leg.Hangup(cause.Hangup)
	case "ping":
		c.send([]byte(`{"type":"pong"}`))
	case "command":
		if err = s.command(ctx, m); err == nil {
			c.send(encode(doneMessage{Type: "done", ID: m.ID}))
		}
	default:
		err = &Failure{Code: "message", Message: m.Type + " is not expected here"}
	}
	if err != nil {
		c.send(encode(failureOf(err).message(m.ID)))
	}
}

func (s *seat) offer(ctx context.Context, c *conn, sdp string) error {
	answer, err := s.leg.Offer(ctx, sdp)
	if err != nil {
		s.live.log.Info("a browser's offer was refused", "leg", s.leg.ID(), "error", err)
		return &Failure{Code: "offer", Message: "the offer was not accepted"}
	}
	c.send(encode(answerMessage{Type: "answer", SDP: answer}))
	return nil
}

// self does what everybody may do to themselves.
func (s *seat) self(ctx context.Context, m inbound) error {
	r := s.meeting()
	if r == nil {
		return failureOf(bridge.ErrNotHere)
	}
	switch m.Type {
	case "mute":
		return r.Mute(ctx, s.leg.ID(), *m.On, false)
	case "hand":
		return r.Hand(ctx, s.leg.ID(), *m.On, false)
	}
	if s.room().Names == namesGuest && !s.isHost() {
		return &Failure{Code: "name", Field: "name", Message: "names are not shown in this room"}
	}
	name, err := CleanName(m.Name)
	if err != nil {
		return err
	}
	return r.Rename(ctx, s.leg.ID(), name)
}

// command does what hosts may do to others.
func (s *seat) command(ctx context.Context, m inbound) error {
	r := s.meeting()
	if r == nil {
		return failureOf(bridge.ErrNotHere)
	}
	v, err := r.View(ctx, s.leg.ID())
	if err != nil {
		return err
	}
	if !v.Host {
		return &Failure{Code: "forbidden", Message: "only hosts may do this"}
	}
	c, room := Command{Do: m.Do, Who: m.Who, Name: m.Name, On: m.On}, s.room().ID
	if err := s.live.Do(ctx, room, c); err != nil {
		return err
	}
	if did := s.live.cfg.Did; did != nil {
		did(Deed{UserID: s.ask.UserID, Name: s.ask.Name, Source: s.ask.Source, RoomID: room, Command: c})
	}
	return nil
}
