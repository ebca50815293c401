package q931

// Location is where a cause arose (Q.850 §2.2.2).
type Location uint8

// Locations.
const (
	LocationUser            Location = 0
	LocationPrivateLocal    Location = 1 // private network serving the local user
	LocationPublicLocal     Location = 2
	LocationTransit         Location = 3
	LocationPublicRemote    Location = 4
	LocationPrivateRemote   Location = 5
	LocationInternational   Location = 7
	LocationBeyondInterwork Location = 10
)

// Coding is a coding standard; 0 is that of ITU-T, which all of this package's
// typed values mean.
type Coding uint8

// CauseValue is a cause of Q.850, 1 to 127.
type CauseValue uint8

// The causes that H.323 endpoints send and H.225.0 Table 5 maps.
const (
	UnallocatedNumber         CauseValue = 1
	NoRouteToNetwork          CauseValue = 2
	NoRouteToDestination      CauseValue = 3
	NormalClearing            CauseValue = 16
	UserBusy                  CauseValue = 17
	NoUserResponding          CauseValue = 18
	NoAnswer                  CauseValue = 19
	SubscriberAbsent          CauseValue = 20
	CallRejected              CauseValue = 21
	NumberChanged             CauseValue = 22
	NonSelectedUserClearing   CauseValue = 26
	DestinationOutOfOrder     CauseValue = 27
	InvalidNumberFormat       CauseValue = 28
	FacilityRejected          CauseValue = 29
	ResponseToStatusEnquiry   CauseValue = 30
	NormalUnspecified         CauseValue = 31
	NoCircuit                 CauseValue = 34
	NetworkOutOfOrder         CauseValue = 38
	TemporaryFailure          CauseValue = 41
	SwitchingCongestion       CauseValue = 42
	ResourceUnavailable       CauseValue = 47
	FacilityNotSubscribed     CauseValue = 50
	BearerNotAuthorized       CauseValue = 57
	BearerNotAvailable        CauseValue = 58
	ServiceUnavailable        CauseValue = 63
	BearerNotImplemented      CauseValue = 65
	FacilityNotImplemented    CauseValue = 69
	ServiceNotImplemented     CauseValue = 79
	InvalidCallReference      CauseValue = 81
	IncompatibleDestination   CauseValue = 88
	InvalidMessage            CauseValue = 95
	MandatoryElementMissing   CauseValue = 96
	MessageTypeNonExistent    CauseValue = 97
	MessageNotCompatible      CauseValue = 98
	ElementNonExistent        CauseValue = 99
	InvalidElementContents    CauseValue = 100
	MessageNotCompatibleState CauseValue = 101
	RecoveryOnTimer           CauseValue = 102
	ProtocolError             CauseValue = 111
	Interworking              CauseValue = 127
)

// Cause is a cause element (Q.850 §2.1).
type Cause struct {
	Coding   Coding
	Location Location
	// HasRecommendation says that octet 3a is there. H.225.0 has none.
	HasRecommendation bool
	Recommendation    uint8
	Value             CauseValue
	Diagnostics       []byte
}

// Cause returns the cause element.
func (m *Message) Cause() (v Cause, ok bool) {
	c, ok := m.Get(IDCause)
	if !ok || len(c) < 2 {
		return v, false
	}
	v.Coding, v.Location = Coding(c[0]>>5&3), Location(c[0]&0x0f)
	n := octets(c)
	if n > 1 {
		v.HasRecommendation, v.Recommendation = true, c[1]&0x7f
	}
	if n == len(c) {
		return v, false
	}
	v.Value = CauseValue(c[n] & 0x7f)
	n += octets(c[n:])
	if n < len(c) {
		v.Diagnostics = c[n:]
	}
	return v, true
}

// SetCause sets the cause element.
func (m *Message) SetCause(v Cause) {
	first := byte(v.Coding&3)<<5 | byte(v.Location&0x0f)
	var c []byte
	if v.HasRecommendation {
		c = append(c, first, extension|v.Recommendation)
	} else {
		c = append(c, extension|first)
	}
	c = append(c, extension|byte(v.Value&0x7f))
	m.Set(IDCause, append(c, v.Diagnostics...))
}
