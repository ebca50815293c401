package dialplan

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Schedule is the hours of a day, on days of the week, by the clocks of a place.
// It asks what the clock on the wall says, so that it holds across the change to
// summer time: an hour that the change leaves out never comes, one that it
// repeats counts both times. The zero Schedule holds never.
type Schedule struct {
	days  Days
	hours []Hours // none: all day
	zone  *time.Location
	text  string
}

// Days are days of the week.
type Days [7]bool // by time.Weekday

// Hours are a part of the day in minutes after midnight; From is in it, To no
// more. When To is not after From, they go on until To of the next day, and count
// to the day on which they begin.
type Hours struct{ From, To int }

// ParseSchedule reads days such as "mon-fri" and "sat", hours such as
// "08:00-18:00" and "22:00-06:00", and the name of a time zone. Without days or
// hours it is every day or all day.
func ParseSchedule(days, hours []string, zone string) (*Schedule, error) {
	s := &Schedule{}
	for _, text := range days {
		d, err := ParseDays(text)
		if err != nil {
			return nil, err
		}
		for i := range d {
			s.days[i] = s.days[i] || d[i]
		}
	}
	if len(days) == 0 {
		s.days = Days{true, true, true, true, true, true, true}
	}
	for _, text := range hours {
		h, err := ParseHours(text)
		if err != nil {
			return nil, err
		}
		s.hours = append(s.hours, h)
	}
	var err error
	if s.zone, err = ParseZone(zone); err != nil {
		return nil, err
	}
	s.text = strings.Join(append(append(append([]string{}, days...), hours...), "in "+zone), " ")
	return s, nil
}

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseDays reads "mon-fri", "sat-mon" or "sun"; days may also be written out.
func ParseDays(text string) (Days, error) {
	var days Days
	from, to, is := strings.Cut(text, "-")
	if !is {
		to = from
	}
	first, ok := weekday(from)
	last, also := weekday(to)
	if !ok || !also {
		return days, fmt.Errorf("%q is no day of the week: write mon, tue, wed, thu, fri, sat, sun or mon-fri", text)
	}
	for d := first; ; d = (d + 1) % 7 {
		days[d] = true
		if d == last {
			return days, nil
		}
	}
}

func weekday(word string) (day int, ok bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for i, short := range weekdays {
		if word == short || word == strings.ToLower(time.Weekday(i).String()) {
			return i, true
		}
	}
	return 0, false
}

// ParseHours reads "08:00-18:00", or "22:00-06:00" over midnight. 24:00 is the
// end of a day.
func ParseHours(text string) (Hours, error) {
	from, to, ok := strings.Cut(text, "-")
	a, okA := clock(strings.TrimSpace(from))
	b, okB := clock(strings.TrimSpace(to))
	switch {
	case !ok || !okA || !okB || a == 24*60:
		return Hours{}, fmt.Errorf("%q are no hours: write 08:00-18:00", text)
	case a == b:
		return Hours{}, fmt.Errorf("%q begins when it ends: leave hours out for the whole day", text)
	}
	return Hours{From: a, To: b}, nil
}

// clock reads HH:MM into minutes after midnight.
func clock(text string) (minutes int, ok bool) {
	h, m, ok := strings.Cut(text, ":")
	if !ok || len(h) < 1 || len(h) > 2 || len(m) != 2 || !Digits(h) || !Digits(m) {
		return 0, false
	}
	hour, minute := 0, 0
	for _, c := range h {
		hour = 10*hour + int(c-'0')
	}
	for _, c := range m {
		minute = 10*minute + int(c-'0')
	}
	minutes = 60*hour + minute
	return minutes, minute < 60 && minutes <= 24*60
}

// ParseZone finds a time zone by its name, such as Europe/Zurich or UTC.
func ParseZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("times need a zone: write zone: Europe/Zurich")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone: write Europe/Zurich or UTC", name)
	}
	return zone, nil
}

// Holds says whether the moment is within the schedule.
func (s *Schedule) Holds(t time.Time) bool {
	if s.zone == nil {
		return false
	}
	local := t.In(s.zone)
	today := local.Weekday()
	yesterday := (today + 6) % 7
	if len(s.hours) == 0 {
		return s.days[today]
	}
	now := 60*local.Hour() + local.Minute()
	for _, h := range s.hours {
		switch {
		case h.From < h.To:
			if s.days[today] && now >= h.From && now < h.To {
				return true
			}
		case s.days[today] && now >= h.From, s.days[yesterday] && now < h.To:
			return true
		}
	}
	return false
}

// String is the schedule as it was written.
func (s *Schedule) String() string { return s.text }

// words say what the clock shows there, for the explanation.
func (s *Schedule) words(t time.Time) string {
	if s.zone == nil {
		return "never"
	}
	return strings.ToLower(t.In(s.zone).Format("Mon 15:04"))
}
