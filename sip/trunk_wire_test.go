package sip

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
	"github.com/miekg/dns"
)

// zone is a DNS server in memory.
type zone struct {
	mu      sync.Mutex
	records []dns.RR
	down    bool
	asked   map[string]int
}

func newZone(t *testing.T, records ...string) *zone {
	z := &zone{asked: map[string]int{}}
	z.set(t, records...)
	return z
}

func (z *zone) set(t *testing.T, records ...string) {
	t.Helper()
	z.mu.Lock()
	defer z.mu.Unlock()
	z.records = nil
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		z.records = append(z.records, rr)
	}
}

func (z *zone) fail(down bool) { z.mu.Lock(); z.down = down; z.mu.Unlock() }

func (z *zone) count(name string) int { z.mu.Lock(); defer z.mu.Unlock(); return z.asked[name] }

func (z *zone) exchange(ctx context.Context, m *dns.Msg, _ string) (*dns.Msg, error) {
	q := m.Question[0]
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked[dns.TypeToString[q.Qtype]+" "+q.Name]++
	if z.down {
		z.mu.Unlock()
		<-ctx.Done()
		z.mu.Lock()
		return nil, errors.New("i/o timeout")
	}
	res := new(dns.Msg)
	res.SetReply(m)
	res.Rcode = dns.RcodeNameError
	for name, hops := q.Name, 0; hops < 8; hops++ {
		next := ""
		for _, rr := range z.records {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			res.Rcode = dns.RcodeSuccess
			if c, ok := rr.(*dns.CNAME); ok {
				next = c.Target
				res.Answer = append(res.Answer, rr)
			} else if rr.Header().Rrtype == q.Qtype {
				res.Answer = append(res.Answer, rr)
			}
		}
		if name = next; next == "" {
			break
		}
	}
	return res, nil
}

// provider answers our requests on the wire in memory.
type provider struct {
	t      *testing.T
	c      *wireConn
	answer func(*msg.Request) *msg.Response // nil: it says nothing

	mu  sync.Mutex
	got []*msg.Request
	at  []time.Time
}

func (h *house) provider(addr string, answer func(*msg.Request) *msg.Response) *provider {
	c := &provider{t: h.t, c: h.wire.listen(addr), answer: answer}
	go c.serve()
	h.t.Cleanup(func() { c.c.Close() })
	return c
}

func (c *provider) serve() {
	buf := make([]byte, MaxMessage)
	for {
		n, from, err := c.c.ReadFrom(buf)
		if err != nil {
			return
		}
		m, err := msg.NewParser().ParseSIP(buf[:n])
		if err != nil {
			continue // a keep-alive
		}
		req, ok := m.(*msg.Request)
		if !ok {
			continue
		}
		c.mu.Lock()
		c.got = append(c.got, req)
		c.at = append(c.at, time.Now())
		answer := c.answer
		c.mu.Unlock()
		if answer == nil {
			continue
		}
		if res := answer(req); res != nil {
			_, _ = c.c.WriteTo([]byte(res.String()), from)
		}
	}
}

func (c *provider) say(answer func(*msg.Request) *msg.Response) {
	c.mu.Lock()
	c.answer = answer
	c.mu.Unlock()
}

// requests are those of a method so far.
func (c *provider) requests(method string) (all []*msg.Request, at []time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, r := range c.got {
		if string(r.Method) == method {
			all, at = append(all, r), append(at, c.at[i])
		}
	}
	return all, at
}

// status makes an answer with some header lines.
func status(req *msg.Request, code int, headers ...string) *msg.Response {
	res := msg.NewResponseFromRequest(req, code, "Whatever", nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		res.AppendHeader(msg.NewHeader(name, value))
	}
	return res
}

// registrar challenges and checks as a registrar does.
type registrar struct {
	user, password, realm, algorithm string
	expires                          string // granted
	nonce                            string // in force
	stale                            bool   // say so when another nonce comes
	extra                            []string

	mu sync.Mutex
}

// renew has another nonce be in force.
func (r *registrar) renew(nonce string) {
	r.mu.Lock()
	r.nonce = nonce
	r.mu.Unlock()
}

func (r *registrar) answer(req *msg.Request) *msg.Response {
	if req.Method != msg.REGISTER {
		return status(req, 200)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	value := header(req, "Authorization", "")
	if c, err := digest.ParseCredentials(value); err == nil && c.Nonce == r.nonce {
		if !rightAnswer(c, "REGISTER", &Trunk{InboundAuth: Account{Username: r.user, Password: r.password}}) || c.Username != r.user {
			return status(req, 401, r.challenge(false))
		}
		contact := req.Contact()
		lines := []string{"Contact: <" + contact.Address.String() + ">;expires=" + r.expires}
		if header(req, "Expires", "") == "0" {
			lines = nil
		}
		return status(req, 200, append(lines, r.extra...)...)
	}
	return status(req, 401, r.challenge(r.stale && value != ""))
}

func (r *registrar) challenge(stale bool) string {
	c := digest.Challenge{Realm: r.realm, Nonce: r.nonce, Algorithm: r.algorithm, QOP: []string{"auth"}, Stale: stale}
	return "WWW-Authenticate: " + c.String()
}

// withTrunks runs a test in virtual time with a server that looks after its trunks.
func withTrunks(t *testing.T, z *zone, trunks []Trunk, f func(*testing.T, *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *Config) {
			c.Trunks = trunks
			c.DNS = []string{"192.0.2.53:53"}
		})
		if z == nil {
			z = newZone(t)
		}
		h.srv.exchangeDNS = z.exchange
		f(t, h)
		h.srv.Close()
		synctest.Wait()
	})
}

func (h *house) start() {
	h.t.Helper()
	if err := h.srv.Start(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}
