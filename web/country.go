package web

import (
	"cmp"
	"strings"

	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/web/live"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// country is a number with the words of the dial-in page.
type country struct {
	Country, Label string
	Number         live.Number
	Language       string // that is spoken there, in itself
	Code           string // of that language
}

// regions are the regions of country codes (ITU-T E.164), as CLDR names them. Of
// +1 and +7 the larger country stands for all.
var regions = map[string]string{
	"1": "US", "7": "RU", "20": "EG", "27": "ZA", "30": "GR", "31": "NL", "32": "BE", "33": "FR", "34": "ES", "36": "HU",
	"39": "IT", "40": "RO", "41": "CH", "43": "AT", "44": "GB", "45": "DK", "46": "SE", "47": "NO", "48": "PL", "49": "DE",
	"51": "PE", "52": "MX", "54": "AR", "55": "BR", "56": "CL", "57": "CO", "60": "MY", "61": "AU", "62": "ID", "63": "PH",
	"64": "NZ", "65": "SG", "66": "TH", "81": "JP", "82": "KR", "84": "VN", "86": "CN", "90": "TR", "91": "IN", "212": "MA",
	"234": "NG", "254": "KE", "351": "PT", "352": "LU", "353": "IE", "354": "IS", "356": "MT", "357": "CY", "358": "FI",
	"359": "BG", "370": "LT", "371": "LV", "372": "EE", "376": "AD", "377": "MC", "378": "SM", "380": "UA", "381": "RS",
	"385": "HR", "386": "SI", "387": "BA", "389": "MK", "420": "CZ", "421": "SK", "423": "LI", "852": "HK", "886": "TW",
	"966": "SA", "971": "AE", "972": "IL",
}

// countries are the numbers with the names of their countries in the reader's
// language.
func countries(numbers []live.Number, words *locales.Words, book *locales.Book) []country {
	names := display.Regions(language.Make(words.Language))
	all := make([]country, 0, len(numbers))
	for _, n := range numbers {
		c := country{Label: n.Label, Number: n, Code: n.Language}
		if code := regionOf(n.Number); code != "" && names != nil {
			c.Country = names.Name(language.MustParseRegion(code))
		}
		c.Country = cmp.Or(c.Country, "–")
		if n.Language != "" {
			c.Language = book.In(n.Language).Say("page.name")
		}
		all = append(all, c)
	}
	return all
}

func regionOf(number string) string {
	digits, ok := strings.CutPrefix(number, "+")
	for n := 3; ok && n >= 1; n-- {
		if len(digits) > n {
			if r := regions[digits[:n]]; r != "" {
				return r
			}
		}
	}
	return ""
}
