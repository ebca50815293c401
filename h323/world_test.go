package h323

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/media"
)

// world is a network in memory, with a gateway in it.
type world struct {
	t   *testing.T
	srv *Server
	log *notes

	mu      sync.Mutex
	listen  map[netip.AddrPort]*ear
	port    uint16
	streams []*stream
	asked   []Inbound
	left    int // passes given back
	passes  int

	refuse  cause.Cause // of the gate
	route   error
	trunk   string
	noPorts error
	deaf    bool      // packets get lost
	legs    chan *Leg // attended; the test ends the attendance by hanging up
}

const gateway = "192.0.2.1:1720"

// inVirtualTime runs a test with a gateway.
func inVirtualTime(t *testing.T, change func(*Config), test func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, listen: map[netip.AddrPort]*ear{}, port: 40000, legs: make(chan *Leg, 16), log: &notes{}}
		cfg := Config{
			Version: "test", Net: host{w, "192.0.2.1"},
			Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}
		if change != nil {
			change(&cfg)
		}
		streams := Streams{Bind: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, New: w.newStream}
		w.srv = New(cfg, streams, w, w, w)
		l, err := host{w, "192.0.2.1"}.Listen(netip.MustParseAddrPort(gateway))
		if err != nil {
			t.Fatal(err)
		}
		w.srv.Serve(l)
		defer w.srv.attending.Wait()
		defer w.srv.Close()
		test(t, w)
		w.srv.Close()
		if w.passes != w.left {
			t.Errorf("%d places taken, %d given back", w.passes, w.left)
		}
		if n := len(w.srv.Legs()); n != 0 {
			t.Errorf("%d legs are left", n)
		}
		for i, s := range w.streams {
			if !s.isClosed() {
				t.Errorf("stream %d is open", i)
			}
		}
		if strings.Contains(w.log.String(), "48219") {
			t.Errorf("a PIN is in the log:\n%s", w.log)
		}
	})
}

// notes is a log.
type notes struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// Enter implements Gate.
func (w *world) Enter(netip.Addr) (Pass, cause.Cause, string) {
	if w.refuse != cause.None {
		return Pass{}, w.refuse, "the gate is shut"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passes++
	return Pass{Trunk: w.trunk, Leave: func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.left++
	}}, cause.None, ""
}

// Route implements Router.
func (w *world) Route(_ context.Context, in Inbound) (Target, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, in)
	return strings.Join(in.Called, " "), w.route
}

// Attend implements Attendant.
func (w *world) Attend(ctx context.Context, leg bridge.Leg, to Target) {
	if to == "panic" {
		panic("the attendant fell over")
	}
	w.legs <- leg.(*Leg)
	<-leg.Done()
}

// leg is the next that is attended.
func (w *world) leg() *Leg {
	w.t.Helper()
	select {
	case l := <-w.legs:
		return l
	case <-time.After(time.Minute):
		w.t.Fatalf("nobody is attended\n%s", w.log)
		return nil
	}
}

// stream is the sound of a call that nobody hears.
type stream struct {
	Stream
	cfg   media.StreamConfig
	local netip.AddrPort

	mu     sync.Mutex
	params []media.Params
	sent   string
	quiet  time.Time // since when nothing came
	closed bool
}

func (w *world) newStream(c media.StreamConfig) (Stream, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.noPorts != nil {
		return nil, w.noPorts
	}
	s := &stream{cfg: c, local: netip.AddrPortFrom(c.Local, uint16(20000+2*len(w.streams))), quiet: time.Now()}
	w.streams = append(w.streams, s)
	return s, nil
}

func (s *stream) Local() (rtp, rtcp netip.AddrPort) {
	return s.local, netip.AddrPortFrom(s.local.Addr(), s.local.Port()+1)
}

func (s *stream) Update(p media.Params) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.params = append(s.params, p)
}

func (s *stream) SendKey(digit byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent += string(digit)
}

func (s *stream) Stats() media.Stats { return media.Stats{Codec: "test"} }

func (s *stream) LastHeard() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.quiet)
}

func (s *stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *stream) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// last is what was agreed last.
func (s *stream) last() media.Params {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.params) == 0 {
		return media.Params{}
	}
	return s.params[len(s.params)-1]
}

// system is a room system: an Owner and a Media of h323/call.
type system struct {
	call.NoOwner
	w    *world
	call *call.Call
	rtp  netip.AddrPort
	// take is what it does with a call that comes; nil: it answers.
	take func(*call.Call)

	mu        sync.Mutex
	progress  []call.Progress
	setup     *call.Setup
	connected bool
	keys      string
	send      *call.Channel
	receive   []call.Channel
	ended     *call.Reason
}

func (s *system) Local() (rtp, rtcp netip.AddrPort, err error) {
	return s.rtp, netip.AddrPortFrom(s.rtp.Addr(), s.rtp.Port()+1), nil
}

func (s *system) Send(c *call.Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send = c
}

func (s *system) Receive(c []call.Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receive = c
}

func (s *system) Incoming(got *call.Setup) {
	s.mu.Lock()
	s.setup = got
	c, take := s.call, s.take
	s.mu.Unlock()
	if take != nil {
		take(c)
		return
	}
	c.Alert()
	c.Answer()
}

func (s *system) Progress(p call.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress = append(s.progress, p)
}

func (s *system) Connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected = true
}

func (s *system) Key(k call.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys += string(k.Digit)
}

func (s *system) Ended(r call.Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = &r
}

// over is why the call ended, once it has.
func (s *system) over() call.Reason {
	s.w.t.Helper()
	for range 6000 {
		s.mu.Lock()
		r := s.ended
		s.mu.Unlock()
		if r != nil {
			return *r
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.w.t.Fatalf("the call does not end\n%s", s.w.log)
	return call.Reason{}
}

// calls has a room system call the gateway.
func (w *world) calls(from string, change func(*call.Config), called ...call.Alias) *system {
	at := netip.MustParseAddr(from)
	s := &system{w: w, rtp: netip.AddrPortFrom(at, 30000)}
	cfg := &call.Config{
		Name: "Boardroom", Product: "Test System", Version: "7.1", Terminal: true, TerminalType: 50,
		Aliases: []call.Alias{{Kind: call.DialedDigits, Text: "4711"}}, Net: host{w, from},
	}
	if change != nil {
		change(cfg)
	}
	to := call.Target{Signal: netip.MustParseAddrPort(gateway), Called: called}
	s.call = call.Dial(w.t.Context(), to, cfg, s, s)
	w.t.Cleanup(func() { s.call.Close() })
	return s
}

func digits(text string) call.Alias { return call.Alias{Kind: call.DialedDigits, Text: text} }

// host is one machine of a world, as a call.Network.
type host struct {
	*world
	ip string
}

func (h host) Listen(at netip.AddrPort) (net.Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at.Port() == 0 {
		h.port++
		at = netip.AddrPortFrom(at.Addr(), h.port)
	}
	e := &ear{w: h.world, at: at, conns: make(chan net.Conn, 64), closed: make(chan struct{})}
	h.listen[at] = e
	return e, nil
}

func (h host) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	h.mu.Lock()
	e := h.listen[to]
	h.port++
	from := netip.AddrPortFrom(netip.MustParseAddr(h.ip), h.port)
	h.mu.Unlock()
	if e == nil {
		return nil, errors.New("connection refused")
	}
	a, b := net.Pipe()
	select {
	case e.conns <- &conn{b, to, from}:
		return &conn{a, from, to}, nil
	case <-e.closed:
		return nil, errors.New("connection refused")
	}
}

type ear struct {
	w      *world
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
		e.w.mu.Lock()
		defer e.w.mu.Unlock()
		delete(e.w.listen, e.at)
	})
	return nil
}

func (e *ear) Addr() net.Addr { return net.TCPAddrFromAddrPort(e.at) }

// conn is an end of a pipe with addresses.
type conn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// deaf is a host whose packets get lost on demand, both ways.
type deaf struct{ host }

func (d *deaf) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	c, err := d.host.Dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return &lossy{Conn: c, w: d.world}, nil
}

// lossy writes into the void while the world is deaf.
type lossy struct {
	net.Conn
	w *world
}

func (c *lossy) Write(p []byte) (int, error) {
	if c.w.isDeaf() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (w *world) deafen() { w.setDeaf(true) }
func (w *world) hear()   { w.setDeaf(false) }

func (w *world) setDeaf(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf = on
}

func (w *world) isDeaf() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deaf
}

// answers has a room system wait for one call.
func (w *world) answers(at string, take func(*call.Call)) *system {
	addr := netip.MustParseAddrPort(at)
	s := &system{w: w, rtp: netip.AddrPortFrom(addr.Addr(), 30000), take: take}
	h := host{w, addr.Addr().String()}
	l, err := h.Listen(addr)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := &call.Config{Name: "Huddle", Product: "Test System", Version: "7.1", Terminal: true, TerminalType: 50, Net: h}
	go func() {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.call = call.Accept(c, cfg, s, s)
	}()
	w.t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		c := s.call
		s.mu.Unlock()
		if c != nil {
			c.Close()
		}
	})
	return s
}
