package media

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

type counting struct {
	ticks int
	last  Tick
	fail  bool
	told  any
}

func (c *counting) Tick(t *Tick) {
	c.ticks++
	if c.fail {
		panic("broken unit")
	}
	c.last = *t
}

type tolerant struct{ counting }

func (c *tolerant) Panicked(v any, _ []byte) { c.told = v }

// pass lets virtual time pass, and the engines come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func virtual(t *testing.T, engines int) *Media {
	t.Helper()
	m, err := New(Config{Engines: engines, Pacer: TimerPacer{}, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestUnitsAreSteppedInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.Pick()
		units := make([]*counting, 8)
		for i := range units {
			units[i] = &counting{}
			e.Add(units[i])
		}
		pass(2 * time.Second)
		phases := map[int]int{}
		for _, u := range units {
			if u.ticks < 99 || u.ticks > 100 {
				t.Errorf("%d ticks in 2 s", u.ticks)
			}
			phases[u.last.Phase]++
		}
		if len(phases) != Phases {
			t.Errorf("phases used: %v", phases)
		}
		if c := e.Counters(); c.Steps < 4*99 || c.Lateness > time.Millisecond {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestCallRunsOnIdleAndOnBusyEngines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 2)
		for _, e := range m.Engines() {
			ran := false
			if err := e.Call(context.Background(), func() { ran = true }); err != nil || !ran {
				t.Fatalf("idle: %v, ran %v", err, ran)
			}
			u := &counting{}
			e.Add(u)
			pass(time.Second)
			if err := e.Call(context.Background(), func() { e.Remove(u) }); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			time.Sleep(phaseDuration)
			n := u.ticks
			pass(time.Second)
			if n == 0 || u.ticks != n {
				t.Errorf("%d ticks, %d after removal", n, u.ticks)
			}
		}
	})
}

func TestAnIdleEngineDoesNotStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		pass(time.Hour)
		if n := m.Pick().Counters().Steps; n != 0 {
			t.Errorf("%d steps without a unit", n)
		}
		u := &counting{}
		m.Pick().Add(u)
		pass(time.Second)
		if u.ticks < 49 || u.ticks > 50 {
			t.Errorf("%d ticks in the second after an hour's idleness", u.ticks)
		}
	})
}

func TestCallAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		m.Close()
		if err := m.Pick().Call(context.Background(), func() {}); err != ErrClosed {
			t.Errorf("got %v", err)
		}
		if err := m.Start(); err != ErrClosed {
			t.Errorf("start: %v", err)
		}
	})
}

func TestCallGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Engines: 1, Pacer: TimerPacer{}, Logger: quiet()}) // never started
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := m.Pick().Call(ctx, func() {}); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
	})
}

func TestAPanicStaysInItsUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		e := m.Pick()
		bad, told, good := &counting{fail: true}, &tolerant{counting{fail: true}}, &counting{}
		e.Add(bad)
		e.Add(told)
		e.Add(good)
		e.Do(func() { panic("broken command") })
		pass(time.Second)
		if bad.ticks != 1 {
			t.Errorf("the broken unit was stepped %d times", bad.ticks)
		}
		if told.told != "broken unit" || told.ticks < 49 {
			t.Errorf("told %v, ticks %d", told.told, told.ticks)
		}
		if good.ticks < 49 {
			t.Errorf("the good unit was stepped %d times", good.ticks)
		}
	})
}

type stalling struct{ counting }

func (s *stalling) Tick(t *Tick) {
	if s.ticks == 10 {
		time.Sleep(time.Second)
	}
	s.counting.Tick(t)
}

func TestAStallIsSkippedNotReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := virtual(t, 1)
		s := &stalling{}
		m.Pick().Add(s)
		pass(3 * time.Second)
		if s.ticks < 95 || s.ticks > 105 {
			t.Errorf("%d ticks in 3 s of which 1 s was a stall", s.ticks)
		}
		if c := m.Pick().Counters(); c.Skipped < 45 || c.Lateness < 900*time.Millisecond {
			t.Errorf("counters %+v", c)
		}
	})
}
