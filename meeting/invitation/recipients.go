package invitation

import (
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// Recipient is one to invite: by mail or by SMS.
type Recipient struct {
	Name  string
	Email string // the domain in its ASCII form, lower case
	Phone string // E.164
}

// BadEntry is what could not be read, and why.
type BadEntry struct {
	Entry  string // as it was written, cut to 80 letters
	Reason Reason
}

// Reason is why an entry is bad, a key of locales.
type Reason string

// The reasons.
const (
	NoAddress  Reason = "ui.recipients.bad.missing" // neither address nor number
	BadEmail   Reason = "ui.recipients.bad.email"
	LongEmail  Reason = "ui.recipients.bad.long" // RFC 5321 §4.5.3.1
	BadPhone   Reason = "ui.recipients.bad.phone"
	NoCountry  Reason = "ui.recipients.bad.country" // a local number and no country given
	shownEntry        = 80
)

// Parse reads a list of recipients, parted by semicolons, commas or new lines: a
// mail address, "Name <address>", or a telephone number, international or local to
// the country (ISO 3166, "CH"; may be empty). Names may be quoted, and then hold
// commas. An address that comes twice is one recipient. Bad entries are named and
// leave the others as they are; both lists are in the order of the text.
func Parse(text, country string) (good []Recipient, bad []BadEntry) {
	at := map[string]int{}
	for _, entry := range split(text) {
		r, reason := read(entry, strings.ToUpper(strings.TrimSpace(country)))
		if reason != "" {
			bad = append(bad, BadEntry{cut(Line(entry), shownEntry), reason})
			continue
		}
		address := strings.ToLower(r.Email) + r.Phone
		if i, known := at[address]; known {
			if good[i].Name == "" {
				good[i].Name = r.Name
			}
			continue
		}
		at[address] = len(good)
		good = append(good, r)
	}
	return good, bad
}

// split parts a list into entries. Separators in quotes or angle brackets part
// nothing, but a new line always ends both: a quote that was never closed spoils
// one line.
func split(text string) []string {
	var list []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		begin, quoted, angled, escaped := 0, false, false, false
		add := func(end int) {
			if e := strings.TrimSpace(line[begin:end]); Line(e) != "" {
				list = append(list, several(e)...)
			}
		}
		for i, r := range line {
			switch {
			case escaped:
				escaped = false
			case r == '\\' && quoted:
				escaped = true
			case r == '"':
				quoted = !quoted
			case quoted:
			case r == '<':
				angled = true
			case r == '>':
				angled = false
			case (r == ',' || r == ';') && !angled:
				add(i)
				begin = i + 1
			}
		}
		add(len(line))
	}
	return list
}

// several parts an entry that is nothing but mail addresses with spaces between
// them.
func several(entry string) []string {
	fields := strings.Fields(entry)
	for _, f := range fields {
		if !strings.Contains(f, "@") || strings.ContainsAny(f, `<>"`) {
			return []string{entry}
		}
	}
	return fields
}

// read reads one entry; an empty reason says that it is good.
func read(entry, country string) (Recipient, Reason) {
	name, address := "", strings.TrimSpace(visible(entry, false))
	if i := strings.LastIndexByte(address, '<'); i >= 0 && strings.HasSuffix(address, ">") {
		name, address = personName(address[:i]), strings.TrimSpace(address[i+1:len(address)-1])
	}
	address = strings.TrimPrefix(address, "mailto:")
	if strings.Contains(address, "@") {
		email, reason := readEmail(address)
		return Recipient{Name: name, Email: email}, reason
	}
	if !looksLikeNumber(address) {
		return Recipient{}, NoAddress
	}
	phone, reason := readPhone(address, country)
	return Recipient{Name: name, Phone: phone}, reason
}

// personName is the name before an address, without its quotes (RFC 5322 §3.2.4) and
// with encoded words (RFC 2047) read.
func personName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		var b strings.Builder
		escaped := false
		for _, r := range s[1 : len(s)-1] {
			if r == '\\' && !escaped {
				escaped = true
				continue
			}
			escaped = false
			b.WriteRune(r)
		}
		s = b.String()
	}
	if decoded, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		s = decoded
	}
	return cut(Line(s), longestName)
}

// readEmail checks an address: a dot-atom (RFC 5322 §3.2.3) before the @ and a domain
// behind it, of the lengths of RFC 5321 §4.5.3.1.
func readEmail(s string) (string, Reason) {
	i := strings.LastIndexByte(s, '@')
	local, domain := s[:i], s[i+1:]
	const atext = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~."
	if local == "" || strings.Trim(local, atext) != "" || local[0] == '.' || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", BadEmail
	}
	if len(local) > 64 || len(s) > 4*254 {
		return "", LongEmail
	}
	ascii, ok := asciiDomain(domain)
	if !ok {
		if utf8.RuneCountInString(domain) > 253 {
			return "", LongEmail
		}
		return "", BadEmail
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if last == ascii && ascii != "localhost" || strings.Trim(last, "0123456789") == "" {
		return "", BadEmail
	}
	if len(local)+1+len(ascii) > 254 {
		return "", LongEmail
	}
	return local + "@" + ascii, ""
}

// looksLikeNumber says that an entry was meant as a telephone number.
func looksLikeNumber(s string) bool {
	s = strings.TrimPrefix(strings.ToLower(s), "tel:")
	return len(digitsOf(s)) >= 3 && strings.Trim(s, "+0123456789 ()-./‐‑–") == ""
}

// readPhone reads a number, local ones as those of the country.
func readPhone(s, country string) (string, Reason) {
	if len(s) >= 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "+") && country == "" {
		abroad, international := strings.CutPrefix(s, "00") // ITU-T E.164's own prefix
		if !international {
			return "", NoCountry
		}
		s = "+" + abroad
	}
	n, err := phonenumbers.Parse(s, country)
	if err != nil || !phonenumbers.IsValidNumber(n) || n.GetExtension() != "" {
		return "", BadPhone
	}
	return phonenumbers.Format(n, phonenumbers.E164), ""
}
