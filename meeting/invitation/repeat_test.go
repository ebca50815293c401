package invitation

import (
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

func TestRepeats(t *testing.T) {
	b := book(t)
	first := time.Date(2026, 11, 30, 14, 0, 0, 0, zone(t, "Europe/Zurich"))
	for _, tt := range []struct{ rule, lang, want string }{
		{"", "en", ""},
		{"FREQ=DAILY", "en", "Daily"},
		{"FREQ=DAILY;INTERVAL=3", "en", "Every 3 days"},
		{"FREQ=WEEKLY", "en", "Weekly on Monday"},
		{"FREQ=WEEKLY;BYDAY=TH,MO", "en", "Weekly on Monday and Thursday"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;COUNT=10", "en", "Every 2 weeks on Monday, Wednesday and Friday, 10 times"},
		{"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "en", "Every weekday, Monday to Friday"},
		{"FREQ=DAILY;BYDAY=SA,SU", "en", "Weekly on Saturday and Sunday"},
		{"FREQ=MONTHLY;BYMONTHDAY=31", "en", "Monthly on the 31st"},
		{"FREQ=MONTHLY", "en", "Monthly on the 30th"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", "en", "Monthly on the last day"},
		{"FREQ=MONTHLY;BYDAY=2TU", "en", "Monthly on the second Tuesday"},
		{"FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2", "en", "Every 2 months on the last Friday"},
		{"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", "en", "Monthly on the first Monday"},
		{"FREQ=YEARLY", "en", "Yearly on 30 November"},
		{"FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T225959Z", "en", "Weekly on Monday, until Thu 31 Dec 2026"},
		{"FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T230000Z", "en", "Weekly on Monday, until Fri 1 Jan 2027"},
		{"FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231", "de", "Wöchentlich am Montag, bis Do., 31. Dez. 2026"},
		{"FREQ=MONTHLY;BYDAY=1SU", "it", "Ogni mese, la prima domenica"},
		{"FREQ=MONTHLY;BYDAY=1MO", "it", "Ogni mese, il primo lunedì"},
		{"FREQ=MONTHLY;BYMONTHDAY=1", "fr", "Chaque mois, le 1er"},
		{"FREQ=WEEKLY;BYDAY=TU,SA", "es", "Cada semana, los martes y los sábados"},
		{"FREQ=MONTHLY;BYDAY=1MO,2TU", "en", "Repeats: see the calendar for the dates"},
		{"FREQ=YEARLY;BYMONTH=3;BYDAY=1SU", "en", "Repeats: see the calendar for the dates"},
		{"FREQ=HOURLY", "en", "Repeats: see the calendar for the dates"},
		{"nonsense", "en", "Repeats: see the calendar for the dates"},
		{"FREQ=WEEKLY;UNTIL=tomorrow", "en", "Repeats: see the calendar for the dates"},
	} {
		if got := Repeats(b.In(tt.lang), tt.rule, first); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.rule, got, tt.want)
		}
	}
}

// TestLists has as many words as there are days and months.
func TestLists(t *testing.T) {
	b := book(t)
	for _, lang := range locales.Languages() {
		for key, n := range map[string]int{
			"weekdays": 7, "weekdays.on": 7, "weekdays.short": 7, "months": 12, "months.short": 12, "ordinals": 31, "which": 6, "which.sunday": 6,
		} {
			if got := len(strings.Split(b.In(lang).Say("invitation."+key), "|")); got != n {
				t.Errorf("%s: %s has %d words, want %d", lang, key, got, n)
			}
		}
	}
}

func FuzzRepeats(f *testing.F) {
	for _, s := range []string{"FREQ=WEEKLY;BYDAY=MO,-1TU;COUNT=3", "FREQ=MONTHLY;BYMONTHDAY=-31", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;INTERVAL=9", "RRULE:=;;"} {
		f.Add(s)
	}
	b := book(f)
	f.Fuzz(func(t *testing.T, rule string) {
		s := Repeats(b.In("en"), rule, time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC))
		if (s == "") != (rule == "") || strings.Contains(s, "invitation.") || strings.Contains(s, "<no value>") || strings.Contains(s, "on the ,") {
			t.Errorf("%q: %q", rule, s)
		}
	})
}

// TestWhenOf has a series whose next occurrence was moved to another weekday: its
// rule is still told by its first.
func TestWhenOf(t *testing.T) {
	s := &store.Schedule{
		Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY",
		Exceptions: []store.Exception{{Original: "2026-11-30T14:00", Start: "2026-12-02T09:00"}},
	}
	o, ok := meeting.Next(s, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	if !ok {
		t.Fatal("no occurrence")
	}
	f := weekly(t)
	f.When = WhenOf(s, o, false)
	m := Write(book(t), f)
	for _, want := range []string{"Wed 2 Dec 2026, 09:00–10:00 (Europe/Zurich, UTC+1)", "Weekly on Monday"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%s is not in\n%s", want, m.Text)
		}
	}
	if strings.Contains(m.Description, "2 Dec") || !strings.Contains(m.Description, f.Ways.Link) {
		t.Errorf("the calendar's text:\n%s", m.Description)
	}
	f.Kind, f.When = Change, WhenOf(s, o, true)
	if m = Write(book(t), f); !strings.Contains(m.Text, "Instead of Mon 30 Nov 2026, 14:00") || strings.Contains(m.Text, "Weekly on") {
		t.Errorf("%s", m.Text)
	}
	if len(m.Calls) != 6 || m.Calls[1].URI != "tel:+41445550100,,112752642,,48219" || m.Calls[5].URI != "h323:112752642@203.0.113.11" || m.Location != f.Ways.Link {
		t.Errorf("%+v", m.Calls)
	}
}
