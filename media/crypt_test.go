package media

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/pion/srtp/v3"
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

// TestMasterKeyIdentifier: the peer's packets carry one, ours do not.
// Keys that are of no use, which signalling should not have let through: nothing
// goes out in the clear instead.
func TestUnusableKeysSendNothing(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	sb, z := b.call(StreamConfig{})
	b.join(sa, sb)
	q := plain(z.peer())
	q.SRTP = &Crypto{Suite: "unknown", Local: noise(30), Remote: noise(30)}
	b.update(sb, q)
	for range 5 {
		a.send(a.packet(noise(160)))
		b.settle(1)
		b.tick()
	}
	if in := receive(t, z.rtp, nothing); in != nil {
		t.Errorf("% x was sent", in[:12])
	}
}

func TestMasterKeyIdentifier(t *testing.T) {
	for suite, n := range map[string]int{
		"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44,
	} {
		for _, mki := range [][]byte{{1}, {0, 0, 0, 1}} {
			ours, theirs := noise(n), noise(n)
			us, err := newCrypt(&Crypto{Suite: suite, Local: ours, Remote: theirs, RemoteMKI: mki})
			if err != nil {
				t.Fatal(err)
			}
			profile, k, err := us.keys.profile()
			if err != nil {
				t.Fatal(err)
			}
			peer, err := srtp.CreateContext(theirs[:k], theirs[k:], profile, srtp.MasterKeyIndicator(mki))
			if err != nil {
				t.Fatal(err)
			}
			hears, err := newCrypt(&Crypto{Suite: suite, Local: theirs, Remote: ours})
			if err != nil {
				t.Fatal(err)
			}
			packet := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7}, noise(160)...)
			report := []byte{0x80, 200, 0, 6, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
			sealed, err := peer.EncryptRTP(nil, packet, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := us.openRTP(nil, sealed); err != nil || !bytes.Equal(got, packet) {
				t.Errorf("%s, MKI %x: %v", suite, mki, err)
			}
			if sealed, err = peer.EncryptRTCP(nil, report, nil); err != nil {
				t.Fatal(err)
			}
			if got, err := us.openRTCP(nil, sealed); err != nil || !bytes.Equal(got, report) {
				t.Errorf("%s, MKI %x: RTCP: %v", suite, mki, err)
			}
			// Without, with another and cut short they are dropped.
			bare, err := hears.sealRTP(append(make([]byte, 0, maxPacket), packet...))
			if err != nil {
				t.Fatal(err)
			}
			for i := range bare {
				if _, err := us.openRTP(nil, bare[:i+1]); err == nil {
					t.Fatalf("%s: %d octets without MKI were taken", suite, i+1)
				}
				_, _ = us.openRTCP(nil, bare[:i+1])
			}
			out, err := us.sealRTP(append(make([]byte, 0, maxPacket), packet...))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := hears.openRTP(nil, out); err != nil || !bytes.Equal(got, packet) {
				t.Errorf("%s: what we send is not plain SRTP: %v", suite, err)
			}
		}
	}
}

func TestCryptoCheck(t *testing.T) {
	good := Crypto{Suite: "AES_CM_128_HMAC_SHA1_80", Local: noise(30), Remote: noise(30)}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Crypto){
		"suite":  func(c *Crypto) { c.Suite = "F8_128_HMAC_SHA1_80" },
		"local":  func(c *Crypto) { c.Local = nil },
		"remote": func(c *Crypto) { c.Remote = noise(31) },
		"MKI":    func(c *Crypto) { c.RemoteMKI = noise(129) },
	} {
		c := good
		change(&c)
		if c.Check() == nil {
			t.Errorf("%s: taken", name)
		}
		if name != "MKI" {
			continue
		}
		if c.equal(&good) {
			t.Error("another MKI is the same keys")
		}
	}
}
