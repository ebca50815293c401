package bridge

import (
	"strings"
	"unicode"
)

// CleanText makes a stranger's text fit to be logged and shown: without control and
// bidi characters, at most n runes.
func CleanText(s string, n int) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			continue
		}
		if n--; n < 0 {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
