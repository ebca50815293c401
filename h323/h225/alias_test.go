package h225_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

func TestParseAlias(t *testing.T) {
	for text, kind := range map[string]string{
		"600":                     "dialedDigits",
		"600#1234":                "dialedDigits",
		"*7,,12":                  "dialedDigits",
		"+41445550100":            "h323-ID",
		"Raum 7 – Zürich 漢":       "h323-ID",
		"600@example.org":         "h323-ID",
		"room:1":                  "h323-ID",
		"h323:600@192.0.2.1":      "url-ID",
		"SIP:x@example.org":       "url-ID",
		strings.Repeat("1", 128):  "dialedDigits",
		strings.Repeat("1", 129):  "h323-ID",
		strings.Repeat("x", 256):  "h323-ID",
		strings.Repeat("😀", 128):  "h323-ID",
		strings.Repeat("漢x", 100): "h323-ID",
	} {
		alias, ok := h225.ParseAlias(text)
		if !ok || alias.Kind() != kind || alias.Text() != text {
			t.Errorf("%q gives %v %s %q, want %s", text, ok, alias.Kind(), alias.Text(), kind)
			continue
		}
		data, err := per.Marshal(&alias)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var again h225.AliasAddress
		if err := per.Unmarshal(data, &again); err != nil || again.Text() != text {
			t.Errorf("%q comes back as %q (%v)", text, again.Text(), err)
		}
	}
	for _, text := range []string{"", strings.Repeat("x", 257), strings.Repeat("😀", 129), "h323:ü@example.org", "h323:" + strings.Repeat("x", 512)} {
		if _, ok := h225.ParseAlias(text); ok {
			t.Errorf("%.20q is taken", text)
		}
	}
}

func TestAliasText(t *testing.T) {
	digits := "123"
	for _, test := range []struct {
		alias      h225.AliasAddress
		kind, text string
	}{
		{h225.AliasEmail("a@b"), "email-ID", "a@b"},
		{h225.AliasTransport(netip.MustParseAddrPort("[2001:db8::1]:1720")), "transportID", "[2001:db8::1]:1720"},
		{h225.AliasPublicNumber("41445550100"), "partyNumber", "41445550100"},
		{h225.AliasAddress{PartyNumber: &h225.PartyNumber{TelexPartyNumber: &digits}}, "partyNumber", "123"},
		{h225.AliasAddress{PartyNumber: &h225.PartyNumber{}}, "partyNumber", ""},
		{h225.AliasAddress{MobileUIM: &h225.MobileUIM{GsmUim: &h225.GSMUIM{Imsi: &digits}}}, "mobileUIM", "123"},
		{h225.AliasAddress{IsupNumber: &h225.IsupNumber{E164Number: &h225.IsupPublicPartyNumber{Address: "9"}}}, "isupNumber", "9"},
		{h225.AliasAddress{TransportID: &h225.TransportAddress{}}, "transportID", ""},
		{h225.AliasAddress{}, h225.Unknown, ""},
	} {
		if test.alias.Kind() != test.kind || test.alias.Text() != test.text {
			t.Errorf("got %s %q, want %s %q", test.alias.Kind(), test.alias.Text(), test.kind, test.text)
		}
	}
	var none *h225.AliasAddress
	if none.Text() != "" || none.Kind() != h225.Unknown {
		t.Error("no alias has text")
	}
}

func TestTransportAddress(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:1720":          "192.0.2.1:1720",
		"[::ffff:192.0.2.1]:1720": "192.0.2.1:1720",
		"[2001:db8::1]:65535":     "[2001:db8::1]:65535",
		"[fe80::1%eth0]:0":        "[fe80::1]:0",
		"0.0.0.0:1":               "0.0.0.0:1",
	} {
		address := h225.TransportAddressOf(netip.MustParseAddrPort(text))
		data, err := per.Marshal(address)
		if err != nil {
			t.Fatal(err)
		}
		var again h225.TransportAddress
		if err := per.Unmarshal(data, &again); err != nil {
			t.Fatal(err)
		}
		if got, ok := again.AddrPort(); !ok || got.String() != want {
			t.Errorf("%s comes back as %v, %v", text, got, ok)
		}
	}
	var none *h225.TransportAddress
	for _, a := range []*h225.TransportAddress{
		none,
		{},
		{NetBios: make([]byte, 16)},
		{IpAddress: &h225.TransportAddressIpAddress{Ip: []byte{1, 2, 3}, Port: 1}},
		{IpAddress: &h225.TransportAddressIpAddress{Ip: []byte{1, 2, 3, 4}, Port: 65536}},
	} {
		if got, ok := a.AddrPort(); ok {
			t.Errorf("%v is an address", got)
		}
	}
	source := &h225.TransportAddress{IpSourceRoute: &h225.TransportAddressIpSourceRoute{Ip: []byte{192, 0, 2, 7}, Port: 5}}
	if got, ok := source.AddrPort(); !ok || got.String() != "192.0.2.7:5" {
		t.Errorf("got %v, %v", got, ok)
	}
}
