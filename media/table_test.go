package media

import (
	"net/netip"
	"testing"
	"time"
)

func at(s string) key { return keyOf(netip.MustParseAddrPort(s)) }

func from(s string) Candidates { return Candidates{Announced: netip.MustParseAddrPort(s)} }

// enter adds a call that takes PCMU and telephone-event 101.
func enter(t *table, c Candidates) *peer {
	p := t.add(&Stream{}, c)
	p.accepts = (&Params{Receive: nil, ReceiveEvents: []EventFormat{{PT: 101}, {PT: 0}}}).payloadTypes()
	return p
}

// sends is a run of packets, and what the table makes of the last.
func sends(t *table, addr string, ssrc uint32, seq uint16, n int) (p *peer, v verdict) {
	for i := range n {
		p, v = t.routeRTP(sighting{from: at(addr), ssrc: ssrc, seq: seq + uint16(i), pt: 0}, 0)
	}
	return p, v
}

func wantOwn(t *testing.T, what string, want *peer) func(*peer, verdict) {
	return func(p *peer, v verdict) {
		t.Helper()
		if p != want || v != own {
			t.Errorf("%s: got %p %d, want %p own", what, p, v, want)
		}
	}
}

func wantStranger(t *testing.T, what string) func(*peer, verdict) {
	return func(p *peer, v verdict) {
		t.Helper()
		if v != stranger {
			t.Errorf("%s: got verdict %d", what, v)
		}
	}
}

func TestAnnouncedAddressLatchesAtOnce(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	wantOwn(t, "first packet", a)(sends(tb, "192.0.2.1:4000", 1, 100, 1))
	if a.isOpen || a.addr != at("192.0.2.1:4000") {
		t.Errorf("not latched: %+v", a)
	}
}

func TestStrangersAreNobodys(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	wantStranger(t, "another IP, before")(sends(tb, "198.51.100.9:4000", 7, 1, 20))
	sends(tb, "192.0.2.1:4000", 1, 100, 3)
	wantStranger(t, "another IP, after")(sends(tb, "198.51.100.9:4000", 7, 1, 20))
	wantStranger(t, "another IP with the call's SSRC and sequence")(sends(tb, "198.51.100.9:4000", 1, 103, 5))
	wantStranger(t, "the call's IP, after the latch")(sends(tb, "192.0.2.1:5000", 7, 1, 20))
	wantOwn(t, "the call", a)(sends(tb, "192.0.2.1:4000", 1, 103, 1))
}

func TestAnotherPortLatchesAfterThreeInSequence(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	wantStranger(t, "two packets")(sends(tb, "192.0.2.1:61000", 1, 65534, 2))
	wantOwn(t, "the third, over the wrap", a)(sends(tb, "192.0.2.1:61000", 1, 0, 1))

	tb = newTable()
	enter(tb, from("192.0.2.1:4000"))
	for i := range uint16(20) { // every second number only
		wantStranger(t, "gaps")(sends(tb, "192.0.2.1:61000", 1, 2*i, 1))
	}
	for i := range 20 {
		p, v := tb.routeRTP(sighting{from: at("192.0.2.1:61000"), ssrc: 1, seq: uint16(i), pt: 96}, 0)
		wantStranger(t, "a payload type nobody negotiated")(p, v)
	}
	for i := range uint16(20) {
		wantStranger(t, "changing SSRC")(sends(tb, "192.0.2.1:61000", uint32(i), i, 1))
	}
}

func TestSignallingSourceAndNetsAreCandidates(t *testing.T) {
	tb := newTable()
	c := from("10.0.0.5:4000") // private: a phone behind NAT
	c.Signalling = netip.MustParseAddr("203.0.113.7")
	a := enter(tb, c)
	wantOwn(t, "the signalling source", a)(sends(tb, "203.0.113.7:33000", 1, 1, 3))

	tb = newTable()
	c.Nets = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	a = enter(tb, c)
	wantOwn(t, "the trunk's network", a)(sends(tb, "198.51.100.200:9000", 1, 1, 3))
}

func TestAnAnnouncedAddressOverridesALearnedOne(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	wantOwn(t, "a sprayer on the peer's host", a)(sends(tb, "192.0.2.1:61000", 9, 1, 3))
	wantOwn(t, "the peer itself", a)(sends(tb, "192.0.2.1:4000", 1, 1, 1))
	wantStranger(t, "the sprayer again")(sends(tb, "192.0.2.1:61000", 9, 4, 20))
}

func TestACallThatMoves(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	b := enter(tb, from("192.0.2.1:5000"))
	sends(tb, "192.0.2.1:4000", 1, 100, 5)
	sends(tb, "192.0.2.1:5000", 2, 65530, 5)
	wantOwn(t, "going on from the first", a)(sends(tb, "192.0.2.1:4444", 1, 110, 1))
	wantOwn(t, "going on from the second, over the wrap", b)(sends(tb, "192.0.2.1:5555", 2, 3, 1))
	wantStranger(t, "the address it left")(sends(tb, "192.0.2.1:7777", 1, 90, 1))
	wantStranger(t, "too far ahead")(sends(tb, "192.0.2.1:7777", 1, 5000, 1))
	wantOwn(t, "where it is now", a)(sends(tb, "192.0.2.1:4444", 1, 111, 1))
}

func TestAHundredCallsOfOneSBCShareAPort(t *testing.T) {
	tb := newTable()
	peers := make([]*peer, 100)
	for i := range peers {
		addr := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(20000+2*i))
		c := Candidates{Announced: addr}
		if !tb.fits(c) {
			t.Fatalf("call %d does not fit", i)
		}
		peers[i] = enter(tb, c)
		if tb.fits(from("192.0.2.1:60000")) {
			t.Fatal("a second unlatched call of the same IP fits")
		}
		if !tb.fits(from("192.0.2.2:60000")) {
			t.Fatal("a call of another IP does not fit")
		}
		sends(tb, addr.String(), uint32(i), uint16(i), 1)
	}
	for i, p := range peers {
		wantOwn(t, "its own", p)(sends(tb, p.addr.addrPort().String(), uint32(i), uint16(i+1), 1))
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	nat := from("10.0.0.1:4000")
	nat.Signalling = netip.MustParseAddr("203.0.113.7")
	trunk := Candidates{Nets: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}
	apart := from("198.51.100.1:4000")
	apart.AnnouncedRTCP = netip.MustParseAddrPort("203.0.113.7:9001")
	sameRTCP := from("198.51.100.2:4000")
	sameRTCP.AnnouncedRTCP = apart.AnnouncedRTCP
	for _, c := range []struct {
		what        string
		here, comes Candidates
		fits        bool
	}{
		{"the same announced address", from("192.0.2.1:4000"), from("192.0.2.1:4000"), false},
		{"the same IP", from("192.0.2.1:4000"), from("192.0.2.1:4002"), false},
		{"another IP", from("192.0.2.1:4000"), from("192.0.2.2:4000"), true},
		{"two phones behind one NAT", nat, Candidates{
			Announced: netip.MustParseAddrPort("10.0.0.2:4000"), Signalling: nat.Signalling,
		}, false},
		{"a network that holds the other's", nat, trunk, false},
		{"the same network", trunk, trunk, false},
		{"the same RTCP address", apart, sameRTCP, false},
		{"beside a late offer", Candidates{}, from("192.0.2.1:4000"), false},
		{"a late offer", from("192.0.2.1:4000"), Candidates{}, false},
	} {
		tb := newTable()
		p := enter(tb, c.here)
		if got := tb.fits(c.comes); got != c.fits {
			t.Errorf("%s: fits %v", c.what, got)
		}
		tb.remove(p)
		if !tb.fits(c.comes) {
			t.Errorf("%s: does not fit when the other has left", c.what)
		}
	}
	tb := newTable()
	enter(tb, from("192.0.2.1:4000"))
	sends(tb, "192.0.2.1:61000", 1, 1, 3)
	if tb.fits(from("192.0.2.1:61000")) {
		t.Error("an announced address that another call has latched fits")
	}
	if tb.fits(from("192.0.2.1:4000")) {
		t.Error("an announced address fits twice after the latch")
	}
}

func TestALateOffersPortIsSharedOnceItIsAnswered(t *testing.T) {
	tb := newTable()
	a := enter(tb, Candidates{})
	wantStranger(t, "before the answer")(sends(tb, "192.0.2.1:4000", 1, 1, 10))
	tb.announce(a, from("192.0.2.1:4000"))
	if !tb.fits(from("192.0.2.2:4000")) {
		t.Error("does not fit beside an answered call")
	}
	wantOwn(t, "after the answer", a)(sends(tb, "192.0.2.1:4000", 1, 11, 1))
}

func TestAnotherAnnouncedAddressReopens(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	sends(tb, "192.0.2.1:4000", 1, 1, 3)
	tb.announce(a, from("192.0.2.1:4000"))
	if a.isOpen {
		t.Fatal("the same address reopened")
	}
	tb.announce(a, from("192.0.2.8:6000"))
	if !a.isOpen {
		t.Fatal("another address did not reopen")
	}
	wantOwn(t, "a straggler", a)(sends(tb, "192.0.2.1:4000", 1, 4, 1))
	if !a.isOpen {
		t.Fatal("a straggler closed")
	}
	wantOwn(t, "another port of the new host", a)(sends(tb, "192.0.2.8:7000", 5, 1, 3))
	wantStranger(t, "the old address")(sends(tb, "192.0.2.1:4000", 1, 5, 10))
	tb.remove(a)
	if len(tb.exact)+len(tb.rtcp)+len(tb.bySSRC)+len(tb.peers)+len(tb.open) != 0 {
		t.Errorf("left behind: %+v", tb)
	}
}

func TestANATThatOutlivesTheReinvite(t *testing.T) {
	tb := newTable()
	c := from("10.0.0.1:4000")
	c.Signalling = netip.MustParseAddr("203.0.113.7")
	a := enter(tb, c)
	sends(tb, "203.0.113.7:4000", 1, 1, 3)
	c.Announced = netip.MustParseAddrPort("10.0.0.1:5000")
	tb.announce(a, c)
	s := sighting{from: at("203.0.113.7:4000"), ssrc: 1, seq: 4}
	for i := range int64(60) {
		s.seq++
		tb.routeRTP(s, 1+i*int64(20*time.Millisecond))
	}
	if a.isOpen || a.addr != s.from {
		t.Error("the address that goes on talking is not the call's")
	}
}

func TestRTCPLatchesByItself(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	wantOwn(t, "the next port, before any RTP", a)(tb.routeRTCP(at("192.0.2.1:4001"), 99))
	wantStranger(t, "elsewhere on the host")(tb.routeRTCP(at("192.0.2.1:4003"), 99))
	wantStranger(t, "elsewhere")(tb.routeRTCP(at("198.51.100.1:4001"), 99))
	sends(tb, "192.0.2.1:61000", 1, 1, 3)
	wantOwn(t, "its SSRC from its host", a)(tb.routeRTCP(at("192.0.2.1:61001"), 1))
	wantStranger(t, "its SSRC from elsewhere")(tb.routeRTCP(at("198.51.100.1:61001"), 1))
	wantStranger(t, "another SSRC")(tb.routeRTCP(at("192.0.2.1:61005"), 2))
	b := enter(tb, from("192.0.2.9:4000"))
	sends(tb, "192.0.2.9:4000", 3, 1, 1)
	wantStranger(t, "the SSRC of a call that is where it said")(tb.routeRTCP(at("192.0.2.9:61001"), 3))
	wantOwn(t, "where it said", b)(tb.routeRTCP(at("192.0.2.9:4001"), 3))
	wantOwn(t, "latched, whatever the SSRC", a)(tb.routeRTCP(at("192.0.2.1:61001"), 77))
}

func TestMuxedRTCPLatchesNothing(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	wantOwn(t, "from the announced address", a)(tb.routeMuxed(at("192.0.2.1:4000")))
	if !a.isOpen {
		t.Error("latched by RTCP")
	}
	wantStranger(t, "from another port")(tb.routeMuxed(at("192.0.2.1:4002")))
	sends(tb, "192.0.2.1:4002", 1, 1, 3)
	wantOwn(t, "from the latched address", a)(tb.routeMuxed(at("192.0.2.1:4002")))
}

func TestSecuredCallsMoveOnlyIfAuthentic(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	a.secured = true
	p, v := sends(tb, "192.0.2.1:4000", 1, 1, 1)
	if p != a || v != probe || !a.isOpen {
		t.Fatalf("announced: %v, open %v", v, a.isOpen)
	}
	tb.latch(a, sighting{from: at("192.0.2.1:4000"), ssrc: 1, seq: 1})
	wantOwn(t, "latched", a)(sends(tb, "192.0.2.1:4000", 1, 2, 1))
	if p, v = sends(tb, "198.51.100.44:9", 1, 3, 1); p != a || v != probe {
		t.Errorf("from anywhere: %v", v)
	}
	if a.addr != at("192.0.2.1:4000") {
		t.Error("moved without proof")
	}
	wantStranger(t, "another SSRC from anywhere")(sends(tb, "198.51.100.44:9", 2, 3, 5))
}

func TestLatchNeverTakesAnothersAddress(t *testing.T) {
	tb := newTable()
	a := enter(tb, from("192.0.2.1:4000"))
	b := enter(tb, from("192.0.2.2:4000"))
	b.secured = true
	sends(tb, "192.0.2.1:4000", 1, 1, 1)
	tb.latch(b, sighting{from: at("192.0.2.1:4000"), ssrc: 2, seq: 1})
	wantOwn(t, "the first call's", a)(sends(tb, "192.0.2.1:4000", 1, 2, 1))
}

func TestTwoThatReopenedAtOnce(t *testing.T) {
	tb := newTable()
	a, b := enter(tb, from("192.0.2.1:4000")), enter(tb, from("192.0.2.2:4000"))
	sends(tb, "192.0.2.1:4000", 1, 1, 1)
	sends(tb, "192.0.2.2:4000", 2, 1, 1)
	tb.announce(a, from("192.0.2.3:4000"))
	tb.announce(b, from("192.0.2.3:5000"))
	wantStranger(t, "either's")(sends(tb, "192.0.2.3:6000", 9, 1, 10))
	wantOwn(t, "announced", b)(sends(tb, "192.0.2.3:5000", 2, 9, 1))
	wantOwn(t, "the one left", a)(sends(tb, "192.0.2.3:6000", 9, 11, 3))
}
