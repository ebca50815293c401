package control

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

// roles checks who both ends take for the master.
func (w *world) roles(aMaster bool) {
	w.t.Helper()
	am, ak := w.a.s.Master()
	bm, bk := w.b.s.Master()
	if !ak || !bk {
		w.t.Fatalf("not known: a %v, b %v", ak, bk)
	}
	if am != aMaster || bm == aMaster {
		w.t.Errorf("a master %v, b master %v; want a %v", am, bm, aMaster)
	}
}

func TestDeterminationByTerminalType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { b.TerminalType = 50 })
		w.start()
		w.roles(true)
	})
}

func TestDeterminationByNumber(t *testing.T) {
	// H.245 C.2.4.4: the one whose number is ahead by less than half the range is the slave.
	for _, c := range []struct {
		a, b    uint32
		aMaster bool
	}{
		{1000, 2000, true},
		{2000, 1000, false},
		{0xffffff, 5, true},
		{5, 0xffffff, false},
		{0, 0x7fffff, true},
		{0, 0x800001, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, func(a, b *Config) {
				a.Random = func() uint32 { return c.a }
				b.Random = func() uint32 { return c.b | 0xab000000 } // only 24 bits count
			})
			w.start()
			w.roles(c.aMaster)
		})
	}
}

func TestDeterminationOneSided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.do(w.a.s.Start)
		w.roles(true)
		w.do(w.b.s.Start)
		if n := w.b.count("masterSlaveDetermination"); n != 0 {
			t.Errorf("b asked again what it knew: %d", n)
		}
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
	})
}

func TestDeterminationIdenticalNumbers(t *testing.T) {
	for _, opposite := range []uint32{0, 0x800000} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			w := newWorld(t, func(a, b *Config) {
				a.Random = func() uint32 { return 7 }
				b.Random = func() uint32 {
					tries++
					if tries < 4 {
						return 7 + opposite
					}
					return 100
				}
			})
			w.start()
			w.roles(true)
			w.a.wantOpen(G722)
		})
	}
}

func TestDeterminationGivesUpAfterN100(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) {
			a.Random = func() uint32 { return 7 }
			b.Random = a.Random
		})
		w.start()
		for _, p := range []*side{w.a, w.b} {
			if n := p.count("masterSlaveDetermination"); n > n100 {
				t.Errorf("%s tried %d times", p.name, n)
			}
			if master, known := p.s.Master(); known || !master {
				t.Errorf("%s: master %v, known %v", p.name, master, known)
			}
		}
		w.pass(time.Minute)
		w.a.wantOpen(G722) // the call goes on
		w.b.wantOpen(G722)
	})
}

func TestDeterminationUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		all := named("masterSlaveDetermination", "masterSlaveDeterminationAck", "masterSlaveDeterminationRelease")
		w.a.lose, w.b.lose = all, all
		w.start()
		w.a.wantSilent()
		w.pass(9 * time.Second)
		w.a.wantSilent()
		w.pass(12 * time.Second)
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
		if n := w.a.count("masterSlaveDetermination"); n != 2 {
			t.Errorf("asked %d times", n)
		}
		if n := w.a.count("masterSlaveDeterminationRelease"); n != 2 {
			t.Errorf("released %d times", n)
		}
	})
}

func TestDeterminationAckLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.a.lose = named("masterSlaveDeterminationAck")
		w.start()
		w.pass(11 * time.Second)
		w.roles(true)
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
	})
}

func TestDeterminationRepeatedIsAnsweredAgain(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	p.receive(determination(50, 1), determination(50, 1))
	if n := p.count("masterSlaveDeterminationAck"); n != 2 {
		t.Errorf("answered %d times", n)
	}
}

func TestDeterminationPeerDecidesOtherwise(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	p.receive(determination(50, 1), determinationAck(false))
	if master, known := p.s.Master(); master || !known {
		t.Errorf("master %v, known %v; the peer said slave", master, known)
	}
}

func TestDeterminationReleasedOrNotUnderstood(t *testing.T) {
	for name, m := range map[string]*Message{
		"release": h245.NewIndication(h245.IndicationMessage{
			MasterSlaveDeterminationRelease: &h245.MasterSlaveDeterminationRelease{},
		}),
		"not understood": h245.NewIndication(h245.IndicationMessage{
			FunctionNotUnderstood: &h245.FunctionNotUnderstood{Request: determination(240, 1000).Request},
		}),
	} {
		p := scripted(t, stopped)
		p.w.do(p.s.Start)
		p.receive(ack(1), set(1, ALaw), m)
		if n := p.count("openLogicalChannel"); n != 1 {
			t.Errorf("%s: %d channels are opened, want 1", name, n)
		}
	}
}

// stopped is a Config whose timers never run.
func stopped(c *Config) {
	c.After = func(time.Duration, func()) func() { return func() {} }
}
