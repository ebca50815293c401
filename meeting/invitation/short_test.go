package invitation

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/locales"
)

func TestSegments(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Size
	}{
		{"", Size{"GSM-7", 0, 0}},
		{"Hello", Size{"GSM-7", 5, 1}},
		{strings.Repeat("ä", 160), Size{"GSM-7", 160, 1}},
		{strings.Repeat("a", 161), Size{"GSM-7", 161, 2}},
		{strings.Repeat("a", 306), Size{"GSM-7", 306, 2}},
		{strings.Repeat("a", 307), Size{"GSM-7", 307, 3}},
		{strings.Repeat("€", 80), Size{"GSM-7", 160, 1}},
		{strings.Repeat("€", 81), Size{"GSM-7", 162, 2}},
		{"a" + strings.Repeat("€", 152), Size{"GSM-7", 305, 2}},
		// An escape and its letter stay together: 152 septets and one to spare each.
		{strings.Repeat("€", 153), Size{"GSM-7", 306, 3}},
		{"ß[]~", Size{"GSM-7", 7, 1}},
		{"ç", Size{"UCS-2", 1, 1}},
		{strings.Repeat("ş", 70), Size{"UCS-2", 70, 1}},
		{strings.Repeat("ş", 71), Size{"UCS-2", 71, 2}},
		{strings.Repeat("🎈", 35), Size{"UCS-2", 70, 1}},
		{strings.Repeat("🎈", 67), Size{"UCS-2", 134, 3}}, // 66 units each
	} {
		if got := Segments(tt.text); got != tt.want {
			t.Errorf("%.20q…: %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestToGSM(t *testing.T) {
	for text, want := range map[string]string{
		"Straße für Ångström, à la crème": "Straße für Ångström, à la crème", // all is in it
		"„Quote“ ‘x’ – dash…":             `"Quote" 'x' - dash...`,
		"İstanbul şehir ıĞç":              "Istanbul sehir iGc",
		"Łódź, Dvořák, œuf, Þór":          "Lodz, Dvorak, oeuf, Thor",
		"週次会議 sync":                       "sync",
		"Привет":                          "",
		"ΑΘΗΝΑ":                           "AΘHNA",
		"a\tb\nc\u00a0d":                  "a b c d",
		"[x] {y} ~ €":                     "[x] {y} ~ €",
		"e\u0301":                         "é",
		"ﬁve ②":                           "five 2",
	} {
		if got := toGSM(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if _, ok := septets(toGSM(text)); !ok {
			t.Errorf("%q: not all of %q is in the alphabet", text, toGSM(text))
		}
	}
}

// checkShort holds a short text to its promises.
func checkShort(t *testing.T, f Facts, m Message) {
	t.Helper()
	size := Segments(m.Short)
	if size.Encoding != "GSM-7" || size.Segments > 1 || size.Units > 160 {
		t.Errorf("%+v: %q", size, m.Short)
	}
	if strings.ContainsAny(m.Short, "\r\n\x1b") || strings.TrimSpace(m.Short) != m.Short {
		t.Errorf("%q", m.Short)
	}
	if f.Kind == Cancel || f.Kind == Withdraw {
		if strings.Contains(m.Short, "https:") {
			t.Errorf("a link that has ended: %q", m.Short)
		}
		return
	}
	if f.Ways.Link != "" {
		if !strings.Contains(m.Short, f.Ways.Link) {
			t.Errorf("no link: %q", m.Short)
		}
		return
	}
	for _, part := range []string{f.Ways.Numbers[0].Number, f.Ways.Extension, f.Ways.PIN} {
		if !strings.Contains(m.Short, part) {
			t.Errorf("no %s: %q", part, m.Short)
		}
	}
}

// TestShort has random titles, names, kinds and languages.
func TestShort(t *testing.T) {
	b := book(t)
	r := rand.New(rand.NewPCG(3, 38))
	letters := []rune("aZ 09äß€[]{}~^\\|éêşłœ–“…週Ж🎈\u202e\n\x1b")
	word := func(most int) string {
		s := make([]rune, r.IntN(most))
		for i := range s {
			s[i] = letters[r.IntN(len(letters))]
		}
		return string(s)
	}
	full := 0
	for range 1000 {
		f := weekly(t)
		f.Kind = []Kind{Invite, Change, Cancel, Reminder, Withdraw}[r.IntN(5)]
		f.Language = locales.Languages()[r.IntN(5)]
		f.Title, f.Inviter = word(100), word(70)
		f.Ways.Link = "https://meet.example.org/" + strings.Repeat("x", r.IntN(100)) + "/j/3kTfL0aQx9PzB7sWcYd2Ve"[:1+r.IntN(20)]
		if r.IntN(3) == 0 {
			f.Ways.Link = ""
		}
		if r.IntN(3) == 0 {
			f.When = nil
		}
		m := Message{Short: newParts(b.In(f.Language), f).short()}
		checkShort(t, f, m)
		if n := Segments(m.Short).Units; n > 150 {
			full++
		}
		if t.Failed() {
			t.Fatalf("%+v", f)
		}
	}
	if full < 100 {
		t.Errorf("only %d of 1000 are full: is the room used?", full)
	}
}

// TestCutTitle says what goes first.
func TestCutTitle(t *testing.T) {
	f := weekly(t)
	f.Title = "Planning of the year with everybody who was there last time"
	got := Write(book(t), f).Short
	want := "Ada Host: Planning of the year..., Mon 30 Nov 2026, 14:00 (UTC+1). https://meet.example.org/j/3kTfL0aQx9PzB7sWcYd2Ve Tel +41445550100, no. 112752642, PIN 48219"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f.Ways.Numbers = nil
	if got := Write(book(t), f).Short; !strings.Contains(got, f.Title) {
		t.Errorf("there was room for all of it: %s", got)
	}
	f.Ways.Link = "https://meet.example.org/" + strings.Repeat("x", 200)
	if got := Write(book(t), f).Short; got != f.Ways.Link {
		t.Errorf("a link was cut: %s", got)
	}
	f.Ways.Link = "https://besprechung.şirket.example/j/ü"
	if got := Write(book(t), f).Short; !strings.Contains(got, "https://besprechung.xn--irket-idb.example/j/%C3%BC") {
		t.Errorf("%s", got)
	}
}

func FuzzShort(f *testing.F) {
	f.Add("Weekly sync", "Ada Host", uint8(0), uint8(0))
	f.Add(strings.Repeat("€", 100), strings.Repeat("[", 64), uint8(1), uint8(2))
	f.Add("\xff\u202e\r\nBcc: x", "", uint8(2), uint8(3))
	b := book(f)
	f.Fuzz(func(t *testing.T, title, name string, kind, lang uint8) {
		facts := weekly(t)
		facts.Title, facts.Inviter, facts.Note = title, name, title+name
		facts.Kind = []Kind{Invite, Change, Cancel, Reminder}[kind%4]
		facts.Language = locales.Languages()[lang%5]
		m := Write(b, facts)
		checkShort(t, facts, m)
		if Line(m.Subject) != m.Subject || strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("%q", m.Subject)
		}
		if strings.ContainsAny(m.Text, "\r\x00\u202e\u2066") {
			t.Errorf("%q", m.Text)
		}
		for _, html := range []string{m.HTML, m.Mail} {
			if strings.Count(html, "<script") > 0 || strings.Count(html, "<a ") > 5 {
				t.Errorf("%s", html)
			}
		}
	})
}

func TestSpan(t *testing.T) {
	w := book(t).In("en")
	kolkata, newYork := zone(t, "Asia/Kolkata"), zone(t, "America/New_York")
	for _, tt := range []struct {
		start, end time.Time
		zone, want string
	}{
		{time.Date(2026, 11, 30, 9, 0, 0, 0, kolkata), time.Date(2026, 11, 30, 9, 45, 0, 0, kolkata), "Asia/Kolkata", "Mon 30 Nov 2026, 09:00–09:45 (Asia/Kolkata, UTC+5:30)"},
		{time.Date(2026, 12, 31, 23, 30, 0, 0, newYork), time.Date(2027, 1, 1, 0, 30, 0, 0, newYork), "America/New_York", "Thu 31 Dec 2026, 23:30 – Fri 1 Jan 2027, 00:30 (America/New_York, UTC-5)"},
		{time.Date(2026, 11, 1, 0, 30, 0, 0, newYork), time.Date(2026, 11, 1, 0, 30, 0, 0, newYork).Add(3 * time.Hour), "America/New_York", "Sun 1 Nov 2026, 00:30–02:30 (America/New_York, UTC-4/UTC-5)"},
		{time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 13, 0, 0, 0, time.UTC), "UTC", "Wed 1 Jul 2026, 12:00–13:00 (UTC)"},
	} {
		if got := Span(w, tt.start, tt.end, tt.zone); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
