package outbox

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"
)

// signedFields are the header fields that a signature covers. From stands twice: a
// second one cannot be added by the way (RFC 6376 §5.4, §8.15).
var signedFields = []string{
	"From", "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted",
}

// minRSABits is what verifiers ask for (RFC 8301 §3.2).
const minRSABits = 1024

// DKIM signs mail (RFC 6376) by RSA or Ed25519 (RFC 8463).
type DKIM struct {
	domain, selector string
	key              crypto.Signer
}

// NewDKIM reads a private key in PEM: PKCS #8, or PKCS #1 for RSA.
func NewDKIM(domain, selector string, keyPEM []byte) (*DKIM, error) {
	if domain == "" || selector == "" {
		return nil, errors.New("dkim: domain and selector are needed")
	}
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, errors.New("dkim: the key file is not PEM")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("dkim: the key file holds a %q, not a private key", block.Type)
	}
	if err != nil {
		return nil, errors.New("dkim: the key file cannot be read") // the parser's words may hold some of it
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSABits {
			return nil, fmt.Errorf("dkim: an RSA key of %d bits is too short", k.N.BitLen())
		}
		return &DKIM{domain, selector, k}, nil
	case ed25519.PrivateKey:
		return &DKIM{domain, selector, k}, nil
	}
	return nil, errors.New("dkim: the key is neither RSA nor Ed25519")
}

// sign puts a signature before a message. Relaxed, as servers on the way fold
// lines and trim spaces.
func (d *DKIM) sign(message []byte) ([]byte, error) {
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(message), &dkim.SignOptions{
		Domain: d.domain, Selector: d.selector, Signer: d.key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: signedFields,
	})
	if err != nil {
		return nil, fmt.Errorf("dkim: %w", err)
	}
	return out.Bytes(), nil
}
