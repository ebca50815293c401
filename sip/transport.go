package sip

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	msg "github.com/emiago/sipgo/sip"
)

// MaxMessage is the largest message taken or assembled, in bytes.
const MaxMessage = 64 << 10

// errClosed says that a flow is gone.
var errClosed = errors.New("sip: connection closed")

// flow is one way to a peer: a UDP socket with an address, or a connection.
// Transactions write to it without knowing which.
type flow interface {
	msg.Connection
	network() string // "UDP", "TCP", "TLS"
	local() netip.AddrPort
	remote() netip.AddrPort
	send(data []byte) error
	// alive says that the flow can still be written to.
	alive() bool
	// hold(1) keeps a connection open while a call uses it, hold(-1) lets go.
	hold(n int)
	// toward is the same flow to another address, as responses need it that go
	// to the Via's port. A connection has but one peer and stays itself.
	toward(netip.AddrPort) flow
}

// transport owns the sockets and connections (RFC 3261 §18). Its readers call
// deliver for each message; the data is theirs again when that returns.
type transport struct {
	log     *slog.Logger
	tap     *tap
	deliver func(data []byte, f flow)
	broken  func(data []byte, f flow, err error)
	tls     *tls.Config
	limits  func(netip.Addr) (perSource, total int)

	mu        sync.Mutex
	closed    bool
	sockets   []*udpSocket
	listeners []net.Listener
	bound     []Listen
	conns     connTable
	attempts  []*attempt      // connections in the making
	ctx       context.Context // of those: ends with the server
	wg        sync.WaitGroup
}

// listen opens one address; its readers start at once.
func (t *transport) listen(ctx context.Context, l Listen) error {
	var lc net.ListenConfig
	switch l.Network {
	case "udp":
		pc, err := lc.ListenPacket(ctx, family("udp", l.Addr), l.Addr)
		if err != nil {
			return fmt.Errorf("sip: udp %s: %w", l.Addr, err)
		}
		t.servePacket(pc)
		return nil
	case "tcp", "tls":
		if l.Network == "tls" && t.tls == nil {
			return fmt.Errorf("sip: tls %s: no certificate", l.Addr)
		}
		ln, err := lc.Listen(ctx, family("tcp", l.Addr), l.Addr)
		if err != nil {
			return fmt.Errorf("sip: %s %s: %w", l.Network, l.Addr, err)
		}
		t.serveStream(ln, l.Network == "tls")
		return nil
	}
	return fmt.Errorf("sip: unknown transport %q", l.Network)
}

// family is the network for an address: 0.0.0.0 is all of IPv4 and no IPv6, which
// package net takes it for otherwise. "::" and no host at all are both.
func family(network, addr string) string {
	if ap, err := netip.ParseAddrPort(addr); err == nil && ap.Addr().Is4() {
		return network + "4"
	}
	return network
}

// addrs are the addresses bound, with the ports that were given.
func (t *transport) addrs() []Listen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Listen(nil), t.bound...)
}

// port is the port we are reached at over a network, 0 if not at all.
func (t *transport) port(network string) uint16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.bound {
		if b.Network == network {
			if ap, err := netip.ParseAddrPort(b.Addr); err == nil {
				return ap.Port()
			}
		}
	}
	return 0
}

// open finds or makes a flow to an address. prefer is the flow that the dialog
// used last; for UDP its socket goes on being ours.
func (t *transport) open(ctx context.Context, network string, to netip.AddrPort, prefer flow) (flow, error) {
	if network == "UDP" {
		if prefer != nil && prefer.network() == "UDP" {
			return prefer.toward(to), nil
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if s := t.socketFor(to.Addr()); s != nil {
			return &udpFlow{sock: s, peer: to}, nil
		}
		return nil, errors.New("sip: no UDP socket")
	}
	if c := t.conns.find(network, to); c != nil {
		return c, nil
	}
	return t.connect(ctx, dial{network: network, addr: to})
}

// fits says whether an address can be sent to from here.
func (t *transport) fits(network string, a netip.Addr) bool {
	if network != "UDP" {
		return a.Is4() || !route(a).IsLoopback() || a.IsLoopback()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.socketFor(a) != nil
}

// socketFor is the socket to send to an address by; t.mu is held.
func (t *transport) socketFor(to netip.Addr) *udpSocket {
	for _, s := range t.sockets {
		if a := s.local.Addr(); a.Is4() == to.Is4() || a.IsUnspecified() && a.Is6() {
			return s
		}
	}
	return nil
}

// close shuts everything and waits for the readers.
func (t *transport) close() {
	t.mu.Lock()
	t.closed = true
	for _, s := range t.sockets {
		s.pc.Close()
	}
	for _, l := range t.listeners {
		l.Close()
	}
	t.sockets, t.listeners = nil, nil
	t.mu.Unlock()
	t.conns.closeAll()
	t.wg.Wait()
}

// marshal writes a message to bytes. Buffers are reused: put takes it back.
func marshal(m msg.Message) *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	m.StringWrite(b)
	return b
}

// buffers are scratch space, no state.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// addrPort is the address in a net.Addr, IPv4 as IPv4.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	case *net.TCPAddr:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
