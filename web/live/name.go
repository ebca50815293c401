package live

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostName is the longest name, in characters.
const mostName = 64

// CleanName is a name as the others may see it: trimmed, without control
// characters and those that turn the direction of text. It fails with a Failure
// of the field "name" if nothing is left or it is longer than 64 characters.
func CleanName(s string) (string, error) {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner, r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	switch n := utf8.RuneCountInString(s); {
	case strings.Trim(s, string(zeroWidthJoiner)) == "":
		return "", &Failure{Code: "name", Field: "name", Message: "a name is needed"}
	case n > mostName:
		return "", &Failure{Code: "name", Field: "name", Message: "a name has at most 64 characters"}
	}
	return s, nil
}

// zeroWidthJoiner makes one sign of several: families, flags and professions are
// in people's names.
const zeroWidthJoiner = '\u200d'
