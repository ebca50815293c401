package ras

import (
	"sync"
	"time"
)

// mailbox is what the client's goroutine has still to do, in order. Any goroutine
// puts in, without waiting.
type mailbox struct {
	mu      sync.Mutex
	waiting []func()
	closed  bool
	wake    chan struct{} // has one in it if waiting is not empty
}

// put adds f, unless the mailbox is closed.
func (m *mailbox) put(f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.waiting = append(m.waiting, f)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns all that waits.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.waiting
	m.waiting = nil
	return all
}

// close takes nothing in any more; what waits is lost.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.waiting = true, nil
}

// alarm is a timer whose work is done by the client's goroutine, which alone sets
// and stops it: one that was stopped never rings late.
type alarm struct {
	gen   int
	timer *time.Timer
}

// set has f run after d instead of whatever was set before.
func (a *alarm) set(c *Client, d time.Duration, f func()) {
	a.stop()
	gen := a.gen
	a.timer = time.AfterFunc(d, func() {
		c.box.put(func() {
			if a.gen == gen {
				f()
			}
		})
	})
}

func (a *alarm) stop() {
	a.gen++
	if a.timer != nil {
		a.timer.Stop()
	}
}
