package contacts

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/partyline/partyline/store"
)

// Writer writes contacts to a file; Close writes what is left and does not close
// what is below.
type Writer interface {
	Write(store.Contact) error
	Close() error
}

// NewVCards writes cards of version 3.0, which everything reads.
func NewVCards(w io.Writer) Writer { return &cards{bufio.NewWriter(w)} }

type cards struct{ w *bufio.Writer }

// Write implements Writer.
func (c *cards) Write(p store.Contact) error {
	name := p.Name
	for _, s := range []string{p.Email, p.Phone} {
		if name == "" {
			name = s // FN is wanted: RFC 2426 §3.1.1
		}
	}
	given, family := "", name
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		given, family = name[:i], name[i+1:]
	}
	c.line("BEGIN:VCARD")
	c.line("VERSION:3.0")
	c.line("FN:" + escape(name))
	c.line("N:" + escape(family) + ";" + escape(given) + ";;;")
	for _, f := range []struct{ head, value string }{
		{"ORG:", p.Company},
		{"EMAIL;TYPE=INTERNET:", p.Email},
		{"TEL;TYPE=CELL:", p.Phone},
		{"NOTE:", p.Note},
		{"LANG:", p.Language},
	} {
		if f.value != "" {
			c.line(f.head + escape(f.value))
		}
	}
	c.line("END:VCARD")
	_, err := c.w.Write(nil)
	return err
}

// Close implements Writer.
func (c *cards) Close() error { return c.w.Flush() }

var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, ",", `\,`, ";", `\;`).Replace

// line writes one, folded at 75 octets between characters (RFC 2426 §2.6).
func (c *cards) line(s string) {
	for most := 75; len(s) > most; most = 74 {
		at := most
		for !utf8.RuneStart(s[at]) {
			at--
		}
		c.w.WriteString(s[:at] + "\r\n ")
		s = s[at:]
	}
	c.w.WriteString(s + "\r\n")
}

// NewTable writes a CSV file with a line of headings: UTF-8 with a byte order
// mark, without which spreadsheets take it for something else.
func NewTable(w io.Writer) (Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	t := &table{csv.NewWriter(w)}
	t.w.UseCRLF = true
	return t, t.w.Write([]string{"Name", "E-mail Address", "Mobile Phone", "Company", "Notes", "Language"})
}

type table struct{ w *csv.Writer }

// Write implements Writer.
func (t *table) Write(p store.Contact) error {
	return t.w.Write([]string{
		harmless(p.Name), harmless(p.Email), harmless(p.Phone), harmless(p.Company), harmless(p.Note), harmless(p.Language),
	})
}

// Close implements Writer.
func (t *table) Close() error {
	t.w.Flush()
	return t.w.Error()
}

// formula are the characters with which a spreadsheet takes a cell for something
// to be worked out.
const formula = "=+-@\t\r"

// harmless puts an apostrophe before what a spreadsheet would work out. What
// begins with an apostrophe already gets another one where plainCell would take
// it away.
func harmless(s string) string {
	if s == "" {
		return s
	}
	if strings.IndexByte(formula, s[0]) >= 0 || s[0] == '\'' && len(s) > 1 && strings.IndexByte(formula+"'", s[1]) >= 0 {
		return "'" + s
	}
	return s
}

// plainCell undoes harmless, and what spreadsheets do to keep a number: ="0123".
func plainCell(s string) string {
	s = strings.TrimSpace(s)
	if inside, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(inside, `"`) {
		return strings.TrimSuffix(inside, `"`)
	}
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte(formula+"'", s[1]) >= 0 {
		return s[1:]
	}
	return s
}
