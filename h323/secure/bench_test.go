package secure

import (
	"math/big"
	"testing"
)

// BenchmarkPacket is what a packet of 20 ms costs, in and out.
func BenchmarkPacket(b *testing.B) {
	for _, a := range []Algorithm{AES128, AES256} {
		b.Run(a.String(), func(b *testing.B) {
			k := counting(a, 120)
			c := newTestCipher(b, k, k)
			buf, dst := packet(1, 1, make([]byte, 160)), make([]byte, 200)
			b.ReportAllocs()
			b.SetBytes(160)
			for b.Loop() {
				if _, ok := c.OpenRTP(dst, c.SealRTP(buf, minHeader), minHeader); !ok {
					b.Fatal("not opened")
				}
			}
		})
	}
}

// BenchmarkExchange is what a Setup costs each end.
func BenchmarkExchange(b *testing.B) {
	offer := NewOffer().Tokens()
	b.Run("offer", func(b *testing.B) {
		for b.Loop() {
			NewOffer().Tokens()
		}
	})
	b.Run("answer", func(b *testing.B) {
		for b.Loop() {
			s, err := Answer(offer)
			if err != nil {
				b.Fatal(err)
			}
			s.Tokens()
			s.keyEncryption(AES128)
		}
	})
	b.Run("complete", func(b *testing.B) {
		o := NewOffer()
		called, err := Answer(o.Tokens())
		if err != nil {
			b.Fatal(err)
		}
		answer := called.Tokens()
		for b.Loop() {
			s, err := o.Complete(answer)
			if err != nil {
				b.Fatal(err)
			}
			s.keyEncryption(AES128)
		}
	})
	b.Run("the small group", func(b *testing.B) {
		h := newHalf(modp1024)
		y := new(big.Int).Exp(two, big.NewInt(1<<40+1), modp1024.prime)
		for b.Loop() {
			h.shared(y)
		}
	})
}
