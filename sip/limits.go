package sip

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/partyline/partyline/internal/customer"
)

// fewPending is how many unacknowledged answers are never too many for all strangers
// together.
const fewPending = 20

// maxSources bounds what is remembered of strangers.
const maxSources = 1 << 16

// source is what is counted of one address.
type source struct {
	requests, invites, guesses bucket
	calls, unanswered          int
	refusedAt                  time.Time // when a refusal was last logged
	suppressed                 int       // refusals since, not logged
}

// bucket is a token bucket.
type bucket struct {
	tokens float64
	at     time.Time
}

// take takes a token if there is one; rate 0 is no limit.
func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if rate <= 0 {
		return true
	}
	if b.at.IsZero() {
		b.tokens = burst
	} else {
		b.tokens = min(burst, b.tokens+now.Sub(b.at).Seconds()*rate)
	}
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// meter counts what sources ask and have. Any goroutine uses it.
type meter struct {
	mu      sync.Mutex
	sources map[netip.Addr]*source
	calls   int
	pending int // of them, answered and not acknowledged
	trunks  map[string]*trunkUse
}

// trunkUse is what is counted of a trunk. There are as many as the configuration
// ever named: none is forgotten.
type trunkUse struct {
	invites, outs bucket
	calls, out    int // up: in, out
}

func newMeter() *meter {
	return &meter{sources: map[netip.Addr]*source{}, trunks: map[string]*trunkUse{}}
}

// trunk finds what a trunk has; m.mu is held.
func (m *meter) trunk(name string) *trunkUse {
	u := m.trunks[name]
	if u == nil {
		u = new(trunkUse)
		m.trunks[name] = u
	}
	return u
}

// of finds a source; m.mu is held. When too many are known those that have
// nothing going on are forgotten: an attacker that forges addresses gains fresh
// buckets anyway.
func (m *meter) of(a netip.Addr) *source {
	key := customer.Of(a)
	s := m.sources[key]
	if s != nil {
		return s
	}
	if len(m.sources) >= maxSources {
		for k, old := range m.sources {
			if old.calls == 0 && old.unanswered == 0 {
				delete(m.sources, k)
			}
			if len(m.sources) < maxSources*3/4 {
				break
			}
		}
	}
	s = new(source)
	m.sources[key] = s
	return s
}

// request says whether a source may make a request outside of dialogs.
func (m *meter) request(a netip.Addr, now time.Time, l *Limits) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	rate := float64(l.RequestsPerSecond)
	return m.of(a).requests.take(now, rate, 2*rate)
}

// call admits a new call or says why not. Calls of trunks count to the whole and
// to the trunk's own limit only.
func (m *meter) call(a netip.Addr, t *Trunk, now time.Time, l *Limits) (why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(a)
	if t != nil {
		why = m.trunk(t.Name).over(t, now)
	} else if why = s.over(l, now); why == "" && l.Calls > 0 && m.pending >= max(l.Calls/2, fewPending) {
		// Of many sources a few each: what they leave unanswered must not take the
		// places of trunks and of calls out.
		why = fmt.Sprintf("strangers have not acknowledged %d answers", m.pending)
	}
	if why != "" {
		return why
	}
	if l.Calls > 0 && m.calls >= l.Calls {
		return fmt.Sprintf("the gateway is at limits.calls (%d)", l.Calls)
	}
	m.calls++
	m.pending++
	s.unanswered++
	s.calls++
	if t != nil {
		m.trunk(t.Name).calls++
	}
	return ""
}

// over says by which limit a stranger may not make another call.
func (s *source) over(l *Limits, now time.Time) (why string) {
	rate := float64(l.InvitesPerSecond)
	switch {
	case !s.invites.take(now, rate, 5*rate):
		return fmt.Sprintf("the source is over limits.invites_per_second_per_source (%d)", l.InvitesPerSecond)
	case l.Unanswered > 0 && s.unanswered >= l.Unanswered:
		return fmt.Sprintf("the source has not acknowledged %d answers", s.unanswered)
	case l.CallsPerSource > 0 && s.calls >= l.CallsPerSource:
		return fmt.Sprintf("the source is at limits.calls_per_source (%d)", l.CallsPerSource)
	}
	return ""
}

// over says by which limit a trunk may not make another call.
func (u *trunkUse) over(t *Trunk, now time.Time) (why string) {
	rate := float64(t.InvitesPerSecond)
	if !u.invites.take(now, rate, 5*rate) {
		return fmt.Sprintf("trunk %s is over its invites_per_second (%d)", t.Name, t.InvitesPerSecond)
	}
	return u.full(t)
}

// full says whether a trunk has as many calls as it may, both ways.
func (u *trunkUse) full(t *Trunk) (why string) {
	if t.MaxCalls > 0 && u.calls+u.out >= t.MaxCalls {
		return fmt.Sprintf("trunk %s is at its max_calls (%d)", t.Name, t.MaxCalls)
	}
	return ""
}

// callOut admits a call of ours over a trunk, nil: over none, or says why not.
func (m *meter) callOut(t *Trunk, now time.Time, l *Limits) (why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.Calls > 0 && m.calls >= l.Calls {
		return fmt.Sprintf("the gateway is at limits.calls (%d)", l.Calls)
	}
	if t != nil {
		u, rate := m.trunk(t.Name), float64(t.CallsPerSecond)
		if why = u.full(t); why != "" {
			return why
		}
		// Carriers refuse what is over within the second: no greater bursts than that.
		if !u.outs.take(now, rate, rate) {
			return fmt.Sprintf("trunk %s is over its calls_per_second (%d)", t.Name, t.CallsPerSecond)
		}
		u.out++
	}
	m.calls++
	return ""
}

// endedOut gives the place of a call of ours back.
func (m *meter) endedOut(trunk string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls--
	if trunk != "" {
		m.trunk(trunk).out--
	}
}

// use is how many calls a trunk has.
func (m *meter) use(trunk string) (in, out int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.trunk(trunk)
	return u.calls, u.out
}

// Wrong passwords of a source: so many at once, and one more every so often.
const (
	guesses      = 10
	guessRefills = time.Minute
)

// mayGuess says whether the passwords of a source are looked at, guessed counts a
// wrong one.
func (m *meter) mayGuess(a netip.Addr, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.of(a).guesses // a copy: nothing is taken
	return g.take(now, 1/guessRefills.Seconds(), guesses)
}

func (m *meter) guessed(a netip.Addr, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(a).guesses.take(now, 1/guessRefills.Seconds(), guesses)
}

// answered tells that a call was acknowledged or refused.
func (m *meter) answered(a netip.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending--
	m.of(a).unanswered--
}

// ended gives a call back.
func (m *meter) ended(a netip.Addr, trunk string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls--
	m.of(a).calls--
	if trunk != "" {
		m.trunk(trunk).calls--
	}
}

// loggable says whether to log a refusal of this source now, and how many were
// not logged since the last: under a flood one line a second a source.
func (m *meter) loggable(a netip.Addr, now time.Time) (suppressed int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(a)
	if now.Sub(s.refusedAt) < time.Second && s.suppressed >= 10 {
		s.suppressed++
		return 0, false
	}
	if now.Sub(s.refusedAt) >= time.Second {
		suppressed = max(0, s.suppressed-10)
		s.suppressed = 0
		s.refusedAt = now
	}
	s.suppressed++
	return suppressed, true
}
