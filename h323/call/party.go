package call

import (
	"strings"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
)

// mostAliases is how many names of a party are kept.
const mostAliases = 16

// readSetup puts what a Setup says into order.
func readSetup(m *message, s *h225.SetupUUIE) *Setup {
	o := &Setup{
		Caller:      party(s.SourceAddress, s.DisplayName, &s.SourceInfo, m),
		FastConnect: len(s.FastStart) > 0, ParallelControl: len(s.ParallelH245Control) > 0,
		Tunnelling: m.pdu.H245Tunneling != nil && *m.pdu.H245Tunneling,
	}
	if n, ok := m.CallingParty(); ok && n.Digits != "" && n.Presentation == q931.PresentationAllowed {
		o.Caller.Number = h225.CleanText([]byte(n.Digits))
	}
	o.CallReference = m.CallReference
	if s.CallIdentifier != nil {
		copy(o.CallID[:], s.CallIdentifier.Guid)
	}
	copy(o.ConferenceID[:], s.ConferenceID)

	var list calledList
	list.aliases(DestinationAddress, s.DestinationAddress)
	if n, ok := m.CalledParty(); ok {
		list.add(CalledPartyNumber, PartyNumber, n.Digits)
	}
	if s.RemoteExtensionAddress != nil {
		list.aliases(RemoteExtensionAddress, []h225.AliasAddress{*s.RemoteExtensionAddress})
	}
	list.aliases(DestExtraCallInfo, s.DestExtraCallInfo)
	o.Called = list
	return o
}

// aliases adds the called numbers and names among aliases.
func (l *calledList) aliases(from Place, all []h225.AliasAddress) {
	for i := range all {
		if a, ok := aliasOf(&all[i]); ok {
			l.add(from, a.Kind, a.Text)
		}
	}
}

// party reads who is at the other end.
func party(aliases []h225.AliasAddress, names []h225.DisplayName, e *h225.EndpointType, m *message) Party {
	var p Party
	for i := range aliases[:min(len(aliases), mostAliases)] {
		a, ok := aliasOf(&aliases[i])
		if !ok {
			continue
		}
		a.Text = shown(a.Text)
		p.Aliases = append(p.Aliases, a)
		switch {
		case a.Kind == H323ID && p.Name == "":
			p.Name = a.Text
		case (a.Kind == DialedDigits || a.Kind == PartyNumber) && p.Number == "":
			p.Number = a.Text
		}
	}
	if len(names) > 0 {
		if name := shown(names[0].Name); name != "" {
			p.Name = name
		}
	}
	if name, ok := m.Display(); ok && shown(name) != "" {
		p.Name = shown(name)
	}
	if e != nil && e.Vendor != nil {
		p.Product, p.Version = e.Vendor.Product(), e.Vendor.Version()
		v := e.Vendor.Vendor
		p.Vendor = Vendor{byte(v.T35CountryCode), byte(v.T35Extension), uint16(v.ManufacturerCode)}
	}
	return p
}

// shown is a peer's text, fit for logs and pages.
func shown(s string) string {
	return h225.CleanText([]byte(strings.Map(printable, s)))
}

// aliasOf reads an alias; ok is false for one without a number or a name.
func aliasOf(a *h225.AliasAddress) (alias Alias, ok bool) {
	alias.Text = a.Text()
	switch {
	case a.DialedDigits != nil:
		alias.Kind = DialedDigits
	case a.H323ID != nil:
		alias.Kind = H323ID
	case a.UrlID != nil:
		alias.Kind = URLID
	case a.EmailID != nil:
		alias.Kind = EmailID
	case a.PartyNumber != nil:
		alias.Kind = PartyNumber
	default:
		return alias, false
	}
	return alias, alias.Text != ""
}

// ParseAlias makes an alias of text as people write it: dialled digits, a URL
// ("h323:600@example.org"), else an h323-ID.
func ParseAlias(text string) (Alias, bool) {
	a, ok := h225.ParseAlias(text)
	if !ok {
		return Alias{}, false
	}
	return aliasOf(&a)
}

// address is a as H.225.0 has it. What its kind cannot hold becomes another kind.
func (a Alias) address() (h225.AliasAddress, bool) {
	switch {
	case a.Kind == DialedDigits && h225.Dialable(a.Text):
		return h225.AliasDigits(a.Text), true
	case a.Kind == PartyNumber && h225.Dialable(a.Text):
		return h225.AliasPublicNumber(a.Text), true
	case a.Kind == H323ID && a.Text != "" && len(a.Text) <= 256:
		return h225.AliasH323ID(a.Text), true
	case a.Kind == EmailID && a.Text != "" && len(a.Text) <= 256 && strings.Map(ascii, a.Text) == a.Text:
		return h225.AliasEmail(a.Text), true
	case a.Kind == URLID && a.Text != "" && len(a.Text) <= 256 && strings.Map(ascii, a.Text) == a.Text:
		return h225.AliasURL(a.Text), true
	}
	return h225.ParseAlias(a.Text)
}

func ascii(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// addresses are all that can be said; nil: none.
func addresses(all []Alias) []h225.AliasAddress {
	var list []h225.AliasAddress
	for _, a := range all {
		if e, ok := a.address(); ok {
			list = append(list, e)
		}
	}
	return list
}

// setRemote notes who is at the other end. What the answer leaves unsaid stays.
func (c *Call) setRemote(p Party) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.Name == "" {
		p.Name = c.remote.Name
	}
	if p.Number == "" {
		p.Number = c.remote.Number
	}
	if p.Product == "" {
		p.Product, p.Version, p.Vendor = c.remote.Product, c.remote.Version, c.remote.Vendor
	}
	if p.Aliases == nil {
		p.Aliases = c.remote.Aliases
	}
	c.remote = p
}
