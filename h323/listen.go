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
	cfg := s.cfg.Load()
	s.mu.Lock()
	if s.closed || !s.waiting.add(l, cfg.Limits.WaitingPerSource) {
		s.mu.Unlock()
		s.stats.crowded.Add(1)
		conn.Close()
		l.cancel()
		return
	}
	longest := s.waiting.over(cfg.Limits.Waiting)
	s.wg.Add(1) // until forget
	s.mu.Unlock()
	if longest != nil {
		s.stats.crowded.Add(1)
		longest.Hangup(cause.Timeout)
	}
	l.accept(conn)
}

// waiting are the calls that are not answered, the first that came first. The
// server's mutex guards it.
type waiting struct {
	order list.List // of *Leg
	at    map[*Leg]*list.Element
	of    map[netip.Addr]int
}

func newWaiting() waiting {
	return waiting{at: map[*Leg]*list.Element{}, of: map[netip.Addr]int{}}
}

// add takes one more unless its source has most already.
func (w *waiting) add(l *Leg, most int) bool {
	source := customer.Of(l.source.Addr())
	if most > 0 && w.of[source] >= most {
		return false
	}
	w.of[source]++
	w.at[l] = w.order.PushBack(l)
	return true
}

// over takes out the one that has waited longest, if there are more than most.
func (w *waiting) over(most int) *Leg {
	if most <= 0 || w.order.Len() <= most {
		return nil
	}
	l := w.order.Front().Value.(*Leg)
	w.remove(l)
	return l
}

func (w *waiting) remove(l *Leg) {
	e := w.at[l]
	if e == nil {
		return
	}
	w.order.Remove(e)
	delete(w.at, l)
	source := customer.Of(l.source.Addr())
	if w.of[source]--; w.of[source] <= 0 {
		delete(w.of, source)
	}
}

func (w *waiting) all() []*Leg {
	var legs []*Leg
	for e := w.order.Front(); e != nil; e = e.Next() {
		legs = append(legs, e.Value.(*Leg))
	}
	return legs
}
