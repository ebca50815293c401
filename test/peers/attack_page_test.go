//go:build peers

package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/partyline/partyline/test/endpoint"
)

// page is somebody's browser without the browser: a jar of cookies at an address.
type page struct {
	*testing.T
	base string
	http *http.Client
}

// page opens one that comes from a local address.
func (g *gateway) page(t *testing.T, local string) *page {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(g.dir, "data", "listeners.json"))
	if err != nil {
		t.Fatal(err)
	}
	var l struct{ Web string }
	if err := json.Unmarshal(b, &l); err != nil {
		t.Fatal(err)
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &page{t, l.Web, &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return d.DialContext(ctx, network, addr)
		},
	}}}
}

// reply is what a page is answered with.
type reply struct {
	status int
	head   http.Header
	body   string
}

// into reads the reply's JSON.
func (r reply) into(p *page, v any) {
	p.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		p.Fatalf("%v in %d %s", err, r.status, r.body)
	}
}

// try asks the API; the error is the connection's.
func (p *page) try(method, path string, body any) (reply, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return reply{}, err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(p.Context(), method, p.base+path, content)
	if err != nil {
		return reply{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := p.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text)}, err
}

func (p *page) do(method, path string, body any) reply {
	p.Helper()
	r, err := p.try(method, path, body)
	if err != nil {
		p.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// account makes one with a password; more are flags.
func (g *gateway) account(email, password string, more ...string) {
	g.Helper()
	file := filepath.Join(g.dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		g.Fatal(err)
	}
	g.cli(append([]string{"user", "add", email, "--password-file", file}, more...)...)
}

// signIn signs in, and says with what status.
func (p *page) signIn(email, password string) int {
	p.Helper()
	return p.do("POST", "/api/v1/session", map[string]string{"email": email, "password": password}).status
}

// counter reads a metric; labels stand as they are printed.
func (g *gateway) counter(name string) float64 {
	g.Helper()
	_, text := web(g.T, "http://"+g.metrics+"/metrics")
	for line := range bytes.Lines([]byte(text)) {
		var v float64
		if rest, ok := bytes.CutPrefix(line, []byte(name+" ")); ok {
			if _, err := fmt.Sscan(string(rest), &v); err == nil {
				return v
			}
		}
	}
	return 0
}

// counts waits until a metric has at least a value.
func (g *gateway) counts(t *testing.T, name string, want float64, within time.Duration) {
	t.Helper()
	for end := time.Now().Add(within); ; <-time.After(50 * time.Millisecond) {
		v := g.counter(name)
		if v >= want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is %v after %v, want %v", name, v, within, want)
		}
	}
}

// insists calls until it is answered, as people do: a gateway on a busy machine refuses
// calls for a moment.
func (g *gateway) insists(t *testing.T, user string, how rawWays) *raw {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; <-time.After(500 * time.Millisecond) {
		p := g.openRaw(t, user, how)
		res := p.invite()
		if res.status == 200 {
			return p
		}
		if p.vanish(); res.status != 503 || time.Now().After(end) {
			t.Fatalf("%s: %d\n%s", user, res.status, res.head)
		}
	}
}

// insists323 does so by H.323.
func (g *gateway) insists323(t *testing.T, number string) *endpoint.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		c := g.endpoint(t, digits(number), endpoint.Options{})
		err := c.Answered(ctx)
		if err == nil {
			return c
		}
		c.Close()
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
