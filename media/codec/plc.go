package codec

import "math"

// concealer stands in for lost sound of a waveform codec by repeating the last
// pitch period, in the manner of ITU-T G.711 Appendix I: one period for the
// first 10 ms, two and three as the loss goes on, fading to silence at 60 ms.
// Unlike the Appendix it adds no delay: what it cannot overlap at the start of
// the loss it bends, and it overlaps with the true sound when that is back.
type concealer struct {
	rate    int
	history []int16 // the last 50 ms heard, oldest first; made when first needed

	lost    int // samples concealed since sound was last heard
	pitch   int // length of a period; 0: there is nothing to repeat
	periods int // in use, 1 to 3
	pos     int // next sample, counted from the start of the periods in use
	fade    int // samples left of the cross-fade from the shorter loop
	oldPos  int // position in that loop
	bend    float32
}

// Limits of the pitch that is searched for (G.711 Appendix I §2.2: 66–200 Hz,
// widened for high voices), the span compared, and the fade.
const (
	plcShortest = 2500 // µs
	plcLongest  = 15000
	plcWindow   = 20000
	plcHistory  = 50000
	plcHold     = 10000
	plcEnd      = 60000

	// plcShorter is how much of the resemblance of a longer lag will do for a
	// shorter one.
	plcShorter = 0.93
)

func newConcealer(rate int) *concealer {
	return &concealer{rate: rate}
}

func (c *concealer) samples(us int) int { return c.rate / 1000 * us / 1000 }

func (c *concealer) reset() {
	h := c.history
	clear(h)
	*c = concealer{rate: c.rate, history: h}
}

// heard takes sound that was decoded. After a loss it blends the sound's start
// with the repetition.
func (c *concealer) heard(pcm []int16) {
	if c.lost > 0 {
		c.recover(pcm)
	}
	if c.history == nil {
		c.history = make([]int16, c.samples(plcHistory))
	}
	h := c.history
	if len(pcm) >= len(h) {
		copy(h, pcm[len(pcm)-len(h):])
		return
	}
	copy(h, h[len(pcm):])
	copy(h[len(h)-len(pcm):], pcm)
}

// recover cross-fades over a quarter period, longer the longer the loss was, at
// most 10 ms.
func (c *concealer) recover(pcm []int16) {
	n := min(c.pitch/4+c.lost/5, c.samples(plcHold), len(pcm))
	if c.pitch == 0 {
		n = min(c.samples(5000), len(pcm))
	}
	for i := range n {
		w := (float32(i) + 0.5) / float32(n)
		pcm[i] = int16(c.next()*(1-w) + float32(pcm[i])*w)
	}
	c.lost, c.pitch = 0, 0
}

// conceal fills dst with the continuation of what was heard.
func (c *concealer) conceal(dst []int16) {
	if c.lost == 0 {
		c.begin()
	}
	for i := range dst {
		dst[i] = int16(c.next())
	}
}

func (c *concealer) begin() {
	c.pitch = 0
	if c.history != nil {
		c.pitch = c.findPitch()
	}
	c.periods, c.pos, c.fade = 1, 0, 0
	c.bend = 0
	if c.pitch > 0 {
		end := len(c.history)
		c.bend = float32(c.history[end-1]) - float32(c.history[end-1-c.pitch])
	}
}

// next is one sample of the repetition, faded.
func (c *concealer) next() float32 {
	t := c.lost
	hold, end := c.samples(plcHold), c.samples(plcEnd)
	c.lost++
	if c.pitch == 0 || t >= end {
		return 0
	}
	if t > 0 && t%hold == 0 && c.periods < 3 && (c.periods+1)*c.pitch+c.pitch/4 <= len(c.history) {
		c.oldPos, c.fade = c.pos, c.pitch/4
		c.pos %= c.pitch
		c.periods++
	}
	v := c.loop(c.pos, c.periods)
	c.pos++
	if c.pos == c.periods*c.pitch {
		c.pos = 0
	}
	if c.fade > 0 {
		w := float32(c.fade) / float32(c.pitch/4+1)
		v += (c.loop(c.oldPos, c.periods-1) - v) * w
		c.oldPos++
		if c.oldPos == (c.periods-1)*c.pitch {
			c.oldPos = 0
		}
		c.fade--
	}
	if q := c.pitch / 4; t < q {
		v += c.bend * float32(q-t) / float32(q)
		v = max(-32768, min(32767, v))
	}
	if t > hold {
		v *= float32(end-t) / float32(end-hold)
	}
	return v
}

// loop reads sample i of the last n periods heard; the end of the loop fades
// into what came before its start, so that it repeats without a step.
func (c *concealer) loop(i, n int) float32 {
	span := n * c.pitch
	start := len(c.history) - span
	v := float32(c.history[start+i])
	if q := c.pitch / 4; i >= span-q {
		w := float32(i-(span-q)+1) / float32(q+1)
		v += (float32(c.history[start+i-span]) - v) * w
	}
	return v
}

// findPitch returns the lag at which the end of the history resembles itself
// most, searched at 4 kHz or below and refined at the full rate; 0 if all is
// silent.
func (c *concealer) findPitch() int {
	step := max(c.rate/4000, 1)
	shortest, longest, window := c.samples(plcShortest), c.samples(plcLongest), c.samples(plcWindow)
	best, at := float32(0), 0
	for lag := longest; lag >= shortest; lag -= step {
		// A multiple of the period resembles as much as the period: the shorter
		// lag wins unless it is clearly worse.
		if r := c.resemblance(lag, window, step); r > best*plcShorter {
			best, at = r, lag
		}
	}
	if best <= 0 {
		if c.silent(window) {
			return 0
		}
		return longest // noise: the longest loop is the least tonal
	}
	if step > 1 {
		mid := at
		best = float32(math.Inf(-1))
		for lag := max(mid-step+1, shortest); lag <= min(mid+step-1, longest); lag++ {
			if r := c.resemblance(lag, window, 2); r > best {
				best, at = r, lag
			}
		}
	}
	return at
}

// resemblance is the correlation of the last window samples with those lag
// before, normalised by the energy of the latter.
func (c *concealer) resemblance(lag, window, step int) float32 {
	end := len(c.history)
	var cross, energy float32
	for i := end - window; i < end; i += step {
		a, b := float32(c.history[i]), float32(c.history[i-lag])
		cross += a * b
		energy += b * b
	}
	if energy == 0 {
		return 0
	}
	return cross / float32(math.Sqrt(float64(energy)))
}

func (c *concealer) silent(window int) bool {
	for _, s := range c.history[len(c.history)-window:] {
		if s < -8 || s > 8 {
			return false
		}
	}
	return true
}
