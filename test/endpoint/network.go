package endpoint

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
)

// network is where a call's connections come from. The first is that of its call
// signalling, whose messages go through it.
type network struct {
	edit   func(*q931.Message)
	buffer int

	mu     sync.Mutex
	signal *wire
}

// Dial implements call.Network.
func (n *network) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	return n.take(c), nil
}

// Listen implements call.Network.
func (n *network) Listen(at netip.AddrPort) (net.Listener, error) {
	return net.Listen("tcp", at.String())
}

// take wraps a connection.
func (n *network) take(c net.Conn) net.Conn {
	if tcp, ok := c.(*net.TCPConn); ok && n.buffer > 0 {
		_ = tcp.SetReadBuffer(n.buffer)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.signal != nil {
		return c
	}
	n.signal = &wire{Conn: c, edit: n.edit, stuck: make(chan struct{}), closed: make(chan struct{})}
	return n.signal
}

// errNoCall: there is no call signalling channel yet.
var errNoCall = errors.New("endpoint: no call signalling channel")

// wire is a call signalling channel. h323/tpkt writes a frame by one Write.
type wire struct {
	net.Conn
	edit func(*q931.Message)

	stick, shut sync.Once
	stuck       chan struct{} // nothing is read any more
	closed      chan struct{}

	mu        sync.Mutex // of writing
	reference uint16
	called    bool // they are FromDestination
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	select {
	case <-w.stuck:
		<-w.closed
		return 0, net.ErrClosed
	default:
		return w.Conn.Read(b)
	}
}

// Close implements net.Conn.
func (w *wire) Close() error {
	w.shut.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

// CloseWrite ends what we send.
func (w *wire) CloseWrite() error {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Write implements net.Conn.
func (w *wire) Write(frame []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(frame) > tpkt.HeaderSize {
		m, err := q931.Parse(frame[tpkt.HeaderSize:])
		if err != nil {
			return 0, err
		}
		w.reference, w.called = m.CallReference, m.FromDestination
		if w.edit != nil {
			w.edit(m)
			return len(frame), w.send(m)
		}
	}
	return w.Conn.Write(frame)
}

// send writes a message. w.mu is held.
func (w *wire) send(m *q931.Message) error {
	payload, err := m.Append(nil)
	if err != nil {
		return err
	}
	frame, err := tpkt.Append(nil, payload)
	if err != nil {
		return err
	}
	_, err = w.Conn.Write(frame)
	return err
}

// say adds a message of a kind to the call.
func (w *wire) say(kind q931.Type, fill func(*q931.Message)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := q931.New(kind, w.reference, w.called)
	fill(m)
	return w.send(m)
}
