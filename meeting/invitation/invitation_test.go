package invitation

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/locales"
)

var write = flag.Bool("write", false, "write the golden files anew")

func book(t testing.TB) *locales.Book {
	t.Helper()
	b, err := locales.Open()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// weekly is the example of a meeting with every way in.
func weekly(t testing.TB) Facts {
	zurich := zone(t, "Europe/Zurich")
	return Facts{
		Inviter: "Ada Host", Title: "Weekly sync", Language: "en",
		When: &When{Start: time.Date(2026, 11, 30, 14, 0, 0, 0, zurich), End: time.Date(2026, 11, 30, 15, 0, 0, 0, zurich), Zone: "Europe/Zurich"},
		Ways: Ways{
			Link: "https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve",
			Numbers: []Number{
				{Number: "+41445550100", Label: "Zürich", Tel: "tel:+41445550100,,112752642,,48219"},
				{Number: "+12125550123", Display: "+1 212 555 0123", Label: "New York", Tel: "tel:+12125550123,,112752642,,48219"},
			},
			Extension: "112752642", PIN: "48219", SIP: "112752642@meet.example.org",
			H323: "203.0.113.10##112752642", H323Backup: "203.0.113.11##112752642",
		},
	}
}

func TestExample(t *testing.T) {
	want := `Ada Host invites you to: Weekly sync
Mon 30 Nov 2026, 14:00–15:00 (Europe/Zurich, UTC+1)
Join in a browser:   https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve
By phone:            +41 44 555 01 00 (Zürich) · +1 212-555-0123 (New York)
  Meeting number 112 752 642 · PIN 48 219 · confirm with # or *
  One tap: tel:+41445550100,,112752642,,48219
Room system, SIP:    112752642@meet.example.org
Room system, H.323:  203.0.113.10##112752642 · backup 203.0.113.11##112752642
`
	m := Write(book(t), weekly(t))
	if m.Text != want {
		t.Errorf("got\n%s\nwant\n%s", m.Text, want)
	}
	if want := "Invitation: Weekly sync – Mon 30 Nov 2026, 14:00"; m.Subject != want {
		t.Errorf("%q, want %q", m.Subject, want)
	}
}

// TestGolden writes every kind in every language, so that a change of a word is
// seen where it is read.
func TestGolden(t *testing.T) {
	b := book(t)
	for _, lang := range locales.Languages() {
		var all strings.Builder
		for _, f := range kinds(t) {
			f.Language = lang
			m := Write(b, f)
			all.WriteString("Subject: " + m.Subject + "\n\n" + m.Text + "\nSMS: " + m.Short + "\n" + strings.Repeat("-", 78) + "\n")
		}
		golden(t, lang+".txt", all.String())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *write {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (if it is meant to: go test -write), got\n%s", name, got)
	}
}

// kinds are messages of every kind.
func kinds(t testing.TB) []Facts {
	invite := weekly(t)
	series := weekly(t)
	when := *series.When
	when.Repeat, when.First = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20270128T225959Z", when.Start
	series.When, series.Note = &when, "Agenda:\n– numbers\n– <b>plans</b> & more"
	changed := weekly(t)
	changed.Kind = Change
	one := when
	one.One, one.Original = true, one.Start
	one.Start, one.End = one.Start.Add(27*time.Hour), one.End.Add(34*time.Hour)
	changedOne := changed
	changedOne.When = &one
	cancelled := invite
	cancelled.Kind = Cancel
	cancelledOne := cancelled
	cancelledOne.When = &one
	reminder := invite
	reminder.Kind = Reminder
	room := invite
	room.When, room.Title = nil, "Adas Raum"
	anonymous := room
	anonymous.Inviter, anonymous.Ways = "", Ways{SIP: "7001@meet.example.org", PIN: "4821", Extension: "7001"}
	withdrawn := series
	withdrawn.Kind = Withdraw
	return []Facts{invite, series, changed, changedOne, cancelled, cancelledOne, reminder, room, anonymous, withdrawn}
}

func BenchmarkWrite(b *testing.B) {
	words, f := book(b), weekly(b)
	for b.Loop() {
		Write(words, f)
	}
}
