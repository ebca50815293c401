package dialplan

import (
	"net/url"
	"strings"
)

// The lengths of extensions, in digits.
const (
	MinExtension = 2
	MaxExtension = 15
)

// maxPIN bounds what is taken for a PIN; right ones are shorter. No address that
// leads anywhere is longer than maxAddress, so that a long one costs nothing.
const (
	maxPIN     = 32
	maxAddress = 256
)

// address is a called user part taken apart.
type address struct {
	user string // what rules are compared with: without PIN and parameters
	host string
	ext  string // the digits, if the form is that of an extension
	pin  string
	form string // which of the built-in forms it is, for the explanation
}

// parseAddress takes the called user part apart: EXT, EXT.PIN, EXT#PIN,
// EXT*PIN, EXT##PIN, and gw##EXT with each of these (H.323 aliases), all also with
// @host in an alias that came whole.
func parseAddress(user, host string) address {
	if strings.IndexByte(user, '%') >= 0 {
		if s, err := url.PathUnescape(user); err == nil {
			user = s
		}
	}
	if before, after, ok := strings.Cut(user, "@"); ok {
		user = before
		if host == "" {
			host = after
		}
	}
	// Parameters of a telephone-subscriber (RFC 3966), not part of the number.
	user, _, _ = strings.Cut(user, ";")
	a := address{user: user, host: host}
	form := ""
	// Digits before ## are no gateway, but an extension with its PIN behind.
	if before, after, ok := strings.Cut(user, "##"); ok && !Digits(before) {
		if a.host == "" {
			a.host = before
		}
		user, form = after, "gw##"
	}
	ext, pin, sep := splitPIN(strings.TrimRight(user, "#"))
	if !Digits(ext) || (pin != "" && (!Digits(pin) || len(pin) > maxPIN)) {
		return a
	}
	if len(ext) < MinExtension || len(ext) > MaxExtension {
		return a
	}
	a.user, a.ext, a.pin = ext, ext, pin
	a.form = form + "EXT"
	if pin != "" {
		a.form += sep + "PIN"
	}
	return a
}

func splitPIN(s string) (ext, pin, sep string) {
	i := strings.IndexAny(s, ".#*")
	if i < 0 {
		return s, "", ""
	}
	if strings.HasPrefix(s[i:], "##") {
		return s[:i], s[i+2:], "##"
	}
	return s[:i], s[i+1:], s[i : i+1]
}

// Redact hides the PIN in a called user part, for logs and traces.
func Redact(user string) string {
	a := parseAddress(user, "")
	if a.pin == "" {
		return user
	}
	i := strings.LastIndex(user, a.pin)
	if i < 0 {
		return a.ext
	}
	return user[:i] + "****" + user[i+len(a.pin):]
}

// Digits says that s is one or more of 0–9.
func Digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// normal brings a telephone number into the form +digits if it is written
// internationally (+41 44…, 0041 44…); global says so. Other digits are
// returned as they are, without separators (RFC 3966 §5.1.1).
func normal(s string) (number string, global bool) {
	n, ok := dialled(s)
	switch {
	case !ok:
		return s, false
	case n[0] == '+':
		return n, true
	case len(n) > 2 && n[:2] == "00":
		return "+" + n[2:], true
	}
	return n, false
}
