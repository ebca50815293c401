package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/sdp"
)

// wire is a network of UDP sockets in memory, for tests in virtual time.
type wire struct {
	mu    sync.Mutex
	conns map[netip.AddrPort]*wireConn
	drop  func(from, to netip.AddrPort) bool
}

func newWire() *wire { return &wire{conns: map[netip.AddrPort]*wireConn{}} }

type datagram struct {
	data []byte
	from netip.AddrPort
}

type wireConn struct {
	w      *wire
	addr   netip.AddrPort
	in     chan datagram
	closed chan struct{}
	once   sync.Once
}

func (w *wire) listen(addr string) *wireConn {
	c := &wireConn{w: w, addr: netip.MustParseAddrPort(addr), in: make(chan datagram, 4096), closed: make(chan struct{})}
	w.mu.Lock()
	w.conns[c.addr] = c
	w.mu.Unlock()
	return c
}

func (c *wireConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-c.in:
		return copy(b, d.data), net.UDPAddrFromAddrPort(d.from), nil
	case <-c.closed:
		return 0, nil, net.ErrClosed
	}
}

func (c *wireConn) WriteTo(b []byte, to net.Addr) (int, error) {
	dst := addrPort(to)
	c.w.mu.Lock()
	peer := c.w.conns[dst]
	drop := c.w.drop
	c.w.mu.Unlock()
	if peer == nil || drop != nil && drop(c.addr, dst) {
		return len(b), nil
	}
	select {
	case peer.in <- datagram{append([]byte(nil), b...), c.addr}:
	default:
	}
	return len(b), nil
}

func (c *wireConn) Close() error                     { c.once.Do(func() { close(c.closed) }); return nil }
func (c *wireConn) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(c.addr) }
func (c *wireConn) SetDeadline(time.Time) error      { return nil }
func (c *wireConn) SetReadDeadline(time.Time) error  { return nil }
func (c *wireConn) SetWriteDeadline(time.Time) error { return nil }

// fakeStream stands in for the media engine.
type fakeStream struct {
	cfg    media.StreamConfig
	port   uint16
	mu     sync.Mutex
	params []media.Params
	heard  time.Time
	sent   []byte
	closed bool
}

func (s *fakeStream) Local() (rtp, rtcp netip.AddrPort) {
	return netip.AddrPortFrom(s.cfg.Local, s.port), netip.AddrPortFrom(s.cfg.Local, s.port+1)
}

func (s *fakeStream) Update(p media.Params) {
	s.mu.Lock()
	s.params = append(s.params, p)
	s.mu.Unlock()
}
func (s *fakeStream) SendKey(d byte)     { s.mu.Lock(); s.sent = append(s.sent, d); s.mu.Unlock() }
func (s *fakeStream) Stats() media.Stats { return media.Stats{} }
func (s *fakeStream) Close()             { s.mu.Lock(); s.closed = true; s.mu.Unlock() }
func (s *fakeStream) hear()              { s.mu.Lock(); s.heard = time.Now(); s.mu.Unlock() }
func (s *fakeStream) LastHeard() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.heard)
}

func (s *fakeStream) last() media.Params {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.params) == 0 {
		return media.Params{}
	}
	return s.params[len(s.params)-1]
}

func (s *fakeStream) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
func (s *fakeStream) Rate() int                                   { return 8000 }
func (s *fakeStream) Receive(*media.Tick, []int16) media.Activity { return media.Silent }
func (s *fakeStream) SendFormat() codec.Format                    { return codec.Format{} }
func (s *fakeStream) Send(*media.Tick, []codec.Packet)            {}
func (s *fakeStream) Attach(*media.Engine)                        {}
func (s *fakeStream) Level() (dBov uint8, known bool)             { return 0, false }

// house is a server with everything around it.
type house struct {
	t       *testing.T
	srv     *Server
	wire    *wire
	route   func(context.Context, Inbound) (Target, error)
	attend  func(context.Context, bridge.Leg, Target)
	mu      sync.Mutex
	streams []*fakeStream
	legs    chan bridge.Leg
	inbound []Inbound
}

func (h *house) Route(ctx context.Context, in Inbound) (Target, error) {
	h.mu.Lock()
	h.inbound = append(h.inbound, in)
	h.mu.Unlock()
	if h.route != nil {
		return h.route(ctx, in)
	}
	return "reception", nil
}

func (h *house) Attend(ctx context.Context, leg bridge.Leg, to Target) {
	h.legs <- leg
	if h.attend != nil {
		h.attend(ctx, leg, to)
		return
	}
	<-leg.Done()
}

func (h *house) newStream(c media.StreamConfig) (Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &fakeStream{cfg: c, port: uint16(20000 + 2*len(h.streams)), heard: time.Now()}
	h.streams = append(h.streams, s)
	return s, nil
}

func (h *house) stream(i int) *fakeStream {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams[i]
}

const serverAddr = "192.0.2.1:5060"

func newHouse(t *testing.T, change func(*Config)) *house {
	h := &house{t: t, wire: newWire(), legs: make(chan bridge.Leg, 1000)}
	cfg := Config{
		Anonymous: true, Limits: DefaultLimits(), Domain: "gw.example",
		Codecs: []codec.Name{codec.Opus, codec.G722, codec.PCMA, codec.PCMU},
	}
	if change != nil {
		change(&cfg)
	}
	h.srv = New(cfg, Streams{
		Bind: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, New: h.newStream,
	}, h, h)
	h.srv.exchangeDNS = newZone(t).exchange
	h.srv.ServePacket(h.wire.listen(serverAddr))
	t.Cleanup(h.srv.Close)
	return h
}

// inVirtualTime runs a test whose timers cost nothing.
func inVirtualTime(t *testing.T, change func(*Config), f func(*testing.T, *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, change)
		f(t, h)
		h.srv.Close()
		synctest.Wait()
	})
}

// phone is a SIP phone that speaks in text.
type phone struct {
	t      *testing.T
	c      *wireConn
	user   string
	callID string
	tag    string
	toTag  string
	seq    int
	branch int
	uri    string
	extra  string // header lines of every request
	port   int    // of RTP
	target string // Contact's URI
}

func (h *house) phone(addr string) *phone {
	c := h.wire.listen(addr)
	h.t.Cleanup(func() { c.Close() })
	return &phone{
		t: h.t, c: c, user: "alice", callID: newTag() + "@phone", tag: newTag(),
		uri: "sip:reception@192.0.2.1", port: 40000, target: "sip:alice@" + addr,
	}
}

func (p *phone) text(method string, seq int, headers, kind, body string) string {
	p.branch++
	to := "<" + p.uri + ">"
	if p.toTag != "" {
		to += ";tag=" + p.toTag
	}
	if body != "" {
		headers += "Content-Type: " + kind + "\r\n"
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\n"+
		"From: \"Alice\" <sip:%s@example.org>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"+
		"Contact: <%s>\r\n%s%sContent-Length: %d\r\n\r\n%s",
		method, p.uri, p.c.addr, p.tag, p.branch, p.user, p.tag, to, p.callID, seq, method,
		p.target, p.extra, headers, len(body), body)
}

func (p *phone) raw(text string) {
	p.t.Helper()
	if _, err := p.c.WriteTo([]byte(text), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(serverAddr))); err != nil {
		p.t.Fatal(err)
	}
}

// request sends a request with a new CSeq and returns its text.
func (p *phone) request(method, headers, kind, body string) string {
	p.t.Helper()
	p.seq++
	text := p.text(method, p.seq, headers, kind, body)
	p.raw(text)
	return text
}

// read is the next message, nil after d.
func (p *phone) read(d time.Duration) msg.Message {
	p.t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case dg := <-p.c.in:
		m, err := msg.NewParser().ParseSIP(dg.data)
		if err != nil {
			p.t.Fatalf("the server sent what cannot be parsed: %v\n%s", err, dg.data)
		}
		return m
	case <-timer.C:
		return nil
	}
}

// response is the next response but 100 Trying.
func (p *phone) response() *msg.Response {
	p.t.Helper()
	for {
		m := p.read(40 * time.Second)
		if m == nil {
			p.t.Fatal("no response")
		}
		if r, ok := m.(*msg.Response); ok && r.StatusCode != 100 {
			return r
		}
	}
}

func (p *phone) expect(status int) *msg.Response {
	p.t.Helper()
	r := p.response()
	if r.StatusCode != status {
		p.t.Fatalf("got %d %s, want %d\n%s", r.StatusCode, r.Reason, status, r)
	}
	return r
}

// expectRequest is the next message, which must be a request of the method.
func (p *phone) expectRequest(method string) *msg.Request {
	p.t.Helper()
	m := p.read(3600 * time.Second)
	r, ok := m.(*msg.Request)
	if !ok || string(r.Method) != method {
		p.t.Fatalf("got %v, want %s", m, method)
	}
	return r
}

// reply answers a request of the server's.
func (p *phone) reply(req *msg.Request, status int, headers string, body string) {
	res := msg.NewResponseFromRequest(req, status, "Whatever", []byte(body))
	for line := range strings.SplitSeq(headers, "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			res.AppendHeader(msg.NewHeader(k, strings.TrimSpace(v)))
		}
	}
	if body != "" {
		res.AppendHeader(msg.NewHeader("Content-Type", "application/sdp"))
	}
	p.raw(res.String())
}

func (p *phone) offer() string { return p.sdp("sendrecv", "0 8 101") }

func (p *phone) sdp(direction, pts string) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n"+
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=%s\r\n",
		p.c.addr.Addr(), p.c.addr.Addr(), p.port, pts, direction)
}

// call is a whole call up to the ACK.
func (p *phone) call(h *house) (bridge.Leg, *msg.Response) {
	p.t.Helper()
	p.request("INVITE", "", "application/sdp", p.offer())
	res := p.expect(200)
	p.toTag, _ = res.To().Params.Get("tag")
	p.ack("", "")
	return h.leg(), res
}

func (p *phone) ack(kind, body string) { p.raw(p.text("ACK", p.seq, "", kind, body)) }

func (h *house) leg() bridge.Leg {
	h.t.Helper()
	select {
	case l := <-h.legs:
		return l
	case <-time.After(40 * time.Second):
		h.t.Fatal("nobody was attended")
		return nil
	}
}

func (h *house) ended(l bridge.Leg, want cause.Cause) {
	h.t.Helper()
	select {
	case <-l.Done():
	case <-time.After(2 * time.Hour):
		h.t.Fatal("the call does not end")
	}
	if l.Cause() != want {
		h.t.Fatalf("cause %v, want %v", l.Cause(), want)
	}
}

var _ = sdp.SRTPOff

func netUDP(a netip.AddrPort) net.Addr { return net.UDPAddrFromAddrPort(a) }
