package webrtc

import (
	"net"
	"net/netip"
	"sync"
)

const (
	// tcpPerSource is how many TCP connections an address may have open: a
	// browser tries a few, and many browsers may be behind one.
	tcpPerSource = 128
	// tcpInKernel is what the kernel may keep for a browser, in bytes: more would
	// be heard too late.
	tcpInKernel = 16 << 10
)

// tcpListener is the browsers' TCP port. An address with too many connections is
// hung up on.
type tcpListener struct {
	net.Listener
	mu   sync.Mutex
	from map[netip.Addr]int
}

func newTCPListener(l net.Listener) *tcpListener {
	return &tcpListener{Listener: l, from: map[netip.Addr]int{}}
}

// Accept implements net.Listener.
func (l *tcpListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		a := sourceOf(c)
		if !l.enter(a) {
			c.Close()
			continue
		}
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetWriteBuffer(tcpInKernel)
		}
		return &tcpConn{Conn: c, leave: sync.OnceFunc(func() { l.leave(a) })}, nil
	}
}

// sourceOf is the address a connection counts for: of IPv6 the network.
func sourceOf(c net.Conn) netip.Addr {
	a, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip := a.AddrPort().Addr().Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return ip
}

func (l *tcpListener) enter(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from[a] >= tcpPerSource {
		return false
	}
	l.from[a]++
	return true
}

func (l *tcpListener) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from[a]--; l.from[a] <= 0 {
		delete(l.from, a)
	}
}

// tcpConn is one browser's connection.
type tcpConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *tcpConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
