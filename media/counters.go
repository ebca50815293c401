package media

import (
	"math"
	"sync/atomic"
	"time"
)

// counters is what an engine tells about itself. Its goroutine writes, all read.
type counters struct {
	load       atomic.Uint64 // float64 bits
	late       atomic.Int64  // greatest lateness since the last Counters, ns
	steps      atomic.Uint64
	skipped    atomic.Uint64
	packetsIn  atomic.Uint64
	packetsOut atomic.Uint64
	unknown    atomic.Uint64
	overrun    atomic.Uint64
	unsent     atomic.Uint64
	panics     atomic.Uint64
}

// Counters is the state of an engine for metrics.
type Counters struct {
	Load       float64       // share of time busy, 0–1
	Lateness   time.Duration // greatest lateness of a step since the last call
	Steps      uint64        // steps of 5 ms done
	Skipped    uint64        // ticks left out after stalls
	PacketsIn  uint64        // RTP and RTCP read, strangers' included
	PacketsOut uint64
	Unknown    uint64 // packets dropped because they were no call's
	Overrun    uint64 // packets dropped because another engine did not keep up
	Unsent     uint64 // packets the system refused to send
	Panics     uint64
}

// Counters reads the engine's counters. The greatest lateness starts anew.
func (e *Engine) Counters() Counters {
	return Counters{
		Load: e.Load(), Lateness: time.Duration(e.late.Swap(0)),
		Steps: e.steps.Load(), Skipped: e.skipped.Load(),
		PacketsIn: e.packetsIn.Load(), PacketsOut: e.packetsOut.Load(),
		Unknown: e.unknown.Load(), Overrun: e.overrun.Load(),
		Unsent: e.unsent.Load(), Panics: e.panics.Load(),
	}
}

func (e *Engine) setLoad(l float64) { e.load.Store(math.Float64bits(l)) }

func (e *Engine) maxLate(ns int64) {
	if ns > e.late.Load() {
		e.late.Store(ns)
	}
}

// measure takes the figures of a step that began at now.
func (e *Engine) measure(p *phase, now, nominal int64) {
	const tick = 1.0 / 50 // a phase's share of a second's average
	busy := float64(e.media.now() - now)
	p.busy += (busy - p.busy) * tick
	var sum float64
	for i := range e.phases {
		sum += e.phases[i].busy
	}
	e.setLoad(min(1, sum/float64(TickDuration)))
	e.maxLate(now - nominal)
	e.steps.Add(1)
}
