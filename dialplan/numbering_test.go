package dialplan

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

func TestE164(t *testing.T) {
	swiss := Numbering{Country: "CH"}
	for _, tt := range []struct {
		n       Numbering
		written string
		want    string // empty: it cannot be read
	}{
		{Numbering{}, "+41445550100", "+41445550100"},
		{Numbering{}, "+41 44-555.01(00)", "+41445550100"},
		{Numbering{}, "0041445550100", "+41445550100"},
		{Numbering{}, "41445550100", ""}, // could be an extension
		{Numbering{}, "0445550100", ""},
		{Numbering{}, "112", ""},
		{Numbering{}, "", ""},
		{Numbering{}, "+", ""},
		{Numbering{}, "bob", ""},
		{Numbering{}, "+41445550100x5", ""},
		{Numbering{}, "+0445550100", ""},
		{Numbering{}, "+1234567890123456", ""},
		{swiss, "0445550100", "+41445550100"},
		{swiss, "445550100", "+41445550100"},
		{swiss, "41445550100", "+41445550100"},
		{swiss, "0041445550100", "+41445550100"},
		{swiss, "+41445550100", "+41445550100"},
		{swiss, "+4930123456", "+4930123456"},
		{swiss, "004930123456", "+4930123456"},
		{swiss, "4930123456", "+4930123456"},
		{swiss, "112", ""},
		{swiss, "anonymous", ""},
		{Numbering{Form: E164}, "41445550100", "+41445550100"},
		{Numbering{Form: E164}, "0445550100", ""},
		{Numbering{Form: E164}, "112", ""},
		{Numbering{Form: National, Country: "CH"}, "0445550100", "+41445550100"},
		{Numbering{Form: National, Country: "DE"}, "030123456", "+4930123456"},
		{Numbering{Form: National, Country: "US"}, "2125550123", "+12125550123"},
		{Numbering{Form: National, Country: "US"}, "12125550123", "+12125550123"},
		{Numbering{Form: National, Country: "US"}, "01141445550100", "+41445550100"},
		{Numbering{Form: National, Country: "IT"}, "0612345678", "+390612345678"},
		{Numbering{Form: National}, "0445550100", ""},
		// A PBX that wants a 0 for the outside line, and one that drops the 44.
		{Numbering{Form: National, Country: "CH", Strip: "0"}, "00445550100", "+41445550100"},
		{Numbering{Country: "CH", Strip: "555", Prefix: "+4144555"}, "5550100", "+41445550100"},
		{Numbering{Country: "CH", Strip: "555", Prefix: "+4144555"}, "+41445550100", "+41445550100"},
		{Numbering{Form: E164, Strip: "+00", Prefix: "+"}, "+0041445550100", "+41445550100"},
		{Numbering{Form: E164, Prefix: "41"}, "445550100", "+41445550100"},
	} {
		got, ok := tt.n.E164(tt.written)
		if ok != (tt.want != "") || ok && got != tt.want || !ok && got != tt.written {
			t.Errorf("%+v: %q is %q (%v), want %q", tt.n, tt.written, got, ok, tt.want)
		}
	}
}

func TestWritten(t *testing.T) {
	for _, tt := range []struct {
		n    Numbering
		want string // of +41445550100, +4930123456, 112
	}{
		{Numbering{Form: E164}, "+41445550100 +4930123456 112"},
		{Numbering{Form: Auto}, "+41445550100 +4930123456 112"},
		{Numbering{Form: Plain}, "41445550100 4930123456 112"},
		{Numbering{Form: International}, "0041445550100 004930123456 112"},
		{Numbering{Form: National, Country: "CH"}, "0445550100 004930123456 112"},
		{Numbering{Form: National, Country: "DE"}, "0041445550100 030123456 112"},
		{Numbering{Form: National, Country: "US"}, "01141445550100 0114930123456 112"},
		{Numbering{Form: International, Country: "US"}, "01141445550100 0114930123456 112"},
		{Numbering{Form: National}, "0041445550100 004930123456 112"},
		{Numbering{Form: Plain, Prefix: "99"}, "9941445550100 994930123456 99112"},
		{Numbering{Form: E164, Strip: "+", Prefix: "+00"}, "+0041445550100 +004930123456 112"},
	} {
		var got []string
		for _, number := range []string{"+41445550100", "+4930123456", "112"} {
			got = append(got, tt.n.Written(number))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: %v, want %s", tt.n, got, tt.want)
		}
	}
}

// A number of any country, written in any form from any of some, is read back.
func TestNumbersComeBack(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine: nothing for the race detector")
	}
	homes := []string{"CH", "DE", "FR", "IT", "GB", "US", "AU", "JP", "BR", "RU", "AR", "SG"}
	numbers := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.PREMIUM_RATE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil || !phonenumbers.IsValidNumber(example) {
				continue
			}
			number := phonenumbers.Format(example, phonenumbers.E164)
			numbers++
			for _, home := range append(homes, region) {
				for _, form := range []Form{E164, Plain, National, International} {
					written := Numbering{Form: form, Country: home}.Written(number)
					reads := Numbering{Form: form, Country: home}
					if form == International {
						reads.Form = National
					}
					if back, ok := reads.E164(written); !ok || back != number {
						t.Errorf("%s (%s) written %s in %s: %s, read as %s", number, region, form, home, written, back)
					}
				}
			}
		}
	}
	if numbers < 500 {
		t.Errorf("only %d numbers were tried", numbers)
	}
}

// Who reads a number twice, reads it once.
func FuzzNumbering(f *testing.F) {
	for _, s := range []string{"+41445550100", "0041445550100", "0445550100", "112", "bob", "+", "00", "+41 44 555"} {
		f.Add(s, "CH", uint8(0), "", "")
	}
	f.Add("00445550100", "CH", uint8(3), "0", "")
	f.Fuzz(func(t *testing.T, written, country string, form uint8, strip, prefix string) {
		n := Numbering{Form: Form(form % 5), Country: country, Strip: strip, Prefix: prefix}
		number, ok := n.E164(written)
		switch {
		case !ok && number != written:
			t.Fatalf("%+v: %q was changed to %q", n, written, number)
		case ok && !global(number):
			t.Fatalf("%+v: %q gives %q", n, written, number)
		}
		if again, _ := n.E164(number); ok && again != number && !strings.HasPrefix(strip, "+") {
			t.Fatalf("%+v: %q gives %q, which gives %q", n, written, number, again)
		}
		n.Written(written)
		n.Written(number)
	})
}

func TestCountry(t *testing.T) {
	for number, want := range map[string]string{
		"+41445550100": "CH fixed", "+41791234567": "CH mobile", "+41900123456": "CH premium rate", "+12125550123": "US fixed or mobile",
		"+12425551234": "BS ", "+442079460000": "GB fixed", "+441534123456": "JE ", "+77011234567": "KZ mobile",
		"+8821612345678": "001 ", "+999123": " ", "112": " ", "+41800123456": "CH freephone",
	} {
		country, service, _ := strings.Cut(want, " ")
		if got := Country(number); got != country {
			t.Errorf("%s is in %q, want %q", number, got, country)
		}
		if got := Service(number); service != "" && got != service {
			t.Errorf("%s is %q, want %q", number, got, service)
		}
	}
}
