package media

import "encoding/binary"

// kind is what a datagram is by its first two bytes (RFC 7983, RFC 5761 §4).
type kind uint8

const (
	kindOther kind = iota // STUN, DTLS, noise
	kindRTP
	kindRTCP
)

const (
	rtpHeaderSize  = 12
	rtcpHeaderSize = 8 // with the sender's SSRC
)

func kindOf(b []byte) kind {
	switch {
	case len(b) < rtcpHeaderSize || b[0]>>6 != 2:
		return kindOther
	case b[1] >= 192 && b[1] <= 223:
		return kindRTCP
	case len(b) < rtpHeaderSize:
		return kindOther
	}
	return kindRTP
}

// senderSSRC is the SSRC of an RTCP packet's sender.
func senderSSRC(b []byte) uint32 { return binary.BigEndian.Uint32(b[4:]) }

// sighting is what the table looks at. The packet is RTP.
func (p *packet) sighting() sighting {
	b := p.data
	return sighting{
		from: p.from, pt: b[1] & 0x7f,
		seq: binary.BigEndian.Uint16(b[2:]), ssrc: binary.BigEndian.Uint32(b[8:]),
	}
}

// rtpPacket is an RTP packet taken apart. The payload lies in the datagram.
type rtpPacket struct {
	pt       uint8
	marker   bool
	seq      uint16
	ts, ssrc uint32
	level    uint8 // RFC 6464, 0–127; noLevel: not given
	payload  []byte
}

const noLevel = 0xff

// parseRTP takes b apart (RFC 3550 §5.1): contributing sources and padding are
// cut off, of a header extension the audio level with the id levelExt is read
// (RFC 8285 one-byte and two-byte forms). It accepts what is malformed only in
// what we do not need.
func parseRTP(b []byte, levelExt uint8) (p rtpPacket, ok bool) {
	p, ok = parseHeader(b, levelExt)
	if !ok || b[0]&0x20 == 0 {
		return p, ok
	}
	n := len(p.payload)
	if n == 0 {
		return p, false
	}
	pad := int(p.payload[n-1])
	if pad == 0 || pad > n {
		return p, false
	}
	p.payload = p.payload[:n-pad]
	return p, true
}

// parseHeader is parseRTP without a look at the payload: padding is still in it.
func parseHeader(b []byte, levelExt uint8) (p rtpPacket, ok bool) {
	if len(b) < rtpHeaderSize || b[0]>>6 != 2 {
		return p, false
	}
	p.marker, p.pt = b[1]&0x80 != 0, b[1]&0x7f
	p.seq = binary.BigEndian.Uint16(b[2:])
	p.ts = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	p.level = noLevel
	at := rtpHeaderSize + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < at+4 {
			return p, false
		}
		profile := binary.BigEndian.Uint16(b[at:])
		end := at + 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
		if len(b) < end {
			return p, false
		}
		if levelExt != 0 {
			p.level = audioLevel(profile, b[at+4:end], levelExt)
		}
		at = end
	}
	if len(b) < at {
		return p, false
	}
	p.payload = b[at:]
	return p, true
}

// audioLevel finds the level in a header extension's elements.
func audioLevel(profile uint16, b []byte, id uint8) uint8 {
	switch {
	case profile == 0xbede:
		for len(b) > 0 {
			if b[0] == 0 { // padding
				b = b[1:]
				continue
			}
			n := int(b[0]&0x0f) + 1
			if b[0]>>4 == 15 || len(b) < 1+n {
				return noLevel
			}
			if b[0]>>4 == id {
				return b[1] & 0x7f
			}
			b = b[1+n:]
		}
	case profile>>4 == 0x100:
		for len(b) > 1 {
			if b[0] == 0 {
				b = b[1:]
				continue
			}
			n := int(b[1])
			if len(b) < 2+n {
				return noLevel
			}
			if b[0] == id && n > 0 {
				return b[2] & 0x7f
			}
			b = b[2+n:]
		}
	}
	return noLevel
}

// putRTP writes a header to b, with the audio level if ext is its id, and returns
// its length.
func putRTP(b *[maxHeader]byte, p rtpPacket, ext uint8) int {
	b[0], b[1] = 0x80, p.pt
	if p.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.seq)
	binary.BigEndian.PutUint32(b[4:], p.ts)
	binary.BigEndian.PutUint32(b[8:], p.ssrc)
	if ext == 0 {
		return rtpHeaderSize
	}
	b[0] |= 0x10
	// Four octets: one element of one byte, and padding.
	binary.BigEndian.PutUint32(b[12:], 0xbede0001)
	b[16], b[17], b[18], b[19] = ext<<4, p.level&0x7f, 0, 0
	return 20
}

// putLength is how long the header is that putRTP wrote to b.
func putLength(b *[maxHeader]byte) int {
	if b[0]&0x10 != 0 {
		return 20
	}
	return rtpHeaderSize
}
