package media

import (
	"encoding/binary"
	"net/netip"
)

// host is an IP address in a form that hashes fast; IPv4 is mapped to IPv6.
type host struct{ hi, lo uint64 }

// key is a remote address and port as the tables look it up.
type key struct {
	host
	port uint16
}

const mapped = 0xffff << 32 // ::ffff:0:0/96

func hostOf(a netip.Addr) host {
	if !a.IsValid() {
		return host{}
	}
	b := a.As16()
	return host{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func keyOf(a netip.AddrPort) key {
	if !a.IsValid() || a.Port() == 0 || a.Addr().IsUnspecified() {
		return key{}
	}
	return key{hostOf(a.Addr()), a.Port()}
}

func (h host) is4() bool { return h.hi == 0 && h.lo>>32 == mapped>>32 }

func (h host) addr() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], h.hi)
	binary.BigEndian.PutUint64(b[8:], h.lo)
	return netip.AddrFrom16(b).Unmap()
}

func (k key) addrPort() netip.AddrPort { return netip.AddrPortFrom(k.addr(), k.port) }

func (k key) isZero() bool { return k == key{} }
