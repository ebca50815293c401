package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// udpSocket is a port on net.UDPConn, for systems without recvmmsg(2): one
// goroutine reads into a ring that the engine drains. Arrival is when that
// goroutine saw the packet.
type udpSocket struct {
	conn  *net.UDPConn
	local uint16
	clock *clock
	ring  *ring
	wg    sync.WaitGroup
	mu    sync.Mutex // guards buf: several engines may send
	buf   [2 * maxPacket]byte
}

// udpSlots is how many packets wait for the engine at most.
const udpSlots = 256

func openUDP(a netip.AddrPort, c *clock) (socket, error) {
	network := "udp6"
	if a.Addr().Is4() {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(a))
	if err != nil {
		return nil, err
	}
	// As much as the system allows: packets of a tick wait here.
	_ = conn.SetReadBuffer(receiveBuffer)
	_ = conn.SetWriteBuffer(sendBuffer)
	s := &udpSocket{
		conn: conn, clock: c, ring: newRing(udpSlots),
		local: conn.LocalAddr().(*net.UDPAddr).AddrPort().Port(),
	}
	s.wg.Go(s.read)
	return s, nil
}

// read fills the ring until the socket is closed.
func (s *udpSocket) read() {
	var lost [maxPacket]byte // a full ring loses the newest
	fails := 0
	for {
		into, sl := lost[:], s.ring.reserve()
		if sl != nil {
			into = sl.buf[:]
		}
		n, from, err := s.conn.ReadFromUDPAddrPort(into)
		if err != nil {
			// Some systems report a peer's ICMP refusals here.
			if fails++; errors.Is(err, net.ErrClosed) || fails > 100 {
				return
			}
			continue
		}
		fails = 0
		if sl == nil || n == maxPacket {
			continue
		}
		sl.packet = packet{data: sl.buf[:n], from: keyOf(from), arrival: s.clock.now()}
		s.ring.commit()
	}
}

func (s *udpSocket) receive(in *inbox) int {
	n := 0
	for ; n < readBatch; n++ {
		sl := s.ring.peek()
		if sl == nil {
			break
		}
		p := &in.packets[n]
		*p = sl.packet
		p.data = append(in.buffers[n][:0], sl.data...)
		s.ring.release()
	}
	return n
}

func (s *udpSocket) send(p *page, head int32) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := 0
	for i := head; i >= 0; i = p.messages[i].next {
		m := &p.messages[i]
		n := copy(s.buf[:], m.header[:m.length])
		n += copy(s.buf[n:], m.payload)
		if n == 0 {
			continue // it could not be sealed
		}
		if _, err := s.conn.WriteToUDPAddrPort(s.buf[:n], m.to.addrPort()); err == nil {
			sent++
		}
	}
	return sent
}

func (s *udpSocket) port() uint16 { return s.local }

func (s *udpSocket) holds() int { return udpSlots }

func (s *udpSocket) close() {
	s.conn.Close()
	s.wg.Wait()
}
