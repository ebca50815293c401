package web

import (
	"net"
	"net/netip"
	"sync"

	"github.com/partyline/partyline/web/live"
)

// connectionsPerSource is how many connections one address, or one /64 of IPv6,
// may have open: an office behind one address has two a browser.
const connectionsPerSource = 1000

// crowd is a listener that closes the connections of who has too many already.
// Descriptors are for all.
type crowd struct {
	net.Listener
	most   int
	exempt func(netip.Addr) bool // proxies: behind them are many

	mu   sync.Mutex
	open map[netip.Addr]int
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || c.exempt != nil && c.exempt(peer.Addr().Unmap()) {
			return conn, nil
		}
		source := live.Customer(peer.Addr())
		if !c.enter(source) {
			conn.Close()
			continue
		}
		return &counted{Conn: conn, leave: sync.OnceFunc(func() { c.leave(source) })}, nil
	}
}

func (c *crowd) enter(a netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[a] >= c.most {
		return false
	}
	c.open[a]++
	return true
}

func (c *crowd) leave(a netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[a]--; c.open[a] <= 0 {
		delete(c.open, a)
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
