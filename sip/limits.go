package sip

import (
	"net/netip"
	"sync"
	"time"
)

// maxSources bounds what is remembered of strangers.
const maxSources = 1 << 16

// source is what is counted of one address.
type source struct {
	requests, invites bucket
	calls, unanswered int
	refusedAt         time.Time // when a refusal was last logged
	suppressed        int       // refusals since, not logged
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
	trunks  map[string]int
}

func newMeter() *meter {
	return &meter{sources: map[netip.Addr]*source{}, trunks: map[string]int{}}
}

// of finds a source; m.mu is held. When too many are known those that have
// nothing going on are forgotten: an attacker that forges addresses gains fresh
// buckets anyway.
func (m *meter) of(a netip.Addr) *source {
	key := sourceKey(a)
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
	if t == nil {
		rate := float64(l.InvitesPerSecond)
		switch {
		case !s.invites.take(now, rate, 5*rate):
			return "too many calls per second from this source"
		case l.Unanswered > 0 && s.unanswered >= l.Unanswered:
			return "too many unacknowledged calls from this source"
		case l.CallsPerSource > 0 && s.calls >= l.CallsPerSource:
			return "too many calls from this source"
		}
	} else if t.MaxCalls > 0 && m.trunks[t.Name] >= t.MaxCalls {
		return "trunk at its call limit"
	}
	if l.Calls > 0 && m.calls >= l.Calls {
		return "gateway at its call limit"
	}
	m.calls++
	s.unanswered++
	s.calls++
	if t != nil {
		m.trunks[t.Name]++
	}
	return ""
}

// answered tells that a call was acknowledged or refused.
func (m *meter) answered(a netip.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(a).unanswered--
}

// ended gives a call back.
func (m *meter) ended(a netip.Addr, trunk string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls--
	m.of(a).calls--
	if trunk != "" {
		if m.trunks[trunk]--; m.trunks[trunk] <= 0 {
			delete(m.trunks, trunk)
		}
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
