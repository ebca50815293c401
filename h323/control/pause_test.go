package control

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPauseByPeer is H.323 §8.4.6: the empty set closes our channels, the next one
// opens them again.
func TestPauseByPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.do(w.b.s.Pause)
		w.a.wantSilent()
		w.b.wantOpen(G722) // only the transmitter is paused
		if c := w.a.caps[len(w.a.caps)-1]; !c.Empty || len(c.Audio) > 0 {
			t.Errorf("a knows %+v", c)
		}
		w.pass(time.Hour)
		w.a.wantSilent()
		w.do(func() { w.a.s.Receive(open(900, 1, ALaw)); w.a.s.Receive(closing(900)) })
		w.a.wantSilent()
		w.do(w.b.s.Resume)
		w.pass(time.Second)
		w.roles(true)
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
		w.do(w.b.s.Pause)
		w.do(w.b.s.Resume)
		w.pass(time.Minute)
		w.a.wantOpen(G722)
	})
}

// TestResumeByAnother: after a transfer another endpoint speaks, with other formats and
// another number.
func TestResumeByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t, func(c *Config) { c.TerminalType = 50 })
		p.ready(G722)
		p.receive(opened(p.pending()))
		n := p.pending()
		p.receive(open(9, 1, G722)) // which the other one leaves open
		p.receive(set(2))
		p.wantSilent()
		p.clear()
		p.receive(set(1, MuLaw))
		if p.count("terminalCapabilitySet") != 1 || p.count("masterSlaveDetermination") != 1 || p.count("openLogicalChannel") != 0 {
			t.Errorf("the procedures come first; sent %v", p.sent)
		}
		p.receive(ack(p.s.caps.seq), determinationAck(false))
		if master, _ := p.s.Master(); master {
			t.Error("the other one is the master")
		}
		p.receive(opened(p.pending()))
		if c, _ := p.channel(Transmit); c.Format.Codec != MuLaw || c.Number == n {
			t.Errorf("we send %+v", c)
		}
	})
}

// TestResumeWithoutProcedures: a peer that takes the pause for a hold sends its set and
// waits for sound.
func TestResumeWithoutProcedures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t)
		p.ready(ALaw)
		p.receive(opened(p.pending()))
		p.receive(set(2))
		p.clear()
		p.receive(set(3, ALaw))
		p.w.pass(patience + time.Millisecond)
		p.w.do(func() {})
		if p.count("openLogicalChannel") != 1 {
			t.Errorf("sent %v", p.sent)
		}
	})
}

func TestPauseWhileOpening(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	n := p.pending()
	p.receive(set(2), opened(n))
	p.wantSilent()
	if len(p.told) != 0 || p.count("closeLogicalChannel") != 1 {
		t.Errorf("told %v, sent %v", p.told, p.sent)
	}
}

func TestPauseByUs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.do(w.a.s.Pause)
		w.do(w.a.s.Pause)
		if n := w.a.count("terminalCapabilitySet"); n != 2 {
			t.Errorf("%d sets", n)
		}
		w.do(func() { w.a.s.Receive(open(800, 1, ALaw)) })
		if w.a.count("openLogicalChannelReject") != 1 {
			t.Error("a channel opens during our pause")
		}
		w.do(w.a.s.Resume)
		w.pass(time.Second)
		w.b.wantOpen(G722)
	})
}

// TestNewSetWithoutOurFormat: the peer stops receiving what we send.
func TestNewSetWithoutOurFormat(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(G722, ALaw)
	p.receive(opened(p.pending()))
	m := set(2, MuLaw, ALaw)
	p.receive(m)
	if p.count("closeLogicalChannel") != 1 {
		t.Fatalf("sent %v", p.sent)
	}
	p.receive(opened(p.pending()))
	if c, _ := p.channel(Transmit); c.Format.Codec != ALaw {
		t.Errorf("we send %s", c.Format)
	}
	p.receive(set(3, ALaw, G722)) // still receives it: nothing changes
	if c, _ := p.channel(Transmit); c.Format.Codec != ALaw || p.count("closeLogicalChannel") != 1 {
		t.Errorf("we send %s; sent %v", c.Format, p.sent)
	}
}
