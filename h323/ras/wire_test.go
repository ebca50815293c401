package ras

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// network carries datagrams between sockets in memory, at once and in order.
type network struct {
	mu      sync.Mutex
	sockets map[netip.AddrPort]*socket
	groups  map[netip.AddrPort][]*socket
	down    map[netip.AddrPort]bool // what goes there is lost
}

func newNetwork() *network {
	return &network{
		sockets: map[netip.AddrPort]*socket{},
		groups:  map[netip.AddrPort][]*socket{},
		down:    map[netip.AddrPort]bool{},
	}
}

// listen opens a socket.
func (n *network) listen(at string, groups ...netip.AddrPort) *socket {
	s := &socket{net: n, addr: netip.MustParseAddrPort(at), in: make(chan datagram, 256), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sockets[s.addr] = s
	for _, g := range groups {
		n.groups[g] = append(n.groups[g], s)
	}
	return s
}

// cut loses what goes to an address, until it is mended.
func (n *network) cut(at netip.AddrPort, down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down[at] = down
}

func (n *network) send(from, to netip.AddrPort, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	receivers := slices.Clone(n.groups[to])
	if s := n.sockets[to]; s != nil {
		receivers = append(receivers, s)
	}
	for _, s := range receivers {
		if n.down[s.addr] {
			continue
		}
		select {
		case s.in <- datagram{from, bytes.Clone(data)}:
		default:
		}
	}
}

// socket is a net.PacketConn of a network.
type socket struct {
	net    *network
	addr   netip.AddrPort
	in     chan datagram
	closed chan struct{}
	once   sync.Once
}

func (s *socket) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case d := <-s.in:
		return copy(p, d.data), net.UDPAddrFromAddrPort(d.from), nil
	case <-s.closed:
		return 0, nil, net.ErrClosed
	}
}

func (s *socket) WriteTo(p []byte, to net.Addr) (int, error) {
	select {
	case <-s.closed:
		return 0, net.ErrClosed
	default:
	}
	s.net.send(s.addr, to.(*net.UDPAddr).AddrPort(), p)
	return len(p), nil
}

func (s *socket) Close() error                     { s.once.Do(func() { close(s.closed) }); return nil }
func (s *socket) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(s.addr) }
func (s *socket) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (s *socket) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (s *socket) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

// The addresses of the tests (RFC 5737).
const (
	ours      = "192.0.2.1:1719"
	theirs    = "192.0.2.5:1719"
	secondary = "192.0.2.6:1719"
	stranger  = "198.51.100.9:1719"
)

// heard is a message that a fake gatekeeper received.
type heard struct {
	at   time.Duration // since the test began
	m    *h225.RasMessage
	data []byte
}

// fakeGatekeeper answers as a gatekeeper does. handle, if it returns true, has
// answered instead.
type fakeGatekeeper struct {
	t      *testing.T
	conn   *socket
	id     string
	ttl    int64
	began  time.Time
	mu     sync.Mutex
	log    []heard
	handle func(m *h225.RasMessage) bool
	rcf    func(*h225.RegistrationConfirm)
	acf    func(*h225.AdmissionConfirm)
	seq    int
	client netip.AddrPort
	regs   int
}

func (n *network) gatekeeper(t *testing.T, at, id string, groups ...netip.AddrPort) *fakeGatekeeper {
	g := &fakeGatekeeper{t: t, conn: n.listen(at, groups...), id: id, ttl: 60, began: time.Now(), seq: 100, client: netip.MustParseAddrPort(ours)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.serve()
	}()
	t.Cleanup(func() { g.conn.Close(); <-done })
	return g
}

func (g *fakeGatekeeper) serve() {
	buf := make([]byte, 0xffff)
	for {
		n, _, err := g.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		data := bytes.Clone(buf[:n])
		m, err := h225.UnmarshalRAS(data)
		if err != nil {
			g.t.Errorf("gatekeeper: %v: %x", err, data)
			continue
		}
		if again, err := h225.MarshalRAS(m); err != nil || !bytes.Equal(again, data) {
			g.t.Errorf("gatekeeper: %x becomes %x, %v", data, again, err)
		}
		g.mu.Lock()
		g.log = append(g.log, heard{time.Since(g.began), m, data})
		handle := g.handle
		g.mu.Unlock()
		if handle == nil || !handle(m) {
			g.answer(m)
		}
	}
}

// answer says yes to everything.
func (g *fakeGatekeeper) answer(m *h225.RasMessage) {
	seq := sequence(m)
	switch {
	case m.GatekeeperRequest != nil:
		g.send(&h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{
			RequestSeqNum: seq, ProtocolIdentifier: h225.Protocol, GatekeeperIdentifier: &g.id,
			RasAddress: *h225.TransportAddressOf(g.conn.addr),
		}})
	case m.RegistrationRequest != nil:
		g.confirm(m.RegistrationRequest)
	case m.UnregistrationRequest != nil:
		g.send(&h225.RasMessage{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: seq}})
	case m.AdmissionRequest != nil:
		r := m.AdmissionRequest
		c := &h225.AdmissionConfirm{
			RequestSeqNum: seq, BandWidth: r.BandWidth, CallModel: *r.CallModel,
			DestCallSignalAddress: *h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.77:1720")),
		}
		if g.acf != nil {
			g.acf(c)
		}
		g.send(&h225.RasMessage{AdmissionConfirm: c})
	case m.BandwidthRequest != nil:
		g.send(&h225.RasMessage{BandwidthConfirm: &h225.BandwidthConfirm{RequestSeqNum: seq, BandWidth: m.BandwidthRequest.BandWidth}})
	case m.DisengageRequest != nil:
		g.send(&h225.RasMessage{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: seq}})
	}
}

func (g *fakeGatekeeper) confirm(r *h225.RegistrationRequest) {
	g.regs++
	c := &h225.RegistrationConfirm{
		RequestSeqNum: r.RequestSeqNum, ProtocolIdentifier: h225.Protocol, CallSignalAddress: []h225.TransportAddress{},
		GatekeeperIdentifier: &g.id, EndpointIdentifier: g.endpoint(),
	}
	if g.ttl > 0 {
		c.TimeToLive = &g.ttl
	}
	if g.rcf != nil {
		g.rcf(c)
	}
	g.send(&h225.RasMessage{RegistrationConfirm: c})
}

// endpoint is the identifier that the endpoint has here.
func (g *fakeGatekeeper) endpoint() string { return "1234_" + g.id }

// send sends a message to the client, and returns its octets.
func (g *fakeGatekeeper) send(m *h225.RasMessage) []byte {
	data, err := h225.MarshalRAS(m)
	if err != nil {
		g.t.Errorf("gatekeeper: %v", err)
		return nil
	}
	g.conn.WriteTo(data, net.UDPAddrFromAddrPort(g.client))
	return data
}

// next is a sequence number for a request of the gatekeeper's.
func (g *fakeGatekeeper) next() int { g.seq++; return g.seq }

// on sets what answers instead.
func (g *fakeGatekeeper) on(handle func(m *h225.RasMessage) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handle = handle
}

// silent answers nothing.
func silent(*h225.RasMessage) bool { return true }

// messages are those of that name, in the order they came.
func (g *fakeGatekeeper) messages(name string) (all []heard) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, h := range g.log {
		if h.m.Name() == name {
			all = append(all, h)
		}
	}
	return all
}

// last is the last message of that name.
func (g *fakeGatekeeper) last(name string) *h225.RasMessage {
	g.t.Helper()
	all := g.messages(name)
	if len(all) == 0 {
		g.t.Fatalf("no %s came", name)
	}
	return all[len(all)-1].m
}

// times are when messages of that name came.
func (g *fakeGatekeeper) times(name string) (at []time.Duration) {
	for _, h := range g.messages(name) {
		at = append(at, h.at)
	}
	return at
}

// config is for a client of the gatekeeper at theirs.
func config() Config {
	return Config{
		Address: theirs,
		Signal:  []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:1720")},
		Aliases: []h225.AliasAddress{h225.AliasDigits("600"), h225.AliasH323ID("reception")},
		Vendor:  h225.NewVendorIdentifier(h225.H221NonStandard{T35CountryCode: 0xb5}, "Partyline", "1"),
		Route: func(netip.AddrPort) (netip.Addr, error) {
			return netip.MustParseAddrPort(ours).Addr(), nil
		},
		Resolve: func(_ context.Context, host string, port uint16) ([]netip.AddrPort, error) {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		},
	}
}

// play runs a test in virtual time, with a client that the test closes.
func play(t *testing.T, test func(t *testing.T, n *network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newNetwork()) })
}

// open starts a client; the test's end closes it.
func (n *network) open(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := Open(n.listen(ours), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c.Close(ctx)
	})
	return c
}

// registered starts a gatekeeper and a client and waits until they know each other.
func (n *network) registered(t *testing.T, cfg Config) (*Client, *fakeGatekeeper) {
	t.Helper()
	g := n.gatekeeper(t, theirs, "gk")
	c := n.open(t, cfg)
	synctest.Wait()
	if s := status(c); s.Phase != Registered {
		t.Fatalf("%+v", s)
	}
	return c, g
}

// during lets virtual time pass and everything settle.
func during(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ask is an admission with that call identifier's last octet.
func ask(n byte) Admission {
	id := bytes.Repeat([]byte{n}, 16)
	return Admission{CallID: id, ConferenceID: id, CallReference: uint16(n), Destination: []h225.AliasAddress{h225.AliasDigits("77")}}
}

// admit admits a call.
func admit(t *testing.T, c *Client, a Admission) *Call {
	t.Helper()
	call, err := c.Admit(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return call
}

// yes is for optional fields.
func yes() *bool { b := true; return &b }

// status is how things stand when all that was on its way has come.
func status(c *Client) Status {
	synctest.Wait()
	return c.Status()
}
