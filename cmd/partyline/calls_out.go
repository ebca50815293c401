package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
)

// The bounds of the table of calls out.
const (
	mostCallsOut   = 1000            // under way
	mostRemembered = 200             // that are over
	remembered     = 2 * time.Minute // how long those are told of
	mostSteps      = 32
)

// The states of a call out between its beginning and its end, by whatever protocol;
// the ends are control.Connected and control.Failed.
const (
	stateCalling   = "calling"
	stateAnswered  = "answered" // and the party has not pressed 1 yet
	stateForwarded = "forwarded"
)

// callOut is a call that the gateway makes, from its beginning until it is in its room
// or has failed, and for a while after that.
type callOut struct {
	id       string
	order    order
	to       string // without a PIN
	protocol string
	began    time.Time
	cancel   context.CancelCauseFunc

	mu    sync.Mutex
	steps []control.Progress
	news  chan struct{} // closed by the next step
	leg   string
	over  time.Time // zero: under way
}

// callsOut are the calls out that are under way, and those that ended a while ago.
type callsOut struct {
	mu   sync.Mutex
	list []*callOut // by their beginning
}

// add begins a call out. It fails with cause.Limit.
func (t *callsOut) add(o order, to *target, cancel context.CancelCauseFunc) (*callOut, error) {
	c := &callOut{
		id: "o-" + strings.ToLower(rand.Text()[:10]), order: o, to: to.shown(), protocol: to.protocol(), began: time.Now(), cancel: cancel, news: make(chan struct{}),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.forget(c.began) >= mostCallsOut {
		return nil, refusal{"too many calls are being made at once", cause.Limit}
	}
	t.list = append(t.list, c)
	return c, nil
}

// forget drops what was over long ago, or long before others, and counts what is under
// way. t.mu is held.
func (t *callsOut) forget(now time.Time) (underWay int) {
	past := 0
	kept := make([]*callOut, 0, len(t.list))
	for _, c := range slices.Backward(t.list) {
		switch over := c.ended(); {
		case over.IsZero():
			underWay++
		case past == mostRemembered || now.Sub(over) >= remembered:
			continue
		default:
			past++
		}
		kept = append(kept, c)
	}
	slices.Reverse(kept)
	t.list = kept
	return underWay
}

// of gives the calls into a room, of all rooms if room is empty, the first first.
func (t *callsOut) of(room string) []*callOut {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	list := []*callOut{}
	for _, c := range t.list {
		if room == "" || c.order.room.ID == room {
			list = append(list, c)
		}
	}
	return list
}

// find gives the call of this id, into this room unless that is empty; nil if there is
// none.
func (t *callsOut) find(room, id string) *callOut {
	for _, c := range t.of(room) {
		if c.id == id {
			return c
		}
	}
	return nil
}

// drop forgets a call that is over.
func (t *callsOut) drop(c *callOut) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.list, c); i >= 0 {
		t.list = slices.Delete(t.list, i, i+1)
	}
}

// tell notes a step on the way.
func (c *callOut) tell(state string) { c.step(control.Progress{State: state}, false) }

// answered notes the leg.
func (c *callOut) answered(leg string) {
	c.mu.Lock()
	c.leg = leg
	c.mu.Unlock()
}

// connected ends it well: the party is on its way into the room.
func (c *callOut) connected() {
	c.step(control.Progress{State: control.Connected, ID: c.legID()}, true)
}

func (c *callOut) legID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leg
}

// fail ends it otherwise. The first end counts.
func (c *callOut) fail(why cause.Cause, words string) {
	c.step(control.Progress{State: control.Failed, Cause: why.String(), Text: cmp.Or(words, why.Text())}, true)
}

// giveUp ends it for who wanted it.
func (c *callOut) giveUp() { c.cancel(cause.Cancelled) }

func (c *callOut) step(p control.Progress, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.steps)
	same := n > 0 && c.steps[n-1].State == p.State
	if !c.over.IsZero() || same || n >= mostSteps && !last {
		return
	}
	p.Call = c.id
	c.steps = append(c.steps, p)
	if last {
		c.over = time.Now()
	}
	close(c.news)
	c.news = make(chan struct{})
}

// follow reports each step, from the first to the last. It fails with the context's
// error.
func (c *callOut) follow(ctx context.Context, report func(control.Progress)) error {
	for told := 0; ; {
		c.mu.Lock()
		steps, news, over := c.steps[told:], c.news, !c.over.IsZero()
		c.mu.Unlock()
		for _, p := range steps {
			report(p)
		}
		told += len(steps)
		if over {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// last is how far it has come.
func (c *callOut) last() control.Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.steps) == 0 {
		return control.Progress{State: stateCalling, Call: c.id}
	}
	return c.steps[len(c.steps)-1]
}

// ended is when it was over; zero: it is under way.
func (c *callOut) ended() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}
