package media

import (
	"bytes"
	"net/netip"
	"testing"
)

func TestSRTP(t *testing.T) {
	for suite, n := range map[string]int{
		"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44,
	} {
		t.Run(suite, func(t *testing.T) {
			b := newBench(t, Config{})
			ours, theirs := noise(n), noise(n)
			sa, a := b.call(StreamConfig{})
			sb, z := b.call(StreamConfig{})
			b.join(sa, sb)
			secure := func(s *Stream, p *phone) *crypt {
				q := plain(p.peer())
				q.SRTP = &Crypto{Suite: suite, Local: ours, Remote: theirs}
				q.LevelExt = 1
				b.update(s, q)
				x, err := newCrypt(&Crypto{Suite: suite, Local: theirs, Remote: ours})
				if err != nil {
					t.Fatal(err)
				}
				return x
			}
			xa, xz := secure(sa, a), secure(sb, z)
			seal := func(p []byte) []byte {
				out, err := xa.sealRTP(append(make([]byte, 0, maxPacket), p...))
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			clear := a.packet(noise(160))
			sent := noise(160)
			good := seal(a.packet(sent))
			forged := seal(a.packet(noise(160)))
			forged[20] ^= 1
			a.send(clear)
			a.send(good)
			a.send(good) // a replay
			a.send(forged)
			b.settle(4)
			b.tick()
			if s := sa.count; s.PacketsIn != 1 || s.Replayed != 1 {
				t.Errorf("stats %+v", s)
			}
			in := receive(t, z.rtp, mine)
			if in == nil {
				t.Fatal("nothing came")
			}
			open, err := xz.openRTP(nil, in)
			if err != nil {
				t.Fatal(err)
			}
			if q, ok := parseRTP(open, 1); !ok || !bytes.Equal(q.payload, sent) || q.level != 0 {
				t.Errorf("got %+v", q)
			}
			// It moves, from wherever it proves itself.
			y := newPhone(t, netip.MustParseAddr("127.0.0.2"))
			y.call(sa)
			y.send(seal(a.packet(sent)))
			b.settle(1)
			if got := sa.way.latched; got != keyOf(addrOf(y.rtp)) {
				t.Errorf("is at %v", got.addrPort())
			}
			// Its reports are secured, too.
			report := rtcpOut{ssrc: a.ssrc, cname: "phone", about: &report{ssrc: sa.cfg.SSRC, fraction: 64}}
			buf := make([]byte, maxPacket)
			sealed, err := xa.sealRTCP(buf[:report.put(buf)])
			if err != nil {
				t.Fatal(err)
			}
			forged = bytes.Clone(sealed)
			forged[12] ^= 1
			for _, p := range [][]byte{forged, noise(80), sealed} {
				if _, err := y.rtcp.WriteToUDPAddrPort(p, y.toRTCP); err != nil {
					t.Fatal(err)
				}
			}
			b.settle(3)
			if sa.count.LossOut != 0.25 {
				t.Errorf("loss %v", sa.count.LossOut)
			}
			for range 400 {
				b.tick()
			}
			in = receive(t, y.rtcp, mine)
			if open, err := xa.in.DecryptRTCP(nil, in, nil); err != nil {
				t.Error(err)
			} else if h, ok := parseRTCP(open, a.ssrc); !ok || h.sender != sa.cfg.SSRC || !h.hasBlock {
				t.Errorf("report %+v", h)
			}
		})
	}
}

func TestNothingPlainOnceKeysAreAgreedUpon(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	p.send(p.packet(noise(160)))
	b.settle(1)
	q := plain(p.peer())
	q.SRTP = &Crypto{Suite: "AES_CM_128_HMAC_SHA1_80", Local: noise(30), Remote: noise(30)}
	s.Update(q)
	p.send(p.packet(noise(160)))
	b.settle(1) // before it is applied
	b.apply()
	p.send(p.packet(noise(160)))
	b.settle(1)
	if n := s.count.PacketsIn; n != 1 {
		t.Errorf("%d plain packets were taken", n)
	}
}
