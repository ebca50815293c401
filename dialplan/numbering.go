package dialplan

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Form is a way to write a telephone number.
type Form uint8

// The forms, with a number of Zürich as an example.
const (
	Auto          Form = iota // read only: whichever of the others it is
	E164                      // +41445550100 (ITU-T E.164, RFC 3966 §5.1.4)
	Plain                     // 41445550100
	National                  // 0445550100
	International             // 0041445550100, with the country's own prefix for abroad
)

var forms = [...]string{"auto", "e164", "plain", "national", "international"}

func (f Form) String() string { return forms[f] }

// ParseForm finds a form by its name; an unknown one is Auto.
func ParseForm(name string) Form {
	for i, f := range forms {
		if f == name {
			return Form(i)
		}
	}
	return Auto
}

// Numbering is how a trunk writes telephone numbers.
type Numbering struct {
	Form    Form
	Country string // of national numbers, such as CH
	// Strip is what stands before each number, and Prefix what is put in its
	// place: when reading before, when writing after all else.
	Strip, Prefix string
}

// E164 reads a number that a trunk wrote and gives it as +digits. What cannot be
// read (an extension, a short code, a name) is returned as it was. What is
// written internationally is read by any form.
func (n Numbering) E164(written string) (number string, ok bool) {
	digits, fine := dialled(written)
	if !fine {
		return written, false
	}
	if digits[0] != '+' || strings.HasPrefix(n.Strip, "+") {
		digits = n.replace(digits)
	}
	if abroad, is := strings.CutPrefix(digits, "00"); is && (n.Country == "" || idd(n.Country) == "00") {
		digits = "+" + abroad
	}
	switch {
	case digits != "" && digits[0] == '+':
		return orWritten(digits, written)
	case n.Form == E164 || n.Form == Plain:
		if len(digits) < minNumber { // 112 is a number of no country
			return written, false
		}
		return orWritten("+"+digits, written)
	case n.Country == "":
		return written, false
	}
	national, err := phonenumbers.Parse(digits, n.Country)
	switch {
	case err != nil:
	case phonenumbers.IsValidNumber(national),
		n.Form == National && phonenumbers.IsPossibleNumber(national):
		return phonenumbers.Format(national, phonenumbers.E164), true
	}
	if n.Form == Auto {
		if plain, err := phonenumbers.Parse("+"+digits, ""); err == nil && phonenumbers.IsValidNumber(plain) {
			return "+" + digits, true
		}
	}
	return written, false
}

// Written writes a number in E.164 as the trunk wants it. Other digits, such as
// 112, keep their form.
func (n Numbering) Written(number string) string {
	digits := number
	if global(number) {
		switch n.Form {
		case Plain:
			digits = number[1:]
		case National:
			digits = n.national(number)
		case International:
			digits = idd(n.Country) + number[1:]
		}
	}
	return n.replace(digits)
}

// replace puts Prefix in the place of Strip.
func (n Numbering) replace(digits string) string {
	if rest, ok := strings.CutPrefix(digits, n.Strip); ok {
		return n.Prefix + rest
	}
	return digits
}

// national writes a number as within its country, one of another country as from
// there.
func (n Numbering) national(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil || n.Country == "" || int(parsed.GetCountryCode()) != phonenumbers.GetCountryCodeForRegion(n.Country) {
		return idd(n.Country) + number[1:]
	}
	national := phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(parsed, phonenumbers.NATIONAL))
	// A few countries write numbers in ways that cannot be read back alone.
	if back, err := phonenumbers.Parse(national, n.Country); err != nil || phonenumbers.Format(back, phonenumbers.E164) != number {
		return idd(n.Country) + number[1:]
	}
	return national
}

// idd is what is dialled before a foreign number in a country: 00 in most.
func idd(country string) string {
	// Two numbers, for neither is foreign everywhere.
	for _, foreign := range []string{"+41446681800", "+4930123456"} {
		number, err := phonenumbers.Parse(foreign, "")
		if err != nil || country == "" || int(number.GetCountryCode()) == phonenumbers.GetCountryCodeForRegion(country) {
			continue
		}
		written := phonenumbers.FormatOutOfCountryCallingNumber(number, country)
		before, _, _ := strings.Cut(written, " ")
		if Digits(before) {
			return before
		}
		break
	}
	return "00"
}

// minNumber is how many digits a number has at least that is written without
// plus; shorter ones are short codes.
const minNumber = 7

// orWritten gives a number that has a right length (ITU-T E.164 §6.2.1), else
// what was written.
func orWritten(number, written string) (string, bool) {
	if global(number) {
		return number, true
	}
	return written, false
}

// global says that s is +digits, at most as many as a number has.
func global(s string) bool {
	return len(s) >= 3 && len(s) <= 16 && s[0] == '+' && s[1] != '0' && Digits(s[1:])
}

// dialled leaves the visual separators of a number out (RFC 3966 §5.1.1); ok says
// that the rest is digits, maybe after a plus.
func dialled(s string) (digits string, ok bool) {
	if len(s) > maxAddress {
		return s, false
	}
	plain := !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '+' })
	if !plain {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune("-.() \u00a0", r) {
				return -1
			}
			return r
		}, s)
	}
	return s, Digits(strings.TrimPrefix(s, "+"))
}

// Country says in which country a number is, such as CH; 001 for the networks of
// no country, empty for none that is known. Countries that share a code (+1, +7,
// +44) are told apart by what follows it.
func Country(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(parsed)
	if region == "ZZ" {
		return ""
	}
	return region
}

// KnownCountry says whether a code of two letters is that of a country with
// telephone numbers.
func KnownCountry(code string) bool { return phonenumbers.GetSupportedRegions()[code] }

// Service is what kind of number it is, in a word: mobile, fixed, premium, …;
// empty if it is not known.
func Service(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return services[phonenumbers.GetNumberType(parsed)]
}

var services = map[phonenumbers.PhoneNumberType]string{
	phonenumbers.FIXED_LINE: "fixed", phonenumbers.MOBILE: "mobile", phonenumbers.FIXED_LINE_OR_MOBILE: "fixed or mobile",
	phonenumbers.TOLL_FREE: "freephone", phonenumbers.PREMIUM_RATE: premium, phonenumbers.SHARED_COST: "shared cost",
	phonenumbers.VOIP: "VoIP", phonenumbers.PERSONAL_NUMBER: "personal", phonenumbers.PAGER: "pager",
	phonenumbers.UAN: "company", phonenumbers.VOICEMAIL: "voicemail",
}

// premium is the word for numbers that cost the caller more.
const premium = "premium rate"
