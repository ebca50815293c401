package control

import "github.com/partyline/partyline/h323/h245"

// onRequest gives a request to the entity that answers it. Whatever no entity knows is
// not understood.
func (s *Session) onRequest(r *h245.RequestMessage) {
	switch {
	case r.MasterSlaveDetermination != nil:
		s.msd.onDetermination(r.MasterSlaveDetermination)
	case r.TerminalCapabilitySet != nil:
		s.onCapabilitySet(r.TerminalCapabilitySet)
	case r.OpenLogicalChannel != nil:
		s.onOpen(r.OpenLogicalChannel)
	case r.CloseLogicalChannel != nil:
		s.onClose(r.CloseLogicalChannel)
	case r.RequestChannelClose != nil:
		s.onRequestClose(r.RequestChannelClose)
	case r.RequestMode != nil:
		s.onRequestMode(r.RequestMode)
	case r.RoundTripDelayRequest != nil:
		s.onRoundTripRequest(r.RoundTripDelayRequest)
	case s.decline(r):
	default:
		s.notUnderstood(h245.FunctionNotUnderstood{Request: r})
	}
}

// onResponse gives a response to the entity that asked. Others are of no consequence.
func (s *Session) onResponse(r *h245.ResponseMessage) {
	switch {
	case r.MasterSlaveDeterminationAck != nil:
		s.msd.onAck(r.MasterSlaveDeterminationAck)
	case r.MasterSlaveDeterminationReject != nil:
		s.msd.onReject()
	case r.TerminalCapabilitySetAck != nil:
		s.caps.onAck(r.TerminalCapabilitySetAck)
	case r.TerminalCapabilitySetReject != nil:
		s.caps.onReject(r.TerminalCapabilitySetReject)
	case r.OpenLogicalChannelAck != nil:
		s.onOpenAck(r.OpenLogicalChannelAck)
	case r.OpenLogicalChannelReject != nil:
		s.onOpenReject(r.OpenLogicalChannelReject)
	case r.CloseLogicalChannelAck != nil:
		s.onCloseAck(r.CloseLogicalChannelAck)
	case r.RequestChannelCloseAck != nil:
		s.onRequestCloseAnswer(r.RequestChannelCloseAck.ForwardLogicalChannelNumber)
	case r.RequestChannelCloseReject != nil:
		s.onRequestCloseAnswer(r.RequestChannelCloseReject.ForwardLogicalChannelNumber)
	case r.RequestModeAck != nil:
		s.modes.onAnswer(r.RequestModeAck.SequenceNumber, true)
	case r.RequestModeReject != nil:
		s.modes.onAnswer(r.RequestModeReject.SequenceNumber, false)
	case r.RoundTripDelayResponse != nil:
		s.rtd.onResponse(r.RoundTripDelayResponse.SequenceNumber)
	}
}

func (s *Session) onIndication(i *h245.IndicationMessage) {
	switch {
	case i.UserInput != nil:
		s.onUserInput(i.UserInput)
	case i.FunctionNotUnderstood != nil:
		s.onNotUnderstood(i.FunctionNotUnderstood.Request)
	case i.FunctionNotSupported != nil:
		s.onNotSupported(i.FunctionNotSupported)
	case i.MasterSlaveDeterminationRelease != nil:
		s.msd.onRelease()
	}
	// The others (jitter, skew, vendor, conference, flow control, the releases of
	// procedures that we answer at once) tell nothing that we act on.
}
