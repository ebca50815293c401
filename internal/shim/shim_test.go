package shim

import (
	"bytes"
	"math"
	"net"
	"net/netip"
	"testing"
	"time"
)

// What happens is what was asked for, and the same for the same seed.
func TestFate(t *testing.T) {
	const n = 20000
	c := Conditions{Loss: 0.1, Reorder: 0.05, Delay: 10 * time.Millisecond, Jitter: 60 * time.Millisecond}
	a, b := newFate(7), newFate(7)
	a.Conditions, b.Conditions = c, c
	start := time.Now()
	var lost, late, most int
	var last time.Time
	for i := range n {
		now := start.Add(time.Duration(i) * 20 * time.Millisecond)
		at, gone, behind := a.next(now)
		at2, gone2, behind2 := b.next(now)
		if at != at2 || gone != gone2 || behind != behind2 {
			t.Fatalf("packet %d: the same seed, another fate", i)
		}
		if gone {
			lost++
			continue
		}
		if behind {
			late++
			continue
		}
		if at.Before(last) {
			t.Fatalf("packet %d overtakes", i)
		}
		last = at
		most = max(most, int(at.Sub(now)/time.Millisecond))
		if d := at.Sub(now); d < c.Delay || d > c.Delay+c.Jitter {
			t.Fatalf("packet %d is delayed by %v", i, d)
		}
	}
	for what, share := range map[string][2]float64{
		"lost":      {float64(lost) / n, c.Loss},
		"reordered": {float64(late) / (n - float64(lost)), c.Reorder},
	} {
		if math.Abs(share[0]-share[1]) > share[1]/5 {
			t.Errorf("%s: %.3f, want %.3f", what, share[0], share[1])
		}
	}
	if most < 60 {
		t.Errorf("the longest delay is %d ms", most)
	}
}

// Packets pass both ways, and a bad way loses them.
func TestRelay(t *testing.T) {
	local := netip.MustParseAddr("127.0.0.1")
	r, err := Open(local, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	open := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	phone, server := open(), open()
	r.To(address(server))
	pass := func(from, to *net.UDPConn, via netip.AddrPort, text string) netip.AddrPort {
		t.Helper()
		if _, err := from.WriteToUDPAddrPort([]byte(text), via); err != nil {
			t.Fatal(err)
		}
		if err := to.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, sender, err := to.ReadFromUDPAddrPort(buf)
		if err != nil || !bytes.Equal(buf[:n], []byte(text)) {
			t.Fatalf("got %q, %v", buf[:n], err)
		}
		return sender
	}
	if got := pass(phone, server, r.Near(), "up"); got != r.Far() {
		t.Errorf("the server sees %s, not %s", got, r.Far())
	}
	if got := pass(server, phone, r.Far(), "down"); got != r.Near() {
		t.Errorf("the phone sees %s, not %s", got, r.Near())
	}
	r.Up(Conditions{Loss: 1})
	for range 10 {
		if _, err := phone.WriteToUDPAddrPort([]byte("lost"), r.Near()); err != nil {
			t.Fatal(err)
		}
	}
	for {
		if up, _ := r.Counts(); up.Lost == 10 {
			break
		}
	}
	r.Up(Conditions{Delay: time.Millisecond})
	pass(phone, server, r.Near(), "up again")
}
