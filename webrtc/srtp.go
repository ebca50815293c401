package webrtc

import (
	"github.com/pion/dtls/v3"

	"github.com/partyline/partyline/media"
)

// suites are the protection profiles of RFC 5764 §4.1.2 and RFC 7714 §14.2 that
// are spoken, in the words of SDES, with the octets of their keys and salts.
var suites = map[dtls.SRTPProtectionProfile]struct {
	name      string
	key, salt int
}{
	dtls.SRTP_AEAD_AES_128_GCM:       {"AEAD_AES_128_GCM", 16, 12},
	dtls.SRTP_AES128_CM_HMAC_SHA1_80: {"AES_CM_128_HMAC_SHA1_80", 16, 14},
}

// keysOf takes the keys out of a finished handshake (RFC 5764 §4.2).
func keysOf(d *dtls.Conn, client bool) (*media.Crypto, error) {
	profile, ok := d.SelectedSRTPProtectionProfile()
	s, known := suites[profile]
	state, up := d.ConnectionState()
	if !ok || !known || !up {
		return nil, errNoCrypto
	}
	m, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 2*(s.key+s.salt))
	if err != nil {
		return nil, err
	}
	take := func(n int) []byte {
		b := m[:n:n]
		m = m[n:]
		return b
	}
	clientKey, serverKey := take(s.key), take(s.key)
	clientSalt, serverSalt := take(s.salt), take(s.salt)
	c := &media.Crypto{
		Suite: s.name,
		Local: append(clientKey, clientSalt...), Remote: append(serverKey, serverSalt...),
	}
	if !client {
		c.Local, c.Remote = c.Remote, c.Local
	}
	return c, c.Check()
}
