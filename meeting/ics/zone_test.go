package ics

import (
	"strings"
	"testing"
	"time"
)

// zoneFile is a file that has nothing but a zone.
func zoneFile(name string, loc *time.Location, from, to time.Time, endless bool) []byte {
	var l lines
	for _, s := range []string{"BEGIN:VCALENDAR", "PRODID:x", "VERSION:2.0"} {
		l.line(s)
	}
	l.zone(name, loc, from, to, endless)
	l.line("END:VCALENDAR")
	return []byte(l.b.String())
}

var zones = []string{
	"Europe/Zurich", "Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Santiago",
	"America/Nuuk", "America/Sao_Paulo", "Australia/Sydney", "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kolkata",
	"Asia/Kathmandu", "Asia/Jerusalem", "Asia/Gaza", "Asia/Tokyo", "Africa/Casablanca", "Africa/Cairo", "Pacific/Apia",
	"Pacific/Chatham", "Pacific/Kiritimati", "Europe/Istanbul", "America/Caracas", "Asia/Tehran", "America/Asuncion",
}

// TestZone compares what a file says of a zone with the zone database, every six
// hours, for series without end and for short ones.
func TestZone(t *testing.T) {
	for _, name := range zones {
		for _, start := range []time.Time{date(2026, 11, 30), date(2026, 5, 4), date(2006, 2, 1), date(2014, 8, 15)} {
			loc := location(t, name)
			for _, years := range []int{listed, 1} {
				end := start.AddDate(years, 0, 0)
				cal := decode(t, zoneFile(name, loc, start, end, years == listed))
				all := onsets(t, cal, end)
				for at := start; at.Before(end); at = at.Add(6 * time.Hour) {
					wantName, want := at.In(loc).Zone()
					got, gotName := offsetAt(all, at)
					if renamed := name == "Europe/Istanbul" && start.Year() < 2016; got != want || gotName != wantName && !renamed {
						t.Errorf("%s from %s: at %s it is %d %s, want %d %s", name, start.Format(time.DateOnly), at, got, gotName, want, wantName)
						break
					}
				}
			}
		}
	}
}

// TestZoneRules looks at the rules themselves, and at daylight saving's names.
func TestZoneRules(t *testing.T) {
	start := date(2026, 11, 30)
	for _, tt := range []struct {
		zone string
		want []string // in this order
		no   string
	}{
		{"Europe/Zurich", []string{
			"TZID:Europe/Zurich", "BEGIN:STANDARD", "DTSTART:20251026T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET",
			"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "BEGIN:DAYLIGHT", "DTSTART:20260329T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
		}, "RDATE"},
		{"America/New_York", []string{"RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"}, "RDATE"},
		{"Australia/Sydney", []string{
			"BEGIN:DAYLIGHT", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU", "BEGIN:STANDARD", "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU",
		}, "RDATE"},
		{"Australia/Lord_Howe", []string{"TZOFFSETFROM:+1030", "TZOFFSETTO:+1100"}, "RDATE"},
		{"Europe/Dublin", []string{"BEGIN:STANDARD", "TZNAME:GMT", "BEGIN:DAYLIGHT", "TZNAME:IST"}, "RDATE"},
		{"Asia/Jerusalem", []string{"BYMONTHDAY=23,24,25,26,27,28,29;BYDAY=FR"}, "RDATE"},
		{"Asia/Kolkata", []string{"BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0530", "TZOFFSETTO:+0530"}, "DAYLIGHT"},
		{"Africa/Casablanca", []string{"RDATE:"}, "RRULE"},
	} {
		file := string(zoneFile(tt.zone, location(t, tt.zone), start, start, true))
		rest := file
		for _, want := range tt.want {
			var found bool
			if _, rest, found = strings.Cut(rest, want); !found {
				t.Errorf("%s lacks %s, or it is not in its place:\n%s", tt.zone, want, file)
				break
			}
		}
		if strings.Contains(file, tt.no) {
			t.Errorf("%s has %s:\n%s", tt.zone, tt.no, file)
		}
	}
}

func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
