package control

import (
	"slices"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// decline answers the requests that have a No of their own: what belongs to other
// multiplexes, to tests of the line and to conferences with a chair. It is false if
// the request has none.
func (s *Session) decline(r *h245.RequestMessage) bool {
	var no *h245.ResponseMessage
	switch {
	case r.MaintenanceLoopRequest != nil:
		no = declineLoop(r.MaintenanceLoopRequest)
	case r.MultiplexEntrySend != nil:
		no = declineMultiplexEntries(r.MultiplexEntrySend)
	case r.RequestMultiplexEntry != nil:
		no = declineMultiplexRequest(r.RequestMultiplexEntry)
	case r.LogicalChannelRateRequest != nil:
		l := r.LogicalChannelRateRequest
		no = &h245.ResponseMessage{LogicalChannelRateReject: &h245.LogicalChannelRateReject{
			SequenceNumber: l.SequenceNumber, LogicalChannelNumber: l.LogicalChannelNumber,
			RejectReason: h245.LogicalChannelRateRejectReason{UndefinedReason: null()},
		}}
	case r.ConferenceRequest != nil:
		c := declineConference(r.ConferenceRequest)
		if c == nil {
			return r.ConferenceRequest.CancelMakeMeChair != nil // needs no answer
		}
		no = &h245.ResponseMessage{ConferenceResponse: c}
	}
	if no == nil {
		return false
	}
	s.send(h245.NewResponse(*no))
	return true
}

// declineLoop is the incoming maintenance loop entity (H.245 C.11).
func declineLoop(r *h245.MaintenanceLoopRequest) *h245.ResponseMessage {
	var t h245.MaintenanceLoopRejectType
	switch {
	case r.Type.SystemLoop != nil:
		t.SystemLoop = null()
	case r.Type.MediaLoop != nil:
		t.MediaLoop = r.Type.MediaLoop
	case r.Type.LogicalChannelLoop != nil:
		t.LogicalChannelLoop = r.Type.LogicalChannelLoop
	default:
		return nil
	}
	return &h245.ResponseMessage{MaintenanceLoopReject: &h245.MaintenanceLoopReject{
		Type: t, Cause: h245.MaintenanceLoopRejectCause{CanNotPerformLoop: null()},
	}}
}

// declineMultiplexEntries is the incoming multiplex table entity of H.223 (C.7).
func declineMultiplexEntries(m *h245.MultiplexEntrySend) *h245.ResponseMessage {
	var why []h245.MultiplexEntryRejectionDescriptions
	for _, d := range m.MultiplexEntryDescriptors[:min(len(m.MultiplexEntryDescriptors), maxMultiplexEntries)] {
		why = append(why, h245.MultiplexEntryRejectionDescriptions{
			MultiplexTableEntryNumber: d.MultiplexTableEntryNumber,
			Cause:                     h245.MultiplexEntryRejectionDescriptionsCause{UnspecifiedCause: null()},
		})
	}
	return &h245.ResponseMessage{MultiplexEntrySendReject: &h245.MultiplexEntrySendReject{
		SequenceNumber: m.SequenceNumber, RejectionDescriptions: why,
	}}
}

// declineMultiplexRequest is the incoming request multiplex entry entity of H.223 (C.8).
func declineMultiplexRequest(m *h245.RequestMultiplexEntry) *h245.ResponseMessage {
	no := &h245.RequestMultiplexEntryReject{
		EntryNumbers: slices.Clone(m.EntryNumbers[:min(len(m.EntryNumbers), maxMultiplexEntries)]),
	}
	for _, n := range no.EntryNumbers {
		no.RejectionDescriptions = append(no.RejectionDescriptions, h245.RequestMultiplexEntryRejectionDescriptions{
			MultiplexTableEntryNumber: n,
			Cause:                     h245.RequestMultiplexEntryRejectionDescriptionsCause{UnspecifiedCause: null()},
		})
	}
	return &h245.ResponseMessage{RequestMultiplexEntryReject: no}
}

// maxMultiplexEntries is how many H.223 has.
const maxMultiplexEntries = 15

// declineConference is the No of conference control (H.245 §7.9, H.243): no chair,
// no broadcaster, nobody is dropped, and no terminal has a number here. nil: there is
// no such answer.
func declineConference(r *h245.ConferenceRequest) *h245.ConferenceResponse {
	switch {
	case r.MakeMeChair != nil:
		return &h245.ConferenceResponse{MakeMeChairResponse: &h245.ConferenceResponseMakeMeChairResponse{
			DeniedChairToken: null(),
		}}
	case r.DropTerminal != nil:
		return &h245.ConferenceResponse{TerminalDropReject: null()}
	case r.BroadcastMyLogicalChannel != nil:
		return &h245.ConferenceResponse{BroadcastMyLogicalChannelResponse: &h245.ConferenceResponseBroadcastMyLogicalChannelResponse{
			DeniedBroadcastMyLogicalChannel: null(),
		}}
	case r.MakeTerminalBroadcaster != nil:
		return &h245.ConferenceResponse{MakeTerminalBroadcasterResponse: &h245.ConferenceResponseMakeTerminalBroadcasterResponse{
			DeniedMakeTerminalBroadcaster: null(),
		}}
	case r.SendThisSource != nil:
		return &h245.ConferenceResponse{SendThisSourceResponse: &h245.ConferenceResponseSendThisSourceResponse{
			DeniedSendThisSource: null(),
		}}
	case r.RequestAllTerminalIDs != nil:
		return &h245.ConferenceResponse{RequestAllTerminalIDsResponse: &h245.RequestAllTerminalIDsResponse{
			TerminalInformation: []h245.TerminalInformation{},
		}}
	case r.RemoteMCRequest != nil:
		return &h245.ConferenceResponse{RemoteMCResponse: &h245.RemoteMCResponse{
			Reject: &h245.RemoteMCResponseReject{FunctionNotSupported: null()},
		}}
	}
	return nil
}

// notUnderstood returns what we do not know (H.245 §7.12.1).
func (s *Session) notUnderstood(f h245.FunctionNotUnderstood) {
	if s.note() {
		s.send(h245.NewIndication(h245.IndicationMessage{FunctionNotUnderstood: &f}))
	}
}

// maxReturned is how long a message may be that goes back. A part of one would be no
// message.
const maxReturned = 256

// notSupported returns what cannot be decoded (H.245 §7.12.18).
func (s *Session) notSupported(c h245.FunctionNotSupportedCause, octets []byte) {
	if !s.note() {
		return
	}
	f := &h245.FunctionNotSupported{Cause: c}
	if len(octets) <= maxReturned {
		f.ReturnedFunction = slices.Clone(octets)
	}
	s.send(h245.NewIndication(h245.IndicationMessage{FunctionNotSupported: f}))
}

// note counts complaints: after a while they are no longer worth it.
func (s *Session) note() bool {
	s.noted++
	return s.noted <= maxNotes
}

// onNotUnderstood: the peer returns a request of ours. Its procedure ends as if it had
// been refused.
func (s *Session) onNotUnderstood(r *h245.RequestMessage) {
	switch {
	case r == nil:
	case r.MasterSlaveDetermination != nil:
		s.msd.onNotUnderstood()
	case r.TerminalCapabilitySet != nil:
		s.caps.onNotUnderstood()
	case r.RoundTripDelayRequest != nil:
		s.rtd.onResponse(r.RoundTripDelayRequest.SequenceNumber)
	case r.OpenLogicalChannel != nil:
		s.onOpenReject(&h245.OpenLogicalChannelReject{
			ForwardLogicalChannelNumber: r.OpenLogicalChannel.ForwardLogicalChannelNumber,
		})
	case r.RequestMode != nil:
		s.modes.onAnswer(r.RequestMode.SequenceNumber, false)
	case r.RequestChannelClose != nil:
		s.onRequestCloseAnswer(r.RequestChannelClose.ForwardLogicalChannelNumber)
	}
}

// onNotSupported is the same with the octets of the message, if all of them came back.
func (s *Session) onNotSupported(f *h245.FunctionNotSupported) {
	var m Message
	if len(f.ReturnedFunction) == 0 || per.Unmarshal(f.ReturnedFunction, &m) != nil {
		return
	}
	s.onNotUnderstood(m.Request)
}
