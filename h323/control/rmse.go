package control

import (
	"slices"

	"github.com/partyline/partyline/h323/h245"
)

// rmse is the outgoing mode request entity (H.245 C.9).
type rmse struct {
	s        *Session
	awaiting bool
	seq      int
	t109     timer
}

// RequestMode asks the peer to send one of the formats, best first. The answer shows
// in the channels that it opens.
func (s *Session) RequestMode(codecs ...Codec) bool {
	var modes []h245.ModeDescription
	for _, c := range codecs {
		if m := c.mode(); m != nil {
			modes = append(modes, h245.ModeDescription{{Type: h245.ModeElementType{AudioMode: m}}})
		}
	}
	if len(modes) == 0 || s.closing || s.stopped {
		return false
	}
	s.enter()
	defer s.leave()
	m := &s.modes
	m.seq = (m.seq + 1) % 256
	m.awaiting = true
	s.send(h245.NewRequest(h245.RequestMessage{RequestMode: &h245.RequestMode{
		SequenceNumber: m.seq, RequestedModes: modes,
	}}))
	m.t109.start(s, s.cfg.Timers.T109, func() {
		m.awaiting = false
		s.send(h245.NewIndication(h245.IndicationMessage{RequestModeRelease: &h245.RequestModeRelease{}}))
	})
	return true
}

// onAnswer is the peer's RequestModeAck or -Reject.
func (m *rmse) onAnswer(seq int, accepted bool) {
	if !m.awaiting || seq != m.seq {
		return
	}
	m.awaiting = false
	m.t109.cancel()
	if !accepted {
		m.s.log.Info("the peer rejected the mode that we asked for")
	}
}

// onRequestMode is the incoming entity: the first mode that is sound in a format which
// the peer receives is what we send from then on.
func (s *Session) onRequestMode(r *h245.RequestMode) {
	for i, mode := range r.RequestedModes {
		c := s.codecOf(mode)
		if c == NoCodec {
			continue
		}
		ack := &h245.RequestModeAck{SequenceNumber: r.SequenceNumber}
		if i == 0 {
			ack.Response.WillTransmitMostPreferredMode = null()
		} else {
			ack.Response.WillTransmitLessPreferredMode = null()
		}
		s.send(h245.NewResponse(h245.ResponseMessage{RequestModeAck: ack}))
		s.switchTo(c)
		return
	}
	s.send(h245.NewResponse(h245.ResponseMessage{RequestModeReject: &h245.RequestModeReject{
		SequenceNumber: r.SequenceNumber, Cause: h245.RequestModeRejectCause{ModeUnavailable: null()},
	}}))
}

// codecOf is what a mode asks us to send: one element of sound in a format that both
// know. Modes with video or data cannot be met.
func (s *Session) codecOf(mode h245.ModeDescription) Codec {
	if len(mode) != 1 {
		return NoCodec
	}
	t := &mode[0].Type
	audio := t.AudioMode
	if t.H235Mode != nil && s.cfg.Keys.Agreed() {
		audio = t.H235Mode.MediaMode.AudioMode
	}
	c := codecOfMode(audio)
	if slices.ContainsFunc(s.common(), func(f Format) bool { return f.Codec == c }) {
		return c
	}
	return NoCodec
}
