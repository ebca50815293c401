package control

import (
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/secure"
)

// onCommand does what a command says, if it is about something that we have.
func (s *Session) onCommand(c *h245.CommandMessage) {
	switch {
	case c.EndSessionCommand != nil:
		s.onEndSession()
	case c.FlowControlCommand != nil:
		s.onFlowControl(c.FlowControlCommand)
	case c.MiscellaneousCommand != nil:
		s.onMiscellaneous(c.MiscellaneousCommand)
	case c.SendTerminalCapabilitySet != nil:
		if s.started && !s.caps.awaiting {
			s.caps.transferRequest()
		}
	case c.NonStandard != nil, c.MaintenanceLoopOffCommand != nil, c.EncryptionCommand != nil,
		c.CommunicationModeCommand != nil, c.ConferenceCommand != nil:
		// Nothing loops, H.233 is not spoken, and no chair commands here.
	default:
		s.notUnderstood(h245.FunctionNotUnderstood{Command: c})
	}
}

// onFlowControl is a limit on what we send (H.245 §7.11.4). Only 0 can be kept to: each
// of our formats has one bit rate.
func (s *Session) onFlowControl(f *h245.FlowControlCommand) {
	rate := -1
	if f.Restriction.MaximumBitRate != nil {
		rate = *f.Restriction.MaximumBitRate
	}
	for _, o := range s.outgoing {
		mine := f.Scope.WholeMultiplex != nil ||
			f.Scope.LogicalChannelNumber != nil && *f.Scope.LogicalChannelNumber == o.ch.Number
		if !mine || o.state != lcseEstablished || o.ch.MaxBitRate == rate {
			continue
		}
		o.ch.MaxBitRate, o.ch.Stopped = rate, rate == 0
		s.tellUpdated(o.ch)
	}
}

// FlowControl limits what the peer sends on a channel of its own, in 100 bit/s; a
// negative rate lifts the limit.
func (s *Session) FlowControl(number, rate int) bool {
	if s.theirs(number) == nil || s.closing || s.stopped {
		return false
	}
	var r h245.FlowControlCommandRestriction
	if rate < 0 {
		r.NoRestriction = null()
	} else {
		rate = min(rate, 1<<24-1)
		r.MaximumBitRate = &rate
	}
	s.Send(h245.NewCommand(h245.CommandMessage{FlowControlCommand: &h245.FlowControlCommand{
		Scope: h245.FlowControlCommandScope{LogicalChannelNumber: &number}, Restriction: r,
	}}))
	return true
}

// onMiscellaneous is H.245 §7.11.6. Commands about pictures have no picture here, and
// are ignored.
func (s *Session) onMiscellaneous(m *h245.MiscellaneousCommand) {
	switch t := &m.Type; {
	case t.MultipointModeCommand != nil:
		s.audio.symmetric = true
	case t.CancelMultipointModeCommand != nil:
		s.audio.symmetric = false
	case t.EncryptionUpdate != nil, t.EncryptionUpdateRequest != nil,
		t.EncryptionUpdateCommand != nil, t.EncryptionUpdateAck != nil:
		s.onEncryption(m)
	}
}

// onEncryption gives a new key, or the wish for one, to the channel that it is about
// (H.235.6). Both ends may have a channel of the number.
func (s *Session) onEncryption(m *h245.MiscellaneousCommand) {
	sending, known := secure.OfSender(m, s.msd.master)
	if o := s.ours(m.LogicalChannelNumber); o != nil && o.keys != nil && o.state == lcseEstablished && (sending || !known) {
		s.updateKeys(&o.ch, o.keys, m, true)
		return
	}
	if in := s.theirs(m.LogicalChannelNumber); in != nil && in.keys != nil && !(known && sending) {
		s.updateKeys(&in.ch, in.keys, m, false)
	}
}

func (s *Session) updateKeys(ch *Channel, keys *secure.Channel, m *h245.MiscellaneousCommand, sending bool) {
	reply, changed, err := keys.Update(m, sending, s.msd.master)
	if err != nil {
		s.log.Warn("a media key is of no use", "number", ch.Number, "error", err)
		return
	}
	if changed {
		ch.encrypt(keys)
		s.tellUpdated(*ch)
	}
	if reply != nil {
		s.send(h245.NewCommand(h245.CommandMessage{MiscellaneousCommand: reply}))
	}
}

// RefreshKeys makes up new media keys for all encrypted channels, as the master does
// from time to time (H.235.6).
func (s *Session) RefreshKeys() {
	if s.closing || s.stopped || !s.msd.known || !s.msd.master {
		return
	}
	s.enter()
	defer s.leave()
	for _, o := range s.outgoing {
		if o.keys != nil && o.state == lcseEstablished {
			s.refreshKeys(&o.ch, o.keys, true)
		}
	}
	for _, in := range s.incoming {
		if in.keys != nil {
			s.refreshKeys(&in.ch, in.keys, false)
		}
	}
}

func (s *Session) refreshKeys(ch *Channel, keys *secure.Channel, sending bool) {
	c, changed, err := keys.Refresh(ch.Number, sending)
	if err != nil {
		s.log.Warn("no new media key", "number", ch.Number, "error", err)
		return
	}
	if changed {
		ch.encrypt(keys)
		s.tellUpdated(*ch)
	}
	s.send(h245.NewCommand(h245.CommandMessage{MiscellaneousCommand: c}))
}
