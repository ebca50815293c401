package ics

import (
	"fmt"
	"strings"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

const (
	localForm = "20060102T150405"
	utcForm   = "20060102T150405Z"
)

// Encode gives the file.
func (e Event) Encode() ([]byte, error) {
	if e.Schedule == nil {
		return nil, ErrPermanent
	}
	if e.Host.Email == "" {
		e.Host.Email = e.Sender.Email
	}
	if e.Method != Publish && (e.Host.Email == "" || e.Attendee.Email == "") {
		return nil, ErrNobody
	}
	s, err := readSeries(e.Schedule)
	if err != nil {
		return nil, err
	}
	var l lines
	l.put("BEGIN", "VCALENDAR")
	l.put("PRODID", "-//Partyline//Partyline//EN")
	l.put("VERSION", "2.0")
	l.put("CALSCALE", "GREGORIAN")
	l.put("METHOD", string(e.Method))
	if !s.utc {
		from, to, endless := s.extent()
		l.zone(s.Zone, s.loc, from, to, endless)
	}
	if err := e.events(&l, s); err != nil {
		return nil, err
	}
	l.put("END", "VCALENDAR")
	return []byte(l.b.String()), nil
}

// events writes the VEVENTs: of one occurrence, or of the series and of those
// occurrences that are changed (RFC 5545 §3.8.4.4).
func (e Event) events(l *lines, s *series) error {
	if e.Original != "" && s.Repeat != "" {
		if _, err := time.Parse(store.LocalTime, e.Original); err != nil {
			return ErrOccurrence
		}
		e.event(l, s, e.Original, true)
		return nil
	}
	e.event(l, s, s.Start, false)
	if e.Method == Cancel || s.Repeat == "" {
		return nil
	}
	for _, x := range s.Exceptions {
		if !x.Cancelled {
			e.event(l, s, x.Original, true)
		}
	}
	return nil
}

// event writes one VEVENT: of the occurrence alone, or of the series that begins
// with it.
func (e Event) event(l *lines, s *series, original string, alone bool) {
	x := s.exception(original)
	if !alone && s.Repeat != "" {
		x = store.Exception{} // the first one's own change stands by itself
	}
	l.put("BEGIN", "VEVENT")
	l.put("UID", escape(e.UID))
	l.put("SEQUENCE", fmt.Sprint(e.Sequence))
	l.put("DTSTAMP", e.Stamp.UTC().Format(utcForm))
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"CREATED", e.Created}, {"LAST-MODIFIED", e.Changed}} {
		if !t.at.IsZero() {
			l.put(t.name, t.at.UTC().Format(utcForm))
		}
	}
	s.times(l, original, x)
	switch {
	case alone:
		s.time(l, "RECURRENCE-ID", original)
	case s.Repeat != "":
		s.repeats(l)
	}
	e.about(l, x.Title)
	e.people(l)
	status := "CONFIRMED"
	if e.Method == Cancel || x.Cancelled || !s.Cancelled.IsZero() {
		status = "CANCELLED"
	}
	l.put("STATUS", status)
	l.put("TRANSP", "OPAQUE")
	l.put("END", "VEVENT")
}

// about writes what it is and where.
func (e Event) about(l *lines, title string) {
	if title == "" {
		title = e.Title
	}
	var language []param
	if e.Language != "" {
		language = []param{{"LANGUAGE", e.Language}}
	}
	l.text("SUMMARY", title)
	l.text("DESCRIPTION", e.Text, language...)
	l.text("LOCATION", e.Location)
	if e.URL != "" {
		l.put("URL", uri(e.URL))
	}
	for _, w := range e.Ways {
		params := []param{{"VALUE", "URI"}}
		if len(w.Features) > 0 {
			params = append(params, param{"FEATURE", strings.Join(w.Features, ",")})
		}
		if w.Label != "" {
			params = append(params, param{"LABEL", quote(w.Label)})
		}
		if w.Language != "" {
			params = append(params, param{"LANGUAGE", w.Language})
		}
		l.put("CONFERENCE", uri(w.URI), params...)
	}
}

// people writes organizer and attendee. Answers go to the organizer, who is the
// host, whoever sends the message (RFC 5546 §2.1.1).
func (e Event) people(l *lines) {
	if e.Host.Email != "" {
		var params []param
		if e.Host.Name != "" {
			params = append(params, param{"CN", quote(e.Host.Name)})
		}
		if e.Sender.Email != "" && !strings.EqualFold(e.Sender.Email, e.Host.Email) {
			params = append(params, param{"SENT-BY", quote(mailto(e.Sender.Email))})
		}
		l.put("ORGANIZER", mailto(e.Host.Email), params...)
	}
	if e.Method == Publish {
		return
	}
	params := []param{{"CUTYPE", "INDIVIDUAL"}, {"ROLE", "REQ-PARTICIPANT"}}
	if e.Method == Request {
		params = append(params, param{"PARTSTAT", "NEEDS-ACTION"}, param{"RSVP", "TRUE"})
	}
	if e.Attendee.Name != "" {
		params = append(params, param{"CN", quote(e.Attendee.Name)})
	}
	l.put("ATTENDEE", mailto(e.Attendee.Email), params...)
}

// series is a schedule with its zone.
type series struct {
	*store.Schedule
	loc   *time.Location
	utc   bool
	first time.Time
	rule  string
}

func readSeries(s *store.Schedule) (*series, error) {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("ics: zone %q: %w", s.Zone, err)
	}
	local, err := time.Parse(store.LocalTime, s.Start)
	if err != nil {
		return nil, fmt.Errorf("ics: start: %w", err)
	}
	x := &series{Schedule: s, loc: loc, utc: s.Zone == "UTC" || s.Zone == "Etc/UTC", first: instant(local, loc)}
	if x.rule, err = meeting.Rule(s); err != nil {
		return nil, fmt.Errorf("ics: %w", err)
	}
	return x, nil
}

func (s *series) exception(original string) store.Exception {
	for _, x := range s.Exceptions {
		if x.Original == original {
			return x
		}
	}
	return store.Exception{}
}

// extent is from when to when the series goes, changed occurrences among it.
func (s *series) extent() (from, to time.Time, endless bool) {
	last, ends := meeting.Last(s.Schedule)
	from, to = s.first, s.first
	if ends {
		to = last.End
	}
	for _, x := range s.Exceptions {
		for _, text := range []string{x.Original, x.Start} {
			local, err := time.Parse(store.LocalTime, text)
			if err != nil {
				continue
			}
			at := instant(local, s.loc)
			if at.Before(from) {
				from = at
			}
			if at.After(to) {
				to = at
			}
		}
	}
	return from, to, !ends && s.Repeat != ""
}

// time writes a local time with its zone ("form 3" of §3.3.5), or one in UTC.
func (s *series) time(l *lines, name, local string) {
	t, err := time.Parse(store.LocalTime, local)
	if err != nil {
		return
	}
	s.wall(l, name, t)
}

func (s *series) wall(l *lines, name string, t time.Time) {
	if s.utc {
		l.put(name, t.Format(utcForm))
		return
	}
	l.put(name, t.Format(localForm), param{"TZID", s.Zone})
}

// times writes start and end. When the clocks are changed in between, an end on the
// wall might be understood otherwise than it is meant, and there is a duration.
func (s *series) times(l *lines, original string, x store.Exception) {
	start, length := original, s.Duration
	if x.Start != "" {
		start = x.Start
	}
	if x.Duration != 0 {
		length = x.Duration
	}
	local, err := time.Parse(store.LocalTime, start)
	if err != nil {
		return
	}
	s.wall(l, "DTSTART", local)
	begin := instant(local, s.loc)
	end := begin.Add(length)
	if shift(begin) == shift(end) && begin.UTC().Add(shift(begin)).Equal(local) {
		s.wall(l, "DTEND", local.Add(length))
		return
	}
	l.put("DURATION", fmt.Sprintf("PT%dM", int(length.Minutes())))
}

// repeats writes the rule and the occurrences that are cancelled.
func (s *series) repeats(l *lines) {
	l.put("RRULE", s.rule)
	for _, x := range s.Exceptions {
		if x.Cancelled {
			s.time(l, "EXDATE", x.Original)
		}
	}
}

// instant gives the time at which the wall shows a local time. One that comes twice
// is the first, one that is left out is taken by the offset before (§3.3.5).
func instant(local time.Time, loc *time.Location) time.Time {
	earlier := local.Add(-shift(local.Add(-36 * time.Hour).In(loc))).In(loc)
	later := local.Add(-shift(local.Add(36 * time.Hour).In(loc))).In(loc)
	if !wallOf(earlier).Equal(local) && wallOf(later).Equal(local) {
		return later
	}
	return earlier
}

func wallOf(t time.Time) time.Time { return t.UTC().Add(shift(t)) }

// shift is how far a time's zone is from UTC.
func shift(t time.Time) time.Duration {
	_, s := t.Zone()
	return time.Duration(s) * time.Second
}
