package secure

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/partyline/partyline/media"
)

var _ media.Cipher = (*Cipher)(nil)

func TestRoomSuffices(t *testing.T) {
	if MaxGrowth > media.CipherRoom {
		t.Error("a stream has no room for the padding")
	}
}

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// counting is a key whose octets count from 0.
func counting(a Algorithm, pt uint8) Key {
	return Key{Algorithm: a, PayloadType: pt, material: &material{octets(a.keySize())}}
}

// packet is an RTP packet of payload type 120 with room behind it.
func packet(seq uint16, ts uint32, payload []byte) []byte {
	b := make([]byte, minHeader, minHeader+len(payload)+MaxGrowth)
	b[0], b[1] = 0x80, 120
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], 7)
	return append(b, payload...)
}

func octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func newTestCipher(t testing.TB, send Key, receive ...Key) *Cipher {
	t.Helper()
	c, err := NewCipher(send, receive...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestKnownPayloads: what OpenSSL's command makes of these keys, payloads and padding,
// with the initial value 123456789abc 123456789abc 12345678.
func TestKnownPayloads(t *testing.T) {
	for name, c := range map[string]struct {
		a      Algorithm
		plain  []byte
		sealed string
		padded bool
	}{
		"padded":       {AES128, octets(20), "a8413de598f3163c693351cf4399e17cd2e07b64d562cdb88b72d7a092868366", true},
		"whole blocks": {AES128, octets(32), "a8413de598f3163c693351cf4399e17c76328821fbc05787e75f7861a7b60656", false},
		"an event":     {AES128, []byte{5, 0x8a, 3, 0x20}, "a18b1d432df52922c791937be637abd7", true},
		"256 bits":     {AES256, octets(16), "3c7bb8e6bcfdb03e106fb8e381868f44", false},
	} {
		t.Run(name, func(t *testing.T) {
			k := counting(c.a, 120)
			x := newTestCipher(t, k, k)
			sealed := x.SealRTP(packet(0x1234, 0x56789abc, c.plain), minHeader)
			if got := hex.EncodeToString(sealed[minHeader:]); got != c.sealed {
				t.Errorf("got  %s\nwant %s", got, c.sealed)
			}
			if padded := sealed[0]&paddingBit != 0; padded != c.padded {
				t.Errorf("the P bit is %v", padded)
			}
			if got, ok := x.OpenRTP(make([]byte, 64), sealed, minHeader); !ok || !bytes.Equal(got, c.plain) {
				t.Errorf("opened %x, %v", got, ok)
			}
		})
	}
}

// TestStolenCiphertext: the vectors of RFC 3962, appendix B. (That of two whole blocks
// is not of ours: there nothing is stolen in H.235.)
func TestStolenCiphertext(t *testing.T) {
	block, err := aes.NewCipher([]byte("chicken teriyaki"))
	if err != nil {
		t.Fatal(err)
	}
	const text = "I would like the General Gau's Chicken, please, and wonton soup."
	for _, want := range []string{
		"c6353568f2bf8cb4d8a580362da7ff7f 97",
		"fc00783e0efdb2c1d445d4c8eff7ed22 97687268d6ecccc0c07b25e25ecfe5",
		"97687268d6ecccc0c07b25e25ecfe584 b3fffd940c16a18c1b5549d2f838029e 39312523a78662d5be7fcbcc98ebf5",
	} {
		sealed := fromHex(t, want)
		plain := make([]byte, len(sealed))
		if !decryptCBC(block, plain, sealed, zeroIV[:]) || string(plain) != text[:len(sealed)] {
			t.Errorf("%d octets: %q", len(sealed), plain)
		}
	}
}

// stealing is what a peer does that steals ciphertext instead of padding.
func stealing(block cipher.Block, plain, iv []byte) []byte {
	rest := len(plain) % blockSize
	whole := append(bytes.Clone(plain), make([]byte, blockSize-rest)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(whole, whole)
	n := len(whole) - 2*blockSize
	before, last := bytes.Clone(whole[n:n+blockSize]), whole[n+blockSize:]
	return append(append(whole[:n:n], last...), before[:rest]...)
}

// TestEverySize: what goes in comes out, and is what the library's CBC makes of it;
// from peers that pad, that leave the padding as it lies, and that steal.
func TestEverySize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	dst := make([]byte, 500)
	for _, a := range []Algorithm{AES128, AES256} {
		key, err := NewKey(a, 120)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := newTestCipher(t, key, key), newTestCipher(t, key, key)
		block, err := aes.NewCipher(key.secret())
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n <= 400; n++ {
			plain := make([]byte, n)
			for i := range plain {
				plain[i] = byte(rng.Uint32())
			}
			seq, ts := uint16(rng.Uint32()), rng.Uint32()
			sealed := ours.SealRTP(packet(seq, ts, plain), minHeader)
			if grown := len(sealed) - minHeader - n; grown < 0 || grown >= blockSize || (len(sealed)-minHeader)%blockSize != 0 {
				t.Fatalf("%d octets became %d", n, len(sealed)-minHeader)
			}
			if got, ok := theirs.OpenRTP(dst, sealed, minHeader); !ok || !bytes.Equal(got, plain) {
				t.Fatalf("%d octets: %x became %x, %v", n, plain, got, ok)
			}
			var iv [blockSize]byte
			theirs.setIV(sealed)
			iv = theirs.iv
			padding := -n & (blockSize - 1)
			if padding > 0 { // Polycom's
				sloppy := append(bytes.Clone(plain), make([]byte, padding)...)
				sloppy[len(sloppy)-1] = byte(padding)
				cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(sloppy, sloppy)
				p := packet(seq, ts, sloppy)
				p[0] |= paddingBit
				if got, ok := theirs.OpenRTP(dst, p, minHeader); !ok || !bytes.Equal(got, plain) {
					t.Fatalf("%d octets, sloppily padded: %x, %v", n, got, ok)
				}
			}
			if padding > 0 && n > blockSize {
				p := packet(seq, ts, stealing(block, plain, iv[:]))
				if got, ok := theirs.OpenRTP(dst, p, minHeader); !ok || !bytes.Equal(got, plain) {
					t.Fatalf("%d octets, stolen: %x, %v", n, got, ok)
				}
			}
		}
	}
}

// TestRefusedPayloads: nothing that the profile cannot have made is played.
func TestRefusedPayloads(t *testing.T) {
	k := counting(AES128, 120)
	c := newTestCipher(t, k, k)
	dst := make([]byte, 200)
	pad := func(b []byte) []byte { b[0] |= paddingBit; return b }
	// Padding of these counts, encrypted.
	last := func(count byte) []byte {
		p := packet(1, 1, make([]byte, 32))
		p[len(p)-1] = count
		return pad(c.SealRTP(p, minHeader))
	}
	for name, p := range map[string][]byte{
		"shorter than a block":  packet(1, 1, octets(4)),
		"a padded odd length":   pad(packet(1, 1, octets(33))),
		"padded, no payload":    pad(packet(1, 1, nil)),
		"padding of 0":          last(0),
		"padding of 17":         last(17),
		"no header":             octets(5),
		"shorter than a header": octets(minHeader - 1),
	} {
		if got, ok := c.OpenRTP(dst, p, minHeader); ok {
			t.Errorf("%s: %x", name, got)
		}
	}
	// Nobody pads and steals.
	plain := octets(33)
	plain[32] = 1
	block, err := newBlock(k)
	if err != nil {
		t.Fatal(err)
	}
	c.setIV(packet(1, 1, nil))
	if got, ok := c.OpenRTP(dst, pad(packet(1, 1, stealing(block, plain, c.iv[:]))), minHeader); ok {
		t.Errorf("padded and stolen: %x", got)
	}
	if got, ok := c.OpenRTP(dst, last(16), minHeader); !ok || len(got) != 16 {
		t.Errorf("padding of 16: %x, %v", got, ok)
	}
	if got, ok := c.OpenRTP(dst, packet(1, 1, nil), minHeader); !ok || len(got) != 0 {
		t.Errorf("a keep-alive: %x, %v", got, ok)
	}
	if _, ok := c.OpenRTP(dst[:10], packet(1, 1, octets(16)), minHeader); ok {
		t.Error("written beyond dst")
	}
	tight := packet(1, 1, octets(17))
	if c.SealRTP(tight[:len(tight):len(tight)], minHeader) != nil {
		t.Error("sealed without room")
	}
	if c.SealRTP(octets(5), minHeader) != nil {
		t.Error("sealed what is no packet")
	}
}

// TestWrongKey: what was encrypted with another key is noise or nothing.
func TestWrongKey(t *testing.T) {
	a, _ := NewKey(AES128, 120)
	b, _ := NewKey(AES128, 120)
	ours, theirs := newTestCipher(t, a, a), newTestCipher(t, b, b)
	sound := octets(160)
	p := ours.SealRTP(packet(1, 1, sound), minHeader)
	if got, _ := theirs.OpenRTP(make([]byte, 200), p, minHeader); bytes.Equal(got, sound) {
		t.Error("understood")
	}
	q := ours.SealRTP(packet(2, 1, sound), minHeader)
	if bytes.Equal(p[minHeader:], q[minHeader:]) {
		t.Error("two packets are encrypted alike")
	}
}

// TestKeysByPayloadType: while a key is replaced both are understood; events go with
// the sound.
func TestKeysByPayloadType(t *testing.T) {
	was, _ := NewKey(AES128, 120)
	is, _ := NewKey(AES128, 121)
	us := newTestCipher(t, Key{}, was, is)
	before, after := newTestCipher(t, was), newTestCipher(t, is)
	dst := make([]byte, 64)
	send := func(c *Cipher, pt uint8) bool {
		p := packet(1, 1, octets(20))
		p[1] = 0x80 | pt
		got, ok := us.OpenRTP(dst, c.SealRTP(p, minHeader), minHeader)
		return ok && bytes.Equal(got, octets(20))
	}
	for i, ok := range []bool{
		send(after, 101), // nothing heard yet: the newest
		send(before, 120), send(before, 101), !send(after, 101), send(after, 121), send(after, 101), send(before, 120),
	} {
		if !ok {
			t.Errorf("step %d", i)
		}
	}
	// What we do not encrypt goes as it is, and the other way round.
	p := packet(1, 1, octets(20))
	if got := us.SealRTP(bytes.Clone(p), minHeader); !bytes.Equal(got, p) {
		t.Errorf("sent %x", got)
	}
	if got, ok := before.OpenRTP(dst, p, minHeader); !ok || !bytes.Equal(got, octets(20)) {
		t.Errorf("taken %x", got)
	}
	padded := append(packet(1, 1, octets(20)), 0, 0, 3)
	padded[0] |= paddingBit
	if got, ok := before.OpenRTP(dst, padded, minHeader); !ok || !bytes.Equal(got, octets(20)) {
		t.Errorf("taken %x", got)
	}
}

func TestNewCipherRefuses(t *testing.T) {
	good := counting(AES128, 120)
	short := good
	short.material = &material{octets(15)}
	other := good
	other.Algorithm = "1.2.3"
	if _, err := NewCipher(Key{}); err == nil {
		t.Error("no keys are taken")
	}
	for _, k := range []Key{short, other} {
		if _, err := NewCipher(k); err == nil {
			t.Errorf("%v is taken for sending", k)
		}
		if _, err := NewCipher(good, k); err == nil {
			t.Errorf("%v is taken for receiving", k)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	k := counting(AES128, 120)
	keys, _ := pair(t, Preferred)
	keys.secret.shared = octets(256)
	c, err := keys.Open(alaw(), true)
	if err != nil {
		t.Fatal(err)
	}
	c.keys = []Key{k}
	for _, v := range []any{k, &k, []Key{k}, keys.secret, keys, *keys, c, *c, newTestCipher(t, k, k)} {
		for _, format := range []string{"%v", "%+v", "%#v", "%x"} {
			p := fmt.Sprintf(format, v)
			if strings.Contains(p, "3 4 5") || strings.Contains(p, "0x3, 0x4") || strings.Contains(p, "030405") {
				t.Errorf("%T, %s: %s", v, format, p)
			}
		}
	}
	if Key.String(Key{}) != "no key" || !strings.Contains(k.String(), "AES-128") {
		t.Error(k)
	}
}

// FuzzOpen: whatever comes, nothing is read or written out of bounds, and what we seal
// opens again.
func FuzzOpen(f *testing.F) {
	k := counting(AES128, 120)
	f.Add(packet(1, 2, octets(160)), 12)
	f.Add(packet(1, 2, octets(17)), 12)
	f.Add([]byte{0xa0, 120, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1}, 12)
	f.Fuzz(func(t *testing.T, b []byte, header int) {
		c, err := NewCipher(k, k)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, len(b))
		if got, ok := c.OpenRTP(dst, b, header); ok && len(got) > len(b)-header {
			t.Fatalf("%d octets of %d", len(got), len(b))
		}
		buf := append(make([]byte, 0, len(b)+MaxGrowth), b...)
		sealed := c.SealRTP(buf, header)
		if sealed == nil || b[0]&paddingBit != 0 {
			return
		}
		got, ok := c.OpenRTP(make([]byte, len(sealed)), sealed, header)
		if !ok || !bytes.Equal(got, b[header:]) {
			t.Fatalf("%x became %x", b[header:], got)
		}
	})
}
