package h225_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

func TestCleanText(t *testing.T) {
	for octets, want := range map[string]string{
		"":                              "",
		"Polycom HDX 8000\x00\x00":      "Polycom HDX 8000",
		"\x00\x01Tandberg":              "Tandberg",
		"  F8.3\r\n\tbuild\x1b[31m 7  ": "F8.3 build [31m 7",
		"R\xe4ume":                      "Räume",
		"Räume":                         "Räume",
		"\u202eevil":                    "evil",
		"a\x00secret":                   "a",
	} {
		if got := h225.CleanText([]byte(octets)); got != want {
			t.Errorf("%q becomes %q, want %q", octets, got, want)
		}
	}
	if got := h225.CleanText(bytes.Repeat([]byte("ä"), 200)); got != strings.Repeat("ä", 32) {
		t.Errorf("long text becomes %d octets", len(got))
	}
}

func TestVendorIdentifier(t *testing.T) {
	v := h225.NewVendorIdentifier(h225.H221NonStandard{T35CountryCode: 255}, "Partyline", strings.Repeat("v", 300))
	data, err := per.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again h225.VendorIdentifier
	if err := per.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if again.Product() != "Partyline" || again.Version() != strings.Repeat("v", 64) || len(again.VersionId) != 256 {
		t.Errorf("got %q, %q", again.Product(), again.Version())
	}
	if v := h225.NewVendorIdentifier(h225.H221NonStandard{}, "", ""); v.ProductId != nil || v.VersionId != nil {
		t.Error("empty texts are not left out")
	}
	var none *h225.VendorIdentifier
	if none.Product() != "" || none.Version() != "" {
		t.Error("no vendor has a product")
	}
}

func TestGloballyUniqueID(t *testing.T) {
	a, b := h225.NewGloballyUniqueID(), h225.NewGloballyUniqueID()
	if len(a) != 16 || bytes.Equal(a, b) || a[6]>>4 != 4 || a[8]>>6 != 2 {
		t.Errorf("got %x, %x", a, b)
	}
	id := []byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	if s := h225.FormatGloballyUniqueID(id); s != "6ba7b810-9dad-11d1-80b4-00c04fd430c8" {
		t.Errorf("got %s", s)
	}
	if s := h225.FormatGloballyUniqueID([]byte{1, 2}); s != "0102" {
		t.Errorf("got %s", s)
	}
}

func TestProtocolVersion(t *testing.T) {
	for id, want := range map[per.OID]int{h225.Protocol: 8, "0.0.8.2250.0.2": 2, "0.0.8.2250.0.": 0, "0.0.8.2250.0.4.1": 0, "0.0.8.245.0.7": 0, "": 0} {
		if got := h225.ProtocolVersion(id); got != want {
			t.Errorf("%s is version %d, want %d", id, got, want)
		}
	}
}
