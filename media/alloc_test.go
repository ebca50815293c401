//go:build !race

package media

import (
	"encoding/binary"
	"testing"
)

func TestPacketsAllocateNothing(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		b := newBench(t, cfg)
		sa, a := b.call(StreamConfig{})
		sb, z := b.call(StreamConfig{})
		b.join(sa, sb)
		runs, out := 200, uint64(400)
		if cfg.Portable { // its reader gets little of the one processor this is measured on
			runs, out = 20, 60
		}
		allocs := func(what string, limit float64) {
			t.Helper()
			pa, pz := a.packet(noise(160)), z.packet(noise(160))
			one := func() {
				for _, p := range [][]byte{pa, pz} {
					binary.BigEndian.PutUint16(p[2:], binary.BigEndian.Uint16(p[2:])+1)
					binary.BigEndian.PutUint32(p[4:], binary.BigEndian.Uint32(p[4:])+160)
				}
				a.rtp.WriteToUDPAddrPort(pa, a.to)
				z.rtp.WriteToUDPAddrPort(pz, z.to)
				b.settle(2)
				b.tick()
			}
			for range 20 {
				one()
			}
			if n := testing.AllocsPerRun(runs, one); n > limit {
				t.Errorf("%s: %v allocations a tick", what, n)
			}
		}
		allocs("plain", 0)
		for s, p := range map[*Stream]*phone{sa: a, sb: z} {
			q := plain(p.peer())
			q.LevelExt = 1
			b.update(s, q)
		}
		allocs("with levels", 0)
		for s, p := range map[*Stream]*phone{sa: a, sb: z} {
			b.enciphered(s, p)
		}
		allocs("encrypted payloads", 0)
		out += out / 2
		if st := sb.count; st.PacketsOut < out || st.Concealed > 20 {
			t.Errorf("what was measured: %+v", st)
		}
	})
}

func TestPagesAllocateNothing(t *testing.T) {
	b := newBatch(&Engine{})
	defer b.courier.close()
	q := b.use(&countSocket{})
	one := func() {
		for range 3*batchSize + 1 {
			b.add(q, key{}).length = 0
		}
		b.flush()
	}
	one()
	if n := testing.AllocsPerRun(50, one); n > 0 {
		t.Errorf("%v allocations a step", n)
	}
}

// countSocket only counts.
type countSocket struct{ listSocket }

func (c *countSocket) send(p *page, head int32) (n int) {
	for i := head; i >= 0; i = p.messages[i].next {
		n++
	}
	return n
}

// BenchmarkSRTP is the cost of encryption on top, a packet in and one out.
func BenchmarkSRTP(bm *testing.B) {
	for _, suite := range []struct {
		name string
		n    int
	}{{"AES_CM_128_HMAC_SHA1_80", 30}, {"AEAD_AES_128_GCM", 28}} {
		bm.Run(suite.name, func(bm *testing.B) {
			k := noise(suite.n)
			x, err := newCrypt(&Crypto{Suite: suite.name, Local: k, Remote: k})
			if err != nil {
				bm.Fatal(err)
			}
			p := &phone{TB: bm}
			b := p.packet(noise(160))
			buf, plain := make([]byte, maxPacket), make([]byte, maxPacket)
			bm.ReportAllocs()
			for range bm.N {
				b[2], b[3] = byte(p.seq>>8), byte(p.seq)
				p.seq++
				sealed, err := x.sealRTP(buf[:copy(buf, b)])
				if err != nil {
					bm.Fatal(err)
				}
				if _, err = x.openRTP(plain[:0], sealed); err != nil {
					bm.Fatal(err)
				}
			}
		})
	}
}

// Encrypting and decrypting a packet allocate nothing either.
func TestEncryptionAllocatesNothing(t *testing.T) {
	for suite, n := range map[string]int{"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44} {
		k := noise(n)
		x, err := newCrypt(&Crypto{Suite: suite, Local: k, Remote: k})
		if err != nil {
			t.Fatal(err)
		}
		p := &phone{TB: t}
		b := p.packet(noise(160))
		buf, plain := make([]byte, maxPacket), make([]byte, maxPacket)
		if got := testing.AllocsPerRun(500, func() {
			b[2], b[3] = byte(p.seq>>8), byte(p.seq)
			p.seq++
			sealed, err := x.sealRTP(buf[:copy(buf, b)])
			if err == nil {
				_, err = x.openRTP(plain[:0], sealed)
			}
			if err != nil {
				t.Fatal(err)
			}
		}); got > 0 {
			t.Errorf("%s: %v allocations a packet in and out", suite, got)
		}
	}
}
