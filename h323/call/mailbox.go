package call

import "sync"

// mailbox is what a call still has to do, in order. Any goroutine puts in, the
// call's loop takes out. Readers put one frame in and wait for it, so that only
// the owner's and the timers' functions can heap up, and those are few.
type mailbox struct {
	mu      sync.Mutex
	waiting []func()
	closed  bool
	bell    chan struct{} // holds one ring
}

// put adds f; false: the call is over and f will not run.
func (m *mailbox) put(f func()) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.waiting = append(m.waiting, f)
	m.mu.Unlock()
	select {
	case m.bell <- struct{}{}:
	default:
	}
	return true
}

// take empties the mailbox.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.waiting
	m.waiting = nil
	return all
}

// close takes nothing in any more, and gives what is left.
func (m *mailbox) close() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	all := m.waiting
	m.waiting = nil
	return all
}
