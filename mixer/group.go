package mixer

import (
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// idleTicks is for how long an encoder, a group or an overlay nobody uses is
// kept: Opus encoders are big.
const idleTicks = uint64(5 * ticksPerSecond)

// group is one encode for all who hear the same and want it coded the same.
type group struct {
	hearing Hearing
	coder   *coder // nil: the format cannot be coded
	format  codec.Format
	used    uint64 // tick of the last output
	gone    bool

	*audience // nil: nothing but what is heard there
}

// group finds or makes the group of a hearing and format.
func (m *Mixer) group(h Hearing, f codec.Format) *group {
	for _, g := range m.groups {
		if g.hearing == h && g.format == f {
			return g
		}
	}
	g := &group{hearing: h, format: f, used: m.tick}
	if c, err := newCoder(f); err == nil {
		g.coder = c
	}
	m.groups = append(m.groups, g)
	return g
}

// code makes the group's packets of this tick, once.
func (m *Mixer) code(g *group) *coder {
	c := g.coder
	if c.tick == m.tick {
		return c
	}
	g.used = m.tick
	if !c.live(m.tick) {
		c.begin(m.tick)
	}
	if g.audience != nil {
		m.address(g)
		return c
	}
	b := m.bus(g.hearing)
	if b == nil {
		if c.frame == nil {
			c.frame = make([]int16, tickSamples(c.rate))
		}
		c.code(c.frame, true, silent, m.tick)
		return c
	}
	x := b.limited(c.rate, m.tick)
	c.code(x.pcm, x.silent, x.level, m.tick)
	return c
}

// bus is where a port of this hearing listens; nil: nowhere.
func (m *Mixer) bus(h Hearing) *bus {
	switch h {
	case HearRoom:
		return &m.room
	case HearLobby:
		return &m.lobby
	}
	return nil
}

// prune gives up what has not been used for a while.
func (m *Mixer) prune() {
	if m.tick%uint64(ticksPerSecond) != 0 {
		return
	}
	groups := m.groups[:0]
	for _, g := range m.groups {
		if m.tick-g.used < idleTicks {
			groups = append(groups, g)
		} else {
			g.gone = true
		}
	}
	clear(m.groups[len(groups):])
	m.groups = groups
	m.pruneAudiences()

	idle := m.idle[:0]
	for _, c := range m.idle {
		if m.tick-c.used < idleTicks {
			idle = append(idle, c)
		}
	}
	clear(m.idle[len(idle):])
	m.idle = idle
	for _, p := range m.ports {
		if p.overlay != nil && m.tick-p.overlay.tick >= idleTicks {
			p.overlay = nil
		}
		if p.told != m.tick {
			p.prompt = nil
		}
	}
}

// take finds a coder that is not in use, or makes one; nil: it cannot be made.
func (m *Mixer) take(f codec.Format) *coder {
	for i, c := range m.idle {
		if c.format == f {
			last := len(m.idle) - 1
			m.idle[i] = m.idle[last]
			m.idle[last] = nil
			m.idle = m.idle[:last]
			return c
		}
	}
	c, err := newCoder(f)
	if err != nil {
		return nil
	}
	n := tickSamples(c.rate)
	c.frame, c.limiter = make([]int16, n), pcm.NewLimiter(rateHz(c.rate))
	if len(m.scratch) < n {
		m.scratch, m.spare = make([]int32, n), make([]int32, n)
	}
	return c
}

func (m *Mixer) give(c *coder) {
	c.used = m.tick
	m.idle = append(m.idle, c)
}
