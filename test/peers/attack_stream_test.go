//go:build peers

package peers

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	callers "github.com/partyline/partyline/test/load"
)

// rss is what the gateway's process has in memory, in MiB.
func (g *gateway) rss() int {
	g.Helper()
	u, err := callers.ProcessUsage(g.cmd.Process.Pid)
	if err != nil {
		g.Fatal(err)
	}
	return u.RSS / 1024
}

// connect opens a TCP connection to the SIP listener from an address.
func (g *gateway) connect(t *testing.T, local string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}, Timeout: 10 * time.Second}
	c, err := d.DialContext(t.Context(), "tcp", g.tcp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// options is a good request by TCP.
func options(n int) string {
	return fmt.Sprintf("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5062;branch=z9hG4bKo%d\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: o%d\r\nCSeq: 1 OPTIONS\r\n", n, n)
}

// asks sends OPTIONS over a connection and says how long the answer took.
func asks(t *testing.T, c net.Conn, n int) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := io.WriteString(c, options(n)+"Content-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(began.Add(10 * time.Second))
	buf := make([]byte, 4096)
	k, err := c.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:k]), "SIP/2.0 200") {
		t.Fatalf("OPTIONS: %v, %.40q", err, buf[:k])
	}
	return time.Since(began)
}

// TestLengthBombs: two hundred connections that promise two gigabytes, or begin
// messages that never end, cost less than 64 MiB together.
func TestLengthBombs(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	asks(t, g.connect(t, "127.0.0.2"), 1)
	before := g.rss()
	filler := strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 60)
	var bombs []net.Conn
	for i := range 200 {
		c := g.connect(t, fmt.Sprintf("127.0.1.%d", 1+i%20))
		bombs = append(bombs, c)
		text := options(i) + "Content-Length: 2147483647\r\n\r\n"
		switch i % 4 {
		case 1:
			text = options(i) + "Content-Length: 65000\r\n\r\n" + strings.Repeat("x", 60000)
		case 2:
			text = options(i) + filler // and no end
		case 3:
			text = "OPTIONS " + strings.Repeat("z", 60<<10)
		}
		_, _ = io.WriteString(c, text) // it may be closed already
	}
	most := 0
	for range 20 {
		most = max(most, g.rss())
		<-time.After(100 * time.Millisecond)
	}
	t.Logf("%d MiB before, %d MiB at most", before, most)
	if most-before >= 64 {
		t.Errorf("200 length bombs cost %d MiB", most-before)
	}
	if d := asks(t, g.connect(t, "127.0.0.3"), 2); d > 2*time.Second {
		t.Errorf("another is answered after %v", d)
	}
	for i := 0; i < len(bombs); i += 4 { // these are refused and closed at once
		_ = bombs[i].SetReadDeadline(time.Now().Add(10 * time.Second))
		b, err := io.ReadAll(bombs[i])
		if err != nil || !strings.HasPrefix(string(b), "SIP/2.0 513") {
			t.Fatalf("bomb %d: %.40q, %v", i, b, err)
		}
	}
}

// TestIdleConnections: a thousand connections that say nothing, and some that trickle,
// keep nobody waiting, neither by TCP nor by UDP.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	idle(t, g)
	for i := range 5 {
		if d := asks(t, g.connect(t, fmt.Sprintf("127.0.0.%d", 10+i)), 10000+i); d > 2*time.Second {
			t.Errorf("by TCP another is answered after %v", d)
		}
	}
	began := time.Now()
	p := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.20"})
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("a call is answered after %v", d)
	}
	g.await("in the room", 10*time.Second, inRoom(1))
	p.hangup()
}

// idle opens a thousand connections: a third say nothing, a third send keep-alives, a
// third half a message.
func idle(t *testing.T, g *gateway) []net.Conn {
	t.Helper()
	all := make([]net.Conn, 1000)
	for i := range all {
		all[i] = g.connect(t, fmt.Sprintf("127.0.2.%d", 1+i%20))
		switch i % 3 {
		case 1:
			_, _ = io.WriteString(all[i], "\r\n\r\n")
		case 2:
			_, _ = io.WriteString(all[i], options(i)[:100])
		}
	}
	return all
}
