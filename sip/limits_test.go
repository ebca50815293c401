package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
)

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		calls  int // that must be let in
	}{
		"calls":      {func(c *Config) { c.Limits.Calls = 2 }, 2},
		"per source": {func(c *Config) { c.Limits.CallsPerSource = 3 }, 3},
		"per second": {func(c *Config) { c.Limits.InvitesPerSecond = 1 }, 5},
		"trunk": {func(c *Config) {
			c.Limits.CallsPerSource = 1 // not the trunk's
			c.Trunks = []Trunk{{Name: "a", MaxCalls: 4, Allow: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}}
		}, 4},
		"trunk per second": {func(c *Config) {
			c.Limits.InvitesPerSecond = 1 // not the trunk's
			c.Trunks = []Trunk{{Name: "a", InvitesPerSecond: 1, Allow: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}}
		}, 5},
		"no strangers": {func(c *Config) { c.Anonymous = false }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, c.change, func(t *testing.T, h *house) {
				answered, refused := 0, 0
				for i := range 8 {
					p := h.phone(fmt.Sprintf("198.51.100.7:%d", 6000+i))
					p.request("INVITE", "", "application/sdp", p.offer())
					res := p.response()
					switch res.StatusCode {
					case 200:
						answered++
						p.toTag, _ = res.To().Params.Get("tag")
						p.ack("", "")
					case 503, 403:
						refused++
					default:
						t.Fatalf("got %d", res.StatusCode)
					}
				}
				if answered != c.calls || refused != 8-c.calls {
					t.Fatalf("%d answered, %d refused", answered, refused)
				}
				for _, l := range h.srv.Legs() {
					l.Hangup(cause.Ended)
				}
				synctest.Wait()
				h.srv.meter.mu.Lock()
				defer h.srv.meter.mu.Unlock()
				if h.srv.meter.calls != 0 || h.srv.meter.trunk("a").calls != 0 {
					t.Errorf("%d calls, %d of the trunk are still counted", h.srv.meter.calls, h.srv.meter.trunk("a").calls)
				}
			})
		})
	}
}

func TestHalfOpenCallsAreCapped(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Limits.InvitesPerSecond = 0 }, func(t *testing.T, h *house) {
		ok, no := 0, 0
		for i := range 60 {
			p := h.phone(fmt.Sprintf("198.51.100.7:%d", 6000+i))
			p.request("INVITE", "", "application/sdp", p.offer())
			if p.response().StatusCode == 200 {
				ok++
			} else {
				no++
			}
		}
		if ok != 20 || no != 40 {
			t.Fatalf("%d taken, %d refused", ok, no)
		}
		// Others are not concerned.
		h.phone("198.51.100.8:5062").call(h)
	})
}

// TestManyHalfOpenSources: of a hundred sources a few calls each that nobody
// acknowledges leave half of the places to trunks.
func TestManyHalfOpenSources(t *testing.T) {
	inVirtualTime(t, func(c *Config) {
		c.Limits.Calls = 100
		c.Trunks = []Trunk{{Name: "a", Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}}
	}, func(t *testing.T, h *house) {
		ok := 0
		for i := range 100 {
			p := h.phone(fmt.Sprintf("198.51.100.%d:5060", 1+i))
			p.request("INVITE", "", "application/sdp", p.offer())
			if p.response().StatusCode == 200 {
				ok++
			}
		}
		if ok != 50 {
			t.Errorf("%d of 100 are taken", ok)
		}
		for i := range 50 {
			h.phone(fmt.Sprintf("203.0.113.7:%d", 6000+i)).call(h)
		}
		time.Sleep(time.Minute) // the flood's calls have ended
		h.phone("198.51.100.200:5060").call(h)
	})
}

func TestAcknowledgedCallsDoNotCountAsHalfOpen(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Limits.InvitesPerSecond = 0 }, func(t *testing.T, h *house) {
		for i := range 30 {
			h.phone(fmt.Sprintf("198.51.100.7:%d", 6000+i)).call(h)
		}
	})
}

// TestOverload: an engine that is busy takes no new call; those that are up stay.
func TestOverload(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		var load atomic.Value
		load.Store(0.84)
		h.srv.streams.Load = func() float64 { return load.Load().(float64) }
		p, q := h.phone("198.51.100.7:5062"), h.phone("198.51.100.8:5062")
		leg, _ := p.call(h)
		load.Store(0.85)
		q.request("INVITE", "", "application/sdp", q.offer())
		if res := q.expect(503); header(res, "Retry-After", "") == "" {
			t.Error("no Retry-After")
		}
		q.ack("", "")
		if n := h.srv.Stats().Refused[cause.Limit]; n != 1 {
			t.Errorf("%d refusals are counted", n)
		}
		p.request("INVITE", "", "application/sdp", p.sdp("sendonly", "8 101"))
		p.expect(200)
		p.ack("", "")
		load.Store(0.2)
		q.callID = "again"
		q.call(h)
		leg.Hangup(cause.Ended)
	})
}

// TestShutdownDoesNotWaitForACKs: of calls that nobody acknowledged there is
// nothing to wait for.
func TestShutdownDoesNotWaitForACKs(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		gone, late := h.phone("198.51.100.7:5062"), h.phone("198.51.100.8:5062")
		for _, p := range []*phone{gone, late} {
			p.request("INVITE", "", "application/sdp", p.offer())
			res := p.expect(200)
			p.toTag, _ = res.To().Params.Get("tag")
		}
		start := time.Now()
		done := make(chan error)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		go func() { done <- h.srv.Shutdown(ctx) }()
		synctest.Wait()
		late.ack("", "") // crosses our end
		late.reply(late.expectAny(), 200, "", "")
		if bye := gone.expectAny(); bye.Method != "BYE" {
			t.Errorf("got %s", bye.Method)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("it took %v", d)
		}
		if n := len(h.legs); n != 0 {
			t.Errorf("%d calls were attended", n)
		}
	})
}

// TestStrangersLearnNothing: where strangers may not call, the answer is the same
// for all they try.
func TestStrangersLearnNothing(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Anonymous = false }, func(t *testing.T, h *house) {
		h.route = func(context.Context, Inbound) (Target, error) { t.Error("routed"); return nil, cause.Unroutable }
		var answers []string
		for _, change := range []func(*phone) string{
			func(p *phone) string { return p.text("INVITE", 1, "", "application/sdp", p.offer()) },
			func(p *phone) string { p.uri = "sip:9196@192.0.2.1"; return p.text("INVITE", 1, "", "", "") },
			func(p *phone) string { return p.text("INVITE", 1, "Require: nonsense\r\n", "text/plain", "hello") },
			func(p *phone) string { p.uri = "mailto:root@192.0.2.1"; return p.text("INVITE", 1, "", "", "") },
			func(p *phone) string {
				h.srv.Drain()
				return p.text("INVITE", 1, "", "application/sdp", p.offer())
			},
		} {
			p := h.phone("198.51.100.7:5062")
			p.callID, p.tag, p.branch = "c", "t", 0
			p.raw(change(p))
			res := p.expect(403)
			for _, name := range []string{"Server", "Reason", "Warning", "Allow", "Retry-After"} {
				if v := header(res, name, ""); v != "" {
					t.Errorf("%s: %s", name, v)
				}
			}
			answers = append(answers, strings.ReplaceAll(res.String(), p.uri, "URI"))
		}
		for _, a := range answers[1:] {
			if a != answers[0] {
				t.Errorf("answers differ:\n%s%s", answers[0], a)
			}
		}
		if n := h.srv.Stats().Refused[cause.Forbidden]; n != 5 {
			t.Errorf("%d refusals are counted", n)
		}
	})
}

func TestTrunkHasItsOwnRate(t *testing.T) {
	m, now := newMeter(), time.Now()
	fast, slow := &Trunk{Name: "fast", InvitesPerSecond: 10}, &Trunk{Name: "slow", InvitesPerSecond: 1}
	a := netip.MustParseAddr("192.0.2.1")
	count := func(t *Trunk) (n int) {
		for range 100 {
			if m.call(a, t, now, &Limits{InvitesPerSecond: 1}) == "" {
				n++
			}
		}
		return n
	}
	if f, s := count(fast), count(slow); f != 50 || s != 5 {
		t.Errorf("%d and %d at once", f, s)
	}
	now = now.Add(2 * time.Second)
	if f, s := count(fast), count(slow); f != 20 || s != 2 {
		t.Errorf("%d and %d two seconds later", f, s)
	}
}
