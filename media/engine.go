package media

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	phaseDuration = TickDuration / Phases
	// maxCatchUp is how far behind an engine may be and still make up for every
	// step. What is older is skipped: streams then leave a gap in their
	// timestamps.
	maxCatchUp = 200 * time.Millisecond
)

// Engine steps units and streams on one goroutine.
type Engine struct {
	media *Media
	index int
	log   *slog.Logger

	// Owned by the engine's goroutine.
	phases  [Phases]phase
	ports   []*port   // those it reads
	fed     []*Stream // whose packets others read
	in      *inbox
	single  [1]packet       // a packet out of a ring
	plain   [maxPacket]byte // what was decrypted
	deaf    [960]int16      // sound that only a key detector hears
	out     *batch
	step    int64 // steps since the clock began: the next one's number
	tick    Tick
	inner   Tick    // of a step in the middle of a unit's tick
	owed    []*seat // heavy units whose time has come in the middle of another's
	others  int64   // ns that such steps have taken, ever
	passed  int64   // steps left out since the last: their phases are empty
	opened  int64   // the TickDuration of the last step
	undone  int64   // ns that ticks left out would have taken in this step
	touched byte    // nothing; for the compiler's sake (package cacheline)

	rings []atomic.Pointer[ring] // by producing engine; nil until one is needed

	mu       sync.Mutex // guards what follows
	commands []func()
	idle     bool
	stopped  bool
	wake     chan struct{} // holds one token: something changed while idle
	spare    []func()      // owned by the engine's goroutine: the other command slice
	done     chan struct{} // closed by stop

	counters
}

func newEngine(m *Media, index int) *Engine {
	e := &Engine{
		media: m, index: index, log: m.cfg.Logger.With("engine", index),
		rings: make([]atomic.Pointer[ring], m.cfg.Engines),
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
	}
	e.out = newBatch(e)
	return e
}

// Index is the engine's number, from 0.
func (e *Engine) Index() int { return e.index }

// Do posts f to be run on the engine's goroutine between ticks, in the order
// posted. It never blocks. After Close f is dropped.
func (e *Engine) Do(f func()) { e.post(f) }

func (e *Engine) post(f func()) bool {
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		return false
	}
	e.commands = append(e.commands, f)
	idle := e.idle
	e.mu.Unlock()
	if idle {
		e.nudge()
	}
	return true
}

func (e *Engine) nudge() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Call runs f on the engine's goroutine between ticks and waits for it, at most
// until ctx is done; then f may still run. It must not be called from an engine.
func (e *Engine) Call(ctx context.Context, f func()) error {
	done := make(chan struct{})
	if !e.post(func() { defer close(done); f() }) {
		return ErrClosed
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.done:
		return ErrClosed
	}
}

// Add has the engine step u from now on, in the phase with the most room. It may
// be called from any goroutine.
func (e *Engine) Add(u Unit) {
	e.Do(func() { e.seat(u) })
}

// Remove ends the stepping of u. It may be called from any goroutine; once it is
// applied, u belongs to nobody.
func (e *Engine) Remove(u Unit) {
	e.Do(func() { e.drop(u) })
}

// run steps until Close.
func (e *Engine) run() {
	e.in = newInbox()
	defer e.out.courier.close()
	e.align()
	for {
		if e.nothingToDo() {
			if !e.rest() {
				return
			}
			e.align()
		}
		e.passEmpty()
		nominal := e.step * int64(phaseDuration)
		e.media.cfg.Pacer.Wait(e.media.clock.time(nominal))
		if e.isStopped() {
			return
		}
		now := e.media.now()
		if late := now - nominal; late > int64(maxCatchUp) {
			e.skip(late)
			continue
		}
		e.advance(now, nominal)
	}
}

// passEmpty goes on to the next phase that has anything to step. What arrives until
// then is read all at once: the fewer wake-ups, the better, and what a packet leaves
// in the processor's caches is still there when its sound is mixed. Ports without
// any unit are read once a tick.
func (e *Engine) passEmpty() {
	for range Phases {
		p := int(e.step % Phases)
		if len(e.phases[p].seats) > 0 || p == 0 && e.seats() == 0 {
			return
		}
		e.step++
		e.passed++
	}
}

func (e *Engine) seats() (n int) {
	for i := range e.phases {
		n += len(e.phases[i].seats)
	}
	return n
}

// align makes the next step the first that is not past.
func (e *Engine) align() {
	e.step = max(e.step, e.media.now()/int64(phaseDuration)+1)
}

// skip leaves out the steps of a long stall: whole ticks, so that no phase loses
// more than another.
func (e *Engine) skip(late int64) {
	ticks := late / int64(TickDuration)
	e.step += ticks * Phases
	e.skipped.Add(uint64(ticks))
	e.began(late)
	e.log.Warn("media engine was stalled", "late", time.Duration(late), "ticks_skipped", ticks)
}

func (e *Engine) nothingToDo() bool {
	return e.seats() == 0 && len(e.ports) == 0
}

// rest applies commands as they come until there is something to step. It returns
// false when the engine is stopped.
func (e *Engine) rest() bool {
	e.idled()
	for {
		e.apply()
		if !e.nothingToDo() {
			return true
		}
		e.mu.Lock()
		if e.stopped {
			e.mu.Unlock()
			return false
		}
		e.idle = len(e.commands) == 0
		idle := e.idle
		e.mu.Unlock()
		if idle {
			<-e.wake
		}
		e.mu.Lock()
		e.idle = false
		e.mu.Unlock()
	}
}

// advance is one step, and those whose time comes meanwhile.
func (e *Engine) advance(now, nominal int64) {
	first := e.step
	e.tick = e.newTick(now, nominal)
	p := &e.phases[e.tick.Phase]
	e.step++
	e.began(now - nominal)
	e.drain(e.opens(nominal))
	e.apply()
	e.stepSeats(p.seats, &e.tick, false)
	e.out.flush()
	p.settle()
	e.worked(e.media.now()-now, e.step-first)
	e.payOwed()
}

// opens says whether a step is the first of its TickDuration.
func (e *Engine) opens(nominal int64) bool {
	n := nominal / int64(TickDuration)
	first := n != e.opened
	e.opened = n
	return first
}

func (e *Engine) newTick(now, nominal int64) Tick {
	return Tick{
		Now: now, Nominal: nominal, Phase: int(nominal / int64(phaseDuration) % Phases),
		out: e.out, engine: e,
	}
}

// apply runs the commands posted until now.
func (e *Engine) apply() {
	e.mu.Lock()
	if len(e.commands) == 0 {
		e.mu.Unlock()
		return
	}
	list := e.commands
	e.commands = e.spare[:0]
	e.mu.Unlock()
	for _, f := range list {
		e.guard(f)
	}
	clear(list)
	e.spare = list
}

func (e *Engine) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			e.panics.Add(1)
			e.log.Error("panic in a media command", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// stop makes run return.
func (e *Engine) stop() {
	e.mu.Lock()
	if !e.stopped {
		e.stopped = true
		close(e.done)
	}
	e.mu.Unlock()
	e.nudge()
}

func (e *Engine) isStopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopped
}
