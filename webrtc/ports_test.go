package webrtc

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"
)

// Candidates are the bound addresses and the public ones, over UDP and TCP, with
// the ports that are bound.
func TestCandidates(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
		c.PublicIP = []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")}
	})
	answer, err := h.leg().Offer(context.Background(), newBrowser(t, browserConfig{}).offer(nil, false))
	if err != nil {
		t.Fatal(err)
	}
	bound := h.server.Listeners()
	port := func(i int) string { return bound[i][strings.LastIndexByte(bound[i], ':')+1:] }
	for _, want := range []string{
		" 127.0.0.1 " + port(0) + " typ host", " 203.0.113.7 " + port(0) + " typ host",
		" 127.0.0.1 " + port(1) + " typ host tcptype passive", " 203.0.113.7 " + port(1) + " typ host tcptype passive",
		"a=ice-lite\r\n", "a=end-of-candidates\r\n",
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %q in\n%s", want, answer)
		}
	}
}

// A port on all addresses takes browsers of all of them.
func TestEveryAddress(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Listen = []string{"udp://:0", "udp://127.0.0.1:0", "tcp://127.0.0.1:0", "tcp://:0"} })
	h.enter(hum(16000, 1000))
	b, _, _ := h.arrive(browserConfig{})
	b.hears(1000)
}

func TestWrongListen(t *testing.T) {
	for _, l := range [][]string{nil, {"127.0.0.1:0"}, {"sctp://127.0.0.1:0"}, {"udp://127.0.0.1:0", "tcp://127.0.0.1:x"}} {
		if s, err := Open(Config{Listen: l}); err == nil {
			s.Close()
			t.Error(l)
		}
	}
}

// frame is a packet over TCP (RFC 4571).
func frame(p []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(p))), p...)
}

// A browser over TCP that reads nothing holds up nobody: what there is no room for
// is lost.
func TestSlowReader(t *testing.T) {
	h := newHouse(t, nil)
	leg := h.leg()
	offer := newBrowser(t, browserConfig{}).offer(nil, false)
	answer, err := leg.Offer(context.Background(), offer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(h.server.Listeners()[1], "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID,
		stun.NewUsername(attribute(answer, "ice-ufrag")+":"+attribute(offer, "ice-ufrag")),
		ice.AttrControlling(7), ice.PriorityAttr(1), ice.UseCandidate(),
		stun.NewShortTermIntegrity(attribute(answer, "ice-pwd")), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(frame(m.Raw)); err != nil {
		t.Fatal(err)
	}
	leg.mu.Lock()
	tr := leg.next
	leg.mu.Unlock()
	until(t, "a pair is chosen", tr.paired.Load)
	packet := make([]byte, 1200)
	packet[0] = 0x80
	longest := time.Duration(0)
	for range 20000 {
		began := time.Now()
		tr.Send(packet)
		longest = max(longest, time.Since(began))
	}
	if longest > time.Second {
		t.Errorf("a packet took %v", longest)
	}
}

// An address may have so many TCP connections open, and no more.
func TestManyConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tl := newTCPListener(l)
	defer tl.Close()
	accepted := make(chan net.Conn, tcpPerSource+1)
	go func() {
		for {
			c, err := tl.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var first net.Conn
	for range tcpPerSource {
		dial()
		first = <-accepted
		t.Cleanup(func() { first.Close() })
	}
	extra := dial()
	extra.SetReadDeadline(time.Now().Add(patience))
	if _, err := extra.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Error("one too many was not hung up on: ", err)
	}
	first.Close()
	first.Close() // counts once
	dial()
	select {
	case <-accepted:
	case <-time.After(patience):
		t.Error("no room after one has left")
	}
}
