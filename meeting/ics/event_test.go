package ics

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	emersion "github.com/emersion/go-ical"

	"github.com/partyline/partyline/store"
)

var write = flag.Bool("write", false, "write the golden files anew")

// weekly is a series with one occurrence cancelled and one moved and renamed.
func weekly() Event {
	return Event{
		Method: Request, UID: "3b241101-e2bb-4255-8caf-4136c566a962@meet.example.org", Sequence: 2,
		Stamp: time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC), Changed: time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC),
		Title: "Weekly sync, all; of us", Language: "en",
		Text:     "Ada Host invites you to: Weekly sync\nJoin in a browser:   https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve\nBy phone:            +41 44 555 01 00 (Zürich) · +1 212-555-0123 (New York)\n",
		Location: "https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve", URL: "https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve",
		Schedule: &store.Schedule{
			Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270628",
			Exceptions: []store.Exception{
				{Original: "2026-12-28T14:00", Cancelled: true},
				{Original: "2027-01-04T14:00", Start: "2027-01-05T09:30", Duration: 30 * time.Minute, Title: "Start of the year"},
			},
		},
		Host:     Person{Name: `Ada "the host", Ltd`, Email: "ada@example.org"},
		Sender:   Person{Email: "meet@example.org"},
		Attendee: Person{Name: "Grâce Hopper", Email: "grace@example.com"},
		Ways: []Way{
			{URI: "https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve", Features: []string{"AUDIO"}, Label: "Join in a browser", Language: "en"},
			{URI: "tel:+41445550100,,112752642,,48219", Features: []string{"AUDIO", "PHONE"}, Label: "By phone, +41 44 555 01 00 (Zürich)", Language: "en"},
			{URI: "sip:112752642@meet.example.org", Features: []string{"AUDIO"}, Label: "Room system, SIP"},
			{URI: "h323:112752642@203.0.113.10", Features: []string{"AUDIO"}, Label: "Room system, H.323"},
		},
	}
}

func encode(t testing.TB, e Event) []byte {
	t.Helper()
	file, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	form(t, file)
	return file
}

// form checks what no parser would mind: lines end with CRLF, none is longer than 75
// octets, none ends within a letter.
func form(t testing.TB, file []byte) {
	t.Helper()
	text := string(file)
	if !strings.HasSuffix(text, "END:VCALENDAR\r\n") || strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		t.Errorf("lines do not end with CRLF:\n%q", text)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > fold || strings.ToValidUTF8(line, "") != line {
			t.Errorf("%d octets: %q", len(line), line)
		}
	}
}

// TestGolden has a file of each method in the tree, to be looked at when it changes.
func TestGolden(t *testing.T) {
	one := weekly()
	one.Original = "2027-01-04T14:00"
	cancelled := one
	cancelled.Method, cancelled.Original = Cancel, "2026-12-28T14:00"
	published := weekly()
	published.Method = Publish
	for name, e := range map[string]Event{"request": weekly(), "change-one": one, "cancel-one": cancelled, "publish": published} {
		got := string(encode(t, e))
		path := filepath.Join("testdata", name+".ics")
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
			t.Errorf("%s differs (if it is meant to: go test -write), got\n%s", path, got)
		}
	}
}

func TestRequest(t *testing.T) {
	cal := decode(t, encode(t, weekly()))
	if cal.Props.Get("METHOD").Value != "REQUEST" || len(cal.Events()) != 2 {
		t.Fatalf("%v, %d events", cal.Props, len(cal.Events()))
	}
	series, moved := cal.Events()[0].Component, cal.Events()[1].Component
	for _, c := range []*emersion.Component{series, moved} {
		want(t, c, "UID", "3b241101-e2bb-4255-8caf-4136c566a962@meet.example.org")
		want(t, c, "SEQUENCE", "2")
		want(t, c, "STATUS", "CONFIRMED")
		want(t, c, "ORGANIZER", "mailto:ada@example.org")
		if o := c.Props.Get("ORGANIZER"); o.Params.Get("CN") != "Ada 'the host', Ltd" || o.Params.Get("SENT-BY") != "mailto:meet@example.org" {
			t.Errorf("%v", o)
		}
		want(t, c, "ATTENDEE", "mailto:grace@example.com")
		a := c.Props.Get("ATTENDEE")
		if len(c.Props.Values("ATTENDEE")) != 1 || a.Params.Get("RSVP") != "TRUE" || a.Params.Get("PARTSTAT") != "NEEDS-ACTION" || a.Params.Get("CN") != "Grâce Hopper" {
			t.Errorf("%v", a)
		}
		if ways := c.Props.Values("CONFERENCE"); len(ways) != 4 || ways[1].Value != "tel:+41445550100,,112752642,,48219" {
			t.Errorf("%v", ways)
		}
	}
	want(t, series, "DTSTART", "20261130T140000")
	want(t, series, "DTEND", "20261130T150000")
	want(t, series, "RRULE", "FREQ=WEEKLY;UNTIL=20270628T215959Z;BYDAY=MO")
	want(t, series, "EXDATE", "20261228T140000")
	want(t, moved, "RECURRENCE-ID", "20270104T140000")
	want(t, moved, "DTSTART", "20270105T093000")
	want(t, moved, "DTEND", "20270105T100000")
	for _, name := range []string{"DTSTART", "DTEND", "RECURRENCE-ID"} {
		if id := moved.Props.Get(name).Params.Get("TZID"); id != "Europe/Zurich" {
			t.Errorf("%s: TZID %q", name, id)
		}
	}
	if s, _ := series.Props.Text("SUMMARY"); s != "Weekly sync, all; of us" {
		t.Errorf("%q", s)
	}
	if s, _ := moved.Props.Text("SUMMARY"); s != "Start of the year" {
		t.Errorf("%q", s)
	}
	if s, _ := series.Props.Text("DESCRIPTION"); s+"\n" != weekly().Text {
		t.Errorf("%q", s)
	}
	if moved.Props.Get("RRULE") != nil || moved.Props.Get("EXDATE") != nil {
		t.Error("a changed occurrence has a rule")
	}
}

// TestFlow is a meeting's life in a calendar: the UID stays, SEQUENCE rises, and one
// occurrence is known by its RECURRENCE-ID.
func TestFlow(t *testing.T) {
	e := weekly()
	one := e
	one.Method, one.Sequence, one.Original = Cancel, 3, "2026-12-28T14:00"
	all := e
	all.Method, all.Sequence = Cancel, 4
	for _, tt := range []struct {
		event                Event
		method, status, id   string
		sequence             string
		rule, rsvp, attendee bool
	}{
		{e, "REQUEST", "CONFIRMED", "", "2", true, true, true},
		{one, "CANCEL", "CANCELLED", "20261228T140000", "3", false, false, true},
		{all, "CANCEL", "CANCELLED", "", "4", true, false, true},
	} {
		cal := decode(t, encode(t, tt.event))
		c := cal.Events()[0].Component
		if cal.Props.Get("METHOD").Value != tt.method {
			t.Errorf("METHOD %v", cal.Props.Get("METHOD"))
		}
		want(t, c, "UID", e.UID)
		want(t, c, "SEQUENCE", tt.sequence)
		want(t, c, "STATUS", tt.status)
		if id := c.Props.Get("RECURRENCE-ID"); (id == nil) != (tt.id == "") || id != nil && id.Value != tt.id {
			t.Errorf("RECURRENCE-ID %v, want %s", id, tt.id)
		}
		if got := c.Props.Get("RRULE") != nil; got != tt.rule {
			t.Errorf("RRULE is there: %v", got)
		}
		if a := c.Props.Get("ATTENDEE"); (a != nil) != tt.attendee || (a.Params.Get("RSVP") == "TRUE") != tt.rsvp {
			t.Errorf("%v", a)
		}
		if tt.method == "CANCEL" && len(cal.Events()) != 1 {
			t.Errorf("%d events in a CANCEL", len(cal.Events()))
		}
	}
}

// TestPublish has no attendee, whoever is given.
func TestPublish(t *testing.T) {
	e := weekly()
	e.Method = Publish
	for _, event := range decode(t, encode(t, e)).Events() {
		if event.Props.Get("ATTENDEE") != nil || event.Props.Get("ORGANIZER") == nil {
			t.Errorf("%v", event.Props)
		}
	}
	e.Host, e.Sender, e.Attendee = Person{Name: "Ada"}, Person{}, Person{}
	if o := decode(t, encode(t, e)).Events()[0].Props.Get("ORGANIZER"); o != nil {
		t.Errorf("an organizer without an address: %v", o)
	}
	e.Host, e.Sender = Person{Name: "Ada"}, Person{Email: "meet@example.org"}
	o := decode(t, encode(t, e)).Events()[0].Props.Get("ORGANIZER")
	if o == nil || o.Value != "mailto:meet@example.org" || o.Params.Get("SENT-BY") != "" || o.Params.Get("CN") != "Ada" {
		t.Errorf("%v", o)
	}
}

func TestOnce(t *testing.T) {
	e := weekly()
	s := *e.Schedule
	s.Repeat, s.Exceptions, e.Schedule = "", []store.Exception{{Original: s.Start, Start: "2026-12-01T23:30", Title: "Later"}}, &s
	e.Original = s.Start
	cal := decode(t, encode(t, e))
	c := cal.Events()[0].Component
	want(t, c, "DTSTART", "20261201T233000")
	want(t, c, "DTEND", "20261202T003000")
	want(t, c, "SUMMARY", "Later")
	if c.Props.Get("RECURRENCE-ID") != nil || c.Props.Get("RRULE") != nil || len(cal.Events()) != 1 {
		t.Errorf("%v", c.Props)
	}
	s.Zone, s.Exceptions = "UTC", nil
	cal = decode(t, encode(t, e))
	want(t, cal.Events()[0].Component, "DTSTART", "20261130T140000Z")
	if len(cal.Children) != 1 {
		t.Error("UTC needs no VTIMEZONE")
	}
}

// TestClocks has ends that the wall does not tell: there is a duration then.
func TestClocks(t *testing.T) {
	for _, tt := range []struct {
		start         string
		end, duration string
	}{
		{"2027-03-28T00:30", "20270328T013000", ""},
		{"2027-03-28T01:30", "", "PT60M"}, // to 3:30
		{"2027-03-28T02:30", "", "PT60M"}, // is left out
		{"2027-10-31T01:30", "20271031T023000", ""},
		{"2027-10-31T02:30", "", "PT60M"}, // the first, to the second
		{"2027-10-31T03:30", "20271031T043000", ""},
	} {
		e := weekly()
		e.Schedule = &store.Schedule{Zone: "Europe/Zurich", Start: tt.start, Duration: time.Hour}
		c := decode(t, encode(t, e)).Events()[0].Component
		if tt.end != "" {
			want(t, c, "DTEND", tt.end)
		} else {
			want(t, c, "DURATION", tt.duration)
		}
	}
}

func TestRefused(t *testing.T) {
	room, nobody, strange := weekly(), weekly(), weekly()
	room.Schedule, nobody.Attendee.Email, strange.Original = nil, "", "tomorrow"
	for _, tt := range []struct {
		e    Event
		want error
	}{{room, ErrPermanent}, {nobody, ErrNobody}, {strange, ErrOccurrence}} {
		if _, err := tt.e.Encode(); !errors.Is(err, tt.want) {
			t.Errorf("%v, want %v", err, tt.want)
		}
	}
	nowhere := weekly()
	nowhere.Schedule = &store.Schedule{Zone: "Mars/Base", Start: "2026-11-30T14:00"}
	if _, err := nowhere.Encode(); err == nil {
		t.Error("a zone that is none")
	}
}

func want(t testing.TB, c *emersion.Component, name, value string) {
	t.Helper()
	p := c.Props.Get(name)
	if p == nil || p.Value != value {
		t.Errorf("%s is %v, want %s", name, p, value)
	}
}
