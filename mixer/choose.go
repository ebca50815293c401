package mixer

import "slices"

// Who is in the mix changes only for a reason: who comes in stays for a while,
// and only somebody clearly louder takes its place.
const (
	tenure = uint64(ticksPerSecond) / 5
	margin = 3 // dB
)

// hear takes in what the ports gave.
func (m *Mixer) hear() {
	m.sounding = 0
	for _, p := range m.ports {
		p.weigh()
		if p.sounds() && !p.muted {
			m.sounding++
		}
	}
}

// choose keeps the loudest few as members.
func (m *Mixer) choose() {
	few := m.sounding <= fewSounding
	kept := m.members[:0]
	for _, p := range m.members {
		if p.worth(few) {
			kept = append(kept, p)
		} else {
			p.member = false
		}
	}
	clear(m.members[len(kept):])
	m.members = kept

	for _, p := range m.candidates(few) {
		if len(m.members) < m.cfg.Loudest {
			m.enlist(p)
			continue
		}
		i := m.weakest()
		if i < 0 || p.rank < m.members[i].rank+margin {
			break // the next candidates are softer
		}
		m.members[i].member = false
		m.members[i] = m.members[len(m.members)-1]
		m.members = m.members[:len(m.members)-1]
		m.enlist(p)
	}
}

func (m *Mixer) enlist(p *Port) {
	p.member, p.since = true, m.tick
	m.members = append(m.members, p)
}

// candidates are those not in the mix who would be worth it, loudest first, at
// most as many as there are places.
func (m *Mixer) candidates(few bool) []*Port {
	best := m.best[:0]
	for _, p := range m.ports {
		if p.member || !p.put || !p.worth(few) {
			continue
		}
		if len(best) < m.cfg.Loudest {
			best = append(best, p)
		} else if p.rank <= best[len(best)-1].rank {
			continue
		} else {
			best[len(best)-1] = p
		}
		for i := len(best) - 1; i > 0 && best[i].rank > best[i-1].rank; i-- {
			best[i], best[i-1] = best[i-1], best[i]
		}
	}
	m.best = best
	return best
}

// weakest is the softest member that has been one for long enough; -1: none.
func (m *Mixer) weakest() int {
	w := -1
	for i, p := range m.members {
		if m.tick-p.since >= tenure && (w < 0 || p.rank < m.members[w].rank) {
			w = i
		}
	}
	return w
}

// sum adds up what the members and those who fade out say.
func (m *Mixer) sum() {
	for _, p := range m.ports {
		if p.member || p.whole {
			p.speak()
			if p.inSum {
				m.room.sums[p.rate].add(p.in, p.rate, m.tick)
			}
		} else {
			p.inSum = false
		}
		p.put, p.quiet = false, false
	}
}

// dropVoice takes the port out of the mix for good; what it was saying fades out
// in the coming tick.
func (p *Port) dropVoice() {
	m := p.mixer
	if m != nil && p.whole {
		if p.put {
			fadeOut(p.in)
		} else {
			echoOut(p.in)
		}
		m.room.play(p.in, rateHz(p.rate), m.tick+1)
	}
	if m != nil && p.member {
		i := slices.Index(m.members, p)
		m.members = slices.Delete(m.members, i, i+1)
	}
	p.member, p.whole, p.inSum, p.put, p.quiet = false, false, false, false, false
}
