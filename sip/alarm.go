package sip

import "time"

// alarm is a timer whose work is posted to the leg. What is posted there alone
// sets and stops it, so one that was stopped never rings late.
type alarm struct {
	gen   int
	timer *time.Timer
}

// set has f run after d instead of whatever was set before.
func (a *alarm) set(l *Leg, d time.Duration, f func()) {
	a.stop()
	gen := a.gen
	a.timer = time.AfterFunc(d, func() {
		l.post(func() {
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
