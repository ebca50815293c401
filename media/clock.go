package media

import (
	"sync/atomic"
	"time"
)

// clock is the engines' time: monotonic, ns since the Media was made. Arrivals and
// ticks are told on it, so that setting the system's clock moves neither.
type clock struct {
	start time.Time
	hand  *atomic.Int64 // moved by tests instead of time; nil: time does
}

func (c *clock) now() int64 { return c.at(time.Now()) }

// at is t on this clock.
func (c *clock) at(t time.Time) int64 {
	if c.hand != nil {
		return c.hand.Load()
	}
	return int64(t.Sub(c.start))
}

// time is when the clock shows ns.
func (c *clock) time(ns int64) time.Time { return c.start.Add(time.Duration(ns)) }
