// Package contacts reads and writes address books as files: vCard 3.0 and 4.0
// (RFC 2426, RFC 6350; 2.1 as far as old telephones need it) and CSV as Outlook,
// Google and spreadsheets write it, in five languages.
//
// In goes a file of whatever encoding; out come contacts for the store, each of
// which passes its Check, and by line what could not be taken and why. Or in go
// contacts, and out comes a file that is read back as the same ones. The package
// holds no state and reads no more than it is given.
package contacts

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"github.com/partyline/partyline/store"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Bounds of a file.
const (
	MaxSize    = 10 << 20
	MaxEntries = 100_000
)

// What is wrong with a whole file.
var (
	ErrSize    = fmt.Errorf("more than %d MB", MaxSize>>20)
	ErrEntries = fmt.Errorf("more than %d entries", MaxEntries)
	ErrFormat  = errors.New("neither vCards nor a table with a column for names, e-mail addresses or numbers")
)

// The reasons of Bad, for programs that have words of their own.
const (
	CodeEmpty   = "empty"   // neither name nor address nor number
	CodeEmail   = "email"   // no e-mail address
	CodePhone   = "phone"   // no telephone number
	CodeCountry = "country" // a number without its country
	CodeLong    = "long"    // too long
	CodeSyntax  = "syntax"  // no vCard, no line of a table
	CodeOther   = "other"
)

// Bad is what of a file could not be taken.
type Bad struct {
	Line  int    `json:"line" doc:"In the file, from 1."`
	Entry string `json:"entry" doc:"What stands there, or whose entry it is."`
	Code  string `json:"code" enum:"empty,email,phone,country,long,syntax,other"`
	// Kept says that the rest of the entry was taken.
	Kept    bool   `json:"kept" doc:"The rest of the entry was taken."`
	Message string `json:"message"`
}

// File is what a file has in it.
type File struct {
	Contacts []store.NewContact
	Bad      []Bad
}

// Read reads a file. Numbers without their country are of the given one (ISO
// 3166, as "CH"); empty: they are refused. An error says that nothing of the file
// can be used.
func Read(data []byte, country string) (File, error) {
	if len(data) > MaxSize {
		return File{}, ErrSize
	}
	text, err := decode(data)
	if err != nil {
		return File{}, err
	}
	f := &file{country: strings.ToUpper(country)}
	if isVCard(text) {
		err = f.readCards(text)
	} else {
		err = f.readTable(text)
	}
	if err != nil {
		return File{}, err
	}
	return f.File, nil
}

// file is one that is being read.
type file struct {
	File
	country string
	entries int
}

func (f *file) bad(line int, entry, code, message string, kept bool) {
	f.Bad = append(f.Bad, Bad{line, shown(entry), code, kept, message})
}

// shown bounds what is said of an entry.
func shown(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	const most = 80
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// add takes an entry. A thing that is wrong is left out and named; what is left is
// taken if it is somebody.
func (f *file) add(line int, n store.NewContact) error {
	if f.entries++; f.entries > MaxEntries {
		return ErrEntries
	}
	whose := n.Name
	for _, s := range []string{n.Email, n.Phone, n.Company} {
		if whose == "" {
			whose = s
		}
	}
	var wrong []Bad
	phone, code := e164(n.Phone, f.country)
	if code != "" {
		wrong = append(wrong, Bad{line, shown(n.Phone), code, true, phoneWrong[code]})
	}
	n.Phone = phone
	n.Email = strings.TrimPrefix(strings.TrimSpace(n.Email), "mailto:")
	for _, m := range mistakes(n.Check()) {
		b := Bad{line, shown(whose), CodeOther, true, m.Field + ": " + m.Msg}
		switch m.Field {
		case "email":
			b.Entry, b.Code, n.Email = shown(n.Email), CodeEmail, ""
		case "language":
			n.Language = ""
			continue // a detail, in words of the file's own
		case "name":
			if n.Name == "" {
				continue // said below
			}
			n.Name, b.Code = cut(n.Name, 120), CodeLong
		case "company":
			n.Company, b.Code = cut(n.Company, 120), CodeLong
		case "note":
			n.Note, b.Code = cut(n.Note, 1000), CodeLong
		}
		wrong = append(wrong, b)
	}
	if n.Name == "" && n.Email == "" && n.Phone == "" && n.Company != "" {
		n.Name = n.Company // an entry of a firm
	}
	kept := n.Check() == nil
	for i := range wrong {
		wrong[i].Kept = kept
	}
	if !kept && len(wrong) == 0 {
		wrong = append(wrong, Bad{line, shown(whose), CodeEmpty, false, "neither a name nor an address nor a number"})
	}
	f.Bad = append(f.Bad, wrong...)
	if kept {
		f.Contacts = append(f.Contacts, n)
	}
	return nil
}

func cut(s string, most int) string {
	r := []rune(s)
	return strings.TrimSpace(string(r[:min(len(r), most)]))
}

func mistakes(err error) (list []*store.FieldError) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, mistakes(e)...)
		}
		return list
	}
	var field *store.FieldError
	if errors.As(err, &field) {
		return []*store.FieldError{field}
	}
	return nil
}

var phoneWrong = map[string]string{
	CodePhone:   "no telephone number",
	CodeCountry: "this number needs its country, as in +41445550100",
}

// Number gives a telephone number as ITU-T E.164 §6 has it, or else the code of
// what is wrong and that in words. Nothing in, nothing out.
func Number(text, country string) (number, code, message string) {
	number, code = e164(text, strings.ToUpper(country))
	return number, code, phoneWrong[code]
}

func e164(text, country string) (number, code string) {
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "tel:"))
	if text == "" {
		return "", ""
	}
	if text, _, _ = strings.Cut(text, ";"); len(text) > 64 { // ;phone-context=, ;ext= (RFC 3966)
		return "", CodePhone
	}
	n, err := phonenumbers.Parse(text, country)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return "", CodeCountry
	case err != nil, !phonenumbers.IsPossibleNumber(n):
		return "", CodePhone
	}
	return phonenumbers.Format(n, phonenumbers.E164), ""
}

// decode gives a file's text as UTF-8 without a byte order mark. What is no UTF-8
// and has no mark is Windows-1252, which holds Latin-1, or UTF-16 if it has as
// many zeros as that.
func decode(data []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case zeros(data, 1):
		from = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros(data, 0):
		from = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case utf8.Valid(data):
		return strings.TrimPrefix(string(data), "\ufeff"), nil
	default:
		from = charmap.Windows1252
	}
	text, err := from.NewDecoder().Bytes(data)
	if err != nil || !utf8.Valid(text) {
		return "", ErrFormat
	}
	return string(text), nil
}

// zeros says whether most bytes at odd (1) or even (0) places are zero, and few of
// the others: Latin letters as UTF-16.
func zeros(data []byte, odd int) bool {
	head := data[:min(len(data), 4096)&^1]
	var there, elsewhere int
	for i, b := range head {
		switch {
		case b != 0:
		case i&1 == odd:
			there++
		default:
			elsewhere++
		}
	}
	return len(head) >= 4 && there > len(head)/4 && elsewhere < len(head)/16
}
