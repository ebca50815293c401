package h225

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/partyline/partyline/h323/per"
)

// Protocol is the protocolIdentifier of the version that the types are of
// (H.225.0 §7.2.2): version 8.
const Protocol per.OID = "0.0.8.2250.0.8"

// ProtocolVersion is the version of H.225.0 that a protocolIdentifier names; 0
// when it names none.
func ProtocolVersion(id per.OID) int {
	rest, ok := strings.CutPrefix(string(id), "0.0.8.2250.0.")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return 0
	}
	return n
}

// Marshal encodes a call signalling message (H.225.0 §7.3): what follows the
// protocol discriminator in the user-user element of a Q.931 message.
func Marshal(m *H323UserInformation) ([]byte, error) { return per.Marshal(m) }

// Unmarshal decodes a call signalling message. Octets after it are ignored.
func Unmarshal(data []byte) (*H323UserInformation, error) {
	m := new(H323UserInformation)
	if err := per.Unmarshal(data, m); err != nil {
		return nil, err
	}
	return m, nil
}

// MarshalRAS encodes a RAS message (H.225.0 §7.7): the contents of a datagram.
func MarshalRAS(m *RasMessage) ([]byte, error) { return per.Marshal(m) }

// UnmarshalRAS decodes a RAS message. Octets after it are ignored.
func UnmarshalRAS(data []byte) (*RasMessage, error) {
	m := new(RasMessage)
	if err := per.Unmarshal(data, m); err != nil {
		return nil, err
	}
	return m, nil
}

// Unknown is the Name of a message that the types have no alternative for.
const Unknown = "unknown"

// Name is the name of the message, as H.225.0 writes it: "setup", "empty".
func (b *H323UUPDUH323MessageBody) Name() string { return chosen(b) }

// Name is the name of the message, as H.225.0 writes it: "admissionRequest".
func (m *RasMessage) Name() string { return chosen(m) }

// Name is the name of the reason, as H.225.0 writes it: "destinationRejection".
func (r *ReleaseCompleteReason) Name() string { return chosen(r) }

// Name is the name of the reason, as H.225.0 writes it: "startH245".
func (r *FacilityReason) Name() string { return chosen(r) }

// chosen names the alternative that is set in the CHOICE that p points to.
func chosen(p any) string {
	v := reflect.ValueOf(p)
	if v.IsNil() {
		return Unknown
	}
	v = v.Elem()
	for i := 1; i < v.NumField(); i++ { // the first is the marker
		if !v.Field(i).IsNil() {
			name := v.Type().Field(i).Name
			return strings.ToLower(name[:1]) + name[1:]
		}
	}
	return Unknown
}
