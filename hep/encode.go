package hep

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Type says what a payload is (HEP3 rev. 36, protocol types).
type Type uint8

// The types that are sent.
const (
	TypeSIP  Type = 1
	TypeRTCP Type = 5  // as JSON
	TypeH323 Type = 11 // which the table calls H.322: Q.931 with H.225.0, H.245 and RAS
	TypeLog  Type = 100
)

// The chunks of a packet (HEP3 rev. 36, generic chunk types).
const (
	chunkFamily      = 0x01
	chunkProtocol    = 0x02
	chunkIPv4From    = 0x03
	chunkIPv4To      = 0x04
	chunkIPv6From    = 0x05
	chunkIPv6To      = 0x06
	chunkPortFrom    = 0x07
	chunkPortTo      = 0x08
	chunkSeconds     = 0x09
	chunkMicros      = 0x0a
	chunkType        = 0x0b
	chunkAgent       = 0x0c
	chunkKey         = 0x0e
	chunkPayload     = 0x0f
	chunkCorrelation = 0x11
	chunkNode        = 0x13
)

// The values of chunkFamily and chunkProtocol.
const (
	familyIPv4 = 2
	familyIPv6 = 10
	overTCP    = 6
	overUDP    = 17
)

// Message is one packet to be sent.
type Message struct {
	At       time.Time
	Type     Type
	From, To netip.AddrPort // of the copied message; zero: this machine
	TCP      bool           // it went over a stream, else in a datagram
	// Correlation is what the packets of a conversation have in common.
	Correlation string
	Payload     []byte
}

// Source says who sends.
type Source struct {
	ID   uint32 // of the capturing agent
	Key  string // that the server asks for; empty: none
	Name string // of this gateway; empty: none
}

const (
	// largest is how long a packet may be: its length has two octets.
	largest = 0xffff
	// mostText bounds correlation, key and name, in octets.
	mostText = 512
)

// Append appends a packet to dst. Of a payload for which there is no room the end is
// left out.
func Append(dst []byte, s Source, m Message) []byte {
	begin := len(dst)
	dst = append(dst, "HEP3\x00\x00"...)
	from, to := ends(m.From, m.To)
	proto := byte(overUDP)
	if m.TCP {
		proto = overTCP
	}
	if from.Addr().Is4() {
		dst = octets(dst, chunkFamily, familyIPv4)
		dst = octets(dst, chunkProtocol, proto)
		dst = octets(dst, chunkIPv4From, from.Addr().AsSlice()...)
		dst = octets(dst, chunkIPv4To, to.Addr().AsSlice()...)
	} else {
		dst = octets(dst, chunkFamily, familyIPv6)
		dst = octets(dst, chunkProtocol, proto)
		dst = octets(dst, chunkIPv6From, from.Addr().AsSlice()...)
		dst = octets(dst, chunkIPv6To, to.Addr().AsSlice()...)
	}
	dst = octets(dst, chunkPortFrom, byte(from.Port()>>8), byte(from.Port()))
	dst = octets(dst, chunkPortTo, byte(to.Port()>>8), byte(to.Port()))
	dst = number(dst, chunkSeconds, uint32(m.At.Unix()))
	dst = number(dst, chunkMicros, uint32(m.At.Nanosecond()/1000))
	dst = octets(dst, chunkType, byte(m.Type))
	dst = number(dst, chunkAgent, s.ID)
	for _, text := range []struct {
		kind uint16
		text string
	}{{chunkKey, s.Key}, {chunkNode, s.Name}, {chunkCorrelation, m.Correlation}} {
		if text.text != "" {
			dst = octets(dst, text.kind, []byte(text.text[:min(len(text.text), mostText)])...)
		}
	}
	room := largest - (len(dst) - begin) - 6
	dst = octets(dst, chunkPayload, m.Payload[:min(len(m.Payload), room)]...)
	binary.BigEndian.PutUint16(dst[begin+4:], uint16(len(dst)-begin))
	return dst
}

// ends makes both addresses of one family.
func ends(from, to netip.AddrPort) (netip.AddrPort, netip.AddrPort) {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	if !from.Addr().IsValid() {
		from = local
	}
	if !to.Addr().IsValid() {
		to = local
	}
	from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	to = netip.AddrPortFrom(to.Addr().Unmap().WithZone(""), to.Port())
	if from.Addr().Is4() == to.Addr().Is4() {
		return from, to
	}
	return netip.AddrPortFrom(netip.AddrFrom16(from.Addr().As16()), from.Port()),
		netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
}

// octets appends a chunk of no vendor's: its length counts its head of six octets.
func octets(dst []byte, kind uint16, value ...byte) []byte {
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, kind)
	dst = binary.BigEndian.AppendUint16(dst, uint16(6+len(value)))
	return append(dst, value...)
}

func number(dst []byte, kind uint16, n uint32) []byte {
	return octets(dst, kind, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
