package secure

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"github.com/partyline/partyline/h323/per"
)

// Policy is whether a call's media is encrypted.
type Policy uint8

// The policies. With Preferred, media is encrypted if the peer can do it; with
// Required, a call whose media is not encrypted does not come about.
const (
	Off Policy = iota
	Preferred
	Required
)

// ParsePolicy reads "off", "preferred" or "required".
func ParsePolicy(s string) (Policy, error) {
	for p := Off; p <= Required; p++ {
		if s == p.String() {
			return p, nil
		}
	}
	return Off, fmt.Errorf("secure: no policy %q", s)
}

func (p Policy) String() string {
	switch p {
	case Preferred:
		return "preferred"
	case Required:
		return "required"
	}
	return "off"
}

// Algorithm is how media is encrypted, as its object identifier (the arc is NIST's).
type Algorithm per.OID

// The algorithms that are spoken here: AES in CBC mode.
const (
	AES128 Algorithm = "2.16.840.1.101.3.4.1.2"
	AES256 Algorithm = "2.16.840.1.101.3.4.1.42"
)

func (a Algorithm) String() string {
	switch a {
	case AES128:
		return "AES-128"
	case AES256:
		return "AES-256"
	}
	return string(a)
}

// keySize is in octets; 0: not spoken here.
func (a Algorithm) keySize() int {
	switch a {
	case AES128:
		return 16
	case AES256:
		return 32
	}
	return 0
}

// Key is a media session key: that of one logical channel for a time. It does not print
// its secret.
type Key struct {
	Algorithm Algorithm
	// PayloadType is that of the packets the key is for (synchFlag of encryptionSync).
	PayloadType uint8
	material    *material
}

// material is behind a pointer, so that whatever holds a key prints an address.
type material struct{ octets []byte }

// NewKey makes up a key, as the master does.
func NewKey(a Algorithm, payloadType uint8) (Key, error) {
	n := a.keySize()
	if n == 0 {
		return Key{}, fmt.Errorf("secure: no algorithm %q", string(a))
	}
	octets := make([]byte, n)
	rand.Read(octets) // never fails
	return Key{a, payloadType & 0x7f, &material{octets}}, nil
}

// IsZero says that there is no key.
func (k Key) IsZero() bool { return k.material == nil }

// Equal says whether two keys are the same, of the same payload type.
func (k Key) Equal(l Key) bool {
	return k.Algorithm == l.Algorithm && k.PayloadType == l.PayloadType && bytes.Equal(k.secret(), l.secret())
}

// secret are the key's octets; of no key, none.
func (k Key) secret() []byte {
	if k.material == nil {
		return nil
	}
	return k.material.octets
}

func (k Key) String() string {
	if k.IsZero() {
		return "no key"
	}
	return fmt.Sprintf("%s key of payload type %d", k.Algorithm, k.PayloadType)
}

// GoString keeps %#v from printing the secret.
func (k Key) GoString() string { return k.String() }
