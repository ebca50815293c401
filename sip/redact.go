package sip

import (
	"regexp"
	"strings"
)

// hidden stands for a PIN.
const hidden = "****"

// pinned finds EXT.PIN (also with # or *, plain or escaped) as the user part of
// a SIP or SIPS URI, and what follows the digits of a tel URI.
var (
	pinned    = regexp.MustCompile(`(?i)(sips?:(?://)?(?:\+|%2B)?[0-9]+)((?:[.#*,;:]|%2E|%23|%2A|%2C|%3B)[^@\s<>"]*)@`)
	pinnedTel = regexp.MustCompile(`(?i)(tel:\+?[0-9.()-]+)[,#*][^\s<>"@]*`)
	// mistyped finds what may be a PIN behind anything but an extension, users the
	// user parts to look for it in.
	mistyped = regexp.MustCompile(`(?i)([.#*,;:]|%2E|%23|%2A|%2C|%3B)[0-9]{4,}`)
	users    = regexp.MustCompile(`(?i)sips?:[^@\s<>"]+@`)
	digits   = regexp.MustCompile(`[0-9]{4,}`) // where anything could be a PIN
	dtmfBody = regexp.MustCompile(`(?im)^(Signal\s*=\s*).*$`)
)

// RedactUser hides the PIN in the user part of an address: 1234.9876 becomes
// 1234.****. Of what does not begin with an extension and a separator only
// numbers of a PIN's length behind a separator are hidden.
func RedactUser(user string) string {
	i := 0
	for i < len(user) && (user[i] >= '0' && user[i] <= '9' || i == 0 && user[i] == '+') {
		i++
	}
	switch {
	case i == len(user):
		return user
	case i == 0 || i == 1 && user[0] == '+':
		return hideNumbers(user)
	}
	rest := user[i:]
	if strings.IndexByte(".#*,;:", rest[0]) >= 0 {
		return user[:i] + rest[:1] + hidden
	}
	if rest[0] == '%' {
		return user[:i] + rest[:min(3, len(rest))] + hidden
	}
	return hideNumbers(user)
}

func hideNumbers(user string) string { return mistyped.ReplaceAllString(user, "${1}"+hidden) }

// Redact hides PINs in a whole message or any text with URIs in it, and the keys
// in a SIP INFO body.
func Redact(text string) string {
	text = pinned.ReplaceAllString(text, "$1."+hidden+"@")
	text = users.ReplaceAllStringFunc(text, func(uri string) string {
		user := strings.IndexByte(uri, ':') + 1
		return uri[:user] + hideNumbers(uri[user:])
	})
	text = pinnedTel.ReplaceAllString(text, "$1,"+hidden)
	return dtmfBody.ReplaceAllString(text, "${1}"+"*")
}
