package h245_test

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

func determination() *h245.MultimediaSystemControlMessage {
	return h245.NewRequest(h245.RequestMessage{MasterSlaveDetermination: &h245.MasterSlaveDetermination{
		TerminalType: 240, StatusDeterminationNumber: 0x123456,
	}})
}

func TestNames(t *testing.T) {
	keys := "1"
	for _, test := range []struct {
		m           *h245.MultimediaSystemControlMessage
		class, name string
	}{
		{determination(), "request", "masterSlaveDetermination"},
		{h245.NewResponse(h245.ResponseMessage{RoundTripDelayResponse: &h245.RoundTripDelayResponse{}}), "response", "roundTripDelayResponse"},
		{h245.NewCommand(h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: &per.Null{}}}), "command", "endSessionCommand"},
		{h245.NewIndication(h245.IndicationMessage{UserInput: &h245.UserInputIndication{Alphanumeric: &keys}}), "indication", "userInput"},
		{h245.NewRequest(h245.RequestMessage{}), "request", h245.Unknown},
		{&h245.MultimediaSystemControlMessage{}, h245.Unknown, h245.Unknown},
	} {
		if test.m.Class() != test.class || test.m.Name() != test.name {
			t.Errorf("got %s %s, want %s %s", test.m.Class(), test.m.Name(), test.class, test.name)
		}
	}
}

// TestLaterVersion: a request of a version to come is passed over and can be named
// in the answer that it isn't understood.
func TestLaterVersion(t *testing.T) {
	// request, extension bit, alternative 40 of the additions, open type of 1 octet.
	m, err := h245.Unmarshal([]byte{0x15, 0x00, 0x01, 0x00})
	if err != nil {
		t.Fatal(err)
	}
	if m.Class() != "request" || m.Name() != h245.Unknown || m.Request.Unknown() != 1 {
		t.Errorf("got %s %s", m.Class(), m.Name())
	}
}

func TestUnmarshalAll(t *testing.T) {
	one, err := h245.Marshal(determination())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		data []byte
		n    int
		bad  bool
	}{
		"one":                   {one, 1, false},
		"three":                 {bytes.Repeat(one, 3), 3, false},
		"padded":                {append(bytes.Clone(one), 0, 0), 1, false},
		"then something else":   {append(bytes.Clone(one), 0x7f, 0xff), 1, true},
		"none":                  {nil, 0, true},
		"far too many":          {bytes.Repeat(one, 100), 8, false},
		"a lot after the first": {bytes.Repeat(one, 1000), 1, false},
		"cut within the second": {append(bytes.Clone(one), one[:2]...), 1, true},
	} {
		all, err := h245.UnmarshalAll(test.data)
		if len(all) != test.n || (err != nil) != test.bad {
			t.Errorf("%s: %d messages, %v", name, len(all), err)
		}
		for _, m := range all {
			if n := m.Request.MasterSlaveDetermination.StatusDeterminationNumber; n != 0x123456 {
				t.Errorf("%s: got %x", name, n)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:5004":          "192.0.2.1:5004",
		"[::ffff:192.0.2.1]:5004": "192.0.2.1:5004",
		"[2001:db8::1]:65535":     "[2001:db8::1]:65535",
	} {
		data, err := per.Marshal(h245.TransportAddressOf(netip.MustParseAddrPort(text)))
		if err != nil {
			t.Fatal(err)
		}
		var again h245.TransportAddress
		if err := per.Unmarshal(data, &again); err != nil {
			t.Fatal(err)
		}
		if got, ok := again.AddrPort(); !ok || got.String() != want {
			t.Errorf("%s comes back as %v, %v", text, got, ok)
		}
	}
	var none *h245.TransportAddress
	for _, a := range []*h245.TransportAddress{
		none,
		{},
		{MulticastAddress: &h245.MulticastAddress{IPAddress: &h245.MulticastAddressIPAddress{Network: []byte{224, 0, 0, 1}}}},
		{UnicastAddress: &h245.UnicastAddress{IPAddress: &h245.UnicastAddressIPAddress{Network: []byte{1}}}},
	} {
		if got, ok := a.AddrPort(); ok {
			t.Errorf("%v is an address", got)
		}
	}
}
