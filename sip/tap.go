package sip

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/partyline/partyline/trace"
)

// mostTapped is how many messages a second are shown to the Tap: what 200 new calls a
// second need. A flood of strangers must not cost much: hiding secrets takes longer
// than turning a message away.
const mostTapped = 4000

// tap shows messages to a trace.Tap. A nil one shows nothing.
type tap struct {
	show  trace.Tap
	limit *rate.Limiter
}

func newTap(show trace.Tap) *tap {
	if show == nil {
		return nil
	}
	return &tap{show: show, limit: rate.NewLimiter(mostTapped, mostTapped)}
}

// message shows a message that was read or is written, without what is secret in it.
// data stays its owner's.
func (t *tap) message(data []byte, f flow, out bool) {
	if t == nil || len(data) <= 4 || !t.limit.Allow() { // a keep-alive has four octets
		return
	}
	shown, callID := withoutSecrets(data)
	t.show(trace.Packet{
		At: time.Now(), Protocol: trace.SIP, Network: f.network(), Local: f.local(), Remote: f.remote(), Out: out,
		CallID: callID, Data: shown, Summary: summary(shown),
	})
}

// broken shows what could not be understood, as far as it is text. Nobody knows
// where in it a PIN may be: no number is shown.
func (t *tap) broken(data []byte, f flow, why error) {
	if t == nil || !t.limit.Allow() {
		return
	}
	const most = 1024
	shown, callID := withoutSecrets(data[:min(len(data), most)])
	shown = digits.ReplaceAll(bytes.Map(legible, shown), []byte(hidden))
	t.show(trace.Packet{
		At: time.Now(), Protocol: trace.SIP, Network: f.network(), Local: f.local(), Remote: f.remote(),
		CallID: callID, Data: shown, Summary: "malformed message",
		Detail: digits.ReplaceAllString(strings.Map(legible, why.Error()), hidden),
	})
}

func legible(r rune) rune {
	if r == '\r' || r == '\n' || r == '\t' || unicode.IsPrint(r) {
		return r
	}
	return '.'
}

// summary is the name of a message: its method, or its status and reason.
func summary(data []byte) string {
	line, _, _ := bytes.Cut(data[:min(len(data), 200)], []byte("\r\n"))
	word, rest, _ := bytes.Cut(line, []byte(" "))
	if hasPrefixFold(string(word), "SIP/") {
		return string(rest)
	}
	return string(word)
}

// withoutSecrets is a copy of a message without PINs in addresses, keys pressed,
// digest responses and media keys, and the message's Call-ID.
func withoutSecrets(data []byte) (shown []byte, callID string) {
	head, body, cut := bytes.Cut(data, []byte("\r\n\r\n"))
	lines := bytes.Split(head, []byte("\n"))
	kind := ""
	for _, line := range lines {
		if !begins(line, 'c', 'i') {
			continue
		}
		switch name, value := field(line); name {
		case "call-id", "i":
			callID = value
		case "content-type", "c":
			kind = value
		}
	}
	if cut {
		was := len(body)
		if body = hideBody(body, kind); len(body) != was {
			resize(lines, len(body))
		}
	}
	out := make([]byte, 0, len(data)+64)
	secret := false
	for i, line := range lines {
		if i > 0 {
			out = append(out, '\n')
		}
		if len(line) == 0 || line[0] != ' ' && line[0] != '\t' { // else the line before goes on
			secret = i > 0 && begins(line, 'a', 'p') && secretHeader(line)
		}
		from := len(out)
		out = hideAddresses(out, line)
		if secret {
			hideCredentials(out[from:])
		}
	}
	if cut {
		out = append(out, "\r\n\r\n"...)
		out = append(out, body...)
	}
	return out, callID
}

// field is the name, in lower case, and the value of a header line.
func field(line []byte) (name, value string) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 32 {
		return "", ""
	}
	return strings.ToLower(string(bytes.TrimSpace(line[:i]))), string(bytes.TrimSpace(line[i+1:]))
}

// resize says a body's new length.
func resize(lines [][]byte, n int) {
	for i, line := range lines {
		if name, _ := field(line); name == "content-length" || name == "l" {
			end := ""
			if bytes.HasSuffix(line, []byte("\r")) { // the last one has lost it
				end = "\r"
			}
			lines[i] = []byte("Content-Length: " + strconv.Itoa(n) + end)
		}
	}
}

// begins says whether a line begins with one of two letters, in either case.
func begins(line []byte, one, or byte) bool {
	return len(line) > 0 && (line[0]|0x20 == one || line[0]|0x20 == or)
}

func secretHeader(line []byte) bool {
	switch name, _ := field(line); name {
	case "authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info":
		return true
	}
	return false
}

// hideCredentials masks what proves who one is: the digest's response, or all of
// what is no digest (RFC 7616 §3.4, RFC 7617).
func hideCredentials(line []byte) {
	low := bytes.ToLower(line)
	if i := bytes.Index(low, []byte("basic ")); i >= 0 {
		mask(line[i+6:])
		return
	}
	if i := bytes.Index(low, []byte("bearer ")); i >= 0 {
		mask(line[i+7:])
		return
	}
	for _, name := range []string{"response", "rspauth", "cnonce"} {
		for from := 0; ; {
			i := bytes.Index(low[from:], []byte(name))
			if i < 0 {
				break
			}
			from += i + len(name)
			at := from
			for at < len(line) && (line[at] == ' ' || line[at] == '=' || line[at] == '"') {
				at++
			}
			if at == from { // response is the beginning of another word
				continue
			}
			end := at
			for end < len(line) && line[end] != '"' && line[end] != ',' && line[end] != '\r' {
				end++
			}
			mask(line[at:end])
		}
	}
}

// mask overwrites a text, but for the end of its line.
func mask(text []byte) {
	for i := range text {
		if text[i] != '\r' && text[i] != '\n' {
			text[i] = '*'
		}
	}
}

// hideAddresses appends a line without the PINs in its URIs.
func hideAddresses(out, line []byte) []byte {
	for {
		i := bytes.IndexByte(line, ':')
		if i < 0 {
			return append(out, line...)
		}
		out = append(out, line[:i+1]...)
		scheme := schemeBefore(line[:i])
		line = line[i+1:]
		if scheme == "" {
			continue
		}
		end := bytes.IndexAny(line, "@ \t<>\"\r\n")
		if end < 0 {
			end = len(line)
		}
		part := line[:end]
		switch {
		case scheme == "tel":
			if j := bytes.IndexAny(part, ",#*"); j >= 0 {
				out = append(append(append(out, part[:j]...), ','), hidden...)
				line = line[end:]
			}
		case end < len(line) && line[end] == '@' && bytes.ContainsAny(part, ".#*,;:%"):
			out = append(out, hideUser(string(part))...)
			line = line[end:]
		}
	}
}

// schemeBefore is the scheme that a text ends with, if it is one of telephony.
func schemeBefore(text []byte) string {
	for _, s := range []string{"sips", "sip", "tel"} {
		n := len(text) - len(s)
		if n >= 0 && strings.EqualFold(string(text[n:]), s) && (n == 0 || !letter(text[n-1])) {
			return s
		}
	}
	return ""
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// hideUser is a user part without a PIN or password.
func hideUser(user string) string {
	plain, err := url.PathUnescape(user)
	if err != nil {
		plain = user
	}
	shown := RedactUser(plain)
	if name, _, ok := strings.Cut(shown, ":"); ok && shown == plain {
		return name + ":" + hidden
	}
	if shown == plain {
		return user
	}
	return strings.Map(inUser, shown)
}

// inUser replaces what would end a user part.
func inUser(r rune) rune {
	if r <= ' ' || strings.ContainsRune("@<>\"", r) {
		return '*'
	}
	return r
}

// hideBody is a body without keys pressed and keys of media.
func hideBody(body []byte, kind string) []byte {
	if len(body) == 0 {
		return body
	}
	out := make([]byte, 0, len(body)+16)
	parts := hasPrefixFold(kind, "multipart/")
	keys := isKeys(kind)
	text := keys // in a part: its headers are over
	for i, line := range bytes.Split(body, []byte("\n")) {
		if i > 0 {
			out = append(out, '\n')
		}
		from := len(out)
		out = hideAddresses(out, line)
		made := out[from:]
		if parts {
			switch {
			case bytes.HasPrefix(line, []byte("--")):
				keys, text = false, false
			case len(bytes.TrimSpace(line)) == 0:
				text = keys
			case begins(line, 'c', 'c') && !text:
				if name, value := field(line); name == "content-type" || name == "c" {
					keys = isKeys(value)
				}
			}
		}
		hideLine(made, keys && text)
	}
	return out
}

// isKeys says whether a body of that kind holds keys that were pressed.
func isKeys(kind string) bool {
	kind = strings.ToLower(kind)
	for _, word := range []string{"dtmf", "digits", "kpml", "keypad"} {
		if strings.Contains(kind, word) {
			return true
		}
	}
	return false
}

// hideLine masks what is secret in a line of a body (RFC 4568 §9.1, RFC 5245 §15.4,
// RFC 2976).
func hideLine(line []byte, keys bool) {
	if !keys && (len(line) == 0 || !strings.ContainsRune("aAkKsS", rune(line[0]))) {
		return
	}
	low := bytes.ToLower(line[:min(len(line), 32)])
	after := func(mark string) {
		if i := bytes.Index(line, []byte(mark)); i >= 0 {
			mask(line[i+len(mark):])
		}
	}
	switch {
	case bytes.HasPrefix(low, []byte("duration")):
	case bytes.HasPrefix(low, []byte("signal")), bytes.HasPrefix(low, []byte("d=")) && keys:
		after("=")
	case keys:
		mask(line)
	case bytes.HasPrefix(low, []byte("a=crypto:")):
		after("inline:")
	case bytes.HasPrefix(low, []byte("a=ice-pwd:")), bytes.HasPrefix(low, []byte("a=key-mgmt:")), bytes.HasPrefix(low, []byte("k=")):
		after(":")
	}
}
