package admission

import "time"

// Bounds on memory: whoever has so many addresses that counters must be dropped
// has more guesses by them than by what was dropped.
const (
	maxCounters = 50000
	maxVisitors = 20000
	visitorKept = 30 * 24 * time.Hour
)

// counter is the failures of one source or room: the times of those within
// Window, and until when it is locked out. Times are since the start.
type counter struct {
	failed []time.Duration
	until  time.Duration
	locked bool
}

// counters limits failures by key.
type counters struct {
	limit int
	by    map[string]*counter
}

// wait is how long a key is still locked out.
func (c *counters) wait(key string, now time.Duration) time.Duration {
	n := c.by[key]
	if n == nil || !n.locked || n.until <= now {
		return 0
	}
	return n.until - now
}

// fail counts a failure; the one that reaches the limit locks for Window, after
// which counting begins anew.
func (c *counters) fail(key string, now time.Duration) {
	n := c.by[key]
	if n == nil {
		c.makeRoom(now)
		n = &counter{}
		c.by[key] = n
	}
	n.forget(now)
	n.failed = append(n.failed, now)
	if len(n.failed) >= c.limit {
		n.failed, n.until, n.locked = nil, now+Window, true
	}
}

// forget drops what is older than Window.
func (n *counter) forget(now time.Duration) {
	if n.locked && n.until <= now {
		n.locked = false
	}
	old := 0
	for old < len(n.failed) && n.failed[old] <= now-Window {
		old++
	}
	n.failed = append(n.failed[:0], n.failed[old:]...)
}

// makeRoom keeps the map bounded: first what has run out goes, then what is not
// locked, then anything.
func (c *counters) makeRoom(now time.Duration) {
	if c.by == nil {
		c.by = make(map[string]*counter)
	}
	if len(c.by) < maxCounters {
		return
	}
	for _, drop := range []func(*counter) bool{
		func(n *counter) bool { n.forget(now); return !n.locked && len(n.failed) == 0 },
		func(n *counter) bool { return !n.locked },
		func(*counter) bool { return true },
	} {
		for key, n := range c.by {
			if len(c.by) > maxCounters*3/4 && drop(n) {
				delete(c.by, key)
			}
		}
		if len(c.by) < maxCounters*7/8 {
			return
		}
	}
}

// visit is a source that has had a room's host PIN.
type visit struct{ source, room string }

// visitors are held up by nobody's failures but their own: strangers cannot keep
// a host out of its room. Guests are not among them: who knows the guests' PIN
// may be guessing the host's.
type visitors struct{ at map[visit]time.Duration }

func (v *visitors) been(source, room string, now time.Duration) bool {
	at, ok := v.at[visit{source, room}]
	return ok && now-at < visitorKept
}

func (v *visitors) note(source, room string, now time.Duration) {
	if v.at == nil {
		v.at = make(map[visit]time.Duration)
	}
	if _, ok := v.at[visit{source, room}]; !ok && len(v.at) >= maxVisitors {
		for k := range v.at { // any: a map begins anywhere
			delete(v.at, k)
			break
		}
	}
	v.at[visit{source, room}] = now
}
