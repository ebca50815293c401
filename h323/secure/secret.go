package secure

import (
	"crypto/aes"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// Secret is what both ends know after the Diffie-Hellman exchange. Media keys travel
// encrypted with it.
type Secret struct {
	half       *half
	peer       *big.Int // its half-key, which is sound
	shared     []byte   // once it was needed
	algorithms []Algorithm
	version3   bool
}

func (s *Secret) String() string { return "secret" }

// GoString keeps %#v from printing the secret.
func (s *Secret) GoString() string { return s.String() }

// Algorithms are those that go with the group that was agreed upon, best first.
func (s *Secret) Algorithms() []Algorithm { return slices.Clone(s.algorithms) }

// keyEncryption is the key that media keys of an algorithm are encrypted with: the
// least significant octets of the secret (H.235.6 §7.6.1).
func (s *Secret) keyEncryption(a Algorithm) []byte {
	if s.shared == nil {
		s.shared = s.half.shared(s.peer)
	}
	return s.shared[len(s.shared)-a.keySize():]
}

// zeroIV is the initial value when a key is transported without one.
var zeroIV [blockSize]byte

// Sync is how the master sends a key (encryptionSync of H.245, H.235.6 §7.6).
func (s *Secret) Sync(k Key) (*h245.EncryptionSync, error) {
	if !slices.Contains(s.algorithms, k.Algorithm) || k.IsZero() {
		return nil, fmt.Errorf("secure: a key for %s cannot be sent here", k.Algorithm)
	}
	kek, err := aes.NewCipher(s.keyEncryption(k.Algorithm))
	if err != nil {
		return nil, err
	}
	var key h235.H235Key
	oid := per.OID(k.Algorithm)
	if s.version3 {
		sealed := slices.Clone(k.secret()) // whole blocks
		encryptCBC(kek, sealed, zeroIV[:])
		key.SecureSharedSecret = &h235.V3KeySyncMaterial{AlgorithmOID: &oid, EncryptedSessionKey: sealed}
	} else {
		sealed, err := per.Marshal(&h235.KeySyncMaterial{
			GeneralID: generalID, KeyMaterial: per.BitString{Bytes: k.secret(), Bits: 8 * len(k.secret())},
		})
		if err != nil {
			return nil, err
		}
		// What follows the value is ignored by whoever decodes it.
		sealed = pad(sealed)
		encryptCBC(kek, sealed, zeroIV[:])
		key.SharedSecret = &h235.ENCRYPTED{AlgorithmOID: oid, EncryptedData: sealed}
	}
	encoded, err := per.Marshal(&key)
	if err != nil {
		return nil, err
	}
	return &h245.EncryptionSync{SynchFlag: int(k.PayloadType), H235Key: encoded}, nil
}

// generalID is who a key in the old form is from. Nobody is known to look at it.
const generalID = "H.235.6"

var (
	errForm   = errors.New("secure: the key does not come encrypted with the shared secret")
	errLength = errors.New("secure: the key has not the length of its algorithm")
	errOther  = errors.New("secure: the key is for another algorithm than the channel")
)

// Key reads the key that the master sent for a channel with the algorithm a. It takes
// the form of version 3 and the one before. Keys in the clear and by certificate are
// refused.
func (s *Secret) Key(sync *h245.EncryptionSync, a Algorithm) (Key, error) {
	if !slices.Contains(s.algorithms, a) {
		return Key{}, errOther
	}
	var sent h235.H235Key
	if err := per.Unmarshal(sync.H235Key, &sent); err != nil {
		return Key{}, fmt.Errorf("secure: %w", err)
	}
	var octets []byte
	err := errForm
	switch {
	case sent.SecureSharedSecret != nil:
		octets, err = s.openV3(sent.SecureSharedSecret, a)
	case sent.SharedSecret != nil:
		octets, err = s.openOld(sent.SharedSecret, a)
	}
	if err != nil {
		return Key{}, err
	}
	return Key{a, uint8(sync.SynchFlag) & 0x7f, &material{octets}}, nil
}

// openV3 decrypts a key of version 3.
func (s *Secret) openV3(m *h235.V3KeySyncMaterial, a Algorithm) ([]byte, error) {
	if m.AlgorithmOID != nil && Algorithm(*m.AlgorithmOID) != a {
		return nil, errOther
	}
	if len(m.EncryptedSessionKey) != a.keySize() {
		return nil, errLength
	}
	return s.open(m.EncryptedSessionKey, &m.ParamS, a)
}

// openOld decrypts a key of version 2.
func (s *Secret) openOld(m *h235.ENCRYPTED, a Algorithm) ([]byte, error) {
	if Algorithm(m.AlgorithmOID) != a {
		return nil, errOther
	}
	plain, err := s.open(m.EncryptedData, &m.ParamS, a)
	if err != nil {
		return nil, err
	}
	var material h235.KeySyncMaterial
	if err := per.Unmarshal(plain, &material); err != nil {
		return nil, fmt.Errorf("secure: %w", err)
	}
	key := material.KeyMaterial
	if key.Bits != 8*a.keySize() || len(key.Bytes) != a.keySize() {
		return nil, errLength
	}
	return key.Bytes, nil
}

// open decrypts what is encrypted with the secret.
func (s *Secret) open(sealed []byte, p *h235.Params, a Algorithm) ([]byte, error) {
	iv := zeroIV[:]
	switch {
	case len(p.Iv16) == blockSize:
		iv = p.Iv16
	case len(p.Iv) == blockSize:
		iv = p.Iv
	}
	kek, err := aes.NewCipher(s.keyEncryption(a))
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(sealed))
	if !decryptCBC(kek, plain, sealed, iv) {
		return nil, errLength
	}
	return plain, nil
}
