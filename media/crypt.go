package media

import (
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// replayWindow is how far back, in packets, a late one is told from a replay
// (RFC 3711 §3.3.2 asks for 64 at least).
const replayWindow = 128

// crypt encrypts and authenticates one stream, both ways. Its engine owns it.
type crypt struct {
	keys    *Crypto
	in, out *srtp.Context
	header  rtp.Header // spares an allocation a packet
	rtcp    rtcp.Header
}

// maxTag is how much longer encryption makes a packet at most: GCM's tag.
const maxTag = 16

// newCrypt makes the contexts of a pair of SDES keys.
func newCrypt(c *Crypto) (*crypt, error) {
	profile, err := profileOf(c.Suite)
	if err != nil {
		return nil, err
	}
	k, err := profile.KeyLen()
	if err != nil {
		return nil, err
	}
	n, err := profile.SaltLen()
	if err != nil {
		return nil, err
	}
	if len(c.Local) != k+n || len(c.Remote) != k+n {
		return nil, fmt.Errorf("media: %s takes %d octets of key and salt", c.Suite, k+n)
	}
	x := &crypt{keys: c}
	if x.out, err = srtp.CreateContext(c.Local[:k], c.Local[k:], profile); err != nil {
		return nil, err
	}
	x.in, err = srtp.CreateContext(c.Remote[:k], c.Remote[k:], profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	return x, err
}

func profileOf(suite string) (srtp.ProtectionProfile, error) {
	switch suite {
	case "AES_CM_128_HMAC_SHA1_80":
		return srtp.ProtectionProfileAes128CmHmacSha1_80, nil
	case "AEAD_AES_128_GCM":
		return srtp.ProtectionProfileAeadAes128Gcm, nil
	case "AEAD_AES_256_GCM":
		return srtp.ProtectionProfileAeadAes256Gcm, nil
	}
	return 0, fmt.Errorf("media: unknown SRTP suite %q", suite)
}

// openRTP authenticates a packet and decrypts it into dst.
func (x *crypt) openRTP(dst, packet []byte) ([]byte, error) {
	return x.in.DecryptRTP(dst, packet, &x.header)
}

func (x *crypt) openRTCP(dst, packet []byte) ([]byte, error) {
	return x.in.DecryptRTCP(dst, packet, &x.rtcp)
}

// sealRTP encrypts the packet in place; its buffer has room for the tag.
func (x *crypt) sealRTP(packet []byte) ([]byte, error) {
	return x.out.EncryptRTP(packet, packet, &x.header)
}

func (x *crypt) sealRTCP(packet []byte) ([]byte, error) {
	return x.out.EncryptRTCP(packet, packet, &x.rtcp)
}
