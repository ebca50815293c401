package control

import "github.com/partyline/partyline/h323/h245"

// onRequestClose is the incoming close logical channel entity (H.245 C.6): the peer
// wants a channel of ours closed.
func (s *Session) onRequestClose(r *h245.RequestChannelClose) {
	n := r.ForwardLogicalChannelNumber
	o := s.ours(n)
	if o == nil {
		s.send(h245.NewResponse(h245.ResponseMessage{RequestChannelCloseReject: &h245.RequestChannelCloseReject{
			ForwardLogicalChannelNumber: n, Cause: h245.RequestChannelCloseRejectCause{Unspecified: null()},
		}}))
		return
	}
	s.send(h245.NewResponse(h245.ResponseMessage{RequestChannelCloseAck: &h245.RequestChannelCloseAck{
		ForwardLogicalChannelNumber: n,
	}}))
	if o.state == lcseAwaitingRelease {
		return
	}
	reopen := r.Reason != nil && r.Reason.Reopen != nil
	s.audio.barred = !reopen
	s.release(o)
	s.advance()
}

// RequestClose is the outgoing entity: it asks the peer to close a channel of its own.
func (s *Session) RequestClose(number int) bool {
	in := s.theirs(number)
	if in == nil || s.closing || s.stopped {
		return false
	}
	s.enter()
	defer s.leave()
	s.send(h245.NewRequest(h245.RequestMessage{RequestChannelClose: &h245.RequestChannelClose{
		ForwardLogicalChannelNumber: number,
	}}))
	in.t108.start(s, s.cfg.Timers.T108, func() {
		s.send(h245.NewIndication(h245.IndicationMessage{RequestChannelCloseRelease: &h245.RequestChannelCloseRelease{
			ForwardLogicalChannelNumber: number,
		}}))
	})
	return true
}

// onRequestCloseAnswer is the peer's RequestChannelCloseAck or -Reject; if it agrees,
// CloseLogicalChannel follows.
func (s *Session) onRequestCloseAnswer(number int) {
	if in := s.theirs(number); in != nil {
		in.t108.cancel()
	}
}
