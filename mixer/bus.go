package mixer

import "github.com/partyline/partyline/media/pcm"

// bus is all that is heard in one place, the room or its lobby: a sum for each
// rate, and what a listener of each rate hears of them all. What nobody asks for
// is not computed.
type bus struct {
	sums  [rates]sum
	flats [rates]flat
	cross [rates][rates]*cross // from, to
	mixes [rates]mix
}

// sum is what was added up natively at one rate.
type sum struct {
	tick uint64 // of acc; older: there is no sound
	acc  []int32
}

func (s *sum) add(pcm []int16, rate int, tick uint64) {
	if s.acc == nil {
		s.acc = make([]int32, tickSamples(rate))
	}
	n := min(len(pcm), len(s.acc))
	if s.tick != tick {
		s.tick = tick
		for i, v := range pcm[:n] {
			s.acc[i] = int32(v)
		}
		clear(s.acc[n:])
		return
	}
	acc := s.acc[:n]
	for i, v := range pcm[:n] {
		acc[i] += int32(v)
	}
}

// play adds sound that is no port's for the coming tick.
func (b *bus) play(pcm []int16, rate int, tick uint64) {
	if i, ok := rateIndex(rate); ok && len(pcm) > 0 {
		b.sums[i].add(pcm, i, tick)
	}
}

// flat is a sum limited to 16 bits, on its way to other rates.
type flat struct {
	tick    uint64
	pcm     []int16
	limiter *pcm.Limiter
}

func (b *bus) flatten(rate int, tick uint64) []int16 {
	f := &b.flats[rate]
	if f.tick == tick {
		return f.pcm
	}
	if f.pcm == nil {
		f.pcm = make([]int16, tickSamples(rate))
		f.limiter = pcm.NewLimiter(rateHz(rate))
	}
	f.tick = tick
	f.limiter.Process(f.pcm, b.sums[rate].acc)
	return f.pcm
}

// cross carries one rate's sum into another rate.
type cross struct {
	resampler *pcm.Resampler
	tick      uint64
	tail      bool // the filter still holds sound
	live      bool // out holds sound
	out       []int16
	zeros     []int16
}

func newCross(from, to int) *cross {
	return &cross{
		resampler: pcm.NewResampler(rateHz(from), rateHz(to)),
		out:       make([]int16, tickSamples(to)),
		zeros:     make([]int16, tickSamples(from)),
	}
}

// feed resamples in, or nil for silence, and returns nil when the result is
// silence. It costs nothing in silence.
func (c *cross) feed(in []int16, tick uint64) []int16 {
	if c.tick+1 != tick { // nobody listened meanwhile
		c.resampler.Reset()
		c.tail = false
	}
	c.tick = tick
	c.live = in != nil || c.tail
	if !c.live {
		return nil
	}
	c.tail = in != nil
	if in == nil {
		in = c.zeros
	}
	c.resampler.Process(c.out, in)
	return c.out
}

// from is the sum of another rate at rate to; nil: silence.
func (b *bus) from(rate, to int, tick uint64) []int16 {
	c := b.cross[rate][to]
	live := b.sums[rate].tick == tick
	if c == nil {
		if !live {
			return nil
		}
		c = newCross(rate, to)
		b.cross[rate][to] = c
	}
	if c.tick == tick {
		if !c.live {
			return nil
		}
		return c.out
	}
	if !live {
		return c.feed(nil, tick)
	}
	return c.feed(b.flatten(rate, tick), tick)
}

// gather adds up in dst all that is heard at rate to, except what comes from
// the rate skip (-1: none), and says whether that is anything.
func (b *bus) gather(dst []int32, to, skip int, tick uint64) bool {
	some := skip != to && b.sums[to].tick == tick
	if some {
		copy(dst, b.sums[to].acc)
	}
	for rate := range rates {
		if rate == to || rate == skip {
			continue
		}
		in := b.from(rate, to, tick)
		if in == nil {
			continue
		}
		if !some {
			clear(dst)
			some = true
		}
		accumulate(dst, in)
	}
	return some
}

func accumulate(dst []int32, pcm []int16) {
	dst = dst[:len(pcm)]
	for i, v := range pcm {
		dst[i] += int32(v)
	}
}

// mix is what a listener of one rate hears who is not heard itself.
type mix struct {
	tick  uint64 // of total
	some  bool   // there is any sound
	total []int32

	frame   uint64 // tick of pcm
	silent  bool   // pcm is silence
	level   uint8
	pcm     []int16 // limited
	limiter *pcm.Limiter
}

// total is what is heard at a rate, before the limiter; nil is silence.
func (b *bus) total(rate int, tick uint64) []int32 {
	x := &b.mixes[rate]
	if x.tick != tick {
		x.tick = tick
		if x.total == nil {
			x.total = make([]int32, tickSamples(rate))
		}
		x.some = b.gather(x.total, rate, -1, tick)
	}
	if !x.some {
		return nil
	}
	return x.total
}

// limited is total in 16 bits. It is made once in a tick.
func (b *bus) limited(rate int, tick uint64) *mix {
	x := &b.mixes[rate]
	if x.frame == tick {
		return x
	}
	x.ready(rate)
	x.frame = tick
	total := b.total(rate, tick)
	if x.silent = total == nil; x.silent {
		x.limiter.Reset()
		clear(x.pcm)
		x.level = silent
		return x
	}
	x.limiter.Process(x.pcm, total)
	x.level = pcm.LevelDBov(x.pcm)
	return x
}

// ready makes what limited needs.
func (x *mix) ready(rate int) {
	if x.pcm == nil {
		x.pcm = make([]int16, tickSamples(rate))
		x.limiter = pcm.NewLimiter(rateHz(rate))
	}
}
