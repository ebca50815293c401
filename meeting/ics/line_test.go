package ics

import (
	"strings"
	"testing"
)

// FuzzText writes any text into every field, and reads it again by two parsers:
// nothing of it becomes a line of its own.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"", "Weekly sync", "a;b,c\\d:e\"f\nBEGIN:VEVENT\r\nX:1", strings.Repeat("ö", 200), strings.Repeat("🎈", 40), "\x00\xff\u202e\u2028x", "^n^'^^", "mailto:a?b#c%",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := weekly()
		e.Title, e.Text, e.Location, e.URL, e.UID = s, s, s, s, "x"
		e.Host.Name, e.Attendee = s, Person{Name: s, Email: s + "@example.com"}
		e.Ways = []Way{{URI: "tel:" + s, Label: s}}
		file := encode(t, e)
		if n := strings.Count(string(file), "\r\nBEGIN:VEVENT\r\n"); n != 2 {
			t.Fatalf("%d events", n)
		}
		c := decode(t, file).Events()[0]
		plain := strings.TrimSpace(strings.ToValidUTF8(strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
				return -1
			}
			return r
		}, strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(strings.ToValidUTF8(s, ""))), ""))
		if p := c.Props.Get("DESCRIPTION"); p != nil {
			if got, err := p.Text(); err != nil || strings.TrimSpace(got) != plain {
				t.Errorf("%q, %v, want %q", got, err, plain)
			}
		} else if plain != "" {
			t.Errorf("no text, want %q", plain)
		}
	})
}

func TestFold(t *testing.T) {
	for n := 70; n < 80; n++ {
		var l lines
		s := strings.Repeat("a", n) + strings.Repeat("é", 100)
		l.line(s)
		lines := strings.Split(strings.TrimSuffix(l.b.String(), "\r\n"), "\r\n")
		for i, line := range lines {
			if len(line) > fold || i < len(lines)-1 && len(line) < fold-1 {
				t.Errorf("%d: %d octets", n, len(line))
			}
		}
		if got := strings.Join(lines, "\r\n"); strings.ReplaceAll(got, "\r\n ", "") != s {
			t.Errorf("%d: %q", n, got)
		}
	}
}
