package secure

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// pi is the integer part of pi times 2 to the power of bits, by Machin's formula.
func pi(bits uint) *big.Int {
	const guard = 64
	one := new(big.Int).Lsh(big.NewInt(1), bits+guard)
	arctan := func(inverse int64) *big.Int { // of 1/inverse
		x := big.NewInt(inverse)
		square := new(big.Int).Mul(x, x)
		power := new(big.Int).Div(one, x)
		sum := new(big.Int).Set(power)
		for n, sign := int64(3), -1; power.Sign() > 0; n, sign = n+2, -sign {
			power.Div(power, square)
			term := new(big.Int).Div(power, big.NewInt(n))
			if sign < 0 {
				sum.Sub(sum, term)
			} else {
				sum.Add(sum, term)
			}
		}
		return sum
	}
	a := arctan(5)
	a.Mul(a, big.NewInt(16))
	b := arctan(239)
	a.Sub(a, b.Mul(b, big.NewInt(4)))
	return a.Rsh(a, guard)
}

// TestGroups: the primes are those of RFC 2409 §6.2 and RFC 3526 §3, by the formula
// given there, and safe.
func TestGroups(t *testing.T) {
	for g, add := range map[*group]int64{modp1024: 129093, modp2048: 124476} {
		// 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + add)
		n := uint(g.bits)
		want := pi(n - 130)
		want.Add(want, big.NewInt(add)).Lsh(want, 64)
		one := big.NewInt(1)
		want.Add(want, new(big.Int).Lsh(one, n)).Sub(want, new(big.Int).Lsh(one, n-64)).Sub(want, one)
		if want.Cmp(g.prime) != 0 {
			t.Errorf("%s: the prime is not that of the formula", g.oid)
		}
		half := new(big.Int).Rsh(g.prime, 1)
		if g.prime.BitLen() != g.bits || !g.prime.ProbablyPrime(2) || !half.ProbablyPrime(2) {
			t.Errorf("%s: not a safe prime of %d bits", g.oid, g.bits)
		}
	}
}

// TestKnownSecret: two secrets and what follows from them, computed elsewhere.
func TestKnownSecret(t *testing.T) {
	x := number("8123456789abcdef123456789abcdef123456789abcdef123456789abcdef012")
	y := number("cfedcba987654321fedcba987654321fedcba987654321fedcba987654321345")
	h := &half{group: modp1024, secret: x}
	peer := new(big.Int).Exp(two, y, modp1024.prime)
	if got := hex.EncodeToString(peer.Bytes()[:8]); got != "b47aed65cc62006e" {
		t.Fatalf("half-key %s…", got)
	}
	// A small number is as long as the prime all the same.
	small := (&half{group: modp1024, secret: big.NewInt(1)}).shared(big.NewInt(5))
	if len(small) != 128 || small[127] != 5 {
		t.Errorf("%x", small)
	}
	s := &Secret{half: h, peer: peer}
	if got := hex.EncodeToString(s.keyEncryption(AES128)); got != "b95ac0815f7cc9d7fbc8e02dd2a34878" {
		t.Errorf("key encryption key %s", got)
	}
}

// TestKnownKeyTransport: a secret of 2^35, whose last octets anybody can write down; what
// OpenSSL's command makes of the keys.
func TestKnownKeyTransport(t *testing.T) {
	for a, want := range map[Algorithm]string{
		AES128: "2b2aa16fab338e4bf626e8a0802ce62a",
		AES256: "8357160b1cf92fa5e9e1640e7db2aa5aa4874fa2d9d21972fa60c60469f41eff",
	} {
		s := &Secret{
			shared:     new(big.Int).Lsh(big.NewInt(1), 35).FillBytes(make([]byte, 256)),
			algorithms: []Algorithm{a}, version3: true,
		}
		sync, err := s.Sync(counting(a, 120))
		if err != nil {
			t.Fatal(err)
		}
		var key h235.H235Key
		if err := per.Unmarshal(sync.H235Key, &key); err != nil {
			t.Fatal(err)
		}
		v3 := key.SecureSharedSecret
		if v3 == nil || Algorithm(*v3.AlgorithmOID) != a || hex.EncodeToString(v3.EncryptedSessionKey) != want || sync.SynchFlag != 120 {
			t.Errorf("%s: %+v", a, key)
		}
		if k, err := s.Key(sync, a); err != nil || !k.Equal(counting(a, 120)) {
			t.Errorf("%s: %v", a, err)
		}
	}
}

// TestExchange: both ends know the same, whatever the groups that they share, and by
// way of the wire.
func TestExchange(t *testing.T) {
	for name, c := range map[string]struct {
		keep []per.OID // what gets to the called end
		best Algorithm
		v3   bool
	}{
		"both":              {[]per.OID{modp2048.oid, modp1024.oid, version3}, AES256, true},
		"small":             {[]per.OID{modp1024.oid, version3}, AES128, true},
		"before version 3":  {[]per.OID{modp1024.oid}, AES128, false},
		"in another order":  {[]per.OID{version3, modp1024.oid, modp2048.oid}, AES256, true},
		"and unknown ones":  {[]per.OID{"0.0.8.235.0.3.47", modp1024.oid, version3}, AES128, true},
		"without a key too": {[]per.OID{"0.0.8.235.0.2.5", modp2048.oid}, AES256, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := NewOffer()
			var offer []h235.ClearToken
			for _, oid := range c.keep {
				tok := h235.ClearToken{TokenOID: oid}
				for _, own := range o.Tokens() {
					if own.TokenOID == oid {
						tok = own
					}
				}
				offer = append(offer, wired(t, tok))
			}
			called, err := Answer(offer)
			if err != nil {
				t.Fatal(err)
			}
			answer := called.Tokens()
			for i := range answer {
				answer[i] = wired(t, answer[i])
			}
			caller, err := o.Complete(answer)
			if err != nil {
				t.Fatal(err)
			}
			if called.shared != nil || called.half.made == nil {
				t.Error("the secret was computed before it was needed")
			}
			if !bytes.Equal(caller.keyEncryption(AES256), called.keyEncryption(AES256)) || len(caller.shared) < 128 {
				t.Error("the secrets differ")
			}
			for _, s := range []*Secret{caller, called} {
				if s.version3 != c.v3 || s.Algorithms()[0] != c.best || len(s.Algorithms()) != 1+len(s.algorithms[1:]) {
					t.Errorf("%+v", s.algorithms)
				}
			}
			for _, from := range []*Secret{caller, called} {
				k, _ := NewKey(c.best, 121)
				sync, err := from.Sync(k)
				if err != nil {
					t.Fatal(err)
				}
				to := called
				if from == called {
					to = caller
				}
				if got, err := to.Key(sync, c.best); err != nil || !got.Equal(k) {
					t.Errorf("a key did not get through: %v", err)
				}
			}
		})
	}
}

// wired is a token as it comes off the wire.
func wired(t *testing.T, tok h235.ClearToken) (out h235.ClearToken) {
	t.Helper()
	b, err := per.Marshal(&tok)
	if err != nil {
		t.Fatal(err)
	}
	if err := per.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTokensAsOthersMakeThem: halves as long as the prime; prime and generator with the
// smaller group, nothing of both with the larger one; and the token of version 3.
func TestTokensAsOthersMakeThem(t *testing.T) {
	tokens := NewOffer().Tokens()
	if len(tokens) != 3 || tokens[0].TokenOID != "0.0.8.235.0.3.45" || tokens[1].TokenOID != "0.0.8.235.0.3.43" ||
		tokens[2].TokenOID != "0.0.8.235.0.3.24" || tokens[2].Dhkey != nil {
		t.Fatalf("%+v", tokens)
	}
	if d := tokens[0].Dhkey; d.Halfkey.Bits != 2048 || d.ModSize.Bits != 0 || d.Generator.Bits != 0 {
		t.Errorf("%d, %d, %d bits", d.Halfkey.Bits, d.ModSize.Bits, d.Generator.Bits)
	}
	if d := tokens[1].Dhkey; d.Halfkey.Bits != 1024 || d.ModSize.Bits != 1024 || d.Generator.Bits != 1024 ||
		len(d.Halfkey.Bytes) != 128 || integer(d.Generator).Cmp(two) != 0 {
		t.Errorf("%+v", d)
	}
	// A generator of eight bits, as h323plus sends it with larger groups.
	d := NewOffer().Tokens()[0]
	d.Dhkey.Generator = per.BitString{Bytes: []byte{2}, Bits: 8}
	if _, err := Answer([]h235.ClearToken{d}); err != nil {
		t.Error(err)
	}
}

// TestUnsoundOffers: half-keys that give the secret away, and groups of the peer's own.
func TestUnsoundOffers(t *testing.T) {
	p := modp1024.prime
	minus := func(n int64) *big.Int { return new(big.Int).Sub(p, big.NewInt(n)) }
	bits := func(n *big.Int) per.BitString { return per.BitString{Bytes: n.Bytes(), Bits: 8 * len(n.Bytes())} }
	for name, set := range map[string]h235.DHset{
		"no half-key": {},
		"0":           {Halfkey: per.BitString{Bytes: make([]byte, 128), Bits: 1024}},
		"1":           {Halfkey: bits(big.NewInt(1))},
		"p-1":         {Halfkey: bits(minus(1))},
		"p":           {Halfkey: bits(p)},
		"p+2":         {Halfkey: bits(minus(-2))},
		"2048 bits":   {Halfkey: bits(new(big.Int).Lsh(p, 1000))},
		"bits without octets": {
			Halfkey: per.BitString{Bits: 1024},
		},
		"another prime":     {Halfkey: bits(big.NewInt(99)), ModSize: bits(minus(2)), Generator: bits(two)},
		"another generator": {Halfkey: bits(big.NewInt(99)), ModSize: bits(p), Generator: bits(big.NewInt(1))},
	} {
		token := h235.ClearToken{TokenOID: modp1024.oid, Dhkey: &set}
		if _, err := Answer([]h235.ClearToken{token}); err == nil || errors.Is(err, ErrNoToken) {
			t.Errorf("%s: answered: %v", name, err)
		}
		if _, err := NewOffer().Complete([]h235.ClearToken{token}); err == nil || errors.Is(err, ErrNoToken) {
			t.Errorf("%s: completed: %v", name, err)
		}
	}
	for name, halfkey := range map[string]*big.Int{"2": two, "p-2": minus(2)} {
		token := h235.ClearToken{TokenOID: modp1024.oid, Dhkey: &h235.DHset{Halfkey: bits(halfkey)}}
		if _, err := Answer([]h235.ClearToken{token}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tokens := range map[string][]h235.ClearToken{
		"none":       nil,
		"no dhkey":   {{TokenOID: modp1024.oid}},
		"version 3":  {{TokenOID: version3}},
		"other keys": {{TokenOID: "0.0.8.235.0.2.5", Dhkey: NewOffer().Tokens()[0].Dhkey}},
	} {
		if _, err := Answer(tokens); !errors.Is(err, ErrNoToken) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := NewOffer().Complete(tokens); !errors.Is(err, ErrNoToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A sound token beside an unsound one is taken.
	bad := h235.ClearToken{TokenOID: modp2048.oid, Dhkey: &h235.DHset{Halfkey: bits(big.NewInt(1))}}
	if _, err := Answer(append([]h235.ClearToken{bad}, NewOffer().Tokens()[1])); err != nil {
		t.Error(err)
	}
}

// agreed is a secret of a call with the large group, and of one before version 3.
func agreed(t testing.TB, v3 bool) *Secret {
	t.Helper()
	s := &Secret{shared: make([]byte, 256), algorithms: modp2048.algorithms, version3: v3}
	for i := range s.shared {
		s.shared[i] = byte(i * 7)
	}
	return s
}

// TestKeyForms: the old form, initial values, and what is refused.
func TestKeyForms(t *testing.T) {
	s := agreed(t, false)
	k := counting(AES128, 99)
	sync, err := s.Sync(k)
	if err != nil {
		t.Fatal(err)
	}
	var key h235.H235Key
	if err := per.Unmarshal(sync.H235Key, &key); err != nil || key.SharedSecret == nil {
		t.Fatalf("%+v %v", key, err)
	}
	if got, err := s.Key(sync, AES128); err != nil || !got.Equal(k) {
		t.Errorf("%v %v", got, err)
	}
	oid, other := per.OID(AES128), per.OID("1.2.3")
	iv := octets(16)
	sealed := octets(16)
	kek, _ := aes.NewCipher(s.keyEncryption(AES128))
	encryptCBC(kek, sealed, iv)
	withIV := func(p h235.Params) *h235.V3KeySyncMaterial {
		return &h235.V3KeySyncMaterial{AlgorithmOID: &oid, ParamS: p, EncryptedSessionKey: sealed}
	}
	good := map[string]h235.H235Key{
		"iv16":         {SecureSharedSecret: withIV(h235.Params{Iv16: iv})},
		"iv":           {SecureSharedSecret: withIV(h235.Params{Iv: iv})},
		"no algorithm": {SecureSharedSecret: &h235.V3KeySyncMaterial{ParamS: h235.Params{Iv16: iv}, EncryptedSessionKey: sealed}},
	}
	bad := map[string]h235.H235Key{
		"in the clear":         {SecureChannel: &per.BitString{Bytes: octets(16), Bits: 128}},
		"another algorithm":    {SecureSharedSecret: &h235.V3KeySyncMaterial{AlgorithmOID: &other, EncryptedSessionKey: sealed}},
		"no key":               {SecureSharedSecret: &h235.V3KeySyncMaterial{AlgorithmOID: &oid}},
		"a long key":           {SecureSharedSecret: &h235.V3KeySyncMaterial{AlgorithmOID: &oid, EncryptedSessionKey: octets(32)}},
		"an old one, another":  {SharedSecret: &h235.ENCRYPTED{AlgorithmOID: other, EncryptedData: octets(48)}},
		"an old one, short":    {SharedSecret: &h235.ENCRYPTED{AlgorithmOID: oid, EncryptedData: octets(4)}},
		"an old one, of noise": {SharedSecret: &h235.ENCRYPTED{AlgorithmOID: oid, EncryptedData: octets(48)}},
	}
	read := func(key h235.H235Key) (Key, error) {
		b, err := per.Marshal(&key)
		if err != nil {
			t.Fatal(err)
		}
		return s.Key(&h245.EncryptionSync{SynchFlag: 99, H235Key: b}, AES128)
	}
	for name, key := range good {
		if got, err := read(key); err != nil || !got.Equal(k) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for name, key := range bad {
		if got, err := read(key); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, b := range [][]byte{nil, {0}, {0xff, 0xff}, octets(100)} {
		if _, err := s.Key(&h245.EncryptionSync{H235Key: b}, AES128); err == nil {
			t.Errorf("%x is taken for a key", b)
		}
	}
	if _, err := s.Key(sync, "1.2.3"); err == nil {
		t.Error("a key for an unknown algorithm")
	}
	if _, err := s.Sync(Key{Algorithm: "1.2.3", material: &material{octets(16)}}); err == nil {
		t.Error("a key for an unknown algorithm is sent")
	}
}

// FuzzKey: no key that a peer sends does harm.
func FuzzKey(f *testing.F) {
	for _, v3 := range []bool{true, false} {
		sync, err := agreed(f, v3).Sync(counting(AES128, 120))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sync.H235Key, true)
	}
	f.Fuzz(func(t *testing.T, b []byte, small bool) {
		a := AES256
		if small {
			a = AES128
		}
		k, err := agreed(t, true).Key(&h245.EncryptionSync{SynchFlag: 120, H235Key: b}, a)
		if err == nil {
			if _, err := NewCipher(k, k); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzToken: no token that a peer sends does harm.
func FuzzToken(f *testing.F) {
	for _, tok := range NewOffer().Tokens() {
		b, err := per.Marshal(&tok)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var tok h235.ClearToken
		if per.Unmarshal(b, &tok) != nil {
			return
		}
		s, err := Answer([]h235.ClearToken{tok})
		if err == nil && len(s.keyEncryption(AES128)) != 16 {
			t.Fatalf("%+v", s)
		}
	})
}
