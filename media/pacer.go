package media

import "time"

// Pacer makes an engine wait for its next step. One Pacer serves all engines at
// once and keeps no state between calls.
type Pacer interface {
	// Wait returns at the given time or as soon after it as can be.
	Wait(until time.Time)
}

// TimerPacer waits by Go's own timers. It serves systems without a better clock,
// and virtual time: in a testing/synctest bubble an engine that waits by it is
// durably blocked.
type TimerPacer struct{}

// Wait sleeps until the given time.
func (TimerPacer) Wait(until time.Time) {
	if d := time.Until(until); d > 0 {
		time.Sleep(d)
	}
}
