package call

import (
	"bytes"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/trace"
)

// pin is in every place of a Setup where one may be.
const pin = "48219"

// hidePIN stands for the owner's way to show what was called.
func hidePIN(text string) string { return strings.ReplaceAll(text, pin, "****") }

// keyPressed is an H.245 message with a key.
func keyPressed(t *testing.T, keys string) []byte {
	t.Helper()
	octets, err := h245.Marshal(h245.NewIndication(h245.IndicationMessage{UserInput: &h245.UserInputIndication{Alphanumeric: &keys}}))
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

func secretSetup(t *testing.T) []byte {
	t.Helper()
	yes := true
	password := h235.Password(pin)
	setup := &h225.SetupUUIE{
		ProtocolIdentifier: h225.Protocol, CallIdentifier: &h225.CallIdentifier{Guid: bytes.Repeat([]byte{7}, 16)},
		ConferenceID: bytes.Repeat([]byte{8}, 16), ConferenceGoal: h225.SetupUUIEConferenceGoal{Create: new(per.Null)},
		CallType: h225.CallType{PointToPoint: new(per.Null)},
		DestinationAddress: []h225.AliasAddress{
			h225.AliasDigits("112752642#" + pin), h225.AliasH323ID("112752642##" + pin), h225.AliasURL("h323:112752642#" + pin + "@gw"),
			h225.AliasEmail("112752642." + pin + "@gw"), h225.AliasPublicNumber("112752642*" + pin),
		},
		DestExtraCallInfo: []h225.AliasAddress{h225.AliasDigits(pin)},
		SourceAddress:     []h225.AliasAddress{h225.AliasH323ID("Board room")},
		Tokens:            []h235.ClearToken{{TokenOID: "0.0.8.235.0.1", Password: &password}},
	}
	extension := h225.AliasDigits("112752642#" + pin)
	setup.RemoteExtensionAddress = &extension
	setup.ParallelH245Control = [][]byte{keyPressed(t, pin)}
	pdu := h225.H323UUPDU{
		H323MessageBody: h225.H323UUPDUH323MessageBody{Setup: setup}, H245Tunneling: &yes,
		H245Control:               [][]byte{keyPressed(t, pin), keyPressed(t, "4")},
		H4501SupplementaryService: [][]byte{[]byte("rerouting " + pin)},
	}
	uu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: pdu})
	if err != nil {
		t.Fatal(err)
	}
	m := q931.New(q931.Setup, 5, false)
	m.SetCalledParty(q931.PartyNumber{Digits: "112752642#" + pin})
	m.SetKeypad(pin)
	m.SetUserUser(uu)
	octets, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// spelt are the forms in which a PIN's digits stand in octets: as text, as BMPString,
// and with four bits a digit, at either half of an octet.
func spelt() map[string][]byte {
	bmp := []byte{}
	for _, d := range []byte(pin) {
		bmp = append(bmp, 0, d)
	}
	// dialedDigits: # * , 0-9 as the values 0 to 12, four bits each.
	packed := func(shift bool) []byte {
		var nibbles []byte
		for _, d := range []byte(pin) {
			nibbles = append(nibbles, d-'0'+3)
		}
		if shift {
			nibbles = nibbles[1:]
		}
		var out []byte
		for i := 0; i+1 < len(nibbles); i += 2 {
			out = append(out, nibbles[i]<<4|nibbles[i+1])
		}
		return out
	}
	return map[string][]byte{"text": []byte(pin), "BMPString": bmp, "digits": packed(false), "digits, from the second": packed(true)}
}

func TestNothingSecretIsShown(t *testing.T) {
	frame := secretSetup(t)
	for form, octets := range spelt() {
		if form != "digits" && !bytes.Contains(frame, octets) && form != "digits, from the second" {
			t.Fatalf("the test's own message has no PIN as %s", form)
		}
	}
	before := bytes.Clone(frame)
	c := &Call{cfg: &Config{Hide: hidePIN}}
	var p trace.Packet
	c.showSignal(&p, frame)
	if !bytes.Equal(frame, before) {
		t.Error("the message itself was changed")
	}
	if p.Summary != "Setup" || p.CallID != "07070707-0707-0707-0707-070707070707" || len(p.Data) == 0 {
		t.Fatalf("%+v", p)
	}
	if strings.Contains(p.Detail, pin) {
		t.Error(p.Detail)
	}
	for form, octets := range spelt() {
		if bytes.Contains(p.Data, octets) {
			t.Errorf("the PIN is shown as %s in\n% x", form, p.Data)
		}
	}
	for _, want := range []string{"to 112752642#****", "called party number 112752642#****", "extension 112752642#****", "from Board room", "a key", "H.245 userInput"} {
		if !strings.Contains(p.Detail, want) {
			t.Errorf("%q is not in\n%s", want, p.Detail)
		}
	}
	// What is shown is a message still, without what others might read a PIN from.
	m, err := parse(p.Data)
	if err != nil {
		t.Fatal(err)
	}
	s := m.body.Setup
	if len(s.DestinationAddress) != 5 || s.DestinationAddress[0].Text() != "112752642#****" || s.Tokens[0].Password != nil || m.pdu.H4501SupplementaryService != nil {
		t.Errorf("%+v", s)
	}
	if keys, _ := m.Keypad(); strings.ContainsAny(keys, "0123456789") {
		t.Error(keys)
	}
	for _, element := range append(m.pdu.H245Control, s.ParallelH245Control...) {
		u, err := h245.Unmarshal(element)
		if err != nil || *u.Indication.UserInput.Alphanumeric != "*" {
			t.Error(err, u)
		}
	}
	// Without anybody who says how, nothing that was called is shown.
	p = trace.Packet{}
	(&Call{cfg: &Config{}}).showSignal(&p, frame)
	if strings.Contains(p.Detail, "112752642") {
		t.Error(p.Detail)
	}
}

func TestControlIsShownWithoutKeys(t *testing.T) {
	signal := func(m h245.IndicationMessage) []byte {
		octets, err := h245.Marshal(h245.NewIndication(m))
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	for name, frame := range map[string][]byte{
		"alphanumeric": keyPressed(t, pin),
		"signal":       signal(h245.IndicationMessage{UserInput: &h245.UserInputIndication{Signal: &h245.UserInputIndicationSignal{SignalType: "7"}}}),
		"extended": signal(h245.IndicationMessage{UserInput: &h245.UserInputIndication{
			ExtendedAlphanumeric: &h245.UserInputIndicationExtendedAlphanumeric{Alphanumeric: pin},
		}}),
	} {
		var p trace.Packet
		showControl(&p, frame)
		if p.Summary != "userInput" || p.Detail != "a key" || bytes.Equal(p.Data, frame) || bytes.Contains(p.Data, []byte(pin)) || len(p.Data) == 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	var p trace.Packet
	showControl(&p, []byte{0xff, 0xff, 0xff})
	if p.Summary == "" {
		t.Errorf("%+v", p)
	}
}

func FuzzTap(f *testing.F) {
	f.Add([]byte{8, 2, 0, 5, 5, 4, 3, 0x80, 0x90, 0xa3})
	f.Add([]byte{2, 0x70, 1, 6, 0, 8, 0x81, 0x75, 0, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p trace.Packet
		(&Call{cfg: &Config{Hide: hidePIN}}).showSignal(&p, data)
		p = trace.Packet{}
		showControl(&p, data)
	})
}
