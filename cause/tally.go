package cause

import (
	"maps"
	"sync"
)

// Tally counts ends and refusals by their cause. The zero value is ready; any
// goroutine may use it.
type Tally struct {
	mu     sync.Mutex
	counts map[Cause]uint64
}

// Add counts one.
func (t *Tally) Add(c Cause) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[Cause]uint64{}
	}
	t.counts[c]++
}

// Counts is a snapshot; causes that never came are not in it.
func (t *Tally) Counts() map[Cause]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
