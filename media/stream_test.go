package media

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// modes runs a test on raw and on portable sockets.
func modes(t *testing.T, f func(t *testing.T, cfg Config)) {
	t.Run("system", func(t *testing.T) { f(t, Config{}) })
	t.Run("portable", func(t *testing.T) { f(t, Config{Portable: true}) })
	t.Run("two engines", func(t *testing.T) { f(t, Config{Engines: 2}) })
}

// call makes a stream and a phone that have agreed on PCMU.
func (b *bench) call(cfg StreamConfig) (*Stream, *phone) {
	b.Helper()
	ip := loopback
	if cfg.Local.IsValid() {
		ip = cfg.Local
	}
	p := newPhone(b.TB, ip)
	cfg.Peer = p.peer()
	cfg.FollowLatch = true
	s := b.stream(cfg)
	b.update(s, plain(p.peer()))
	p.call(s)
	return s, p
}

// join steps the pair on the last engine.
func (b *bench) join(x, y *Stream) *pair {
	u := newPair(x, y)
	e := b.engines[len(b.engines)-1]
	x.Attach(e)
	y.Attach(e)
	e.Add(u)
	b.apply()
	return u
}

func noise(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rand.Uint32()) | 1 // no 0x7f/0xff pair: two codes of zero
		if p[i] == 0x7f {
			p[i] = 0x7e
		}
	}
	return p
}

func TestPayloadPassesBitExactFromLegToLeg(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		b := newBench(t, cfg)
		sa, a := b.call(StreamConfig{})
		sb, z := b.call(StreamConfig{})
		b.join(sa, sb)
		var sent, got []byte
		var last rtpPacket
		for i := range 100 {
			p := noise(160)
			sent = append(sent, p...)
			a.send(a.packet(p))
			b.settle(1)
			b.tick()
			in := receive(t, z.rtp, mine)
			if in == nil {
				t.Fatalf("nothing at tick %d", i)
			}
			q, ok := parseRTP(in, 0)
			if !ok || i > 0 && (q.seq != last.seq+1 || q.ts != last.ts+160 || q.ssrc != last.ssrc) {
				t.Fatalf("tick %d: %+v after %+v", i, q, last)
			}
			last = q
			got = append(got, q.payload...)
		}
		if !bytes.Contains(sent, got[160:len(got)-320]) {
			t.Error("the payload differs")
		}
		s := sa.Stats()
		if s.PacketsIn < 80 || s.Lost != 0 || !s.Heard || s.Codec != "PCMU" {
			t.Errorf("stats %+v", s)
		}
		if s := sb.Stats(); s.PacketsOut < 80 {
			t.Errorf("stats of the listener %+v", s)
		}
		if cfg.Engines == 2 && b.engines[1].rings[0].Load() == nil {
			t.Error("one engine took the other's packets")
		}
		if sa.LastHeard() > 50*time.Millisecond {
			t.Errorf("last heard %v ago", sa.LastHeard())
		}
	})
}

func TestIPv6(t *testing.T) {
	six := netip.MustParseAddr("::1")
	modes(t, func(t *testing.T, cfg Config) {
		newPhone(t, six) // skips without IPv6
		cfg.Bind = []netip.Addr{loopback, six}
		b := newBench(t, cfg)
		sa, a := b.call(StreamConfig{Local: six})
		sb, z := b.call(StreamConfig{}) // the other leg is IPv4
		b.join(sa, sb)
		for range 5 {
			a.send(a.packet(noise(160)))
			z.send(z.packet(noise(160)))
			b.settle(2)
			b.tick()
		}
		if receive(t, a.rtp, mine) == nil || receive(t, z.rtp, mine) == nil {
			t.Error("nothing came through")
		}
	})
}

func TestStrangersAreNotHeardAndGetNothing(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		b := newBench(t, cfg)
		sa, a := b.call(StreamConfig{})
		sb, _ := b.call(StreamConfig{})
		b.join(sa, sb)
		x := newPhone(t, loopback)
		x.ssrc, x.seq = 0x6666, 300
		x.call(sa)
		bye := []byte{0x81, rtcpBYE, 0, 1, 0, 0, 0x10, 0}
		attack := func() {
			for range 5 {
				x.seq += 2
				x.send(x.packet(noise(160)))
			}
			x.send(bye)
			if _, err := x.rtcp.WriteToUDPAddrPort(bye, x.toRTCP); err != nil {
				t.Fatal(err)
			}
			b.settle(7)
			b.tick()
		}
		attack()
		if sa.lastHeard.Load() != 0 {
			t.Error("a stranger counts as heard")
		}
		for range 5 {
			a.send(a.packet(noise(160)))
			b.settle(1)
			attack()
		}
		for range 15 {
			b.tick()
		}
		if s := sa.Stats(); s.PacketsIn != 5 {
			t.Errorf("%d packets heard, 5 sent", s.PacketsIn)
		}
		for range 400 { // past the first reports
			b.tick()
		}
		if receive(t, a.rtcp, mine) == nil {
			t.Error("the peer got no report")
		}
		if receive(t, x.rtp, nothing) != nil || receive(t, x.rtcp, nothing) != nil {
			t.Error("the stranger got something")
		}
	})
}

func TestKeysInAndOut(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		b := newBench(t, cfg)
		var keys []Key
		sa, a := b.call(StreamConfig{OnKey: func(k Key) { keys = append(keys, k) }})
		sb, z := b.call(StreamConfig{})
		b.join(sa, sb)
		a.send(a.packet(noise(160)))
		ts := a.ts
		for i := range 6 {
			p := a.packet([]byte{5, 10, 0, byte(160 * (i + 1) >> 8)})
			p[1] = 101
			if i == 0 {
				p[1] |= 0x80
			}
			binary.BigEndian.PutUint32(p[4:], ts)
			a.send(p)
			if i == 3 {
				a.send(p) // twice
			}
		}
		b.settle(8)
		if len(keys) != 1 || keys[0] != (Key{Digit: '5', Source: KeyEvent}) {
			t.Errorf("keys %v", keys)
		}
		sb.SendKey('#')
		events, marked := 0, 0
		for range 20 {
			b.tick()
		}
		for {
			in := receive(t, z.rtp, nothing*10)
			if in == nil {
				break
			}
			if q, ok := parseRTP(in, 0); ok && q.pt == 101 {
				events++
				if q.marker {
					marked++
				}
				if len(q.payload) != 4 || q.payload[0] != 11 {
					t.Errorf("payload %v", q.payload)
				}
			}
		}
		if events < 6 || marked != 1 {
			t.Errorf("%d event packets, %d marked", events, marked)
		}
	})
}

func TestSSRCAndPayloadTypeChange(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	sb, _ := b.call(StreamConfig{})
	g722 := codec.Standard(codec.G722)
	q := plain(a.peer())
	q.Receive = append(q.Receive, g722)
	b.update(sa, q)
	u := b.join(sa, sb)
	say := func(n int) {
		for range n {
			a.send(a.packet(noise(160)))
			b.settle(1)
			u.a.Receive(&Tick{Now: b.now()}, u.pcm[:sa.Rate()/50])
			b.clock.hand.Add(int64(TickDuration))
		}
	}
	say(10)
	if sa.Rate() != 8000 {
		t.Errorf("rate %d", sa.Rate())
	}
	a.pt = 9
	say(10)
	if sa.Rate() != 16000 {
		t.Errorf("rate %d after the change", sa.Rate())
	}
	a.ssrc, a.seq, a.ts = 0x2000, 7, 99
	say(10)
	if st := sa.count; st.PacketsIn != 30 || sa.lost+sa.in.heard.lost() != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestHold(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	sb, _ := b.call(StreamConfig{})
	u := b.join(sa, sb)
	q := plain(a.peer())
	q.Hold = true
	b.update(sa, q)
	a.send(a.packet(noise(160)))
	b.settle(1)
	b.tick()
	if u.activity[0][Voice] != 0 || !sa.SendFormat().IsZero() {
		t.Error("the held leg's music was heard, or it was sent to")
	}
	if sa.lastHeard.Load() == 0 {
		t.Error("a held leg lives")
	}
	b.update(sa, plain(a.peer()))
	for range 3 {
		a.send(a.packet(noise(160)))
		b.settle(1)
		b.tick()
	}
	if u.activity[0][Voice] == 0 || sa.SendFormat().IsZero() {
		t.Error("still held")
	}
}

func TestTheSameKeyUnderANewSSRC(t *testing.T) {
	b := newBench(t, Config{})
	n := 0
	s, p := b.call(StreamConfig{OnKey: func(Key) { n++ }})
	p.pt = 101
	event := p.packet([]byte{5, 10, 0, 160})
	p.send(event)
	p.send(event)
	binary.BigEndian.PutUint32(event[8:], 0x7777)
	p.send(event)
	b.settle(3)
	if n != 2 {
		t.Errorf("%d presses, want 2", n)
	}
	if s.in.heard.ssrc != 0x7777 {
		t.Errorf("SSRC %x", s.in.heard.ssrc)
	}
}
