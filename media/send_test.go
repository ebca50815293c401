package media

import (
	"testing"

	"github.com/partyline/partyline/media/codec"
)

func TestNothingIsSentToTheSilentAfterTenSeconds(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	sb, z := b.call(StreamConfig{})
	b.join(sa, sb)
	for range 600 { // 12 s
		a.send(a.packet(noise(160)))
		b.settle(1)
		b.tick()
		for receive(t, z.rtp, nothing/10) != nil {
		}
	}
	n := sb.Stats().PacketsOut
	if n < 490 || n > 502 {
		t.Errorf("%d packets in 12 s to an unheard address", n)
	}
	z.send(z.packet(noise(160)))
	b.settle(1)
	b.tick()
	a.send(a.packet(noise(160)))
	b.settle(1)
	b.tick()
	if receive(t, z.rtp, mine) == nil {
		t.Error("nothing after it was heard")
	}
}

// tones is a unit that sends one leg packets of an odd length.
type tones struct {
	to      *Stream
	n       int
	made    int
	ticks   uint32
	payload [800]byte
}

func (u *tones) Tick(t *Tick) {
	var out []codec.Packet
	u.n++
	for ; u.made+int(u.ticks) <= 160*u.n; u.made += int(u.ticks) {
		out = append(out, codec.Packet{Payload: u.payload[:u.ticks], Ticks: u.ticks})
	}
	u.to.Send(t, out)
}

func TestTimestampsOfEveryPacketLength(t *testing.T) {
	for _, ms := range []uint32{10, 20, 30, 40, 60} {
		b := newBench(t, Config{})
		s, p := b.call(StreamConfig{})
		p.send(p.packet(noise(160)))
		b.settle(1)
		s.engine.Load().Add(&tones{to: s, ticks: 8 * ms})
		b.apply()
		for range 30 {
			b.tick()
		}
		var last rtpPacket
		for i := range 600/int(ms) - 1 {
			q, ok := parseRTP(receive(t, p.rtp, mine), 0)
			if !ok || i > 0 && (q.ts-last.ts != 8*ms || q.seq != last.seq+1) {
				t.Fatalf("%d ms, packet %d: %d after %d", ms, i, q.ts, last.ts)
			}
			last = q
		}
	}
}

func TestASilenceIsAGapInTheTimestamps(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	p.send(p.packet(noise(160)))
	b.settle(1)
	one := []codec.Packet{{Payload: noise(160), Ticks: 160}}
	var ts []uint32
	e := s.engine.Load()
	for i, packets := range [][]codec.Packet{one, one, nil, nil, one, one} {
		tick := Tick{Now: b.now(), Nominal: int64(i+1) * int64(TickDuration)}
		if i == 5 { // the engine was stalled for three ticks
			tick.Nominal += 3 * int64(TickDuration)
		}
		s.Send(&tick, packets)
		e.out.flush()
		if packets != nil {
			q, _ := parseRTP(receive(t, p.rtp, mine), 0)
			ts = append(ts, q.ts)
		}
	}
	for i, want := range []uint32{160, 480, 640} {
		if d := ts[i+1] - ts[i]; d != want {
			t.Errorf("step %d: %d ticks, want %d", i, d, want)
		}
	}
}
