package sip

import "sync"

// mostWaiting is how many requests wait for a call that has its hands full; more
// are dropped and come again.
const mostWaiting = 16

// mailbox is what a call still has to do, in order. Any goroutine puts in; the
// one that is told to start takes out until there is nothing left. So a call
// that rests costs no goroutine.
type mailbox struct {
	mu      sync.Mutex
	waiting []func()
	taking  bool // somebody takes out
	closed  bool
}

// put adds f unless most are there already (0: no limit) or the mailbox is
// closed. start: nobody takes out, the caller must see that somebody does.
func (m *mailbox) put(f func(), most int) (start, closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || most > 0 && len(m.waiting) >= most {
		return false, m.closed
	}
	m.waiting = append(m.waiting, f)
	start = !m.taking
	m.taking = true
	return start, false
}

// next takes the first one out; nil: there is none, and whoever puts the next one
// in is told to start.
func (m *mailbox) next() func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		m.waiting, m.taking = nil, false
		return nil
	}
	f := m.waiting[0]
	m.waiting[0] = nil
	m.waiting = m.waiting[1:]
	return f
}

// close takes nothing in any more and has what is left run by do.
func (m *mailbox) close(do func(func())) {
	m.mu.Lock()
	m.closed = true
	left := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	for _, f := range left {
		do(f)
	}
}
