package media

import (
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// crypt encrypts and authenticates one stream, both ways. Its engine owns it.
type crypt struct {
	keys    *Crypto
	in, out *srtp.Context
	header  rtp.Header // spares an allocation a packet
	rtcp    rtcp.Header
}

// maxTag is how much longer encryption makes a packet at most: GCM's tag.
const maxTag = 16

// maxMKI is the longest master key identifier that signalling can announce
// (RFC 4568 §6.1).
const maxMKI = 128

// Check says whether the keys fit their suite. What fails here would leave a
// stream that neither takes nor sends anything.
func (c *Crypto) Check() error {
	_, _, err := c.profile()
	return err
}

// profile is the suite and how many octets of a key are not salt.
func (c *Crypto) profile() (srtp.ProtectionProfile, int, error) {
	profile, err := profileOf(c.Suite)
	if err != nil {
		return 0, 0, err
	}
	k, err := profile.KeyLen()
	if err != nil {
		return 0, 0, err
	}
	n, err := profile.SaltLen()
	if err != nil {
		return 0, 0, err
	}
	if len(c.Local) != k+n || len(c.Remote) != k+n {
		return 0, 0, fmt.Errorf("media: %s takes %d octets of key and salt", c.Suite, k+n)
	}
	if len(c.RemoteMKI) > maxMKI {
		return 0, 0, fmt.Errorf("media: a master key identifier of %d octets", len(c.RemoteMKI))
	}
	return profile, k, nil
}

// newCrypt makes the contexts of a pair of SDES keys.
func newCrypt(c *Crypto) (*crypt, error) {
	profile, k, err := c.profile()
	if err != nil {
		return nil, err
	}
	x := &crypt{keys: c}
	if x.out, err = srtp.CreateContext(c.Local[:k], c.Local[k:], profile); err != nil {
		return nil, err
	}
	x.in, err = srtp.CreateContext(c.Remote[:k], c.Remote[k:], profile,
		srtp.SRTPReplayDetectorFactory(newReplays), srtp.SRTCPReplayDetectorFactory(newReplays),
		srtp.MasterKeyIndicator(c.RemoteMKI))
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
