package media

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// busy is a unit whose tick takes a while, in parts of a millisecond.
type busy struct {
	parts    int
	stubborn bool // it does not yield
	ticks    int
	latest   time.Duration // how late a tick began at most
	inTick   bool
	fail     bool
	stall    int // parts more, once
}

func (b *busy) Tick(t *Tick) {
	b.ticks++
	b.latest = max(b.latest, time.Duration(t.Now-t.Nominal))
	b.inTick = true
	parts := b.parts + b.stall
	b.stall = 0
	for range parts {
		time.Sleep(time.Millisecond)
		if !b.stubborn {
			t.Yield()
		}
	}
	b.inTick = false
	if b.fail {
		panic("broken unit")
	}
}

func (b *busy) Panicked(any, []byte) { b.inTick = false }

// warm lets the engine learn how long its units take, and forgets what was before.
func warm(e *Engine, units ...*busy) Counters {
	pass(3 * time.Second)
	e.Do(func() {
		for _, u := range units {
			u.ticks, u.latest = 0, 0
		}
	})
	return e.Counters()
}

// inTime checks a unit between ticks.
func inTime(t *testing.T, name string, u *busy, ticks int, latest time.Duration) {
	t.Helper()
	if u.ticks < ticks-1 || u.ticks > ticks+1 || u.latest > latest {
		t.Errorf("%s: %d ticks in 2 s, %v late at most", name, u.ticks, u.latest)
	}
}

// between runs f between ticks.
func between(t *testing.T, e *Engine, f func()) {
	t.Helper()
	if err := e.Call(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func TestABigUnitDoesNotMakeOthersLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		big, small := &busy{parts: 12}, make([]*busy, 8)
		e.Add(big)
		for i := range small {
			small[i] = &busy{}
			e.Add(small[i])
		}
		was := warm(e, append(small, big)...)
		pass(2 * time.Second)
		between(t, e, func() {
			inTime(t, "big", big, 100, 0)
			for _, u := range small {
				inTime(t, "small", u, 100, time.Millisecond)
			}
		})
		if c := e.Counters(); c.Missed != was.Missed || c.Load < 0.55 || c.Load > 0.65 {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestAnOverloadedUnitIsTheOnlyOneLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 2)
		e := m.engines[0]
		big, small := &busy{parts: 30}, &busy{}
		e.Add(big)
		e.Add(small)
		warm(e, big, small)
		pass(2 * time.Second)
		between(t, e, func() {
			inTime(t, "small", small, 100, time.Millisecond)
		})
		between(t, e, func() {
			if c := e.Counters(); big.ticks < 45 || big.ticks > 60 || c.Missed < 40 || c.Load < 0.95 || c.Skipped != 0 {
				t.Errorf("%d ticks of 30 ms, counters %+v", big.ticks, c)
			}
		})
		if l := m.Load(); l != 0 {
			t.Errorf("an idle engine, and the load that decides on calls is %v", l)
		}
		if m.Pick() != m.engines[1] {
			t.Error("the overloaded engine was picked")
		}
	})
}

func TestWhatAStallHeldUpIsMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		big, small := &busy{parts: 5}, &busy{}
		e.Add(big)
		e.Add(small)
		was := warm(e, big, small)
		pass(time.Second)
		between(t, e, func() { big.stall = 150 })
		pass(time.Second)
		between(t, e, func() {
			inTime(t, "big", big, 101, 150*time.Millisecond)
			inTime(t, "small", small, 101, time.Millisecond) // the parts go on
		})
		if c := e.Counters(); c.Missed != was.Missed || c.Skipped != 0 {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestBigUnitsGoToPhasesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		a, b, c := &busy{parts: 7, stubborn: true}, &busy{parts: 6}, &busy{}
		e.Add(a)
		pass(3 * time.Second)
		e.Add(b) // beside a, or just behind it, it would wait
		pass(3 * time.Second)
		e.Add(c)
		warm(e, a, b, c)
		pass(2 * time.Second)
		between(t, e, func() {
			inTime(t, "first", a, 100, 0)
			inTime(t, "second", b, 100, 0)
			inTime(t, "small", c, 100, 0)
		})
	})
}

func TestTwoBigUnitsAtOnceWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		var units []*busy
		for range 3 { // 18 ms of 20
			units = append(units, &busy{parts: 6})
			e.Add(units[len(units)-1])
		}
		small := &busy{}
		e.Add(small)
		warm(e, append(units, small)...)
		pass(2 * time.Second)
		between(t, e, func() {
			for _, u := range units {
				inTime(t, "big", u, 100, 6*time.Millisecond)
			}
			inTime(t, "small", small, 100, time.Millisecond)
		})
		if c := e.Counters(); c.Load < 0.85 {
			t.Errorf("load %v", c.Load)
		}
	})
}

func TestTooManyBigUnitsShareTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		a, b, small := &busy{parts: 14}, &busy{parts: 14}, &busy{}
		e.Add(a)
		e.Add(b)
		e.Add(small)
		warm(e, a, b, small)
		pass(2 * time.Second)
		between(t, e, func() { // commands are applied all the same
			inTime(t, "small", small, 101, time.Millisecond)
			inTime(t, "first", a, 71, 210*time.Millisecond)
			inTime(t, "second", b, 71, 210*time.Millisecond)
		})
		if c := e.Counters(); c.Missed == 0 || c.Load < 0.95 {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestCommandsWaitForTheEndOfATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		big := &busy{parts: 12}
		e.Add(big)
		e.Add(&busy{})
		for range 400 {
			time.Sleep(7 * time.Millisecond)
			between(t, e, func() {
				if big.inTick {
					t.Error("a command in the middle of a tick")
				}
			})
		}
	})
}

func TestRemovalAndPanicOfAUnitThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		first, second, small := &busy{parts: 12}, &busy{parts: 3, fail: true}, &busy{}
		for _, u := range []*busy{first, second, small} {
			e.Add(u)
		}
		warm(e, first, second, small)
		pass(2 * time.Second)
		between(t, e, func() {
			inTime(t, "broken", second, 100, 12*time.Millisecond)
		})
		e.Remove(second)
		warm(e, first, small)
		n := second.ticks
		pass(2 * time.Second)
		if second.ticks != n {
			t.Error("a removed unit was stepped")
		}
		between(t, e, func() {
			inTime(t, "small", small, 100, time.Millisecond)
		})
	})
}

// hopping is a unit whose tick comes sooner by some phases, at each of asks.
type hopping struct {
	asks  map[int]int
	times []int64
	got   []bool
}

func (h *hopping) Tick(t *Tick) {
	h.times = append(h.times, t.Nominal)
	if k := h.asks[len(h.times)]; k != 0 {
		h.got = append(h.got, t.Sooner(k))
	}
}

func TestATickComesSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		u := &hopping{asks: map[int]int{10: 1, 20: 2, 30: 3, 40: 4, 41: -1}}
		m.engines[0].Add(u)
		pass(2 * time.Second)
		for i := 1; i < len(u.times); i++ {
			want := TickDuration
			if k := u.asks[i]; k > 0 && k < Phases {
				want -= time.Duration(k) * phaseDuration
			}
			if got := time.Duration(u.times[i] - u.times[i-1]); got != want {
				t.Errorf("tick %d comes after %v, not %v", i, got, want)
			}
		}
		if len(u.got) != 5 || !u.got[0] || !u.got[1] || !u.got[2] || u.got[3] || u.got[4] {
			t.Errorf("answers %v", u.got)
		}
		if c := m.engines[0].Counters(); c.Hops != 3 {
			t.Errorf("%d hops counted", c.Hops)
		}
	})
}

func TestAFullPhaseTakesNoHopper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.engines[0]
		big := &busy{parts: 4}
		e.Add(big) // in phase 0
		pass(3 * time.Second)
		u := &hopping{asks: map[int]int{10: 1}}
		e.Add(u) // in phase 1
		pass(2 * time.Second)
		if len(u.got) != 1 || u.got[0] {
			t.Errorf("answers %v", u.got)
		}
	})
}

func TestPicksCountBeforeTheyAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 2)
		for _, e := range m.engines {
			e.Add(&busy{parts: 4}) // 0.2
		}
		pass(5 * time.Second)
		picked := map[*Engine]int{}
		for range 1000 {
			picked[m.Pick()]++
		}
		if n := picked[m.engines[0]]; n < 400 || n > 700 {
			t.Errorf("%d of a burst of 1000 went to the first engine", n)
		}
		pass(10 * time.Second)
		if m.Pick() != m.engines[0] {
			t.Error("what was promised counts for ever")
		}
	})
}

// starved is a pacer on a machine on which others take the processor.
type starved struct{ by *atomic.Int64 }

func (p starved) Wait(until time.Time) { TimerPacer{}.Wait(until.Add(time.Duration(p.by.Load()))) }

func TestLatenessIsLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var by atomic.Int64
		m, err := New(Config{Engines: 2, Pacer: starved{&by}, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		m.engines[0].Add(&busy{})
		for _, s := range []struct {
			by       time.Duration
			from, to float64
		}{{0, 0, 0}, {8 * time.Millisecond, 0, 0}, {15 * time.Millisecond, 0.85, 1}, {0, 0, 0.01}} {
			by.Store(int64(s.by))
			pass(20 * time.Second)
			if l := m.Load(); l < s.from || l > s.to {
				t.Errorf("late by %v: load %v", s.by, l)
			}
		}
		if c := m.engines[0].Counters(); c.Late == 0 {
			t.Error("late steps are not counted")
		}
	})
}

// A burst of Opus callers, who each will have a prompt coded for them, is refused
// before the load shows it, and taken again a moment later.
func TestOpusCallsPromiseMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		m.engines[0].Add(&busy{parts: 4}) // 0.2
		pass(5 * time.Second)
		opus, plain := codec.Standard(codec.Opus), codec.Standard(codec.PCMU)
		for range 100 {
			m.Pick().promiseFor(plain)
		}
		if l := m.Load(); l < 0.25 || l > 0.35 {
			t.Errorf("load %.2f with 100 calls promised, want 0.3", l)
		}
		for range 100 {
			m.Pick().promiseFor(opus)
		}
		if l := m.Load(); l < 0.8 || l > 0.95 {
			t.Errorf("load %.2f with 100 of Opus besides, want 0.9", l)
		}
		pass(5 * time.Second)
		if l := m.Load(); l > 0.25 {
			t.Errorf("load %.2f after 5 s without any call", l)
		}
	})
}
