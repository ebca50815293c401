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
// its key that its way has not reported yet. A number that is sent by a key of its own
// comes at once by one way and at the pace of events by the other: what is next after
// the last press that a way has reported may come later.
type pressFilter struct {
	mu     sync.Mutex
	recent [32]press // a ring: extension, PIN and # after each
	next   int       // how many have been counted
	last   [16]int   // of each way: the number of its last press, from 1; 0: none
}

// press is a press that was counted, with the ways that have reported it, a bit
// each.
type press struct {
	digit byte
	ways  uint16
	at    time.Time
}

const (
	// twin is how far apart two reports of one press by different ways may come.
	twin = 700 * time.Millisecond
	// lateTwin is so for the press that is next for a way: 26 events of 200 ms.
	lateTwin = 5200 * time.Millisecond
)

func (f *pressFilter) fresh(k media.Key, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	way := int(k.Source & 15)
	if last := f.last[way]; last > 0 && f.reports(k, last, now, lateTwin) {
		return false
	}
	for n := max(0, f.next-len(f.recent)); n < f.next; n++ {
		if f.reports(k, n, now, twin) {
			return false
		}
	}
	f.recent[f.next%len(f.recent)] = press{k.Digit, 1 << way, now}
	f.next++
	f.last[way] = f.next
	return true
}

// reports says whether k is another report of press n, from 0, and notes it.
func (f *pressFilter) reports(k media.Key, n int, now time.Time, within time.Duration) bool {
	if n >= f.next || n < f.next-len(f.recent) {
		return false
	}
	p, way := &f.recent[n%len(f.recent)], int(k.Source&15)
	if p.digit != k.Digit || p.ways&(1<<way) != 0 || now.Sub(p.at) >= within {
		return false
	}
	p.ways |= 1 << way
	f.last[way] = max(f.last[way], n+1)
	return true
}
