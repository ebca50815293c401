package call

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// fabric is a network in memory: TCP connections with addresses, buffers,
// deadlines and half-close, that live in a synctest bubble.
type fabric struct {
	mu     sync.Mutex
	listen map[netip.AddrPort]*ear
	next   uint16
	dialed int
}

func newFabric() *fabric {
	return &fabric{listen: map[netip.AddrPort]*ear{}, next: 40000}
}

// host is one machine of a fabric. It implements Network.
type host struct {
	*fabric
	ip netip.Addr
	// refuse: nobody can connect from here.
	refuse bool
}

func (f *fabric) host(ip string) *host { return &host{fabric: f, ip: netip.MustParseAddr(ip)} }

func (f *fabric) port() uint16 {
	f.next++
	return f.next
}

func (h *host) Listen(at netip.AddrPort) (net.Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), h.port())
	}
	if h.listen[at] != nil {
		return nil, errors.New("address in use")
	}
	e := &ear{h: h, at: at, conns: make(chan net.Conn, 16), closed: make(chan struct{})}
	h.listen[at] = e
	return e, nil
}

func (h *host) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	h.mu.Lock()
	e := h.listen[to]
	from := netip.AddrPortFrom(h.ip, h.port())
	h.dialed++
	h.mu.Unlock()
	if h.refuse {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if e == nil {
		return nil, fmt.Errorf("connection to %s refused", to)
	}
	a, b := connPair(from, to)
	select {
	case e.conns <- b:
		return a, nil
	case <-e.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ear is a listener.
type ear struct {
	h      *host
	at     netip.AddrPort
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (e *ear) Accept() (net.Conn, error) {
	select {
	case c := <-e.conns:
		return c, nil
	case <-e.closed:
		return nil, net.ErrClosed
	}
}

func (e *ear) Close() error {
	e.once.Do(func() {
		close(e.closed)
		e.h.mu.Lock()
		delete(e.h.listen, e.at)
		e.h.mu.Unlock()
		for {
			select {
			case c := <-e.conns:
				c.Close()
			default:
				return
			}
		}
	})
	return nil
}

func (e *ear) Addr() net.Addr { return net.TCPAddrFromAddrPort(e.at) }

// half is one direction of a connection.
type half struct {
	mu      sync.Mutex
	cond    *sync.Cond
	buf     []byte
	limit   int
	ended   bool // the writer has closed
	broken  bool // the reader has closed
	readBy  time.Time
	writeBy time.Time
	timers  []*time.Timer
}

func newHalf() *half {
	h := &half{limit: 64 << 10}
	h.cond = sync.NewCond(&h.mu)
	return h
}

func (h *half) wake() {
	h.mu.Lock()
	h.cond.Broadcast()
	h.mu.Unlock()
}

func (h *half) deadline(at *time.Time, t time.Time) {
	h.mu.Lock()
	*at = t
	if !t.IsZero() {
		h.timers = append(h.timers, time.AfterFunc(time.Until(t), h.wake))
	}
	h.cond.Broadcast()
	h.mu.Unlock()
}

func passed(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.broken:
			return 0, net.ErrClosed
		case len(h.buf) > 0:
			n := copy(p, h.buf)
			h.buf = h.buf[n:]
			h.cond.Broadcast()
			return n, nil
		case h.ended:
			return 0, io.EOF
		case passed(h.readBy):
			return 0, os.ErrDeadlineExceeded
		}
		h.cond.Wait()
	}
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n < len(p) {
		switch {
		case h.ended:
			return n, net.ErrClosed
		case h.broken:
			return n, errors.New("broken pipe")
		case len(h.buf) < h.limit:
			k := min(len(p)-n, h.limit-len(h.buf))
			h.buf = append(h.buf, p[n:n+k]...)
			n += k
			h.cond.Broadcast()
			continue
		case passed(h.writeBy):
			return n, os.ErrDeadlineExceeded
		}
		h.cond.Wait()
	}
	return n, nil
}

func (h *half) close(reader bool) {
	h.mu.Lock()
	if reader {
		h.broken = true
		for _, t := range h.timers {
			t.Stop()
		}
	} else {
		h.ended = true
	}
	h.cond.Broadcast()
	h.mu.Unlock()
}

// memConn is an end of a connection in memory.
type memConn struct {
	in, out       *half
	local, remote netip.AddrPort
}

func connPair(a, b netip.AddrPort) (x, y *memConn) {
	ab, ba := newHalf(), newHalf()
	return &memConn{in: ba, out: ab, local: a, remote: b}, &memConn{in: ab, out: ba, local: b, remote: a}
}

func (c *memConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *memConn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *memConn) CloseWrite() error           { c.out.close(false); return nil }
func (c *memConn) LocalAddr() net.Addr         { return net.TCPAddrFromAddrPort(c.local) }
func (c *memConn) RemoteAddr() net.Addr        { return net.TCPAddrFromAddrPort(c.remote) }

func (c *memConn) Close() error {
	c.out.close(false)
	c.in.close(true)
	return nil
}

func (c *memConn) SetReadDeadline(t time.Time) error {
	c.in.deadline(&c.in.readBy, t)
	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.out.deadline(&c.out.writeBy, t)
	return nil
}

func (c *memConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// once is a network whose first dialled connection is ready made.
type once struct {
	conn net.Conn
	*host
}

func (o once) Dial(context.Context, netip.AddrPort) (net.Conn, error) { return o.conn, nil }
