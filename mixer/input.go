package mixer

import "github.com/partyline/partyline/media/pcm"

// When a leg counts as heard. Levels are in -dBov: a smaller number is louder.
const (
	silent = 127 // no sound at all

	// gateAlways: what is louder than this is worth mixing whatever the leg's
	// noise floor; gateNever: what is softer is not. Between them, gateAbove the
	// floor decides. A line at rest has -65 to -75 dBov.
	gateAlways = 62
	gateNever  = 72
	gateAbove  = 9
	floorLeast = gateNever + gateAbove

	gateHold = ticksPerSecond / 2      // pauses between words
	talkHold = 3 * ticksPerSecond / 10 // after the last syllable

	// fewSounding: while no more legs than this give any sound there is nothing
	// to choose, and all of it is mixed as it is.
	fewSounding = 3

	floorRise = 0.06 // dB a tick: 3 dB/s
	rankDecay = 1    // dB a tick
)

// voice is what a port says.
type voice struct {
	rate     int // index
	in       []int16
	put      bool // in holds this tick's sound
	quiet    bool // the level is known, and that it is not worth the sound
	muted    bool
	leveller *pcm.Leveller

	gain, gainNow float32
	gainDB        float32

	level  uint8   // as it arrived, -dBov
	floor  float32 // of the noise, -dBov
	rank   float32 // how loud it is after its gain, in dB, for choosing
	open   int     // ticks for which it is still worth mixing
	talk   int     // ticks for which it still counts as talking
	member bool    // one of the loudest
	since  uint64  // tick at which it became one
	whole  bool    // it was in the sum at the end of the last tick
	inSum  bool    // it is in this tick's sum, in being what it added
}

func (v *voice) setRate(rate int, levelling bool) {
	i, _ := rateIndex(rate)
	v.rate = i
	v.in = make([]int16, tickSamples(i))
	v.put = false
	v.leveller = pcm.NewLeveller(rateHz(i))
	v.leveller.SetEnabled(levelling)
	v.level, v.floor, v.rank = silent, floorLeast, -silent
	v.open, v.talk = 0, 0
}

// sounds says whether the port gave anything but digital silence in this tick.
func (v *voice) sounds() bool { return (v.put || v.quiet) && v.level < silent }

// dismiss takes in a tick of that level without its sound, unless it may be worth
// hearing.
func (v *voice) dismiss(level uint8) bool {
	floor := v.follow(level)
	if v.open > 0 || level <= gate(floor) || !v.leveller.Quiet(-float64(level), tickDuration.Seconds()) {
		return false
	}
	v.level, v.floor, v.quiet = level, floor, true
	return true
}

// weigh takes this tick's sound in: how loud it is, whether it is speech, and
// what of it is said after levelling and gain.
func (v *voice) weigh() {
	if !v.put {
		if !v.quiet {
			v.level = silent
		}
		v.rest()
		return
	}
	if v.muted && !v.whole {
		v.level = pcm.LevelDBov(v.in)
		v.rest()
		return
	}
	v.leveller.Process(v.in)
	v.level = v.leveller.Level()
	amplify(v.in, v.gainNow, v.gain)
	v.gainNow = v.gain

	if v.leveller.Voiced() {
		v.talk = talkHold
		v.open = gateHold
	} else {
		v.talk = max(0, v.talk-1)
		v.open = max(0, v.open-1)
	}
	v.floor = v.follow(v.level)
	if v.level <= gate(v.floor) {
		v.open = gateHold
	}
	loud := v.gainDB - float32(v.level)
	v.rank = max(loud, v.rank-rankDecay)
	if v.muted {
		v.open, v.talk = 0, 0
	}
}

// rest is a tick without a voice.
func (v *voice) rest() {
	v.open, v.talk = max(0, v.open-1), max(0, v.talk-1)
	v.rank = max(-silent, v.rank-rankDecay)
	if v.muted {
		v.open, v.talk = 0, 0
	}
}

// follow is the noise floor after a tick of that level.
func (v *voice) follow(level uint8) float32 {
	l := float32(level)
	if l > v.floor {
		return min(l, floorLeast) // softer: at once
	}
	return max(l, v.floor-floorRise)
}

// gate is the level that speech has over a noise floor.
func gate(floor float32) uint8 {
	return uint8(max(gateAlways, min(gateNever, floor-gateAbove)))
}

// worth says whether the voice may be in the mix; few, that hardly anybody else
// gives any sound.
func (v *voice) worth(few bool) bool {
	return !v.muted && (v.open > 0 || few && v.sounds())
}

// speak turns in into what the port adds to the sum: all of it, a fade, the end
// of what it said before, or nothing.
func (v *voice) speak() {
	will := v.member && v.put && !v.muted
	v.inSum = will || v.whole
	switch {
	case will && !v.whole:
		fadeIn(v.in)
	case !will && v.whole && v.put:
		fadeOut(v.in)
	case !will && v.whole:
		echoOut(v.in)
	}
	v.whole = will
}
