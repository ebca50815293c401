package bridge

import (
	"runtime/debug"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/mixer"
)

// space is what an engine steps: strips around one mixer. A hall is a space in
// which everyone hears only what is played to them; a room adds members to it.
// The engine's goroutine owns everything here.
type space struct {
	engine *media.Engine
	mix    *mixer.Mixer
	strips []*strip

	announce []*Playback // played to all in the room, one after the other
	frame    [sourceFrame]int16
	lobby    Source // music for those who hear the lobby
	waiting  int    // strips that hear the lobby
	music    [sourceFrame]int16

	// changed is called on the engine's goroutine when a strip begins or ends
	// talking, may be nil.
	changed func(*strip)
	leaning leaning
	desk    desk
	touched byte // nothing; for the compiler's sake (package cacheline)
}

// chunk is how many strips are worked off before the engine may turn to smaller units that
// are due: a fraction of a millisecond, with Opus a few. What they need of memory is
// fetched together, and is in the nearest cache together. Of the last ones up to half as
// many more go with them: a fetch for two takes as long as one for eight.
const chunk = 8

// Tick implements media.Unit.
func (s *space) Tick(t *media.Tick) {
	s.each(t, (*strip).in, touchIn)
	s.playToAll()
	if s.waiting > 0 && s.lobby != nil && s.lobby.Next(s.music[:]) {
		s.mix.PlayLobby(s.music[:], SourceRate)
	}
	s.mix.Mix()
	s.each(t, (*strip).out, touchOut)
	if s.changed != nil {
		s.notice()
		s.lean(t)
	}
}

// each runs one half of the tick for all strips, after touch has fetched what it needs
// of a chunk of them. It goes backwards, since a strip that fails is cut out.
func (s *space) each(t *media.Tick, half func(*strip, *media.Tick), touch func([]*strip) byte) {
	for end := len(s.strips); end > 0; {
		begin := end - chunk
		if begin <= chunk/2 {
			begin = 0
		}
		s.touched += touch(s.strips[begin:end])
		for i := end - 1; i >= begin; i-- {
			s.guard(s.strips[i], t, half)
		}
		if end = begin; end > 0 {
			t.Yield()
		}
	}
}

// notice tells who has begun or ended talking, and who was heard.
func (s *space) notice() {
	silence := true
	for _, st := range s.strips {
		if now := st.listening && st.port.Talking(); now != st.talking {
			st.talking = now
			s.changed(st)
		}
		if st.port.InMix() {
			silence = false
			st.part.heed(st.port.Level(), st.talking)
		} else if st.part.unbroken > 0 {
			st.part.unbroken = 0
		}
	}
	s.leaning.quiet(silence)
}

// guard runs one half of a strip's tick. A panic there ends that call only.
func (s *space) guard(st *strip, t *media.Tick, half func(*strip, *media.Tick)) {
	defer func() {
		if v := recover(); v != nil {
			s.cut(st)
			st.p.space = nil
			st.p.leaveRoom()
			st.p.fail(v, debug.Stack())
		}
	}()
	half(st, t)
}

func (s *space) playToAll() {
	for len(s.announce) > 0 {
		if s.announce[0].next(s.frame[:]) {
			s.mix.Play(s.frame[:], SourceRate)
			return
		}
		s.announce[0].finish()
		s.announce = s.announce[1:]
	}
}

// add puts a strip in.
func (s *space) add(st *strip) {
	st.attach(s.mix, &s.desk)
	s.strips = append(s.strips, st)
	if st.hearing == mixer.HearLobby {
		s.waiting++
	}
}

// cut takes a strip out; it says whether it was there.
func (s *space) cut(st *strip) bool {
	for i, x := range s.strips {
		if x != st {
			continue
		}
		last := len(s.strips) - 1
		s.strips[i] = s.strips[last]
		s.strips[last] = nil
		s.strips = s.strips[:last]
		if st.hearing == mixer.HearLobby {
			s.waiting--
		}
		s.mix.Remove(st.port)
		st.port, st.talking, st.part = nil, false, part{}
		return true
	}
	return false
}

// setHearing changes what a strip of this space hears.
func (s *space) setHearing(st *strip, h mixer.Hearing) {
	if st.hearing == mixer.HearLobby {
		s.waiting--
	}
	if h == mixer.HearLobby {
		s.waiting++
	}
	st.hearing = h
	st.port.SetHearing(h)
}

// fail ends the call of a participant whose leg panicked.
func (p *Participant) fail(v any, stack []byte) {
	p.bridge.log.Error("a call failed; it is ended, the others go on", "leg", p.id, "panic", v, "stack", string(stack))
	p.leg.Hangup(cause.Internal)
}
