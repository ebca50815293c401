package call

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/partyline/partyline/h323/tpkt"
)

// mostQueued is how many frames wait for a peer that does not read. One that lets
// so many wait has lost its call.
const mostQueued = 64

// errStuck: the peer does not take what we send.
var errStuck = errors.New("call: peer does not read")

// wire is a TCP connection with its reader and its writer. What they report is
// posted to the loop of the call: frames one by one, the end of reading, the end
// of writing. The fields below the line belong to the loop.
type wire struct {
	conn   net.Conn
	timers *Timers
	post   func(func()) bool
	quit   <-chan struct{} // the call's loop has ended
	closer sync.Once

	out chan []byte

	// below: the loop's
	frame           func([]byte) // an incoming frame; empty: a keep-alive
	lost            func(error)  // reading has ended: io.EOF or an error
	read, flushed   bool         // reading has ended; all is written
	finished, gone  bool         // nothing more is queued; the connection is closed
	settled         func()       // read or flushed has become true
	local, remoteAt netip.AddrPort
}

// newWire makes a wire without goroutines.
func (c *Call) newWire(conn net.Conn, frame func([]byte), lost func(error)) *wire {
	return &wire{
		conn: conn, timers: &c.timers, post: c.box.put, quit: c.quit, out: make(chan []byte, mostQueued),
		frame: frame, lost: lost, settled: c.settle, local: addrPort(conn.LocalAddr()), remoteAt: addrPort(conn.RemoteAddr()),
	}
}

// start runs reader and writer until close.
func (c *Call) start(w *wire) {
	c.wires = append(c.wires, w)
	c.goes.Go(func() { c.guard(w.reading) })
	c.goes.Go(func() { c.guard(w.writing) })
}

func (w *wire) reading() {
	r := tpkt.NewReader(w.conn, tpkt.Policy{Frame: w.timers.Frame})
	handled := make(chan struct{}, 1)
	for {
		p, err := r.Next()
		if err != nil {
			w.post(func() {
				w.read = true
				w.settled()
				w.lost(err)
			})
			return
		}
		// One frame at a time: a peer that sends faster than we work waits in TCP.
		if !w.post(func() {
			defer func() { handled <- struct{}{} }()
			w.frame(p)
		}) {
			return
		}
		select {
		case <-handled:
		case <-w.quit:
			return
		}
	}
}

func (w *wire) writing() {
	out := tpkt.NewWriter(w.conn, w.timers.Write)
	for p := range w.out {
		if err := out.WriteFrame(p); err != nil {
			w.post(func() {
				w.flushed = true
				w.settled()
				w.lost(err)
			})
			return
		}
	}
	if half, ok := w.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	w.post(func() {
		w.flushed = true
		w.settled()
	})
}

// send queues a frame. The frame is the wire's from now on.
func (w *wire) send(p []byte) error {
	if w.finished || w.flushed {
		return net.ErrClosed
	}
	select {
	case w.out <- p:
		return nil
	default:
		return errStuck
	}
}

// finish has what is queued written, and nothing after it.
func (w *wire) finish() {
	if !w.finished {
		w.finished = true
		close(w.out)
	}
}

// close ends reader and writer at once. Any goroutine may call it, but only the
// loop finishes a wire.
func (w *wire) close() {
	w.closer.Do(func() { _ = w.conn.Close() })
}

// drop finishes and closes.
func (w *wire) drop() {
	w.finish()
	w.close()
	w.gone = true
}

// addrPort reads an address of a connection, without the zone and the IPv6 form
// of IPv4 addresses.
func addrPort(a net.Addr) netip.AddrPort {
	switch t := a.(type) {
	case *net.TCPAddr:
		ap := t.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
	case nil:
		return netip.AddrPort{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}

// or is d, or the default.
func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// filled are the timers with their defaults.
func (t Timers) filled() Timers {
	t.Setup = or(t.Setup, 30*time.Second)
	t.Frame = or(t.Frame, tpkt.DefaultFrame)
	t.Write = or(t.Write, 10*time.Second)
	t.Connect = or(t.Connect, 10*time.Second)
	t.T303 = or(t.T303, 15*time.Second)
	t.T310 = or(t.T310, time.Minute)
	t.T301 = or(t.T301, 3*time.Minute)
	t.Control = or(t.Control, 10*time.Second)
	t.Release = or(t.Release, 2*time.Second)
	return t
}
