package bridge

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/mixer"
)

// talker is a leg whose packets come at a fixed time of the frame.
type talker struct {
	phase  time.Duration
	says   func(tick int) int16 // amplitude
	ticks  int
	due    int64
	even   int // ticks since the room has moved
	missed int // ticks for which no packet had come
	next   int64
	waits  []time.Duration
	spare  time.Duration
}

func (l *talker) Rate() int                        { return 8000 }
func (l *talker) Level() (uint8, bool)             { return 0, false }
func (l *talker) SendFormat() codec.Format         { return codec.Format{} }
func (l *talker) Send(*media.Tick, []codec.Packet) {}
func (l *talker) Attach(*media.Engine)             {}

func (l *talker) Receive(t *media.Tick, pcm []int16) media.Activity {
	const frame = int64(media.TickDuration)
	if l.next == 0 { // the packet that this tick takes came last
		l.next = (t.Nominal-int64(l.phase))/frame*frame + int64(l.phase)
	}
	if l.even++; t.Nominal != l.due {
		l.even = 0
	}
	l.due = t.Nominal + frame
	if l.next > t.Nominal {
		l.missed++
	} else {
		l.spare = time.Duration(t.Nominal - l.next)
		l.next += frame
	}
	l.waits = append(l.waits, l.spare)
	a := l.says(l.ticks)
	l.ticks++
	for i := range pcm {
		pcm[i] = a * int16(1-2*(i/4%2))
	}
	return media.Voice
}

func (l *talker) Spare() (time.Duration, bool) { return l.spare, l.even > 100 }

// last is the mean wait of the last n ticks.
func (l *talker) last(n int) (d time.Duration) {
	for _, w := range l.waits[len(l.waits)-n:] {
		d += w / time.Duration(n)
	}
	return d
}

// speech talks for two seconds, with short pauses, and is silent for two.
func speech(from int) func(int) int16 {
	return func(tick int) int16 {
		tick += from
		if tick%200 >= 100 || tick%25 < 3 {
			return 1
		}
		return 3000
	}
}

func tone(int) int16   { return 3000 }
func silent(int) int16 { return 0 }

// meet steps a room of these for so long.
func meet(t *testing.T, legs []*talker, d time.Duration) media.Counters {
	var c media.Counters
	synctest.Test(t, func(t *testing.T) {
		m, err := media.New(media.Config{Engines: 1, Pacer: media.TimerPacer{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		s := &space{mix: mixer.New(mixer.Config{}), changed: func(*strip) {}}
		for _, l := range legs {
			s.add(&strip{audio: l, listening: true})
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		m.Engines()[0].Add(s)
		time.Sleep(d)
		synctest.Wait()
		c = m.Engines()[0].Counters()
	})
	return c
}

func TestARoomLeansTowardsWhoTalks(t *testing.T) {
	for ms := 0; ms < 20; ms += 3 {
		one := &talker{phase: time.Duration(ms) * time.Millisecond, says: speech(0)}
		legs := []*talker{one}
		for i := range 5 {
			legs = append(legs, &talker{phase: time.Duration(4*i) * time.Millisecond, says: silent})
		}
		c := meet(t, legs, 20*time.Second)
		if w := one.last(100); w > 6*time.Millisecond || one.missed > 0 || c.Hops > 1 {
			t.Errorf("phase of %d ms: waits %v, missed %d, %d hops", ms, w, one.missed, c.Hops)
		}
	}
}

func TestATonePullsLessThanSpeech(t *testing.T) {
	for ms := 0; ms < 20; ms += 3 {
		a, b := &talker{phase: 0, says: tone}, &talker{phase: 7 * time.Millisecond, says: tone}
		one := &talker{phase: time.Duration(ms) * time.Millisecond, says: speech(0)}
		meet(t, []*talker{a, b, one}, 22*time.Second)
		if w := one.last(100); w > 6*time.Millisecond || one.missed > 1 {
			t.Errorf("phase of %d ms: waits %v, missed %d", ms, w, one.missed)
		}
	}
}

func TestTalkersWhoTakeTurnsDoNotPullToAndFro(t *testing.T) {
	a := &talker{phase: time.Millisecond, says: speech(0)}
	b := &talker{phase: 9 * time.Millisecond, says: speech(100)}
	c := meet(t, []*talker{a, b}, time.Minute)
	mean := (a.last(1000) + b.last(1000)) / 2
	if c.Hops > 4 || mean > 11*time.Millisecond || a.missed+b.missed > 3 {
		t.Errorf("%d hops in a minute, mean wait %v, missed %d", c.Hops, mean, a.missed+b.missed)
	}
}

// TestARoomIsNotFarAheadOfTheClock: many who talk for long, one after the other,
// and no silence to make up in.
func TestARoomIsNotFarAheadOfTheClock(t *testing.T) {
	var legs []*talker
	for i := range 12 {
		legs = append(legs, &talker{phase: time.Duration(i*13%20) * time.Millisecond, says: func(tick int) int16 {
			if tick/250%12 != i || tick%25 < 3 {
				return 30
			}
			return 3000
		}})
	}
	meet(t, legs, 5*time.Minute)
	const even = 5 * 60 * 50
	if n := legs[0].ticks; n < even-2 || n > even+2+4 {
		t.Errorf("%d ticks in the time of %d", n, even)
	}
}

// TestAPauseBetweenSyllablesForgivesNothing: the legs leave a tick out only when silence
// goes on, and so does the room count.
func TestAPauseBetweenSyllablesForgivesNothing(t *testing.T) {
	l := leaning{ahead: media.Phases}
	for range 3 {
		for range media.Still {
			l.quiet(true)
		}
		l.quiet(false)
	}
	if l.ahead != media.Phases {
		t.Fatalf("%d phases ahead after short pauses, want %d", l.ahead, media.Phases)
	}
	for range media.Still + 1 {
		l.quiet(true)
	}
	if l.ahead != 0 {
		t.Errorf("%d phases ahead after a long one", l.ahead)
	}
}
