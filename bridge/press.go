package bridge

import (
	"sync"
	"time"

	"github.com/partyline/partyline/media"
)

// pressFilter lets one press count once when it comes by several ways: some phones
// send an RFC 4733 event and an INFO for the same key, some room systems an event
// and user input. Each way has a delay of its own, so that reports of keys that
// follow each other fast come interleaved: a report belongs to the oldest press of
// its key that its way has not reported yet.
type pressFilter struct {
	mu     sync.Mutex
	recent [8]press // a ring
	next   int
}

// press is a press that was counted, with the ways that have reported it, a bit
// each.
type press struct {
	digit byte
	ways  uint16
	at    time.Time
}

// twin is how far apart two reports of one press by different ways may come.
const twin = 700 * time.Millisecond

func (f *pressFilter) fresh(k media.Key, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	way := uint16(1) << (k.Source & 15)
	for i := range f.recent {
		p := &f.recent[(f.next+i)%len(f.recent)]
		if p.digit == k.Digit && p.ways&way == 0 && now.Sub(p.at) < twin {
			p.ways |= way
			return false
		}
	}
	f.recent[f.next] = press{k.Digit, way, now}
	f.next = (f.next + 1) % len(f.recent)
	return true
}
