package invitation

import (
	"fmt"
	"strings"
	"time"

	"github.com/partyline/partyline/locales"
)

// Date is a day as its language writes it, with the weekday: "Mon 30 Nov 2026".
func Date(w *locales.Words, t time.Time) string {
	return w.Say("invitation.date",
		"Weekday", nth(w, "invitation.weekdays.short", int(t.Weekday())), "Day", dayOf(w, t),
		"Month", nth(w, "invitation.months.short", int(t.Month())-1), "Year", t.Year())
}

// Moment is a day and a time of day: "Mon 30 Nov 2026, 14:00".
func Moment(w *locales.Words, t time.Time) string {
	return w.Say("invitation.moment", "Date", Date(w, t), "Time", clock(t))
}

// Span is a time from one moment to another with its zone, whose name may be empty:
// "Mon 30 Nov 2026, 14:00–15:00 (Europe/Zurich, UTC+1)".
func Span(w *locales.Words, start, end time.Time, zone string) string {
	return span(w, start, end) + " (" + Zone(start, end, zone) + ")"
}

// span is a time without its zone.
func span(w *locales.Words, start, end time.Time) string {
	if start.Format(time.DateOnly) == end.Format(time.DateOnly) {
		return w.Say("invitation.span", "Date", Date(w, start), "From", clock(start), "To", clock(end))
	}
	return w.Say("invitation.span.days", "From", Moment(w, start), "To", Moment(w, end))
}

// Zone is a zone's name with its offset at a time: "Europe/Zurich, UTC+1". When the
// clocks change in between, it has both offsets.
func Zone(start, end time.Time, zone string) string {
	off := Offset(start)
	if to := Offset(end); to != off {
		off += "/" + to
	}
	if zone == "" || zone == "UTC" || zone == "Etc/UTC" {
		return off
	}
	return zone + ", " + off
}

// Offset is how far a time's zone is from UTC: "UTC+1", "UTC+5:30", "UTC−3".
func Offset(t time.Time) string {
	_, s := t.Zone()
	if s == 0 {
		return "UTC"
	}
	sign := "+"
	if s < 0 {
		sign, s = "-", -s
	}
	h, m := s/3600, s/60%60
	if m == 0 {
		return fmt.Sprintf("UTC%s%d", sign, h)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, h, m)
}

func clock(t time.Time) string { return t.Format("15:04") }

// dayOf is the day of a month. French and Italian count the first apart.
func dayOf(w *locales.Words, t time.Time) string {
	if t.Day() == 1 {
		return w.Say("invitation.day.first")
	}
	return fmt.Sprint(t.Day())
}

// nth is one of a key's words, which are separated by bars.
func nth(w *locales.Words, key string, i int) string {
	list := strings.Split(w.Say(key), "|")
	if i < 0 || i >= len(list) {
		return ""
	}
	return list[i]
}
