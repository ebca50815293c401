package media

import (
	"math"

	"github.com/partyline/partyline/media/codec"
)

const (
	// fullEnough is the load at which Pick turns to the next engine. Legs of one
	// engine cross no ring, but above this a tick's length begins to be felt.
	fullEnough = 0.6
	// promise is what a pick counts until it shows in the load, a second later. A
	// call that sends and hears Opus costs more, by so many: it hears a prompt coded
	// for it alone.
	promise         = 0.001
	promisesForOpus = 5
	// delayedTooOften is the share of steps more than half a tick late, in two
	// seconds, that is as bad as an engine without a pause. Listeners' buffers
	// still hold then.
	delayedTooOften = 0.25
)

// Pick chooses the engine for a new call or room: the first that is not loaded
// yet, else the least loaded, so that calls and rooms seldom lie on different
// engines. What was picked in the last second counts before it can be measured.
func (m *Media) Pick() *Engine {
	best, least := m.engines[0], math.Inf(1)
	for _, e := range m.engines {
		l := e.expected()
		if l < least {
			best, least = e, l
		}
		if l < fullEnough {
			break
		}
	}
	best.promised.Add(1)
	return best
}

// Load is what decides on new calls, 0 to 1. It is the load of the least loaded
// engine, with what it was promised of late, the one that Pick would find at last:
// an engine with a room too large for it does not keep callers from the others. And
// it is the share of steps that came so late that it may soon be heard, if that is
// the greater: then the machine is overloaded, be it by other processes.
func (m *Media) Load() float64 {
	least, delayed := 1.0, 0.0
	for _, e := range m.engines {
		least = min(least, e.expected())
		delayed = max(delayed, e.delayedShare())
	}
	return min(1, max(least, delayed/delayedTooOften))
}

// Load is the share of time, 0 to 1, that the engine is busy; smoothed over a
// second.
func (e *Engine) Load() float64 { return math.Float64frombits(e.load.Load()) }

// expected is the load with what was promised in the last second.
func (e *Engine) expected() float64 { return e.Load() + promise*float64(e.promised.Load()) }

// promiseFor counts what a codec costs beyond what a pick does.
func (e *Engine) promiseFor(f codec.Format) {
	if f.Name == codec.Opus {
		e.promised.Add(promisesForOpus)
	}
}

// delayedShare is the share of steps that came too late, if the engine's own work
// is not the reason. Where that is, its load tells.
func (e *Engine) delayedShare() float64 {
	if e.Load() >= fullEnough {
		return 0
	}
	return math.Float64frombits(e.delayed.Load())
}
