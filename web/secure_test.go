package web

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/web/live"
)

func TestSecurityHeaders(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := open(t, secure)
		b := w.browser()
		for _, path := range []string{"/", "/j/" + w.link, "/j/nonsense", "/nonsense", "/favicon.svg", "/api/v1/rooms", "/api/openapi.json", "/api/nonsense"} {
			h := b.get(path).Header
			csp := h.Get("Content-Security-Policy")
			for _, want := range []string{
				"default-src 'none'", "script-src 'self';", "style-src 'self';", "base-uri 'none'", "frame-ancestors 'none'",
				"form-action 'self'", "connect-src 'self' ws://127.0.0.1:",
			} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s: the policy lacks %q: %s", path, want, csp)
				}
			}
			if strings.Contains(csp, "unsafe") {
				t.Errorf("%s: %s", path, csp)
			}
			for key, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				if h.Get(key) != want {
					t.Errorf("%s: %s is %q", path, key, h.Get(key))
				}
			}
			if got := h.Get("Strict-Transport-Security") != ""; got != secure {
				t.Errorf("%s: HSTS %v", path, got)
			}
			if !strings.Contains(h.Get("Permissions-Policy"), "microphone=(self)") {
				t.Errorf("%s: %s", path, h.Get("Permissions-Policy"))
			}
		}
	}
	if p := policy("evil; script-src *"); strings.Contains(p, "evil") {
		t.Errorf("the host writes the policy: %s", p)
	}
}

// TestOtherSites refuses what a page of another site sends.
func TestOtherSites(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	lock := func() answer { return ada.do("PATCH", "/api/v1/rooms/"+w.room.ID, `{"lobby":true}`) }
	for _, h := range []http.Header{
		{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"null"}},
	} {
		ada.head = h
		if a := lock(); a.status != 403 || !strings.Contains(a.body, "cross-origin") {
			t.Errorf("%v: %d %s", h, a.status, a.body)
		}
		if a := ada.get("/api/v1/session"); a.status != 200 { // reading is the browser's to forbid
			t.Errorf("%v: %d", h, a.status)
		}
	}
	for _, h := range []http.Header{{"Origin": {w.server.URL}}, {"Sec-Fetch-Site": {"same-origin"}}, {}} {
		ada.head = h
		if a := lock(); a.status != 200 {
			t.Errorf("%v: %d %s", h, a.status, a.body)
		}
	}
	if a := ada.do("OPTIONS", "/api/v1/rooms", ""); a.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other sites are let in by CORS")
	}
}

func TestLongBodies(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	for _, size := range []int{1 << 20, 1<<20 + 8000, 3 << 20} {
		a := ada.do("POST", "/api/v1/rooms", `{"name":"`+strings.Repeat("x", size)+`"}`)
		if a.status != 413 || !strings.HasPrefix(a.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%d bytes: %d %.200s", size, a.status, a.body)
		}
	}
	if a := w.browser().do("POST", "/api/v1/leave", `{"resume":"`+strings.Repeat("x", 5000)+`"}`); a.status != 413 {
		t.Errorf("leave: %d", a.status)
	}
}

// TestLongHeaders refuses headers of more than 64 KiB.
func TestLongHeaders(t *testing.T) {
	w := open(t, false)
	s := Listen(loopback(t), w.site, nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	defer s.Close(t.Context())
	for size, want := range map[int]int{60 << 10: 200, 65 << 10: 431} {
		r, _ := http.NewRequest("GET", "http://"+s.Addr().String()+"/test", nil)
		r.Header.Set("X-Padding", strings.Repeat("x", size))
		res, err := http.DefaultClient.Do(r)
		w.must(err)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes of headers: %d, want %d", size, res.StatusCode, want)
		}
	}
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pipes is a listener in memory.
type pipes struct {
	to     chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.to:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlowHeaders closes a connection whose headers take longer than 5 s, and one
// whose body takes longer than 30 s.
func TestSlowHeaders(t *testing.T) {
	for _, tt := range []struct {
		first string
		rest  string
		after time.Duration
	}{
		{"GET / HTTP/1.1\r\n", "X: y\r\n", 5 * time.Second},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "x", 30 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &pipes{to: make(chan net.Conn), closed: make(chan struct{})}
			s := Serve(p, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }), nil,
				slog.New(slog.NewTextHandler(io.Discard, nil)))
			near, far := net.Pipe()
			p.to <- far
			begun := time.Now()
			fmt.Fprint(near, tt.first)
			over := make(chan struct{})
			go func() {
				defer close(over)
				io.Copy(io.Discard, near)
				near.Close()
			}()
			for range 100 {
				time.Sleep(500 * time.Millisecond)
				if _, err := fmt.Fprint(near, tt.rest); err != nil {
					break
				}
			}
			<-over
			if d := time.Since(begun); d < tt.after || d > tt.after+2*time.Second {
				t.Errorf("closed after %v, want %v", d, tt.after)
			}
			s.Close(t.Context())
		})
	}
}

// TestHTTPS speaks HTTP/2, and the signalling over HTTP/1.1 beside it.
func TestHTTPS(t *testing.T) {
	w := open(t, true)
	if a := w.browser().get("/test"); a.response.ProtoMajor != 2 {
		t.Errorf("%s", a.response.Proto)
	}
	w.signedIn(w.ada)
	if you, _, _ := w.browser().call(w.guestHello()); you == "" {
		t.Error("no call")
	}
	s := Listen(loopback(t), w.site, &tls.Config{Certificates: w.server.TLS.Certificates}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	defer s.Close(t.Context())
	c, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	w.must(err)
	defer c.Close()
	if p := c.ConnectionState().NegotiatedProtocol; p != "h2" {
		t.Errorf("our server speaks %q", p)
	}
}

// TestNoProfiling looks for what net/http/pprof and expvar would have left open.
func TestNoProfiling(t *testing.T) {
	w := open(t, false)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/api/docs", "/docs", "/schemas"} {
		if a := w.browser().get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := w.browser().get("/healthz"); a.status != 200 {
		t.Errorf("health: %d", a.status)
	}
}

// TestMethods refuses what a page does not do.
func TestMethods(t *testing.T) {
	w := open(t, false)
	for _, path := range []string{"/", "/j/" + w.link, "/test", "/nonsense"} {
		if a := w.browser().do("POST", path, "x"); a.status != 405 {
			t.Errorf("POST %s: %d", path, a.status)
		}
	}
	if a := w.browser().do("PUT", "/api/v1/rooms", "{}"); a.status != 405 || a.Get("Allow") != "GET, POST" {
		t.Errorf("%d %v", a.status, a.Header)
	}
	if a := w.browser().do("HEAD", "/j/"+w.link, ""); a.status != 200 {
		t.Errorf("HEAD: %d", a.status)
	}
}

// TestAnswersAreCounted sees each status once, a socket's too.
func TestAnswersAreCounted(t *testing.T) {
	w := open(t, false)
	w.browser().get("/test")
	w.browser().get("/nonsense")
	w.browser().get("/healthz")
	_, _, ws := w.browser().call(w.guestHello())
	ws.CloseNow()
	w.live.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprint(w.statuses) != "[200 404 101]" {
		t.Errorf("%v", w.statuses)
	}
}

// TestSocketMarksGuests gives a guest's browser the sign that it is one, once.
func TestSocketMarksGuests(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	b.call(w.guestHello())
	r, _ := http.NewRequest("GET", w.server.URL, nil)
	cookies := b.http.Jar.Cookies(r.URL)
	if len(cookies) != 1 || cookies[0].Name != live.GuestCookie {
		t.Errorf("%v", cookies)
	}
}

// TestRawRequests sends what no client library does.
func TestRawRequests(t *testing.T) {
	w := open(t, false)
	for text, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n":              "400",
		"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n":         "307",
		"GET /j/%00 HTTP/1.1\r\nHost: a\r\n\r\n":                    "404",
		"GET /j/" + strings.Repeat("a", 5000) + " HTTP/1.0\r\n\r\n": "404",
		"nonsense\r\n\r\n": "400",
	} {
		c, err := net.Dial("tcp", w.server.Listener.Addr().String())
		w.must(err)
		io.WriteString(c, text)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.Contains(line, " "+want+" ") {
			t.Errorf("%.40q: %q %v", text, line, err)
		}
		c.Close()
	}
}

// Close gives the port back.
func TestServer(t *testing.T) {
	s := Serve(loopback(t), http.NotFoundHandler(), nil, slog.New(slog.DiscardHandler))
	res, err := http.Get("http://" + s.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("the listener is still open")
	}
}
