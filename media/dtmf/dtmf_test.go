package dtmf

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for i := range len(digits) {
		want := Event{Digit: digits[i], End: i%2 == 0, Volume: uint8(i), Duration: uint16(160 * i)}
		got, err := Parse(want.Append(nil))
		if err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	// The reserved bit and trailing bytes are ignored.
	if ev, err := Parse([]byte{11, 0xc0 | 10, 3, 0x20, 9}); err != nil || ev != (Event{'#', true, 10, 800}) {
		t.Errorf("%+v, %v", ev, err)
	}
	if _, err := Parse([]byte{1, 2, 3}); !errors.Is(err, ErrShort) {
		t.Error(err)
	}
	if _, err := Parse([]byte{16, 0, 0, 0}); !errors.Is(err, ErrEvent) {
		t.Error(err)
	}
	if p := (Event{Digit: 'x'}).Append(nil); len(p) != 0 {
		t.Errorf("%x", p)
	}
}

func TestParseInfo(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		want       byte
		err        error
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160", '5', nil},
		{"application/dtmf-relay", "Signal= 5\r\nDuration= 160\r\n", '5', nil},
		{"application/dtmf-relay", "Signal=11\r\nDuration=250\r\n", '#', nil},
		{"application/dtmf-relay", "Signal= 10", '*', nil},
		{"application/dtmf-relay", "Signal=#", '#', nil},
		{"application/dtmf-relay", "Duration=160\nsignal = b\n", 'B', nil},
		{"Application/DTMF-Relay;charset=utf-8", "Signal=*\r\n", '*', nil},
		{"application/dtmf-relay", "Signal=15", 'D', nil},
		{"application/dtmf-relay", "Signal=16", 0, ErrBody},
		{"application/dtmf-relay", "Signal=55", 0, ErrBody},
		{"application/dtmf-relay", "Signal=", 0, ErrBody},
		{"application/dtmf-relay", "5", 0, ErrBody},
		{"application/dtmf-relay", "", 0, ErrBody},
		{"application/dtmf", "5", '5', nil},
		{"application/dtmf", " #\r\n", '#', nil},
		{"application/dtmf", "10", '*', nil},
		{"application/dtmf", "Signal=7\r\n", '7', nil},
		{"application/dtmf", "x", 0, ErrBody},
		{"application/dtmf", "", 0, ErrBody},
		{"text/plain", "5", 0, ErrType},
		{"", "5", 0, ErrType},
	} {
		got, err := ParseInfo(c.kind, []byte(c.body))
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q %q: %q, %v", c.kind, c.body, got, err)
		}
	}
	if _, err := ParseInfo("application/dtmf", make([]byte, 2000)); !errors.Is(err, ErrBody) {
		t.Error(err)
	}
}

// wire is one telephone-event packet in a simulation.
type wire struct {
	seq    uint16
	ts     uint32
	marker bool
	ev     Event
	press  int
	at     int // ms
}

// phone sends presses of held ms each, with pauses between them, as usual
// phones do: a packet every 20 ms, the end three times.
type phone struct {
	clock int
	held  int
	step  int // ms between packets
	dense bool
}

func (p phone) presses(keys []byte, r *rand.Rand) []wire {
	var out []wire
	seq, at := uint16(r.Uint32()), 0
	base := r.Uint32()
	for i, k := range keys {
		ts := base + uint32(at)*uint32(p.clock/1000)
		start := ts
		packet := func(ms int, marker, end bool) {
			d := uint32(at+ms)*uint32(p.clock/1000) + base - start
			if d > 0xffff { // RFC 4733 §2.5.1.3: a new segment
				last := out[len(out)-1]
				start += uint32(last.ev.Duration)
				d = uint32(at+ms)*uint32(p.clock/1000) + base - start
			}
			out = append(out, wire{seq, start, marker, Event{Digit: k, End: end, Volume: 10, Duration: uint16(d)}, i, at + ms})
			seq++
		}
		for ms := p.step; ms < p.held; ms += p.step {
			packet(ms, ms == p.step, false)
		}
		for range 3 {
			packet(p.held, false, true)
		}
		at += p.held
		pause := 60 + r.IntN(200)
		if p.dense {
			pause = 40
		}
		if !p.dense {
			seq += uint16(pause / 20) // sound in between
		}
		at += pause
	}
	return out
}

func randomKeys(n int, r *rand.Rand) []byte {
	keys := make([]byte, n)
	for i := range keys {
		keys[i] = digits[r.IntN(12)]
		if i > 0 && r.IntN(4) == 0 {
			keys[i] = keys[i-1]
		}
	}
	return keys
}

// With 30 % loss, duplicates and reordering, of 10,000 presses at least 99 %
// count, and none twice. A press all of whose packets are lost cannot count.
func TestReceiverOnBadNetworks(t *testing.T) {
	for _, p := range []phone{{8000, 100, 20, false}, {48000, 100, 20, false}, {8000, 100, 20, true}, {8000, 100, 50, false}, {8000, 60, 20, false}} {
		r := rand.New(rand.NewPCG(1, 2))
		keys := randomKeys(10000, r)
		var rx Receiver
		sent := p.presses(keys, r)
		var net []wire
		for _, w := range sent {
			if r.IntN(10) < 3 {
				continue
			}
			net = append(net, w)
			if r.IntN(10) == 0 {
				net = append(net, w)
			}
		}
		for i := 0; i+3 < len(net); i++ { // overtaking, by up to three packets
			if r.IntN(10) == 0 {
				j := i + 1 + r.IntN(3)
				net[i], net[j] = net[j], net[i]
			}
		}
		counted := make([]int, len(keys))
		for _, w := range net {
			if k, ok := rx.Put(w.ts, w.seq, w.marker, w.ev); ok {
				counted[w.press]++
				if k != keys[w.press] {
					t.Fatalf("press %d is %q, not %q", w.press, k, keys[w.press])
				}
			}
		}
		once, twice := 0, 0
		for _, n := range counted {
			switch {
			case n == 1:
				once++
			case n > 1:
				twice++
			}
		}
		t.Logf("%+v: %d of %d counted, %d more than once", p, once, len(keys), twice)
		if once < len(keys)*99/100 || twice > 0 {
			t.Errorf("%+v: %d counted once, %d more often", p, once, twice)
		}
	}
}

// A press counts at its first packet, whichever that is.
func TestReceiverFirstPacket(t *testing.T) {
	sent := phone{8000, 100, 20, false}.presses([]byte("5"), rand.New(rand.NewPCG(1, 1)))
	for first := range sent {
		var rx Receiver
		for i, w := range sent[first:] {
			if k, ok := rx.Put(w.ts, w.seq, w.marker, w.ev); ok != (i == 0) || ok && k != '5' {
				t.Errorf("from packet %d: packet %d: %q, %v", first, i, k, ok)
			}
		}
	}
}

// The same key pressed again counts again; without any end packet too.
func TestReceiverRepeatedKey(t *testing.T) {
	var rx Receiver
	n := 0
	for i, ts := range []uint32{1000, 1000, 2600, 2600, 4200, 4200} {
		if _, ok := rx.Put(ts, uint16(i), false, Event{Digit: '1', Duration: uint16(160 * (1 + i%2))}); ok {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d presses", n)
	}
}

// A key held for 20 s is one press, though its duration does not fit.
func TestReceiverLongPress(t *testing.T) {
	for _, p := range []phone{{8000, 20000, 20, true}, {48000, 20000, 20, true}, {48000, 20000, 50, true}} {
		for _, loss := range []int{0, 30} {
			r := rand.New(rand.NewPCG(3, 4))
			var rx Receiver
			var got []byte
			for _, w := range p.presses([]byte("77"), r) {
				if r.IntN(100) < loss {
					continue
				}
				if k, ok := rx.Put(w.ts, w.seq, w.marker, w.ev); ok {
					got = append(got, k)
				}
			}
			if string(got) != "77" {
				t.Errorf("%+v, loss %d %%: %q", p, loss, got)
			}
		}
	}
}

func TestSender(t *testing.T) {
	for _, clock := range []int{8000, 48000} {
		s := NewSender(clock)
		for _, k := range []byte("11#d") {
			if !s.Press(k) {
				t.Fatal("queue is full")
			}
		}
		if s.Press('x') {
			t.Error("x is no key")
		}
		var rx Receiver
		var got []byte
		var ends, markers int
		ts, seq := uint32(1<<32-5000), uint16(65530)
		ticks := 0
		for ; s.Active(); ticks++ {
			if p, ok := s.Next(ts); ok {
				ev, err := Parse(p.Payload[:])
				if err != nil {
					t.Fatal(err)
				}
				if ev.End {
					ends++
					if int(ev.Duration) != clock/10 {
						t.Errorf("duration %d", ev.Duration)
					}
				}
				if p.Marker {
					markers++
					if p.Timestamp != ts || int(ev.Duration) != clock/50 {
						t.Errorf("begins at %d with %+v, now %d", p.Timestamp, ev, ts)
					}
				}
				if k, ok := rx.Put(p.Timestamp, seq, p.Marker, ev); ok {
					got = append(got, k)
				}
				seq++
			}
			ts += uint32(clock / 50)
		}
		if string(got) != "11#D" || ends != 12 || markers != 4 || ticks != 4*11 {
			t.Errorf("%q, %d ends, %d markers, %d ticks", got, ends, markers, ticks)
		}
	}
}

func TestSenderQueueIsBounded(t *testing.T) {
	s := NewSender(8000)
	n := 0
	for range 100 {
		if s.Press('1') {
			n++
		}
	}
	if n != queueSize {
		t.Errorf("%d queued", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{5, 0x8a, 3, 0x20})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, p []byte) {
		ev, err := Parse(p)
		if err != nil {
			return
		}
		want := slices.Clone(p[:EventSize])
		want[1] &^= 0x40 // reserved
		if got := ev.Append(nil); !slices.Equal(got, want) {
			t.Errorf("%x: %x", want, got)
		}
		var rx Receiver
		if k, ok := rx.Put(0, 0, true, ev); !ok || !Valid(k) {
			t.Errorf("%q, %v", k, ok)
		}
	})
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160"))
	f.Add("application/dtmf-relay;x=y", []byte("Duration= 160\n\nSignal= 11\n"))
	f.Add("application/dtmf", []byte("#"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if k, err := ParseInfo(kind, body); (err == nil) != Valid(k) {
			t.Errorf("%q, %v", k, err)
		}
	})
}
