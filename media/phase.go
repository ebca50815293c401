package media

import (
	"runtime/debug"
	"slices"
	"time"
)

// phase is the units that are stepped together, the light ones first.
type phase struct {
	seats []*seat
}

// seat is a unit's place in an engine.
type seat struct {
	unit  Unit
	phase int
	busy  float64 // smoothed length of its tick, ns
	hop   int     // by how many phases it comes sooner from the next tick on
	debt  int     // ticks that wait for another's to end, or for its own last one
	owed  int64   // nominal time of the first of them
	in    bool    // its tick is going on
}

const (
	// heavy is the length of a tick from which on a unit is not stepped in the
	// middle of another's, and what waits is sent before it.
	heavy = float64(time.Millisecond)
	// unmeasured is what a new unit counts for.
	unmeasured = float64(10 * time.Microsecond)
	// comfortable is how long a phase may take that others may still hop to: its
	// last unit then ends well before the next phase begins.
	comfortable = float64(phaseDuration) * 6 / 10
	// A unit that would take more than mostBusy of the time leaves ticks out; one
	// that was held up, by others or by the machine, makes up for mostDebt of them.
	mostBusy = float64(TickDuration) * 9 / 10
	mostDebt = int(maxCatchUp / TickDuration)
)

// weight is what the seat is expected to take.
func (s *seat) weight() float64 { return s.busy + unmeasured }

// cost is what the phase is expected to take.
func (p *phase) cost() (sum float64) {
	for _, s := range p.seats {
		sum += s.weight()
	}
	return sum
}

// roomiest is the phase that a new unit waits least in. What is left over of a
// phase that takes longer than its 5 ms counts in those after it.
func (e *Engine) roomiest() int {
	var cost, left [Phases]float64
	for i := range e.phases {
		cost[i] = e.phases[i].cost()
	}
	for range 2 { // the last phase's rest is the first's burden
		for i := range left {
			before := (i + Phases - 1) % Phases
			left[i] = max(0, left[before]+cost[before]-float64(phaseDuration))
		}
	}
	best := 0
	for i := range cost {
		if left[i]+cost[i] < left[best]+cost[best] {
			best = i
		}
	}
	return best
}

// seat gives a unit its place.
func (e *Engine) seat(u Unit) {
	s := &seat{unit: u, phase: e.roomiest()}
	p := &e.phases[s.phase]
	p.seats = append(p.seats, s)
}

// drop takes a unit's place away. It makes a copy of the list: a unit may be
// removed by its own panic in mid-step.
func (e *Engine) drop(u Unit) {
	for i := range e.phases {
		p := &e.phases[i]
		if j := p.find(u); j >= 0 {
			p.seats[j].debt = 0
			p.seats = slices.Delete(slices.Clone(p.seats), j, j+1)
			return
		}
	}
}

func (p *phase) find(u Unit) int {
	return slices.IndexFunc(p.seats, func(s *seat) bool { return s.unit == u })
}

// mayHop says whether a phase takes a seat of another: it must have room, or be
// no worse off with it than the other is.
func (e *Engine) mayHop(s *seat, to int) bool {
	after := e.phases[to].cost() + s.weight()
	return after <= comfortable || after <= e.phases[s.phase].cost()+unmeasured*float64(len(e.phases[to].seats)+1)
}

// hop moves a seat to the phase it asked for. Its next tick is then sooner by as
// many phases; the list that is being stepped is left alone.
func (e *Engine) hop(s *seat) {
	to := (s.phase + Phases - s.hop) % Phases
	s.hop = 0
	from := &e.phases[s.phase]
	j := slices.Index(from.seats, s)
	if j < 0 {
		return // it has been removed
	}
	from.seats = slices.Delete(slices.Clone(from.seats), j, j+1)
	e.phases[to].seats = append(slices.Clip(e.phases[to].seats), s)
	s.phase = to
	e.hops.Add(1)
}

// settle lets the lightest go first, a place at a time: the others wait for the
// heavy ones, not these for the others.
func (p *phase) settle() {
	for i := 1; i < len(p.seats); i++ {
		if a, b := p.seats[i-1], p.seats[i]; a.busy > b.busy+unmeasured {
			p.seats[i-1], p.seats[i] = b, a
		}
	}
}

// stepSeats steps the seats of a phase, as t says. In the middle of a unit's tick
// the heavy ones are left for later.
func (e *Engine) stepSeats(list []*seat, t *Tick, later bool) {
	for _, s := range list {
		if s.in || s.debt > 0 || later && s.busy > heavy {
			e.owe(s, t.Nominal)
		} else {
			e.stepSeat(s, t)
		}
	}
}

// owe notes a tick that cannot be now. Of too many the oldest is left out.
func (e *Engine) owe(s *seat, nominal int64) {
	if (s.in || s.debt > 0) && s.busy > mostBusy || s.debt == mostDebt {
		s.owed += int64(TickDuration)
		e.missed.Add(1)
		e.undone += int64(s.busy)
		return
	}
	if s.debt == 0 {
		s.owed = nominal
		e.owed = append(e.owed, s)
	}
	s.debt++
}

// stepSeat steps one unit. Light units' packets do not wait for a heavy one.
func (e *Engine) stepSeat(s *seat, t *Tick) {
	if s.busy > heavy {
		e.out.flush()
	}
	began, others := e.media.now(), e.others
	t.seat = s
	s.in = true
	e.tickUnit(s.unit, t)
	s.in = false
	t.seat = nil
	busy := float64(e.media.now() - began - (e.others - others))
	s.busy += (busy - s.busy) / 50
	if s.hop != 0 {
		e.hop(s)
	}
}

// tickUnit steps one unit and outlives its panic. A unit that cares is told, by
// Panicked, and decides what then; one that does not is stepped no more.
func (e *Engine) tickUnit(u Unit, t *Tick) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		stack := debug.Stack()
		e.panics.Add(1)
		e.log.Error("panic in a unit", "panic", v, "stack", string(stack))
		if p, ok := u.(interface{ Panicked(v any, stack []byte) }); ok {
			e.guard(func() { p.Panicked(v, stack) })
			return
		}
		e.drop(u)
	}()
	u.Tick(t)
}

// payOwed steps the units whose time came while another was stepped, one after the
// other, until nobody waits. Steps go on in the middle of that, and commands are
// applied.
func (e *Engine) payOwed() {
	for len(e.owed) > 0 && !e.isStopped() {
		s := e.owed[0]
		e.owed = slices.Delete(e.owed, 0, 1)
		if s.debt == 0 {
			continue // removed
		}
		first, now := e.step, e.media.now()
		e.tick = e.newTick(now, s.owed)
		s.owed += int64(TickDuration)
		if s.debt--; s.debt > 0 {
			e.owed = append(e.owed, s)
		}
		e.maxLate(now - e.tick.Nominal)
		e.stepSeat(s, &e.tick)
		e.out.flush()
		e.worked(e.media.now()-now, e.step-first)
		e.apply()
	}
}

// between does the next step, if its time has come, in the middle of a unit's
// tick: ports are read and light units stepped. Commands wait: they might change
// what the unit is at.
func (e *Engine) between() {
	nominal := e.step * int64(phaseDuration)
	if e.inner.out != nil {
		return // in the middle of the middle
	}
	now := e.media.now()
	if now < nominal || now-nominal > int64(maxCatchUp) {
		return // what is to be skipped is, at the end of the tick
	}
	e.inner = e.newTick(now, nominal)
	e.step++
	e.drain(e.opens(nominal))
	e.stepSeats(e.phases[e.inner.Phase].seats, &e.inner, true)
	e.out.flush()
	e.inner = Tick{}
	e.began(now - nominal)
	e.others += e.media.now() - now
}
