package q931

// NumberType is a type of number (Q.931 §4.5.8, §4.5.10).
type NumberType uint8

// Types of number.
const (
	UnknownNumber       NumberType = 0
	InternationalNumber NumberType = 1
	NationalNumber      NumberType = 2
	NetworkSpecific     NumberType = 3
	SubscriberNumber    NumberType = 4
	AbbreviatedNumber   NumberType = 6
)

// NumberingPlan is a numbering plan identification (Q.931 §4.5.8, §4.5.10).
type NumberingPlan uint8

// Numbering plans.
const (
	UnknownPlan  NumberingPlan = 0
	ISDNPlan     NumberingPlan = 1 // E.164
	DataPlan     NumberingPlan = 3
	TelexPlan    NumberingPlan = 4
	NationalPlan NumberingPlan = 8
	PrivatePlan  NumberingPlan = 9
)

// Presentation says whether a number may be shown (Q.931 §4.5.10, Table 4-11).
type Presentation uint8

// Presentation indicators.
const (
	PresentationAllowed     Presentation = 0
	PresentationRestricted  Presentation = 1
	PresentationUnavailable Presentation = 2 // "number not available due to interworking"
)

// Screening says who vouches for a number (Q.931 §4.5.10, Table 4-11).
type Screening uint8

// Screening indicators.
const (
	UserNotScreened Screening = 0
	UserVerified    Screening = 1 // and passed
	UserFailed      Screening = 2 // verified and failed
	NetworkProvided Screening = 3
)

// PartyNumber is a calling or called party number.
type PartyNumber struct {
	Type NumberType
	Plan NumberingPlan
	// Indicators says that octet 3a is there: Presentation and Screening. The
	// called party number has none (Q.931 §4.5.8).
	Indicators   bool
	Presentation Presentation
	Screening    Screening
	// Digits are IA5 characters.
	Digits string
}

// CalledParty returns the called party number (Q.931 §4.5.8).
func (m *Message) CalledParty() (PartyNumber, bool) { return m.number(IDCalledPartyNumber) }

// CallingParty returns the calling party number (Q.931 §4.5.10).
func (m *Message) CallingParty() (PartyNumber, bool) { return m.number(IDCallingPartyNumber) }

// ConnectedNumber returns the connected number (Q.951 §5), coded as a calling one.
func (m *Message) ConnectedNumber() (PartyNumber, bool) { return m.number(IDConnectedNumber) }

// SetCalledParty sets the called party number, without its indicators.
func (m *Message) SetCalledParty(n PartyNumber) {
	n.Indicators = false
	m.Set(IDCalledPartyNumber, n.append(nil))
}

// SetCallingParty sets the calling party number.
func (m *Message) SetCallingParty(n PartyNumber) { m.Set(IDCallingPartyNumber, n.append(nil)) }

// SetConnectedNumber sets the connected number.
func (m *Message) SetConnectedNumber(n PartyNumber) { m.Set(IDConnectedNumber, n.append(nil)) }

func (m *Message) number(id ID) (n PartyNumber, ok bool) {
	c, ok := m.Get(id)
	if !ok || len(c) == 0 {
		return n, false
	}
	n.Type, n.Plan = NumberType(c[0]>>4&7), NumberingPlan(c[0]&0x0f)
	for i := 1; c[i-1]&extension == 0; i++ {
		if i == len(c) {
			return n, false
		}
		if i == 1 {
			n.Indicators = true
			n.Presentation, n.Screening = Presentation(c[1]>>5&3), Screening(c[1]&3)
		}
	}
	n.Digits = string(c[octets(c):])
	return n, true
}

func (n PartyNumber) append(dst []byte) []byte {
	first := byte(n.Type&7)<<4 | byte(n.Plan&0x0f)
	if n.Indicators {
		dst = append(dst, first, extension|byte(n.Presentation&3)<<5|byte(n.Screening&3))
	} else {
		dst = append(dst, extension|first)
	}
	return append(dst, n.Digits...)
}

// extension is the bit that ends a group of octets (Q.931 §4.5.1).
const extension = 0x80

// octets says how long the group of octets at the start of c is: up to the first
// with its extension bit set, or all of c.
func octets(c []byte) int {
	for i, b := range c {
		if b&extension != 0 {
			return i + 1
		}
	}
	return len(c)
}
