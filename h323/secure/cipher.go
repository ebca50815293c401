package secure

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// MaxGrowth is how many octets encryption adds to a payload at most.
const MaxGrowth = blockSize

// minHeader is the shortest RTP header; sequence number and timestamp, which make the
// initial value, lie in its octets 2 to 7.
const minHeader = 12

// paddingBit is P in the first octet of an RTP header.
const paddingBit = 0x20

// Cipher encrypts the RTP payloads of one stream: AES in CBC mode, a chain for each
// packet (H.235.6 §9.3). Headers and RTCP stay plain. One goroutine uses
// it; it allocates nothing.
//
// Payloads that fill whole blocks stay as long as they are; others are padded as in RTP,
// with the P bit set. From peers, ciphertext stealing is understood too.
type Cipher struct {
	out  cipher.Block // nil: sent plain
	in   []decryption // none: taken plain
	last int          // of in: what came last of a payload type that has a key
	iv   [blockSize]byte
}

// decryption is a key and the payload type of the packets it is for.
type decryption struct {
	payloadType uint8
	block       cipher.Block
}

var errNoKeys = errors.New("secure: a cipher without keys")

// NewCipher makes the cipher of a stream. send is the key of what we send, zero if that
// is plain; receive are those of what comes, the newest last: while a key is replaced,
// packets of the old one are still on their way and told by their payload type. What
// comes with a payload type without a key of its own (telephone-events, comfort noise)
// goes with the sound that came last. Without receive, all is taken plain.
func NewCipher(send Key, receive ...Key) (*Cipher, error) {
	if send.IsZero() && len(receive) == 0 {
		return nil, errNoKeys
	}
	c := &Cipher{last: len(receive) - 1}
	if !send.IsZero() {
		b, err := newBlock(send)
		if err != nil {
			return nil, err
		}
		c.out = b
	}
	for _, k := range receive {
		b, err := newBlock(k)
		if err != nil {
			return nil, err
		}
		c.in = append(c.in, decryption{k.PayloadType & 0x7f, b})
	}
	return c, nil
}

func newBlock(k Key) (cipher.Block, error) {
	if n := k.Algorithm.keySize(); n == 0 || n != len(k.secret()) {
		return nil, fmt.Errorf("secure: a key of %d octets for %s", len(k.secret()), k.Algorithm)
	}
	return aes.NewCipher(k.secret())
}

// SealRTP encrypts the payload of a packet in place; header is the length of its RTP
// header. The buffer must have room for MaxGrowth octets more. It returns the packet,
// or nil if it cannot be sent. A packet without a payload stays as it is.
func (c *Cipher) SealRTP(packet []byte, header int) []byte {
	if header < minHeader || header > len(packet) {
		return nil
	}
	n := len(packet) - header
	if c.out == nil || n == 0 {
		return packet
	}
	if n%blockSize != 0 {
		if cap(packet)-len(packet) < MaxGrowth {
			return nil
		}
		packet[0] |= paddingBit
		packet = packet[:header+len(pad(packet[header:]))]
	}
	c.setIV(packet)
	encryptCBC(c.out, packet[header:], c.iv[:])
	return packet
}

// OpenRTP decrypts the payload of a packet into dst, which is at least as long as the
// payload and elsewhere, and returns it without padding. It is not ok if it cannot have
// been made by this profile.
func (c *Cipher) OpenRTP(dst, packet []byte, header int) (payload []byte, ok bool) {
	if header < minHeader || header > len(packet) || len(dst) < len(packet)-header {
		return nil, false
	}
	src := packet[header:]
	padded := packet[0]&paddingBit != 0
	dst = dst[:len(src)]
	most := blockSize
	switch {
	case len(src) == 0:
		return dst, !padded
	case len(c.in) == 0:
		copy(dst, src)
		most = len(src)
	case padded && len(src)%blockSize != 0:
		return nil, false
	default:
		c.setIV(packet)
		if !decryptCBC(c.key(packet[1]&0x7f), dst, src, c.iv[:]) {
			return nil, false
		}
	}
	if !padded {
		return dst, true
	}
	// Only the last octet counts: Polycom leaves the others as they are.
	n := int(dst[len(dst)-1])
	if n == 0 || n > most {
		return nil, false
	}
	return dst[:len(dst)-n], true
}

// key is that of a payload type; of one without, that of the last that had one.
func (c *Cipher) key(payloadType uint8) cipher.Block {
	for i := range c.in {
		if c.in[i].payloadType == payloadType {
			c.last = i
			break
		}
	}
	return c.in[c.last].block
}

// setIV makes a packet's initial value: sequence number and timestamp, repeated.
func (c *Cipher) setIV(packet []byte) {
	for at := 0; at < blockSize; {
		at += copy(c.iv[at:], packet[2:8])
	}
}
