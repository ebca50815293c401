package dialplan

import (
	"fmt"
	"sync"
	"time"
)

// BudgetLimits bound calls out; 0 is no limit.
type BudgetLimits struct {
	Calls            int // under way at a time
	PerHostPerHour   int // begun by one host
	PerNumberPerHour int // begun to one number
}

// Budget counts calls out, so that neither a stolen account nor a page left open
// can make many. The clock is passed in; time.Now's monotonic reading keeps the
// hour an hour when the clock is set. Any goroutine may use it.
type Budget struct {
	mu      sync.Mutex
	limits  BudgetLimits
	under   int
	hosts   recent
	numbers recent
}

// budgetKeys bounds how many hosts and numbers are remembered at a time. When
// that many have called or been called within the hour, no other may: calls that
// cannot be counted are not made.
const budgetKeys = 1 << 16

// NewBudget makes a budget of which nothing is spent.
func NewBudget(limits BudgetLimits) *Budget {
	return &Budget{limits: limits, hosts: recent{most: budgetKeys}, numbers: recent{most: budgetKeys}}
}

// SetLimits puts other limits in force; what is spent stays spent.
func (b *Budget) SetLimits(limits BudgetLimits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = limits
}

// Take spends one call of a host to a number. When a limit is reached, why says
// which, nothing is spent and release is nil. Otherwise release gives the place
// among the calls under way back; only its first call counts. The hour's counts
// are not given back: an attempt is one.
func (b *Budget) Take(now time.Time, host, number string) (release func(), why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.limits
	if l.Calls > 0 && b.under >= l.Calls {
		return nil, fmt.Sprintf("calls out: %d are under way (limits.outbound.calls)", b.under)
	}
	if why := b.hosts.refuses(now, host, l.PerHostPerHour); why != "" {
		return nil, "this host: " + why + " (limits.outbound.per_host_per_hour)"
	}
	if why := b.numbers.refuses(now, number, l.PerNumberPerHour); why != "" {
		return nil, "this number: " + why + " (limits.outbound.calls_to_number_per_hour)"
	}
	if l.PerHostPerHour > 0 {
		b.hosts.add(now, host)
	}
	if l.PerNumberPerHour > 0 {
		b.numbers.add(now, number)
	}
	b.under++
	var once sync.Once
	return func() { once.Do(b.give) }, ""
}

func (b *Budget) give() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.under--
}

// Under is how many calls out are under way.
func (b *Budget) Under() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.under
}

// recent remembers when something happened within the last hour, by key. It
// holds at most most keys, and a key at most as many times as the limit lets
// happen.
type recent struct {
	most  int
	times map[string][]time.Time // of each key, the oldest first
	swept time.Time
}

// hour is how far back a budget looks.
const hour = time.Hour

// refuses says why key may not happen once more; a limit of 0 is none.
func (r *recent) refuses(now time.Time, key string, limit int) string {
	if limit <= 0 {
		return ""
	}
	n, full := r.count(now, key)
	switch {
	case full:
		return "too many others have called within the hour"
	case n >= limit:
		return fmt.Sprintf("%d calls out within the hour", n)
	}
	return ""
}

// count is how often key happened within the hour before now; full says that no
// other key can be remembered.
func (r *recent) count(now time.Time, key string) (n int, full bool) {
	times := live(r.times[key], now)
	if len(times) > 0 {
		r.times[key] = times
		return len(times), false
	}
	delete(r.times, key)
	if len(r.times) >= r.most {
		r.sweep(now)
	}
	return 0, len(r.times) >= r.most
}

func (r *recent) add(now time.Time, key string) {
	if r.times == nil {
		r.times = map[string][]time.Time{}
	}
	if now.Sub(r.swept) >= hour {
		r.sweep(now)
	}
	r.times[key] = append(live(r.times[key], now), now)
}

// sweep forgets the keys of which nothing is recent. At most once a minute: it
// looks at all.
func (r *recent) sweep(now time.Time) {
	if since := now.Sub(r.swept); since >= 0 && since < time.Minute {
		return
	}
	r.swept = now
	for key, times := range r.times {
		if len(live(times, now)) == 0 {
			delete(r.times, key)
		}
	}
}

// live leaves out what is an hour old.
func live(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && now.Sub(times[0]) >= hour {
		times = times[1:]
	}
	return times
}
