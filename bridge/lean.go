package bridge

import "github.com/partyline/partyline/media"

// leaning lets a room's ticks come soon after the packets of those who are heard
// in it. It only ever makes them come sooner: whoever is heard then waits less
// and misses nothing. The room's time so runs ahead of the clock, by a tick for
// four hops of a phase, which the legs make up for while the room is quiet.
type leaning struct {
	talkers []media.Talker
	unheard float64 // weight of those of whom it is not known how they come
	ticks   int     // since it was last considered
	rest    int     // seconds until the room may hop again
	ahead   int     // ticks' phases that the room is ahead of the clock by
	seconds int     // since it was last forgiven one
	still   int     // ticks in a row until now in which nobody was heard
}

const (
	// leanEvery is how often it is considered, in ticks: once a second.
	leanEvery = 50
	// leanRest is for how many seconds a room stays where it has hopped to.
	leanRest = 3
	// mostAhead is how far the room may be ahead, in phases: two ticks.
	mostAhead = 2 * media.Phases
	// forgiveness is after how many seconds being ahead by a phase does not count
	// any more. Listeners follow a clock that goes so much wrong: 250 ppm.
	forgiveness = 20
	// What a tick in the mix counts, and one that is speech; and what is left of
	// all a second later.
	mixedCounts, talkCounts = 1, 5
	fading                  = 0.7
	// Whoever speaks pauses, within longestSpurt (in ticks), to a level by pauseDepth
	// (in dB) softer. What does not pause is a tone, music or noise, to which nobody
	// waits for an answer: it counts for little, whatever it was before.
	longestSpurt  = 250
	pauseDepth    = 12
	peakFade      = 0.1 // dB a tick
	endlessCounts = 1
)

// part is a strip's part in what was heard of late.
type part struct {
	said     float64
	loud     float64 // its recent peak, -dBov
	unbroken int     // ticks in the mix without a pause
}

// heed counts a tick in which the strip was heard.
func (p *part) heed(level uint8, talks bool) {
	l := float64(level)
	p.loud = min(l, p.loud+peakFade)
	if p.unbroken++; l >= p.loud+pauseDepth {
		p.unbroken = 0
	}
	switch {
	case p.unbroken > longestSpurt:
		p.said = endlessCounts
	case talks:
		p.said += talkCounts
	default:
		p.said += mixedCounts
	}
}

// lean considers, once a second, whether the ticks should come sooner.
func (s *space) lean(t *media.Tick) {
	l := &s.leaning
	if l.ticks++; l.ticks < leanEvery {
		return
	}
	l.ticks = 0
	l.talkers, l.unheard = l.talkers[:0], 0
	for _, st := range s.strips {
		if st.part.said > 0 {
			l.take(st)
		}
	}
	l.pass()
	if k := l.phases(); k > 0 && t.Sooner(k) {
		l.rest = leanRest
		l.ahead += k
	}
}

// take asks a leg that was heard how long its sound waits.
func (l *leaning) take(st *strip) {
	said := st.part.said
	if st.part.said *= fading; st.part.said < endlessCounts/2.0 {
		st.part.said = 0
	}
	if p, ok := st.audio.(media.Punctual); ok {
		if spare, known := p.Spare(); known {
			l.talkers = append(l.talkers, media.Talker{Spare: spare, Weight: said, Talks: st.talking})
			return
		}
	}
	l.unheard += said
}

// phases is by how many the ticks should come sooner.
func (l *leaning) phases() int {
	if l.rest > 0 {
		return 0
	}
	known := 0.0
	for i := range l.talkers {
		known += l.talkers[i].Weight
	}
	if known <= l.unheard {
		return 0
	}
	return min(media.Lean(l.talkers), mostAhead-l.ahead)
}

// pass lets a second pass.
func (l *leaning) pass() {
	l.rest = max(0, l.rest-1)
	if l.seconds++; l.seconds >= forgiveness {
		l.seconds = 0
		l.ahead = max(0, l.ahead-1)
	}
}

// quiet notes whether nobody was heard in a tick: if that goes on, and the room is a
// whole tick ahead, the legs have just left one out.
func (l *leaning) quiet(is bool) {
	if !is {
		l.still = 0
		return
	}
	if l.still = min(l.still+1, media.Still+1); l.still > media.Still && l.ahead >= media.Phases {
		l.ahead -= media.Phases
	}
}
