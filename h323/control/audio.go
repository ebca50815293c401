package control

import (
	"slices"
	"time"
)

// audio is how our channel for sound comes about: one, in the best format that both
// ends know and the peer does not refuse.
type audio struct {
	requested Codec // by RequestMode, or by OpenAudio
	symmetric bool  // multipointModeCommand: send what comes (H.245 §7.11.6)
	barred    bool  // the peer had it closed (RequestChannelClose)
	resuming  bool  // after a pause: procedures come first (H.323 §8.4.6)
	refused   []Codec
	tries     int
	wait      timer // before the next try
	back      timer // for procedures after a pause
}

const (
	// maxTries bounds how often a channel is tried until the peer changes something.
	maxTries = 6
	// patience is for peers that ask us to wait, or that do not begin again after a
	// pause.
	patience = 2 * time.Second
)

// again forgets what was refused: the peer has changed something.
func (a *audio) again() {
	a.refused, a.tries, a.barred = nil, 0, false
}

// advance opens our channel for sound as soon as that may be done. It is called after
// each step that may have been the last one missing.
func (s *Session) advance() {
	s.resumed()
	if !s.mayOpen() {
		return
	}
	for _, f := range s.candidates() {
		if s.audio.tries >= maxTries || s.establish(f) {
			return
		}
	}
}

// mayOpen is H.323 §8.3: capabilities are exchanged and the master is determined. A
// peer that has opened its own channel is not kept waiting: some hang up.
func (s *Session) mayOpen() bool {
	a := &s.audio
	if !s.started || s.closing || s.fast.pending || s.remote.empty || a.barred || a.wait.running() {
		return false
	}
	if s.transmitting() != nil || s.cfg.Keys.Waiting() || s.cfg.Keys.Agreed() && !s.msd.settled {
		return false
	}
	if s.remote.known && s.msd.settled && s.caps.settled {
		return true
	}
	return s.hearing() != NoCodec && !a.resuming
}

// transmitting is our channel for sound that is open or about to be.
func (s *Session) transmitting() *outgoing {
	for _, o := range s.outgoing {
		if o.state == lcseAwaitingEstablishment || o.state == lcseEstablished {
			return o
		}
	}
	return nil
}

// hearing is the format in which the peer sends, newest first.
func (s *Session) hearing() Codec {
	if n := len(s.incoming); n > 0 {
		return s.incoming[n-1].ch.Format.Codec
	}
	return NoCodec
}

// candidates are the formats to try, in this order: what the peer asked for, what it
// sends (many endpoints have one codec for both directions), our own preference.
func (s *Session) candidates() []Format {
	list := s.common()
	if len(list) == 0 {
		list = s.heard()
	}
	prefer(list, s.hearing())
	prefer(list, s.audio.requested)
	return slices.DeleteFunc(list, func(f Format) bool { return slices.Contains(s.audio.refused, f.Codec) })
}

// heard is the format that the peer sends: what to try with one that has not said what
// it receives, or nothing that we know.
func (s *Session) heard() []Format {
	for _, ours := range s.cfg.Audio {
		if ours.Codec == s.hearing() {
			return []Format{ours}
		}
	}
	return nil
}

// common are our formats that the peer receives, best first, in packets that suit both.
func (s *Session) common() (list []Format) {
	sounds := s.remote.sounds
	for _, ours := range s.cfg.Audio {
		i := slices.IndexFunc(sounds, func(e entry) bool { return e.format.Codec == ours.Codec })
		if i >= 0 {
			list = append(list, Format{ours.Codec, min(ours.Frames, sounds[i].format.Frames)})
		}
	}
	return list
}

// symmetric says whether the peer wants a format the same way in both directions.
func (r *remote) symmetric(c Codec) bool {
	return slices.Contains(r.says.Symmetric, c)
}

// follow makes our channel like the one that the peer has just opened, where both must
// be alike: an MC has commanded it, or the peer can do no other. In the second case the
// slave follows (H.245 C.4.1.3), or both ends would change places for ever.
func (s *Session) follow(c Codec) {
	o := s.transmitting()
	slave := s.msd.known && !s.msd.master
	if o == nil || o.ch.Format.Codec == c || !s.audio.symmetric && !(slave && s.remote.symmetric(c)) {
		return
	}
	if slices.ContainsFunc(s.common(), func(f Format) bool { return f.Codec == c }) {
		s.release(o)
	}
}

// prefer moves the format with c to the front.
func prefer(list []Format, c Codec) {
	i := slices.IndexFunc(list, func(f Format) bool { return f.Codec == c })
	if i > 0 {
		f := list[i]
		copy(list[1:i+1], list[:i])
		list[0] = f
	}
}

// reconsider looks at our channel after a new set of the peer: it closes if the peer no
// longer receives its format and has another one.
func (s *Session) reconsider() {
	s.audio.again()
	o := s.transmitting()
	if o == nil {
		return
	}
	list := s.common()
	keeps := slices.ContainsFunc(list, func(f Format) bool { return f.Codec == o.ch.Format.Codec })
	if !keeps && len(list) > 0 {
		s.release(o)
		return
	}
	if o.state != lcseEstablished {
		return // looks at it when it is
	}
	if pt := s.eventPayloadType(o.ch.PayloadType); pt != o.ch.EventPayloadType {
		o.ch.EventPayloadType = pt
		s.tellUpdated(o.ch)
	}
}

// eventPayloadType is that of the telephone events which the peer takes beside sound of
// the payload type; 0: none.
func (s *Session) eventPayloadType(sound uint8) uint8 {
	if pt := s.remote.says.EventPayloadType; pt != sound {
		return pt
	}
	return 0
}

// switchTo makes c the format of our channel, if it is another one.
func (s *Session) switchTo(c Codec) {
	s.audio.again()
	s.audio.requested = c
	if o := s.transmitting(); o != nil {
		if o.ch.Format.Codec == c {
			return
		}
		s.release(o)
	}
	s.advance()
}

// OpenAudio sends sound in another format from now on, if the peer receives it.
func (s *Session) OpenAudio(c Codec) bool {
	known := slices.ContainsFunc(s.common(), func(f Format) bool { return f.Codec == c })
	if !known || s.closing || s.stopped {
		return false
	}
	s.enter()
	defer s.leave()
	s.switchTo(c)
	return true
}
