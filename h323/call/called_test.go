package call

import (
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
)

func TestCalledText(t *testing.T) {
	for _, c := range []struct {
		kind     AliasKind
		in, want string
	}{
		{DialedDigits, "600", "600"},
		{H323ID, "h323:600", "600"},
		{URLID, "H323:600@gw.example.org;x=1", "600"},
		{URLID, "h323:600;transport=tcp", "600"},
		{URLID, "h323:600%231234@gw", "600#1234"},
		{EmailID, "600@gw.example.org", "600"},
		{H323ID, "192.0.2.1##600", "600"},
		{H323ID, "192.0.2.1:1720##600#1234", "600#1234"},
		{H323ID, "192.0.2.1##600##1234", "600##1234"},
		{H323ID, "[2001:db8::1]##600", "600"},
		{H323ID, "2001:db8::1##600", "600"},
		{H323ID, "gw.example.org##600##1234", "600##1234"},
		{H323ID, "gw.example.org:1720##600", "600"},
		{H323ID, "192.0.2.1#600", "600"},
		{H323ID, "##600", "600"},
		{DialedDigits, "600##1234", "600##1234"},
		{DialedDigits, "600#1234", "600#1234"},
		{H323ID, "192.0.2.1", ""},
		{H323ID, "h323:192.0.2.1:1720", ""},
		{URLID, "h323:@192.0.2.1", ""},
		{H323ID, "", ""},
		{H323ID, " boardroom \x00", "boardroom"},
		{H323ID, "board\u202eroom", "boardroom"},
		{H323ID, "Große Runde@gw", "Große Runde"},
		{H323ID, "a.b##600", "600"},
	} {
		if got := calledText(c.kind, c.in); got != c.want {
			t.Errorf("%q: %q, not %q", c.in, got, c.want)
		}
	}
}

// TestCalledOrder: every place, in the order in which they count, without repeats.
func TestCalledOrder(t *testing.T) {
	p := setupPDU(func(s *h225.SetupUUIE, _ *pdu) {
		s.DestinationAddress = []h225.AliasAddress{
			h225.AliasH323ID("room"), h225.AliasDigits("1"), h225.AliasURL("h323:2@gw"), h225.AliasEmail("3@gw"), h225.AliasPublicNumber("4"),
			h225.AliasTransport(target.Signal),
		}
		x := h225.AliasDigits("6")
		s.RemoteExtensionAddress = &x
		s.DestExtraCallInfo = []h225.AliasAddress{h225.AliasDigits("7"), h225.AliasDigits("1")}
	})
	m, err := parse(build(t, q931.Setup, p, func(m *q931.Message) { m.SetCalledParty(q931.PartyNumber{Digits: "5"}) }))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	last := DestinationAddress
	for _, c := range readSetup(m, m.body.Setup).Called {
		got += c.Text + " "
		if c.From < last {
			t.Errorf("%q out of order", c.Text)
		}
		last = c.From
	}
	if got != "room 1 2 3 4 5 6 7 " {
		t.Errorf("called %q", got)
	}
}

func FuzzCalledText(f *testing.F) {
	for _, s := range []string{"h323:600@gw", "192.0.2.1##600#1", "##", "[::1]:1720##", "%"} {
		f.Add(uint8(H323ID), s)
	}
	f.Fuzz(func(t *testing.T, kind uint8, s string) {
		got := calledText(AliasKind(kind), s)
		if len(got) > len(s) || isAddress(got) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
