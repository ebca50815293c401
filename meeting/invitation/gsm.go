package invitation

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// The letters of the 7-bit default alphabet (3GPP TS 23.038 §6.2.1) and those of its
// extension (§6.2.1.1), which take two septets each. The only cedilla is Ç.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// The sizes of messages, in septets and in UTF-16 units (3GPP TS 23.040 §9.2.3.24.1):
// of one alone, and of each of several, whose header says which one it is.
const (
	septetsAlone = 160
	septetsEach  = 153
	unitsAlone   = 70
	unitsEach    = 67
)

// Size is how much room a text takes on its way by SMS.
type Size struct {
	Encoding string // "GSM-7" or "UCS-2"
	Units    int    // septets, or UTF-16 units
	Segments int
}

// Segments counts a text as networks do: in the 7-bit alphabet if all letters are in
// it, else in UCS-2.
func Segments(text string) Size {
	if units, ok := septets(text); ok {
		return Size{"GSM-7", units, segments(text, units, septetsAlone, septetsEach, width)}
	}
	units := 0
	for _, r := range text {
		units += utf16.RuneLen(r)
	}
	return Size{"UCS-2", units, segments(text, units, unitsAlone, unitsEach, utf16.RuneLen)}
}

// segments says how many are needed. No letter is split between two.
func segments(text string, total, alone, each int, size func(rune) int) int {
	if total == 0 {
		return 0
	}
	if total <= alone {
		return 1
	}
	n, used := 1, 0
	for _, r := range text {
		if used+size(r) > each {
			n, used = n+1, 0
		}
		used += size(r)
	}
	return n
}

// width is what a letter takes of the 7-bit alphabet; 0: it is not in it.
func width(r rune) int {
	switch {
	case strings.ContainsRune(gsmBasic, r):
		return 1
	case strings.ContainsRune(gsmExtended, r):
		return 2
	}
	return 0
}

// septets counts a text in the 7-bit alphabet; ok says that all of it is in there.
func septets(text string) (n int, ok bool) {
	for _, r := range text {
		w := width(r)
		if w == 0 {
			return 0, false
		}
		n += w
	}
	return n, true
}

// spelt are letters that are no base letter with an accent.
var spelt = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '‹': "'", '›': "'", '`': "'", '´': "'", 'ʼ': "'", '′': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '«': `"`, '»': `"`, '″': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '•': "-", '·': "-",
	'…': "...", '×': "x", '÷': ":", '¦': "|", '№': "No", '™': "TM", '©': "(c)", '®': "(R)", '°': "o",
	'ẞ': "SS", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "Th", 'ı': "i",
	'œ': "oe", 'Œ': "OE", 'ħ': "h", 'Ħ': "H", 'ŋ': "n", 'Ŋ': "N", 'ŧ': "t", 'Ŧ': "T", 'ĸ': "k", 'ĳ': "ij", 'Ĳ': "IJ",
	'ə': "e", 'Ə': "E", '¢': "c", '¹': "1", '²': "2", '³': "3", 'ª': "a", 'º': "o",
	'Α': "A", 'Β': "B", 'Ε': "E", 'Ζ': "Z", 'Η': "H", 'Ι': "I", 'Κ': "K", 'Μ': "M", 'Ν': "N", 'Ο': "O", 'Ρ': "P", 'Τ': "T", 'Υ': "Y", 'Χ': "X",
}

// toGSM writes a line in the 7-bit alphabet: what is in it stays, accents that are
// not in it go, and what has no Latin letter is left out.
func toGSM(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		switch {
		case r == '\n' || r == '\r' || r == '\f' || unicode.IsSpace(r):
			b.WriteByte(' ')
		case width(r) > 0:
			b.WriteRune(r)
		case spelt[r] != "":
			b.WriteString(spelt[r])
		default:
			for _, base := range norm.NFKD.String(string(r)) {
				if width(base) > 0 {
					b.WriteRune(base)
				} else {
					b.WriteString(spelt[base])
				}
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// cutGSM shortens a line of the 7-bit alphabet to at most n septets, "..." included.
func cutGSM(s string, n int) string {
	if have, _ := septets(s); have <= n {
		return s
	}
	n -= len("...")
	used := 0
	for i, r := range s {
		if used += width(r); used > n {
			if s = strings.TrimRight(s[:i], " "); s == "" {
				return ""
			}
			return s + "..."
		}
	}
	return ""
}
