package api

import (
	"net/http"
	"sync"
	"time"
)

// What one account may send: enough for a town hall, too little for who sells
// things by a stolen account.
const (
	invitationsPerHour = 500
	inviteesPerMeeting = 500
)

// budget counts the invitations that each account has sent within the last hour.
type budget struct {
	mu      sync.Mutex
	spent   map[string][]spending
	cleared time.Time
}

type spending struct {
	at time.Time
	n  int
}

// take spends n of an account's invitations; if it has no more it spends none and
// gives how long it takes until there are enough.
func (b *budget) take(account string, n int, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	list := b.spent[account]
	total := 0
	for _, s := range list {
		total += s.n
	}
	fits := func() bool { return total == 0 || total+n <= invitationsPerHour }
	if fits() {
		b.spent[account] = append(list, spending{now, n})
		return 0
	}
	for _, s := range list {
		total -= s.n
		if wait = s.at.Add(time.Hour).Sub(now); fits() {
			break
		}
	}
	return max(wait, time.Second)
}

// spend counts what was sent without asking before.
func (b *budget) spend(account string, n int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	if n > 0 {
		b.spent[account] = append(b.spent[account], spending{now, n})
	}
}

// giveBack is for what was not sent after all.
func (b *budget) giveBack(account string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.spent[account]
	for i := len(list) - 1; i >= 0 && n > 0; i-- {
		back := min(n, list[i].n)
		list[i].n -= back
		n -= back
	}
}

// forget drops what is older than an hour, of all accounts once a minute.
func (b *budget) forget(now time.Time) {
	if b.spent == nil {
		b.spent = map[string][]spending{}
	}
	if now.Sub(b.cleared).Abs() < time.Minute {
		return
	}
	b.cleared = now
	for account, list := range b.spent {
		for len(list) > 0 && (list[0].n == 0 || now.Sub(list[0].at) >= time.Hour) {
			list = list[1:]
		}
		if len(list) == 0 {
			delete(b.spent, account)
			continue
		}
		b.spent[account] = list
	}
}

func tooMany(wait time.Duration) *Problem {
	p := problem(http.StatusTooManyRequests, "invitations", "too many invitations within an hour; try again later")
	p.wait = wait
	return p
}
