package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/ics"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
)

// Library is what the composer reads of package store.
type Library interface {
	RoomByID(ctx context.Context, id string) (*store.Room, error)
	MeetingByID(ctx context.Context, id string) (store.Meeting, error)
	UserByID(ctx context.Context, id string) (store.User, error)
	InviteeKeys(ctx context.Context, id string) (token, pin string, err error)
	PINs(ctx context.Context, id string) (guest, host string, err error)
}

// WordsConfig is what messages are composed with.
type WordsConfig struct {
	Store Library
	// Ways are the ways into a room for whom has this PIN and the token of this
	// guest link, in a language.
	Ways func(extension, pin, token, language string) invitation.Ways
	// Write writes the text, as invitation.Write does.
	Write func(invitation.Facts) invitation.Message
	// From is the gateway's own address, as MailConfig.From; empty without mail.
	From string
	// Language is that of whoever has none, in a room that has none.
	Language string
	Now      func() time.Time // nil: time.Now
}

// Words composes messages from what the store has at the time. It implements
// Composer. The host's PIN and link are in none of them.
type Words struct {
	cfg  WordsConfig
	from ics.Person
}

// NewWords checks the configuration.
func NewWords(cfg WordsConfig) (*Words, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	w := &Words{cfg: cfg}
	if cfg.From != "" {
		from, err := mail.ParseAddress(cfg.From)
		if err != nil {
			return nil, fmt.Errorf("mail: from: %w", err)
		}
		w.from = ics.Person{Name: from.Name, Email: from.Address}
	}
	return w, nil
}

// letter is a message in the making.
type letter struct {
	job     store.Job
	meeting store.Meeting // Room alone is set for a permanent room
	host    ics.Person
	facts   invitation.Facts
}

// Compose makes the message of a job.
func (w *Words) Compose(ctx context.Context, j store.Job) (Message, error) {
	l, err := w.read(ctx, j)
	if err != nil {
		return Message{}, err
	}
	if err := w.time(l); err != nil {
		return Message{}, err
	}
	if err := w.ways(ctx, l); err != nil {
		return Message{}, err
	}
	text := w.cfg.Write(l.facts)
	m := Message{
		ToName: j.Name, To: j.Address, ReplyToName: l.host.Name, ReplyTo: l.host.Email, Language: text.Language,
		Subject: text.Subject, Text: text.Text, HTML: text.Mail, SMS: text.Short,
	}
	if l.facts.When == nil || j.Channel != store.ChannelMail || j.Kind == store.JobReminder {
		return m, nil
	}
	m.Method = string(ics.Request)
	if j.Kind == store.JobCancel {
		m.Method = string(ics.Cancel)
	}
	m.Calendar, err = w.calendar(l, text, ics.Method(m.Method))
	if err != nil {
		return Message{}, &Refusal{Reason: "the calendar part cannot be written", Permanent: true, Err: err}
	}
	return m, nil
}

// read finds the room, the meeting and the host.
func (w *Words) read(ctx context.Context, j store.Job) (*letter, error) {
	l := &letter{job: j}
	r, err := w.cfg.Store.RoomByID(ctx, j.RoomID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Dropped{"the room is no more"}
	}
	if err != nil {
		return nil, err
	}
	l.meeting.Room = *r
	if r.Schedule != nil {
		if l.meeting, err = w.cfg.Store.MeetingByID(ctx, j.RoomID); err != nil {
			return nil, err
		}
	}
	r = &l.meeting.Room
	if l.host, err = w.host(ctx, r.OwnerID); err != nil {
		return nil, err
	}
	l.facts = invitation.Facts{
		Kind: invitation.Kind(j.Kind), Language: firstOf(j.Language, r.Language, w.cfg.Language),
		Inviter: l.host.Name, Title: r.Name, Note: l.meeting.Note,
	}
	return l, nil
}

// host is whose room it is; zero if it is every account's, or has an owner without
// a mail address.
func (w *Words) host(ctx context.Context, id string) (ics.Person, error) {
	if id == "" {
		return ics.Person{}, nil
	}
	u, err := w.cfg.Store.UserByID(ctx, id)
	if errors.Is(err, store.ErrNoUser) {
		return ics.Person{}, nil
	}
	if err != nil {
		return ics.Person{}, err
	}
	p := ics.Person{Name: u.Name}
	if _, err := recipient(u.Email); err == nil {
		p.Email = u.Email
	}
	return p, nil
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// time says when the meeting is, or that the message has become pointless.
func (w *Words) time(l *letter) error {
	s, j := l.meeting.Room.Schedule, l.job
	cancel := j.Kind == store.JobCancel
	switch {
	case s == nil && j.Kind != store.JobInvite:
		return &Dropped{"a permanent room has no times"}
	case s == nil:
		return nil
	case !cancel && !s.Cancelled.IsZero():
		return &Dropped{"the meeting is cancelled"}
	case !cancel && !s.Completed.IsZero():
		return &Dropped{"the meeting is over"}
	}
	o, one := meeting.Occurrence{}, j.Occurrence != "" && s.Repeat != ""
	if one {
		var ok bool
		if o, ok = find(s, j.Occurrence); !ok {
			return &Dropped{"the meeting is at other times now"}
		}
	} else if o = w.coming(s); o.Start.IsZero() {
		return &Dropped{"the meeting is over"}
	}
	switch {
	case j.Kind == store.JobReminder && (o.Cancelled || !o.Start.Equal(j.Start)):
		return &Dropped{"the meeting is at another time now"}
	case cancel && one && !o.Cancelled:
		return &Dropped{"it takes place after all"}
	case j.Kind == store.JobChange && o.Cancelled:
		return &Dropped{"it is cancelled"}
	}
	if cancel && !one && s.Cancelled.IsZero() { // it takes place without them
		l.facts.Kind = invitation.Withdraw
	}
	l.facts.When = invitation.WhenOf(s, o, one)
	if one {
		l.facts.Title = firstOf(o.Title, l.facts.Title)
	}
	return nil
}

// coming is the occurrence that a message about the whole meeting names: that which
// runs or comes, else the last. A cancelled meeting has those that it had.
func (w *Words) coming(s *store.Schedule) meeting.Occurrence {
	open := *s
	open.Cancelled, open.Completed = time.Time{}, time.Time{}
	if o, ok := meeting.Next(&open, w.cfg.Now()); ok {
		return o
	}
	o, _ := meeting.Last(&open)
	return o
}

// find finds an occurrence by its original start, cancelled or not.
func find(s *store.Schedule, original string) (meeting.Occurrence, bool) {
	begins := original
	for _, e := range s.Exceptions {
		if e.Original == original && e.Start != "" {
			begins = e.Start
		}
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return meeting.Occurrence{}, false
	}
	at, err := time.ParseInLocation(store.LocalTime, begins, zone)
	if err != nil {
		return meeting.Occurrence{}, false
	}
	// A day either way: where clocks change the start is not quite there.
	list, err := meeting.Between(s, at.AddDate(0, 0, -1), at.AddDate(0, 0, 1), 0)
	if err != nil {
		return meeting.Occurrence{}, false
	}
	for _, o := range list {
		if o.Original == original {
			return o, true
		}
	}
	return meeting.Occurrence{}, false
}

// ways adds how to get in. A cancellation has no need of that.
func (w *Words) ways(ctx context.Context, l *letter) error {
	if l.job.Kind == store.JobCancel {
		return nil
	}
	r := &l.meeting.Room
	token, own, err := w.cfg.Store.InviteeKeys(ctx, l.job.InviteeID)
	switch {
	case errors.Is(err, store.ErrNoInvitee):
		return &Dropped{"no longer invited"}
	case errors.Is(err, store.ErrLinkEnded):
		return &Dropped{"the meeting is over"}
	case err != nil:
		return err
	}
	pin, _, err := w.cfg.Store.PINs(ctx, r.ID)
	if err != nil {
		return err
	}
	l.facts.Ways = w.cfg.Ways(r.Extension, firstOf(own, pin), token, l.facts.Language)
	return nil
}

// calendar is the part for the recipient's calendar. The host is the organiser, to
// whom answers go; the gateway sends for them.
func (w *Words) calendar(l *letter, text invitation.Message, method ics.Method) ([]byte, error) {
	m := &l.meeting
	e := ics.Event{
		Method: method, UID: m.UID, Sequence: m.Sequence, Stamp: w.cfg.Now(), Created: m.Created, Changed: m.Changed,
		Title: l.facts.Title, Text: text.Description, Location: text.Location, URL: l.facts.Ways.Link, Language: text.Language,
		Schedule: m.Room.Schedule, Host: l.host, Sender: w.from, Attendee: ics.Person{Name: l.job.Name, Email: l.job.Address},
	}
	if m.Room.Schedule.Repeat != "" {
		e.Original = l.job.Occurrence
	}
	for _, c := range text.Calls {
		e.Ways = append(e.Ways, ics.Way(c))
	}
	return e.Encode()
}
