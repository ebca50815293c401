package h245

import "net/netip"

// UnicastAddressOf writes an IP address and port as H.245 has them: iPAddress, or
// iP6Address for what is not IPv4. The zone of an IPv6 address is lost.
func UnicastAddressOf(a netip.AddrPort) UnicastAddress {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return UnicastAddress{IPAddress: &UnicastAddressIPAddress{
			Network: ip.AsSlice(), TsapIdentifier: int(a.Port()),
		}}
	}
	network := ip.As16()
	return UnicastAddress{IP6Address: &UnicastAddressIP6Address{
		Network: network[:], TsapIdentifier: int(a.Port()),
	}}
}

// AddrPort reads an IP address and port; ok is false for all other kinds of
// address. IPv4 in IPv6 comes out as IPv4. A nil address is none.
func (u *UnicastAddress) AddrPort() (a netip.AddrPort, ok bool) {
	switch {
	case u == nil:
		return netip.AddrPort{}, false
	case u.IPAddress != nil:
		return addrPort(u.IPAddress.Network, u.IPAddress.TsapIdentifier)
	case u.IP6Address != nil:
		return addrPort(u.IP6Address.Network, u.IP6Address.TsapIdentifier)
	case u.IPSourceRouteAddress != nil:
		return addrPort(u.IPSourceRouteAddress.Network, u.IPSourceRouteAddress.TsapIdentifier)
	}
	return netip.AddrPort{}, false
}

// TransportAddressOf is UnicastAddressOf as mediaChannel and its siblings hold it.
func TransportAddressOf(a netip.AddrPort) *TransportAddress {
	u := UnicastAddressOf(a)
	return &TransportAddress{UnicastAddress: &u}
}

// AddrPort reads a unicast IP address and port. Multicast addresses are not ok.
func (t *TransportAddress) AddrPort() (a netip.AddrPort, ok bool) {
	if t == nil {
		return netip.AddrPort{}, false
	}
	return t.UnicastAddress.AddrPort()
}

func addrPort(network []byte, port int) (netip.AddrPort, bool) {
	ip, ok := netip.AddrFromSlice(network)
	if !ok || port < 0 || port > 0xffff {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), true
}
