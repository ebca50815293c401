package codec

import (
	"bytes"
	"math"
)

// The scale factors say how large the differences are that the predictors leave. How
// much that is of the sound depends on its colour: of noise, 3 dB less; of a tone,
// 40. So they do not tell a level, but that a line is as it was when its level was
// heard last. Whatever begins is not predicted yet, and they rise. If they rise by
// much or fall far, the payload has to be decoded. If they rise by a little, the
// decoder listens for a moment; and every other second to a line that stays the same,
// since a tone could swell so slowly that it is always predicted. A line for which it
// would listen again and again is decoded.

const (
	quietSame = 1  // dB by which noise exceeds itself
	quietRise = 6  // dB: more is no noise
	quietFall = 6  // dB, downwards
	quietTrue = 64 // payloads for which a level holds, and up to twice as many
	quietTry  = 3  // chunks decoded before the one that is listened to
	quietRest = 10 // payloads decoded of a line that may not be quiet, between two attempts
)

// g722Loud is how large scale factors are, in dB.
type g722Loud struct{ low, high float32 }

// g722Gauge is what a decoder knows of its line's level.
type g722Gauge struct {
	known bool     // what follows is known
	level float32  // of what was decoded last for that, in -dBov
	loud  g722Loud // the scale factors then
	left  int      // payloads for which that holds
	since int      // payloads skipped since
	rest  int      // payloads for which no level is told

	asked bool // the next payload decoded tells its level
	told  bool // the level of the next payload has been told

	// What was followed last, from where and to where.
	from, to g722Scale
	now      g722Loud
	n        int
	code     [g722Chunk]byte
}

// Level implements Gauge: 0 if it may be anything.
func (d *g722Decoder) Level(payload []byte) uint8 {
	g := &d.gauge
	if g.rest > 0 {
		g.rest--
		return 0
	}
	if len(payload) == 0 || g.asked {
		return 0
	}
	from := d.scale()
	to, loud := g.follow(from, payload)
	up := max(loud.low-g.loud.low, loud.high-g.loud.high)
	same := g.known && g.left > 0 && up <= quietSame && up >= -quietFall
	if !same && g.known && up <= quietRise && g.since > quietTry && d.listen(payload) {
		g.learn(to, loud)
		same, up = true, 0
	}
	if !same {
		g.asked, g.told = true, false
		return 0
	}
	g.told = true
	return uint8(max(0, min(126, g.level-up+0.5)))
}

// listen decodes a payload that is not decoded otherwise, with a few before it, for
// its level: as well as that goes with predictors that are out of date, which are
// renewed by it. It says whether it could.
func (d *g722Decoder) listen(payload []byte) bool {
	s := &d.skipped
	if s.count < g722Warm || len(payload) > g722Chunk {
		return false
	}
	var line g722Line
	for i := s.count - quietTry; i < s.count; i++ {
		p := &s.chunks[(s.oldest+i)%g722Warm]
		if i == s.count-quietTry {
			d.low.nb, d.high.nb = p.scale.low, p.scale.high
		}
		d.bands(&line, p.code[:p.n])
	}
	d.bands(&line, payload)
	// The sum and the difference of the bands are half of what they make together.
	d.gauge.heard(line[g722Taps-2:][:2*len(payload)], 2)
	return true
}

// skipped says that a payload was skipped.
func (g *g722Gauge) skipped() {
	g.left--
	g.since++
	g.told, g.asked = false, false
}

// before is asked before a payload is decoded: whether its level is wanted.
func (g *g722Gauge) before(from g722Scale, payload []byte) (wanted bool) {
	if g.told { // its level was not enough
		g.told, g.known, g.rest = false, false, quietRest
	}
	if !g.asked {
		return false
	}
	g.asked = false
	g.learn(g.follow(from, payload))
	return true
}

// learn takes the scale factors of a payload whose level is heard.
func (g *g722Gauge) learn(to g722Scale, loud g722Loud) {
	g.known, g.loud, g.since = true, loud, 0
	// Lines that began together are not listened to together.
	g.left = quietTrue + int(to.low)%quietTrue
}

// heard takes the sound whose level was wanted, times a factor.
func (g *g722Gauge) heard(pcm []int16, factor int64) {
	var sum int64
	for _, s := range pcm {
		sum += int64(s) * int64(s)
	}
	sum *= factor * factor
	g.level = float32(-10 * math.Log10(float64(max(sum, 1))/float64(len(pcm))/(1<<30)))
}

// follow is g722Scale's, which a payload that is gauged and then skipped does once.
func (g *g722Gauge) follow(from g722Scale, payload []byte) (to g722Scale, loud g722Loud) {
	if from == g.from && bytes.Equal(payload, g.code[:g.n]) {
		return g.to, g.now
	}
	to, loud = from.follow(payload)
	if len(payload) <= len(g.code) {
		g.from, g.to, g.now = from, to, loud
		g.n = copy(g.code[:], payload)
	}
	return to, loud
}

func loudness(low, high, n int64) g722Loud {
	return g722Loud{
		low:  float32(10 * math.Log10(float64(low)/float64(n))),
		high: float32(10 * math.Log10(float64(high)/float64(n))),
	}
}
