package configs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds on the text, beyond any real configuration: the parser's time grows
// with the square of its nesting.
const (
	maxFile    = 1 << 20
	maxLine    = 4096
	maxNesting = 32
	maxSyntax  = 20 // sections with broken syntax that are told one by one
)

// Load reads and checks a file and the prefix tables that it names. An empty name
// gives the defaults. The error is Problems, if the file can be read at all; the
// warnings come apart.
func Load(file string) (*Config, Problems, error) {
	if file == "" {
		return Defaults(), nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	c, problems := Parse(file, text)
	problems = append(problems, c.readTables()...)
	problems.sort(file)
	if mistakes := problems.Mistakes(); len(mistakes) > 0 {
		return c, problems, mistakes
	}
	return c, problems, nil
}

// Parse reads a configuration's text. The problems are in the order of the
// lines; the Config is not to be used if there are mistakes among them. The
// file's name is for messages, and relative paths start at its directory.
func Parse(file string, text []byte) (*Config, Problems) {
	c := Defaults()
	c.File = file
	d := &decoder{file: file, config: c, marks: map[string]mark{}, anchors: map[string]ast.Node{}}
	text = bytes.TrimPrefix(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\ufeff"))
	d.lines = strings.Split(string(text), "\n")
	if d.readable(text) {
		if d.document(d.parse(0)) {
			d.validate()
		}
	}
	c.marks, c.lines = d.marks, d.lines
	c.resolvePaths(filepath.Dir(file))
	d.problems.sort(file)
	return c, d.problems
}

// readable refuses what no configuration looks like.
func (d *decoder) readable(text []byte) bool {
	if len(text) > maxFile {
		d.report(mark{line: 1, column: 1}, fmt.Sprintf("the file is longer than %d bytes", maxFile))
		return false
	}
	fine := true
	for i, line := range d.lines {
		switch {
		case len(line) > maxLine:
			d.report(mark{line: i + 1, column: 1}, fmt.Sprintf("the line is longer than %d bytes", maxLine))
			d.lines[i], fine = line[:80], false
		case !utf8.ValidString(line):
			at := len(strings.ToValidUTF8(line[:invalid(line)], ""))
			d.report(mark{line: i + 1, column: utf8.RuneCountInString(line[:at]) + 1}, "the file is not UTF-8")
			d.lines[i], fine = strings.ToValidUTF8(line, "�"), false
		case strings.Count(line, "[")+strings.Count(line, "{")+strings.Count(line, "- ") > 10*maxNesting:
			d.report(mark{line: i + 1, column: 1}, "too much is nested in one line")
			fine = false
		}
		if len(d.problems) >= maxSyntax {
			return false
		}
	}
	return fine
}

// invalid is the offset of the first byte that is not UTF-8.
func invalid(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(s)
}

// parse gives the document. Where the syntax is broken it reports that, blanks
// the section it is in and goes on, so that one bracket too few in one section
// doesn't hide the mistakes in the others.
func (d *decoder) parse(round int) *ast.File {
	text := strings.Join(d.keep(), "\n")
	f, err := parseYAML([]byte(text))
	if err == nil {
		return f
	}
	at := mark{line: 1, column: 1}
	message := err.Error()
	if syntax, ok := err.(yaml.Error); ok {
		message = syntax.GetMessage()
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			at = d.markOf(t)
		}
	}
	plain := plainSyntax(message, d.line(at.line))
	d.reportHint(at, plain.message, plain.hint)
	if round >= maxSyntax || !d.blank(at.line, plain) {
		return nil
	}
	return d.parse(round + 1)
}

// keep is the lines that are still to be parsed.
func (d *decoder) keep() []string {
	lines := make([]string, len(d.lines))
	for i, line := range d.lines {
		if !d.blanked[i+1] {
			lines[i] = line
		}
	}
	return lines
}

// blank takes a broken line out of what is parsed, or the section it is in: from
// its key at the left margin to the next such key.
func (d *decoder) blank(line int, broken syntax) bool {
	if line < 1 || line > len(d.lines) {
		return false
	}
	if d.blanked == nil {
		d.blanked = map[int]bool{}
	}
	if broken.reach == oneLine && !d.blanked[line] {
		d.blanked[line] = true
		return true
	}
	top := func(i int) bool {
		s := d.lines[i-1]
		return s != "" && strings.IndexByte(" \t#-]}", s[0]) < 0
	}
	first := line
	// An unclosed bracket is noticed only at the key after its section.
	for first > 1 && (!top(first) || d.blanked[first]) {
		first--
	}
	if first == line && line > 1 && broken.reach == before {
		first--
		for first > 1 && (!top(first) || d.blanked[first]) {
			first--
		}
	}
	changed := false
	for i := first; i <= len(d.lines); i++ {
		if i > first && i >= line && top(i) {
			break
		}
		changed = changed || !d.blanked[i]
		d.blanked[i] = true
	}
	return changed
}

// parseYAML guards against panics of the parser: a broken file is a message,
// whatever breaks over it.
func parseYAML(text []byte) (f *ast.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			f, err = nil, fmt.Errorf("the file cannot be read as YAML (%v)", v)
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

// syntax is a mistake of syntax in words for people.
type syntax struct {
	message, hint string
	reach         reach
}

// reach is how far from where a mistake is noticed it may lie.
type reach uint8

const (
	section reach = iota // somewhere in the section
	oneLine              // in this line
	before               // before this line, maybe in the section before
)

// plainSyntax puts the parser's message into words for people.
func plainSyntax(message, line string) syntax {
	has := func(text string) bool { return strings.Contains(message, text) }
	switch {
	case has("cannot start any token") && strings.Contains(line, "\t"):
		return syntax{"YAML is not indented with tabs", "use spaces", oneLine}
	case has("cannot start any token"):
		return syntax{"a value cannot begin like this", "put it in quotes", oneLine}
	case has("mapping value is not allowed"):
		return syntax{"a second \": \" in this line", "put a value that contains a colon in quotes", oneLine}
	case has("find end character"):
		return syntax{"the quotes are not closed", "", oneLine}
	case has("must be specified"), has("end token"):
		return syntax{"a bracket or brace is not closed before this", "", before}
	case has("value is not allowed in this context"), has("non-map value"):
		return syntax{"this does not fit here", "check the indentation and the colon after the key", section}
	}
	return syntax{message, "", section}
}
