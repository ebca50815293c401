package call

import (
	"net/netip"
	"net/url"
	"strings"
)

// mostCalled is how many called numbers of a Setup are looked at.
const mostCalled = 32

// calledList collects called numbers in the order in which they count.
type calledList []Called

// add takes a number or name in, without what only says where we are, unless
// nothing is left of it or it is there already.
func (l *calledList) add(from Place, kind AliasKind, text string) {
	text = calledText(kind, text)
	if text == "" || len(*l) >= mostCalled {
		return
	}
	for _, c := range *l {
		if c.Text == text {
			return
		}
	}
	*l = append(*l, Called{Text: text, Kind: kind, From: from})
}

// calledText strips "h323:", URL parameters, "@host" and "host##" from an
// alias. What follows a number after # or ## stays: it may be a PIN.
func calledText(kind AliasKind, s string) string {
	s = strings.Map(printable, s)
	s = strings.TrimSpace(s)
	if len(s) >= 5 && strings.EqualFold(s[:5], "h323:") {
		s = s[5:]
		if u, err := url.PathUnescape(s); err == nil {
			s = u
		}
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[:i]
	} else if kind == URLID {
		s, _, _ = strings.Cut(s, ";")
	}
	// host##EXT: Zoom's and Polycom's way to dial an address and an extension.
	if host, rest, ok := strings.Cut(s, "##"); ok && (host == "" || isHost(host)) {
		s = rest
	} else if host, rest, ok := strings.Cut(s, "#"); ok && isAddress(host) {
		s = rest
	}
	if s = strings.TrimSpace(s); isAddress(s) {
		return ""
	}
	return s
}

// isHost says whether s is an IP address, with or without a port, or a domain
// name of several labels.
func isHost(s string) bool {
	if isAddress(s) {
		return true
	}
	s, _, _ = strings.Cut(s, ":")
	return strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		strings.IndexByte(s, '.') > 0 && !strings.ContainsAny(s, " @#*,")
}

// isAddress says whether s is an IP address, with or without a port.
func isAddress(s string) bool {
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// printable drops control and bidirectional formatting characters, with which a
// name could disguise itself in logs and on pages.
func printable(r rune) rune {
	switch {
	case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff, r == 0xfffd:
		return -1
	}
	return r
}
