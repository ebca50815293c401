package capture

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// frames cuts a pcap file into its frames.
func frames(raw []byte) ([][]byte, error) {
	const fileHeader, frameHeader, ethernet = 24, 16, 1
	if len(raw) < fileHeader {
		return nil, errors.New("no pcap file")
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch magic := order.Uint32(raw); magic {
	case 0xa1b2c3d4, 0xa1b23c4d: // micro- and nanoseconds
	default:
		order = binary.BigEndian
		if magic := order.Uint32(raw); magic != 0xa1b2c3d4 && magic != 0xa1b23c4d {
			return nil, errors.New("no pcap file")
		}
	}
	if order.Uint32(raw[20:]) != ethernet {
		return nil, errors.New("frames are not Ethernet")
	}
	var out [][]byte
	for raw = raw[fileHeader:]; len(raw) >= frameHeader; {
		n := int(order.Uint32(raw[8:]))
		if n > len(raw)-frameHeader {
			return nil, errors.New("the last frame is cut")
		}
		out = append(out, raw[frameHeader:frameHeader+n])
		raw = raw[frameHeader+n:]
	}
	return out, nil
}

const (
	protoTCP = 6
	protoUDP = 17
)

// packet is what an IP packet carries.
type packet struct {
	flow
	proto byte
	body  []byte // from the transport header on
}

// flow is one direction of a connection.
type flow struct{ from, to netip.AddrPort }

// parseIP reads an Ethernet frame down to the transport header.
func parseIP(frame []byte) (p packet, ok bool) {
	if len(frame) < 14 {
		return p, false
	}
	kind, ip := binary.BigEndian.Uint16(frame[12:]), frame[14:]
	var from, to netip.Addr
	switch {
	case kind == 0x0800 && len(ip) >= 20:
		header, total := int(ip[0]&0x0f)*4, int(binary.BigEndian.Uint16(ip[2:]))
		if header < 20 || total < header || total > len(ip) {
			return p, false
		}
		from, to = netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
		p.proto, p.body = ip[9], ip[header:total]
	case kind == 0x86dd && len(ip) >= 40:
		total := 40 + int(binary.BigEndian.Uint16(ip[4:]))
		if total > len(ip) {
			return p, false
		}
		from, to = netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40]))
		p.proto, p.body = ip[6], ip[40:total]
	default:
		return p, false
	}
	if len(p.body) < 8 {
		return p, false
	}
	p.from = netip.AddrPortFrom(from, binary.BigEndian.Uint16(p.body))
	p.to = netip.AddrPortFrom(to, binary.BigEndian.Uint16(p.body[2:]))
	return p, true
}
