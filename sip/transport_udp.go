package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"

	msg "github.com/emiago/sipgo/sip"
)

// udpBuffer is the socket buffer asked for, in bytes: a burst of a few thousand
// messages waits there rather than being lost.
const udpBuffer = 4 << 20

// udpSocket is one bound UDP socket.
type udpSocket struct {
	pc    net.PacketConn
	tap   *tap
	local netip.AddrPort
	// wild is pc if it is bound to every address of this system: each datagram
	// then tells to which of them it came, and what answers it leaves from there.
	wild *net.UDPConn
}

// servePacket reads a UDP socket until it is closed.
func (t *transport) servePacket(pc net.PacketConn) {
	if u, ok := pc.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(udpBuffer) // as much as the system grants
		_ = u.SetWriteBuffer(udpBuffer)
	}
	s := &udpSocket{pc: pc, tap: t.tap, local: addrPort(pc.LocalAddr())}
	if u, ok := pc.(*net.UDPConn); ok && s.local.Addr().IsUnspecified() && tellDestination(u, s.local.Addr().Is4()) == nil {
		s.wild = u
	}
	t.mu.Lock()
	t.sockets = append(t.sockets, s)
	t.bound = append(t.bound, Listen{"udp", s.local.String()})
	t.mu.Unlock()
	t.wg.Go(func() { t.readPackets(s) })
}

// readPackets is the socket's one reader: messages are delivered in the order
// of their arrival.
func (t *transport) readPackets(s *udpSocket) {
	buf := make([]byte, MaxMessage)
	for {
		n, f, err := s.read(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// ICMP errors of datagrams sent before surface here; the socket lives.
			t.mu.Lock()
			closed := t.closed
			t.mu.Unlock()
			if closed {
				return
			}
			continue
		}
		data := buf[:n]
		if len(bytes.Trim(data, "\r\n\x00")) == 0 {
			continue // keep-alive (RFC 5626 §4.4.1 and older habits)
		}
		t.deliver(data, f)
	}
}

// read reads one datagram.
func (s *udpSocket) read(buf []byte) (int, *udpFlow, error) {
	if s.wild == nil {
		n, from, err := s.pc.ReadFrom(buf)
		if err != nil {
			return 0, nil, err
		}
		return n, &udpFlow{sock: s, peer: addrPort(from)}, nil
	}
	var oob [128]byte
	n, m, _, from, err := s.wild.ReadMsgUDPAddrPort(buf, oob[:])
	if err != nil {
		return 0, nil, err
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	return n, &udpFlow{sock: s, peer: from, here: destination(oob[:m])}, nil
}

// udpFlow is a socket and the peer's address. It is small and made per message:
// nothing is kept of addresses that were heard once.
type udpFlow struct {
	sock *udpSocket
	peer netip.AddrPort
	here netip.Addr // ours that the peer speaks to, if the socket has many
}

func (f *udpFlow) network() string { return "UDP" }
func (f *udpFlow) local() netip.AddrPort {
	if f.here.IsValid() {
		return netip.AddrPortFrom(f.here, f.sock.local.Port())
	}
	return f.sock.local
}
func (f *udpFlow) remote() netip.AddrPort        { return f.peer }
func (f *udpFlow) alive() bool                   { return true }
func (f *udpFlow) hold(int)                      {}
func (f *udpFlow) toward(to netip.AddrPort) flow { return &udpFlow{f.sock, to, f.here} }
func (f *udpFlow) LocalAddr() net.Addr           { return f.sock.pc.LocalAddr() }
func (f *udpFlow) Ref(int) int                   { return 1 }
func (f *udpFlow) TryClose() (int, error)        { return 1, nil }
func (f *udpFlow) Close() error                  { return nil }
func (f *udpFlow) WriteMsg(m msg.Message) error {
	b := marshal(m)
	defer buffers.Put(b)
	// A message over the MTU leaves in fragments: an answer with Opus and SRTP
	// must arrive, and RFC 3261 §18.2.2 sends responses the way requests came.
	return f.send(b.Bytes())
}

// send sends a datagram from the address that the peer spoke to. If that is not
// ours any more, or the peer now has an address of the other family, the system
// chooses.
func (f *udpFlow) send(data []byte) error {
	f.sock.tap.message(data, f, true)
	if f.here.IsValid() && f.here.Is4() == f.peer.Addr().Is4() {
		oob := fromAddress(f.here, f.sock.local.Addr().Is4())
		if _, _, err := f.sock.wild.WriteMsgUDPAddrPort(data, oob, f.peer); err == nil {
			return nil
		}
	}
	_, err := f.sock.pc.WriteTo(data, net.UDPAddrFromAddrPort(f.peer))
	return err
}
