package configs

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one mistake in a configuration file.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1, in characters
	Width   int    `json:"-"`      // characters to underline
	Source  string `json:"-"`      // the line itself
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Warning: the configuration is valid, but probably not what is wanted.
	Warning bool `json:"warning,omitempty"`
}

// String is file:line:column: message; hint.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Write prints the problem with its source line and a caret.
func (p Problem) Write(w io.Writer) {
	fmt.Fprintln(w, p.String())
	if p.Source == "" {
		return
	}
	number := fmt.Sprintf("%5d", p.Line)
	fmt.Fprintf(w, "%s | %s\n", number, strings.Map(printable, p.Source))
	fmt.Fprintf(w, "%s | %s^%s\n", strings.Repeat(" ", len(number)), p.indent(), strings.Repeat("~", max(0, p.Width-1)))
}

// indent is white space as wide as what stands before the column: tabs stay
// tabs.
func (p Problem) indent() string {
	var b strings.Builder
	column := 1
	for _, r := range p.Source {
		if column >= p.Column {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}

// printable keeps terminal control sequences in a file from reaching the
// terminal.
func printable(r rune) rune {
	if r == '\t' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
		return r
	}
	return utf8.RuneError
}

// Problems is the error of a configuration with mistakes.
type Problems []Problem

func (ps Problems) Error() string {
	switch len(ps) {
	case 0:
		return "no problem"
	case 1:
		return ps[0].String()
	}
	return fmt.Sprintf("%s (and %d more)", ps[0], len(ps)-1)
}

// Mistakes are the problems that make the configuration invalid.
func (ps Problems) Mistakes() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// sort puts those of the configuration itself before those of its tables.
func (ps Problems) sort(file string) {
	own := func(p Problem) int {
		if p.File == file {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(own(a), own(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
