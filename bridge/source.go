package bridge

import (
	"time"

	"github.com/partyline/partyline/mixer"
)

// SourceRate is the sampling rate of a Source, in Hz.
const SourceRate = 16000

// sourceFrame is one tick of a Source, in samples.
const sourceFrame = SourceRate / 50

// Source is sound that the gateway itself makes: a prompt, a tone, music. The
// engine that plays it calls Next once a tick: it fills frame (320 samples, 20 ms
// at 16 kHz) and says whether there was anything left. It neither blocks nor
// allocates.
type Source interface {
	Next(frame []int16) bool
}

// Placed is a Source whose samples lie where nobody writes any more. Place is where those
// of the coming Next are, nowhere if there are none: parties that are played the same
// from the same tick on share what it costs to code it.
type Placed interface {
	Source
	Place() mixer.Place
}

// Clip plays PCM of 16 kHz once. The samples are shared and never written to.
type Clip struct {
	pcm []int16
}

// NewClip returns a Source that plays pcm, 16 kHz, once.
func NewClip(pcm []int16) *Clip { return &Clip{pcm: pcm} }

// Next implements Source.
func (c *Clip) Next(frame []int16) bool {
	if len(c.pcm) == 0 {
		return false
	}
	n := copy(frame, c.pcm)
	clear(frame[n:])
	c.pcm = c.pcm[n:]
	return true
}

// Place implements Placed.
func (c *Clip) Place() mixer.Place { return mixer.PlaceOf(c.pcm[:min(len(c.pcm), sourceFrame)]) }

// Loop plays PCM of 16 kHz again and again: music on hold.
type Loop struct {
	pcm []int16
	at  int
}

// NewLoop returns a Source that repeats pcm, 16 kHz, without end. An empty pcm
// ends at once.
func NewLoop(pcm []int16) *Loop { return &Loop{pcm: pcm} }

// Next implements Source.
func (l *Loop) Next(frame []int16) bool {
	if len(l.pcm) == 0 {
		return false
	}
	for n := 0; n < len(frame); {
		k := copy(frame[n:], l.pcm[l.at:])
		n += k
		l.at = (l.at + k) % len(l.pcm)
	}
	return true
}

// Pause is silence of a given length, rounded up to whole ticks.
type Pause struct {
	ticks int
}

// NewPause returns a Source of d of silence.
func NewPause(d time.Duration) *Pause {
	const tick = 20 * time.Millisecond
	return &Pause{ticks: int((d + tick - 1) / tick)}
}

// Next implements Source.
func (s *Pause) Next(frame []int16) bool {
	if s.ticks <= 0 {
		return false
	}
	s.ticks--
	clear(frame)
	return true
}

// stillness is what all pauses are made of.
var stillness [sourceFrame]int16

// Place implements Placed.
func (s *Pause) Place() mixer.Place {
	if s.ticks <= 0 {
		return mixer.Place{}
	}
	return mixer.PlaceOf(stillness[:])
}

// Playback is sound under way to one party or to a room.
type Playback struct {
	sources []Source
	done    chan struct{}
	ended   bool // owned by the engine that plays
	stop    func(*Playback)
}

// Done is closed when the sound has ended, was stopped, or its listener left.
func (p *Playback) Done() <-chan struct{} { return p.done }

// Stop ends the sound.
func (p *Playback) Stop() { p.stop(p) }

// next fills frame from the first source that has sound left.
func (p *Playback) next(frame []int16) bool {
	for len(p.sources) > 0 {
		if p.sources[0].Next(frame) {
			return true
		}
		p.sources = p.sources[1:]
	}
	return false
}

// place is where the coming tick's samples lie, if they have a place.
func (p *Playback) place() mixer.Place {
	for _, s := range p.sources {
		placed, ok := s.(Placed)
		if !ok {
			break
		}
		if at := placed.Place(); at != (mixer.Place{}) {
			return at
		}
	}
	return mixer.Place{}
}

// finish closes Done, once.
func (p *Playback) finish() {
	if !p.ended {
		p.ended = true
		p.sources = nil
		close(p.done)
	}
}
