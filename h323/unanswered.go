package h323

import (
	"cmp"
	"time"

	"github.com/partyline/partyline/cause"
)

// Unanswered is a call of which no Attendant ever heard: it was refused or given up
// before its answer, of either direction, or found no channel for sound.
type Unanswered struct {
	LegID    string
	CallID   string
	Outgoing bool
	Trunk    string
	Caller   string
	Called   string // without a PIN
	Address  string // of the signalling peer
	Product  string
	// Answered is when it was; zero: it was not.
	Began, Answered, Ended time.Time
	Cause                  cause.Cause
	Q850                   int
	Reason                 string // in words
}

// unattended tells of such a call, at its end.
func (l *Leg) unattended(at stage) {
	tell := l.srv.cfg.Load().Unanswered
	if tell == nil || at != early && at != answered {
		return
	}
	l.mu.Lock()
	p, c, why := l.party, l.why, l.refusedFor
	u := Unanswered{Began: l.began, Answered: l.answeredAt}
	told := l.told
	l.told = true
	l.mu.Unlock()
	if told {
		return
	}
	u.LegID, u.CallID, u.Outgoing, u.Trunk = l.id, p.CallID, l.out, p.Trunk
	u.Caller, u.Called, u.Address, u.Product = cmp.Or(p.Number, p.Name), p.Called, p.Address, p.Product
	if l.out {
		u.Caller = ""
	}
	u.Ended, u.Cause, u.Q850, u.Reason = time.Now(), c, c.Q850(), cmp.Or(why, c.Text())
	tell(u)
}

// refusedBecause notes why a call is refused, in words.
func (l *Leg) refusedBecause(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusedFor = cmp.Or(l.refusedFor, why)
}
