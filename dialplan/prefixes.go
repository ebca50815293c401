package dialplan

import (
	"bytes"
	"fmt"
	"strings"
)

// Prefixes is a table of number prefixes, of which the longest that a number
// begins with decides. A lookup takes as long as the number, however long the
// table is.
type Prefixes struct {
	name    string
	rows    map[string]Prefix // by +digits
	lengths [maxPrefix + 2]bool
}

// Prefix is one row of a table.
type Prefix struct {
	Digits string   // "+4144", or digits without plus
	Trunks []string // instead of the rule's; none: the rule's
	Deny   string   // not empty: forbidden, and this says why
	Except bool     // the rule does not match numbers that begin so
	Line   int
}

// LineError is a mistake in a table.
type LineError struct {
	Line, Column, Width int // from 1
	Msg                 string
}

// Bounds on tables.
const (
	maxPrefix      = 15  // digits
	maxLine        = 512 // bytes
	maxTableErrors = 20  // that are told one by one
)

// ParsePrefixes reads a table, one prefix a line:
//
//	# a comment
//	+41                      numbers of Switzerland, by the rule's trunks
//	+4179  carrier-b         by this trunk instead; several: carrier-b,carrier-a
//	+41900 deny premium rate
//	+41999 except            as if they were not in the table
//
// The name is for explanations.
func ParsePrefixes(name string, text []byte) (*Prefixes, []LineError) {
	p := &Prefixes{name: name, rows: map[string]Prefix{}}
	var wrong []LineError
	trunks := map[string][]string{} // rows with the same words share them
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		row, problem := parsePrefix(string(bytes.TrimSuffix(line, []byte("\r"))), trunks)
		if problem == nil && row.Digits != "" {
			row.Line = number
			problem = p.add(row)
		}
		if problem == nil {
			continue
		}
		problem.Line = number
		if wrong = append(wrong, *problem); len(wrong) >= maxTableErrors {
			break
		}
	}
	return p, wrong
}

func (p *Prefixes) add(row Prefix) *LineError {
	if before, twice := p.rows[row.Digits]; twice {
		return &LineError{Column: 1, Width: len(row.Digits), Msg: fmt.Sprintf("%s is there twice: line %d has it already", row.Digits, before.Line)}
	}
	p.rows[row.Digits] = row
	p.lengths[len(row.Digits)] = true
	return nil
}

// parsePrefix reads one line; a row without digits is an empty line.
func parsePrefix(line string, trunks map[string][]string) (Prefix, *LineError) {
	if len(line) > maxLine {
		return Prefix{}, &LineError{Column: 1, Width: 1, Msg: fmt.Sprintf("the line is longer than %d bytes", maxLine)}
	}
	if i := strings.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	word, rest, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), "\t", " "), " ")
	rest = strings.TrimSpace(rest)
	if word == "" {
		return Prefix{}, nil
	}
	digits := word
	if after, ok := strings.CutPrefix(digits, "00"); ok {
		digits = "+" + after
	}
	if plain := strings.TrimPrefix(digits, "+"); !Digits(plain) || len(plain) > maxPrefix {
		return Prefix{}, &LineError{Column: indent + 1, Width: len(word), Msg: fmt.Sprintf("%q is no prefix: write +41, up to %d digits", word, maxPrefix)}
	}
	row := Prefix{Digits: digits}
	at := strings.Index(line[indent+len(word):], rest) + indent + len(word) + 1
	first, reason, _ := strings.Cut(rest, " ")
	switch {
	case rest == "":
	case rest == "except":
		row.Except = true
	case first == "deny":
		if row.Deny = strings.TrimSpace(reason); row.Deny == "" {
			return Prefix{}, &LineError{Column: at, Width: len(rest), Msg: "why? write: deny REASON"}
		}
	case reason != "":
		return Prefix{}, &LineError{Column: at, Width: len(rest), Msg: fmt.Sprintf("%q is neither TRUNK,TRUNK nor deny REASON nor except", rest)}
	default:
		if trunks[rest] == nil {
			trunks[rest] = strings.Split(rest, ",")
		}
		row.Trunks = trunks[rest]
	}
	return row, nil
}

// Find returns the row with the longest prefix of a number.
func (p *Prefixes) Find(number string) (Prefix, bool) {
	for n := min(len(number), maxPrefix+1); n > 0; n-- {
		if !p.lengths[n] {
			continue
		}
		if row, ok := p.rows[number[:n]]; ok {
			return row, true
		}
	}
	return Prefix{}, false
}

// Len is how many prefixes there are.
func (p *Prefixes) Len() int { return len(p.rows) }

// Name is the name that the table was given.
func (p *Prefixes) Name() string { return p.name }

// Trunks are the trunks that rows name, each with the first line that does.
func (p *Prefixes) Trunks() map[string]int {
	lines := map[string]int{}
	for _, row := range p.rows {
		for _, t := range row.Trunks {
			if before, ok := lines[t]; !ok || row.Line < before {
				lines[t] = row.Line
			}
		}
	}
	return lines
}

// String is the row without its line.
func (r Prefix) String() string {
	switch {
	case r.Except:
		return r.Digits + " except"
	case r.Deny != "":
		return r.Digits + " deny " + r.Deny
	case len(r.Trunks) > 0:
		return r.Digits + " " + strings.Join(r.Trunks, ",")
	}
	return r.Digits
}

// Undecided is the first row that neither names a trunk nor denies nor excepts.
func (p *Prefixes) Undecided() (first Prefix, found bool) {
	for _, row := range p.rows {
		if len(row.Trunks) == 0 && row.Deny == "" && !row.Except && (!found || row.Line < first.Line) {
			first, found = row, true
		}
	}
	return first, found
}
