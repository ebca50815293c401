package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Contact is an entry of an account's address book.
type Contact struct {
	ID       string    `json:"id"`
	OwnerID  string    `json:"-"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Phone    string    `json:"phone"` // E.164
	Company  string    `json:"company"`
	Note     string    `json:"note"`
	Language string    `json:"language"`
	Used     time.Time `json:"used"` // last invited; zero: never
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
}

// NewContact is a contact to be added: a name, an e-mail address or a number at
// least.
type NewContact struct {
	Name, Email, Phone, Company, Note, Language string
}

// ContactChange is what is to be changed of a contact; nil leaves a thing as it
// is.
type ContactChange struct {
	Name, Email, Phone, Company, Note, Language *string
}

// Lengths in characters.
const (
	maxContactName = 120
	maxCompany     = 120
	maxContactNote = 1000
)

// Check gives every mistake of a contact as FieldErrors, joined; nil if there is
// none. It brings what it can into shape.
func (n *NewContact) Check() error {
	var all []error
	wrong := func(field, format string, args ...any) {
		all = append(all, &FieldError{field, fmt.Sprintf(format, args...)})
	}
	n.Name, n.Company, n.Note = cleanName(n.Name), cleanName(n.Company), cleanNote(n.Note)
	n.Email, n.Phone = strings.TrimSpace(n.Email), strings.TrimSpace(n.Phone)
	// Of a language the region is no matter: there is one text in each.
	n.Language, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(n.Language)), "-")
	if n.Name == "" && n.Email == "" && n.Phone == "" {
		wrong("name", "a name, an e-mail address or a number is wanted")
	}
	if n.Email != "" && !address(n.Email) {
		wrong("email", "an e-mail address such as ada@example.org is wanted")
	}
	if n.Phone != "" && !e164(n.Phone) {
		wrong("phone", "a number with its country is wanted, such as +41445550100")
	}
	if !languageTag(n.Language) {
		wrong("language", "%.20q is no language tag such as \"de\"", n.Language)
	}
	for _, l := range []struct {
		field, text string
		most        int
	}{{"name", n.Name, maxContactName}, {"company", n.Company, maxCompany}, {"note", n.Note, maxContactNote}} {
		if utf8.RuneCountInString(l.text) > l.most {
			wrong(l.field, "more than %d characters", l.most)
		}
	}
	return errors.Join(all...)
}

// cleanNote keeps the lines of a text and takes out what cannot be seen.
func cleanNote(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s))
}

// e164 says whether it is a number with its country (ITU-T E.164 §6): at most 15
// digits after the plus sign.
func e164(s string) bool {
	n, ok := strings.CutPrefix(s, "+")
	return ok && len(n) >= 5 && len(n) <= 15 && digits(n) && n[0] != '0'
}

// apply puts what is to be changed into a contact.
func (c ContactChange) apply(n *NewContact) {
	for _, o := range []struct{ from, to *string }{
		{c.Name, &n.Name},
		{c.Email, &n.Email},
		{c.Phone, &n.Phone},
		{c.Company, &n.Company},
		{c.Note, &n.Note},
		{c.Language, &n.Language},
	} {
		if o.from != nil {
			*o.to = *o.from
		}
	}
}

// New is the contact that has only what is in the change.
func (c ContactChange) New() (n NewContact) {
	c.apply(&n)
	return n
}

// asNew is a contact as it would be added again.
func (c Contact) asNew() NewContact {
	return NewContact{Name: c.Name, Email: c.Email, Phone: c.Phone, Company: c.Company, Note: c.Note, Language: c.Language}
}
