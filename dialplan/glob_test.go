package dialplan

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// asRegexp is a glob without captures as a regular expression, which the matcher
// has to agree with.
func asRegexp(glob string) *regexp.Regexp {
	var b strings.Builder
	for _, r := range glob {
		switch r {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile("(?is)^(?:" + b.String() + ")$")
}

// random makes a text of few letters, so that texts and patterns often fit.
func random(r *rand.Rand, letters string, most int) string {
	all := []rune(letters)
	text := make([]rune, r.IntN(most))
	for i := range text {
		text[i] = all[r.IntN(len(all))]
	}
	return string(text)
}

func TestGlobsMatchAsRegularExpressions(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine: nothing for the race detector")
	}
	r := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for range 10_000 {
		glob, text := random(r, "abK**?é", 9), random(r, "abkKé\u212a", 9)
		p, err := Compile("x" + glob)
		if err != nil {
			t.Fatal(glob, err)
		}
		_, got := p.Match("sip", "X"+text, "")
		if want := asRegexp(glob).MatchString(text); got != want {
			t.Fatalf("%q on %q: %v, want %v", glob, text, got, want)
		}
		if got {
			matched++
		}
	}
	if matched < 200 {
		t.Errorf("only %d of the texts matched", matched)
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("+41*", "+41445550100")
	f.Add("*a?b*", "xaxbx")
	f.Add("a*b*c*d", "abbbbcccd")
	f.Fuzz(func(t *testing.T, glob, text string) {
		if len(text) > 300 || strings.ContainsAny(glob, "{}~:@") {
			return
		}
		p, err := Compile("x" + glob)
		if err != nil {
			return
		}
		_, got := p.Match("sip", "x"+text, "")
		if want := asRegexp(glob).MatchString(text); got != want && !strings.Contains(glob+text, "\ufffd") {
			t.Fatalf("%q on %q: %v, want %v", glob, text, got, want)
		}
	})
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"*", "anything", true},
		{"*", "sip:x", true},
		{"sip:*", "x", false},
		{"sip:*", "sip:x@y", true},
		{"sips:a*", "sip:ab", true},
		{"+41*", "+4144*", true},
		{"+4144*", "+41*", false},
		{"+41*", "+41", true},
		{"+41?*", "+41", false},
		{"?*", "*?", true},
		{"*?", "?*", true},
		{"**", "a", true},
		{"*a*", "bab", true},
		{"*a*", "*", false},
		{"a*c", "abc", true},
		{"a*c", "a*b*c", true},
		{"a*b*c", "a*c", false},
		{"a?c", "a*c", false},
		{"a?c", "abc", true},
		{"abc", "ABC", true},
		{"{ext}", "x", true},
		{"{ext}", "*", false},
		{"{ext}", "?*", true},
		{"{ext:[0-9]+}", "12", false},
		{"{ext:[0-9]+}", "{ext:[0-9]+}", true},
		{"1*", "1{ext:[0-9]+}", true},
		{"1*", "{ext:[0-9]+}", false},
		{"~^\\+41", "~^\\+41", true},
		{"~^\\+41", "+41*", false},
		{"*", "~^\\+41", true},
		{"+*", "~^\\+41", false},
		{"~.*", "x", true},
		{"bob", "bob@gw", false},
		{"*@gw", "bob@gw", true},
		{"*@gw", "bob", false},
		{"*@*", "bob@gw", true},
		{"h323:*", "sip:*", false},
	} {
		if got := Covers(compile(t, tt.a), compile(t, tt.b)); got != tt.want {
			t.Errorf("%s covers %s: %v", tt.a, tt.b, got)
		}
	}
}

// Whenever one pattern is said to cover another, no text matches the other alone.
func TestCoversIsSound(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine: nothing for the race detector")
	}
	r := rand.New(rand.NewPCG(3, 4))
	parts := []string{"a", "b", "*", "?", "{x}", "{y:[ab]}", "{z:a*}", "{w:.*}"}
	pattern := func() string {
		var b strings.Builder
		seen := map[string]bool{}
		for range 1 + r.IntN(5) {
			p := parts[r.IntN(len(parts))]
			if p[0] == '{' && seen[p] {
				continue
			}
			seen[p] = true
			b.WriteString(p)
		}
		if r.IntN(8) == 0 {
			return "~" + strings.ReplaceAll(strings.ReplaceAll(random(r, "ab.", 4)+"a", "*", ""), "?", "")
		}
		return b.String()
	}
	texts := all("ab", 6)
	covered := 0
	for range 3_000 {
		a, b := compile(t, pattern()), compile(t, pattern())
		if !Covers(a, b) {
			continue
		}
		covered++
		for _, text := range texts {
			if _, is := b.Match("sip", text, ""); !is {
				continue
			}
			if _, is := a.Match("sip", text, ""); !is {
				t.Fatalf("%s is said to cover %s, but %q matches the second alone", a, b, text)
			}
		}
	}
	if covered < 200 {
		t.Errorf("only %d pairs were covered", covered)
	}
}

// all makes every text of so many letters at most.
func all(letters string, most int) []string {
	texts := []string{""}
	for from := 0; most > 0; most-- {
		to := len(texts)
		for _, text := range texts[from:to] {
			for _, l := range letters {
				texts = append(texts, text+string(l))
			}
		}
		from = to
	}
	return texts
}
