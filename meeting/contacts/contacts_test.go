package contacts

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/partyline/partyline/store"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var ada = store.NewContact{
	Name: "Ada Lovelace", Email: "ada@example.org", Phone: "+41445550100", Company: "Analytical; Engine, Ltd", Note: "met in Bern\nlikes \\o/", Language: "de",
}

// same compares what was read with what is wanted, and says what was bad.
func same(t *testing.T, f File, want ...store.NewContact) {
	t.Helper()
	if len(f.Contacts) != len(want) {
		t.Fatalf("%d contacts, want %d: %+v, bad: %+v", len(f.Contacts), len(want), f.Contacts, f.Bad)
	}
	for i, c := range f.Contacts {
		if c != want[i] {
			t.Errorf("contact %d:\n%+v, want\n%+v", i, c, want[i])
		}
	}
}

func TestVCards(t *testing.T) {
	cards := map[string]string{
		"3.0": "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lovelace;Ada;;;\r\nFN:Ada Lovelace\r\nORG:Analytical\\; Engine\\, Ltd;Dept\r\n" +
			"EMAIL;TYPE=INTERNET,HOME:other@example.org\r\nitem1.EMAIL;TYPE=INTERNET,pref:ada@example.org\r\n" +
			"TEL;TYPE=FAX:+41445550199\r\nTEL;TYPE=WORK:+41445550101\r\nTEL;TYPE=CELL:044 555 01 00\r\n" +
			"NOTE:met in Bern\\nlikes \\\\o/\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg==\r\nLANG:de-CH\r\nEND:VCARD\r\n",
		"4.0": "BEGIN:VCARD\nVERSION:4.0\nFN;PREF=1:Ada\n  Lovelace\nORG:Analytical\\; Engine\\, Ltd\nEMAIL;PREF=2:other@example.org\nEMAIL;PREF=1:mailto:ada@example.org\n" +
			"TEL;VALUE=uri;TYPE=\"voice,cell\":tel:+41-44-555-01-00;ext=1\nNOTE:met in Bern\\Nlikes \\\\o/\nLANG:de\nEND:VCARD\n",
		"2.1": "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Lovelace;Ada;;;\r\nORG;ENCODING=QUOTED-PRINTABLE:Analytical\\; Engine=\r\n=2C Ltd\r\n" +
			"EMAIL;INTERNET;PREF:ada@example.org\r\nTEL;HOME;FAX:0445550199\r\nTEL;CELL;VOICE:0445550100\r\nNOTE;QUOTED-PRINTABLE:met in Bern=0D=0Alikes \\\\o/\r\nLANG:de\r\nEND:VCARD\r\n",
	}
	for version, text := range cards {
		f, err := Read([]byte(text), "ch")
		if err != nil {
			t.Fatalf("%s: %v", version, err)
		}
		t.Run(version, func(t *testing.T) { same(t, f, ada) })
		if len(f.Bad) > 0 {
			t.Errorf("%s: bad %+v", version, f.Bad)
		}
	}
}

func TestBrokenVCards(t *testing.T) {
	f, err := Read([]byte("\ufeff\nBEGIN:VCARD\nFN:Ada\nEND:VCARD\nstray\nBEGIN:VCARD\nFN:No end\nBEGIN:VCARD\nFN:Bo\nEMAIL:bo@\nTEL:044 555 01 00\nEND:VCARD\n"+
		"BEGIN:VCARD\nNOTE:nobody\nEND:VCARD\nBEGIN:VCARD\nKIND:group\nFN:All\nMEMBER:urn:uuid:1\nEND:VCARD\nBEGIN:VCARD\nORG:Acme\nEND:VCARD\nBEGIN:VCARD\nFN:Cut off"), "")
	if err != nil {
		t.Fatal(err)
	}
	same(t, f, store.NewContact{Name: "Ada"}, store.NewContact{Name: "Bo"}, store.NewContact{Name: "Acme", Company: "Acme"})
	var got []string
	for _, b := range f.Bad {
		got = append(got, fmt.Sprint(b.Line, " ", b.Entry, " ", b.Code, " ", b.Kept))
	}
	want := []string{
		"5 stray syntax false", "6 No end syntax false", "8 044 555 01 00 country true", "8 bo@ email true", "13  empty false", "24 Cut off syntax false",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("bad:\n%q, want\n%q", got, want)
	}
}

func TestTables(t *testing.T) {
	simple := store.NewContact{Name: "Zoé Müller", Email: "zoe@example.org", Phone: "+41445550100"}
	firm := simple
	firm.Company, firm.Note = "Acme", "x"
	for name, c := range map[string]struct {
		text string
		want []store.NewContact
	}{
		"outlook, english": {
			"First Name,Middle Name,Last Name,Company,Business Phone,Mobile Phone,E-mail Address,Notes\r\nZoé,,Müller,Acme,+41445550199,+41 44 555 01 00,zoe@example.org,x\r\n",
			[]store.NewContact{firm},
		},
		"outlook, german": {
			"\"Vorname\";\"Nachname\";\"Firma\";\"Telefon geschäftlich\";\"E-Mail-Adresse\";\"Notizen\"\n\"Zoé\";\"Müller\";\"Acme\";\"044 555 01 00\";\"zoe@example.org\";\"x\"\n",
			[]store.NewContact{firm},
		},
		"outlook, french":  {"Prénom\tNom\tSociété\tTél. mobile\tAdresse de messagerie\tNotes\nZoé\tMüller\tAcme\t0445550100\tzoe@example.org\tx\n", []store.NewContact{firm}},
		"outlook, italian": {"Nome,Cognome,Società,Cellulare,Indirizzo posta elettronica,Note\nZoé,Müller,Acme,0445550100,zoe@example.org,x\n", []store.NewContact{firm}},
		"outlook, spanish": {"Nombre,Apellidos,Organización,Teléfono móvil,Dirección de correo electrónico,Notas\nZoé,Müller,Acme,0445550100,zoe@example.org,x\n", []store.NewContact{firm}},
		"google": {
			"Name,Given Name,Family Name,Organization 1 - Name,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Notes\nZoé Müller,Zoé,Müller,Acme,zoe@example.org ::: z@example.org,Mobile,+41 44 555 01 00 ::: +1 212 555 0123,x\n",
			[]store.NewContact{firm},
		},
		"a heading that is the whole name": {"Name,Mail\nZoé Müller,zoe@example.org\n", []store.NewContact{{Name: "Zoé Müller", Email: "zoe@example.org"}}},
		"excel's own separator":            {"sep=;\r\nName;E-Mail;Telefon\r\nZoé Müller;zoe@example.org;=\"0445550100\"\r\n", []store.NewContact{simple}},
		"no headings":                      {"Zoé Müller;zoe@example.org;044 555 01 00\n\n;;\nBo;bo@example.org;\n", []store.NewContact{simple, {Name: "Bo", Email: "bo@example.org"}}},
		"addresses only":                   {"zoe@example.org\nbo@example.org\n", []store.NewContact{{Email: "zoe@example.org"}, {Email: "bo@example.org"}}},
		"quotes, lines and short rows":     {"Name,Note,Email\n\"Müller, Zoé\",\"one\n\"\"two\"\"\",zoe@example.org\nBo\n", []store.NewContact{{Name: "Müller, Zoé", Note: "one\n\"two\"", Email: "zoe@example.org"}, {Name: "Bo"}}},
	} {
		f, err := Read([]byte(c.text), "CH")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Run(name, func(t *testing.T) { same(t, f, c.want...) })
	}
}

func TestEncodings(t *testing.T) {
	const text = "Name;E-Mail\r\nZoé Müller;zoe@example.org\r\n"
	latin, _ := charmap.Windows1252.NewEncoder().String(text)
	little, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	bare, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	big, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	bareBig, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	for name, data := range map[string]string{
		"UTF-8": text, "UTF-8 with a mark": "\ufeff" + text, "Latin-1": latin, "UTF-16LE": little, "UTF-16LE without a mark": bare,
		"UTF-16BE": big, "UTF-16BE without a mark": bareBig,
	} {
		f, err := Read([]byte(data), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Run(name, func(t *testing.T) { same(t, f, store.NewContact{Name: "Zoé Müller", Email: "zoe@example.org"}) })
	}
}

func TestBounds(t *testing.T) {
	if _, err := Read(make([]byte, MaxSize+1), ""); !errors.Is(err, ErrSize) {
		t.Errorf("too large: %v", err)
	}
	for _, text := range []string{"", "\n\n", "hello world", "a,b,c\n1,2,3\n", "\x00\x01\x02", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"} {
		if f, err := Read([]byte(text), ""); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %+v, %v", text, f, err)
		}
	}
	if _, err := Read([]byte("Name\n"+strings.Repeat("a\n", MaxEntries+1)), ""); !errors.Is(err, ErrEntries) {
		t.Errorf("too many: %v", err)
	}
	if _, err := Read([]byte(strings.Repeat("BEGIN:VCARD\nFN:a\nEND:VCARD\n", MaxEntries+1)), ""); !errors.Is(err, ErrEntries) {
		t.Errorf("too many cards: %v", err)
	}
	f, err := Read([]byte("Name,Company,Note,Language\n"+strings.Repeat("ä", 200)+","+strings.Repeat("b", 200)+","+strings.Repeat("c", 2000)+",English\n"), "")
	if err != nil || len(f.Contacts) != 1 || len([]rune(f.Contacts[0].Name)) != 120 || len(f.Bad) != 3 || !f.Bad[0].Kept || f.Bad[0].Code != CodeLong {
		t.Errorf("long: %+v, %v", f, err)
	}
}

// file writes contacts.
func write(t testing.TB, kind string, list ...store.NewContact) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewVCards(&b), error(nil)
	if kind == "csv" {
		w, err = NewTable(&b)
	}
	for _, n := range list {
		if err == nil {
			err = w.Write(store.Contact{Name: n.Name, Email: n.Email, Phone: n.Phone, Company: n.Company, Note: n.Note, Language: n.Language})
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRoundTrip: what is written is read back as the same.
func TestRoundTrip(t *testing.T) {
	list := []store.NewContact{
		ada,
		{Email: "no.name@example.org"},
		{Phone: "+12125550123"},
		{Name: "only a name"},
		{Name: "=1+1", Email: "a@example.org", Company: "@firm", Note: "-1\n+2"},
		{Name: "'=already", Company: "''quoted'", Note: "'t Hooft"},
		{Name: "李 小龙 " + strings.Repeat("ä😀", 50), Note: "a;b,c:d\\e\\;f\\\\n"},
		{Name: `"quoted" \n not a line`, Company: `back\slash;`},
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"vcf", "csv"} {
		text := write(t, kind, list...)
		f, err := Read([]byte(text), "")
		if err != nil {
			t.Fatalf("%s: %v\n%s", kind, err, text)
		}
		t.Run(kind, func(t *testing.T) { same(t, f, list...) })
		for line := range strings.Lines(text) {
			if kind == "vcf" && (len(line) > 77 || !strings.HasSuffix(line, "\r\n")) {
				t.Errorf("%d octets, or no CRLF: %q", len(line), line)
			}
		}
	}
}

// TestFormulas: no cell begins with what a spreadsheet works out.
func TestFormulas(t *testing.T) {
	text := write(t, "csv", store.NewContact{Name: "=cmd|' /C calc'!A0", Email: "a@example.org", Phone: "+41445550100", Company: "@SUM(1)", Note: "-2+3"})
	_, row, _ := strings.Cut(text, "\r\n")
	if row != "'=cmd|' /C calc'!A0,a@example.org,'+41445550100,'@SUM(1),'-2+3,\r\n" {
		t.Errorf("%q", row)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct{ text, country, want, code string }{
		{"+41 44 555 01 00", "", "+41445550100", ""},
		{"tel:+41-44-555-01-00;ext=5", "", "+41445550100", ""},
		{"044 555 01 00", "ch", "+41445550100", ""},
		{"0041 44 555 01 00", "CH", "+41445550100", ""},
		{"044 555 01 00", "", "", CodeCountry},
		{"12", "CH", "", CodePhone},
		{"nonsense", "CH", "", CodePhone},
		{"", "", "", ""},
	} {
		if got, code, _ := Number(c.text, c.country); got != c.want || code != c.code {
			t.Errorf("%q in %q: %q %q, want %q %q", c.text, c.country, got, code, c.want, c.code)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nEMAIL;TYPE=x;Y:ada@example.org\nTEL:+41445550100\nNOTE;ENCODING=QUOTED-PRINTABLE:a=\n=2Cb\nORG:a\\;b;c\nEND:VCARD\n"), "CH")
	f.Add([]byte("sep=;\nName;E-Mail;Telefon\n\"Ada; x\";ada@example.org;'+41445550100\n"), "")
	f.Add([]byte("\xff\xfeN\x00a\x00m\x00e\x00\n\x00A\x00"), "DE")
	f.Add([]byte("Bo\tbo@example.org\n\"never closed\n"), "US")
	f.Fuzz(func(t *testing.T, data []byte, country string) {
		file, err := Read(data, country)
		if err != nil {
			return
		}
		for i, n := range file.Contacts {
			checked := n
			if err := checked.Check(); err != nil || checked != n {
				t.Fatalf("contact %d passes no check: %+v, %v", i, n, err)
			}
		}
		for _, b := range file.Bad {
			if b.Line < 1 || b.Code == "" || b.Message == "" || len([]rune(b.Entry)) > 80 {
				t.Fatalf("%+v", b)
			}
		}
	})
}

// FuzzRoundTrip: whatever passes the store's check survives a file.
func FuzzRoundTrip(f *testing.F) {
	f.Add("Ada Lovelace", "ada@example.org", "a;b\\;c", "x\ny", true)
	f.Add("", "", "'=1", "\\n", false)
	f.Fuzz(func(t *testing.T, name, email, company, note string, cards bool) {
		n := store.NewContact{Name: name, Email: email, Company: company, Note: note}
		wrong := n.Check()
		if wrong != nil || name == email || strings.Contains(name+company+note+email, escapedSemicolon) {
			return
		}
		kind := "csv"
		if cards {
			kind = "vcf"
		}
		text := write(t, kind, n)
		file, err := Read([]byte(text), "")
		if err != nil || len(file.Contacts) != 1 || file.Contacts[0] != n {
			t.Fatalf("%s: %+v, %v, want %+v\n%q", kind, file, err, n, text)
		}
	})
}
