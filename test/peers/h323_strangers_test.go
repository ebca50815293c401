//go:build peers

package peers

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
	"github.com/partyline/partyline/test/endpoint"
)

// stranger323 opens a call signalling channel from an address.
func (g *gateway) stranger323(t *testing.T, local string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
	c, err := d.DialContext(t.Context(), "tcp", g.h323.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// closes says how long the gateway keeps a connection.
func closes(t *testing.T, c net.Conn, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	c.SetReadDeadline(began.Add(within))
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is open after %v", within)
	}
	return time.Since(began)
}

// TestH323Garbage: what is no call signalling ends its own connection and nothing
// else, at once or, where it trickles in, within ten seconds.
func TestH323Garbage(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.room("112752642", "48219")
	trickle, idle := g.stranger323(t, "127.0.0.9"), g.stranger323(t, "127.0.0.9")
	if _, err := trickle.Write([]byte{3, 0, 0, 200, 8, 2, 0, 1, 5}); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { // an octet a second keeps nothing alive
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				_, _ = trickle.Write([]byte{4})
			}
		}
	}()
	defer close(over)
	began := time.Now()

	random := make([]byte, 20000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	setup := q931.New(q931.Setup, 1, false)
	setup.SetUserUser(append([]byte{0x20, 0xb8}, random[:300]...))
	broken, err := setup.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	frame := func(payload []byte) []byte {
		b, err := tpkt.Append(nil, payload)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"HTTP":              []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"TPKT version":      append([]byte{4}, random...),
		"TPKT length":       {3, 0, 0, 3},
		"discriminator":     frame(random[:100]),
		"user-user element": frame(broken),
		"zeros":             frame(make([]byte, 65000)),
		"many frames":       bytes.Repeat(frame(random[:40]), 400),
	} {
		c := g.stranger323(t, "127.0.0.9")
		_, _ = c.Write(b) // it may be closed already
		if d := closes(t, c, 20*time.Second); d > 3*time.Second && name != "discriminator" && name != "zeros" && name != "many frames" {
			t.Errorf("%s: closed after %v", name, d)
		}
	}
	// Connections that bring nothing do not keep others out.
	for range 300 {
		g.stranger323(t, "127.0.0.8")
	}
	call := time.Now()
	g.answered(t, digits("112752642#48219"), endpoint.Options{})
	if d := time.Since(call); d > 3*time.Second {
		t.Errorf("answered after %v", d)
	}
	closes(t, trickle, 15*time.Second)
	if d := time.Since(began); d < 9*time.Second || d > 14*time.Second {
		t.Errorf("a frame may take %v", d)
	}
	closes(t, idle, 15*time.Second)
	g.await("the caller is in the room", 5*time.Second, inRoom(1))
}

// TestH323Stuck: endpoints that read nothing any more, but ask on, cost nobody else
// a packet, and are dropped.
func TestH323Stuck(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.room("112752642", "48219")
	number := digits("112752642#48219")
	a, b := g.answered(t, number, endpoint.Options{}), g.answered(t, number, endpoint.Options{Slow: true, Separate: true})
	const n = 3
	var stuck []*endpoint.Call
	for range n {
		stuck = append(stuck, g.answered(t, number, endpoint.Options{Slow: true, ReceiveBuffer: 4096}))
	}
	g.await("all in the room", 15*time.Second, inRoom(n+2))
	a.Tone(450)
	b.Tone(1050)
	hear := func(name string) ([]int16, int) {
		if name == "a" {
			return a.Heard()
		}
		return b.Heard()
	}
	listening(t, "before", 10*time.Second, map[string]string{"a": "1050", "b": "450"}, hear)
	probe, err := h245.Marshal(h245.NewRequest(h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: 7}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range stuck {
		if err := c.Stick(); err != nil {
			t.Fatal(err)
		}
		go func() { // until the gateway reads no more of it
			for range 5000 {
				if c.Tunnel(slices.Repeat([][]byte{probe}, 10)...) != nil {
					return
				}
			}
		}()
	}
	before, _, _ := a.Counts()
	began := time.Now()
	listening(t, "with others stuck", 10*time.Second, map[string]string{"a": "1050", "b": "450"}, hear)
	after, _, _ := a.Counts()
	if want := int(time.Since(began) / (20 * time.Millisecond)); after-before < want*9/10 {
		t.Errorf("%d of %d packets came", after-before, want)
	}
	g.await("who is stuck is dropped", 20*time.Second, inRoom(2))
	for end := time.Now().Add(3 * time.Second); strings.Count(g.log.text(), "cause=timeout room=112752642") < n && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		continue
	}
	if k := strings.Count(g.log.text(), "cause=timeout room=112752642"); k != n {
		t.Errorf("%d of %d that are stuck are timed out", k, n)
	}
	g.answered(t, number, endpoint.Options{})
	g.await("somebody can call", 10*time.Second, inRoom(3))
}
