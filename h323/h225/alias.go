package h225

import (
	"net/netip"
	"strings"
	"unicode/utf16"

	"github.com/partyline/partyline/h323/per"
)

// dialable are the characters of dialedDigits and party numbers.
const dialable = "0123456789#*,"

// Dialable reports whether text can be dialedDigits or a party number: 1 to 128
// digits, '#', '*' and ','.
func Dialable(text string) bool {
	return text != "" && len(text) <= 128 && strings.Trim(text, dialable) == ""
}

// ParseAlias makes an alias address of text as people write it: dialedDigits
// where it is [Dialable], a url-ID where it begins with a scheme ("h323:",
// "sip:", "tel:", "http:" …), otherwise an h323-ID, also with an '@' in it, as
// endpoints do. ok is false when text is empty or longer than the alias may be.
func ParseAlias(text string) (alias AliasAddress, ok bool) {
	switch {
	case Dialable(text):
		return AliasDigits(text), true
	case hasScheme(text):
		return AliasURL(text), len(text) <= 512 && isASCII(text)
	}
	return AliasH323ID(text), text != "" && len(utf16.Encode([]rune(text))) <= 256
}

// AliasDigits is a dialedDigits alias, which must be [Dialable].
func AliasDigits(digits string) AliasAddress { return AliasAddress{DialedDigits: &digits} }

// AliasH323ID is an h323-ID alias: 1 to 256 characters.
func AliasH323ID(id string) AliasAddress { return AliasAddress{H323ID: &id} }

// AliasURL is a url-ID alias: 1 to 512 ASCII characters.
func AliasURL(url string) AliasAddress { return AliasAddress{UrlID: &url} }

// AliasEmail is an email-ID alias: 1 to 512 ASCII characters.
func AliasEmail(address string) AliasAddress { return AliasAddress{EmailID: &address} }

// AliasTransport is a transportID alias.
func AliasTransport(a netip.AddrPort) AliasAddress {
	return AliasAddress{TransportID: TransportAddressOf(a)}
}

// AliasPublicNumber is a partyNumber alias of the public plan (E.164) with an
// unknown type of number; digits must be [Dialable].
func AliasPublicNumber(digits string) AliasAddress {
	return AliasAddress{PartyNumber: &PartyNumber{E164Number: &PublicPartyNumber{
		PublicTypeOfNumber: PublicTypeOfNumber{Unknown: new(per.Null)},
		PublicNumberDigits: digits,
	}}}
}

// Text is the alias as it was given, whatever its kind: digits, a name, a URL
// with its scheme, "192.0.2.1:1720". It is empty for a kind without text.
func (a *AliasAddress) Text() string {
	switch {
	case a == nil:
	case a.DialedDigits != nil:
		return *a.DialedDigits
	case a.H323ID != nil:
		return *a.H323ID
	case a.UrlID != nil:
		return *a.UrlID
	case a.EmailID != nil:
		return *a.EmailID
	case a.TransportID != nil:
		if addr, ok := a.TransportID.AddrPort(); ok {
			return addr.String()
		}
	case a.PartyNumber != nil:
		return a.PartyNumber.Digits()
	case a.MobileUIM != nil:
		return a.MobileUIM.number()
	case a.IsupNumber != nil:
		return a.IsupNumber.digits()
	}
	return ""
}

// Kind is the kind of alias, as H.225.0 writes it: "dialedDigits", "h323-ID",
// "url-ID", "transportID", "email-ID", "partyNumber", "mobileUIM", "isupNumber".
func (a *AliasAddress) Kind() string {
	name := chosen(a)
	if base, ok := strings.CutSuffix(name, "ID"); ok && name != "transportID" {
		return base + "-ID"
	}
	return name
}

// Digits are the digits of a party number, of whichever plan.
func (n *PartyNumber) Digits() string {
	switch {
	case n == nil:
		return ""
	case n.E164Number != nil:
		return n.E164Number.PublicNumberDigits
	case n.PrivateNumber != nil:
		return n.PrivateNumber.PrivateNumberDigits
	}
	return first(n.DataPartyNumber, n.TelexPartyNumber, n.NationalStandardPartyNumber)
}

func (n *IsupNumber) digits() string {
	switch {
	case n.E164Number != nil:
		return n.E164Number.Address
	case n.PrivateNumber != nil:
		return n.PrivateNumber.Address
	}
	return first(n.DataPartyNumber, n.TelexPartyNumber, n.NationalStandardPartyNumber)
}

// number is the number by which a mobile is called, else its subscriber's identity.
func (u *MobileUIM) number() string {
	switch {
	case u.Ansi41Uim != nil:
		return first(u.Ansi41Uim.Msisdn, u.Ansi41Uim.Mdn, u.Ansi41Uim.Min, u.Ansi41Uim.Imsi)
	case u.GsmUim != nil:
		return first(u.GsmUim.Msisdn, u.GsmUim.Imsi)
	}
	return ""
}

func first(texts ...*string) string {
	for _, t := range texts {
		if t != nil {
			return *t
		}
	}
	return ""
}

// hasScheme reports whether text begins with a URI scheme that aliases have.
// "room:1" is a name, not a URL.
func hasScheme(text string) bool {
	scheme, _, ok := strings.Cut(text, ":")
	if !ok {
		return false
	}
	switch strings.ToLower(scheme) {
	case "h323", "sip", "sips", "tel", "http", "https", "callto", "im", "pres":
		return true
	}
	return false
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
