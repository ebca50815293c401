package mixer

import "slices"

// Place is where 20 ms of a prompt lie in memory that nobody writes to any more. Ports
// that are told what lies at one place, from the same tick on, hear the same. The zero
// Place is nowhere: such a sound is one port's alone.
type Place struct {
	at *int16
	n  int
}

// PlaceOf is the place of samples, 20 ms or what is left of the prompt.
func PlaceOf(pcm []int16) Place {
	if len(pcm) == 0 {
		return Place{}
	}
	return Place{&pcm[0], len(pcm)}
}

// prompt is what ports are told, from one tick on.
type prompt struct {
	born   uint64  // its first tick
	before *prompt // that it parted from then, if it did
	tick   uint64  // of pcm
	place  Place
	rate   int // index
	pcm    []int16
	past   []int16       // of the tick before; nil: there was none
	ways   [rates]*cross // to other rates
}

// Prompt adds 20 ms of a prompt to what this leg hears in this tick; the room is ducked
// by 12 dB beneath it. at is where they lie: legs that are told the same from the same
// tick on share an encode. It is called once in a tick, before Mix, and keeps nothing
// of pcm. Silence goes on with a prompt but begins none.
func (p *Port) Prompt(pcm []int16, rate int, at Place) {
	i, ok := rateIndex(rate)
	if !ok || len(pcm) == 0 || p.mixer == nil {
		return
	}
	m := p.mixer
	now := m.tick + 1
	x := p.prompt
	switch {
	case x == nil || p.told != m.tick: // it begins
		if isSilence(pcm) {
			return
		}
		p.prompt = m.prompt(pcm, i, at, nil)
	case x.tick != now:
		x.say(pcm, i, at, now)
	case at.n == 0 || x.place != at: // here their ways part
		p.prompt = m.prompt(pcm, i, at, x)
	}
	p.told = now
}

// begun finds the prompt that begins in the coming tick at a place, after another one
// or after nothing.
func (m *Mixer) begun(at Place, before *prompt) *prompt {
	if at.n == 0 {
		return nil
	}
	for _, x := range m.prompts {
		if x.born == m.tick+1 && x.place == at && x.before == before {
			return x
		}
	}
	return nil
}

// prompt finds or begins one.
func (m *Mixer) prompt(pcm []int16, rate int, at Place, before *prompt) *prompt {
	if x := m.begun(at, before); x != nil {
		return x
	}
	x := &prompt{born: m.tick + 1, before: before}
	if before != nil && before.rate == rate {
		x.rate, x.tick = rate, m.tick
		x.pcm = slices.Clone(before.past)
	}
	x.say(pcm, rate, at, x.born)
	m.prompts = append(m.prompts, x)
	return x
}

// say takes in the tick's samples.
func (x *prompt) say(pcm []int16, rate int, at Place, tick uint64) {
	n := tickSamples(rate)
	if x.rate != rate || x.pcm == nil {
		x.rate, x.pcm, x.past, x.ways = rate, make([]int16, n), nil, [rates]*cross{}
	} else {
		if x.past == nil {
			x.past = make([]int16, n)
		}
		x.pcm, x.past = x.past, x.pcm
	}
	x.place, x.tick = at, tick
	clear(x.pcm[copy(x.pcm, pcm[:min(n, len(pcm))]):])
}

// at is the tick's prompt at another rate, made once.
func (x *prompt) at(to int, tick uint64) []int16 {
	if to == x.rate {
		return x.pcm
	}
	w := x.ways[to]
	if w == nil {
		w = newCross(x.rate, to)
		x.ways[to] = w
	}
	if w.tick == tick {
		return w.out
	}
	if w.tick+1 != tick && x.past != nil {
		w.feed(x.past, tick-1) // the filters look back less than a tick
	}
	return w.feed(x.pcm, tick)
}

// audience is those who are told the same beneath the same room, and code it the same:
// they share one encode, which branches off the shared one of all others, or of another
// audience, and returns to it when the prompt is over, all of them together.
type audience struct {
	branch
	prompt *prompt
	base   *group // that it returns to
	from   *group // that it came from, as long as others may
	born   uint64
	duck   duck
	judged uint64 // tick for which over was decided
	over   bool   // it has returned
}

// shares decides for a port that hears nothing of its own but perhaps a prompt which
// shared encode is its. It says false if none can be.
func (m *Mixer) shares(p *Port) bool {
	told, a := p.told == m.tick, p.group.audience
	switch {
	case a == nil && !told:
		return true
	case told:
		if a == nil || a.prompt != p.prompt {
			g := m.audience(p.group, p.prompt)
			if g == nil {
				return false
			}
			p.group = g
		}
		return true
	case a.prompt.tick == m.tick: // it goes on without this one
		return false
	}
	if m.disbands(p.group) {
		p.group = a.base
	}
	return true
}

// audience finds or makes that of a prompt for those who come from one group in this
// tick; nil if it cannot be coded.
func (m *Mixer) audience(from *group, x *prompt) *group {
	for _, g := range m.audiences {
		if g.born == m.tick && g.from == from && g.prompt == x {
			return g
		}
	}
	c := m.take(from.format)
	if c == nil {
		return nil
	}
	a := &audience{prompt: x, base: from, from: from, born: m.tick, duck: 1}
	if from.audience != nil {
		a.base, a.duck = from.base, from.duck
	}
	a.own = c
	m.branchOff(c, from)
	g := &group{hearing: from.hearing, format: from.format, coder: c, used: m.tick, audience: a}
	m.audiences = append(m.audiences, g)
	m.owns += a.opus()
	return g
}

// disbands says whether an audience whose prompt is over returns in this tick.
func (m *Mixer) disbands(g *group) bool {
	a := g.audience
	if a.judged == m.tick {
		return a.over
	}
	a.judged = m.tick
	if a.duck != 1 {
		return false
	}
	if a.base.gone {
		a.base = m.group(g.hearing, g.format)
	}
	a.calm++
	if a.over = a.mayReturn(m, a.base); a.over {
		a.leave(m, a.base)
	} else {
		a.approach(m, a.base)
	}
	return a.over
}

// address makes an audience's packets of this tick.
func (m *Mixer) address(g *group) {
	a, c := g.audience, g.coder
	if !a.base.gone {
		a.base.used = m.tick // it is kept for their return
	}
	if a.led {
		c.follow(m.code(a.base), m.tick)
		return
	}
	sum, some := m.scratch[:len(c.frame)], false
	if b := m.bus(g.hearing); b != nil {
		total := b.total(c.rate, m.tick)
		copy(sum, total)
		some = total != nil
	}
	from, told := float32(a.duck), a.prompt.tick == m.tick
	a.duck.step(told)
	if some {
		ramp(sum, from, float32(a.duck))
	}
	if told {
		some = lay(sum, some, a.prompt.at(c.rate, m.tick))
	}
	c.codeSum(sum, some, m.tick)
}

// countAudiences counts the encodes of audiences, as assign does those of ports.
func (m *Mixer) countAudiences() {
	for _, g := range m.audiences {
		if g.coder.live(m.tick) {
			m.owns += g.opus()
		}
	}
}

// pruneAudiences gives up audiences and prompts that nobody belongs to any more. Of the
// others it forgets where they came from: nobody follows them from there.
func (m *Mixer) pruneAudiences() {
	audiences := m.audiences[:0]
	for _, g := range m.audiences {
		g.from = nil
		if g.used+1 >= m.tick {
			audiences = append(audiences, g)
		} else {
			g.gone = true
			m.give(g.coder)
		}
	}
	clear(m.audiences[len(audiences):])
	m.audiences = audiences

	prompts := m.prompts[:0]
	for _, x := range m.prompts {
		if x.tick == m.tick {
			x.before = nil
			prompts = append(prompts, x)
		}
	}
	clear(m.prompts[len(prompts):])
	m.prompts = prompts
}
