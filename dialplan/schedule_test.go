package dialplan

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func schedule(t testing.TB, zone string, days, hours []string) *Schedule {
	t.Helper()
	s, err := ParseSchedule(days, hours, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSchedule(t *testing.T) {
	office := schedule(t, "Europe/Zurich", []string{"mon-fri"}, []string{"08:00-12:00", "13:00-18:00"})
	night := schedule(t, "Europe/Zurich", []string{"fri", "Saturday"}, []string{"22:00-06:00"})
	weekend := schedule(t, "UTC", []string{"sat-mon"}, nil)
	late := schedule(t, "America/New_York", nil, []string{"20:00-24:00"})
	for _, tt := range []struct {
		s    *Schedule
		at   string
		want bool
	}{
		// 2026-11-22 is a Sunday; Zürich is at UTC+1 in winter and +2 in summer.
		{office, "2026-11-23T07:00:00Z", true},
		{office, "2026-11-23T06:59:59Z", false},
		{office, "2026-11-23T11:00:00Z", false},
		{office, "2026-11-23T12:00:00Z", true},
		{office, "2026-11-23T17:00:00Z", false},
		{office, "2026-11-22T10:00:00Z", false},
		{office, "2026-07-20T06:00:00Z", true},  // the same hour by the clock there
		{office, "2026-07-20T16:00:00Z", false}, // 18:00
		{night, "2026-11-20T21:00:00Z", true},   // Friday 22:00
		{night, "2026-11-20T20:59:00Z", false},
		{night, "2026-11-21T04:59:00Z", true}, // Saturday 05:59, Friday's night
		{night, "2026-11-21T05:00:00Z", false},
		{night, "2026-11-22T04:30:00Z", true},  // Sunday 05:30, Saturday's night
		{night, "2026-11-22T21:30:00Z", false}, // Sunday's is none of them
		{night, "2026-11-20T04:30:00Z", false}, // nor is Thursday's
		{weekend, "2026-11-21T00:00:00Z", true},
		{weekend, "2026-11-23T23:59:00Z", true},
		{weekend, "2026-11-24T00:00:00Z", false},
		{weekend, "2026-11-20T23:59:59Z", false},
		{late, "2026-11-23T04:59:00Z", true}, // 23:59 there
		{late, "2026-11-23T05:00:00Z", false},
		{&Schedule{}, "2026-11-23T05:00:00Z", false},
	} {
		if got := tt.s.Holds(moment(t, tt.at)); got != tt.want {
			t.Errorf("%s at %s: %v", tt.s, tt.at, got)
		}
	}
}

// The clocks of Zürich go from 02:00 to 03:00 on 29 March 2026 and from 03:00 back to
// 02:00 on 25 October.
func TestScheduleAcrossSummerTime(t *testing.T) {
	zone := "Europe/Zurich"
	for _, tt := range []struct {
		hours   string
		from    string
		minutes int // of the 26 hours from then on
	}{
		{"02:00-03:00", "2026-03-28T22:00:00Z", 0},   // left out
		{"01:00-04:00", "2026-03-28T22:00:00Z", 120}, // an hour less
		{"02:00-03:00", "2026-10-24T21:00:00Z", 120}, // twice
		{"22:00-06:00", "2026-03-28T18:00:00Z", 420},
		{"22:00-06:00", "2026-10-24T18:00:00Z", 540},
		{"08:00-18:00", "2026-03-28T23:00:00Z", 600},
		{"08:00-18:00", "2026-10-24T22:00:00Z", 600},
	} {
		s := schedule(t, zone, nil, []string{tt.hours})
		at, held := moment(t, tt.from), 0
		for range 24 * 60 {
			if s.Holds(at) {
				held++
			}
			at = at.Add(time.Minute)
		}
		if held != tt.minutes {
			t.Errorf("%s from %s: held %d minutes, want %d", tt.hours, tt.from, held, tt.minutes)
		}
	}
}

// On any day of the year hours and the rest of them share the day.
func TestScheduleDividesTheDay(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine: nothing for the race detector")
	}
	for _, zone := range []string{"Europe/Zurich", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe"} {
		day := schedule(t, zone, nil, []string{"06:30-21:15"})
		night := schedule(t, zone, nil, []string{"21:15-06:30"})
		at := moment(t, "2026-01-01T00:00:00Z")
		for range 366 * 24 * 4 {
			if day.Holds(at) == night.Holds(at) {
				t.Fatalf("%s: %s is %v of both", zone, at, day.Holds(at))
			}
			at = at.Add(15 * time.Minute)
		}
	}
}

func TestScheduleErrors(t *testing.T) {
	for _, text := range []string{"", "mo", "mon-", "-fri", "8-9", "mon,tue", "montag"} {
		if d, err := ParseDays(text); err == nil {
			t.Errorf("days %q: %v", text, d)
		}
	}
	for _, text := range []string{"", "8-9", "08:00", "08:00-", "24:00-25:00", "08:60-09:00", "08:00-08:00", "a:00-b:00", "24:00-08:00", "08:00-24:01", "8:0-9:00", "108:00-09:00"} {
		if h, err := ParseHours(text); err == nil {
			t.Errorf("hours %q: %v", text, h)
		}
	}
	for _, text := range []string{"", "Local", "Zurich", "../etc/passwd"} {
		if z, err := ParseZone(text); err == nil {
			t.Errorf("zone %q: %v", text, z)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("mon-fri", "08:00-18:00", int64(1763800000))
	f.Add("sat", "22:00-06:00", int64(0))
	f.Fuzz(func(t *testing.T, days, hours string, at int64) {
		s, err := ParseSchedule([]string{days}, []string{hours}, "Europe/Zurich")
		if err != nil {
			return
		}
		s.Holds(time.Unix(at%(1<<36), 0))
	})
}
