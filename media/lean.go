package media

import "time"

// Yield lets the engine do what is due in the middle of a long tick: it reads its
// ports and steps small units, so that they are not late because this one is big.
// A unit calls it between parts of its work of a fraction of a millisecond; it
// keeps no payload given to Send that it is still going to change. While it waits
// for this to return, no command is applied.
func (t *Tick) Yield() {
	if t.engine != nil {
		t.engine.between()
	}
}

// Sooner asks for the unit's ticks to come sooner by so many phases of 5 ms, from
// the next one on, which then follows in less than TickDuration. The answer is
// false if the engine has no room for the unit there, or it is too late.
func (t *Tick) Sooner(phases int) bool {
	if t.engine == nil || t.seat == nil || phases <= 0 || phases >= Phases {
		return false
	}
	if next := t.Nominal + int64(Phases-phases)*int64(phaseDuration); t.engine.step*int64(phaseDuration) > next {
		return false // that step has been while this tick went on
	}
	if !t.engine.mayHop(t.seat, (t.seat.phase+Phases-phases)%Phases) {
		return false
	}
	t.seat.hop = phases
	return true
}

// Punctual is an Audio that knows how its packets come. The bridge lets a room's
// ticks lean towards the packets of those who are heard.
type Punctual interface {
	// Spare is by how much sooner the ticks of the last seconds could have come
	// without a packet being late for one, beyond that by how long all sound
	// waits. It is not known until the leg has been stepped evenly for a while.
	Spare() (d time.Duration, known bool)
}

// Talker is one of those who are heard in a room.
type Talker struct {
	Spare  time.Duration // as Punctual tells
	Weight float64       // how much of the last seconds' talk was its
	Talks  bool          // at the moment
}

const (
	// leanMargin is the spare time that leaning leaves: what comes and goes in the
	// network within seconds is in Spare already.
	leanMargin = time.Millisecond
	// leanGain is what a hop must save in the mean.
	leanGain = 4 * time.Millisecond
	// cutIn is what it counts, of delay, that somebody misses a tick in mid-word.
	cutIn = 15 * time.Millisecond
)

// Lean says by how many phases a room's ticks should come sooner, so that what the
// talkers say waits least, in the mean by weight. Sound that comes too late for
// the sooner tick waits for the one after it.
func Lean(talkers []Talker) (phases int) {
	weight := leanWeight(talkers)
	if weight == 0 {
		return 0
	}
	best := leanWait(talkers, 0) - weight*leanGain.Seconds()
	for k := 1; k < Phases; k++ {
		if w := leanWait(talkers, k); w <= best {
			phases, best = k, w
		}
	}
	return phases
}

func leanWeight(talkers []Talker) (sum float64) {
	for i := range talkers {
		sum += talkers[i].Weight
	}
	return sum
}

// leanWait is how long the talkers' sound would wait k phases sooner, in seconds.
func leanWait(talkers []Talker, k int) (sum float64) {
	for i := range talkers {
		v := &talkers[i]
		wait := v.Spare
		for wait >= TickDuration+leanMargin {
			wait -= TickDuration // the playout will save a whole tick by itself
		}
		wait -= time.Duration(k) * phaseDuration
		if k > 0 && wait < leanMargin {
			wait += TickDuration
			if v.Talks {
				wait += cutIn
			}
		}
		sum += v.Weight * wait.Seconds()
	}
	return sum
}

var _ Punctual = (*Stream)(nil)

// Spare implements Punctual. A packet that another engine reads may come through
// the ring a step later than it arrived.
func (s *Stream) Spare() (d time.Duration, known bool) {
	if s.in.buffer == nil || s.hold || s.closed.Load() {
		return 0, false
	}
	d, known = s.in.buffer.Spare()
	if p := s.port.engine; p != nil && p != s.engine.Load() {
		d -= phaseDuration
	}
	return d, known
}
