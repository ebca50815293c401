package meeting

import (
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

// zone is a location that the test needs.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, ok := location(name)
	if !ok {
		t.Fatalf("no zone %s", name)
	}
	return loc
}

func local(t testing.TB, s string) time.Time {
	t.Helper()
	at, ok := parseLocal(s)
	if !ok {
		t.Fatalf("%q is no local time", s)
	}
	return at
}

// TestInstant has the changes of clocks of RFC 5545 §3.3.5: a time that is left
// out, and one that comes twice.
func TestInstant(t *testing.T) {
	for _, c := range []struct{ zone, local, want string }{
		{"Europe/Zurich", "2026-03-29T01:59", "2026-03-29T01:59:00+01:00"},
		{"Europe/Zurich", "2026-03-29T02:00", "2026-03-29T03:00:00+02:00"},
		{"Europe/Zurich", "2026-03-29T02:30", "2026-03-29T03:30:00+02:00"},
		{"Europe/Zurich", "2026-03-29T03:00", "2026-03-29T03:00:00+02:00"},
		{"Europe/Zurich", "2026-10-25T01:59", "2026-10-25T01:59:00+02:00"},
		{"Europe/Zurich", "2026-10-25T02:00", "2026-10-25T02:00:00+02:00"},
		{"Europe/Zurich", "2026-10-25T02:30", "2026-10-25T02:30:00+02:00"},
		{"Europe/Zurich", "2026-10-25T03:00", "2026-10-25T03:00:00+01:00"},
		{"America/New_York", "2026-03-08T02:30", "2026-03-08T03:30:00-04:00"},
		{"America/New_York", "2026-11-01T01:30", "2026-11-01T01:30:00-04:00"},
		{"Australia/Sydney", "2026-10-04T02:30", "2026-10-04T03:30:00+11:00"},
		{"Australia/Sydney", "2026-04-05T02:30", "2026-04-05T02:30:00+11:00"},
		{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:45:00+11:00"}, // half an hour
		{"Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T01:45:00+11:00"},
		{"Asia/Kolkata", "2026-03-29T02:30", "2026-03-29T02:30:00+05:30"},
		{"UTC", "2028-02-29T23:59", "2028-02-29T23:59:00Z"},
		{"Pacific/Apia", "2011-12-30T12:00", "2011-12-31T12:00:00+14:00"}, // a day that was left out
	} {
		got := instant(local(t, c.local), zone(t, c.zone)).Format(time.RFC3339)
		if got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.local, c.zone, got, c.want)
		}
	}
}

// zones are those that the tests go through: both hemispheres, half an hour of
// daylight saving, none, and one that saves it twice a year.
var zones = []string{
	"Europe/Zurich", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca",
}

// TestInstantShowsWhatItWasMadeOf goes through all half hours of a year.
func TestInstantShowsWhatItWasMadeOf(t *testing.T) {
	for _, name := range zones {
		loc := zone(t, name)
		left := 0
		for at := local(t, "2026-01-01T00:00"); at.Year() < 2027; at = at.Add(30 * time.Minute) {
			got := instant(at, loc)
			switch shown := localOf(got); {
			case shown.Before(at):
				t.Fatalf("%s: %s became %s, which is earlier", name, at.Format(store.LocalTime), got)
			case shown.After(at):
				left++
			case localOf(got.Add(-time.Hour)).Equal(at) || localOf(got.Add(-30*time.Minute)).Equal(at):
				t.Fatalf("%s: %s is not the first of two: %s", name, at.Format(store.LocalTime), got)
			}
		}
		if left > 2*2 { // an hour each spring, and after Ramadan in Morocco
			t.Errorf("%s leaves %d half hours out", name, left)
		}
	}
}

func TestLocationTakesOnlyZones(t *testing.T) {
	for _, name := range []string{"Europe/Zurich", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Asia/Calcutta"} {
		if _, ok := location(name); !ok {
			t.Errorf("%s is refused", name)
		}
	}
	for _, name := range []string{"", "Local", "EST", "CET", "localtime", "Europe/Nowhere", "../etc/passwd", "/etc/localtime", "posix/Europe/Zurich", "right/Europe/Zurich", "Europe/"} {
		if _, ok := location(name); ok {
			t.Errorf("%q is taken", name)
		}
	}
}

func TestZonesAreThere(t *testing.T) {
	list := Zones(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	found := map[string]time.Duration{}
	for i, z := range list {
		found[z.Name] = z.Offset
		if i > 0 && z.Offset < list[i-1].Offset {
			t.Errorf("%s comes after %s", z.Name, list[i-1].Name)
		}
	}
	if len(list) < 350 || len(list) != len(found) {
		t.Errorf("%d zones, %d of them different", len(list), len(found))
	}
	for name, want := range map[string]time.Duration{
		"Europe/Zurich": 2 * time.Hour, "Asia/Kolkata": 5*time.Hour + 30*time.Minute, "America/New_York": -4 * time.Hour, "UTC": 0,
	} {
		if got, ok := found[name]; !ok || got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
