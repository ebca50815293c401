package control

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

func TestEndSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.do(w.a.s.Close)
		if !slices.Equal(w.a.ended, []Ending{EndedByUs}) || !slices.Equal(w.b.ended, []Ending{EndedByPeer}) {
			t.Errorf("a ended %v, b ended %v", w.a.ended, w.b.ended)
		}
		if w.a.count("endSessionCommand") != 1 || w.b.count("endSessionCommand") != 1 {
			t.Errorf("a sent %v, b sent %v", w.a.sent, w.b.sent)
		}
		said, told := len(w.a.sent), len(w.a.told)
		w.do(func() {
			w.a.s.Receive(roundTrip(1))
			w.a.s.Start()
			w.a.s.Close()
			w.a.s.Send(roundTrip(1))
			w.a.s.Pause()
			if w.a.s.SendKey('1', 0) || w.a.s.OpenAudio(ALaw) || w.a.s.RequestMode(ALaw) {
				t.Error("something is done after the end")
			}
		})
		w.pass(time.Hour)
		if len(w.a.sent) != said || len(w.a.told) != told || len(w.a.ended) != 1 {
			t.Errorf("after the end: sent %v, told %v, ended %v", w.a.sent[said:], w.a.told[told:], w.a.ended)
		}
	})
}

func TestEndSessionBothAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.do(func() { w.a.s.Close(); w.b.s.Close() })
		for _, p := range []*side{w.a, w.b} {
			if !slices.Equal(p.ended, []Ending{EndedByUs}) || p.count("endSessionCommand") != 1 {
				t.Errorf("%s ended %v, sent %v", p.name, p.ended, p.sent)
			}
		}
	})
}

func TestEndSessionUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.a.lose = named("endSessionCommand")
		w.do(w.a.s.Close)
		w.do(func() { w.a.s.Receive(alphanumeric("1")) })
		w.pass(1900 * time.Millisecond)
		if len(w.a.ended) != 0 {
			t.Error("too early")
		}
		w.pass(200 * time.Millisecond)
		if !slices.Equal(w.a.ended, []Ending{EndedTimeout}) || w.a.keys != "" {
			t.Errorf("ended %v, keys %q", w.a.ended, w.a.keys)
		}
	})
}

// TestNothingBeginsAfterClose: what the peer sends then has no effect.
func TestNothingBeginsAfterClose(t *testing.T) {
	timers := 0
	p := scripted(t, func(c *Config) {
		c.After = func(time.Duration, func()) func() { timers++; return func() {} }
	})
	p.ready(ALaw)
	p.w.do(p.s.Close)
	before := timers
	p.receive(determination(50, 9), set(5, MuLaw), open(1, 1, ALaw), opened(p.pending()))
	if timers != before || len(p.s.Channels()) > 0 || len(p.told) > 0 {
		t.Errorf("%d timers, channels %v, told %v", timers-before, p.s.Channels(), p.told)
	}
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.a.lose = func(*Message) bool { return true }
		w.start()
		said := len(w.a.sent)
		failed := 0
		w.do(func() {
			w.a.s.Probe(func(_ time.Duration, ok bool) {
				if !ok {
					failed++
				}
			})
			w.a.s.Stop()
			w.a.s.Stop()
		})
		w.pass(time.Hour)
		w.do(func() { w.a.s.Receive(roundTrip(1)) })
		if len(w.a.sent) != said+1 && len(w.a.sent) != said || len(w.a.told) > 0 || len(w.a.ended) > 0 || failed != 1 {
			t.Errorf("sent %v, told %v, ended %v, %d probes failed", w.a.sent[said:], w.a.told, w.a.ended, failed)
		}
	})
}

// TestLateTimer: a timer that fires although it was stopped does nothing.
func TestLateTimer(t *testing.T) {
	var fired []func()
	p := scripted(t, func(c *Config) {
		c.After = func(_ time.Duration, f func()) func() {
			fired = append(fired, f)
			return func() {}
		}
	})
	p.ready(ALaw)
	p.receive(opened(p.pending()))
	said := len(p.sent)
	p.w.do(func() {
		for _, f := range fired {
			f()
		}
	})
	if len(p.sent) != said {
		t.Errorf("sent %v", p.sent[said:])
	}
}

// order notes what goes out when.
type order struct {
	side
	list []string
}

func (o *order) Opened(c Channel) { o.list = append(o.list, "opened "+c.Direction.String()) }
func (o *order) Ended(Ending)     { o.list = append(o.list, "ended") }
func (o *order) Key(k Key) { // the owner may call the Session from an event
	o.s.SendKey(k.Digit, 0)
	o.s.Close()
}

// TestEventsBeforeMessages: the socket is ready before the peer hears that it may send.
func TestEventsBeforeMessages(t *testing.T) {
	p := scripted(t, stopped)
	o := &order{side: *p}
	p.s.cfg.Events = o
	p.s.cfg.Send = func(ms []*Message) {
		for _, m := range ms {
			o.list = append(o.list, m.Name())
		}
	}
	p.receive(open(1, 1, ALaw), alphanumeric("12"))
	p.receive(endSession())
	want := []string{"opened receive", "openLogicalChannelAck", "userInput", "endSessionCommand", "ended"}
	if !slices.Equal(o.list, want) {
		t.Errorf("%v, want %v", o.list, want)
	}
}

// TestLossOfAnything: whichever one message is lost, the call does not end, and both
// ends send sound after all timers, unless the loss was of something that only one
// attempt is made at.
func TestLossOfAnything(t *testing.T) {
	for _, name := range []string{
		"terminalCapabilitySet", "terminalCapabilitySetAck", "masterSlaveDetermination",
		"masterSlaveDeterminationAck", "openLogicalChannel", "openLogicalChannelAck",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			lost := false
			w.a.lose = func(m *Message) bool {
				if m.Name() == name && !lost {
					lost = true
					return true
				}
				return false
			}
			w.start()
			w.pass(2 * time.Minute)
			if !lost {
				t.Errorf("%s: nothing was lost", name)
			}
			if len(w.a.ended)+len(w.b.ended) > 0 {
				t.Errorf("%s: a call ended", name)
			}
			for _, p := range []*side{w.a, w.b} {
				if _, ok := p.channel(Transmit); !ok {
					t.Errorf("%s lost: %s does not send; it sent %v", name, p.name, p.sent)
				}
			}
		})
	}
}

func TestEarlyMessages(t *testing.T) {
	// H.245 that comes with Setup is answered, but channels wait until H.245 may go.
	p := scripted(t, stopped)
	p.receive(set(1, ALaw), determination(50, 1), determinationAck(true), open(1, 1, ALaw), askForSet())
	want := []string{"terminalCapabilitySetAck", "masterSlaveDeterminationAck", "openLogicalChannelAck"}
	if !slices.Equal(p.sent, want) {
		t.Errorf("sent %v", p.sent)
	}
	p.clear()
	p.w.do(p.s.Start)
	if want := []string{"terminalCapabilitySet", "openLogicalChannel"}; !slices.Equal(p.sent, want) {
		t.Errorf("sent %v, want %v", p.sent, want)
	}
	if !p.s.Started() {
		t.Error("not started")
	}
}

func TestProtocolVersion(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	if s := p.last("terminalCapabilitySet").Request.TerminalCapabilitySet; s.ProtocolIdentifier != h245.Protocol {
		t.Error(s.ProtocolIdentifier)
	}
}
