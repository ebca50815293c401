package media

import (
	"math"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/media/playout"
)

// odd is how a sender of a tone packs it.
type odd struct {
	format codec.Format
	octets int // in a packet
	clock  int // timestamps an octet
	burst  int // packets that leave together
	lost   func(i int) bool
}

// hear plays what the sender sends, and returns it with what the playout counted.
func (o odd) hear(t *testing.T) ([]int16, playout.Stats) {
	t.Helper()
	rate := o.format.SampleRate
	tone := make([]int16, 3*rate)
	for i := range tone {
		tone[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i)/float64(rate)))
	}
	enc, err := codec.NewEncoder(o.format)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := codec.NewDecoder(o.format)
	if err != nil {
		t.Fatal(err)
	}
	var stream []byte
	buf := make([]byte, codec.MaxPayload)
	for at := 0; at < len(tone); at += rate / 50 {
		n, err := enc.Encode(buf, tone[at:at+rate/50])
		if err != nil {
			t.Fatal(err)
		}
		stream = append(stream, buf[:n]...)
	}
	b := playout.New(o.format, dec)
	var h habit
	var out []int16
	seq, ts, now := uint16(65500), uint32(0xfffff000), int64(0)
	frame := make([]int16, rate/50)
	sent := 0
	for i := 0; sent+o.octets <= len(stream); i++ {
		p := rtpPacket{pt: o.format.PayloadType, seq: seq, ts: ts, payload: stream[sent : sent+o.octets]}
		seq++
		ts += uint32(o.octets * o.clock)
		sent += o.octets
		at := int64(sent/(8*o.burst)*o.burst) * int64(time.Millisecond)
		for now < at { // a tick has come
			clear(frame)
			b.Pull(frame, now)
			out = append(out, frame...)
			now += int64(TickDuration)
		}
		if o.lost != nil && o.lost(i) {
			continue
		}
		h.put(mannerOf(&o.format), &p, at, b)
	}
	return out, b.Stats()
}

func TestOddPacketsAreHeard(t *testing.T) {
	g722, pcmu := codec.Standard(codec.G722), codec.Standard(codec.PCMU)
	for name, o := range map[string]odd{
		"usual":                   {format: g722, octets: 160, clock: 1, burst: 20},
		"1 ms":                    {format: g722, octets: 8, clock: 1, burst: 1},
		"1 ms, 16 kHz":            {format: g722, octets: 8, clock: 2, burst: 1},
		"1 ms, 16 kHz, in bursts": {format: g722, octets: 8, clock: 2, burst: 6},
		"20 ms, 16 kHz":           {format: g722, octets: 160, clock: 2, burst: 20},
		"3 ms":                    {format: g722, octets: 24, clock: 1, burst: 3},
		"G.711, 2 ms":             {format: pcmu, octets: 16, clock: 1, burst: 2},
		"lossy": {format: pcmu, octets: 8, clock: 1, burst: 1, lost: func(i int) bool {
			return i%100 == 37
		}},
	} {
		t.Run(name, func(t *testing.T) {
			out, st := o.hear(t)
			rate := o.format.SampleRate
			out = out[rate:] // the first second is for finding out
			var power float64
			for _, v := range out {
				power += float64(v) * float64(v) / (1 << 30)
			}
			power /= float64(len(out))
			if share := pcm.Goertzel(out, rate, 440) / power; share < 0.95 {
				t.Errorf("%.3f of the power %.5f is in the tone; %+v", share, power, st)
			}
			if level := 10 * math.Log10(power); level < -16.5 || level > -14 {
				t.Errorf("level %.1f dB", level)
			}
			if most := uint64(2); o.lost == nil && st.Concealed > most {
				t.Errorf("%+v", st)
			}
			if o.lost != nil && (st.Lost < 20 || st.Lost > 60) {
				t.Errorf("%d of 30 losses: %+v", st.Lost, st)
			}
		})
	}
}

// A piece that was overtaken is not heard out of its order, and one of the usual
// length takes its place among them.
func TestPiecesInDisorder(t *testing.T) {
	f := codec.Standard(codec.PCMU)
	dec, err := codec.NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	b := playout.New(f, dec)
	j := &pieces{out: 7}
	seq, ts := uint16(100), uint32(0)
	put := func(n int, back bool) {
		p := rtpPacket{seq: seq, ts: ts, payload: make([]byte, n)}
		if back {
			p.seq -= 3
			j.take(&p, 0, b)
			return
		}
		seq++
		ts += uint32(n)
		j.take(&p, 0, b)
	}
	for range 25 {
		put(8, false)
	}
	put(8, true)
	put(160, false)
	put(8, false)
	if j.out != 7+4 || j.n != 8 { // 10 ms, 10 ms, 5 ms, 20 ms; the last waits
		t.Errorf("gave out %d, keeps %d", j.out-7, j.n)
	}
	j.skip(&rtpPacket{seq: seq, ts: ts}, 0, b)
	if j.out != 7+6 || j.n != 0 {
		t.Errorf("gave out %d, keeps %d", j.out-7, j.n)
	}
}

// One short packet among usual ones is no habit: those that are overtaken still
// find their place.
func TestOneShortPacketIsNoHabit(t *testing.T) {
	f := codec.Standard(codec.PCMU)
	dec, err := codec.NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	b := playout.New(f, dec)
	var h habit
	for i, n := range []int{160, 24, 160, 24, 24, 160} {
		h.put(mannerOf(&f), &rtpPacket{seq: uint16(i), payload: make([]byte, n)}, 0, b)
	}
	if h.join != nil {
		t.Error("packets are joined")
	}
	for i := range 3 {
		h.put(mannerOf(&f), &rtpPacket{seq: uint16(6 + i), payload: make([]byte, 24)}, 0, b)
	}
	if h.join == nil {
		t.Error("pieces are not joined")
	}
}
