package sip

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
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
	// handshake is the time for TLS to be agreed, dialWait the time to connect.
	handshake = 10 * time.Second
	dialWait  = 5 * time.Second
)

// dial is where a connection goes and what it is made with. Only what is for the
// same is shared.
type dial struct {
	network    string // "TCP", "TLS"
	addr       netip.AddrPort
	serverName string // in the certificate; empty: the address
	trunk      string // empty: no trunk's
	issue      uint32 // of the trunk's TLS configuration
	conf       *tls.Config
}

func (d dial) same(o dial) bool {
	d.conf, o.conf = nil, nil
	return d == o
}

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
	server := t.serverTLS()
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
				c = tls.Server(c, server)
			}
			t.adopt(c, secure, nil)
		}
	})
}

// serverTLS is what connections are taken with. Peers are asked for a certificate
// and may have none: what it proves is looked at when they call.
func (t *transport) serverTLS() *tls.Config {
	if t.tls == nil {
		return nil
	}
	conf := t.tls.Clone()
	if conf.ClientAuth == tls.NoClientCert {
		conf.ClientAuth = tls.RequestClientCert
	}
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	return conf
}

// adopt takes a connection in and starts its reader; nil if there is no room. to is
// where we dialled, nil for those that were accepted.
func (t *transport) adopt(c net.Conn, secure bool, to *dial) *tcpFlow {
	s := &tcpFlow{
		conn: c, tap: t.tap, here: addrPort(c.LocalAddr()), peer: addrPort(c.RemoteAddr()),
		secure: secure, dialled: to != nil, over: make(chan struct{}),
	}
	if to != nil {
		s.to = *to
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

// connect finds an open connection that was made for the same, or makes one. Those
// who want the same at the same time wait for one attempt.
func (t *transport) connect(ctx context.Context, d dial) (flow, error) {
	t.mu.Lock()
	if c := t.conns.dialled(d); c != nil {
		t.mu.Unlock()
		return c, nil
	}
	for _, a := range t.attempts {
		if a.to.same(d) {
			t.mu.Unlock()
			return a.wait(ctx)
		}
	}
	if t.closed {
		t.mu.Unlock()
		return nil, errClosed
	}
	a := &attempt{to: d, done: make(chan struct{})}
	t.attempts = append(t.attempts, a)
	t.wg.Go(func() { t.attempt(a) })
	t.mu.Unlock()
	return a.wait(ctx)
}

// attempt makes a connection, whoever of those who want it gives up meanwhile.
func (t *transport) attempt(a *attempt) {
	a.flow, a.err = t.make(t.ctx, a.to)
	t.mu.Lock()
	t.attempts = slices.DeleteFunc(t.attempts, func(o *attempt) bool { return o == a })
	t.mu.Unlock()
	close(a.done)
}

// attempt is a connection in the making.
type attempt struct {
	to   dial
	done chan struct{}
	flow *tcpFlow
	err  error
}

func (a *attempt) wait(ctx context.Context) (flow, error) {
	select {
	case <-a.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.flow, nil
}

// make opens a connection of ours. A certificate is always checked, against the
// name that was asked for.
func (t *transport) make(ctx context.Context, d dial) (*tcpFlow, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	var nd net.Dialer
	c, err := nd.DialContext(ctx, "tcp", d.addr.String())
	if err != nil {
		return nil, err
	}
	if d.network == "TLS" {
		tc := tls.Client(c, t.clientTLS(d))
		if err := tc.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, err
		}
		c = tc
	}
	if s := t.adopt(c, d.network == "TLS", &d); s != nil {
		return s, nil
	}
	return nil, errClosed
}

// clientTLS is what a connection of ours is made with.
func (t *transport) clientTLS(d dial) *tls.Config {
	conf := new(tls.Config)
	switch {
	case d.conf != nil:
		conf = d.conf.Clone()
	case t.tls != nil:
		conf.RootCAs, conf.Certificates = t.tls.RootCAs, t.tls.Certificates
	}
	conf.ServerName = d.serverName
	if conf.ServerName == "" {
		conf.ServerName = d.addr.Addr().String()
	}
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	conf.InsecureSkipVerify = false
	return conf
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
	tap        *tap
	here, peer netip.AddrPort
	secure     bool
	dialled    bool        // by us
	to         dial        // and where
	proven     atomic.Bool // a whole message has come
	dead       atomic.Bool
	// over is closed when nothing new is to begin here: the connection is gone, or
	// retired and there for what uses it still.
	over    chan struct{}
	retired atomic.Bool

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
	s.retire()
	s.conn.Close()
}

// retire has new calls use another connection.
func (s *tcpFlow) retire() {
	if !s.retired.Swap(true) {
		close(s.over)
	}
}

// closing is closed when nothing new is to begin on a flow; a socket's never is.
func closing(f flow) <-chan struct{} {
	if s, ok := f.(*tcpFlow); ok {
		return s.over
	}
	return nil
}

func (s *tcpFlow) pong() { _ = s.send([]byte("\r\n")) }

func (s *tcpFlow) send(b []byte) error {
	s.tap.message(b, s, true)
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
