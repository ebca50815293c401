package media

import "sync/atomic"

// courier sends an engine's full pages beside it: for whom the engine mixes and
// codes in one step is too much for one core where rooms are large, and half of it
// is the system's work of sending. It is a goroutine from the first full page on.
//
// The engine's goroutine calls its methods. A page that the courier has not begun
// to send when the engine has nothing else to do, the engine sends itself: on a
// machine that has no core to spare nothing is late by waiting for one.
type courier struct {
	offered atomic.Pointer[page] // taken by who sends it
	carries *page                // offered and not collected yet
	wake    chan struct{}        // nil: it does not run; closed: it ends
	sent    chan int             // how many of the page the system took
	ended   chan struct{}
}

// take gives the courier a page. It has no other.
func (c *courier) take(p *page) {
	if c.wake == nil {
		c.wake, c.sent, c.ended = make(chan struct{}, 1), make(chan int, 1), make(chan struct{})
		go c.run()
	}
	c.carries = p
	c.offered.Store(p)
	select {
	case c.wake <- struct{}{}:
	default: // it has not even noticed the one before, which the engine sent
	}
}

// wait returns the page that was taken once it is sent, and how many messages the
// system took; nil if none was.
func (c *courier) wait() (p *page, sent int) {
	if p = c.carries; p == nil {
		return nil, 0
	}
	c.carries = nil
	if c.offered.Swap(nil) != nil {
		return p, p.send()
	}
	return p, <-c.sent
}

func (c *courier) run() {
	defer close(c.ended)
	for range c.wake {
		if p := c.offered.Swap(nil); p != nil {
			c.sent <- p.send()
		}
	}
}

// close ends the goroutine, if there is one. Nothing may be taken any more.
func (c *courier) close() {
	if c.wake == nil {
		return
	}
	close(c.wake)
	<-c.ended
	c.wake = nil
}
