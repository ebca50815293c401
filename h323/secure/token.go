package secure

import (
	"errors"
	"math/big"

	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/per"
)

// version3 is the tokenOID that says: version 3 of H.235 is spoken, keys may come as
// V3KeySyncMaterial.
const version3 per.OID = "0.0.8.235.0.3.24"

// ErrNoToken says that the peer sent no Diffie-Hellman token that can be used: its
// media will be plain.
var ErrNoToken = errors.New("secure: no Diffie-Hellman token of a known group")

// Offer is our half of the exchange in a call that we make.
type Offer struct{ halves []*half }

// NewOffer makes up secrets for a call.
func NewOffer() *Offer {
	o := &Offer{}
	for _, g := range groups() {
		o.halves = append(o.halves, newHalf(g))
	}
	return o
}

// Tokens are the clear tokens of our Setup (H.235 version 3 §8.8). The first time that takes
// about a millisecond of computing.
func (o *Offer) Tokens() []h235.ClearToken {
	var tokens []h235.ClearToken
	for _, h := range o.halves {
		tokens = append(tokens, h.token())
	}
	return append(tokens, h235.ClearToken{TokenOID: version3})
}

// Complete takes the clear tokens of the message in which the peer answers (Connect, or
// an earlier one). ErrNoToken: there was none among them for us.
func (o *Offer) Complete(answer []h235.ClearToken) (*Secret, error) {
	for i := range answer {
		for _, h := range o.halves {
			if answer[i].TokenOID == h.oid && answer[i].Dhkey != nil {
				return agree(h, answer[i].Dhkey, answer)
			}
		}
	}
	return nil, ErrNoToken
}

// Answer takes the clear tokens of a Setup and chooses the strongest group that we know
// (H.235 version 3 §8.8). ErrNoToken: the caller offered none; any other error: what it offered
// is not sound. Nothing is computed yet.
func Answer(offer []h235.ClearToken) (s *Secret, err error) {
	err = ErrNoToken
	for _, g := range groups() {
		for i := range offer {
			if offer[i].TokenOID != g.oid || offer[i].Dhkey == nil {
				continue
			}
			if s, err = agree(newHalf(g), offer[i].Dhkey, offer); err == nil {
				return s, nil
			}
		}
	}
	return nil, err
}

// Tokens are the clear tokens with which we answer a Setup. The first time that takes
// about a millisecond of computing.
func (s *Secret) Tokens() []h235.ClearToken {
	tokens := []h235.ClearToken{s.half.token()}
	if s.version3 {
		tokens = append(tokens, h235.ClearToken{TokenOID: version3})
	}
	return tokens
}

// token is the clear token with our half-key.
func (h *half) token() h235.ClearToken {
	set := &h235.DHset{Halfkey: h.padded(h.public())}
	if h.explicit {
		// As long as the prime, all of them: so they come from h323plus.
		set.ModSize, set.Generator = h.padded(h.prime), h.padded(two)
	}
	return h235.ClearToken{TokenOID: h.oid, Dhkey: set}
}

func (g *group) padded(n *big.Int) per.BitString {
	return per.BitString{Bytes: n.FillBytes(make([]byte, g.bits/8)), Bits: g.bits}
}

var errGroup = errors.New("secure: prime or generator are not those of the group")

// agree takes a peer's half-key. A prime and a generator of the peer's own are not
// taken: who says that the prime is one?
func agree(h *half, peer *h235.DHset, tokens []h235.ClearToken) (*Secret, error) {
	if peer.ModSize.Bits > 0 && integer(peer.ModSize).Cmp(h.prime) != 0 ||
		peer.Generator.Bits > 0 && integer(peer.Generator).Cmp(two) != 0 {
		return nil, errGroup
	}
	s := &Secret{half: h, peer: integer(peer.Halfkey), algorithms: h.algorithms}
	if err := h.check(s.peer); err != nil {
		return nil, err
	}
	for i := range tokens {
		s.version3 = s.version3 || tokens[i].TokenOID == version3
	}
	return s, nil
}

// integer is a bit string as a number, its last bit the least significant.
func integer(b per.BitString) *big.Int {
	octets := min(len(b.Bytes), (b.Bits+7)/8)
	n := new(big.Int).SetBytes(b.Bytes[:octets])
	return n.Rsh(n, uint(8*octets-min(b.Bits, 8*octets)))
}
