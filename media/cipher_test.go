package media

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media/codec"
)

// enciphered is a call whose payloads are encrypted with 120 as payload type, and what
// its phone encrypts and decrypts with.
func (b *bench) enciphered(s *Stream, p *phone) *secure.Cipher {
	b.Helper()
	ours, err := secure.NewKey(secure.AES128, 120)
	if err != nil {
		b.Fatal(err)
	}
	theirs, err := secure.NewKey(secure.AES128, 120)
	if err != nil {
		b.Fatal(err)
	}
	us, err := secure.NewCipher(ours, theirs)
	if err != nil {
		b.Fatal(err)
	}
	q := plain(p.peer())
	q.Send.PayloadType = 120
	q.Receive = []codec.Format{q.Send}
	q.Cipher = us
	b.update(s, q)
	p.pt = 120
	they, err := secure.NewCipher(theirs, ours)
	if err != nil {
		b.Fatal(err)
	}
	return they
}

// sealed is the phone's next packet, encrypted.
func (p *phone) sealed(c *secure.Cipher, payload []byte) []byte {
	b := p.packet(payload)
	return c.SealRTP(append(make([]byte, 0, maxPacket), b...), rtpHeaderSize)
}

func TestPayloadsAreEncrypted(t *testing.T) {
	b := newBench(t, Config{})
	var pressed []Key
	sa, a := b.call(StreamConfig{OnKey: func(k Key) { pressed = append(pressed, k) }})
	sb, z := b.call(StreamConfig{})
	b.join(sa, sb)
	xa, xz := b.enciphered(sa, a), b.enciphered(sb, z)
	sent := noise(160)
	a.send(a.sealed(xa, sent))
	b.settle(1)
	b.tick()
	in := receive(t, z.rtp, mine)
	if in == nil {
		t.Fatal("nothing came")
	}
	if bytes.Contains(in, sent[:16]) {
		t.Error("it came plain")
	}
	got, ok := xz.OpenRTP(make([]byte, maxPacket), in, rtpHeaderSize)
	if in[1]&0x7f != 120 || in[0] != 0x80 || !ok || !bytes.Equal(got, sent) {
		t.Errorf("came %x: %x", in, got)
	}
	if st := sb.count; st.PacketsOut != 1 || st.BytesOut != 160 {
		t.Errorf("counted %+v", st)
	}
	// An odd length is padded, and its padding does not count. What is shorter than a
	// block and not padded is nobody's; a keep-alive is empty.
	a.send(a.sealed(xa, noise(80)))
	a.send(a.packet(noise(7)))
	a.send(a.packet(nil))
	b.settle(3)
	if st := sa.count; st.PacketsIn != 3 || st.BytesIn != 160+80 {
		t.Errorf("counted %+v", st)
	}
	// Keys are encrypted like sound.
	a.pt = 101
	a.send(a.packet([]byte{7, 0x0a, 0, 160})) // plain: not taken
	a.send(a.sealed(xa, []byte{5, 0x0a, 0, 160}))
	b.settle(2)
	if len(pressed) != 1 || pressed[0].Digit != '5' {
		t.Errorf("pressed %+v", pressed)
	}
	sb.SendKey('9')
	b.apply()
	for range 3 {
		b.tick()
	}
	for in = receive(t, z.rtp, mine); in != nil && in[1]&0x7f != 101; {
		in = receive(t, z.rtp, mine)
	}
	if got, ok := xz.OpenRTP(make([]byte, maxPacket), in, rtpHeaderSize); !ok || len(got) != 4 || got[0] != 9 || in[0] != 0xa0 {
		t.Errorf("came %x: %x", in, got)
	}
	// Plain again.
	b.update(sa, plain(a.peer()))
	a.pt = 0
	a.send(a.packet(sent))
	b.settle(1)
	if n := sa.count.PacketsIn; n != 5 {
		t.Errorf("%d packets taken", n)
	}
}

// TestSoundGoesOnWithANewKey: a key has its payload type, and another key another one.
func TestSoundGoesOnWithANewKey(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	q := plain(p.peer())
	old, fresh := pcmu, pcmu
	old.PayloadType, fresh.PayloadType = 120, 121
	q.Receive = []codec.Format{old}
	b.update(s, q)
	sound := make([]int16, 160)
	var heard [3]int
	talk := func(ticks int, pt uint8) {
		for range ticks {
			p.pt = pt
			p.send(p.packet(noise(160)))
			b.settle(1)
			b.tick()
			heard[s.Receive(&Tick{Now: b.now(), Nominal: b.now()}, sound)]++
		}
	}
	talk(50, 120)
	q.Receive = []codec.Format{fresh, old}
	b.update(s, q)
	heard = [3]int{}
	talk(20, 120)
	talk(20, 121)
	if f := s.accepts.formats; f[0].decoder != f[1].decoder {
		t.Error("the decoder begins anew")
	}
	q.Receive = []codec.Format{fresh}
	b.update(s, q)
	talk(20, 121)
	if heard[Voice] != 60 {
		t.Errorf("heard %d ticks of 60, %d concealed", heard[Voice], heard[Concealed])
	}
}

// TestReportsStayPlain: H.235.6 leaves RTCP alone.
func TestReportsStayPlain(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	b.enciphered(s, p)
	report := rtcpOut{ssrc: p.ssrc, cname: "phone", about: &report{ssrc: s.cfg.SSRC, fraction: 64}}
	buf := make([]byte, maxPacket)
	if _, err := p.rtcp.WriteToUDPAddrPort(buf[:report.put(buf)], p.toRTCP); err != nil {
		t.Fatal(err)
	}
	b.settle(1)
	if s.count.LossOut != 0.25 {
		t.Errorf("loss %v", s.count.LossOut)
	}
}

// TestEncodesAreSharedBeforeEncryption: the payload that was given is others' too, and
// stays as it is; legs of plain and encrypted payloads have the same format to share.
func TestEncodesAreSharedBeforeEncryption(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	sb, z := b.call(StreamConfig{})
	sc, c := b.call(StreamConfig{})
	b.update(sc, plain(c.peer()))
	xa, xz := b.enciphered(sa, a), b.enciphered(sb, z)
	if sa.SendFormat().Sharable() != sc.SendFormat().Sharable() {
		t.Error("an encrypted leg shares no encode")
	}
	payload := noise(150)
	packets := []codec.Packet{{Ticks: 160, Payload: bytes.Clone(payload)}}
	tick := &Tick{Now: b.now(), Nominal: b.now()}
	for _, s := range []*Stream{sa, sb, sc} {
		s.Send(tick, packets)
	}
	if !bytes.Equal(packets[0].Payload, payload) {
		t.Fatal("the payload was encrypted in place")
	}
	b.engines[0].out.flush()
	for i, x := range []*secure.Cipher{xa, xz} {
		in := receive(t, []*phone{a, z}[i].rtp, mine)
		if got, ok := x.OpenRTP(make([]byte, maxPacket), in, rtpHeaderSize); !ok || !bytes.Equal(got, payload) {
			t.Errorf("leg %d: %x", i, got)
		}
	}
	if in := receive(t, c.rtp, mine); in == nil || !bytes.Equal(in[rtpHeaderSize:], payload) {
		t.Error("the plain leg")
	}
}

// cipherOf does what it is told.
type cipherOf struct{ sealed, opened []byte }

func (c cipherOf) SealRTP([]byte, int) []byte                { return c.sealed }
func (c cipherOf) OpenRTP(_, _ []byte, _ int) ([]byte, bool) { return c.opened, c.opened != nil }

// TestCipherThatFails: what cannot be encrypted is not sent, and what cannot be
// decrypted is not taken.
func TestCipherThatFails(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	q := plain(p.peer())
	q.Cipher = cipherOf{}
	b.update(s, q)
	tick := &Tick{Now: b.now(), Nominal: b.now()}
	s.Send(tick, []codec.Packet{{Ticks: 160, Payload: noise(160)}})
	s.Send(tick, []codec.Packet{{Ticks: 160, Payload: noise(maxPacket - rtpHeaderSize)}}) // no room
	b.engines[0].out.flush()
	if in := receive(t, p.rtp, nothing); len(in) > 0 {
		t.Errorf("sent %x", in)
	}
	p.send(p.packet(noise(160)))
	b.settle(1)
	if s.count.PacketsIn != 0 {
		t.Error("taken")
	}
}

// FuzzCipheredStream: whatever comes to an encrypted stream, it lives.
func FuzzCipheredStream(f *testing.F) {
	p := &phone{TB: f, pt: 120}
	f.Add(p.packet(noise(160)))
	f.Add(p.packet(noise(33)))
	f.Add([]byte{0xb0, 120, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0, 9})
	f.Add([]byte{0xa0, 101, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, x []byte) {
		if len(x) > maxPacket {
			return
		}
		b := newBench(t, Config{})
		s := b.stream(StreamConfig{Peer: from("127.0.0.1:4000")})
		k, err := secure.NewKey(secure.AES128, 120)
		if err != nil {
			t.Fatal(err)
		}
		q := plain(s.cfg.Peer)
		q.Receive[0].PayloadType = 120
		if q.Cipher, err = secure.NewCipher(k, k); err != nil {
			t.Fatal(err)
		}
		b.update(s, q)
		e := s.engine.Load()
		list := []packet{{data: x, from: at("127.0.0.1:4000"), arrival: b.now()}}
		s.port.route(list, false)
		if n := e.deliver(list); n != 1 || e.panics.Load() != 0 {
			t.Fatal("a packet was fatal")
		}
		sound := make([]int16, s.Rate()/50)
		s.Receive(&Tick{Now: b.now()}, sound)
	})
}

// BenchmarkCipher is the cost of encryption on top, a packet in and one out: that of
// BenchmarkSRTP for payloads.
func BenchmarkCipher(bm *testing.B) {
	k, err := secure.NewKey(secure.AES128, 120)
	if err != nil {
		bm.Fatal(err)
	}
	x, err := secure.NewCipher(k, k)
	if err != nil {
		bm.Fatal(err)
	}
	var c Cipher = x
	p := &phone{TB: bm}
	b := p.packet(noise(160))
	buf, plain := make([]byte, maxPacket), make([]byte, maxPacket)
	bm.ReportAllocs()
	for range bm.N {
		binary.BigEndian.PutUint16(b[2:], p.seq)
		p.seq++
		sealed := c.SealRTP(buf[:copy(buf, b)], rtpHeaderSize)
		if _, ok := c.OpenRTP(plain, sealed, rtpHeaderSize); !ok {
			bm.Fatal("not opened")
		}
	}
}
