//go:build peers && soak

package peers

import (
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/test/endpoint"
)

// TestSoakSameTime: what exists and what does not are answered in the same time, over
// SIP, H.323 and the page. They are asked in turn, so that what else the machine does
// falls on both.
func TestSoakSameTime(t *testing.T) {
	r := note(t, "Enumeration")
	g := start(t, withH323+"limits: {lockout: off, calls: 0, calls_per_source: 0, invites_per_second_per_source: 0}\n")
	const password = "correct horse battery staple"
	g.account("ada@example.org", password)
	g.room("112752642", "48219")
	web := g.page(t, "127.0.0.1")
	invite := func(user string) func() {
		return func() {
			p := g.openRaw(t, user, rawWays{silent: true, media: inactive})
			if res := p.invite(); res.status != 200 {
				t.Fatalf("%s: %d", user, res.status)
			}
			p.cseq++
			p.write(p.request("BYE", p.cseq, p.to, nil, ""))
			p.vanish()
		}
	}
	ask := func(method, user string) func() {
		return func() {
			p := g.openRaw(t, user, rawWays{silent: true})
			p.exchange(p.request(method, 1, p.to, nil, ""), "1 "+method, 5*time.Second)
			p.vanish()
		}
	}
	for _, c := range []struct {
		name     string
		n        int
		one, two func()
	}{
		{"OPTIONS", 300, ask("OPTIONS", "112752642"), ask("OPTIONS", "999999999")},
		{"REGISTER", 300, ask("REGISTER", "112752642"), ask("REGISTER", "999999999")},
		{"INVITE", 200, invite("112752642"), invite("999999999")},
		{"INVITE with a wrong PIN", 200, invite("112752642.86421"), invite("999999999.86421")},
		{"Setup", 60, g.setup(t, "112752642#86421"), g.setup(t, "999999999#86421")},
		{"sign-in", 12, func() { web.signIn("ada@example.org", "wrong") }, func() { web.signIn("bob@example.org", "wrong") }},
	} {
		a, b := alternate(c.n, c.one, c.two)
		figure(r, "%s: %v known, %v unknown", c.name, a.Round(time.Microsecond), b.Round(time.Microsecond))
		r.Inputs += 2 * c.n
		if d := (a - b).Abs(); d > max(300*time.Microsecond, max(a, b)/5) {
			t.Errorf("%s: what is known is answered after %v, what is not after %v", c.name, a, b)
		}
	}
}

func (g *gateway) setup(t *testing.T, number string) func() {
	return func() {
		c := g.answered(t, digits(number), endpoint.Options{Silent: true})
		c.Close()
	}
}

// alternate gives the medians of what two things take.
func alternate(n int, one, two func()) (a, b time.Duration) {
	var as, bs []time.Duration
	for i := range 2 * n {
		f, to := one, &as
		if i%2 == 1 {
			f, to = two, &bs
		}
		began := time.Now()
		f()
		*to = append(*to, time.Since(began))
	}
	slices.Sort(as)
	slices.Sort(bs)
	return as[n/2], bs[n/2]
}
