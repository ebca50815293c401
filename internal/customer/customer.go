// Package customer says by whom limits count: one customer's address. In flow the
// addresses of peers, and the connections of a listener; out flow the address that
// stands for the customer, and those connections of which its customer has not too
// many. A Listener owns its counts.
package customer

import (
	"net"
	"net/netip"
	"sync"
)

// Of is the address by which a peer is counted: its own, of IPv6 the /64, since a
// single subscriber has that many.
func Of(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if p, err := a.Prefix(64); a.Is6() && err == nil {
		return p.Addr()
	}
	return a
}

// Listener closes the connections of a source that has too many open already.
// Descriptors are for all.
type Listener struct {
	net.Listener
	most   int
	exempt func(netip.Addr) bool

	mu   sync.Mutex
	open map[netip.Addr]int
}

// Limit lets at most so many connections of each source through. exempt, which may
// be nil, says which addresses count for nothing: proxies, behind which are many.
func Limit(l net.Listener, most int, exempt func(netip.Addr) bool) *Listener {
	return &Listener{Listener: l, most: most, exempt: exempt, open: map[netip.Addr]int{}}
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || l.exempt != nil && l.exempt(peer.Addr().Unmap()) {
			return conn, nil
		}
		from := Of(peer.Addr())
		if !l.enter(from) {
			conn.Close()
			continue
		}
		return &counted{Conn: conn, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
	}
}

func (l *Listener) enter(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a] >= l.most {
		return false
	}
	l.open[a]++
	return true
}

func (l *Listener) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a]--; l.open[a] <= 0 {
		delete(l.open, a)
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
