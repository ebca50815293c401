package mixer

import "github.com/partyline/partyline/media/codec"

const (
	// calmTicks is for how long a listener of a codec with memory keeps its own
	// encode when nothing demands it any more.
	calmTicks = ticksPerSecond / 2
	// Then an Opus listener waits for a pause, but not for ever: an encode of its
	// own is dear, and the change-over 33 dB below a tone.
	patience = ticksPerSecond
	// settleTicks is the time one of G.722 gives its limiter to come to rest before it
	// follows the shared encode.
	settleTicks = ticksPerSecond / 5

	// So many ports at once may have their own encode only to change over
	// without a click: an Opus encode takes 100 to 200 µs, one of G.722 10.
	fewTransits  = 8
	manyTransits = 64

	// manyOwns is how many Opus encodes of its own a room has before a prompt has to
	// wait: 3 to 5 ms of a tick. A crowd that comes is addressed by and by; meanwhile it
	// hears the room, with all the others.
	manyOwns = 24
)

// ear is what a port hears and how it is coded.
type ear struct {
	hearing Hearing // wanted
	heard   Hearing // in the last tick
	overlay *overlay
	prompt  *prompt // that it heard last
	told    uint64  // tick in which it did

	volume, volumeNow float32
	duck              duck

	asked  codec.Format // as Output was told
	format codec.Format // as it is coded; zero: nothing is
	group  *group       // shared encode, if own is nil
	branch              // its own encode, if it has one
	aside  *aside
	sent   bool
	marked [2]codec.Packet
}

// branch is an encode beside a shared one that it returns to: a port's own, or that of
// an audience.
type branch struct {
	own  *coder
	led  bool // own follows the shared encode, to go over to it
	calm int  // ticks without a reason for own
}

// setFormat begins to code what the port hears in f.
func (p *Port) setFormat(f codec.Format) {
	if p.own == nil && p.group != nil && p.group.audience != nil {
		p.duck = p.group.duck // as it heard the room until now
	}
	p.releaseOwn()
	p.asked, p.sent, p.group = f, false, nil
	p.format = codec.Format{}
	if f.IsZero() {
		return
	}
	s, ok := settle(f)
	if !ok {
		return
	}
	m := p.mixer
	g := m.group(p.hearing, s)
	if g.coder == nil {
		return
	}
	p.format, p.group = s, g
	p.heard, p.volumeNow = p.hearing, p.volume
	// A packet that is already half full holds what this port may not have been
	// meant to hear, and a decoder of G.722 expects its encoder to begin as it
	// does.
	running := g.coder.live(m.tick) || g.coder.tick == m.tick
	midway := position(m.tick-1, s.Ptime) != 0
	need := p.needsOwn() || p.told == m.tick
	if need || running && (midway || s.Name == codec.G722 && m.transits < manyTransits) {
		if p.own = m.take(s); p.own != nil {
			p.own.begin(m.tick)
			p.own.limiter.Reset()
			p.led = p.own.follower() && !need
			m.transits++
			m.owns += p.opus()
		}
	}
}

// needsOwn says whether the port hears in this tick what nobody else does, prompts
// aside: of these others may hear the same.
func (p *Port) needsOwn() bool {
	return p.inSum && p.hearing == HearRoom ||
		p.volume != unity || p.volumeNow != unity || p.duck != 1 || p.overlaid()
}

// overlaid says whether the port has an overlay in this tick.
func (p *Port) overlaid() bool { return p.overlay != nil && p.overlay.tick == p.mixer.tick }

// assign decides, before anything is coded, who has an encode of its own.
func (m *Mixer) assign() {
	m.transits, m.owns = 0, 0
	m.countAudiences()
	for _, p := range m.ports {
		if p.format.IsZero() {
			continue
		}
		m.assignTo(p)
		m.owns += p.opus()
	}
	m.prune()
}

// opus is 1 if the branch has an Opus encode.
func (b *branch) opus() int {
	if b.own != nil && b.own.format.Name == codec.Opus {
		return 1
	}
	return 0
}

// assignTo decides for one port.
func (m *Mixer) assignTo(p *Port) {
	need := p.needsOwn()
	if p.own == nil {
		if !need && p.hearing == p.heard && !p.group.gone && m.shares(p) {
			return // nearly everyone, nearly always
		}
		if !need && p.told != m.tick && !p.mayTransit() {
			p.join(m.group(p.hearing, p.format))
			return
		}
		p.enter()
		if p.own == nil {
			return
		}
		need = p.needsOwn()
	}
	if need || p.told == m.tick || p.hearing != p.heard {
		p.part()
		return
	}
	p.calm++
	p.group = m.group(p.hearing, p.format)
	if p.mayReturn(m, p.group) {
		p.leave(m, p.group)
		p.releaseOwn()
		return
	}
	p.approach(m, p.group)
}

// mayTransit says whether one more port may have its own encode for a change of
// what it hears.
func (p *Port) mayTransit() bool {
	switch {
	case p.group.gone:
		return false
	case p.format.Name == codec.Opus:
		return p.mixer.transits < fewTransits
	}
	return p.mixer.transits < manyTransits
}

// join makes the port one of g's listeners from this tick on.
func (p *Port) join(g *group) {
	p.group, p.heard = g, p.hearing
}

// enter gives the port its own encode, which goes on where the shared one is.
func (p *Port) enter() {
	m := p.mixer
	c := m.take(p.format)
	if c == nil {
		return
	}
	p.own, p.calm = c, 0
	if p.group.audience != nil {
		p.duck = p.group.duck
	}
	m.branchOff(c, p.group)
	m.transits++
}

// branchOff lets c go on where the shared encode is.
func (m *Mixer) branchOff(c *coder, g *group) {
	if g.gone || !g.coder.live(m.tick) {
		c.begin(m.tick)
		c.limiter.Reset()
		return
	}
	m.limitAsHeard(c, g)
	c.adopt(g.coder, m.tick)
}

// part ends what leads back to the shared encode: there is a reason for an own
// one.
func (p *Port) part() {
	p.calm = 0
	if p.led {
		p.led = false
		p.mixer.limitAsHeard(p.own, p.group)
	}
}

// limitAsHeard lets c's limiter go on where that of the shared sound is.
func (m *Mixer) limitAsHeard(c *coder, g *group) {
	if g.audience != nil {
		*c.limiter = *g.coder.limiter
		return
	}
	if b := m.bus(g.hearing); b != nil && b.mixes[c.rate].frame+1 == m.tick {
		*c.limiter = *b.mixes[c.rate].limiter
	}
}

// mayReturn says whether one can go over to the shared encode in this tick without
// anybody hearing it.
func (b *branch) mayReturn(m *Mixer, g *group) bool {
	c := b.own
	if g.coder == nil {
		return false
	}
	if !g.coder.live(m.tick) { // nobody uses it: it will go on from here
		return !c.stateful || b.calm >= calmTicks
	}
	if position(m.tick-1, c.format.Ptime) != 0 {
		return false
	}
	switch {
	case !c.stateful:
		return true
	case b.led:
		return c.inStep(g.coder)
	case c.format.Name != codec.Opus:
		return false
	case m.transits >= fewTransits: // others wait already
		return b.calm >= calmTicks/2
	}
	return b.calm >= calmTicks && c.hush || b.calm > calmTicks+patience
}

// approach is what is done while one may not return yet.
func (b *branch) approach(m *Mixer, g *group) {
	b.led = b.led || b.calm >= settleTicks && b.own.follower() && g.coder.live(m.tick)
	m.transits++
}

// leave prepares the shared encode for those who come back to it.
func (b *branch) leave(m *Mixer, g *group) {
	c := b.own
	if g.coder.live(m.tick) {
		return
	}
	g.coder.adopt(c, m.tick)
	if bus := m.bus(g.hearing); bus != nil {
		x := &bus.mixes[c.rate]
		x.ready(c.rate)
		*x.limiter = *c.limiter
	}
	g.used = m.tick
}

func (p *Port) releaseOwn() {
	if p.own != nil && p.mixer != nil {
		p.mixer.give(p.own)
	}
	p.own, p.calm, p.led = nil, 0, false
}

// mark returns what c sends in this tick, as this port's: its first packet after
// a pause is marked as such, whatever it is for others.
func (p *Port) mark(c *coder) []codec.Packet {
	out := c.packets[:c.n]
	if c.n == 0 {
		if c.quiet && c.due(c.tick) {
			p.sent = false
		}
		return nil
	}
	if !p.sent && !out[0].Talkspurt {
		copy(p.marked[:], out)
		p.marked[0].Talkspurt = true
		out = p.marked[:c.n]
	}
	p.sent = !c.quiet
	return out
}
