package contacts

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/partyline/partyline/store"
)

// readTable reads a CSV file. Its first line has headings, or else an address or
// a number.
func (f *file) readTable(text string) error {
	text, comma := separator(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, true, true
	var columns []column
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			f.bad(wrong.StartLine, "", CodeSyntax, "this line cannot be read", false)
			continue
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if blank(record) {
			continue
		}
		if columns == nil {
			var headings bool
			if columns, headings = columnsOf(record); columns == nil {
				return ErrFormat
			}
			if headings {
				continue
			}
		}
		if err := f.add(line, row(columns, record)); err != nil {
			return err
		}
	}
	if columns == nil {
		return ErrFormat
	}
	return nil
}

// separator finds what parts the cells: what the first line has most of outside
// quotes, or says itself ("sep=;", as Excel writes it).
func separator(text string) (rest string, comma rune) {
	first, after, _ := strings.Cut(text, "\n")
	first = strings.TrimRight(first, "\r")
	if sep, ok := strings.CutPrefix(strings.ToLower(first), "sep="); ok && len(sep) == 1 && strings.Contains(",;\t|", sep) {
		return after, rune(sep[0])
	}
	counts := map[rune]int{}
	quoted := false
	for _, c := range first {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted {
			counts[c]++
		}
	}
	comma = ','
	for _, c := range ";\t" {
		if counts[c] > counts[comma] {
			comma = c
		}
	}
	return text, comma
}

func blank(record []string) bool {
	for _, cell := range record {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// row is a line as a contact. The first column of a kind that has something in it
// counts; parts of a name are put together.
func row(columns []column, record []string) store.NewContact {
	var n store.NewContact
	parts := map[column]string{}
	for i, c := range columns {
		if i < len(record) && c != ignored && parts[c] == "" {
			cell := plainCell(record[i])
			if c == email || c == mobile || c == phone || c == otherPhone {
				cell, _, _ = strings.Cut(cell, " ::: ") // Google's several of a kind
			}
			parts[c] = cell
		}
	}
	n.Name = parts[fullName]
	if n.Name == "" {
		n.Name = strings.Join([]string{parts[givenName], parts[middleName], parts[familyName]}, " ")
	}
	n.Email, n.Company, n.Note, n.Language = parts[email], parts[company], parts[note], parts[language]
	for _, c := range []column{mobile, phone, otherPhone} {
		if n.Phone == "" {
			n.Phone = parts[c]
		}
	}
	if name := strings.TrimSpace(n.Name); name == n.Email || name == n.Phone {
		n.Name = ""
	}
	return n
}
