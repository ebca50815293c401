package h225

import "net/netip"

// TransportAddressOf writes an IP address and port as H.225.0 has them: ipAddress,
// or ip6Address for what is not IPv4. The zone of an IPv6 address is lost.
func TransportAddressOf(a netip.AddrPort) *TransportAddress {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return &TransportAddress{IpAddress: &TransportAddressIpAddress{
			Ip: ip.AsSlice(), Port: int(a.Port()),
		}}
	}
	network := ip.As16()
	return &TransportAddress{Ip6Address: &TransportAddressIp6Address{
		Ip: network[:], Port: int(a.Port()),
	}}
}

// AddrPort reads an IP address and port; ok is false for all other kinds of
// address. IPv4 in IPv6 comes out as IPv4. A nil address is none.
func (t *TransportAddress) AddrPort() (a netip.AddrPort, ok bool) {
	switch {
	case t == nil:
		return netip.AddrPort{}, false
	case t.IpAddress != nil:
		return addrPort(t.IpAddress.Ip, t.IpAddress.Port)
	case t.Ip6Address != nil:
		return addrPort(t.Ip6Address.Ip, t.Ip6Address.Port)
	case t.IpSourceRoute != nil:
		return addrPort(t.IpSourceRoute.Ip, t.IpSourceRoute.Port)
	}
	return netip.AddrPort{}, false
}

func addrPort(ip []byte, port int) (netip.AddrPort, bool) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok || port < 0 || port > 0xffff {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), true
}
