//go:build peers

package peers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestPageFromOutside tries at the built gateway's page what its bounds are for.
func TestPageFromOutside(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	const password = "correct horse battery staple"
	g.account("ada@example.org", password)
	p := g.page(t, "127.0.0.1")
	if r := p.do("POST", "/api/v1/session", map[string]string{"email": strings.Repeat("x", 1<<20), "password": "y"}); r.status != 413 {
		t.Errorf("a body of a megabyte: %d", r.status)
	}
	r := p.do("POST", "/api/v1/session", map[string]string{"email": "ada@example.org", "password": password})
	for _, want := range []string{"HttpOnly", "SameSite="} {
		if c := r.head.Get("Set-Cookie"); !strings.Contains(c, want) {
			t.Errorf("the cookie has no %s: %q", want, c)
		}
	}
	home := p.do("GET", "/", nil)
	if csp := home.head.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is %q", csp)
	}
	for _, base := range []string{p.base, "http://" + g.metrics} {
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
			if status, _ := web(t, base+path); status != 404 {
				t.Errorf("%s%s: %d", base, path, status)
			}
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", p.base+"/test", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Padding", strings.Repeat("x", 80<<10))
	if res, err := p.http.Do(req); err != nil || res.StatusCode != 431 {
		t.Errorf("headers of 80 KiB: %v, %v", res, err)
	} else {
		res.Body.Close()
	}
	g.sockets(t, p.base)
}

// sockets breaks the bounds of the signalling.
func (g *gateway) sockets(t *testing.T, base string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, res, err := websocket.Dial(ctx, base+"/api/v1/signal", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example"}}})
	if err == nil || res == nil || res.StatusCode != 403 {
		t.Errorf("another site's socket: %v, %v", res, err)
	}
	for name, send := range map[string]func(*websocket.Conn) error{
		"65 KiB": func(ws *websocket.Conn) error {
			return ws.Write(ctx, websocket.MessageText, []byte(`{"type":"hello","name":"`+strings.Repeat("x", 65<<10)+`"}`))
		},
		"a thousand at once": func(ws *websocket.Conn) error {
			for range 1000 {
				if err := ws.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`)); err != nil {
					return nil
				}
			}
			return nil
		},
		"octets": func(ws *websocket.Conn) error { return ws.Write(ctx, websocket.MessageBinary, []byte{1, 2, 3}) },
		"no JSON": func(ws *websocket.Conn) error {
			return ws.Write(ctx, websocket.MessageText, []byte(strings.Repeat("[", 60000)))
		},
	} {
		ws, _, err := websocket.Dial(ctx, base+"/api/v1/signal", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := send(ws); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for err = nil; err == nil; {
			_, _, err = ws.Read(ctx)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the socket stays open", name)
		}
		ws.CloseNow()
	}
}
