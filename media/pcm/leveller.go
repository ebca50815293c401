package pcm

import (
	"math"

	"github.com/partyline/partyline/internal/cacheline"
)

// Leveller brings talkers to one level and tells whether somebody talks.
//
// It learns a talker's level from sound that is periodic (voiced speech, tones,
// music) and well above the noise floor, and moves the gain only while there is
// such sound: in pauses the gain rests, so that nothing pumps. Noise alone never
// raises the gain, and a talker's gain is held below what would make the noise
// behind the voice loud.
type Leveller struct {
	manner
	period periodicity
}

// manner is what the leveller knows of the talker, but for the sound.
type manner struct {
	rate    int
	enabled bool

	floor    noiseFloor
	repeats  int     // periodic frames in a row
	evidence float64 // seconds left in which sound counts as speech
	hang     float64 // seconds left in which a pause counts as talking
	voiced   bool
	level    uint8 // of the last block, -dBov

	power   float64 // of speech, mean square; full scale is 1
	learned float64 // seconds of speech in it
	moving  bool    // the gain is on its way
	gain    float64 // dB
	applied float32 // factor at the end of the last block
}

// How talkers are levelled. Levels in dBFS, gains in dB, rates in dB a second
// of speech.
const (
	levelTarget   = -21
	levelMostUp   = 20
	levelMostDown = -18
	levelNoise    = -42 // where a talker's noise floor may be lifted to
	levelFast     = 20  // up, while the talker is new
	levelSlow     = 6   // up, later
	levelDown     = 30
	levelNew      = 2.0 // seconds of speech for which a talker is new
	levelMemory   = 1.5 // seconds of speech that make the level
	levelBand     = 1.5 // deviation that starts the gain moving
	levelHeadroom = 31000
)

// What counts as talking.
const (
	talkAbove    = 9    // dB over the noise floor
	talkLeast    = -58  // dBFS
	talkPeriodic = 0.72 // periodicity
	talkEvidence = 0.4  // seconds after a periodic frame
	talkHang     = 0.2
)

// NewLeveller makes a leveller for samples of rate Hz. It is enabled.
func NewLeveller(rate int) *Leveller {
	l := &Leveller{manner: manner{rate: rate, enabled: true}}
	l.Reset()
	return l
}

// Reset forgets the talker, for another one on the same stream.
func (l *Leveller) Reset() {
	*l = Leveller{manner: manner{rate: l.rate, enabled: l.enabled, applied: 1}}
	l.floor.reset()
	l.period.step = max(l.rate/4000, 1)
}

// Touch fetches what Quiet needs (package cacheline).
func (l *Leveller) Touch() byte { return cacheline.Touch(&l.manner) }

// SetEnabled turns levelling on or off. While off, sound passes bit by bit
// (after one block in which the gain goes back to 0 dB); talk is still detected.
func (l *Leveller) SetEnabled(on bool) { l.enabled = on }

// Voiced says whether somebody talks: speech, tones or music, but not noise.
// Pauses of up to 200 ms are bridged.
func (l *Leveller) Voiced() bool { return l.voiced }

// Gain is the gain in dB that the last block ended with.
func (l *Leveller) Gain() float64 {
	if !l.enabled {
		return 0
	}
	return l.gain
}

// Level is the level of the last block given to Process, as it came: 0 (full
// scale) to 127 (silence), in -dBov.
func (l *Leveller) Level() uint8 { return l.level }

// Process levels a block of 10 to 60 ms in place.
func (l *Leveller) Process(pcm []int16) {
	if len(pcm) == 0 {
		return
	}
	seconds := float64(len(pcm)) / float64(l.rate)
	level, db := l.measure(pcm)
	l.level = uint8(max(0, min(127, 0.5-level)))
	speech := l.detect(pcm, db, seconds)
	if !l.enabled {
		l.apply(pcm, 1)
		return
	}
	if speech {
		l.learn(math.Pow(10, db/10), seconds)
	}
	l.move(speech, seconds)
	g := float32(Amplitude(l.gain))
	if l.gain == 0 {
		g = 1
	}
	if g > 1 {
		if peak := float32(Peak(pcm)); g*peak > levelHeadroom {
			g = max(1, levelHeadroom/peak)
			l.gain = 20 * math.Log10(float64(g))
		}
	}
	l.apply(pcm, g)
}

// Quiet takes in a block of the given seconds of which only the level in dBFS is
// known, if that is enough: if it is too soft to be speech. If not, it returns
// false and the block must be given to Process.
func (l *Leveller) Quiet(dB, seconds float64) bool {
	if l.rises(dB) || l.loud(dB) {
		return false
	}
	l.detect(nil, dB, seconds)
	if l.enabled {
		l.move(false, seconds)
	}
	return true
}

// rises says whether a level stands out of the noise, loud whether it would be
// much for noise.
func (l *Leveller) rises(dB float64) bool { return dB > max(l.floor.level()+talkAbove, talkLeast) }
func (l *Leveller) loud(dB float64) bool  { return dB > levelNoise }

// measure returns the level in dBFS, and what it is without the mean.
func (l *Leveller) measure(pcm []int16) (all, db float64) {
	var s, t int32 // two of each keep the adders busy
	var a, b int64
	n := len(pcm) &^ 1
	for i := 0; i < n; i += 2 {
		x, y := int32(pcm[i]), int32(pcm[i+1])
		s += x
		t += y
		a += int64(x * x)
		b += int64(y * y)
	}
	if n < len(pcm) {
		x := int32(pcm[n])
		s += x
		a += int64(x * x)
	}
	samples := float64(len(pcm))
	mean := float64(s+t) / samples
	power := float64(a+b) / samples
	all = decibels(power)
	if mean*mean < power/64 { // less than 0.07 dB
		return all, all
	}
	return all, decibels(power - mean*mean)
}

// decibels turns a mean square of samples into dBFS.
func decibels(power float64) float64 {
	if power <= 0 {
		return -127
	}
	return 10 * math.Log10(power/(1<<30))
}

// detect updates the noise floor and Voiced and says whether this block is
// speech to learn from. Whether it is periodic is asked only of what is not too
// soft for speech: that takes longer than all the rest.
func (l *Leveller) detect(pcm []int16, db, seconds float64) bool {
	above, loud := l.rises(db), l.loud(db)
	periodic := false
	if above || loud {
		l.period.feed(pcm)
		periodic = l.period.exceeds(talkPeriodic)
	} else {
		l.period.miss()
	}
	if periodic {
		l.repeats++
	} else {
		l.repeats = 0
	}
	// A steady tone is no noise floor, unless it is as quiet as hum.
	if !periodic || !loud {
		l.floor.feed(db, seconds)
	}
	speech := l.repeats >= 2
	if speech {
		l.evidence = talkEvidence
	}
	if l.evidence > 0 {
		l.evidence -= seconds
		if above || periodic {
			l.hang = talkHang
		}
	}
	l.voiced = l.hang > 0
	l.hang -= seconds
	return speech
}

// learn takes a block of speech into the talker's level.
func (l *Leveller) learn(power, seconds float64) {
	l.learned += seconds
	w := seconds / min(l.learned, levelMemory)
	l.power += (power - l.power) * w
}

// move takes the gain towards where the talker's level is right.
func (l *Leveller) move(speech bool, seconds float64) {
	ceiling := max(0, levelNoise-l.floor.level())
	if l.gain > ceiling {
		l.gain = max(ceiling, l.gain-levelSlow*seconds)
	}
	if !speech {
		return
	}
	want := levelTarget - 10*math.Log10(l.power)
	want = min(max(want, levelMostDown), levelMostUp, ceiling)
	off := want - l.gain
	if math.Abs(off) > levelBand {
		l.moving = true
	}
	if !l.moving {
		return
	}
	up := float64(levelSlow)
	if l.learned < levelNew {
		up = levelFast
	}
	l.gain += max(-levelDown*seconds, min(up*seconds, off))
	l.moving = math.Abs(want-l.gain) > 0.1
}

// apply multiplies pcm by a factor that goes from the last one to g.
func (l *Leveller) apply(pcm []int16, g float32) {
	from := l.applied
	l.applied = g
	if from == 1 && g == 1 {
		return
	}
	if from == g {
		for i, s := range pcm {
			pcm[i] = round(float32(s) * g)
		}
		return
	}
	// Down for a peak within 2 ms, else over the whole block.
	n := len(pcm)
	if g < from*0.9 {
		n = min(n, l.rate/500)
	}
	step := (g - from) / float32(n)
	v := from
	for i, s := range pcm {
		if i < n {
			v += step
		}
		pcm[i] = round(float32(s) * v)
	}
}

// noiseFloor is the lowest level of the last one to one and a half seconds.
type noiseFloor struct {
	lows [3]float64 // by half second, the newest first
	age  float64
}

const floorLeast = -70 // dBFS: what a quiet line has

func (f *noiseFloor) reset() {
	f.age = 0
	for i := range f.lows {
		f.lows[i] = 0
	}
}

func (f *noiseFloor) feed(db, seconds float64) {
	f.age += seconds
	if f.age > 0.5 {
		f.age = 0
		f.lows[2], f.lows[1], f.lows[0] = f.lows[1], f.lows[0], 0
	}
	f.lows[0] = min(f.lows[0], max(db, floorLeast))
}

// level is floorLeast as long as nothing is known.
func (f *noiseFloor) level() float64 {
	low := min(f.lows[0], f.lows[1], f.lows[2])
	if low == 0 {
		return floorLeast
	}
	return low
}
