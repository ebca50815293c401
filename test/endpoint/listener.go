package endpoint

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/partyline/partyline/h323/call"
)

// Listener is an endpoint that is called.
type Listener struct {
	opts    Options
	l       net.Listener
	calls   chan *Call
	running sync.WaitGroup
}

// mostCalls is how many calls a Listener has that nobody has asked for.
const mostCalls = 64

// Listen waits for calls on a port of 127.0.0.1 that the system chooses.
func Listen(o Options) (*Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &Listener{opts: o, l: l, calls: make(chan *Call, mostCalls)}
	e.running.Go(e.accept)
	return e, nil
}

// Addr is where it listens.
func (l *Listener) Addr() netip.AddrPort { return l.l.Addr().(*net.TCPAddr).AddrPort() }

// Next is the next call that came in.
func (l *Listener) Next(ctx context.Context) (*Call, error) {
	select {
	case c, ok := <-l.calls:
		if !ok {
			return nil, net.ErrClosed
		}
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *Listener) accept() {
	defer close(l.calls)
	for {
		conn, err := l.l.Accept()
		if err != nil {
			return
		}
		c, err := newCall(&l.opts)
		if err != nil {
			conn.Close()
			continue
		}
		c.has(call.Accept(c.net.take(conn), l.opts.config(c.net), c, owner{c}))
		select {
		case l.calls <- c:
		default:
			c.Close()
		}
	}
}

// Close takes no calls any more. Those that Next has not given away end.
func (l *Listener) Close() error {
	err := l.l.Close()
	l.running.Wait()
	for c := range l.calls {
		err = errors.Join(err, c.Close())
	}
	return err
}
