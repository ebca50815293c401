package q931

import "strconv"

// ProtocolDiscriminator is the first octet of each message (Q.931 §4.2).
const ProtocolDiscriminator = 0x08

// MaxCallReference is the largest call reference value: 15 bits (H.225.0 §7.2.2.1).
// Value 0 is the global call reference.
const MaxCallReference = 0x7fff

// Type is a message type (Q.931 §4.4, Table 4-2).
type Type uint8

// The message types; H.225.0 Table 3 says which of them a terminal uses.
const (
	Alerting           Type = 0x01
	CallProceeding     Type = 0x02
	Progress           Type = 0x03
	Setup              Type = 0x05
	Connect            Type = 0x07
	SetupAcknowledge   Type = 0x0d
	ConnectAcknowledge Type = 0x0f
	UserInformation    Type = 0x20
	Disconnect         Type = 0x45
	Release            Type = 0x4d
	ReleaseComplete    Type = 0x5a
	Facility           Type = 0x62
	Notify             Type = 0x6e
	StatusInquiry      Type = 0x75
	CongestionControl  Type = 0x79
	Information        Type = 0x7b
	Status             Type = 0x7d
)

// String is the type's name, or its code in hexadecimal.
func (t Type) String() string {
	if name := t.name(); name != "" {
		return name
	}
	return "0x" + strconv.FormatUint(uint64(t), 16)
}

// Known says whether t is one of the types above. A message of another type is
// answered with Status, cause 97 (Q.931 §5.8.4), or ignored.
func (t Type) Known() bool { return t.name() != "" }

func (t Type) name() string {
	switch t {
	case Alerting:
		return "Alerting"
	case CallProceeding:
		return "CallProceeding"
	case Progress:
		return "Progress"
	case Setup:
		return "Setup"
	case Connect:
		return "Connect"
	case SetupAcknowledge:
		return "SetupAcknowledge"
	case ConnectAcknowledge:
		return "ConnectAcknowledge"
	case UserInformation:
		return "UserInformation"
	case Disconnect:
		return "Disconnect"
	case Release:
		return "Release"
	case ReleaseComplete:
		return "ReleaseComplete"
	case Facility:
		return "Facility"
	case Notify:
		return "Notify"
	case StatusInquiry:
		return "StatusInquiry"
	case CongestionControl:
		return "CongestionControl"
	case Information:
		return "Information"
	case Status:
		return "Status"
	}
	return ""
}

// Message is a Q.931 message.
type Message struct {
	// CallReference is the value that the side which sent the Setup chose, 15 bits.
	CallReference uint16
	// FromDestination is the call reference flag (Q.931 §4.3): set in messages
	// from the side that did not choose the value.
	FromDestination bool
	Type            Type
	// Elements are in the order in which they are sent. Setters keep them in
	// ascending order of their identifiers (Q.931 §4.5.1).
	Elements []Element
}

// New makes a message without elements.
func New(t Type, callReference uint16, fromDestination bool) *Message {
	return &Message{Type: t, CallReference: callReference & MaxCallReference, FromDestination: fromDestination}
}

// Reply makes a message without elements for the other direction of m's call.
func (m *Message) Reply(t Type) *Message {
	return New(t, m.CallReference, !m.FromDestination)
}
