package outbox

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// mailServer is an SMTP server on the loopback that says what the test tells it to.
type mailServer struct {
	t    *testing.T
	addr string
	// reply answers a command line, or "." for the end of a message; empty: as
	// usual. "close" closes the connection.
	reply    func(connection int, line string) string
	features []string
	cert     *tls.Config // offers STARTTLS
	implicit bool        // TLS from the start
	password string

	mu       sync.Mutex
	mails    []received
	lines    []string // commands, "n: line"
	secured  int
	accepted int
}

type received struct{ from, to, body string }

func newMailServer(t *testing.T, set func(*mailServer)) *mailServer {
	t.Helper()
	s := &mailServer{t: t, reply: func(int, string) string { return "" }}
	if set != nil {
		set(s)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	var all sync.WaitGroup
	var conns sync.Map
	all.Go(func() {
		for n := 1; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Store(c, true)
			all.Go(func() {
				defer c.Close()
				s.serve(n, c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		all.Wait()
	})
	return s
}

func (s *mailServer) serve(n int, c net.Conn) {
	if s.implicit {
		c = tls.Server(c, s.cert)
	}
	in := bufio.NewReader(c)
	say := func(text string) bool {
		_, err := io.WriteString(c, text+"\r\n")
		return err == nil && text != "close"
	}
	s.mu.Lock()
	s.accepted++
	s.mu.Unlock()
	if greeting := s.reply(n, "greeting"); greeting != "" {
		say(greeting)
		return
	}
	say("220 test ESMTP")
	var m received
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.lines = append(s.lines, fmt.Sprintf("%d: %s", n, line))
		s.mu.Unlock()
		verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0])
		if own := s.reply(n, line); own == "close" {
			return
		} else if own != "" {
			say(own)
			continue
		}
		switch verb {
		case "EHLO":
			features := append([]string{"test"}, s.features...)
			if _, secure := c.(*tls.Conn); s.cert != nil && !secure {
				features = append(features, "STARTTLS")
			}
			for i, f := range features {
				say("250" + map[bool]string{true: " ", false: "-"}[i == len(features)-1] + f)
			}
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, s.cert)
			in = bufio.NewReader(c)
			s.mu.Lock()
			s.secured++
			s.mu.Unlock()
		case "AUTH":
			word := strings.Fields(line)
			given, _ := base64.StdEncoding.DecodeString(word[len(word)-1])
			if string(given) == "\x00meet\x00"+s.password {
				say("235 welcome")
			} else {
				say("535 5.7.8 who are you?")
			}
		case "MAIL":
			m = received{from: line}
			say("250 ok")
		case "RCPT":
			m.to = line
			say("250 ok")
		case "DATA":
			say("354 go on")
			if m.body, err = dotted(in); err != nil {
				return
			}
			if own := s.reply(n, "."); own == "close" {
				return
			} else if own != "" {
				say(own)
				continue
			}
			s.mu.Lock()
			s.mails = append(s.mails, m)
			s.mu.Unlock()
			if own := s.reply(n, "accepted"); own == "close" {
				return
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func dotted(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == ".\r\n" {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func (s *mailServer) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

func (s *mailServer) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// testTLS is a certificate for 127.0.0.1, and who trusts it.
func testTLS(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	return &tls.Config{Certificates: s.TLS.Certificates},
		&tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
}
