package control

import (
	"slices"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/secure"
)

// outgoing is the logical channel signalling entity of a channel of ours
// (H.245 C.4.5, LCSE_OUT). One that is released is no longer in Session.outgoing.
type outgoing struct {
	ch    Channel
	state lcseState
	t103  timer
	keys  *secure.Channel // nil: in the clear
}

type lcseState uint8

const (
	lcseReleased lcseState = iota
	lcseAwaitingEstablishment
	lcseEstablished
	lcseAwaitingRelease
)

const (
	// audioSession is the RTP session of sound (H.245 §B.3.1, H.225.0 §6.2.8.2).
	audioSession = 1
	// maxOutgoing bounds the channels whose release no peer has acknowledged.
	maxOutgoing = 8
)

// establish is ESTABLISH.request (RELEASED). It is false if the channel cannot be tried.
func (s *Session) establish(f Format) bool {
	_, rtcp, err := s.addresses()
	if err != nil {
		s.audio.tries = maxTries
		return false
	}
	o := &outgoing{state: lcseAwaitingEstablishment, ch: Channel{
		Number: s.nextNumber(), Direction: Transmit, Session: audioSession,
		Format: f, PayloadType: f.Codec.payloadType(), MaxBitRate: -1,
	}}
	olc := openChannel(o.ch.Number, f, &h245.H2250LogicalChannelParameters{
		SessionID: audioSession, MediaControlChannel: h245.TransportAddressOf(rtcp),
	})
	if o.keys, err = s.cfg.Keys.Open(olc, s.msd.master); err != nil {
		s.log.Warn("no channel without encryption", "format", f.String(), "error", err)
		s.audio.refused = append(s.audio.refused, f.Codec)
		return false
	}
	s.audio.tries++
	s.addOutgoing(o)
	s.send(h245.NewRequest(h245.RequestMessage{OpenLogicalChannel: olc}))
	o.t103.start(s, s.cfg.Timers.T103, func() { s.openExpired(o) })
	return true
}

// openChannel is a channel for sound in one direction.
func openChannel(number int, f Format, p *h245.H2250LogicalChannelParameters) *h245.OpenLogicalChannel {
	return &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: number,
		ForwardLogicalChannelParameters: h245.OpenLogicalChannelForwardLogicalChannelParameters{
			DataType: h245.DataType{AudioData: f.capability()},
			MultiplexParameters: h245.OpenLogicalChannelForwardLogicalChannelParametersMultiplexParameters{
				H2250LogicalChannelParameters: p,
			},
		},
	}
}

func (s *Session) addOutgoing(o *outgoing) {
	if len(s.outgoing) >= maxOutgoing {
		s.outgoing[0].t103.cancel() // at most one is in use, and that is the last
		s.outgoing = s.outgoing[1:]
	}
	s.outgoing = append(s.outgoing, o)
}

// nextNumber is a logical channel number of ours that is free.
func (s *Session) nextNumber() int {
	for {
		s.number = s.number%65535 + 1
		if s.ours(s.number) == nil {
			return s.number
		}
	}
}

// ours is the entity of a channel of ours; nil if that is released.
func (s *Session) ours(number int) *outgoing {
	for _, o := range s.outgoing {
		if o.ch.Number == number {
			return o
		}
	}
	return nil
}

func (s *Session) forget(o *outgoing) {
	o.t103.cancel()
	o.state = lcseReleased
	s.outgoing = slices.DeleteFunc(s.outgoing, func(p *outgoing) bool { return p == o })
}

// onOpenAck is the peer's OpenLogicalChannelAck.
func (s *Session) onOpenAck(a *h245.OpenLogicalChannelAck) {
	o := s.ours(a.ForwardLogicalChannelNumber)
	if o == nil || o.state != lcseAwaitingEstablishment {
		return
	}
	o.t103.cancel()
	if why := o.acknowledge(a); why != "" {
		s.log.Warn("the peer's acknowledgement of our channel is of no use", "reason", why)
		s.release(o)
		s.refuse(o.ch.Format.Codec)
		return
	}
	o.ch.EventPayloadType = s.eventPayloadType(o.ch.PayloadType)
	o.state = lcseEstablished
	s.audio.tries, s.audio.refused = 0, nil
	s.tellOpened(o.ch)
}

// acknowledge reads where the channel leads to, and says what is missing.
func (o *outgoing) acknowledge(a *h245.OpenLogicalChannelAck) string {
	if a.ForwardMultiplexAckParameters == nil {
		return "no parameters"
	}
	p := a.ForwardMultiplexAckParameters.H2250LogicalChannelAckParameters
	if p == nil {
		return "no parameters of H.225.0"
	}
	o.ch.Media, o.ch.Control = addrPort(p.MediaChannel), addrPort(p.MediaControlChannel)
	if !o.ch.Media.IsValid() {
		return "no address for media"
	}
	if p.SessionID != nil {
		o.ch.Session = *p.SessionID
	}
	if p.DynamicRTPPayloadType != nil {
		o.ch.PayloadType = uint8(*p.DynamicRTPPayloadType)
	}
	if p.FlowControlToZero != nil && *p.FlowControlToZero {
		o.ch.MaxBitRate, o.ch.Stopped = 0, true
	}
	if o.keys != nil {
		if err := o.keys.Acknowledged(a.EncryptionSync); err != nil {
			return err.Error()
		}
		o.ch.encrypt(o.keys)
	}
	return ""
}

// encrypt notes the keys in force.
func (c *Channel) encrypt(k *secure.Channel) {
	c.Encrypted = true
	c.Keys = slices.Clone(k.Keys())
	if n := len(c.Keys); n > 0 {
		c.PayloadType = c.Keys[n-1].PayloadType
	}
}

// onOpenReject is the peer's OpenLogicalChannelReject.
func (s *Session) onOpenReject(r *h245.OpenLogicalChannelReject) {
	o := s.ours(r.ForwardLogicalChannelNumber)
	if o == nil {
		return
	}
	state := o.state
	s.forget(o)
	if state == lcseAwaitingRelease {
		s.advance()
		return
	}
	if state == lcseEstablished {
		s.tellClosed(o.ch)
	}
	switch c := &r.Cause; {
	case c.WaitForCommunicationMode != nil:
		s.waitThenOpen()
	case c.MasterSlaveConflict != nil && s.hearing() == NoCodec:
		// The master's own channel is on its way: ours shall be like it (C.4.1.3).
		s.waitThenOpen()
	default:
		s.refuse(o.ch.Format.Codec)
	}
}

// refuse tries the next format.
func (s *Session) refuse(c Codec) {
	s.log.Info("the peer refused our channel", "format", c.String())
	s.audio.refused = append(s.audio.refused, c)
	s.advance()
}

// waitThenOpen tries again after a while.
func (s *Session) waitThenOpen() {
	s.audio.wait.start(s, patience, s.advance)
}

// openExpired is T103 in AWAITING ESTABLISHMENT: the channel is given up.
func (s *Session) openExpired(o *outgoing) {
	s.log.Warn("our channel was not acknowledged", "number", o.ch.Number)
	s.send(closeChannel(o.ch.Number, h245.CloseLogicalChannelSource{Lcse: null()}))
	s.forget(o)
	s.refuse(o.ch.Format.Codec)
}

// release is RELEASE.request.
func (s *Session) release(o *outgoing) {
	if o.state == lcseEstablished {
		s.tellClosed(o.ch)
	}
	if o.state == lcseAwaitingRelease || o.state == lcseReleased {
		return
	}
	o.state = lcseAwaitingRelease
	s.send(closeChannel(o.ch.Number, h245.CloseLogicalChannelSource{User: null()}))
	o.t103.start(s, s.cfg.Timers.T103, func() {
		s.forget(o)
		s.advance()
	})
}

func closeChannel(number int, source h245.CloseLogicalChannelSource) *Message {
	return h245.NewRequest(h245.RequestMessage{CloseLogicalChannel: &h245.CloseLogicalChannel{
		ForwardLogicalChannelNumber: number, Source: source,
	}})
}

// onCloseAck is the peer's CloseLogicalChannelAck. Unasked for, it closes the channel
// all the same.
func (s *Session) onCloseAck(a *h245.CloseLogicalChannelAck) {
	o := s.ours(a.ForwardLogicalChannelNumber)
	if o == nil {
		return
	}
	state := o.state
	s.forget(o)
	switch state {
	case lcseEstablished:
		s.tellClosed(o.ch)
		s.refuse(o.ch.Format.Codec)
	case lcseAwaitingEstablishment:
		s.refuse(o.ch.Format.Codec)
	default:
		s.advance()
	}
}

// CloseChannel closes a channel of ours. It does not open again by itself until the
// peer changes something.
func (s *Session) CloseChannel(number int) bool {
	o := s.ours(number)
	if o == nil || s.closing || s.stopped {
		return false
	}
	s.enter()
	defer s.leave()
	s.audio.barred = true
	s.release(o)
	return true
}

func (s *Session) tellOpened(c Channel)  { s.tell(func() { s.cfg.Events.Opened(c) }) }
func (s *Session) tellUpdated(c Channel) { s.tell(func() { s.cfg.Events.Updated(c) }) }
func (s *Session) tellClosed(c Channel)  { s.tell(func() { s.cfg.Events.Closed(c) }) }
