//go:build peers

package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/ics"
	"github.com/partyline/partyline/store"
)

// calendarYears is how far series without end are followed.
const calendarYears = 5

// TestCalendar has Debian's icalendar read our files and expand them by the zones
// that are in them, and compares the instants with Go's zones.
func TestCalendar(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // the one that Debian's packages are for
	dir := t.TempDir()
	want := map[string][][2]int64{}
	args := []string{"testdata/expand.py", fmt.Sprint(calendarYears)}
	for i, s := range calendars() {
		path := filepath.Join(dir, fmt.Sprint(i, ".ics"))
		file, err := ics.Event{
			Method: ics.Request, UID: fmt.Sprint(i, "@example.org"), Stamp: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			Title: "Straße; Ünïcode, \"quoted\" \\ and more than seventy-five octets of it in one line", Text: "one\ntwo", Schedule: &s,
			Host: ics.Person{Name: "Ada, Host", Email: "ada@example.org"}, Attendee: ics.Person{Email: "guest@example.org"},
		}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
		want[path] = instants(t, &s)
	}
	cmd := exec.Command(python, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s with icalendar: %v", python, err)
	}
	got := map[string][][2]int64{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	total := 0
	for path, spans := range want {
		total += len(spans)
		if !slices.Equal(got[path], spans) {
			file, _ := os.ReadFile(path)
			t.Errorf("%s\ngot  %v\nwant %v", file, got[path], spans)
		}
	}
	if total < 3000 {
		t.Errorf("only %d occurrences", total)
	}
}

// calendars are series in zones of every manner, some with occurrences changed.
func calendars() []store.Schedule {
	var list []store.Schedule
	for _, zone := range []string{
		"Europe/Zurich", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "UTC", "Europe/Dublin",
		"Africa/Casablanca", "Australia/Lord_Howe", "America/Santiago", "Asia/Jerusalem", "Africa/Cairo",
	} {
		for _, rule := range []struct{ start, repeat string }{
			{"2026-11-30T14:00", ""},
			{"2026-11-30T14:00", "FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20281231"},
			{"2027-03-01T02:30", "FREQ=DAILY;COUNT=60"},
			{"2026-01-31T09:00", "FREQ=MONTHLY;BYMONTHDAY=31"},
			{"2025-10-27T00:15", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"},
			{"2026-10-30T23:45", "FREQ=MONTHLY;BYDAY=-1FR"},
		} {
			list = append(list, store.Schedule{Zone: zone, Start: rule.start, Repeat: rule.repeat, Duration: 75 * time.Minute})
		}
	}
	return append(list, store.Schedule{
		Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Repeat: "FREQ=WEEKLY;COUNT=30", Duration: time.Hour,
		Exceptions: []store.Exception{
			{Original: "2026-11-30T14:00", Start: "2026-11-29T23:00"},
			{Original: "2026-12-28T14:00", Cancelled: true},
			{Original: "2027-01-04T14:00", Cancelled: true},
			{Original: "2027-03-29T14:00", Start: "2027-03-28T01:30", Duration: 90 * time.Minute},
		},
	})
}

// instants are the occurrences of a series by rrule-go and Go's zones, and the same
// by our own reckoning.
func instants(t *testing.T, s *store.Schedule) [][2]int64 {
	t.Helper()
	first, err := time.Parse(store.LocalTime, s.Start)
	if err != nil {
		t.Fatal(err)
	}
	end := first.AddDate(0, 0, 365*calendarYears)
	list, err := meeting.Between(s, first.AddDate(0, 0, -3), end.AddDate(0, 0, 3), 0)
	if err != nil {
		t.Fatal(err)
	}
	var ours [][2]int64
	for _, o := range list {
		if original, _ := time.Parse(store.LocalTime, o.Original); !o.Cancelled && !original.After(end) {
			ours = append(ours, [2]int64{o.Start.Unix(), o.End.Unix()})
		}
	}
	if s.Repeat == "" || s.Exceptions != nil {
		return ours
	}
	option, err := rrule.StrToROption(s.Repeat)
	if err != nil {
		t.Fatal(err)
	}
	option.Dtstart = first
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		t.Fatal(err)
	}
	for i, local := range rule.Between(first, end, true) {
		year, month, day := local.Date()
		at := time.Date(year, month, day, local.Hour(), local.Minute(), 0, 0, zone)
		if h, m, _ := at.Clock(); h != local.Hour() || m != local.Minute() {
			continue // left out: time.Date does not say which way
		}
		if d := at.Unix() - ours[i][0]; d != 0 && d != 3600 && d != 1800 { // the second of two
			t.Fatalf("%+v: %d is at %v, ours at %d", *s, i, at, ours[i][0])
		}
	}
	return ours
}
