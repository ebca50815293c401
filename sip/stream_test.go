package sip

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// pipeListener hands out connections in memory, for virtual time.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

type pipeConn struct {
	net.Conn
	local, remote net.Addr
}

func (c *pipeConn) LocalAddr() net.Addr  { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return tcp("192.0.2.1:5060") }

func tcp(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }

// dial connects from an address; what the server writes is read at once.
func (l *pipeListener) dial(from string) *tcpPhone {
	here, there := net.Pipe()
	l.conns <- &pipeConn{there, tcp("192.0.2.1:5060"), tcp(from)}
	c := &tcpPhone{conn: here, in: make(chan string, 100), closed: make(chan struct{})}
	go func() {
		defer close(c.closed)
		r := bufio.NewReader(here)
		for {
			data, err := readMessage(r, func() {}, func() {})
			if err != nil {
				return
			}
			c.in <- string(data)
		}
	}()
	return c
}

type tcpPhone struct {
	conn   net.Conn
	in     chan string
	closed chan struct{}
}

func (c *tcpPhone) expect(t *testing.T, prefix string) string {
	t.Helper()
	select {
	case s := <-c.in:
		if !strings.HasPrefix(s, prefix) {
			t.Fatalf("got %q, want %s", s, prefix)
		}
		return s
	case <-c.closed:
		select {
		case s := <-c.in:
			if strings.HasPrefix(s, prefix) {
				return s
			}
		default:
		}
		t.Fatalf("closed instead of %s", prefix)
	case <-time.After(time.Minute):
		t.Fatalf("nothing instead of %s", prefix)
	}
	return ""
}

func overPipe(t *testing.T, change func(*Config), f func(*testing.T, *house, *pipeListener)) {
	inVirtualTime(t, change, func(t *testing.T, h *house) {
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		h.srv.transport.serveStream(l, false)
		f(t, h, l)
	})
}

func tcpOptions(n int) string {
	return fmt.Sprintf("OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.7:5062;branch=z9hG4bKo%d\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:192.0.2.1>\r\nCall-ID: o%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", n, n)
}

func TestStreamFraming(t *testing.T) {
	overPipe(t, nil, func(t *testing.T, h *house, l *pipeListener) {
		c := l.dial("198.51.100.7:40000")
		// Split in single bytes, then three in one piece with pings between.
		for _, b := range []byte(tcpOptions(1)) {
			_, _ = c.conn.Write([]byte{b})
		}
		c.expect(t, "SIP/2.0 200")
		_, _ = c.conn.Write([]byte("\r\n\r\n" + tcpOptions(2) + "\r\n" + tcpOptions(3) + tcpOptions(4)))
		for range 3 {
			c.expect(t, "SIP/2.0 200")
		}
		// A malformed message that is framed well is refused, and the next heard.
		_, _ = c.conn.Write([]byte(strings.Replace(tcpOptions(5), "1 OPTIONS", "1 INVITE", 1) + tcpOptions(6)))
		c.expect(t, "SIP/2.0 400")
		c.expect(t, "SIP/2.0 200")
	})
}

func TestStreamFramingErrorsClose(t *testing.T) {
	for name, c := range map[string]struct{ text, reply string }{
		"no length":       {strings.Replace(tcpOptions(1), "Content-Length: 0\r\n", "", 1), "SIP/2.0 400"},
		"nonsense length": {strings.Replace(tcpOptions(1), "Content-Length: 0", "Content-Length: -1", 1), "SIP/2.0 400"},
		"two lengths":     {strings.Replace(tcpOptions(1), "Content-Length: 0", "Content-Length: 0\r\nl: 5", 1), "SIP/2.0 400"},
		"huge length":     {strings.Replace(tcpOptions(1), "Content-Length: 0", "Content-Length: 2000000000", 1), "SIP/2.0 513"},
		"endless header":  {tcpOptions(1)[:40] + strings.Repeat("x", 70<<10), ""},
		"endless headers": {tcpOptions(1)[:len(tcpOptions(1))-2] + strings.Repeat("X: y\r\n", 12<<10), ""},
	} {
		t.Run(name, func(t *testing.T) {
			overPipe(t, nil, func(t *testing.T, h *house, l *pipeListener) {
				p := l.dial("198.51.100.7:40000")
				go p.conn.Write([]byte(c.text))
				start := time.Now()
				if c.reply != "" {
					p.expect(t, c.reply)
				}
				<-p.closed
				if time.Since(start) > time.Second {
					t.Errorf("closed after %v", time.Since(start))
				}
			})
		})
	}
}

func TestSlowAndIdleStreamsAreClosed(t *testing.T) {
	for name, feed := range map[string]func(net.Conn){
		"silent": func(net.Conn) {},
		"pings": func(c net.Conn) {
			for {
				if _, err := c.Write([]byte("\r\n\r\n")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
		"a byte a second": func(c net.Conn) {
			for _, b := range []byte(tcpOptions(1)) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			overPipe(t, nil, func(t *testing.T, h *house, l *pipeListener) {
				p := l.dial("198.51.100.7:40000")
				start := time.Now()
				go feed(p.conn)
				<-p.closed
				if d := time.Since(start); d > 36*time.Second {
					t.Errorf("closed after %v", d)
				}
				time.Sleep(2 * time.Second) // the feeder notices
			})
		})
	}
}

func TestConnectionOfACallStays(t *testing.T) {
	overPipe(t, noProbe, func(t *testing.T, h *house, l *pipeListener) {
		c := l.dial("198.51.100.7:40000")
		p := h.phone("198.51.100.7:5062")
		p.target = "sip:alice@198.51.100.7:5062;transport=tcp"
		say := func(method, kind, body string) {
			p.seq++
			seq := p.seq
			if method == "ACK" {
				p.seq--
				seq = p.seq
			}
			_, _ = c.conn.Write([]byte(strings.Replace(p.text(method, seq, "", kind, body), "/UDP", "/TCP", 1)))
		}
		say("INVITE", "application/sdp", p.offer())
		res := c.expect(t, "SIP/2.0 200")
		if !strings.Contains(res, "<sip:partyline@192.0.2.1:5060;transport=tcp>") {
			t.Errorf("Contact:\n%s", res)
		}
		m, _ := msg.NewParser().ParseSIP([]byte(res))
		p.toTag, _ = m.To().Params.Get("tag")
		say("ACK", "", "")
		leg := h.leg()
		time.Sleep(10 * time.Minute) // silence; the connection is the call's
		leg.Hangup(cause.Ended)
		c.expect(t, "BYE sip:alice@198.51.100.7:5062")
		start := time.Now()
		<-c.closed
		if d := time.Since(start); d > 36*time.Second {
			t.Errorf("without its call, the connection stayed %v", d)
		}
	})
}

func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	overPipe(t, func(c *Config) { c.Limits.ConnectionsPerSource, c.Limits.Connections = 10, 40 }, func(t *testing.T, h *house, l *pipeListener) {
		for i := range 100 {
			l.dial(fmt.Sprintf("198.51.100.7:%d", 40000+i))
		}
		synctest.Wait()
		if n := len(h.srv.transport.conns.bySource[netip.MustParseAddr("198.51.100.7")]); n != 10 {
			t.Errorf("%d connections of one source", n)
		}
		for i := range 100 {
			l.dial(fmt.Sprintf("198.51.100.%d:40000", 8+i))
		}
		synctest.Wait()
		if n := h.srv.transport.conns.total; n != 40 {
			t.Errorf("%d connections", n)
		}
		for _, from := range []string{"198.51.100.7:50000", "203.0.113.5:50000"} {
			c := l.dial(from)
			_, _ = c.conn.Write([]byte(tcpOptions(1)))
			c.expect(t, "SIP/2.0 200")
		}
	})
}

// TestRealSockets is one call each over UDP, TCP and TLS on loopback.
func TestRealSockets(t *testing.T) {
	cert, pool := selfSigned(t)
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			h := &house{t: t, wire: newWire(), legs: make(chan bridge.Leg, 1)}
			h.srv = New(Config{
				Anonymous: true, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
				Listen: []Listen{{network, "127.0.0.1:0"}},
			}, Streams{Bind: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, New: h.newStream}, h, h)
			if err := h.srv.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(h.srv.Close)
			addr := h.srv.Addrs()[0].Addr
			var c net.Conn
			var err error
			if network == "tls" {
				c, err = tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, ServerName: "localhost"})
			} else {
				c, err = net.Dial(network, addr)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			realCall(t, h, c, network, addr)
		})
	}
}

func realCall(t *testing.T, h *house, c net.Conn, network, addr string) {
	p := &phone{t: t, c: &wireConn{addr: netip.MustParseAddrPort(c.LocalAddr().String())}, user: "a", callID: newTag(), tag: newTag(), uri: "sip:" + addr, port: 40000}
	p.target = "sip:a@" + c.LocalAddr().String() + ";transport=" + network
	send := func(s string) {
		if _, err := io.WriteString(c, strings.Replace(s, "/UDP", "/"+strings.ToUpper(network), 1)); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReaderSize(c, MaxMessage)
	read := func() msg.Message {
		data, err := readMessage(r, func() {}, func() {})
		if err != nil {
			t.Fatal(err)
		}
		m, err := msg.NewParser().ParseSIP(data)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	send(p.text("INVITE", 1, "", "application/sdp", p.offer()))
	res, ok := read().(*msg.Response)
	if !ok || res.StatusCode != 200 {
		t.Fatalf("got %v", res)
	}
	p.toTag, _ = res.To().Params.Get("tag")
	send(p.text("ACK", 1, "", "", ""))
	leg := h.leg()
	leg.Hangup(cause.Ended)
	bye, ok := read().(*msg.Request)
	if !ok || bye.Method != "BYE" {
		t.Fatalf("got %v", bye)
	}
	send(msg.NewResponseFromRequest(bye, 200, "OK", nil).String())
	<-leg.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.srv.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if network == "udp" {
		return
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection outlived the server")
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTalkingConnectionOutlivesSilentOnes(t *testing.T) {
	overPipe(t, func(c *Config) { c.Limits.ConnectionsPerSource = 10 }, func(t *testing.T, h *house, l *pipeListener) {
		c := l.dial("198.51.100.7:40000")
		_, _ = c.conn.Write([]byte(tcpOptions(1)))
		c.expect(t, "SIP/2.0 200")
		for i := range 50 {
			l.dial(fmt.Sprintf("198.51.100.7:%d", 41000+i))
		}
		_, _ = c.conn.Write([]byte(tcpOptions(2)))
		c.expect(t, "SIP/2.0 200")
	})
}
