package media

// Cipher encrypts and decrypts the payloads of one stream in a way that is its
// protocol's business (H.235.6). RTP headers stay readable and RTCP plain. The
// stream's engine is the only one that calls it; new keys come as a new Cipher, in
// the Params that announce what they go with. Its methods allocate nothing.
type Cipher interface {
	// SealRTP encrypts the payload of a packet in place; header is how long its RTP
	// header is. The packet's buffer has room for CipherRoom octets more. nil:
	// nothing is to be sent.
	SealRTP(packet []byte, header int) []byte
	// OpenRTP decrypts the payload of a packet into dst, which is as long as the
	// packet, and returns it without padding. What is not ok is dropped.
	OpenRTP(dst, packet []byte, header int) (payload []byte, ok bool)
}

// CipherRoom is how much longer a Cipher may make a packet.
const CipherRoom = 16

// encipher puts the message together in space of its own and encrypts it there: the
// payload is others' too.
func (s *Stream) encipher(b *batch, m *message) {
	header := putLength(&m.header)
	if m.length+len(m.payload)+CipherRoom > maxPacket {
		m.length, m.payload = 0, nil // no codec of the wire makes such
		return
	}
	buf := b.room()
	n := copy(buf, m.header[:m.length])
	n += copy(buf[n:], m.payload)
	m.length = 0
	m.payload = s.cipher.SealRTP(buf[:n], header)
}

// parse takes an RTP packet apart and decrypts its payload, if that is agreed upon.
// A keep-alive without a payload has nothing to decrypt.
func (s *Stream) parse(data []byte) (p rtpPacket, ok bool) {
	if s.cipher == nil {
		return parseRTP(data, s.levelExt)
	}
	p, ok = parseHeader(data, s.levelExt)
	if !ok || len(p.payload) == 0 {
		return p, ok
	}
	p.payload, ok = s.cipher.OpenRTP(s.engine.Load().plain[:len(data)], data, len(data)-len(p.payload))
	return p, ok
}
