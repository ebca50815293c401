package control

// pausedByPeer is the transmitter side paused state (H.323 §8.4.6): an empty set came.
// We send nothing and close our channels; the peer's stay as they are.
func (s *Session) pausedByPeer() {
	for _, o := range s.outgoing {
		s.release(o)
	}
	s.audio.requested, s.audio.symmetric = NoCodec, false
	s.audio.wait.cancel()
	s.audio.back.cancel()
	s.audio.resuming = false
	s.audio.again()
}

// resumedByPeer: a set that is not empty follows. It may be of another endpoint, to
// which the call was led on: all begins again as after Connect. A peer that does not
// take part in that is not waited for long.
func (s *Session) resumedByPeer() {
	if !s.started {
		return
	}
	s.msd.settled, s.caps.settled = false, false
	s.audio.resuming = true
	s.caps.transferRequest()
	s.msd.determineRequest()
	s.audio.back.start(s, patience, func() {
		s.msd.settled, s.caps.settled, s.audio.resuming = true, true, false
		s.advance()
	})
}

// resumed ends the wait as soon as both procedures are done.
func (s *Session) resumed() {
	if s.audio.resuming && s.msd.settled && s.caps.settled {
		s.audio.resuming = false
		s.audio.back.cancel()
	}
}

// Pause sends an empty capability set: the peer closes its channels and waits.
func (s *Session) Pause() { s.hold(true) }

// Resume sends our capabilities again.
func (s *Session) Resume() { s.hold(false) }

func (s *Session) hold(on bool) {
	if s.holding == on || s.closing || s.stopped {
		return
	}
	s.enter()
	defer s.leave()
	s.holding = on
	if s.started {
		s.caps.transferRequest()
	}
}
