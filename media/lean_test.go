package media

import (
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

func TestLean(t *testing.T) {
	ms := func(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }
	one := func(spare float64) []Talker { return []Talker{{ms(spare), 1, true}} }
	for _, c := range []struct {
		name    string
		talkers []Talker
		phases  int
	}{
		{"nobody", nil, 0},
		{"nobody of weight", []Talker{{ms(19), 0, true}}, 0},
		{"soon enough", one(5.9), 0},
		{"too late already", one(-3), 0},
		{"by one", one(6), 1},
		{"by two", one(11.5), 2},
		{"by three", one(20.9), 3},
		{"a tick in wait is for the playout", one(25), 0},
		{"a tick in wait and more", one(28), 1},
		{"both wait", []Talker{{ms(17), 1, true}, {ms(12), 1, true}}, 2},
		{"nobody is cut", []Talker{{ms(17), 1, true}, {ms(3), 1, true}}, 0},
		{"but who is silent", []Talker{{ms(17), 2, true}, {ms(3), 1, false}}, 3},
		{"nor for a little", []Talker{{ms(17), 1, true}, {ms(15), 1, false}}, 2},
		{"nor the one who talked most", []Talker{{ms(17), 1, true}, {ms(3), 5, false}}, 0},
	} {
		if k := Lean(c.talkers); k != c.phases {
			t.Errorf("%s: %d phases", c.name, k)
		}
	}
}

// at sends a packet, lets it arrive before the next tick by so much, and ticks.
func (b *bench) at(p *phone, u *pair, before, length time.Duration) {
	b.Helper()
	nominal := b.clock.hand.Load() + int64(length)
	b.clock.hand.Store(nominal - int64(before))
	p.send(p.packet(noise(160)))
	b.settle(1)
	b.clock.hand.Store(nominal)
	u.Tick(&Tick{Now: nominal, Nominal: nominal, out: b.engines[0].out})
	b.engines[0].out.flush()
}

// TestSpare: arrivals are the kernel's, so that the figures are not exact.
func TestSpare(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	sb, _ := b.call(StreamConfig{})
	u := newPair(sa, sb)
	expect := func(name string, d time.Duration, known bool) {
		t.Helper()
		if got, ok := sa.Spare(); ok != known || ok && (got > d+time.Millisecond || got < d-4*time.Millisecond) {
			t.Errorf("%s: %v, known: %v", name, got, ok)
		}
	}
	expect("at first", 0, false)
	for range 150 {
		b.at(a, u, 12*time.Millisecond, TickDuration)
	}
	expect("even", 12*time.Millisecond, true)
	b.at(a, u, 7*time.Millisecond, TickDuration-2*phaseDuration+5*time.Millisecond)
	expect("just moved", 0, false)
	for range 150 {
		b.at(a, u, 2*time.Millisecond, TickDuration)
	}
	if d, ok := sa.Spare(); !ok || d > 3*time.Millisecond || d < -2*time.Millisecond {
		t.Errorf("after a move: %v, %v", d, ok)
	}
	if u.activity[0][Concealed] != 0 {
		t.Error("a move that missed no packet was concealed")
	}
	b.engines = append(b.engines, newEngine(b.Media, 1))
	sa.Attach(b.engines[1])
	if d, ok := sa.Spare(); !ok || d > -2*time.Millisecond {
		t.Errorf("a packet that crosses engines is there at once: %v", d)
	}
}

func TestTimestampsRunOnWhenATickComesSooner(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	nominal := int64(time.Second)
	var ts uint32
	loud := []codec.Packet{{Payload: noise(160), Ticks: 160, Level: 20}}
	soft := []codec.Packet{{Payload: noise(160), Ticks: 160, Level: 90}}
	say := func(after time.Duration, packets []codec.Packet, ahead int) {
		t.Helper()
		nominal += int64(after)
		s.Send(&Tick{Now: b.now(), Nominal: nominal}, packets)
		b.engines[0].out.flush()
		if ahead < 0 {
			if receive(t, p.rtp, nothing) != nil {
				t.Error("sent, though a tick ahead and silent")
			}
			return
		}
		q, ok := parseRTP(receive(t, p.rtp, mine), 0)
		if !ok || ts != 0 && q.ts != ts+uint32(ahead)*160 {
			t.Fatalf("timestamp %d after %d", q.ts, ts)
		}
		ts = q.ts
	}
	say(TickDuration, loud, 1)
	for range 3 {
		say(TickDuration-phaseDuration, loud, 1)
		say(TickDuration, soft, 1)
	}
	say(TickDuration-phaseDuration, loud, 1) // a tick ahead now
	say(TickDuration, loud, 1)
	for range Still - 1 {
		say(TickDuration, soft, 1)
	}
	say(TickDuration, loud, 1) // a pause between two syllables
	for range Still {
		say(TickDuration, soft, 1)
	}
	say(TickDuration, soft, -1)
	say(TickDuration, soft, 1) // made up for
	say(TickDuration-2*phaseDuration, loud, 1)
	say(TickDuration, loud, 1)
	say(3*TickDuration+2*phaseDuration, loud, 3) // a stall is a gap
}
