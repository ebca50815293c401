package media

import (
	"errors"
	"net/netip"
	"testing"
)

func TestPortsAreSharedAndReturned(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		b := newBench(t, cfg)
		var streams []*Stream
		for i := range 20 {
			p := newPhone(t, loopback)
			s := b.stream(StreamConfig{Peer: p.peer()})
			b.update(s, plain(p.peer()))
			p.call(s)
			p.send(p.packet(noise(160)))
			b.settle(1)
			streams = append(streams, s)
			if n := len(b.opened); n != 1 {
				t.Fatalf("%d ports after %d calls", n, i+1)
			}
			if i := s.peer; i.isOpen {
				t.Fatal("not latched")
			}
		}
		rtp, rtcp := streams[0].Local()
		if rtp.Port()%2 != 0 || rtcp.Port() != rtp.Port()+1 {
			t.Errorf("ports %v %v", rtp, rtcp)
		}
		extra := []*Stream{
			b.stream(StreamConfig{}),                // late offer
			b.stream(StreamConfig{Exclusive: true}), // asked for
			b.stream(StreamConfig{Peer: newPhone(t, loopback).peer()}),
			b.stream(StreamConfig{Peer: newPhone(t, loopback).peer()}), // second unlatched
		}
		if n := len(b.opened); n != 4 {
			t.Errorf("%d ports, want 4", n)
		}
		for _, s := range append(streams, extra...) {
			s.Close()
			s.Close()
		}
		for range 3 {
			b.step()
		}
		if len(b.opened) != 0 || len(b.ports[loopback]) != 0 {
			t.Errorf("%d ports left", len(b.opened))
		}
		for _, e := range b.engines {
			if len(e.ports) != 0 || len(e.out.queues) != 0 {
				t.Errorf("engine %d: %d ports, %d queues left", e.index, len(e.ports), len(e.out.queues))
			}
		}
	})
}

func TestNoPortsLeft(t *testing.T) {
	free := newPhone(t, loopback)
	at := addrOf(free.rtp).Port() &^ 1
	free.rtp.Close()
	free.rtcp.Close()
	b := newBench(t, Config{PortMin: at, PortMax: at + 1})
	s, err := b.NewStream(StreamConfig{Local: loopback, Exclusive: true})
	if err != nil {
		t.Skip(err) // somebody else was quicker
	}
	if _, err := b.NewStream(StreamConfig{Local: loopback}); !errors.Is(err, ErrNoPorts) {
		t.Errorf("got %v", err)
	}
	s.Close()
	b.step() // it says goodbye
	b.step() // its port is closed
	if _, err := b.NewStream(StreamConfig{Local: loopback}); err != nil {
		t.Errorf("the port did not come back: %v", err)
	}
	if _, err := b.NewStream(StreamConfig{Local: netip.MustParseAddr("192.0.2.1")}); err == nil {
		t.Error("a stream on an address that is not bound")
	}
}

func TestAPortIsExclusiveForLife(t *testing.T) {
	b := newBench(t, Config{})
	_, p := b.call(StreamConfig{Exclusive: true})
	p.send(p.packet(noise(160))) // it has latched
	b.settle(1)
	b.call(StreamConfig{})
	if len(b.opened) != 2 {
		t.Errorf("%d ports", len(b.opened))
	}
}

func TestAPeerThatCallsAgainFindsItsPort(t *testing.T) {
	b := newBench(t, Config{})
	stays, p := b.call(StreamConfig{})
	p.send(p.packet(noise(160)))
	b.settle(1)
	leaves, q := b.call(StreamConfig{})
	if stays.port != leaves.port {
		t.Fatal("not shared")
	}
	leaves.Close()
	again := b.stream(StreamConfig{Peer: q.peer()})
	b.update(again, plain(q.peer()))
	if again.port != stays.port {
		t.Error("the table still knows the call that left")
	}
	q.send(q.packet(noise(160)))
	b.settle(1)
	if again.count.PacketsIn != 1 || leaves.count.PacketsIn != 0 {
		t.Error("the packet is not the new call's")
	}
}

// TestWildcardOpensTheAddressAskedFor: bound to all addresses of a family, a call
// gets a port at the very address that its peer was told.
func TestWildcardOpensTheAddressAskedFor(t *testing.T) {
	m := live(t, Config{Bind: []netip.Addr{netip.IPv4Unspecified()}})
	for _, a := range []string{"127.0.0.2", "127.0.0.1", "0.0.0.0"} {
		s, err := m.NewStream(StreamConfig{Local: netip.MustParseAddr(a), Peer: Candidates{Announced: netip.MustParseAddrPort("127.0.0.9:4000")}})
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		if rtp, _ := s.Local(); rtp.Addr().String() != a {
			t.Errorf("asked for %s, got %v", a, rtp)
		}
		s.Close()
	}
	if _, err := m.NewStream(StreamConfig{Local: netip.IPv6Loopback()}); !errors.Is(err, ErrAddress) {
		t.Errorf("an address of another family: %v", err)
	}
	bound := live(t, Config{Bind: []netip.Addr{netip.MustParseAddr("127.0.0.1")}})
	if _, err := bound.NewStream(StreamConfig{Local: netip.MustParseAddr("127.0.0.2")}); !errors.Is(err, ErrAddress) {
		t.Errorf("an address that is not bound: %v", err)
	}
}
