package dialplan

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds a pattern's length, maxProgram what it compiles to, so that
// neither compiling nor matching takes long.
const (
	maxPattern = 512
	maxProgram = 4096
)

// Protocols are the schemes a pattern may begin with.
var protocols = []string{"sip", "h323", "webrtc"}

// Protocols returns the names of the protocols that a pattern may be confined
// to, as in "sip:*".
func Protocols() []string { return slices.Clone(protocols) }

// Pattern is a compiled glob or regular expression. In a glob `*` stands for any
// run of characters, `?` for one, `{name:regexp}` for what the regexp matches,
// kept under that name. A pattern that begins with `~` is a regular expression
// (RE2) that matches anywhere in the text unless ^ and $ tie it; its named groups
// are kept. A leading "sip:", "h323:" or "webrtc:" confines either to that
// protocol. A pattern with an `@` is compared with user@host, any other with the
// user part alone. Letters of either case are alike.
type Pattern struct {
	source   string
	protocol string
	glob     []token        // what it is made of; nil for a regular expression
	re       *regexp.Regexp // nil: the glob alone decides
	host     bool
	any      bool
	literal  string // the whole text, if there are no wildcards
	names    []string
}

// PatternError says what is wrong with a pattern and where.
type PatternError struct {
	Offset int // in bytes from the pattern's start
	Msg    string
}

func (e *PatternError) Error() string { return e.Msg }

// Compile reads a pattern. Its error is a *PatternError.
func Compile(source string) (*Pattern, error) {
	switch {
	case source == "":
		return nil, &PatternError{0, "an empty pattern matches nothing"}
	case len(source) > maxPattern:
		return nil, &PatternError{maxPattern, fmt.Sprintf("a pattern has at most %d characters", maxPattern)}
	case !utf8.ValidString(source):
		return nil, &PatternError{0, "the pattern is not UTF-8"}
	}
	p := &Pattern{source: source}
	rest, offset := source, 0
	if scheme, after, ok := splitScheme(source); ok {
		scheme = strings.ToLower(scheme)
		if scheme == "sips" {
			scheme = "sip"
		}
		if !slices.Contains(protocols, scheme) {
			return nil, &PatternError{0, fmt.Sprintf("no protocol is called %q: a pattern begins with sip:, h323: or webrtc:, or has no protocol", scheme)}
		}
		p.protocol, rest, offset = scheme, after, len(source)-len(after)
	}
	if rest == "" {
		return nil, &PatternError{offset, "nothing follows the protocol: write * to match every call"}
	}
	var err *PatternError
	if expr, ok := strings.CutPrefix(rest, "~"); ok {
		err = p.regular(expr, offset+1)
	} else {
		err = p.translate(rest, offset)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// splitScheme splits "sip:rest". A colon inside braces, or after an `@` (an
// IPv6 host), ends no scheme.
func splitScheme(s string) (scheme, rest string, ok bool) {
	i := strings.IndexByte(s, ':')
	if i <= 0 {
		return "", s, false
	}
	for _, c := range []byte(s[:i]) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return "", s, false
		}
	}
	return s[:i], s[i+1:], true
}

// regular compiles a regular expression.
func (p *Pattern) regular(expr string, offset int) *PatternError {
	if expr == "" {
		return &PatternError{offset, "nothing follows the ~: write a regular expression, such as ~^\\+41\\d{9}$"}
	}
	if err := p.compile(expr, "(?is)", "", offset); err != nil {
		return err
	}
	p.host = strings.Contains(expr, "@")
	p.any = expr == ".*" || expr == "^.*$"
	for _, name := range p.re.SubexpNames() {
		if name == "" {
			continue
		}
		if !nameSyntax.MatchString(name) {
			at := max(0, strings.Index(expr, "<"+name+">"))
			return &PatternError{offset + at + 1, fmt.Sprintf("%q is no name: write (?P<name>regexp), the name in small letters", name)}
		}
		p.names = append(p.names, name)
	}
	return nil
}

// compile compiles an expression between before and after, which it cannot break
// out of.
func (p *Pattern) compile(expr, before, after string, offset int) *PatternError {
	if err := checkRegexp(expr); err != nil {
		err.Offset += offset
		return err
	}
	re, err := regexp.Compile(before + expr + after)
	if err != nil {
		return &PatternError{offset, "not a pattern: " + err.Error()}
	}
	p.re = re
	return nil
}

// checkRegexp says what is wrong with a regular expression.
func checkRegexp(expr string) *PatternError {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		at := 0
		var wrong *syntax.Error
		if errors.As(err, &wrong) {
			at = max(0, strings.Index(expr, wrong.Expr))
		}
		return &PatternError{at, "the regexp is wrong: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
	}
	if prog, err := syntax.Compile(tree.Simplify()); err != nil || len(prog.Inst) > maxProgram {
		return &PatternError{0, "the regexp repeats too much: it would take too long to compare"}
	}
	return nil
}

// translate reads a glob.
func (p *Pattern) translate(glob string, offset int) *PatternError {
	var expr strings.Builder
	for i := 0; i < len(glob); {
		switch c := glob[i]; c {
		case '*':
			p.glob = append(p.glob, token{kind: tokenRun})
			expr.WriteString(".*")
			i++
		case '?':
			p.glob = append(p.glob, token{kind: tokenOne})
			expr.WriteString(".")
			i++
		case '{':
			n, err := p.capture(&expr, glob[i:])
			if err != nil {
				err.Offset += offset + i
				return err
			}
			i += n
		case '}':
			return &PatternError{offset + i, "a } without its {"}
		default:
			p.host = p.host || c == '@'
			r, n := utf8.DecodeRuneInString(glob[i:])
			p.glob = append(p.glob, token{kind: tokenRune, r: fold(r)})
			expr.WriteString(regexp.QuoteMeta(glob[i : i+n]))
			i += n
		}
	}
	p.glob = normalized(p.glob)
	p.any = !slices.ContainsFunc(p.glob, func(t token) bool { return t.kind != tokenRun })
	if !slices.ContainsFunc(p.glob, func(t token) bool { return t.kind != tokenRune }) {
		p.literal = glob
	}
	if len(p.names) == 0 {
		return nil
	}
	return p.compile(expr.String(), "(?is)^(?:", ")$", offset)
}

// capture translates the {name:regexp} at the start of s and returns its length.
func (p *Pattern) capture(b *strings.Builder, s string) (int, *PatternError) {
	end := closingBrace(s)
	if end < 0 {
		return 0, &PatternError{0, "a { without its }"}
	}
	name, expr, ok := strings.Cut(s[1:end], ":")
	if !ok {
		expr = ".+"
	}
	if !nameSyntax.MatchString(name) {
		return 0, &PatternError{1, fmt.Sprintf("%q is no name: write {name:regexp}, the name in small letters", name)}
	}
	if slices.Contains(p.names, name) {
		return 0, &PatternError{1, fmt.Sprintf("the name %q is there twice", name)}
	}
	if expr == "" {
		return 0, &PatternError{1 + len(name) + 1, "the regexp is empty"}
	}
	if err := checkRegexp(expr); err != nil {
		err.Offset += 1 + len(name) + 1
		return 0, err
	}
	p.names = append(p.names, name)
	switch expr {
	case ".+":
		p.glob = append(p.glob, token{kind: tokenOne}, token{kind: tokenRun})
	case ".*":
		p.glob = append(p.glob, token{kind: tokenRun})
	default:
		p.glob = append(p.glob, token{kind: tokenSome})
	}
	fmt.Fprintf(b, "(?P<%s>%s)", name, expr)
	return end + 1, nil
}

var nameSyntax = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// closingBrace finds the brace that closes the one at s[0]; braces within
// character classes and after a backslash don't count.
func closingBrace(s string) int {
	depth, class := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// String is the pattern as it was written.
func (p *Pattern) String() string { return p.source }

// Protocol is the protocol the pattern is confined to, empty for all.
func (p *Pattern) Protocol() string { return p.protocol }

// Names are the captures, in order.
func (p *Pattern) Names() []string { return slices.Clone(p.names) }

// Everything says that the pattern matches every call (of its protocol).
func (p *Pattern) Everything() bool { return p.any }

// Literal is the one text that a pattern without wildcards matches.
func (p *Pattern) Literal() (text string, ok bool) { return p.literal, p.literal != "" }

// Match compares the pattern with a called address. The map holds what was
// captured and is nil when nothing was.
func (p *Pattern) Match(protocol, user, host string) (map[string]string, bool) {
	if p.protocol != "" && p.protocol != protocol {
		return nil, false
	}
	if p.any {
		return nil, true
	}
	subject := user
	if p.host {
		subject = user + "@" + host
	}
	if len(p.names) == 0 {
		if p.re != nil {
			return nil, p.re.MatchString(subject)
		}
		return nil, matchGlob(p.glob, subject)
	}
	m := p.re.FindStringSubmatch(subject)
	if m == nil {
		return nil, false
	}
	captured := make(map[string]string, len(p.names))
	for i, name := range p.re.SubexpNames() {
		if slices.Contains(p.names, name) {
			captured[name] = m[i]
		}
	}
	return captured, true
}

// Placeholders lists the {name}s of a target such as "{ext}".
func Placeholders(template string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		names = append(names, m[1])
	}
	return names
}

var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9_]{0,31})\}`)

// expand fills in a target's {name}s.
func expand(template string, captured map[string]string) string {
	return placeholder.ReplaceAllStringFunc(template, func(s string) string {
		return captured[s[1:len(s)-1]]
	})
}
