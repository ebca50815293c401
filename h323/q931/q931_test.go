package q931

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func octetsOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The messages that tests and fuzzing begin with.
const (
	setupHex   = "08 02 564c 05 04038090a5 280763616c6c657200 6c0600813132333 4 7003c1 3630 7e0003 05a0b0"
	keypadHex  = "08 02 564c 7b 280763616c6c657200 2c0131"
	shiftedHex = "08 02 d64c 62 a1 1c00 9d 7e02aabb 280141 96 0801ff 7e00"
)

func TestParse(t *testing.T) {
	m, err := Parse(octetsOf(t, setupHex))
	if err != nil {
		t.Fatal(err)
	}
	if m.Type != Setup || m.CallReference != 0x564c || m.FromDestination {
		t.Errorf("%v, reference %#x, from the destination %v", m.Type, m.CallReference, m.FromDestination)
	}
	if b, ok := m.BearerCapability(); !ok || b != (BearerCapability{Rate: Rate64k, Layer1: Layer1H221}) {
		t.Errorf("bearer capability %+v %v", b, ok)
	}
	if s, ok := m.Display(); !ok || s != "caller" {
		t.Errorf("display %q %v", s, ok)
	}
	want := PartyNumber{Indicators: true, Screening: UserVerified, Digits: "1234"}
	if n, ok := m.CallingParty(); !ok || n != want {
		t.Errorf("calling %+v %v", n, ok)
	}
	want = PartyNumber{Type: SubscriberNumber, Plan: ISDNPlan, Digits: "60"}
	if n, ok := m.CalledParty(); !ok || n != want {
		t.Errorf("called %+v %v", n, ok)
	}
	if pdu, ok := m.UserUser(); !ok || !bytes.Equal(pdu, []byte{0xa0, 0xb0}) {
		t.Errorf("user-user %x %v", pdu, ok)
	}
	if _, ok := m.Cause(); ok {
		t.Error("a cause that isn't there")
	}
}

// Shifts rule what follows: one element after a non-locking one, all after a
// locking one. In other codesets 0x7e is an element like others.
func TestShifts(t *testing.T) {
	data := octetsOf(t, shiftedHex)
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []Element{
		{0, IDSendingComplete, nil},
		{0, IDFacility, []byte{}},
		{0, 0x9d, nil},
		{5, 0x7e, []byte{0xaa, 0xbb}},
		{0, IDDisplay, []byte{0x41}},
		{0, 0x96, nil},
		{6, 0x08, []byte{0xff}},
		{6, 0x7e, []byte{}},
	}
	if !reflect.DeepEqual(m.Elements, want) {
		t.Errorf("%v\nwant %v", m.Elements, want)
	}
	if _, ok := m.UserUser(); ok {
		t.Error("an element of codeset 6 is taken for the user-user element")
	}
	m.SetCause(Cause{Value: UserBusy}) // neither between a shift and its element nor after the locking one
	m.SetUserUser([]byte{1})
	if again, err := m.Append(nil); err != nil || !bytes.Equal(again, octetsOf(t,
		"08 02 d64c 62 a1 08028091 1c00 9d 7e02aabb 280141 7e00020501 96 0801ff 7e00")) {
		t.Errorf("%x %v", again, err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		err       error
	}{
		{"nothing", "", ErrTruncated},
		{"no type", "08 02 0001", ErrTruncated},
		{"another protocol", "07 02 0001 05", ErrDiscriminator},
		{"call reference of one octet", "08 01 01 05 00", ErrCallReference},
		{"no length", "08 02 0001 05 28", ErrTruncated},
		{"element overruns", "08 02 0001 05 280341", ErrTruncated},
		{"no second octet of a length", "08 02 0001 05 7e00", ErrTruncated},
		{"user-user overruns", "08 02 0001 05 7effff05", ErrTruncated},
		{"elements without end", "08 02 0001 05" + strings.Repeat("a1", MaxElements+1), ErrTooMany},
	} {
		if m, err := Parse(octetsOf(t, c.hex)); !errors.Is(err, c.err) || m != nil {
			t.Errorf("%s: %v %v, want %v", c.name, m, err, c.err)
		}
	}
	for _, n := range []int{0, MaxElements} {
		if _, err := Parse(octetsOf(t, "08 02 0001 05"+strings.Repeat("a1", n))); err != nil {
			t.Errorf("%d elements: %v", n, err)
		}
	}
}

func TestAppendErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		element Element
		err     error
	}{
		{"contents of 256", Element{ID: IDDisplay, Contents: make([]byte, 256)}, ErrTooLong},
		{"user-user of 64 KiB", Element{ID: IDUserUser, Contents: make([]byte, 0x10000)}, ErrTooLong},
		{"contents of a single octet", Element{ID: IDSendingComplete, Contents: []byte{1}}, ErrTooLong},
		{"codeset without a shift", Element{Codeset: 5, ID: IDDisplay}, ErrCodeset},
	} {
		m := New(Setup, 1, false)
		m.Elements = []Element{c.element}
		if out, err := m.Append([]byte("x")); !errors.Is(err, c.err) || string(out) != "x" {
			t.Errorf("%s: %q %v, want %v", c.name, out, err, c.err)
		}
	}
}

// Each typed element is the octets that the Recommendation draws, and comes back.
func TestElements(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Message)
		get  func(*Message) (any, bool)
		want any
		hex  string
	}{
		{"bearer capability", func(m *Message) {
			m.SetBearerCapability(BearerCapability{Capability: UnrestrictedDigital, Mode: PacketMode, Rate: PacketRate, Layer1: Layer1H221})
		}, view((*Message).BearerCapability), BearerCapability{Capability: UnrestrictedDigital, Mode: PacketMode, Layer1: Layer1H221}, "0403 88c0a5"},
		{"bearer of 384 kbit/s", func(m *Message) {
			m.SetBearerCapability(BearerCapability{Capability: UnrestrictedDigital, Rate: RateMultirate, Multiplier: 6, Layer1: Layer1H221})
		}, view((*Message).BearerCapability), BearerCapability{Capability: UnrestrictedDigital, Rate: RateMultirate, Multiplier: 6, Layer1: Layer1H221}, "0404 889886a5"},
		{
			"cause", func(m *Message) { m.SetCause(Cause{Location: LocationPrivateLocal, Value: UserBusy}) },
			view((*Message).Cause),
			Cause{Location: LocationPrivateLocal, Value: UserBusy},
			"0802 8191",
		},
		{"cause with recommendation and diagnostics", func(m *Message) {
			m.SetCause(Cause{HasRecommendation: true, Recommendation: 3, Value: ElementNonExistent, Diagnostics: []byte{0x6c}})
		}, view((*Message).Cause), Cause{HasRecommendation: true, Recommendation: 3, Value: ElementNonExistent, Diagnostics: []byte{0x6c}}, "0804 0083e36c"},
		{"call state", func(m *Message) { m.SetCallState(StateActive) }, view((*Message).CallState), StateActive, "1401 0a"},
		{"progress indicator", func(m *Message) {
			m.SetProgressIndicator(ProgressIndicator{Location: LocationPublicLocal, Description: InBand})
		}, view((*Message).ProgressIndicator), ProgressIndicator{Location: LocationPublicLocal, Description: InBand}, "1e02 8288"},
		{"notification", func(m *Message) { m.SetNotification(RemoteHold) }, view((*Message).Notification), RemoteHold, "2701 f9"},
		{"display", func(m *Message) { m.SetDisplay("Zoë") }, view((*Message).Display), "Zoë", "2804 5a6fc3ab"},
		{"keypad", func(m *Message) { m.SetKeypad("12#") }, view((*Message).Keypad), "12#", "2c03 313223"},
		{"signal", func(m *Message) { m.SetSignal(SignalBusy) }, view((*Message).Signal), SignalBusy, "3401 04"},
		{"calling party", func(m *Message) {
			m.SetCallingParty(PartyNumber{InternationalNumber, ISDNPlan, true, PresentationRestricted, NetworkProvided, "41"})
		}, view((*Message).CallingParty), PartyNumber{InternationalNumber, ISDNPlan, true, PresentationRestricted, NetworkProvided, "41"}, "6c04 11a33431"},
		{
			"called party", func(m *Message) { m.SetCalledParty(PartyNumber{Plan: PrivatePlan, Indicators: true, Digits: "600"}) },
			view((*Message).CalledParty),
			PartyNumber{Plan: PrivatePlan, Digits: "600"},
			"7004 89363030",
		},
		{
			"connected number", func(m *Message) { m.SetConnectedNumber(PartyNumber{Digits: "1"}) },
			view((*Message).ConnectedNumber),
			PartyNumber{Digits: "1"},
			"4c02 8031",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(Information, 1, false)
			c.set(m)
			data, err := m.Append(nil)
			if want := append(octetsOf(t, "08 02 0001 7b"), octetsOf(t, c.hex)...); err != nil || !bytes.Equal(data, want) {
				t.Errorf("%x %v, want %x", data, err, want)
			}
			if m, err = Parse(data); err != nil {
				t.Fatal(err)
			}
			if got, ok := c.get(m); !ok || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v %v, want %+v", got, ok, c.want)
			}
		})
	}
}

// view makes getters of all types look alike.
func view[T any](get func(*Message) (T, bool)) func(*Message) (any, bool) {
	return func(m *Message) (any, bool) { return get(m) }
}

// An element that says less than it must is not there.
func TestShortElements(t *testing.T) {
	for id, contents := range map[ID][]string{
		IDBearerCapability:      {"", "80", "0000"},
		IDCause:                 {"", "80", "0083", "00000000"},
		IDCallState:             {""},
		IDProgressIndicator:     {"", "81", "0101"},
		IDNotificationIndicator: {""},
		IDSignal:                {""},
		IDCallingPartyNumber:    {"", "00", "0000"},
		IDCalledPartyNumber:     {"", "00"},
		IDUserUser:              {"", "04aa"},
	} {
		for _, c := range contents {
			m := New(Setup, 1, false)
			m.Set(id, octetsOf(t, c))
			for name, get := range views {
				if v, ok := get(m); ok {
					t.Errorf("element %#02x of %q: %s is %v", uint8(id), c, name, v)
				}
			}
		}
	}
}

var views = map[string]func(*Message) (any, bool){
	"bearer capability":  view((*Message).BearerCapability),
	"cause":              view((*Message).Cause),
	"call state":         view((*Message).CallState),
	"progress indicator": view((*Message).ProgressIndicator),
	"notification":       view((*Message).Notification),
	"display":            view((*Message).Display),
	"keypad":             view((*Message).Keypad),
	"signal":             view((*Message).Signal),
	"calling party":      view((*Message).CallingParty),
	"called party":       view((*Message).CalledParty),
	"connected number":   view((*Message).ConnectedNumber),
	"user-user":          view((*Message).UserUser),
}

func TestText(t *testing.T) {
	for contents, want := range map[string]string{
		"caller\x00":     "caller",
		"Zo\xeb":         "Zoë",
		"Zo\xc3\xab":     "Zoë",
		"\xb1caller":     "caller",
		"a\r\nb\x1b[31m": "ab[31m",
		"\xc2\x9bx":      "x",
	} {
		m := New(Setup, 1, false)
		m.Set(IDDisplay, []byte(contents))
		if got, _ := m.Display(); got != want {
			t.Errorf("display %q is %q, want %q", contents, got, want)
		}
	}
	m := New(Setup, 1, false)
	m.SetDisplay(strings.Repeat("ä", MaxDisplay))
	if got, _ := m.Display(); got != strings.Repeat("ä", MaxDisplay/2) {
		t.Errorf("a long display is cut to %q", got)
	}
	m.Set(IDKeypadFacility, []byte("1\x002 a*"))
	if got, _ := m.Keypad(); got != "12a*" {
		t.Errorf("keys %q", got)
	}
}

func TestSetKeepsOrder(t *testing.T) {
	m := New(Setup, 0x8001, true)
	m.SetUserUser(nil)
	m.SetDisplay("a")
	m.SetBearerCapability(BearerCapability{})
	m.Set(IDSendingComplete, nil)
	m.SetCalledParty(PartyNumber{})
	m.SetDisplay("b")
	var ids []ID
	for _, e := range m.Elements {
		ids = append(ids, e.ID)
	}
	if want := []ID{IDSendingComplete, IDBearerCapability, IDDisplay, IDCalledPartyNumber, IDUserUser}; !reflect.DeepEqual(ids, want) {
		t.Errorf("%#x, want %#x", ids, want)
	}
	if got, _ := m.Display(); got != "b" {
		t.Errorf("display %q", got)
	}
	if m.Remove(IDDisplay); len(m.Elements) != 4 {
		t.Error("the display stays")
	}
	if m.CallReference != 1 {
		t.Errorf("call reference %#x", m.CallReference)
	}
	if r := m.Reply(Connect); r.FromDestination || r.CallReference != 1 || r.Type != Connect {
		t.Errorf("reply %+v", r)
	}
}

func TestTypes(t *testing.T) {
	if s := ReleaseComplete.String(); s != "ReleaseComplete" {
		t.Error(s)
	}
	if s := Type(0x46).String(); s != "0x46" || Type(0x46).Known() || !Facility.Known() {
		t.Error(s)
	}
}
