package ras

import "github.com/partyline/partyline/h323/h225"

// sequence is a message's requestSeqNum; 0 for a message that we do not know.
func sequence(m *h225.RasMessage) int {
	if seq := answerSequence(m); seq != 0 {
		return seq
	}
	switch {
	case m.GatekeeperRequest != nil:
		return m.GatekeeperRequest.RequestSeqNum
	case m.RegistrationRequest != nil:
		return m.RegistrationRequest.RequestSeqNum
	case m.UnregistrationRequest != nil:
		return m.UnregistrationRequest.RequestSeqNum
	case m.AdmissionRequest != nil:
		return m.AdmissionRequest.RequestSeqNum
	case m.BandwidthRequest != nil:
		return m.BandwidthRequest.RequestSeqNum
	case m.DisengageRequest != nil:
		return m.DisengageRequest.RequestSeqNum
	case m.LocationRequest != nil:
		return m.LocationRequest.RequestSeqNum
	case m.InfoRequest != nil:
		return m.InfoRequest.RequestSeqNum
	case m.NonStandardMessage != nil:
		return m.NonStandardMessage.RequestSeqNum
	case m.ResourcesAvailableIndicate != nil:
		return m.ResourcesAvailableIndicate.RequestSeqNum
	case m.ServiceControlIndication != nil:
		return m.ServiceControlIndication.RequestSeqNum
	}
	return 0
}

// answerSequence is the requestSeqNum of an answer, that is of a message that
// wants none itself; 0 for any other message.
func answerSequence(m *h225.RasMessage) int {
	switch {
	case m.GatekeeperConfirm != nil:
		return m.GatekeeperConfirm.RequestSeqNum
	case m.GatekeeperReject != nil:
		return m.GatekeeperReject.RequestSeqNum
	case m.RegistrationConfirm != nil:
		return m.RegistrationConfirm.RequestSeqNum
	case m.RegistrationReject != nil:
		return m.RegistrationReject.RequestSeqNum
	case m.UnregistrationConfirm != nil:
		return m.UnregistrationConfirm.RequestSeqNum
	case m.UnregistrationReject != nil:
		return m.UnregistrationReject.RequestSeqNum
	case m.AdmissionConfirm != nil:
		return m.AdmissionConfirm.RequestSeqNum
	case m.AdmissionReject != nil:
		return m.AdmissionReject.RequestSeqNum
	case m.BandwidthConfirm != nil:
		return m.BandwidthConfirm.RequestSeqNum
	case m.BandwidthReject != nil:
		return m.BandwidthReject.RequestSeqNum
	case m.DisengageConfirm != nil:
		return m.DisengageConfirm.RequestSeqNum
	case m.DisengageReject != nil:
		return m.DisengageReject.RequestSeqNum
	}
	return rareSequence(m)
}

// rareSequence is answerSequence of the messages that seldom come.
func rareSequence(m *h225.RasMessage) int {
	switch {
	case m.LocationConfirm != nil:
		return m.LocationConfirm.RequestSeqNum
	case m.LocationReject != nil:
		return m.LocationReject.RequestSeqNum
	case m.InfoRequestResponse != nil:
		return m.InfoRequestResponse.RequestSeqNum
	case m.InfoRequestAck != nil:
		return m.InfoRequestAck.RequestSeqNum
	case m.InfoRequestNak != nil:
		return m.InfoRequestNak.RequestSeqNum
	case m.UnknownMessageResponse != nil:
		return m.UnknownMessageResponse.RequestSeqNum
	case m.RequestInProgress != nil:
		return m.RequestInProgress.RequestSeqNum
	case m.ResourcesAvailableConfirm != nil:
		return m.ResourcesAvailableConfirm.RequestSeqNum
	case m.ServiceControlResponse != nil:
		return m.ServiceControlResponse.RequestSeqNum
	case len(m.AdmissionConfirmSequence) > 0:
		return m.AdmissionConfirmSequence[0].RequestSeqNum
	}
	return 0
}
