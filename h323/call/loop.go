package call

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// errPanic: a fault of ours ended the call.
var errPanic = errors.New("call: panic")

// run is the call's loop: it does what is posted until the call is over and its
// connections are closed, and then waits for the other goroutines.
func (c *Call) run() {
	for !c.ended() {
		<-c.box.bell
		for _, f := range c.box.take() {
			c.guard(f)
			c.guard(c.flushControl)
		}
	}
	close(c.quit)
	for _, f := range c.box.close() {
		c.guard(f)
	}
	c.stopTimers()
	for _, w := range c.wires {
		w.drop()
	}
	c.goes.Wait()
	c.cancel()
	close(c.done)
}

// ended: nothing is left to wait for.
func (c *Call) ended() bool {
	if !c.over {
		return false
	}
	for _, w := range c.wires {
		if !w.gone {
			return false
		}
	}
	return true
}

// settle closes the connections of a call that is over as soon as all is written
// that had to be: ours at once if the peer has ended the call or its end of the
// connection, else after the peer's reply or the release timer. To close a
// connection on unread octets could destroy our last message on its way.
func (c *Call) settle() {
	if !c.over {
		return
	}
	for _, w := range c.wires {
		if !w.gone && w.flushed && (w.read || c.released) {
			w.drop()
		}
	}
}

// guard runs f; a panic ends this call and no other. A second one, while ending
// it, closes what is open.
func (c *Call) guard(f func()) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		c.log.Error("panic in a call", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		c.box.put(func() { c.broken(fmt.Errorf("%w: %v", errPanic, p)) })
	}()
	f()
}

// broken ends the call after a panic, in small steps that suffer alone.
func (c *Call) broken(err error) {
	if c.panicked {
		c.abandon(Reason{Cause: causeTemporaryFailure, Err: err})
		return
	}
	c.panicked = true
	c.guard(func() {
		if c.signal != nil && c.crv != 0 && !c.over {
			c.ctl.queue = nil
			c.sendReleaseComplete(Reason{Cause: causeTemporaryFailure, Release: ReleaseUndefined})
		}
	})
	c.finish(Reason{Cause: causeTemporaryFailure, Release: ReleaseUndefined, Err: err})
}

// timer is one wait of a call. It is the loop's.
type timer struct {
	t     *time.Timer
	alive bool
}

// after runs f on the loop after d, unless the timer is stopped or the call is
// over by then.
func (c *Call) after(d time.Duration, f func()) *timer {
	t := &timer{alive: true}
	t.t = time.AfterFunc(d, func() {
		c.box.put(func() {
			if t.alive && !c.over {
				t.alive = false
				f()
			}
		})
	})
	c.armed = append(c.armed, t)
	if len(c.armed) > 32 {
		c.sweepTimers()
	}
	return t
}

// stop ends the wait. A nil timer is stopped.
func (t *timer) stop() {
	if t != nil {
		t.alive = false
		t.t.Stop()
	}
}

// sweepTimers forgets those that have run or are stopped.
func (c *Call) sweepTimers() {
	live := c.armed[:0]
	for _, t := range c.armed {
		if t.alive {
			live = append(live, t)
		}
	}
	clear(c.armed[len(live):])
	c.armed = live
}

func (c *Call) stopTimers() {
	for _, t := range c.armed {
		t.stop()
	}
	c.armed = nil
}

// aside runs f on a goroutine of its own, which ends with the call: f heeds ctx.
func (c *Call) aside(f func(ctx context.Context)) {
	c.goes.Go(func() { c.guard(func() { f(c.ctx) }) })
}
