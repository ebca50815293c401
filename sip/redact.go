package sip

import (
	"regexp"
	"strings"
	"unicode"
)

// hidden stands for a PIN.
const hidden = "****"

// pinned finds EXT.PIN (also with # or *, plain or escaped) as the user part of
// a SIP or SIPS URI, and what follows the digits of a tel URI.
var (
	pinned    = regexp.MustCompile(`(?i)(sips?:(?://)?(?:\+|%2B)?[0-9]+)((?:[.#*,;:]|%2E|%23|%2A|%2C|%3B)[^@\s<>"]*)@`)
	pinnedTel = regexp.MustCompile(`(?i)(tel:\+?[0-9.()-]+)[,#*][^\s<>"@]*`)
	dtmfBody  = regexp.MustCompile(`(?im)^(Signal\s*=\s*).*$`)
)

// RedactUser hides the PIN in the user part of an address: 1234.9876 becomes
// 1234.****. What does not begin with an extension and a separator stays.
func RedactUser(user string) string {
	i := 0
	for i < len(user) && (user[i] >= '0' && user[i] <= '9' || i == 0 && user[i] == '+') {
		i++
	}
	if i == 0 || i == len(user) || i == 1 && user[0] == '+' {
		return user
	}
	rest := user[i:]
	if strings.IndexByte(".#*,;:", rest[0]) >= 0 {
		return user[:i] + rest[:1] + hidden
	}
	if rest[0] == '%' {
		return user[:i] + rest[:min(3, len(rest))] + hidden
	}
	return user
}

// Redact hides PINs in a whole message or any text with URIs in it, and the keys
// in a SIP INFO body.
func Redact(text string) string {
	text = pinned.ReplaceAllString(text, "$1."+hidden+"@")
	text = pinnedTel.ReplaceAllString(text, "$1,"+hidden)
	return dtmfBody.ReplaceAllString(text, "${1}"+"*")
}

// clean makes a stranger's text fit to be logged and shown: without control and
// bidi characters, at most n runes.
func clean(s string, n int) string {
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
