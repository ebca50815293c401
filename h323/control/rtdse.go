package control

import (
	"time"

	"github.com/partyline/partyline/h323/h245"
)

// rtdse is the outgoing round trip delay entity (H.245 C.10).
type rtdse struct {
	s    *Session
	done func(time.Duration, bool) // nil: IDLE
	seq  int                       // out_SQ
	sent time.Time
	t105 timer
}

// Probe asks the peer for an answer and measures how long it takes. done is called
// once, on the owner's goroutine; ok is false if nothing came in time (T105), if
// another Probe follows before, or if the Session ends.
func (s *Session) Probe(done func(rtt time.Duration, ok bool)) {
	if s.closing || s.stopped {
		done(0, false)
		return
	}
	s.enter()
	defer s.leave()
	r := &s.rtd
	r.fail()
	r.seq = (r.seq + 1) % 256
	r.done = done
	r.sent = s.cfg.Now()
	s.send(h245.NewRequest(h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: r.seq}}))
	r.t105.start(s, s.cfg.Timers.T105, r.fail)
}

// onResponse is the peer's RoundTripDelayResponse.
func (r *rtdse) onResponse(seq int) {
	if seq == r.seq {
		r.answered()
	}
}

// answered ends the measurement. A peer that does not understand the request has
// answered it too: it is there.
func (r *rtdse) answered() {
	done := r.done
	if done == nil {
		return
	}
	rtt := r.s.cfg.Now().Sub(r.sent)
	r.done = nil
	r.t105.cancel()
	r.s.tell(func() { done(rtt, true) })
}

// fail ends the measurement without one. At the end of the Session it is told at once,
// because nothing is told later.
func (r *rtdse) fail() {
	r.t105.cancel()
	done := r.done
	switch r.done = nil; {
	case done == nil:
	case r.s.closing || r.s.stopped:
		done(0, false)
	default:
		r.s.tell(func() { done(0, false) })
	}
}

// onRoundTripRequest is the incoming entity: answered at once, always.
func (s *Session) onRoundTripRequest(r *h245.RoundTripDelayRequest) {
	s.send(h245.NewResponse(h245.ResponseMessage{RoundTripDelayResponse: &h245.RoundTripDelayResponse{
		SequenceNumber: r.SequenceNumber,
	}}))
}
