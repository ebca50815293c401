package main

import (
	"fmt"
	"strings"

	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/sip"
)

// target is whom an address names.
type target struct {
	number string // telephone number, as it was written: a trunk carries the call
	uri    string // SIP address, called straight unless its host is a trunk's
	user   string // of the SIP address
	host   string // of it, without port
	system *h323.Address
}

// protocol is by what it is called.
func (t *target) protocol() string {
	if t.system != nil {
		return "h323"
	}
	return "sip"
}

// shown is the address for people and logs: without a PIN.
func (t *target) shown() string {
	switch {
	case t.system != nil:
		return t.system.Redacted().String()
	case t.uri != "":
		return sip.Redact(t.uri)
	}
	return t.number
}

// called is the address for the outbound rules.
func (t *target) called() string {
	switch {
	case t.system != nil:
		return t.system.String()
	case t.uri != "":
		return t.uri
	}
	return t.number
}

// addressForms is what an address may look like.
const addressForms = "write a number (+41445550100), sip:USER@HOST or h323:ALIAS@HOST"

// parseTarget reads an address as people write it. The error is a
// control.ErrInvitation.
func parseTarget(text string) (target, error) {
	text = strings.TrimSpace(text)
	scheme, rest, hasScheme := strings.Cut(text, ":")
	if !hasScheme {
		return parsePlain(text)
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "h323":
		a, err := h323.ParseAddress(text)
		if err != nil {
			return target{}, badAddress("%q is no H.323 address: write h323:ALIAS@HOST", text)
		}
		return target{system: &a}, nil
	case "tel":
		number, _, _ := strings.Cut(rest, ";")
		if !isDialled(number) {
			return target{}, badAddress("%q is no telephone number", rest)
		}
		return target{number: number}, nil
	case "sip", "sips":
		return parseSIP(scheme, rest)
	}
	return target{}, badAddress("%q does not say by which protocol to call: %s", text, addressForms)
}

// parsePlain reads an address without a scheme: a number, or somebody at a host.
func parsePlain(text string) (target, error) {
	switch {
	case isDialled(text):
		return target{number: text}, nil
	case strings.Contains(text, "@"):
		return parseSIP("sip", text)
	}
	return target{}, badAddress("%q cannot be called: %s", text, addressForms)
}

// parseSIP reads what follows the scheme of a SIP URI (RFC 3261 §19.1). Headers and
// a password are not taken: they would go to whoever is called.
func parseSIP(scheme, rest string) (target, error) {
	user, at, ok := strings.Cut(rest, "@")
	host, port, ported := at, "", false
	host, params, _ := strings.Cut(host, ";")
	if !strings.HasSuffix(host, "]") {
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host, port, ported = host[:i], host[i+1:], true
		}
	}
	bad := !ok || user == "" || host == "" || len(rest) > 256 || ported && !isPort(port) ||
		strings.ContainsAny(user, " \t\r\n<>\"?:;@") || strings.ContainsAny(at, " \t\r\n<>\"?@/")
	if bad {
		return target{}, badAddress("%q is no SIP address: write %s:USER@HOST", scheme+":"+rest, scheme)
	}
	uri := scheme + ":" + user + "@" + host
	if ported {
		uri += ":" + port
	}
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(name, "transport") && (strings.EqualFold(value, "udp") || strings.EqualFold(value, "tcp") || strings.EqualFold(value, "tls")) {
			uri += ";transport=" + strings.ToLower(value)
		}
	}
	return target{uri: uri, user: user, host: strings.ToLower(strings.Trim(host, "[]"))}, nil
}

func isPort(s string) bool {
	return len(s) > 0 && len(s) <= 5 && strings.Trim(s, "0123456789") == "" && s != "0"
}

func badAddress(format string, args ...any) error {
	return fmt.Errorf("%w: %s", control.ErrInvitation, fmt.Sprintf(format, args...))
}

// isDialled says that a text is a telephone number as people write it.
func isDialled(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' && i == 0, strings.IndexByte(" -./()", c) >= 0 && i > 0, c == '(' && i == 0:
		default:
			return false
		}
	}
	return digits >= 2
}
