package secure

import (
	"crypto/rand"
	"errors"
	"math/big"

	"github.com/partyline/partyline/h323/per"
)

// group is a Diffie-Hellman group of H.235.6, as the tokenOID of a clear
// token names it. Its prime p is safe, (p-1)/2 is prime too, and 2 generates the
// subgroup of that order.
type group struct {
	oid   per.OID
	prime *big.Int
	bits  int // of prime
	// exponent is how many bits of secret exponent match the group's strength
	// (RFC 3526 §8), with some to spare.
	exponent int
	// explicit: prime and generator stand in our tokens. Older endpoints want them of
	// the group they know; for larger groups h323plus leaves them out, too.
	explicit   bool
	algorithms []Algorithm
}

// groups are those offered, the strongest first: peers take the first they know.
// Larger ones cost more time in a Setup than they give security: the media key of
// most calls has 128 bits.
func groups() []*group { return []*group{modp2048, modp1024} }

// The second Oakley group (RFC 2409 §6.2), which every endpoint knows, and the group
// with id 14 (RFC 3526 §3). AES-256 goes only with the larger one: so do h323plus and
// GnuGk, who do AES-256 with it and nothing else.
var (
	modp1024 = &group{
		oid: "0.0.8.235.0.3.43", prime: number(oakley + "49286651ECE65381FFFFFFFFFFFFFFFF"),
		bits: 1024, exponent: 256, explicit: true, algorithms: []Algorithm{AES128},
	}
	modp2048 = &group{
		oid: "0.0.8.235.0.3.45", prime: number(oakley + "49286651ECE45B3DC2007CB8A163BF05" +
			"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
			"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
			"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
			"3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF"),
		bits: 2048, exponent: 320, algorithms: []Algorithm{AES256, AES128},
	}
	two = big.NewInt(2)
)

// oakley is how the primes of these groups begin: 64 ones and digits of pi.
const oakley = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1" +
	"29024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245" +
	"E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE6"

func number(hex string) *big.Int {
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		panic("secure: a constant is no number")
	}
	return n
}

// half is our part of an exchange in one group. What takes computing is computed when
// it is needed: a call that is refused costs none.
type half struct {
	*group
	secret *big.Int
	made   *big.Int // the half-key, once it was needed
}

// newHalf makes up a secret. It has a fixed length, so that computing with it takes
// the same time; it serves one call only, so that whoever measures that time sees it
// twice and no more.
func newHalf(g *group) *half {
	raw := make([]byte, g.exponent/8)
	rand.Read(raw) // never fails
	raw[0] |= 0x80
	return &half{group: g, secret: new(big.Int).SetBytes(raw)}
}

// public is our half-key.
func (h *half) public() *big.Int {
	if h.made == nil {
		h.made = new(big.Int).Exp(two, h.secret, h.prime)
	}
	return h.made
}

var errHalfKey = errors.New("secure: the peer's half-key is out of range")

// check refuses half-keys that are none: with 0, 1 and -1 everybody would know the secret.
func (g *group) check(peer *big.Int) error {
	most := new(big.Int).Sub(g.prime, two)
	if peer.Cmp(two) < 0 || peer.Cmp(most) > 0 {
		return errHalfKey
	}
	return nil
}

// shared computes what both ends know: the peer's half-key to the power of our secret,
// as long as the prime.
func (h *half) shared(peer *big.Int) []byte {
	return new(big.Int).Exp(peer, h.secret, h.prime).FillBytes(make([]byte, h.bits/8))
}
