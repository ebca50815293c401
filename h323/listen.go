package h323

import (
	"container/list"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/internal/customer"
)

// Serve takes calls from a listener until Close, which closes it.
func (s *Server) Serve(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		l.Close()
		return
	}
	s.listeners = append(s.listeners, l)
	s.wg.Go(func() { s.accept(l) })
}

// accept takes connections. When there are no descriptors left it waits for some:
// calls that are up go on.
func (s *Server) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			s.connected(conn)
		case errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil:
			return
		default:
			s.logRefusal("connection not taken", "error", err)
			select {
			case <-time.After(50 * time.Millisecond):
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// connected has a call wait for its Setup on a new connection.
func (s *Server) connected(conn net.Conn) {
	from := addrPort(conn.RemoteAddr())
	s.stats.connections.Add(1)
	l := newLeg(s, from)
	l.local = addrPort(conn.LocalAddr()).Addr()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		conn.Close()
		l.cancel()
		return
	}
	gone := s.waiting.add(l, s.cfg.Load().Limits)
	s.wg.Add(1) // until forget
	s.mu.Unlock()
	if gone != nil {
		s.stats.crowded.Add(1)
		gone.Hangup(cause.Timeout)
	}
	l.accept(conn)
}

// waiting are the calls that are not answered, the first that came first. The
// server's mutex guards it.
type waiting struct {
	order list.List // of *visitor
	at    map[*Leg]*list.Element
	of    map[netip.Addr]int
}

// visitor is a call in waiting.
type visitor struct {
	leg    *Leg
	source netip.Addr
	asked  bool // by a Setup
}

func newWaiting() waiting {
	return waiting{at: map[*Leg]*list.Element{}, of: map[netip.Addr]int{}}
}

// add takes one more. If there are more of its source, or in all, than limits allow,
// one of those makes room: who has said nothing for longest or, if all have brought
// a Setup, the one that waits for longest. It is taken out.
func (w *waiting) add(l *Leg, limits Limits) (gone *Leg) {
	source := customer.Of(l.source.Addr())
	switch {
	case limits.WaitingPerSource > 0 && w.of[source] >= limits.WaitingPerSource:
		gone = w.longest(func(v *visitor) bool { return v.source == source })
	case limits.Waiting > 0 && w.order.Len() >= limits.Waiting:
		gone = w.longest(func(*visitor) bool { return true })
	}
	if gone != nil {
		w.remove(gone)
	}
	w.of[source]++
	w.at[l] = w.order.PushBack(&visitor{leg: l, source: source})
	return gone
}

func (w *waiting) longest(among func(*visitor) bool) (first *Leg) {
	for e := w.order.Front(); e != nil; e = e.Next() {
		v := e.Value.(*visitor)
		switch {
		case !among(v):
		case !v.asked:
			return v.leg
		case first == nil:
			first = v.leg
		}
	}
	return first
}

// asks notes that a Setup has come.
func (w *waiting) asks(l *Leg) {
	if e := w.at[l]; e != nil {
		e.Value.(*visitor).asked = true
	}
}

func (w *waiting) remove(l *Leg) {
	e := w.at[l]
	if e == nil {
		return
	}
	v := w.order.Remove(e).(*visitor)
	delete(w.at, l)
	if w.of[v.source]--; w.of[v.source] <= 0 {
		delete(w.of, v.source)
	}
}

func (w *waiting) all() []*Leg {
	var legs []*Leg
	for e := w.order.Front(); e != nil; e = e.Next() {
		legs = append(legs, e.Value.(*visitor).leg)
	}
	return legs
}
