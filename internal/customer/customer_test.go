package customer

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestLimit closes what one source opens too much of, lets others in, and takes
// anew when something was closed.
func TestLimit(t *testing.T) {
	inner := loopback(t)
	c := Limit(inner, 2, nil)
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := c.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	defer c.Close()
	dial := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	dial()
	dial()
	first := <-accepted
	<-accepted
	third := dial()
	third.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := third.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the third is let in: %v", err)
	}
	first.Close()
	first.Close() // counts once
	dial()
	<-accepted
	if c.enter(netip.MustParseAddr("127.0.0.1")) || !c.enter(netip.MustParseAddr("192.0.2.1")) {
		t.Error("counted wrongly")
	}
	for from, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1", "[::ffff:192.0.2.1]:5": "192.0.2.1", "[2001:db8:1:2:3::9]:5": "2001:db8:1:2::",
	} {
		if got := Of(netip.MustParseAddrPort(from).Addr()).String(); got != want {
			t.Errorf("%s counts as %s, want %s", from, got, want)
		}
	}
}

// TestProxyIsExempt lets all in that come from one.
func TestProxyIsExempt(t *testing.T) {
	c := Limit(loopback(t), 0, func(netip.Addr) bool { return true })
	defer c.Close()
	conn, err := net.Dial("tcp", c.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn, err := c.Accept(); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
