package load

import (
	"math"
	"math/cmplx"
	"slices"
)

// Presence is how much of the talkers' tones was heard.
type Presence struct {
	// Tones is how many tones were looked for, Heard how many of them were there
	// most of the time.
	Tones, Heard int
	// Seconds of tone, and the Missing ones among them: where a tone fell silent for
	// 20 ms or more, or leapt by a frame.
	Seconds, Missing float64
	Dropouts, Slips  int
}

func (p *Presence) add(q Presence) {
	p.Tones += q.Tones
	p.Heard += q.Heard
	p.Seconds += q.Seconds
	p.Missing += q.Missing
	p.Dropouts += q.Dropouts
	p.Slips += q.Slips
}

// window is the length of an analysis window: tones 100 Hz apart do not disturb each
// other in it.
const windowMS = 10

// presence follows a tone through a track, from where its decoder has run in.
func (t *track) presence(hz float64) Presence {
	bins := t.bins(hz)
	bins = bins[min(t.runIn/windowMS, len(bins)):]
	p := Presence{Tones: 1, Seconds: float64(len(bins)) * windowMS / 1000}
	levels := make([]float64, len(bins))
	for i, b := range bins {
		levels[i] = cmplx.Abs(b)
	}
	slices.Sort(levels)
	if len(levels) == 0 {
		return p
	}
	usual := levels[len(levels)/2]
	if usual < toneLevel/8 {
		p.Missing = p.Seconds
		return p
	}
	p.Heard = 1
	p.gaps(bins, usual)
	p.slips(bins, usual)
	return p
}

// gaps counts where the tone falls below half of its level for 20 ms or more.
func (p *Presence) gaps(bins []complex128, usual float64) {
	run := 0
	for i := range len(bins) + 1 {
		if i < len(bins) && cmplx.Abs(bins[i]) < usual/2 {
			run++
			continue
		}
		if run >= 2 {
			p.Dropouts++
			p.Missing += float64(run) * windowMS / 1000
		}
		run = 0
	}
}

// slips counts where the phase leaps and stays there, with no silence: sound was left
// out or said twice.
func (p *Presence) slips(bins []complex128, usual float64) {
	const leap, stays = 0.9, 5
	have, run, phase := false, 0, 0.0
	for _, b := range bins {
		if cmplx.Abs(b) < 0.7*usual {
			have = have && cmplx.Abs(b) > usual/2 // what a gap leaves behind is counted there
			continue
		}
		now := cmplx.Phase(b)
		if !have {
			have, phase, run = true, now, 0
			continue
		}
		d := math.Remainder(now-phase, 2*math.Pi)
		if math.Abs(d) <= leap {
			phase, run = phase+d/10, 0
			continue
		}
		if run++; run == stays {
			p.Slips++
			p.Missing += frameMS / 1000.0
			phase, run = now, 0
		}
	}
}

// bins are the tone's complex amplitudes, window by window. The reference runs on
// with the track, so that a steady tone keeps its phase.
func (t *track) bins(hz float64) []complex128 {
	n := t.rate * windowMS / 1000
	period := t.rate * toneRepeat / 1000
	turn := make([]complex128, period)
	for i := range turn {
		turn[i] = cmplx.Rect(2/float64(n), -2*math.Pi*hz*float64(i)/float64(t.rate))
	}
	out := make([]complex128, 0, len(t.pcm)/n)
	for at := 0; at+n <= len(t.pcm); at += n {
		var sum complex128
		for i, v := range t.pcm[at : at+n] {
			sum += complex(v, 0) * turn[(at+i)%period]
		}
		out = append(out, sum)
	}
	return out
}
