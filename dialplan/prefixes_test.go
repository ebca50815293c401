package dialplan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func table(t testing.TB, text string) *Prefixes {
	t.Helper()
	p, wrong := ParsePrefixes("table", []byte(text))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return p
}

func TestPrefixes(t *testing.T) {
	p := table(t, "\ufeff# Switzerland\r\n+41\r\n\n  +4179\tmobile # by mobile\n0041900 deny  premium rate\n+41999 except\n+414455501 a,b\n112\n")
	for number, want := range map[string]string{
		"+41":           "+41",
		"+41445550100":  "+414455501 a,b",
		"+41445550200":  "+41",
		"+41791234567":  "+4179 mobile",
		"+41900123456":  "+41900 deny premium rate",
		"+41999000000":  "+41999 except",
		"+4":            "",
		"+491234":       "",
		"":              "",
		"112":           "112",
		"1121":          "112",
		"41445550100":   "",
		"+414455501":    "+414455501 a,b",
		"+4144555":      "+41",
		"sip:someone@x": "",
	} {
		row, ok := p.Find(number)
		if got := row.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
	if p.Len() != 6 || p.Trunks()["b"] != 7 || p.Trunks()["mobile"] != 4 {
		t.Errorf("%d rows, trunks %v", p.Len(), p.Trunks())
	}
	if row, found := p.Undecided(); !found || row.Line != 2 {
		t.Errorf("undecided: %v %v", row, found)
	}
}

func TestPrefixErrors(t *testing.T) {
	for text, want := range map[string]string{
		"+41\n+41 a\n":               "2:1:+41 is there twice: line 1",
		"+41\n0041":                  "2:1:+41 is there twice: line 1",
		"\n  4a\n":                   "2:3:\"4a\" is no prefix",
		"+":                          "1:1:\"+\" is no prefix",
		"+1234567890123456":          "1:1:",
		"+41 deny":                   "1:5:why?",
		"+41  trunk a":               "1:6:\"trunk a\" is neither",
		strings.Repeat(" ", 600):     "1:1:the line is longer",
		"+41 " + "x\n" + "+42 y z\n": "2:5:",
	} {
		_, wrong := ParsePrefixes("t", []byte(text))
		if len(wrong) != 1 {
			t.Errorf("%.30q: %v", text, wrong)
			continue
		}
		got := fmt.Sprintf("%d:%d:%s", wrong[0].Line, wrong[0].Column, wrong[0].Msg)
		if !strings.HasPrefix(got, want) || wrong[0].Width < 1 {
			t.Errorf("%.30q: %s, want %s…", text, got, want)
		}
	}
	if _, wrong := ParsePrefixes("t", []byte(strings.Repeat("x\n", 1000))); len(wrong) != maxTableErrors {
		t.Errorf("%d mistakes are told", len(wrong))
	}
}

// The longest prefix is found, as by looking at every one.
func TestLongestPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var prefixes []string
		seen := map[string]bool{}
		for range 1 + r.IntN(60) {
			if p := "+1" + random(r, "12", 7); !seen[p] {
				seen[p] = true
				prefixes = append(prefixes, p)
			}
		}
		p := table(t, strings.Join(prefixes, "\n"))
		for range 100 {
			number, want := "+1"+random(r, "12", 12), ""
			for _, x := range prefixes {
				if strings.HasPrefix(number, x) && len(x) > len(want) {
					want = x
				}
			}
			if row, _ := p.Find(number); row.Digits != want {
				t.Fatalf("%s in %v: %q, want %q", number, prefixes, row.Digits, want)
			}
		}
	}
}

func FuzzPrefixes(f *testing.F) {
	f.Add("+41 a\n+4179 deny x\n", "+41791234567")
	f.Add("# c\n112 except\r\n", "112")
	f.Fuzz(func(t *testing.T, text, number string) {
		p, wrong := ParsePrefixes("t", []byte(text))
		for _, w := range wrong {
			if w.Line < 1 || w.Column < 1 || w.Msg == "" {
				t.Fatalf("%+v", w)
			}
		}
		if row, ok := p.Find(number); ok && !strings.HasPrefix(number, row.Digits) {
			t.Fatalf("%q found %q", number, row.Digits)
		}
	})
}
