package sip

import (
	"net/netip"
	"sync"

	"github.com/partyline/partyline/internal/customer"
)

// connTable holds the open connections and keeps their numbers within bounds.
type connTable struct {
	mu       sync.Mutex
	closed   bool
	total    int
	bySource map[netip.Addr][]*tcpFlow // oldest first
}

// add takes a connection in. A source at its cap loses its oldest connection
// that no call uses, one that never said anything first: idle connections can
// keep neither others nor new ones of the same source out.
func (t *connTable) add(s *tcpFlow, perSource, total int) bool {
	key := customer.Of(s.peer.Addr())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	if t.bySource == nil {
		t.bySource = map[netip.Addr][]*tcpFlow{}
	}
	mine := t.bySource[key]
	switch {
	case perSource > 0 && len(mine) >= perSource:
		if !t.evict(key) {
			return false
		}
	case total > 0 && t.total >= total:
		if !t.evict(t.greediest()) {
			return false
		}
	}
	t.bySource[key] = append(t.bySource[key], s)
	t.total++
	return true
}

// evict closes one connection of a source, if any can be spared.
func (t *connTable) evict(key netip.Addr) bool {
	var victim *tcpFlow
	for _, s := range t.bySource[key] {
		if s.inUse() {
			continue
		}
		if !s.proven.Load() {
			victim = s
			break
		}
		if victim == nil {
			victim = s
		}
	}
	if victim == nil {
		return false
	}
	t.drop(victim)
	victim.shut()
	return true
}

// greediest is the source with the most connections.
func (t *connTable) greediest() netip.Addr {
	var most netip.Addr
	for k, v := range t.bySource {
		if len(v) > len(t.bySource[most]) {
			most = k
		}
	}
	return most
}

func (t *connTable) remove(s *tcpFlow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(s)
}

// drop forgets a connection; again is no harm.
func (t *connTable) drop(s *tcpFlow) {
	key := customer.Of(s.peer.Addr())
	list := t.bySource[key]
	for i := range list {
		if list[i] != s {
			continue
		}
		list = append(list[:i], list[i+1:]...)
		t.total--
		if len(list) == 0 {
			delete(t.bySource, key)
		} else {
			t.bySource[key] = list
		}
		return
	}
}

// find is an open connection to exactly this address.
func (t *connTable) find(network string, to netip.AddrPort) *tcpFlow {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.bySource[customer.Of(to.Addr())] {
		if s.peer == to && s.network() == network && s.alive() {
			return s
		}
	}
	return nil
}

// dialled is an open connection that was made for the same as this would be.
func (t *connTable) dialled(d dial) *tcpFlow {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.bySource[customer.Of(d.addr.Addr())] {
		if s.dialled && s.to.same(d) && s.alive() && !s.retired.Load() {
			return s
		}
	}
	return nil
}

func (t *connTable) closeAll() {
	t.mu.Lock()
	t.closed = true
	var all []*tcpFlow
	for _, list := range t.bySource {
		all = append(all, list...)
	}
	t.mu.Unlock()
	for _, s := range all {
		s.shut()
	}
}
