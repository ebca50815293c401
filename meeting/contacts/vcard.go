package contacts

import (
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/emersion/go-vcard"
	"github.com/partyline/partyline/store"
)

// isVCard says whether a text begins with a card.
func isVCard(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return strings.EqualFold(line, "BEGIN:VCARD")
		}
	}
	return false
}

// readCards reads cards one by one, so that one that is broken spoils no other.
func (f *file) readCards(text string) error {
	var lines []string // of the card that is being read, between BEGIN and END
	begun, number := 0, 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		switch key := strings.ToUpper(strings.TrimSpace(line)); {
		case key == "BEGIN:VCARD":
			if begun > 0 {
				f.bad(begun, cardName(lines), CodeSyntax, "this card has no end", false)
			}
			begun, lines = number, nil
		case key == "END:VCARD" && begun > 0:
			if err := f.readCard(begun, lines); err != nil {
				return err
			}
			begun, lines = 0, nil
		case begun > 0:
			lines = append(lines, line)
		case key != "":
			f.bad(number, line, CodeSyntax, "this line is in no card", false)
		}
		if len(f.Bad) > MaxEntries {
			return ErrEntries
		}
	}
	if begun > 0 {
		f.bad(begun, cardName(lines), CodeSyntax, "this card has no end", false)
	}
	return nil
}

// cardName finds a name for a card that is not whole.
func cardName(lines []string) string {
	for _, l := range lines {
		if key, value, ok := strings.Cut(l, ":"); ok && strings.HasPrefix(strings.ToUpper(key), "FN") {
			return value
		}
	}
	return ""
}

func (f *file) readCard(line int, lines []string) error {
	var b strings.Builder
	b.WriteString("BEGIN:VCARD\n")
	for _, l := range plainLines(lines) {
		b.WriteString(l + "\n")
	}
	b.WriteString("END:VCARD\n")
	card, err := vcard.NewDecoder(strings.NewReader(b.String())).Decode()
	if err != nil {
		f.bad(line, cardName(lines), CodeSyntax, "this card cannot be read", false)
		return nil
	}
	if card.Kind() == vcard.KindGroup {
		return nil // a list of others
	}
	return f.add(line, contactOf(card))
}

// escapedSemicolon stands for one between the file and the decoder, which does not
// tell it from a separator. It is a character of private use.
const escapedSemicolon = "\ue000"

// plainLines makes of a card's lines what the decoder reads: unfolded, without the
// quoted-printable and the bare parameters of vCard 2.1, and without what is of no
// use here (pictures).
func plainLines(lines []string) (plain []string) {
	for _, l := range unfold(lines) {
		head, value, ok := cutHead(l)
		if !ok {
			continue
		}
		params := strings.Split(head, ";")
		name := strings.ToUpper(params[0][strings.LastIndexByte(params[0], '.')+1:])
		if !wanted[name] {
			continue
		}
		head = name
		for _, p := range params[1:] {
			switch key, val, named := strings.Cut(p, "="); {
			case strings.EqualFold(val, "QUOTED-PRINTABLE"), strings.EqualFold(p, "QUOTED-PRINTABLE"):
				value = unquote(value)
			case strings.EqualFold(key, "CHARSET"), p == "":
			case named:
				head += ";" + p
			default:
				head += ";TYPE=" + p
			}
		}
		plain = append(plain, head+":"+escapes(value))
	}
	return plain
}

var wanted = map[string]bool{
	"VERSION": true, "KIND": true, "FN": true, "N": true, "NICKNAME": true, "EMAIL": true, "TEL": true, "ORG": true,
	"NOTE": true, "LANG": true,
}

// unfold joins lines that begin with a space to the one before (RFC 6350 §3.2),
// and those after a soft break of quoted-printable (vCard 2.1).
func unfold(lines []string) (whole []string) {
	soft := false
	for _, l := range lines {
		switch {
		case soft:
			last := &whole[len(whole)-1]
			*last = strings.TrimSuffix(*last, "=") + strings.TrimLeft(l, " \t")
		case l != "" && (l[0] == ' ' || l[0] == '\t') && len(whole) > 0:
			whole[len(whole)-1] += l[1:]
		case strings.TrimSpace(l) == "":
			continue
		default:
			whole = append(whole, l)
		}
		last := whole[len(whole)-1]
		head, _, _ := cutHead(last)
		soft = strings.HasSuffix(last, "=") && strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
	}
	return whole
}

// cutHead parts a line at the first colon that is not in quotes.
func cutHead(l string) (head, value string, ok bool) {
	quoted := false
	for i := range len(l) {
		switch {
		case l[i] == '"':
			quoted = !quoted
		case l[i] == ':' && !quoted:
			return l[:i], l[i+1:], true
		}
	}
	return "", "", false
}

// unquote decodes quoted-printable (RFC 2045 §6.7); what is none stays.
func unquote(s string) string {
	b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s)))
	if err != nil {
		return s
	}
	text, err := decode(b)
	if err != nil {
		return s
	}
	return strings.NewReplacer("\r\n", `\n`, "\n", `\n`).Replace(text)
}

// escapes puts another character for an escaped semicolon, and writes escapes as
// the decoder knows them.
func escapes(s string) string {
	s = strings.ReplaceAll(s, escapedSemicolon, "")
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case ';':
			b.WriteString(escapedSemicolon)
		case 'N', 'n':
			b.WriteString(`\n`)
		case ':':
			b.WriteByte(':')
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// text is a value of no parts.
func text(s string) string { return strings.ReplaceAll(s, escapedSemicolon, ";") }

// contactOf is a card as a contact: of several addresses the preferred one, of
// several numbers the mobile.
func contactOf(card vcard.Card) store.NewContact {
	n := store.NewContact{
		Name: text(card.PreferredValue(vcard.FieldFormattedName)), Email: text(card.PreferredValue(vcard.FieldEmail)),
		Phone: text(phoneOf(card)), Note: text(card.PreferredValue(vcard.FieldNote)), Language: card.PreferredValue(vcard.FieldLanguage),
	}
	company, _, _ := strings.Cut(card.PreferredValue(vcard.FieldOrganization), ";")
	n.Company = text(company)
	if strings.TrimSpace(n.Name) == "" {
		n.Name = nameOf(card)
	}
	// A card must have a name, so that what has none is written with its address.
	if n.Name == n.Email || n.Name == n.Phone {
		n.Name = ""
	}
	return n
}

// nameOf puts a name together of its parts: family; given; more; prefix; suffix.
func nameOf(card vcard.Card) string {
	p := append(strings.Split(card.PreferredValue(vcard.FieldName), ";"), "", "", "", "", "")
	name := text(strings.Join(strings.Fields(strings.Join([]string{p[3], p[1], p[2], p[0], p[4]}, " ")), " "))
	if name == "" {
		name = text(card.PreferredValue(vcard.FieldNickname))
	}
	return name
}

func phoneOf(card vcard.Card) string {
	best, rank := "", -1
	for _, field := range card[vcard.FieldTelephone] {
		r := 1
		switch {
		case field.Params.HasType(vcard.TypeFax), field.Params.HasType(vcard.TypePager):
			r = 0
		case field.Params.HasType(vcard.TypeCell):
			r = 2
		}
		if r > rank {
			best, rank = field.Value, r
		}
	}
	if rank == 0 {
		return "" // nobody answers a fax
	}
	return best
}
