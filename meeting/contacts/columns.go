package contacts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/partyline/partyline/store"
)

// column is what stands in one.
type column uint8

const (
	ignored column = iota
	fullName
	givenName
	middleName
	familyName
	email
	mobile
	phone
	otherPhone // private, or a second one
	company
	note
	language
	// name is a heading that means the full name, unless a given or a family name
	// has a column of its own: then it is the other one.
	name
)

// headings are those of Outlook, Google, Thunderbird and spreadsheets in English,
// German, French, Italian and Spanish, as heading spells them.
var headings = map[column][]string{
	name: {"name", "nom", "nome", "nombre", "contact", "kontakt", "contatto", "contacto"},
	fullName: {
		"full name", "display name", "file as", "vollstandiger name", "anzeigename", "vor und nachname", "nom complet", "nom affiche",
		"nome completo", "nome visualizzato", "nombre completo", "nombre para mostrar", "nombre y apellidos",
	},
	givenName:  {"first name", "given name", "vorname", "prenom", "nome di battesimo", "primer nombre", "nombre de pila"},
	middleName: {"middle name", "additional name", "weitere vornamen", "zweiter vorname", "deuxieme prenom", "secondo nome", "segundo nombre"},
	familyName: {"last name", "family name", "surname", "nachname", "familienname", "nom de famille", "cognome", "apellidos", "apellido"},
	email: {
		"e mail", "email", "mail", "e mail address", "email address", "primary email", "e mail 1 value", "email 1 value", "e mail adresse",
		"emailadresse", "mailadresse", "e mail addresse", "primare e mail adresse", "adresse e mail", "adresse email", "adresse mail",
		"adresse de messagerie", "courriel", "adresse electronique", "indirizzo posta elettronica", "indirizzo di posta elettronica",
		"indirizzo e mail", "indirizzo email", "posta elettronica", "direccion de correo electronico", "correo electronico",
		"correo", "direccion de correo",
	},
	mobile: {
		"mobile", "mobile phone", "mobile number", "cell", "cell phone", "mobiltelefon", "handy", "mobil", "mobilnummer", "natel", "tel mobile",
		"telephone mobile", "telephone portable", "portable", "numero de portable", "cellulare", "telefono cellulare", "telefonino",
		"telefono movil", "movil", "celular", "mobiltelefonnummer",
	},
	phone: {
		"phone", "telephone", "tel", "phone number", "telephone number", "primary phone", "business phone", "work phone", "company main phone",
		"phone 1 value", "telefon", "telefonnummer", "rufnummer", "nummer", "haupttelefon", "telefon geschaftlich", "telefon firma", "telefon dienstlich",
		"telephone bureau", "telephone professionnel", "telephone principal", "numero de telephone", "numero", "telefono", "telefono uff",
		"telefono ufficio", "telefono principale", "numero di telefono", "telefono del trabajo", "telefono principal", "numero de telefono", "trabajo telefono",
	},
	otherPhone: {
		"home phone", "other phone", "phone 2 value", "business phone 2", "telefon privat", "weiteres telefon", "telephone domicile", "telephone personnel",
		"telefono ab", "telefono abitazione", "telefono casa", "particular telefono", "telefono particular", "telefono de casa",
	},
	company: {
		"company", "company name", "organization", "organisation", "organization name", "organization 1 name", "employer", "firma", "unternehmen",
		"firmenname", "societe", "entreprise", "societa", "azienda", "ditta", "organizzazione", "organizacion", "compania", "empresa",
	},
	note:     {"note", "notes", "comment", "comments", "notizen", "notiz", "bemerkung", "bemerkungen", "remarque", "remarques", "commentaire", "annotazioni", "notas", "nota", "comentarios"},
	language: {"language", "lang", "sprache", "langue", "lingua", "idioma"},
}

var notWord = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// heading is the spelling under which one is looked up: "E-Mail 1 - Value" as "e
// mail 1 value".
func heading(s string) string {
	return strings.TrimSpace(notWord.ReplaceAllString(store.Fold(s), " "))
}

// columnsOf says what the columns are by the first line, and whether that is one
// of headings; nil: nothing in it is known.
func columnsOf(first []string) (columns []column, headed bool) {
	columns = make([]column, len(first))
	known := false
	for i, cell := range first {
		columns[i] = columnOf(cell)
		known = known || slices.Contains([]column{name, fullName, givenName, familyName, email, mobile, phone, otherPhone}, columns[i])
	}
	if known {
		settleNames(columns)
		return columns, true
	}
	return guess(first), false
}

func columnOf(cell string) column {
	h := heading(cell)
	for c, spellings := range headings {
		if slices.Contains(spellings, h) {
			return c
		}
	}
	return ignored
}

// settleNames says what "name" is beside the others: "Nom" beside "Prénom" is the
// family name, "Nome" beside "Cognome" the given one.
func settleNames(columns []column) {
	means := fullName
	switch given, family := slices.Contains(columns, givenName), slices.Contains(columns, familyName); {
	case given && !family:
		means = familyName
	case family && !given:
		means = givenName
	}
	for i, c := range columns {
		if c == name {
			columns[i] = means
		}
	}
}

// guess takes the first line for an entry: what has an @ in it is an address,
// what has digits a number, the first of the rest the name.
func guess(first []string) []column {
	columns := make([]column, len(first))
	found := map[column]bool{}
	for i, cell := range first {
		cell = plainCell(cell)
		c := fullName
		switch {
		case cell == "":
			c = ignored
		case strings.Contains(cell, "@"):
			c = email
		case strings.Trim(cell, "+0123456789 ()-./") == "":
			c = phone
		}
		if !found[c] {
			columns[i], found[c] = c, true
		}
	}
	if !found[email] && !found[phone] {
		return nil
	}
	return columns
}
