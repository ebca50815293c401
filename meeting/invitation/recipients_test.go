package invitation

import (
	"reflect"
	"strings"
	"testing"

	"github.com/partyline/partyline/locales"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, tt := range []struct {
		text, country string
		good          []Recipient
		bad           []BadEntry
	}{
		{"", "CH", nil, nil},
		{" ;, \n,;", "CH", nil, nil},
		{"ada@example.org", "", []Recipient{{Email: "ada@example.org"}}, nil},
		{
			"ada@example.org; Bob B <bob@Example.ORG>,\"Hopper, Grace\" <grace@example.com>\nmax@example.de", "",
			[]Recipient{{Email: "ada@example.org"}, {"Bob B", "bob@example.org", ""}, {"Hopper, Grace", "grace@example.com", ""}, {Email: "max@example.de"}},
			nil,
		},
		{"ada@example.org bob@example.org", "", []Recipient{{Email: "ada@example.org"}, {Email: "bob@example.org"}}, nil},
		{"ADA@example.org; Ada <ada@EXAMPLE.org>", "", []Recipient{{"Ada", "ADA@example.org", ""}}, nil},
		{`"Ada \"the\" Host" <ada@example.org>`, "", []Recipient{{`Ada "the" Host`, "ada@example.org", ""}}, nil},
		{"=?utf-8?q?J=C3=B6rg?= <j@example.org>", "", []Recipient{{"Jörg", "j@example.org", ""}}, nil},
		{"<mailto:ada@example.org>", "", []Recipient{{Email: "ada@example.org"}}, nil},
		{"jörg@example.org", "", nil, []BadEntry{{"jörg@example.org", BadEmail}}},
		{"info@Müller.example", "", []Recipient{{Email: "info@xn--mller-kva.example"}}, nil},
		{"root@localhost", "", []Recipient{{Email: "root@localhost"}}, nil},
		{"+41 79 555 01 23", "", []Recipient{{Phone: "+41795550123"}}, nil},
		{"079 555 01 23", "CH", []Recipient{{Phone: "+41795550123"}}, nil},
		{"079 555 01 23, +41 79 5550123", "ch", []Recipient{{Phone: "+41795550123"}}, nil},
		{"0041 79 555 01 23", "", []Recipient{{Phone: "+41795550123"}}, nil},
		{"Bob <+41 (0)79 555 01 23>", "", []Recipient{{"Bob", "", "+41795550123"}}, nil},
		{"tel:+41-79-555-01-23", "", []Recipient{{Phone: "+41795550123"}}, nil},
		{"079 555 01 23", "", nil, []BadEntry{{"079 555 01 23", NoCountry}}},
		{"+41 79 5", "", nil, []BadEntry{{"+41 79 5", BadPhone}}},
		{"12", "CH", nil, []BadEntry{{"12", NoAddress}}},
		{
			"ada@example.org, Bob, x@, @y, a..b@example.org, a@b@example.org, q@exam_ple.org, q@-x.org, q@example, q@1.2.3.4, Max <max@example.org>", "",
			[]Recipient{{Email: "ada@example.org"}, {"Max", "max@example.org", ""}},
			[]BadEntry{
				{"Bob", NoAddress},
				{"x@", BadEmail},
				{"@y", BadEmail},
				{"a..b@example.org", BadEmail},
				{"a@b@example.org", BadEmail},
				{"q@exam_ple.org", BadEmail},
				{"q@-x.org", BadEmail},
				{"q@example", BadEmail},
				{"q@1.2.3.4", BadEmail},
			},
		},
		{long + "@example.org", "", []Recipient{{Email: long + "@example.org"}}, nil},
		{long + "a@example.org", "", nil, []BadEntry{{long + "a@example.org", LongEmail}}},
		{"\"Ada, b@example.org\nbob@example.org", "", []Recipient{{Email: "bob@example.org"}}, []BadEntry{{`"Ada, b@example.org`, BadEmail}}},
		{"a@example.org\r\nBcc: evil@example.org", "", []Recipient{{Email: "a@example.org"}}, []BadEntry{{"Bcc: evil@example.org", BadEmail}}},
		{"\u202eAda\x00\x07 <ada@example.org>", "", []Recipient{{"Ada", "ada@example.org", ""}}, nil},
	} {
		good, bad := Parse(tt.text, tt.country)
		if !reflect.DeepEqual(good, tt.good) || !reflect.DeepEqual(bad, tt.bad) {
			t.Errorf("%q in %q:\ngot  %+v %+v\nwant %+v %+v", tt.text, tt.country, good, bad, tt.good, tt.bad)
		}
	}
}

// TestReasons has words for each.
func TestReasons(t *testing.T) {
	b := book(t)
	for _, lang := range locales.Languages() {
		for _, r := range []Reason{NoAddress, BadEmail, LongEmail, BadPhone, NoCountry} {
			if s := b.In(lang).Say(string(r)); s == string(r) {
				t.Errorf("%s lacks %s", lang, r)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "ada@example.org; Bob <bob@example.org>", "\"a,b\\\" <c@d.e>", "+41 79 555 01 23,079", "a<b>c<d@e.f>", "x@ü.ö\n\x00\xff"} {
		f.Add(s, "CH")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, text, country string) {
		good, bad := Parse(text, country)
		for _, r := range good {
			if (r.Email == "") == (r.Phone == "") {
				t.Errorf("%+v", r)
			}
			if len(r.Email) > 254 || strings.ContainsAny(r.Email, " \r\n<>,;\"") || !ascii(r.Email) {
				t.Errorf("%q", r.Email)
			}
			if Line(r.Name) != r.Name || len([]rune(r.Name)) > longestName {
				t.Errorf("%q", r.Name)
			}
			again, _ := Parse(r.Email+r.Phone, country)
			if len(again) != 1 || again[0].Email != r.Email || again[0].Phone != r.Phone {
				t.Errorf("%+v is read again as %+v", r, again)
			}
		}
		for _, b := range bad {
			if b.Reason == "" || b.Entry == "" || Line(b.Entry) != b.Entry {
				t.Errorf("%+v", b)
			}
		}
	})
}

// TestPunycode has samples of RFC 3492 §7.1 and some of ours.
func TestPunycode(t *testing.T) {
	for text, want := range map[string]string{
		"למההםפשוטלאמדבריםעברית":         "4dbcagdahymbxekheh6e0a7fei0b",
		"почемужеонинеговорятпорусски":   "b1abfaaepdrnnbgefbadotcwatmq2g4l",
		"3年b組金八先生":                       "3b-ww4c5e180e575a65lsy2b",
		"他们为什么不说中文":                      "ihqwcrb4cv8a8dqg056pqjye",
		"bücher":                         "bcher-kva",
		"münchen-ost":                    "mnchen-ost-9db",
		"ü":                              "tda",
		"pročprostěnemluvíčesky":         "proprostnemluvesky-uyb24dma41a",
		"porquénopuedensimplementehabla": "porqunopuedensimplementehabla-fuc",
	} {
		got, ok := punycode(text)
		if !ok || got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"a b", "x/ü", "ü@", strings.Repeat("ü", 64)} {
		if got, ok := punycode(bad); ok {
			t.Errorf("%q: %s", bad, got)
		}
	}
}
