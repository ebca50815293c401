package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// token is one lexical item of ASN.1 (X.680 §12) with the comments around it.
type token struct {
	text string
	line int
	// above holds the comments on lines of their own before the token, with no
	// empty line between them and it; after those that follow on its line and
	// below it.
	above, after []string
}

// eof is the text of the token after the last one.
const eof = ""

// comment is one "--" comment and where it stands.
type comment struct {
	text string
	line int
}

// lexer cuts a module into tokens.
type lexer struct {
	src      string
	pos      int
	line     int
	tokens   []token
	comments []comment
}

// lex returns the module's tokens, the last of which is eof.
func lex(src string) ([]token, error) {
	if !utf8.ValidString(src) {
		src = latin1(src)
	}
	l := &lexer{src: src, line: 1}
	for {
		l.space()
		if l.pos >= len(l.src) {
			break
		}
		if strings.HasPrefix(l.src[l.pos:], "--") {
			l.comment()
			continue
		}
		text, err := l.item()
		if err != nil {
			return nil, err
		}
		l.attach()
		l.tokens = append(l.tokens, token{text: text, line: l.line})
		l.pos += len(text)
	}
	l.attach()
	l.tokens = append(l.tokens, token{text: eof, line: l.line})
	l.placeAbove()
	return l.tokens, nil
}

// latin1 reads text that is not UTF-8 as ISO 8859-1, as the published files are.
func latin1(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func (l *lexer) space() {
	for l.pos < len(l.src) {
		switch l.src[l.pos] {
		case '\n':
			l.line++
		case ' ', '\t', '\r', '\f', '\v':
		default:
			if c, n := utf8.DecodeRuneInString(l.src[l.pos:]); c == '\u00a0' || c == '\u0085' || c == '\ufeff' {
				l.pos += n
				continue
			}
			return
		}
		l.pos++
	}
}

// comment reads up to the next "--" or the end of the line. A rule of dashes is
// one comment up to the end of the line.
func (l *lexer) comment() {
	start := l.pos
	end := strings.IndexByte(l.src[start:], '\n')
	if end < 0 {
		end = len(l.src) - start
	}
	line := l.src[start : start+end]
	body := strings.TrimLeft(line, "-")
	if len(line)-len(body) == 2 {
		if i := strings.Index(body, "--"); i >= 0 {
			body = body[:i]
			l.pos = start + 2 + i + 2
		} else {
			l.pos = start + end
		}
	} else {
		l.pos = start + end
	}
	l.comments = append(l.comments, comment{text: strings.TrimSpace(body), line: l.line})
}

// attach gives the comments since the last token to it, up to an empty line:
// what follows that is about something else.
func (l *lexer) attach() {
	if n := len(l.tokens); n > 0 {
		t := &l.tokens[n-1]
		last := t.line
		for _, c := range l.comments {
			if c.line > last+1 {
				break
			}
			last = c.line
			t.after = append(t.after, c.text)
		}
	}
	l.comments = nil
}

// placeAbove finds for every token the block of comment lines right above it.
func (l *lexer) placeAbove() {
	lines := strings.Split(l.src, "\n")
	first := -1
	for i := range l.tokens {
		t := &l.tokens[i]
		if t.line == first {
			continue
		}
		first = t.line
		var block []string
		for n := t.line - 2; n >= 0 && n < len(lines); n-- {
			text := strings.TrimSpace(lines[n])
			if !strings.HasPrefix(text, "--") {
				break
			}
			block = append([]string{strings.TrimSpace(strings.Trim(text, "-"))}, block...)
		}
		t.above = block
	}
}

var symbols = []string{"::=", "...", "..", "[[", "]]", "{", "}", "(", ")", "[", "]", ",", ";", ":", "|", "^", ".", "&", "<", "@", "!"}

// item returns the text of the token at pos.
func (l *lexer) item() (string, error) {
	rest := l.src[l.pos:]
	if rest[0] == '"' {
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return "", fmt.Errorf("line %d: string without an end", l.line)
		}
		return rest[:end+2], nil
	}
	n := 0
	for n < len(rest) && (isAlnum(rest[n]) || rest[n] == '-' && n > 0 && n+1 < len(rest) && isAlnum(rest[n+1])) {
		n++
	}
	if n == 0 && rest[0] == '-' && len(rest) > 1 && isAlnum(rest[1]) {
		for n = 1; n < len(rest) && isAlnum(rest[n]); n++ {
		}
	}
	if n > 0 {
		return rest[:n], nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			return s, nil
		}
	}
	return "", fmt.Errorf("line %d: unexpected %q", l.line, rest[:1])
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
