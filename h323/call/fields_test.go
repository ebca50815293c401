package call

import (
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
)

var null = new(per.Null)

func yes() *bool {
	b := true
	return &b
}

// pdu is the H.225.0 part of a message that a test builds.
type pdu = h225.H323UUPDU

const testCRV = 77

var testID = h225.GloballyUniqueID("0123456789abcdef")

// build makes a message of a caller.
func build(t testing.TB, kind q931.Type, p pdu, fill func(*q931.Message)) []byte {
	t.Helper()
	uu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: p})
	if err != nil {
		t.Fatal(err)
	}
	m := q931.New(kind, testCRV, false)
	m.SetUserUser(uu)
	if fill != nil {
		fill(m)
	}
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// setupPDU is a Setup with tunnelling and without fast connect, as edited.
func setupPDU(edit func(*h225.SetupUUIE, *pdu)) pdu {
	s := &h225.SetupUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: &h225.CallIdentifier{Guid: testID}, ConferenceID: testID,
		ConferenceGoal: h225.SetupUUIEConferenceGoal{Create: null}, CallType: h225.CallType{PointToPoint: null},
		DestinationAddress: []h225.AliasAddress{h225.AliasDigits("600")},
	}
	p := pdu{H323MessageBody: h225.H323UUPDUH323MessageBody{Setup: s}, H245Tunneling: yes()}
	if edit != nil {
		edit(s, &p)
	}
	return p
}

// facilityPDU is a Facility, body empty if edit is nil.
func facilityPDU(tunnelling *bool, edit func(*h225.FacilityUUIE), control ...[]byte) pdu {
	p := pdu{H245Tunneling: tunnelling, H245Control: control}
	if edit == nil {
		p.H323MessageBody.Empty = null
		return p
	}
	f := &h225.FacilityUUIE{ProtocolIdentifier: h225.Protocol, CallIdentifier: &h225.CallIdentifier{Guid: testID}}
	edit(f)
	p.H323MessageBody.Facility = f
	return p
}

// h245PDU encodes an H.245 message.
func h245PDU(t testing.TB, m *h245.MultimediaSystemControlMessage) []byte {
	t.Helper()
	b, err := h245.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// roundTrip is a request that every H.245 peer answers.
func roundTrip(t testing.TB) []byte {
	return h245PDU(t, h245.NewRequest(h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: 9}}))
}

func endSession(t testing.TB) []byte {
	return h245PDU(t, h245.NewCommand(h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: null}}))
}
