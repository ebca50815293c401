//go:build unix

package webrtc

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// udpSocket is the browsers' UDP port. Engines write to it in the middle of a tick:
// a write neither waits for the system nor for another engine's. What the system has
// no room for is lost.
type udpSocket struct {
	*net.UDPConn
	raw    syscall.RawConn
	mapped bool // IPv4 goes as IPv6: the socket takes both
	writes sync.Pool
}

// write is what one system call needs. It is used again, so that a packet costs no
// allocation.
type write struct {
	four   unix.SockaddrInet4
	six    unix.SockaddrInet6
	to     unix.Sockaddr // one of the two
	packet []byte
	err    error
	call   func(fd uintptr)
}

func newWrite() any {
	w := &write{}
	w.call = func(fd uintptr) { w.err = unix.Sendto(int(fd), w.packet, unix.MSG_DONTWAIT, w.to) }
	return w
}

func newSocket(c *net.UDPConn) (net.PacketConn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	a := c.LocalAddr().(*net.UDPAddr)
	return &udpSocket{UDPConn: c, raw: raw, mapped: a.IP.To4() == nil, writes: sync.Pool{New: newWrite}}, nil
}

// ReadFromAddrPort has pion's mux read without allocating addresses.
func (s *udpSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort sends a packet, or loses it. It does not wait.
func (s *udpSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	w := s.writes.Get().(*write)
	defer s.writes.Put(w)
	switch a := to.Addr().Unmap(); {
	case s.mapped:
		w.six.Port, w.six.Addr, w.six.ZoneId = int(to.Port()), a.As16(), zoneOf(a)
		w.to = &w.six
	case a.Is4():
		w.four.Port, w.four.Addr = int(to.Port()), a.As4()
		w.to = &w.four
	default:
		return 0, net.InvalidAddrError("an IPv4 socket has no way to an IPv6 address")
	}
	w.packet = b
	err := s.raw.Control(w.call) // takes no lock, other than RawConn.Write
	w.packet = nil
	if err == nil {
		err = w.err
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
