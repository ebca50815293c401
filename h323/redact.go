package h323

import (
	"regexp"
	"strings"
)

// hidden stands for a PIN.
const hidden = "****"

// mistyped finds what may be a PIN behind anything but an extension.
var mistyped = regexp.MustCompile(`([.#*,;:])[0-9]{4,}`)

// named is the name or IP address of one before ##: no digits alone, and no number
// with a PIN.
var named = regexp.MustCompile(`^([A-Za-z][\w.:-]*|\d+\.\d+\.\d+\.\d+(:\d+)?|\[[\da-fA-F:]+\](:\d+)?)$`)

// Redact hides the PIN in what was called: 1234#9876 and 1234##9876 become 1234#****
// and 1234##****, also behind a gateway's name and ##. Of what does not begin with an
// extension and a separator only numbers of a PIN's length behind a separator are
// hidden.
func Redact(called string) string {
	if gw, rest, ok := strings.Cut(called, "##"); ok && named.MatchString(gw) {
		return gw + "##" + Redact(rest)
	}
	i := strings.IndexFunc(called, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		return called
	}
	if i == 0 || strings.IndexByte(".#*,;:", called[i]) < 0 {
		return mistyped.ReplaceAllString(called, "${1}"+hidden)
	}
	after := strings.TrimLeft(called[i:], ".#*,;:")
	if after == "" {
		return called
	}
	return called[:len(called)-len(after)] + hidden
}
