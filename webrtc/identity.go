package webrtc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"strings"
	"time"

	"github.com/partyline/partyline/media/sdp"
)

// identity is the server's certificate for DTLS: of this process alone, and
// vouched for by the answers that name its fingerprint (RFC 8122).
type identity struct {
	certificate tls.Certificate
	fingerprint sdp.Fingerprint
}

// newIdentity makes a key and its certificate. Browsers do not look at its dates.
func newIdentity() (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return identity{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "WebRTC"},
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return identity{}, err
	}
	return identity{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: sdp.Fingerprint{Hash: "sha-256", Value: hashOf("sha-256", der)},
	}, nil
}

// hashOf is a certificate's fingerprint by a function that SDP names; empty for
// functions that do not count.
func hashOf(function string, der []byte) string {
	var sum []byte
	switch function {
	case "sha-256":
		h := sha256.Sum256(der)
		sum = h[:]
	case "sha-384":
		h := sha512.Sum384(der)
		sum = h[:]
	case "sha-512":
		h := sha512.Sum512(der)
		sum = h[:]
	default:
		return ""
	}
	var b strings.Builder
	for i, v := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(hex.EncodeToString([]byte{v}))
	}
	return strings.ToUpper(b.String())
}

// proves says that a certificate is one of those that an offer named: of the
// strongest function it names them by (RFC 8122 §5).
func proves(named []sdp.Fingerprint, der []byte) bool {
	for _, function := range []string{"sha-512", "sha-384", "sha-256"} {
		seen := false
		for _, f := range named {
			if f.Hash == function {
				seen = true
				if f.Value == hashOf(function, der) {
					return true
				}
			}
		}
		if seen {
			return false
		}
	}
	return false
}
