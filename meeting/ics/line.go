package ics

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold is how many octets a line has at most, without its CRLF (RFC 5545 §3.1).
const fold = 75

// param is a property's parameter (§3.2).
type param struct{ name, value string }

// lines is a file as it is written.
type lines struct{ b strings.Builder }

// put writes a property. The value is as it stands in the file: see escape.
func (l *lines) put(name, value string, params ...param) {
	line := name
	for _, p := range params {
		line += ";" + p.name + "=" + p.value
	}
	l.line(line + ":" + value)
}

// text writes a property of type TEXT (§3.3.11), if there is any.
func (l *lines) text(name, value string, params ...param) {
	if value = escape(value); value != "" {
		l.put(name, value, params...)
	}
}

// line folds a line where it is too long, never within a letter.
func (l *lines) line(s string) {
	room := fold
	for len(s) > room {
		n := room
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		l.b.WriteString(s[:n] + "\r\n ")
		s = s[n:]
		room = fold - 1 // the space counts
	}
	l.b.WriteString(s + "\r\n")
}

// escape writes a text as a TEXT value (§3.3.11). Control characters have no place
// in it.
func escape(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, ""))
	var b strings.Builder
	for _, r := range strings.TrimRight(s, "\n") {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		case !unicode.IsControl(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// quote writes a parameter's value in quotes (§3.2). A quote in it becomes an
// apostrophe, which every calendar reads, unlike RFC 6868's ^'; a caret is written
// as those who know RFC 6868 want it. Some take a backslash for an escape.
func quote(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case r == '"':
			b.WriteByte('\'')
		case r == '\\':
			b.WriteByte('/')
		case r == '^':
			b.WriteString("^^")
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsControl(r):
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// uri writes a URI value (§3.3.13), which is not escaped: what cannot be in one is
// percent-encoded.
func uri(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\' {
			b.WriteByte(c)
		} else if c >= ' ' {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// mailto is an address of a calendar user (§3.3.3, RFC 6068 §2).
func mailto(email string) string {
	return uri("mailto:" + strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "&", "%26", "`", "%60",
		"^", "%5E", "{", "%7B", "|", "%7C", "}", "%7D").Replace(email))
}
