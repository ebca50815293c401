package media

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
)

// live is a Media that runs in real time.
func live(t *testing.T, cfg Config) *Media {
	t.Helper()
	if cfg.Logger = quiet(); cfg.Bind == nil {
		cfg.Bind = []netip.Addr{loopback}
	}
	if cfg.Engines == 0 {
		cfg.Engines = 1
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func dial(t *testing.T, m *Media) (*Stream, *phone) {
	t.Helper()
	p := newPhone(t, loopback)
	s, err := m.NewStream(StreamConfig{Local: loopback, Peer: p.peer(), FollowLatch: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Update(plain(p.peer()))
	p.call(s)
	return s, p
}

// attach moves a stream from the engine it is on.
func attach(s *Stream, e *Engine) {
	s.run(func() { s.Attach(e) })
}

func TestSoundPassesInRealTime(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		m := live(t, cfg)
		sa, a := dial(t, m)
		sb, z := dial(t, m)
		e := m.engines[len(m.engines)-1]
		attach(sa, e)
		attach(sb, e)
		for _, e := range m.engines { // the moves have been made
			if err := e.Call(t.Context(), func() {}); err != nil {
				t.Fatal(err)
			}
		}
		u := newPair(sa, sb)
		e.Add(u)
		payload := noise(160)
		for i := range 5 {
			a.send(a.packet(payload))
			if receive(t, z.rtp, mine) == nil {
				t.Fatalf("nothing of packet %d", i)
			}
		}
		if err := e.Call(t.Context(), func() { e.Remove(u) }); err != nil {
			t.Fatal(err)
		}
		sa.Close()
		sb.Close()
		if receive(t, z.rtcp, mine) == nil {
			t.Error("no goodbye")
		}
	})
}

// TestChurn has calls come, move between engines and go while packets come for
// them and for those that are gone.
func TestChurn(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		cfg.Engines, cfg.Pacer = 2, yielding{}
		before := runtime.NumGoroutine()
		m := live(t, cfg)
		var wg sync.WaitGroup
		for range 4 {
			p := newPhone(t, loopback)
			wg.Go(func() {
				for i := range 15 {
					churnOnce(t, m, p, i)
				}
			})
		}
		wg.Wait()
		for range 4 {
			for _, e := range m.engines {
				if err := e.Call(t.Context(), func() {}); err != nil {
					t.Fatal(err)
				}
			}
		}
		m.mu.Lock()
		left := len(m.opened)
		m.mu.Unlock()
		if left != 0 {
			t.Errorf("%d ports left", left)
		}
		for _, e := range m.engines {
			if n := e.Counters().Panics; n != 0 {
				t.Errorf("%d panics", n)
			}
		}
		m.Close()
		// Close has waited for them: what is left of their ends takes a moment.
		for n := range 200 {
			if runtime.NumGoroutine() <= before {
				break
			}
			if n == 199 {
				t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

// yielding lets steps follow each other at once.
type yielding struct{}

func (yielding) Wait(time.Time) { runtime.Gosched() }

func churnOnce(t *testing.T, m *Media, p *phone, i int) {
	s, err := m.NewStream(StreamConfig{Local: loopback, Peer: p.peer(), FollowLatch: true, Exclusive: i%3 == 0})
	if err != nil {
		t.Error(err)
		return
	}
	s.Update(plain(p.peer()))
	p.call(s)
	u := newPair(s, s)
	for j := range 4 {
		e := m.engines[(i+j)%2]
		attach(s, e)
		for _, e := range m.engines {
			e.Call(context.Background(), func() {})
		}
		e.Add(u)
		for range 5 {
			p.send(p.packet(noise(160)))
		}
		s.Stats()
		s.LastHeard()
		s.SendKey('1')
		e.Call(context.Background(), func() { e.drop(u) })
		e.Call(context.Background(), func() {}) // a command of this step may have come before
	}
	s.Close()
	p.send(p.packet(noise(160)))
}
