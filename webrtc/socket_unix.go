//go:build unix

package webrtc

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// udpSocket is the browsers' UDP port. An engine writes to it in the middle of a
// tick: a write never waits. What the system has no room for is lost.
type udpSocket struct {
	*net.UDPConn
	raw syscall.RawConn

	mu     sync.Mutex // guards what follows: one packet at a time
	four   unix.SockaddrInet4
	six    unix.SockaddrInet6
	to     unix.Sockaddr // one of the two
	packet []byte
	err    error
	write  func(fd uintptr) bool // made once, so that a packet costs no allocation
	mapped bool                  // IPv4 goes as IPv6: the socket takes both
}

func newSocket(c *net.UDPConn) (net.PacketConn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &udpSocket{UDPConn: c, raw: raw}
	a := c.LocalAddr().(*net.UDPAddr)
	s.mapped = a.IP.To4() == nil
	s.write = func(fd uintptr) bool {
		s.err = unix.Sendto(int(fd), s.packet, unix.MSG_DONTWAIT, s.to)
		return true // also if there is no room: who comes back later is late
	}
	return s, nil
}

// ReadFromAddrPort has pion's mux read without allocating addresses.
func (s *udpSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort sends a packet, or loses it. It does not wait.
func (s *udpSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := to.Addr(); s.mapped {
		s.six.Port, s.six.Addr, s.six.ZoneId = int(to.Port()), a.As16(), zoneOf(a)
		s.to = &s.six
	} else {
		s.four.Port, s.four.Addr = int(to.Port()), a.Unmap().As4()
		s.to = &s.four
	}
	s.packet = b
	err := s.raw.Write(s.write)
	s.packet = nil
	if err == nil {
		err = s.err
	}
	if err == unix.EAGAIN || err == unix.ENOBUFS {
		return len(b), nil
	}
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// zoneOf is the interface of a link-local address.
func zoneOf(a netip.Addr) uint32 {
	if a.Zone() == "" {
		return 0
	}
	i, err := net.InterfaceByName(a.Zone())
	if err != nil {
		return 0
	}
	return uint32(i.Index)
}

// WriteTo implements net.PacketConn likewise.
func (s *udpSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("no UDP address")
	}
	return s.WriteToAddrPort(b, a.AddrPort())
}
