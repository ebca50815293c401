package media

import (
	"math"
	"sync/atomic"
	"time"
)

// counters is what an engine tells about itself. Its goroutine writes, all read.
type counters struct {
	load       atomic.Uint64 // float64 bits
	delayed    atomic.Uint64 // float64 bits: share of steps that came too late
	promised   atomic.Int64  // picks of the last second, before they show in load
	late       atomic.Int64  // greatest lateness since the last Counters, ns
	steps      atomic.Uint64
	skipped    atomic.Uint64
	packetsIn  atomic.Uint64
	packetsOut atomic.Uint64
	unknown    atomic.Uint64
	overrun    atomic.Uint64
	unsent     atomic.Uint64
	panics     atomic.Uint64
	lateSteps  atomic.Uint64
	missed     atomic.Uint64
	hops       atomic.Uint64

	busyShare, delayShare float64 // the engine's own copies of load and delayed
}

// Counters is the state of an engine for metrics.
type Counters struct {
	Load       float64       // share of time busy, 0–1
	Lateness   time.Duration // greatest lateness of a step since the last call
	Steps      uint64        // steps done, up to four a tick
	Skipped    uint64        // ticks left out after stalls
	PacketsIn  uint64        // RTP and RTCP read, strangers' included
	PacketsOut uint64
	Unknown    uint64 // packets dropped because they were no call's
	Overrun    uint64 // packets dropped because another engine did not keep up
	Unsent     uint64 // packets the system refused to send
	Panics     uint64
	Late       uint64 // steps that began more than 10 ms late
	Missed     uint64 // ticks that a unit left out because its last took too long
	Hops       uint64 // times a unit's tick moved towards those it hears
}

// Counters reads the engine's counters. The greatest lateness starts anew.
func (e *Engine) Counters() Counters {
	return Counters{
		Load: e.Load(), Lateness: time.Duration(e.late.Swap(0)),
		Steps: e.steps.Load(), Skipped: e.skipped.Load(),
		PacketsIn: e.packetsIn.Load(), PacketsOut: e.packetsOut.Load(),
		Unknown: e.unknown.Load(), Overrun: e.overrun.Load(),
		Unsent: e.unsent.Load(), Panics: e.panics.Load(),
		Late: e.lateSteps.Load(), Missed: e.missed.Load(), Hops: e.hops.Load(),
	}
}

func (e *Engine) setLoad(l float64) { e.load.Store(math.Float64bits(l)) }

func (e *Engine) maxLate(ns int64) {
	if ns > e.late.Load() {
		e.late.Store(ns)
	}
}

// Weights of smoothed figures, by step: a second's and two seconds' mean.
const (
	loadWeight  = 1.0 / (50 * Phases)
	delayWeight = loadWeight / 2
)

// tooLate is the lateness of a step from which on it may be heard: half a tick.
const tooLate = TickDuration / 2

// began notes how late a step began.
func (e *Engine) began(ns int64) {
	e.maxLate(ns)
	e.steps.Add(1)
	var x float64
	if ns > int64(tooLate) {
		e.lateSteps.Add(1)
		x = 1
	}
	e.delayShare += (x - e.delayShare) * delayWeight * float64(1+e.passed)
	e.delayed.Store(math.Float64bits(e.delayShare))
}

// worked notes that the engine was busy for ns over some steps, or would have been
// if it had done all it should.
func (e *Engine) worked(ns, steps int64) {
	ns += e.undone
	steps += e.passed
	e.undone, e.passed = 0, 0
	e.busyShare += (float64(ns)/float64(phaseDuration) - float64(steps)*e.busyShare) * loadWeight
	e.setLoad(min(1, e.busyShare))
	e.forgetPromises(steps)
}

// forgetPromises lets promises fade in a second, as what they stand for grows in
// the load.
func (e *Engine) forgetPromises(steps int64) {
	if n := e.promised.Load(); n > 0 {
		e.promised.Add(-min(n, (n*steps+50*Phases-1)/(50*Phases)))
	}
}

// idled says that there is nothing to step.
func (e *Engine) idled() {
	e.busyShare, e.delayShare = 0, 0
	e.setLoad(0)
	e.delayed.Store(0)
	e.promised.Store(0)
}
