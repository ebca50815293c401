package mixer

import "github.com/partyline/partyline/media/pcm"

// code makes the packets that only this port gets.
func (p *Port) code(c *coder) {
	m := p.mixer
	if !c.live(m.tick) {
		c.begin(m.tick)
	}
	if p.led {
		c.follow(m.code(p.group), m.tick)
		return
	}
	c.codeSum(m.scratch[:len(c.frame)], p.listen(c), m.tick)
}

// listen puts into the mixer's scratch sum all that the port hears in this tick,
// and says whether that is anything.
func (p *Port) listen(c *coder) bool {
	m := p.mixer
	sum := m.scratch[:len(c.frame)]
	some := p.minus(sum, p.hearing, c)
	if p.hearing != p.heard {
		some = p.changeOver(sum, some, c) || some
		p.heard = p.hearing
	}
	from := p.volumeNow * float32(p.duck)
	over, told := p.overlaid(), p.told == m.tick
	p.duck.step(over || told)
	p.volumeNow = p.volume
	if some {
		ramp(sum, from, p.volumeNow*float32(p.duck))
	}
	if over {
		some = lay(sum, some, p.overlay.at(c.rate, m.tick))
	}
	if told {
		some = lay(sum, some, p.prompt.at(c.rate, m.tick))
	}
	return some
}

// minus puts into sum what is heard at h less what the port says itself.
func (p *Port) minus(sum []int32, h Hearing, c *coder) bool {
	m := p.mixer
	b := m.bus(h)
	if b == nil {
		return false
	}
	if h != HearRoom || !p.inSum {
		total := b.total(c.rate, m.tick)
		copy(sum, total)
		return total != nil
	}
	if p.rate == c.rate {
		total := b.total(c.rate, m.tick)
		copy(sum, total)
		subtract(sum, p.in)
		return true
	}
	return p.minusAside(sum, b, c)
}

func subtract(dst []int32, pcm []int16) {
	dst = dst[:len(pcm)]
	for i, v := range pcm {
		dst[i] -= int32(v)
	}
}

// minusAside serves the rare leg that speaks at one rate and hears at another:
// its own rate's sum is resampled for it alone, without it.
func (p *Port) minusAside(sum []int32, b *bus, c *coder) bool {
	m := p.mixer
	some := b.gather(sum, c.rate, p.rate, m.tick)
	if p.aside == nil || p.aside.from != p.rate || p.aside.to != c.rate {
		p.aside = newAside(p.rate, c.rate)
	}
	a := p.aside
	copy(a.sum, b.sums[p.rate].acc)
	subtract(a.sum, p.in)
	a.limiter.Process(a.pcm, a.sum)
	out := a.cross.feed(a.pcm, m.tick)
	if !some {
		clear(sum)
	}
	accumulate(sum, out)
	return true
}

// aside is what minusAside needs.
type aside struct {
	from, to int
	sum      []int32
	pcm      []int16
	limiter  *pcm.Limiter
	cross    *cross
}

func newAside(from, to int) *aside {
	n := tickSamples(from)
	return &aside{
		from: from, to: to,
		sum: make([]int32, n), pcm: make([]int16, n),
		limiter: pcm.NewLimiter(rateHz(from)),
		cross:   newCross(from, to),
	}
}

// changeOver fades from what the port heard before into sum, what it hears now.
func (p *Port) changeOver(sum []int32, some bool, c *coder) bool {
	if !some {
		clear(sum)
	}
	old := p.mixer.spare[:len(sum)]
	if !p.minus(old, p.heard, c) {
		clear(old)
	}
	n := len(sum) / fadeParts
	for i := range n {
		sum[i] = (sum[i]*int32(i) + old[i]*int32(n-i)) / int32(n)
	}
	return true
}
