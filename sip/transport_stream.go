package sip

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

const (
	// streamIdle is how long a connection may go without a complete message,
	// unless a call uses it.
	streamIdle = 35 * time.Second
	// streamWrite is how long a peer may refuse to take what we write.
	streamWrite = 10 * time.Second
	// handshake is the time for TLS to be agreed, dialling the time to connect.
	handshake = 10 * time.Second
	dialling  = 5 * time.Second
)

// serveStream accepts connections until the listener is closed.
func (t *transport) serveStream(ln net.Listener, secure bool) {
	network := "tcp"
	if secure {
		network = "tls"
	}
	t.mu.Lock()
	t.listeners = append(t.listeners, ln)
	t.bound = append(t.bound, Listen{network, addrPort(ln.Addr()).String()})
	t.mu.Unlock()
	t.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // out of descriptors: those open may free some
				time.Sleep(50 * time.Millisecond)
				continue
			}
			if secure {
				c = tls.Server(c, t.tls)
			}
			t.adopt(c, secure, false)
		}
	})
}

// adopt takes a connection in and starts its reader; nil if there is no room.
func (t *transport) adopt(c net.Conn, secure, dialled bool) *tcpFlow {
	s := &tcpFlow{
		conn: c, here: addrPort(c.LocalAddr()), peer: addrPort(c.RemoteAddr()),
		secure: secure, dialled: dialled,
	}
	perSource, total := t.limits(s.peer.Addr())
	if !t.conns.add(s, perSource, total) {
		c.Close()
		t.log.Warn("connection refused", "source", s.peer.Addr(), "reason", "too many connections")
		return nil
	}
	t.wg.Go(func() { t.readStream(s) })
	return s
}

// dial opens a connection of ours.
func (t *transport) dial(ctx context.Context, network string, to netip.AddrPort) (flow, error) {
	ctx, cancel := context.WithTimeout(ctx, dialling)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	secure := network == "TLS"
	if secure {
		conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: to.Addr().String()}
		if t.tls != nil {
			conf.RootCAs, conf.Certificates = t.tls.RootCAs, t.tls.Certificates
		}
		tc := tls.Client(c, conf)
		if err := tc.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, err
		}
		c = tc
	}
	if s := t.adopt(c, secure, true); s != nil {
		return s, nil
	}
	return nil, errClosed
}

// readStream is a connection's one reader.
func (t *transport) readStream(s *tcpFlow) {
	defer t.conns.remove(s)
	defer s.shut()
	if tc, ok := s.conn.(*tls.Conn); ok {
		ctx, cancel := context.WithTimeout(context.Background(), handshake)
		err := tc.HandshakeContext(ctx)
		cancel()
		if err != nil {
			return
		}
	}
	r := bufio.NewReaderSize(s.conn, 2048)
	for {
		s.reading(false)
		data, err := readMessage(r, s.pong, func() { s.reading(true) })
		if err != nil {
			if errors.Is(err, errTooLarge) || errors.Is(err, errLength) {
				t.broken(data, s, err)
			} else if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				t.log.Debug("connection ends", "source", s.peer.String(), "error", err)
			}
			return
		}
		s.proven.Store(true)
		t.deliver(data, s)
	}
}

// tcpFlow is a TCP or TLS connection, taken or made.
type tcpFlow struct {
	conn       net.Conn
	here, peer netip.AddrPort
	secure     bool
	dialled    bool        // by us
	proven     atomic.Bool // a whole message has come
	dead       atomic.Bool

	write sync.Mutex // one message at a time

	mu    sync.Mutex
	calls int  // calls that use it
	mid   bool // within a message
}

// reading says whether a message has begun.
func (s *tcpFlow) reading(mid bool) {
	s.mu.Lock()
	s.mid = mid
	s.deadline()
	s.mu.Unlock()
}

func (s *tcpFlow) hold(n int) {
	s.mu.Lock()
	s.calls += n
	s.deadline()
	s.mu.Unlock()
}

// deadline sets the time for reading on: a message, once begun, must be
// complete within streamIdle, and so must the next one begin unless a call
// depends on the connection. s.mu is held; setting a deadline does not block.
func (s *tcpFlow) deadline() {
	if s.calls > 0 && !s.mid {
		_ = s.conn.SetReadDeadline(time.Time{})
		return
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(streamIdle))
}

func (s *tcpFlow) inUse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls > 0
}

func (s *tcpFlow) shut() {
	s.dead.Store(true)
	s.conn.Close()
}

func (s *tcpFlow) pong() { _ = s.send([]byte("\r\n")) }

func (s *tcpFlow) send(b []byte) error {
	s.write.Lock()
	defer s.write.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(streamWrite))
	_, err := s.conn.Write(b)
	if err != nil { // part of it may be out: the framing is lost
		s.shut()
	}
	return err
}

func (s *tcpFlow) WriteMsg(m msg.Message) error {
	if s.dead.Load() {
		return errClosed
	}
	b := marshal(m)
	defer buffers.Put(b)
	return s.send(b.Bytes())
}

func (s *tcpFlow) network() string {
	if s.secure {
		return "TLS"
	}
	return "TCP"
}
func (s *tcpFlow) local() netip.AddrPort      { return s.here }
func (s *tcpFlow) remote() netip.AddrPort     { return s.peer }
func (s *tcpFlow) alive() bool                { return !s.dead.Load() }
func (s *tcpFlow) toward(netip.AddrPort) flow { return s }
func (s *tcpFlow) LocalAddr() net.Addr        { return s.conn.LocalAddr() }
func (s *tcpFlow) Ref(int) int                { return 1 }
func (s *tcpFlow) TryClose() (int, error)     { return 1, nil }
func (s *tcpFlow) Close() error               { s.shut(); return nil }
