package api

import (
	"context"
	"net/url"
	"strings"
	"unicode"

	"github.com/partyline/partyline/meeting/ics"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
	"golang.org/x/text/unicode/norm"
)

type calendarOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) getCalendarFile(ctx context.Context, in *invitationInput) (*calendarOutput, error) {
	m, err := a.meeting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	facts, _, err := a.factsFor(ctx, &m.Room, m.Note, in)
	if err != nil {
		return nil, err
	}
	host := userOf(ctx)
	return a.calendarFile(m, facts, ics.Person{Name: host.Name, Email: host.Email})
}

// calendarFile is a meeting to be put into a calendar. It has no attendees; the
// organiser may be left out.
func (a *API) calendarFile(m *store.Meeting, facts invitation.Facts, host ics.Person) (*calendarOutput, error) {
	text := a.cfg.Write(facts)
	event := ics.Event{
		Method: ics.Publish, UID: m.UID, Sequence: m.Sequence, Stamp: a.cfg.Now(), Created: m.Created, Changed: m.Changed,
		Title: m.Room.Name, Text: text.Description, Location: text.Location, URL: facts.Ways.Link, Language: text.Language,
		Schedule: m.Room.Schedule, Host: host,
	}
	for _, c := range text.Calls {
		event.Ways = append(event.Ways, ics.Way(c))
	}
	file, err := event.Encode()
	if err != nil {
		return nil, meetingProblem(err)
	}
	return &calendarOutput{
		ContentType: "text/calendar; charset=utf-8; method=PUBLISH",
		Disposition: download(m.Room.Name, ".ics"),
		Body:        file,
	}, nil
}

// download is a Content-Disposition (RFC 6266) that names a file by a title: in
// ASCII for old readers, and as it is (RFC 8187).
func download(title, suffix string) string {
	title = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, title)
	if strings.Trim(title, " .-") == "" {
		title = "meeting"
	}
	plain := strings.Map(func(r rune) rune {
		switch {
		case r > unicode.MaxASCII && unicode.IsMark(r):
			return -1
		case r > unicode.MaxASCII, r == '%', r == ';', r == '\'':
			return '_'
		}
		return r
	}, norm.NFD.String(title))
	return `attachment; filename="` + plain + suffix + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(title+suffix), "+", "%20")
}
