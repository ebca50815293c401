package h245

import (
	"reflect"
	"strings"

	"github.com/partyline/partyline/h323/per"
)

// Protocol is the protocolIdentifier of the version that the types are of
// (H.245 §B.2.2.1): version 17.
const Protocol per.OID = "0.0.8.245.0.17"

// Marshal encodes one message (H.245 §6): what a TPKT frame or an element of
// h245Control holds.
func Marshal(m *MultimediaSystemControlMessage) ([]byte, error) { return per.Marshal(m) }

// Unmarshal decodes one message. Octets after it are ignored. A message that
// this version doesn't know is no error: Name says "unknown".
func Unmarshal(data []byte) (*MultimediaSystemControlMessage, error) {
	m := new(MultimediaSystemControlMessage)
	if err := per.Unmarshal(data, m); err != nil {
		return nil, err
	}
	return m, nil
}

// Messages in one octet string, and octets after the first message in which more
// of them are looked for: several times what endpoints send, so that many small
// messages take no more memory than a large one.
const (
	maxTogether     = 8
	maxTogetherSize = 4 << 10
)

// UnmarshalAll decodes messages that stand one after the other, each from a whole
// octet on: some endpoints put several into one element of h245Control. It returns
// those before the first that is wrong, and the error of that one. Zero octets at
// the end are padding, and what comes after 8 messages is ignored.
func UnmarshalAll(data []byte) (all []*MultimediaSystemControlMessage, err error) {
	for len(all) == 0 || !padding(data) {
		m := new(MultimediaSystemControlMessage)
		if data, err = per.UnmarshalPrefix(data, m); err != nil {
			return all, err
		}
		if all = append(all, m); len(all) == maxTogether || len(data) > maxTogetherSize {
			break
		}
	}
	return all, nil
}

// padding reports whether data is nothing but zeros: no message of use is.
func padding(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// Unknown is the Name of a message that the types have no alternative for.
const Unknown = "unknown"

// Name is the name of the message within its class, as H.245 writes it:
// "terminalCapabilitySet", "openLogicalChannelAck", "userInput". It is for logs.
func (m *MultimediaSystemControlMessage) Name() string {
	switch {
	case m.Request != nil:
		return chosen(m.Request)
	case m.Response != nil:
		return chosen(m.Response)
	case m.Command != nil:
		return chosen(m.Command)
	case m.Indication != nil:
		return chosen(m.Indication)
	}
	return Unknown
}

// Class is "request", "response", "command", "indication" (H.245 §6) or
// Unknown.
func (m *MultimediaSystemControlMessage) Class() string { return chosen(m) }

// chosen names the alternative that is set in the CHOICE that p points to.
func chosen(p any) string {
	v := reflect.ValueOf(p).Elem()
	for i := 1; i < v.NumField(); i++ { // the first is the marker
		if !v.Field(i).IsNil() {
			name := v.Type().Field(i).Name
			return strings.ToLower(name[:1]) + name[1:]
		}
	}
	return Unknown
}
