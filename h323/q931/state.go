package q931

// CallState is a state of a call (Q.931 §4.5.7, Table 4-8); both sides' numbers
// are the same, their names are those of the user's side.
type CallState uint8

// Call states. H.225.0 §7.2.2.5 knows these.
const (
	StateNull               CallState = 0
	StateInitiated          CallState = 1 // Setup sent
	StateOverlapSending     CallState = 2
	StateOutgoingProceeding CallState = 3
	StateDelivered          CallState = 4 // Alerting received
	StatePresent            CallState = 6 // Setup received
	StateReceived           CallState = 7 // Alerting sent
	StateConnectRequest     CallState = 8
	StateIncomingProceeding CallState = 9
	StateActive             CallState = 10
	StateDisconnectRequest  CallState = 11
	StateDisconnectIndicate CallState = 12
	StateReleaseRequest     CallState = 19
	StateOverlapReceiving   CallState = 25
)

// CallState returns the call state element, which Status carries.
func (m *Message) CallState() (s CallState, ok bool) {
	c, ok := m.Get(IDCallState)
	if !ok || len(c) == 0 {
		return 0, false
	}
	return CallState(c[0] & 0x3f), true
}

// SetCallState sets the call state element, of ITU-T's coding standard.
func (m *Message) SetCallState(s CallState) { m.Set(IDCallState, []byte{byte(s & 0x3f)}) }

// Description is a progress description (Q.931 §4.5.23, Table 4-20).
type Description uint8

// Progress descriptions.
const (
	NotEndToEnd        Description = 1 // further progress may be in-band
	DestinationNotISDN Description = 2
	OriginationNotISDN Description = 3
	ReturnedToISDN     Description = 4
	Interworked        Description = 5
	InBand             Description = 8 // information or a pattern is in the sound now
)

// ProgressIndicator is a progress indicator element.
type ProgressIndicator struct {
	Coding      Coding
	Location    Location
	Description Description
}

// ProgressIndicator returns the first progress indicator element.
func (m *Message) ProgressIndicator() (p ProgressIndicator, ok bool) {
	c, ok := m.Get(IDProgressIndicator)
	if !ok || len(c) < 2 {
		return p, false
	}
	n := octets(c)
	if n == len(c) {
		return p, false
	}
	return ProgressIndicator{
		Coding:      Coding(c[0] >> 5 & 3),
		Location:    Location(c[0] & 0x0f),
		Description: Description(c[n] & 0x7f),
	}, true
}

// SetProgressIndicator sets the progress indicator element.
func (m *Message) SetProgressIndicator(p ProgressIndicator) {
	m.Set(IDProgressIndicator, []byte{
		extension | byte(p.Coding&3)<<5 | byte(p.Location&0x0f),
		extension | byte(p.Description&0x7f),
	})
}

// Notification is a notification description (Q.931 §4.5.22, Table 4-19).
type Notification uint8

// Notifications.
const (
	UserSuspended  Notification = 0
	UserResumed    Notification = 1
	BearerChanged  Notification = 2
	RemoteHold     Notification = 0x79 // Q.953.2
	RemoteRetrieve Notification = 0x7a
)

// Notification returns the notification indicator, which Notify carries.
func (m *Message) Notification() (n Notification, ok bool) {
	c, ok := m.Get(IDNotificationIndicator)
	if !ok || len(c) == 0 {
		return 0, false
	}
	return Notification(c[0] & 0x7f), true
}

// SetNotification sets the notification indicator.
func (m *Message) SetNotification(n Notification) {
	m.Set(IDNotificationIndicator, []byte{extension | byte(n&0x7f)})
}
