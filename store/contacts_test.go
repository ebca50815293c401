package store

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func host(t *testing.T, s *Store, email string) string {
	t.Helper()
	u, err := s.AddUser(t.Context(), NewUser{Email: email, Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func addContact(t *testing.T, s *Store, owner string, n NewContact) Contact {
	t.Helper()
	c, err := s.AddContact(t.Context(), owner, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// namesOf gives the names that a query finds, in their order.
func namesOf(t *testing.T, s *Store, q ContactQuery) string {
	t.Helper()
	list, _, err := s.Contacts(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func TestContacts(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	ada, bo := host(t, s, "ada@example.org"), host(t, s, "bo@example.org")
	c := addContact(t, s, ada, NewContact{
		Name: " Zoë  Müller ", Email: "Zoe.M@Example.org", Phone: "+41445550100", Company: "Łódź AG", Note: "met in\r\nBern\u202e", Language: "fr",
	})
	if c.Name != "Zoë Müller" || c.Email != "Zoe.M@Example.org" || c.Note != "met in\nBern" || c.OwnerID != ada || c.Created.IsZero() {
		t.Errorf("%+v", c)
	}
	got, err := s.ContactByID(ctx, ada, c.ID)
	if err != nil || got != c {
		t.Errorf("%+v, %v; want %+v", got, err, c)
	}
	for _, id := range []string{c.ID, "0", "x", ""} {
		if _, err := s.ContactByID(ctx, bo, id); !errors.Is(err, ErrNoContact) {
			t.Errorf("another's contact %q: %v", id, err)
		}
		if _, err := s.UpdateContact(ctx, bo, id, ContactChange{}); !errors.Is(err, ErrNoContact) {
			t.Errorf("changing another's contact: %v", err)
		}
		if err := s.RemoveContact(ctx, bo, id); !errors.Is(err, ErrNoContact) {
			t.Errorf("removing another's contact: %v", err)
		}
	}
	if names := namesOf(t, s, ContactQuery{OwnerID: bo}); names != "" {
		t.Errorf("another's book has %s", names)
	}
	name, empty := "Zoe Meier", ""
	if got, err = s.UpdateContact(ctx, ada, c.ID, ContactChange{Name: &name, Phone: &empty}); err != nil || got.Name != name || got.Phone != "" || got.Email != c.Email || got.Created != c.Created {
		t.Errorf("%+v, %v", got, err)
	}
	if names := namesOf(t, s, ContactQuery{OwnerID: ada, Search: "meier"}); names != name {
		t.Errorf("after the change: %q", names)
	}
	// Another process sees it, and this one what that does.
	other := open(t, dir)
	if names := namesOf(t, other, ContactQuery{OwnerID: ada, Search: "meier"}); names != name {
		t.Errorf("another process: %q", names)
	}
	if err := other.RemoveContact(ctx, ada, c.ID); err != nil {
		t.Fatal(err)
	}
	if names := namesOf(t, s, ContactQuery{OwnerID: ada}); names != "" {
		t.Errorf("removed by another process: %q", names)
	}
	addContact(t, s, bo, NewContact{Name: "Cy"})
	if err := s.RemoveUser(ctx, bo, ""); err != nil {
		t.Fatal(err)
	}
	if names := namesOf(t, s, ContactQuery{OwnerID: bo}); names != "" {
		t.Errorf("of a removed account: %q", names)
	}
	if _, err := s.AddContact(ctx, bo, NewContact{Name: "Cy"}); !errors.Is(err, ErrNoUser) {
		t.Errorf("for a removed account: %v", err)
	}
}

func TestContactMistakes(t *testing.T) {
	s := open(t, t.TempDir())
	ada := host(t, s, "ada@example.org")
	addContact(t, s, ada, NewContact{Name: "Bo", Email: "bo@example.org", Phone: "+41445550100"})
	addContact(t, s, ada, NewContact{Name: "Cy", Phone: "+41445550101"})
	for _, c := range []struct {
		n      NewContact
		fields string
	}{
		{NewContact{}, "name"},
		{NewContact{Note: "x"}, "name"},
		{NewContact{Name: "x", Email: "x@y@z", Phone: "044 555", Language: "x"}, "email phone language"},
		{NewContact{Phone: "+0445550100"}, "phone"},
		{NewContact{Phone: "+123456789012345678"}, "phone"},
		{NewContact{Name: strings.Repeat("ä", 121), Company: strings.Repeat("b", 121), Note: strings.Repeat("c", 1001)}, "name company note"},
		{NewContact{Name: "Other", Email: "BO@example.org"}, "email"},
		{NewContact{Name: "Other", Phone: "+41445550100"}, "phone"},
		{NewContact{Name: "Other", Email: "other@example.org", Phone: "+41445550101"}, "phone"},
		{NewContact{Name: "The same switchboard", Email: "other@example.org", Phone: "+41445550100"}, ""},
	} {
		_, err := s.AddContact(t.Context(), ada, c.n)
		var fields []string
		for _, e := range flatten(err) {
			if e == nil {
				continue
			}
			var f *FieldError
			if !errors.As(e, &f) {
				t.Fatalf("%+v: %v", c.n, err)
			}
			fields = append(fields, f.Field)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%+v: %v; want mistakes in %q", c.n, err, c.fields)
		}
	}
	list, _, _ := s.Contacts(t.Context(), ContactQuery{OwnerID: ada, Search: "cy"})
	email := "bo@example.org"
	if _, err := s.UpdateContact(t.Context(), ada, list[0].ID, ContactChange{Email: &email}); err == nil {
		t.Error("an address of another contact was taken")
	}
}

func TestSearchContacts(t *testing.T) {
	s := open(t, t.TempDir())
	ada := host(t, s, "ada@example.org")
	for _, n := range []NewContact{
		{Name: "Zoë Müller", Email: "zm@firma.example", Phone: "+41445550100"},
		{Name: "Łukasz O'Neill-Straße", Company: "Ångström & Söhne"},
		{Name: "Иван Петров", Email: "ivan.petrov@example.org"},
		{Email: "no.name@example.net", Company: "Acme 2026"},
		{Name: "李 小龙"},
		{Phone: "+12125550123"},
	} {
		addContact(t, s, ada, n)
	}
	for q, want := range map[string]string{
		"zo":           "Zoë Müller",
		"ZOE mull":     "Zoë Müller",
		"muell zo":     "Zoë Müller",
		"müller":       "Zoë Müller",
		"firma":        "Zoë Müller",
		"zm@firma.ex":  "Zoë Müller",
		"üller":        "",
		"lukasz":       "Łukasz O'Neill-Straße",
		"strasse":      "Łukasz O'Neill-Straße",
		"neill ang":    "Łukasz O'Neill-Straße",
		"soehne":       "Łukasz O'Neill-Straße",
		"петр":         "Иван Петров",
		"小龙":           "李 小龙",
		"z":            "",
		"'.-":          "",
		"044 555 01":   "Zoë Müller",
		"+41 44":       "Zoë Müller",
		"0041445":      "Zoë Müller",
		"zoe 5550":     "Zoë Müller",
		"555":          ", Zoë Müller",
		"0123":         "",
		"5550123":      "",
		"acme 2026":    "",
		"ex":           "Иван Петров, , Zoë Müller",
		"zoe lukasz":   "",
		"\x00\xff 100": "Zoë Müller",
	} {
		if q == "0123" || q == "5550123" || q == "acme 2026" { // found, without a name
			list, _, err := s.Contacts(t.Context(), ContactQuery{OwnerID: ada, Search: q})
			if err != nil || len(list) != 1 || list[0].Name != want {
				t.Errorf("%q: %+v, %v", q, list, err)
			}
			continue
		}
		got := strings.Split(namesOf(t, s, ContactQuery{OwnerID: ada, Search: q}), ", ")
		expected := strings.Split(want, ", ")
		slices.Sort(got)
		slices.Sort(expected)
		if !slices.Equal(got, expected) {
			t.Errorf("%q finds %q, want %q", q, got, expected)
		}
	}
}

func TestContactPages(t *testing.T) {
	s := open(t, t.TempDir())
	ada := host(t, s, "ada@example.org")
	var list []NewContact
	for i := range 95 {
		list = append(list, NewContact{Name: fmt.Sprintf("Guest %c%02d", 'A'+i%3, i), Email: fmt.Sprintf("g%d@example.org", i)})
	}
	if counts, err := s.ImportContacts(t.Context(), ada, list); err != nil || counts.Added != 95 {
		t.Fatal(counts, err)
	}
	for _, search := range []string{"", "guest"} {
		var all []string
		q := ContactQuery{OwnerID: ada, Search: search, Limit: 10}
		for range 20 {
			page, next, err := s.Contacts(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				all = append(all, c.Name)
			}
			if len(all) == 30 { // whoever goes meanwhile moves no page
				if err := s.RemoveContact(t.Context(), ada, page[9].ID); err != nil {
					t.Fatal(err)
				}
			}
			if q.Cursor = next; next == "" {
				break
			}
		}
		want := 95
		if search != "" {
			want = 94
		}
		if len(all) != want || !slices.IsSorted(all) || len(slices.Compact(all)) != want {
			t.Errorf("%d contacts, want %d: %q", len(all), want, all)
		}
	}
	for _, cursor := range []string{"x", "1.!", "-1.", "99999999999999999999.", "5"} {
		if page, _, err := s.Contacts(t.Context(), ContactQuery{OwnerID: ada, Cursor: cursor, Limit: 1}); err != nil || len(page) != 1 {
			t.Errorf("cursor %q: %+v, %v", cursor, page, err)
		}
	}
}

func TestUseContacts(t *testing.T) {
	s := open(t, t.TempDir())
	ada := host(t, s, "ada@example.org")
	for _, n := range []NewContact{
		{Name: "Anna", Email: "anna@example.org"},
		{Name: "Anton", Email: "anton@example.org", Phone: "+41445550100"},
		{Name: "Antje", Phone: "+41445550101"},
	} {
		addContact(t, s, ada, n)
	}
	at := time.UnixMilli(1_800_000_000_000).UTC()
	use := func(at time.Time, addresses ...string) {
		t.Helper()
		if err := s.UseContacts(t.Context(), ada, addresses, at); err != nil {
			t.Fatal(err)
		}
	}
	q := ContactQuery{OwnerID: ada, Search: "an", Recent: true}
	use(at, "Anton@example.org", "+41445550100", "nobody@example.org", "")
	if got := namesOf(t, s, q); got != "Anton, Anna, Antje" {
		t.Errorf("suggested: %s", got)
	}
	use(at.Add(time.Minute), "+41445550101")
	if got := namesOf(t, s, q); got != "Antje, Anton, Anna" {
		t.Errorf("suggested: %s", got)
	}
	q.Limit = 1
	if list, next, err := s.Contacts(t.Context(), q); err != nil || len(list) != 1 || next != "" || list[0].Used != at.Add(time.Minute) {
		t.Errorf("%+v, %q, %v", list, next, err)
	}
	if got := namesOf(t, s, ContactQuery{OwnerID: ada, Search: "an"}); got != "Anna, Antje, Anton" {
		t.Errorf("by name: %s", got)
	}
}

func TestImportContacts(t *testing.T) {
	s := open(t, t.TempDir())
	ada := host(t, s, "ada@example.org")
	addContact(t, s, ada, NewContact{Name: "Bo", Email: "bo@example.org", Company: "Acme", Note: "old"})
	addContact(t, s, ada, NewContact{Name: "Cy", Phone: "+41445550101"})
	counts, err := s.ImportContacts(t.Context(), ada, []NewContact{
		{Name: "Bo Brown", Email: "BO@example.org", Phone: "+41445550100"}, // fills in and replaces
		{Name: "Cy", Phone: "+41445550101", Email: "cy@example.org"},       // the same by number
		{Name: "Dee", Email: "dee@example.org", Phone: "+41445550100"},     // shares a number: another person
		{Name: "Dee", Email: "dee@example.org"},                            // nothing new
		{Name: "Eve"},
		{Name: "EVE"}, // the same by name, with another spelling
		{Email: "bo@example.org", Phone: "+41445550101"},
	})
	if err != nil || counts != (ContactCounts{Added: 2, Changed: 4, Skipped: 1}) {
		t.Errorf("%+v, %v", counts, err)
	}
	var got []string
	list, _, _ := s.Contacts(t.Context(), ContactQuery{OwnerID: ada})
	for _, c := range list {
		got = append(got, strings.Join([]string{c.Name, c.Email, c.Phone, c.Company, c.Note}, " "))
	}
	want := []string{
		"Bo Brown BO@example.org +41445550101 Acme old", "Cy cy@example.org +41445550101  ", "Dee dee@example.org +41445550100  ", "EVE    ",
	}
	want[0] = strings.Replace(want[0], "BO@", "bo@", 1) // as it came last
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// One that is wrong: nothing is imported.
	if _, err := s.ImportContacts(t.Context(), ada, []NewContact{{Name: "Fay"}, {Phone: "044"}}); err == nil {
		t.Error("a wrong one was imported")
	}
	if got := namesOf(t, s, ContactQuery{OwnerID: ada, Search: "fay"}); got != "" {
		t.Errorf("half an import: %s", got)
	}
}

func TestEraseContacts(t *testing.T) {
	s := open(t, t.TempDir())
	ada, bo := host(t, s, "ada@example.org"), host(t, s, "bo@example.org")
	addContact(t, s, ada, NewContact{Name: "Cy", Email: "Cy@example.org", Phone: "+41445550101"})
	addContact(t, s, bo, NewContact{Name: "Cy B", Email: "cy@example.org"})
	addContact(t, s, bo, NewContact{Name: "Dee"})
	if got := namesOf(t, s, ContactQuery{OwnerID: bo}); got != "Cy B, Dee" {
		t.Fatal(got)
	}
	erase := func(address string) int64 {
		tx, err := s.write.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Commit()
		n, err := eraseContacts(t.Context(), tx, address)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := erase(""); n != 0 {
		t.Errorf("an empty address erased %d", n)
	}
	if n := erase("CY@example.org"); n != 2 {
		t.Errorf("%d erased", n)
	}
	if got := namesOf(t, s, ContactQuery{OwnerID: bo}); got != "Dee" {
		t.Errorf("left: %s", got)
	}
}

// TestBooksKept sees that memory is bounded.
func TestBooksKept(t *testing.T) {
	var l books
	for i := range 6 {
		l.put(fmt.Sprint(i), &book{revision: 1, entries: make([]entry, booksKept/4)})
		l.get("0")
	}
	if l.size() > booksKept || l.get("0") == nil || l.get("5") == nil || l.get("1") != nil {
		t.Errorf("%d contacts of %d books in memory", l.size(), len(l.byOwner))
	}
	l.put("0", &book{revision: 3})
	l.put("0", &book{revision: 2})
	if l.get("0").revision != 3 {
		t.Error("an older book replaced a newer one")
	}
}

// BenchmarkContacts asks for suggestions in an address book of 100,000, and once
// in 50 changes it. p99-ms is what one of a hundred waits longer for.
func BenchmarkContacts(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.passwords.cost = cost{passes: 1, memory: 64, lanes: 1}
	u, err := s.AddUser(b.Context(), NewUser{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	if _, err := s.ImportContacts(b.Context(), u.ID, manyContacts(r, 100_000)); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "import-s")
	if _, err := s.book(b.Context(), u.ID); err != nil {
		b.Fatal(err)
	}
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		q := ContactQuery{OwnerID: u.ID, Limit: 20, Recent: i%2 == 0, Search: asked(r, i)}
		if _, _, err := s.Contacts(b.Context(), q); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
		if i%50 == 0 {
			if _, err := s.AddContact(b.Context(), u.ID, NewContact{Name: letters(r, 20)}); err != nil {
				b.Fatal(err)
			}
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

// asked is what somebody may type.
func asked(r *rand.Rand, i int) string {
	switch i % 6 {
	case 0:
		return letters(r, 2)
	case 1:
		return "ex " + letters(r, 3) // the first is in every address
	case 2:
		return letters(r, 2) + " " + letters(r, 1)
	case 3:
		return fmt.Sprint(r.IntN(1e6))
	case 4:
		return "zzzz nobody"
	}
	return ""
}

func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "aabcdeeefghiiklmnnoprrsstuvwz"[r.IntN(29)]
	}
	return string(b)
}

func manyContacts(r *rand.Rand, n int) []NewContact {
	list := make([]NewContact, n)
	for i := range list {
		first, last := letters(r, 3+r.IntN(6)), letters(r, 4+r.IntN(8))
		list[i] = NewContact{
			Name:  strings.ToUpper(first[:1]) + first[1:] + " " + strings.ToUpper(last[:1]) + last[1:],
			Email: fmt.Sprintf("%s.%s%d@example.org", first, last, i), Phone: fmt.Sprintf("+4144%07d", i), Company: letters(r, 8) + " AG",
		}
	}
	return list
}
