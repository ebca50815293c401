package control

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// wire encodes and decodes elements of fast connect.
func wire(t *testing.T, list []*h245.OpenLogicalChannel) (out []*h245.OpenLogicalChannel) {
	t.Helper()
	for _, olc := range list {
		b, err := per.Marshal(olc)
		if err != nil {
			t.Fatal(err)
		}
		c := new(h245.OpenLogicalChannel)
		if err := per.Unmarshal(b, c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// connect is fast connect from a to b.
func (w *world) connect() (answer []*h245.OpenLogicalChannel, err error) {
	w.t.Helper()
	w.do(func() {
		var proposals []*h245.OpenLogicalChannel
		if proposals, err = w.a.s.Propose(); err != nil {
			return
		}
		answer = w.b.s.Choose(wire(w.t, proposals))
		if answer == nil {
			w.a.s.Refused()
			return
		}
		err = w.a.s.Adopt(wire(w.t, answer))
	})
	return answer, err
}

func TestFastConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { only(b, MuLaw, ALaw) })
		if answer, err := w.connect(); err != nil || len(answer) != 2 {
			t.Fatal(len(answer), err)
		}
		w.a.wantOpen(MuLaw) // the called endpoint chooses
		w.b.wantOpen(MuLaw)
		if c, _ := w.a.channel(Transmit); c.EventPayloadType != 0 {
			t.Errorf("what the peer takes is not known yet: %+v", c)
		}
		if len(w.a.sent)+len(w.b.sent) != 0 {
			t.Errorf("a sent %v, b sent %v", w.a.sent, w.b.sent)
		}
		w.start()
		w.a.wantOpen(MuLaw)
		w.b.wantOpen(MuLaw)
		for _, p := range []*side{w.a, w.b} {
			if p.count("openLogicalChannel") != 0 {
				t.Errorf("%s opens what is open", p.name)
			}
			if c, _ := p.channel(Transmit); c.EventPayloadType != 101 || p.told[len(p.told)-1] != "updated transmit G.711 µ-law" {
				t.Errorf("%s: %+v, told %v", p.name, c, p.told)
			}
		}
		// From here on they are channels like others.
		w.do(func() { w.b.s.RequestMode(ALaw) })
		w.a.wantOpen(ALaw)
		w.do(w.a.s.Pause)
		w.b.wantSilent()
	})
}

func TestFastConnectRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { only(a, ALaw); only(b, MuLaw) })
		if answer, _ := w.connect(); answer != nil {
			t.Errorf("%v", answer)
		}
	})
	synctest.Test(t, func(t *testing.T) { // by a peer that doesn't take part
		w := newWorld(t)
		w.do(func() { _, _ = w.a.s.Propose() })
		w.start()
		w.a.wantSilent() // H.323 §8.1.7: proposals stand until they are answered
		w.do(w.a.s.Refused)
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
	})
}

func TestAdoptNothing(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(func() {
		if _, err := p.s.Propose(); err != nil {
			t.Error(err)
		}
		if err := p.s.Adopt(nil); !errors.Is(err, errNoProposal) {
			t.Error(err)
		}
		foreign := openChannel(1, Format{G722, 20}, &h245.H2250LogicalChannelParameters{SessionID: 1}) // no address
		if err := p.s.Adopt([]*h245.OpenLogicalChannel{foreign, nil, {}}); err == nil || len(p.s.Channels()) > 0 {
			t.Error("adopted a channel that leads nowhere")
		}
	})
}

func TestAdoptTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		answer, err := w.connect()
		if err != nil {
			t.Fatal(err)
		}
		w.do(func() {
			if err := w.a.s.Adopt(wire(t, answer)); err != nil {
				t.Error(err)
			}
			if again := w.b.s.Choose(wire(t, answer)); again != nil {
				t.Error("chosen twice")
			}
		})
		if len(w.a.told) != 2 || len(w.b.told) != 2 {
			t.Errorf("a told %v, b told %v", w.a.told, w.b.told)
		}
	})
}

// TestFastConnectOneWay: only one direction is proposed; H.245 opens the other.
func TestFastConnectOneWay(t *testing.T) {
	for _, called := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.do(func() {
				list, err := w.a.s.Propose()
				if err != nil {
					t.Error(err)
				}
				list = slices.DeleteFunc(list, func(o *h245.OpenLogicalChannel) bool {
					return (o.ReverseLogicalChannelParameters != nil) != called
				})
				if err := w.a.s.Adopt(wire(t, w.b.s.Choose(wire(t, list)))); err != nil {
					t.Error(err)
				}
				if n := len(w.b.s.Channels()); n != 1 {
					t.Errorf("%d channels", n)
				}
			})
			w.start()
			w.pass(time.Second)
			w.a.wantOpen(G722)
			w.b.wantOpen(G722)
		})
	}
}

// TestChoose: numbers, sessions and addresses of the answer (H.323 §8.1.7.1).
func TestChoose(t *testing.T) {
	caller := netip.MustParseAddrPort("192.0.2.50:4000")
	reports := netip.MustParseAddrPort("192.0.2.50:4001")
	in := func(n int, f Format) *h245.OpenLogicalChannel {
		return openChannel(n, f, &h245.H2250LogicalChannelParameters{
			SessionID: 1, MediaControlChannel: h245.TransportAddressOf(reports),
		})
	}
	out := func(f Format) *h245.OpenLogicalChannel { // all of them have number 1
		return reverseChannel(1, f, &h245.H2250LogicalChannelParameters{
			SessionID: 1, MediaChannel: h245.TransportAddressOf(caller), MediaControlChannel: h245.TransportAddressOf(reports),
		})
	}
	p := scripted(t, stopped, func(c *Config) { only(c, ALaw, MuLaw) })
	var answer []*h245.OpenLogicalChannel
	p.w.do(func() {
		answer = p.s.Choose([]*h245.OpenLogicalChannel{
			out(Format{G722, 20}), in(101, Format{G722, 20}),
			out(Format{ALaw, 20}), // one way only
			out(Format{MuLaw, 30}), in(103, Format{MuLaw, 30}), nil,
			{},
		})
	})
	if len(answer) != 2 {
		t.Fatalf("%d elements", len(answer))
	}
	r, f := answer[0].ReverseLogicalChannelParameters, answer[1].ForwardLogicalChannelParameters
	rp, fp := r.MultiplexParameters.H2250LogicalChannelParameters, f.MultiplexParameters.H2250LogicalChannelParameters
	switch {
	case answer[1].ForwardLogicalChannelNumber != 103, answer[1].ReverseLogicalChannelParameters != nil:
		t.Error("the caller's channel keeps its number")
	case formatOf(r.DataType.AudioData) != Format{MuLaw, 30}, formatOf(f.DataType.AudioData) != Format{MuLaw, 30}:
		t.Error("another format than was proposed")
	case addrPort(fp.MediaChannel).String() != "192.0.2.1:10000", addrPort(fp.MediaControlChannel).String() != "192.0.2.1:10001":
		t.Error("where the caller sends to")
	case addrPort(rp.MediaControlChannel).String() != "192.0.2.1:10001", rp.SessionID != 1:
		t.Error("where the caller's reports go")
	}
	tx, _ := p.channel(Transmit)
	if tx.Number != answer[0].ForwardLogicalChannelNumber || tx.Media != caller || tx.Control != reports || tx.Format.Frames != 20 {
		t.Errorf("%+v", tx)
	}
	rx, _ := p.channel(Receive)
	if rx.Number != 103 || rx.Control != reports || rx.Format.Frames != 30 {
		t.Errorf("%+v", rx)
	}
}

// TestProposalThatLeadsNowhere: a channel to the caller without an address.
func TestProposalThatLeadsNowhere(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(func() {
		out := reverseChannel(1, Format{ALaw, 20}, &h245.H2250LogicalChannelParameters{SessionID: 1})
		if p.s.Choose([]*h245.OpenLogicalChannel{out}) != nil || len(p.s.Channels()) > 0 {
			t.Error("opened")
		}
	})
}

func TestProposalsWithoutAddresses(t *testing.T) {
	p := scripted(t, stopped, func(c *Config) {
		c.Media = func() (a, b netip.AddrPort, err error) { return a, b, errors.New("no port is free") }
	})
	p.w.do(func() {
		if _, err := p.s.Propose(); err == nil {
			t.Error("proposed without an address")
		}
		in := openChannel(5, Format{ALaw, 20}, &h245.H2250LogicalChannelParameters{SessionID: 1})
		if p.s.Choose([]*h245.OpenLogicalChannel{in}) != nil {
			t.Error("chosen without an address")
		}
	})
}
