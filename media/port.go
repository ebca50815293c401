package media

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
)

// port is a pair of UDP ports, RTP's and its RTCP's, that calls share.
type port struct {
	media     *Media
	engine    *Engine // reads it
	addr      netip.Addr
	rtp, rtcp socket
	most      int // calls: what they send in two ticks waits while an engine is late

	// Guarded by Media.mu.
	calls     int
	exclusive bool

	// mu guards the table. The engine takes it once for each batch read; others
	// only when a call begins, changes or ends.
	mu    sync.Mutex
	table *table
}

// place finds the port for a call: one where it can be told apart from the others,
// if possible one that its engine reads, else a new one.
func (m *Media) place(s *Stream, cfg StreamConfig) (*port, *peer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, ErrClosed
	}
	a := cfg.Local.Unmap()
	list, ok := m.ports[a]
	if !ok && !m.everywhere(a) {
		return nil, nil, fmt.Errorf("%w: %v", ErrAddress, cfg.Local)
	}
	e := m.Pick()
	alone := cfg.Exclusive || !cfg.Peer.known()
	if !alone {
		for _, p := range list {
			if p.engine == e {
				if c := p.admit(s, cfg.Peer); c != nil {
					return p, c, nil
				}
			}
		}
	}
	p, err := m.open(a, e)
	if err != nil && !alone { // another engine's port is better than none
		for _, p := range list {
			if c := p.admit(s, cfg.Peer); c != nil {
				return p, c, nil
			}
		}
	}
	if err != nil {
		return nil, nil, err
	}
	p.exclusive = cfg.Exclusive
	p.calls = 1
	p.mu.Lock()
	defer p.mu.Unlock()
	return p, p.enter(s, cfg.Peer), nil
}

// everywhere says whether ports may be opened at every address of a's family. A
// call then may ask for the very address that its peer was told, so that what we
// send comes from there, on hosts of several addresses too.
func (m *Media) everywhere(a netip.Addr) bool {
	for _, b := range m.cfg.Bind {
		if b = b.Unmap(); b.IsUnspecified() && b.Is4() == a.Is4() && a.IsValid() {
			return true
		}
	}
	return false
}

// admit enters a call if it fits. Media.mu is held.
func (p *port) admit(s *Stream, c Candidates) *peer {
	if p.exclusive || p.calls >= p.most {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.table.fits(c) {
		return nil
	}
	p.calls++
	return p.enter(s, c)
}

// enter gives the port's engine a stream. From now on packets come for it. The
// table's lock is held.
func (p *port) enter(s *Stream, c Candidates) *peer {
	s.engine.Store(p.engine)
	return p.table.add(s, c)
}

// open binds the next free pair of ports and gives it to e to read. Media.mu is
// held.
func (m *Media) open(a netip.Addr, e *Engine) (*port, error) {
	rtp, rtcp, err := m.pair(a)
	if err != nil {
		return nil, err
	}
	p := &port{
		media: m, engine: e, addr: a, rtp: rtp, rtcp: rtcp, table: newTable(),
		most: max(1, min(m.cfg.CallsPerPort, rtp.holds()/2)),
	}
	m.ports[a] = append(m.ports[a], p)
	m.opened[p] = struct{}{}
	e.Do(func() { e.ports = append(e.ports, p) })
	return p, nil
}

// pair binds an even port and the one after it. Where ports are taken, the system is not
// asked for those that are taken by us: a range of thousands that is full would keep
// every call waiting for it, and whoever calls after them.
func (m *Media) pair(a netip.Addr) (rtp, rtcp socket, err error) {
	if m.cfg.PortMin == 0 {
		return m.anyPair(a)
	}
	first := (uint32(m.cfg.PortMin) + 1) &^ 1
	pairs := (int(m.cfg.PortMax) + 1 - int(first)) / 2
	var ours map[uint16]bool // looked up when the first is taken
	for range pairs {
		at := max(m.next[a], first)
		if at+1 > uint32(m.cfg.PortMax) {
			at = first
		}
		m.next[a] = at + 2
		if ours[uint16(at)] {
			continue
		}
		if rtp, rtcp, err = m.bind(a, uint16(at)); err == nil {
			return rtp, rtcp, nil
		}
		if ours == nil {
			ours = m.taken(a)
		}
	}
	if err == nil {
		return nil, nil, ErrNoPorts
	}
	return nil, nil, fmt.Errorf("%w: %w", ErrNoPorts, err)
}

// taken are the even ports of an address that are open. Media.mu is held.
func (m *Media) taken(a netip.Addr) map[uint16]bool {
	ports := make(map[uint16]bool, len(m.opened))
	for p := range m.opened {
		if p.addr == a {
			ports[p.rtp.port()] = true
		}
	}
	return ports
}

// anyPair lets the system choose.
func (m *Media) anyPair(a netip.Addr) (rtp, rtcp socket, err error) {
	for range 64 {
		s, err := m.listen(a, 0)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrNoPorts, err)
		}
		at := s.port()
		if at%2 == 0 {
			if rtcp, err := m.listen(a, at+1); err == nil {
				return s, rtcp, nil
			}
		}
		s.close()
		if at%2 == 1 {
			if rtp, rtcp, err := m.bind(a, at-1); err == nil {
				return rtp, rtcp, nil
			}
		}
	}
	return nil, nil, ErrNoPorts
}

func (m *Media) bind(a netip.Addr, at uint16) (rtp, rtcp socket, err error) {
	if rtp, err = m.listen(a, at); err != nil {
		return nil, nil, err
	}
	if rtcp, err = m.listen(a, at+1); err != nil {
		rtp.close()
		return nil, nil, err
	}
	return rtp, rtcp, nil
}

func (m *Media) listen(a netip.Addr, at uint16) (socket, error) {
	if m.cfg.Portable {
		return openUDP(netip.AddrPortFrom(a, at), m.clock)
	}
	return openSocket(netip.AddrPortFrom(a, at), m.clock)
}

// release takes back a call's place. The call is in the table no more, and its
// engine sends nothing for it any more. The last call's leaving closes the port,
// once its reader has let go of it.
func (m *Media) release(p *port) {
	m.mu.Lock()
	p.calls--
	last := p.calls == 0
	if last {
		l := m.ports[p.addr]
		if i := slices.Index(l, p); i >= 0 {
			m.ports[p.addr] = slices.Delete(l, i, i+1)
		}
	}
	m.mu.Unlock()
	if !last {
		return
	}
	p.engine.Do(func() {
		e := p.engine
		if i := slices.Index(e.ports, p); i >= 0 {
			e.ports = slices.Delete(e.ports, i, i+1)
		}
		m.shut(p)
	})
}

// shut closes the port's sockets, unless Close has.
func (m *Media) shut(p *port) {
	m.mu.Lock()
	_, is := m.opened[p]
	delete(m.opened, p)
	m.mu.Unlock()
	if is {
		p.rtp.close()
		p.rtcp.close()
	}
}

// closePorts closes what is left when no engine runs any more.
func (m *Media) closePorts() {
	m.mu.Lock()
	left := m.opened
	m.opened = map[*port]struct{}{}
	clear(m.ports)
	m.mu.Unlock()
	for p := range left {
		p.rtp.close()
		p.rtcp.close()
	}
}
