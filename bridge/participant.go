package bridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/mixer"
)

// keysKept is how many presses are kept for a caller who types ahead: a meeting
// number and a PIN, each with its #, are 29.
const keysKept = 32

// noticesKept is how many notices wait for a reader.
const noticesKept = 8

// Participant is one leg inside the bridge: in a hall, where it hears only what
// is played to it, in a room's lobby, or in the room. Its methods may be called
// from any goroutine but an engine's; what they change happens between ticks.
type Participant struct {
	id     string
	leg    Leg
	bridge *Bridge

	keys    chan media.Key
	notices chan Notice
	press   pressFilter

	engine atomic.Pointer[media.Engine] // steps the strip now
	level  *atomic.Uint32               // the strip's

	// Owned by the engine.
	strip  *strip
	space  *space  // where the strip is; nil once it has left the bridge
	member *member // in a room or its lobby
	left   chan struct{}
	once   sync.Once
}

// ID is the leg's.
func (p *Participant) ID() string { return p.id }

// Leg is the call.
func (p *Participant) Leg() Leg { return p.leg }

// Keys gives the party's key presses, each once. The first 32 not yet taken are
// kept, so that a caller may type ahead of the prompts.
func (p *Participant) Keys() <-chan media.Key { return p.keys }

// Notices tells what others did to this participant: admitted, muted, removed.
// The newest are lost when nobody reads.
func (p *Participant) Notices() <-chan Notice { return p.notices }

// InputLevel is how loud the party was in the last tick while its sound was
// echoed or recorded, in -dBov: 0 loud, 127 silent.
func (p *Participant) InputLevel() uint8 { return uint8(p.level.Load()) }

// do runs f between ticks on the engine that steps the participant, wherever it
// is by then.
func (p *Participant) do(f func()) {
	e := p.engine.Load()
	e.Do(func() {
		if p.engine.Load() != e { // it has moved in the meantime
			p.do(f)
			return
		}
		f()
	})
}

// Play plays sources one after the other to this participant alone, over what
// it hears anyway. It takes the place of what was played before.
func (p *Participant) Play(sources ...Source) *Playback {
	b := &Playback{sources: sources, done: make(chan struct{})}
	b.stop = func(b *Playback) {
		p.do(func() {
			if p.strip.play == b {
				p.strip.play = nil
			}
			b.finish()
		})
	}
	p.do(func() {
		if p.space == nil {
			b.finish()
			return
		}
		if p.strip.play != nil {
			p.strip.play.finish()
		}
		p.strip.play = b
	})
	return b
}

// SetVolume changes how loud the participant hears the others, in dB.
func (p *Participant) SetVolume(db int) {
	p.do(func() {
		p.strip.volume = db
		if p.strip.port != nil {
			p.strip.port.SetVolume(db)
		}
	})
}

// Echo lets the party hear itself after delay; 0 ends that.
func (p *Participant) Echo(delay time.Duration) {
	p.do(func() {
		p.strip.echo = nil
		if delay > 0 && p.space != nil {
			p.strip.echo = newEchoLine(int(int64(p.strip.audio.Rate()) * int64(delay) / int64(time.Second)))
		}
	})
}

// Record returns what the party says from now on, at 16 kHz, until the context
// ends or the recording is longest long.
func (p *Participant) Record(ctx context.Context, longest time.Duration) []int16 {
	r := newRecording(int(int64(SourceRate) * int64(longest) / int64(time.Second)))
	p.do(func() {
		if p.space == nil {
			r.finish()
			return
		}
		if p.strip.record != nil {
			p.strip.record.finish()
		}
		p.strip.record = r
	})
	select {
	case <-r.done:
	case <-ctx.Done():
	case <-p.bridge.closed:
		return nil
	}
	p.do(func() { // after this nothing writes to r
		if p.strip.record == r {
			p.strip.record = nil
		}
		r.finish()
	})
	select {
	case <-r.done:
		return r.pcm
	case <-p.bridge.closed:
		return nil
	}
}

// Exit takes the participant out of the bridge: out of its room, its lobby or
// the hall. It waits until no engine steps the leg any more; a second call does
// nothing. It does not end the call.
func (p *Participant) Exit() {
	p.once.Do(func() {
		p.do(func() {
			p.leaveRoom()
			if p.space != nil {
				p.strip.silence()
				p.space.cut(p.strip)
				p.space = nil
			}
			p.bridge.forget(p)
			close(p.left)
		})
	})
	select {
	case <-p.left:
	case <-p.bridge.closed:
	}
}

// move takes the strip from its space to another one. It runs on the strip's
// engine; then runs on the other's, once the strip is there.
func (p *Participant) move(to *space, listening bool, hearing mixer.Hearing, then func()) {
	if p.space != nil {
		p.space.cut(p.strip)
	}
	land := func() {
		p.strip.listening, p.strip.hearing = listening, hearing
		p.space = to
		to.add(p.strip)
		then()
	}
	if to.engine == p.engine.Load() {
		land()
		return
	}
	p.space = nil
	p.strip.audio.Attach(to.engine)
	to.engine.Do(land)
	p.engine.Store(to.engine) // whatever is asked from now on comes behind land
}

// pressed takes a key press from the leg. It may be called from any goroutine.
func (p *Participant) pressed(k media.Key) {
	if !p.press.fresh(k, time.Now()) {
		return
	}
	select {
	case p.keys <- k:
	default: // nobody takes them: the newest is lost
	}
}

// notify tells the participant; a slow reader loses the newest.
func (p *Participant) notify(n Notice) {
	select {
	case p.notices <- n:
	default:
	}
}
