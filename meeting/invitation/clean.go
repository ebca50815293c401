package invitation

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes one line of foreign text: no control, bidirectional or other invisible
// characters, no two spaces in a row, none at the ends.
func Line(s string) string {
	return strings.Join(strings.Fields(visible(s, false)), " ")
}

// lines cleans a text of several lines. More than one empty line in a row becomes
// one.
func lines(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	var kept []string
	for _, l := range strings.Split(visible(s, true), "\n") {
		l = strings.TrimRightFunc(l, unicode.IsSpace)
		if l == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, l)
	}
	return strings.TrimRight(strings.Join(kept, "\n"), "\n")
}

// visible drops what cannot be seen. Joiners stay: emoji and Persian need them.
func visible(s string, newlines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && newlines:
			return r
		case r == '\u200c' || r == '\u200d':
			return r
		case unicode.IsSpace(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		case r == utf8.RuneError, unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
}

// cut shortens a text to at most n runes, "…" included.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	return strings.TrimRightFunc(string(r[:n-1]), unicode.IsSpace) + "…"
}
