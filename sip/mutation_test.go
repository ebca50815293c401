package sip

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
)

func itoa(n int) string { return strconv.Itoa(n) }

// mutated changes a message in one to four places: bits, bytes, runs doubled,
// cut out or moved, numbers made absurd, delimiters put where none belong.
func mutated(r *rand.Rand, text string) []byte {
	b := []byte(text)
	for range 1 + r.IntN(4) {
		if len(b) < 4 {
			break
		}
		i := r.IntN(len(b))
		j := min(len(b), i+1+r.IntN(40))
		switch r.IntN(8) {
		case 0:
			b[i] ^= 1 << r.IntN(8)
		case 1:
			b[i] = byte(r.Uint32())
		case 2:
			b = append(b[:j:j], b[i:]...) // twice
		case 3:
			b = append(b[:i:i], b[j:]...) // gone
		case 4:
			b = b[:i] // cut
		case 5:
			for k := i; k < len(b); k++ { // the next number
				if b[k] >= '0' && b[k] <= '9' {
					n := [...]string{"0", "-1", "65536", "4294967296", "99999999999999999999"}[r.IntN(5)]
					b = append(b[:k:k], append([]byte(n), b[k+1:]...)...)
					break
				}
			}
		case 6:
			d := [...]string{"\r\n", "\n", ";", ",", ":", "<", ">", "\"", "=", "\x00", " ", "@", "%", "[", "\r\n\r\n", "\xff\xfe"}
			b = append(b[:i:i], append([]byte(d[r.IntN(len(d))]), b[i:]...)...)
		case 7:
			b = append(b[:i:i], append([]byte(strings.Repeat("A", 1+r.IntN(3000))), b[i:]...)...)
		}
	}
	return b
}

// TestMutations sends mutations of good requests by UDP and TCP. The server
// answers good ones all the while, panics at none and keeps nothing.
func TestMutations(t *testing.T) {
	rounds := 6000
	if testing.Short() {
		rounds = 600
	}
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			before := runtime.NumGoroutine()
			faults := &faultLog{}
			h := &house{t: t, wire: newWire(), legs: make(chan bridge.Leg, 2*rounds)}
			h.srv = New(Config{
				Anonymous: true, Listen: []Listen{{network, "127.0.0.1:0"}}, Logger: faults.logger(),
			}, Streams{Bind: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}, New: h.newStream}, h, h)
			if err := h.srv.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			mutate(t, h, network, rounds)
			s := h.srv.Stats()
			t.Logf("%d requests, %d malformed, %d calls, %d answered", s.Requests, s.Malformed, s.Calls, s.Answered)
			if s.Answered == 0 || s.Malformed == 0 {
				t.Error("the mutations are too mild or too wild")
			}
			h.srv.Close()
			if s := faults.first(); s != "" {
				t.Fatal(s)
			}
			for range 1000 { // what attends sees the end a moment later
				if runtime.NumGoroutine() <= before {
					return
				}
				runtime.Gosched()
				time.Sleep(time.Millisecond)
			}
			t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		})
	}
}

func mutate(t *testing.T, h *house, network string, rounds int) {
	r := rand.New(rand.NewPCG(7, uint64(len(network)*rounds)))
	var conn net.Conn
	addr := h.srv.Addrs()[0].Addr
	dial := func() {
		if conn != nil {
			conn.Close()
		}
		var err error
		if conn, err = net.Dial(network, addr); err != nil {
			t.Fatal(err)
		}
	}
	dial()
	defer func() { conn.Close() }()
	p := &phone{user: "a", tag: "t", uri: "sip:112752642.4711@" + addr, port: 40000, extra: "Supported: 100rel, timer\r\nSession-Expires: 1800\r\n"}
	seeds := []func() string{
		func() string { return p.text("INVITE", 1, "", "application/sdp", p.offer()) },
		func() string { return p.text("INVITE", 1, "Require: 100rel\r\n", "", "") },
		func() string {
			return p.text("INVITE", 1, "", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n"+p.offer()+"--b--\r\n")
		},
		func() string { return p.text("INFO", 2, "", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n") },
	}
	for i := range rounds {
		p.c = &wireConn{addr: netip.MustParseAddrPort(conn.LocalAddr().String())}
		p.target, p.callID = "sip:a@"+conn.LocalAddr().String(), fmt.Sprint("m", i)
		text := strings.Replace(seeds[r.IntN(len(seeds))](), "/UDP", "/"+strings.ToUpper(network), 1)
		if _, err := conn.Write(mutated(r, text)); err != nil {
			dial() // it was closed on a framing error
		}
		if network == "tcp" && i%4 == 3 {
			dial() // past what was half a message
		}
		if i%100 == 99 {
			dial()
			alive(t, conn, p, network, i)
		}
	}
}

// alive sees that a good request is answered.
func alive(t *testing.T, conn net.Conn, p *phone, network string, i int) {
	t.Helper()
	p.c = &wireConn{addr: netip.MustParseAddrPort(conn.LocalAddr().String())}
	p.callID = fmt.Sprint("alive", i)
	text := strings.Replace(p.text("OPTIONS", 1, "", "", ""), "/UDP", "/"+strings.ToUpper(network), 1)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReaderSize(conn, MaxMessage)
	for {
		data, err := readMessage(in, func() {}, func() {})
		if err != nil {
			t.Fatalf("after %d messages: %v", i, err)
		}
		if strings.HasPrefix(string(data), "SIP/2.0 200 ") && strings.Contains(string(data), p.callID) {
			return
		}
	}
}
