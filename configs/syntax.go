package configs

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/partyline/partyline/dialplan"
)

var (
	hostLabel   = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)
	trunkName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	e164        = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	country     = regexp.MustCompile(`^[A-Z]{2}$`)
	sender      = regexp.MustCompile(`^(\+?[0-9]{3,15}|[A-Za-z0-9 ._-]{1,11})$`)
	keySequence = regexp.MustCompile(`^[0-9*#]{1,4}$`)
	dialDigits  = regexp.MustCompile(`^\+?[0-9*#]{0,15}$`)
	userPart    = regexp.MustCompile(`^[A-Za-z0-9._~!&=+$,/*'()-]{1,64}$`)
)

// syntaxChecks are what the check tags of the fields name.
var syntaxChecks = map[string]func(string) error{
	"host":      checkHost,
	"path":      func(string) error { return nil },
	"email":     checkEmail,
	"url":       checkURL,
	"hostport":  checkHostPort,
	"turn":      checkTURN,
	"sip":       checkSIP,
	"name":      checkName,
	"e164":      checkE164,
	"extension": checkExtension,
	"keys":      checkKeys,
	"alias":     checkAlias,
	"country":   checkCountry,
	"sender":    checkSender,
	"resolver":  checkResolver,
	"user":      checkUser,
	"dial":      checkDial,
	"days":      func(text string) error { _, err := dialplan.ParseDays(text); return err },
	"hours":     func(text string) error { _, err := dialplan.ParseHours(text); return err },
	"zone":      func(text string) error { _, err := dialplan.ParseZone(text); return err },
}

func checkEmail(text string) error {
	if _, err := mail.ParseAddress(text); err != nil {
		return fmt.Errorf("%q is no e-mail address", text)
	}
	return nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is no http or https URL", text)
	}
	return nil
}

// checkHostPort allows the port to be left out.
func checkHostPort(text string) error {
	if !strings.Contains(text, ":") || strings.Count(text, ":") > 1 && !strings.Contains(text, "[") {
		return checkHost(text)
	}
	_, _, err := splitHostPort(text)
	return err
}

func checkTURN(text string) error {
	scheme, rest, _ := strings.Cut(text, ":")
	if scheme != "turn" && scheme != "turns" && scheme != "stun" {
		return fmt.Errorf("%q is no TURN URL: write turn:turn.example.org:3478", text)
	}
	rest, _, _ = strings.Cut(rest, "?")
	return checkHostPort(rest)
}

// checkSIP checks a peer's URI: a scheme, a host, maybe a port and a transport.
func checkSIP(text string) error {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || scheme != "sip" && scheme != "sips" {
		return fmt.Errorf("%q is no SIP URI: write sip:sbc.example.org:5060;transport=udp", text)
	}
	host, params, _ := strings.Cut(rest, ";")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	for _, p := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(name, "transport") && !transports[strings.ToLower(value)] {
			return &choiceError{what: "transport", got: value, choices: []string{"udp", "tcp", "tls"}}
		}
	}
	if host == "" {
		return fmt.Errorf("%q names no host", text)
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return checkHost(strings.Trim(host, "[]"))
	}
	return checkHostPort(host)
}

var transports = map[string]bool{"udp": true, "tcp": true, "tls": true}

func checkName(text string) error {
	if !trunkName.MatchString(text) {
		return fmt.Errorf("%q is no name: letters, digits, dots, dashes, at most 64", text)
	}
	return nil
}

func checkE164(text string) error {
	if !e164.MatchString(text) {
		return fmt.Errorf("%q is no number in international form: write +41445550100", text)
	}
	return nil
}

func checkCountry(text string) error {
	if !country.MatchString(text) {
		return fmt.Errorf("%q is no country code of two capital letters: write CH, DE or US", text)
	}
	if !dialplan.KnownCountry(text) {
		return fmt.Errorf("no country with telephone numbers has the code %q: write CH, DE or US", text)
	}
	return nil
}

// checkSender checks what a short message is from: a number, or up to 11
// characters (TP-Originating-Address, 3GPP TS 23.040 §9.1.2.5).
func checkSender(text string) error {
	if !sender.MatchString(text) {
		return fmt.Errorf("%q is no sender of short messages: a number, or at most 11 letters and digits", text)
	}
	return nil
}

func checkExtension(text string) error {
	if !dialplan.Digits(text) || len(text) < dialplan.MinExtension || len(text) > dialplan.MaxExtension {
		return fmt.Errorf("%q is no extension: %d to %d digits", text, dialplan.MinExtension, dialplan.MaxExtension)
	}
	return nil
}

// checkAlias checks what a gatekeeper knows an endpoint by: digits that can be
// dialled, or a name (h323-ID, at most 256 characters).
func checkAlias(text string) error {
	if text == "" || len([]rune(text)) > 256 || strings.ContainsAny(text, "@#*,;") || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%q is no alias: write a name, or digits", text)
	}
	return nil
}

func checkKeys(text string) error {
	if !keySequence.MatchString(text) {
		return fmt.Errorf("%q cannot be keyed: one to four of 0-9, * and #", text)
	}
	return nil
}

// checkResolver checks a name server: an IP address, maybe with a port, or
// "system".
func checkResolver(text string) error {
	if text == "system" {
		return nil
	}
	if _, err := netip.ParseAddrPort(resolverAddress(text)); err != nil {
		return fmt.Errorf("%q is no name server: write its IP address, 192.0.2.53 or 127.0.0.1:5353, or system", text)
	}
	return nil
}

// resolverAddress adds the port of DNS where there is none.
func resolverAddress(text string) string {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(a, 53).String()
	}
	return text
}

// checkUser checks the user part of a SIP URI (RFC 3261 §25.1, without escapes).
func checkUser(text string) error {
	if !userPart.MatchString(text) {
		return fmt.Errorf("%q is no user part of a SIP URI: letters, digits and a few signs, at most 64", text)
	}
	return nil
}

// checkDial checks what stands before a number.
func checkDial(text string) error {
	if !dialDigits.MatchString(text) {
		return fmt.Errorf("%q is nothing to dial: digits, maybe after a +", text)
	}
	return nil
}
