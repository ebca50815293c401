package call

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
)

// isSlow: a frame was not complete in time, or a write not taken in time.
func isSlow(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// isBroken: the stream has lost its frames' boundaries.
func isBroken(err error) bool {
	return errors.Is(err, tpkt.ErrVersion) || errors.Is(err, tpkt.ErrLength) || errors.Is(err, tpkt.ErrTooLong)
}

// isEnd: the peer closed the connection, between two frames.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) }

// release ends the call by us: EndSession where H.245 has a way, then
// ReleaseComplete, which carries it if it is tunnelled (H.323 §8.5).
func (c *Call) release(r Reason) {
	if c.over {
		return
	}
	r = r.filled()
	c.endControl()
	if c.signal != nil && c.crv != 0 {
		c.sendReleaseComplete(r)
	}
	c.finish(r)
}

// endControl says EndSession, if H.245 was spoken.
func (c *Call) endControl() {
	t := &c.ctl
	if t.session.Started() && t.reachable() {
		t.queue = nil // nothing else matters any more
		t.session.Close()
		c.flushSeparate()
	}
	t.session.Stop()
}

// flushSeparate sends what waits on the separate connection.
func (c *Call) flushSeparate() {
	t := &c.ctl
	if t.wire == nil {
		return
	}
	for _, p := range t.queue {
		c.put(t.wire, p)
	}
	t.queue = nil
}

// finish tells the owner that the call is over. What is queued is still written,
// for as long as the release timer allows.
func (c *Call) finish(r Reason) {
	if c.over {
		return
	}
	r = r.filled()
	if c.released {
		// The peer has cleared: an H.245 connection of its own gets its EndSession.
		if c.ctl.wire != nil {
			c.endControl()
		} else {
			c.ctl.session.Stop()
		}
	}
	c.over = true
	c.state = q931.StateNull
	c.stopTimers()
	c.closeListener()
	c.mu.Lock()
	c.reason = r
	c.mu.Unlock()
	for _, w := range c.wires {
		w.finish()
	}
	c.linger()
	c.guard(c.silence)
	for _, heard := range c.probes {
		c.guard(func() { heard(net.ErrClosed) })
	}
	c.probes = nil
	c.guard(func() { c.owner.Ended(r) })
	c.settle()
}

// linger closes the connections when the release timer is out, and gives up
// connections that are still being made.
func (c *Call) linger() {
	c.cancel()
	t := &timer{alive: true}
	t.t = time.AfterFunc(c.timers.Release, func() {
		c.box.put(func() {
			for _, w := range c.wires {
				w.drop()
			}
		})
	})
	c.armed = append(c.armed, t)
}

// abandon ends the call without another word to the peer.
func (c *Call) abandon(r Reason) {
	c.ctl.session.Stop()
	if !c.over {
		c.finish(r)
	}
	for _, w := range c.wires {
		w.drop()
	}
}
