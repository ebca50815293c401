package sip

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// tellDestination has a socket say with each datagram to which address of ours it
// came (ip(7), IP_PKTINFO; RFC 3542 §6.2).
func tellDestination(c *net.UDPConn, four bool) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	level, option := unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO
	if four {
		level, option = unix.IPPROTO_IP, unix.IP_PKTINFO
	}
	var set error
	if err := raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), level, option, 1) }); err != nil {
		return err
	}
	return set
}

// destination finds that address in a datagram's control messages; invalid if it
// is none that an answer could come from.
func destination(oob []byte) netip.Addr {
	for len(oob) >= unix.CmsgLen(0) {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		oob = rest
		var a netip.Addr
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			a = netip.AddrFrom4([4]byte(data[4:8])) // after the interface
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			a = netip.AddrFrom16([16]byte(data[:16])).Unmap()
		default:
			continue
		}
		if a.IsUnspecified() || a.IsMulticast() {
			return netip.Addr{}
		}
		return a
	}
	return netip.Addr{}
}

// fromAddress is the control message that has a datagram leave from an address of
// ours. The interface is the routing table's choice.
func fromAddress(a netip.Addr, four bool) []byte {
	if four {
		return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: a.As4()})
	}
	return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: a.As16()})
}
