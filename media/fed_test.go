package media

import (
	"bytes"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// wire keeps what a fed stream sends.
type wire struct {
	packets [][]byte
	n       int
	keep    bool
}

func (w *wire) Send(p []byte) {
	w.n++
	if w.keep {
		w.packets = append(w.packets, bytes.Clone(p))
	}
}

// rtp are the packets without the reports, which come when they will.
func (w *wire) rtp() (all [][]byte) {
	for _, p := range w.packets {
		if p[1] != rtcpSR && p[1] != rtcpRR {
			all = append(all, p)
		}
	}
	return all
}

// fed makes a stream whose packets are put in by the test.
func (b *bench) fed(cfg StreamConfig, p Params) (*Stream, *Feed, *wire) {
	w := &wire{keep: true}
	f := b.NewFeed(w)
	s := b.NewFedStream(cfg)
	p.Feed = f
	b.update(s, p)
	return s, f, w
}

// keyPair is two ends' keys.
func keyPair() (ours, theirs *Crypto) {
	a, z := noise(28), noise(28)
	z[0] ^= 1
	return &Crypto{Suite: "AEAD_AES_128_GCM", Local: a, Remote: z}, &Crypto{Suite: "AEAD_AES_128_GCM", Local: z, Remote: a}
}

// A fed stream is as a ported one: its packets are decrypted, played, encrypted,
// reported and counted.
func TestFedStream(t *testing.T) {
	b := newBench(t, Config{})
	ours, theirs := keyPair()
	var pressed []Key
	p := plain(Candidates{})
	p.SRTP = ours
	s, f, w := b.fed(StreamConfig{OnKey: func(k Key) { pressed = append(pressed, k) }}, p)
	other, phone := b.call(StreamConfig{})
	b.join(s, other)
	peer, err := newCrypt(theirs)
	if err != nil {
		t.Fatal(err)
	}
	talk := &phone2{crypt: peer}
	for i := range 30 {
		if i == 10 {
			f.Put(talk.seal(t, 101, []byte{7, 0x80, 3, 32}))
		}
		f.Put(talk.seal(t, 0, noise(160)))
		phone.send(phone.packet(noise(160)))
		b.settle(1)
		b.tick()
	}
	if len(pressed) != 1 || pressed[0] != (Key{'7', KeyEvent}) {
		t.Error(pressed)
	}
	if st := s.count; st.PacketsIn != 31 || st.Lost != 0 || st.Concealed > 2 {
		t.Errorf("%+v", st)
	}
	if !s.Stats().Heard || s.LastHeard() > time.Second {
		t.Error("not heard")
	}
	got := 0
	for _, packet := range w.packets {
		if plain, err := peer.openRTP(nil, packet); err == nil && len(plain) == rtpHeaderSize+160 {
			got++
		}
	}
	if got < 25 {
		t.Errorf("%d packets of sound for the peer", got)
	}
	s.Close()
	b.apply()
	b.tick()
	last := w.packets[len(w.packets)-1]
	h, err := peer.openRTCP(nil, last)
	if heard, ok := parseRTCP(h, 0); err != nil || !ok || !heard.bye {
		t.Error("no good-bye")
	}
	if len(b.engines[0].fed) != 0 {
		t.Error("it is fed after its end")
	}
}

// phone2 makes encrypted packets.
type phone2 struct {
	crypt *crypt
	seq   uint16
	ts    uint32
}

func (p *phone2) seal(t *testing.T, pt uint8, payload []byte) []byte {
	t.Helper()
	var head [maxHeader]byte
	n := putRTP(&head, rtpPacket{pt: pt, seq: p.seq, ts: p.ts, ssrc: 7, level: noLevel}, 0)
	p.seq++
	p.ts += 160
	buf := make([]byte, n+len(payload), n+len(payload)+maxTag)
	copy(buf[copy(buf, head[:n]):], payload)
	sealed, err := p.crypt.sealRTP(buf)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// Without a feed nothing is sent, and nothing plain when keys were agreed upon;
// another feed takes over where the one before ended.
func TestFeedIsReplaced(t *testing.T) {
	b := newBench(t, Config{})
	s := b.NewFedStream(StreamConfig{})
	other, phone := b.call(StreamConfig{})
	b.join(s, other)
	talk := func() {
		phone.send(phone.packet(noise(160)))
		b.settle(1)
		b.tick()
	}
	b.update(s, plain(Candidates{}))
	talk()
	first, second := &wire{keep: true}, &wire{keep: true}
	for _, w := range []*wire{first, second} {
		p := plain(Candidates{})
		p.Feed = b.NewFeed(w)
		b.update(s, p)
		for range 5 {
			talk()
		}
	}
	if len(first.rtp()) != 5 || len(second.rtp()) != 5 {
		t.Fatalf("%d and %d packets", len(first.rtp()), len(second.rtp()))
	}
	a, z := first.rtp()[4], second.rtp()[0]
	if binary.BigEndian.Uint16(z[2:])-binary.BigEndian.Uint16(a[2:]) != 1 ||
		binary.BigEndian.Uint32(z[4:])-binary.BigEndian.Uint32(a[4:]) != 160 || !bytes.Equal(a[8:12], z[8:12]) {
		t.Error("the stream does not go on evenly")
	}
	b.update(s, plain(Candidates{}))
	talk()
	if len(second.rtp()) != 5 {
		t.Error("sent without a feed")
	}
}

// A fed stream that moves to another engine is fed there.
func TestFedStreamMoves(t *testing.T) {
	b := newBench(t, Config{Engines: 2})
	s, f, _ := b.fed(StreamConfig{}, plain(Candidates{}))
	talk := &phone{TB: t}
	for i := range 4 {
		e := b.engines[i%2]
		from := s.Engine()
		from.post(func() { s.Attach(e) })
		b.apply()
		f.Put(talk.packet(noise(160)))
		b.tick()
		if s.count.PacketsIn != uint64(i+1) {
			t.Fatalf("after %d moves: %d packets", i+1, s.count.PacketsIn)
		}
		if n := len(b.engines[(i+1)%2].fed); n != 0 {
			t.Fatal("it is still fed by the engine it left")
		}
	}
}

// What waits is bounded; what does not fit is the newest.
func TestFeedIsFull(t *testing.T) {
	b := newBench(t, Config{})
	f := b.NewFeed(&wire{})
	for _, n := range []int{0, rtcpHeaderSize - 1, maxPacket + 1} {
		if f.Put(make([]byte, n)) {
			t.Error("taken: ", n)
		}
	}
	n := 0
	for f.Put(noise(160)) {
		n++
	}
	if n < feedSize/200 || n > feedSize/160 {
		t.Error(n)
	}
	if _, _, ok := f.next(); !ok {
		t.Fatal("nothing")
	}
	f.done()
	if !f.Put(noise(100)) {
		t.Error("no room where some was made")
	}
}

// One goroutine puts in, another takes out: all that was taken in comes out, in
// order and whole.
func TestFeedBetweenGoroutines(t *testing.T) {
	b := newBench(t, Config{})
	f := b.NewFeed(&wire{})
	var put atomic.Int64
	var done atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		defer done.Store(true)
		for i := range 50000 {
			p := bytes.Repeat([]byte{byte(i)}, 8+i*37%1400)
			binary.BigEndian.PutUint32(p, uint32(i))
			if f.Put(p) {
				put.Add(1)
			}
		}
	})
	last, got := -1, int64(0)
	for {
		over := done.Load()
		p, _, ok := f.next()
		if !ok {
			if over {
				break
			}
			continue
		}
		i := int(binary.BigEndian.Uint32(p))
		if i <= last || len(p) != 8+i*37%1400 || p[len(p)-1] != byte(i) {
			t.Fatalf("packet %d of %d octets after %d", i, len(p), last)
		}
		last = i
		got++
		f.done()
	}
	wg.Wait()
	if got != put.Load() || got < 100 {
		t.Errorf("%d put, %d taken", put.Load(), got)
	}
}

// FuzzFeed puts and takes packets of any lengths.
func FuzzFeed(f *testing.F) {
	f.Add([]byte{1, 200, 3, 255, 255, 255, 0, 9})
	m, err := New(Config{Engines: 1, Logger: quiet()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		feed := m.NewFeed(&wire{})
		var want [][]byte
		for i, c := range script {
			if c%3 == 0 {
				p, _, ok := feed.next()
				if ok != (len(want) > 0) || ok && !bytes.Equal(p, want[0]) {
					t.Fatal("not what was put in")
				}
				if ok {
					feed.done()
					want = want[1:]
				}
				continue
			}
			p := bytes.Repeat([]byte{byte(i)}, int(c)*6)
			if feed.Put(p) {
				want = append(want, p)
			}
		}
	})
}
