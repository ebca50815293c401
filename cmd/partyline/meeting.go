package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

type meetingCmd struct {
	Add      meetingAddCmd      `cmd:"" help:"Schedule a meeting."`
	List     meetingListCmd     `cmd:"" help:"List the meetings."`
	Show     meetingShowCmd     `cmd:"" help:"Show one meeting, when it takes place and who is invited, or its invitation."`
	Set      meetingSetCmd      `cmd:"" help:"Change a meeting, or one of its occurrences; the invited are told."`
	Cancel   meetingCancelCmd   `cmd:"" help:"Cancel a meeting, or one of its occurrences; the invited are told."`
	Complete meetingCompleteCmd `cmd:"" help:"Say that a meeting is done: its links and its call end."`
	Invite   meetingInviteCmd   `cmd:"" help:"Invite people to a meeting, by mail or SMS."`
	Link     meetingLinkCmd     `cmd:"" help:"Print a meeting's guest link, or replace it."`
	ICS      meetingICSCmd      `cmd:"" name:"ics" help:"Write a meeting as a calendar file."`
}

// scheduled is a meeting that a command works on, with what it works with.
type scheduled struct {
	cfg   *configs.Config
	store *store.Store
	book  *meeting.Book
	store.Meeting
}

// meetings opens the store and the book. The caller closes the store.
func (c *console) meetings() (*scheduled, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	s, err := c.store(cfg)
	if err != nil {
		return nil, err
	}
	end := func(roomID string) { // by the gateway, if one runs
		if r, err := s.RoomByID(c.ctx, roomID); err == nil {
			_ = control.NewClient(cfg.Server.DataDir).End(c.ctx, r.Extension)
		}
	}
	return &scheduled{cfg: cfg, store: s, book: bookOf(cfg, s, end)}, nil
}

// openMeeting finds the meeting of an extension. The caller closes the store.
func (c *console) openMeeting(extension string) (*scheduled, error) {
	x, err := c.meetings()
	if err != nil {
		return nil, err
	}
	room, err := x.store.RoomByExtension(c.ctx, extension)
	switch {
	case errors.Is(err, store.ErrNotFound):
		err = fmt.Errorf("no meeting has the number %s", extension)
	case err == nil && room.Schedule == nil:
		err = fmt.Errorf("%s is a permanent room: see partyline room", extension)
	case err == nil:
		x.Meeting, err = x.store.MeetingByID(c.ctx, room.ID)
	}
	if err != nil {
		x.store.Close()
		return nil, err
	}
	return x, nil
}

// meetingError names the flag of a mistake in a field, and says in words what the
// book's errors mean.
func meetingError(err error) error {
	switch {
	case errors.Is(err, meeting.ErrClosed):
		return errors.New("the meeting is completed or cancelled: nothing of it is changed any more")
	case errors.Is(err, meeting.ErrOver):
		return errors.New("that is over")
	case errors.Is(err, meeting.ErrNoOccurrence):
		return misuse{"--occurrence: the meeting has no such occurrence; see partyline meeting show"}
	}
	var texts []string
	for _, f := range fieldErrors(err) {
		texts = append(texts, flagOf(f.Field)+": "+f.Msg)
	}
	if texts == nil {
		return err
	}
	return misuse{strings.Join(texts, "\n  ")}
}

// fieldErrors are the mistakes in fields that an error is made of.
func fieldErrors(err error) (list []*store.FieldError) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, fieldErrors(e)...)
		}
		return list
	}
	var f *store.FieldError
	if errors.As(err, &f) {
		list = append(list, f)
	}
	return list
}

// flagOf is the flag that sets a field.
func flagOf(field string) string {
	switch field {
	case "name":
		return "--title"
	case "reminders":
		return "--remind"
	case "owner_id":
		return "--owner"
	}
	return "--" + strings.ReplaceAll(field, "_", "-")
}

// meetingView is a meeting as it is printed.
type meetingView struct {
	store.Room
	Owner     string           `json:"owner,omitempty"`
	State     meeting.State    `json:"state"`
	Next      *occurrenceView  `json:"next,omitempty"`
	Note      string           `json:"note,omitempty"`
	Reminders []string         `json:"reminders"`
	GuestLink string           `json:"guest_link,omitempty"`
	PIN       string           `json:"pin,omitempty"`
	HostPIN   string           `json:"host_pin,omitempty"`
	Count     *int             `json:"count,omitempty"` // known while the gateway runs
	Comes     []occurrenceView `json:"occurrences,omitempty"`
	Invitees  []inviteeView    `json:"invitees,omitempty"`
}

type occurrenceView struct {
	Original  string    `json:"original"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Title     string    `json:"title,omitempty"`
	Changed   bool      `json:"changed,omitempty"`
	Cancelled bool      `json:"cancelled,omitempty"`
}

func occurrenceOf(o meeting.Occurrence) occurrenceView {
	return occurrenceView{Original: o.Original, Start: o.Start, End: o.End, Title: o.Title, Changed: o.Changed, Cancelled: o.Cancelled}
}

// span is when an occurrence is, as "Mon 30 Nov 2026 14:00–15:00".
func (o occurrenceView) span() string {
	end := "15:04"
	if o.End.YearDay() != o.Start.YearDay() || o.End.Year() != o.Start.Year() {
		end = "Mon 2 Jan 15:04"
	}
	return o.Start.Format("Mon 2 Jan 2006 15:04") + "–" + o.End.Format(end)
}

// viewMeeting completes what is known of a meeting.
func (c *console) viewMeeting(x *scheduled, m store.Meeting, live map[string]control.Room) (meetingView, error) {
	v := meetingView{Room: m.Room, Note: m.Note, Reminders: []string{}}
	if m.Room.OwnerID != "" {
		owner, err := x.store.UserByID(c.ctx, m.Room.OwnerID)
		if err != nil && !errors.Is(err, store.ErrNoUser) {
			return v, err
		}
		v.Owner = owner.Email
	}
	for _, r := range m.Reminders {
		v.Reminders = append(v.Reminders, plainly(r))
	}
	here := 0
	if live != nil {
		here = live[m.Room.Extension].Count
		v.Count = &here
	}
	at := meeting.WindowAt(m.Room.Schedule, time.Now(), here > 0)
	if v.State = at.State; !at.Current.Start.IsZero() && (at.State == meeting.Scheduled || at.State == meeting.Open || at.State == meeting.Live) {
		next := occurrenceOf(at.Current)
		v.Next = &next
	}
	return v, nil
}

// plainly is a length of time without what is zero at its end: 1h, 24h, 30m.
func plainly(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

type meetingListCmd struct {
	Past   bool   `help:"Those that are over, completed or cancelled." xor:"when"`
	All    bool   `help:"All of them." xor:"when"`
	Search string `help:"Words of the title." placeholder:"TEXT"`
	Owner  string `help:"Only those that this account may host." placeholder:"EMAIL"`
	Limit  int    `help:"At most so many." default:"50" placeholder:"N"`
}

// Run lists meetings, those that come next first.
func (cmd meetingListCmd) Run(c *console) error {
	x, err := c.meetings()
	if err != nil {
		return err
	}
	defer x.store.Close()
	q := store.MeetingQuery{Search: cmd.Search, Limit: min(cmd.Limit, 200), Everybody: cmd.Owner == ""}
	switch {
	case cmd.Limit < 1:
		return misuse{"--limit is at least 1"}
	case cmd.Past:
		q.When = store.Past
	case cmd.All:
		q.When = store.All
	}
	if cmd.Owner != "" {
		u, err := findUser(c, x.store, cmd.Owner)
		if err != nil {
			return err
		}
		q.OwnerID = u.ID
	}
	live, running := c.live(x.cfg)
	if !running {
		live = nil
	}
	views, more := []meetingView{}, true
	for more && len(views) < cmd.Limit {
		list, next, err := x.store.Meetings(c.ctx, q)
		if err != nil {
			return err
		}
		for _, m := range list {
			v, err := c.viewMeeting(x, m, live)
			if err != nil {
				return err
			}
			views = append(views, v)
		}
		q.Cursor, more = next, next != ""
	}
	if len(views) > cmd.Limit {
		views, more = views[:cmd.Limit], true
	}
	if c.json {
		return c.printJSON(views)
	}
	if len(views) == 0 {
		fmt.Fprintln(c.out, "no such meetings; schedule one with `partyline meeting add`")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		when := strings.Replace(v.Schedule.Start, "T", " ", 1) + " " + v.Schedule.Zone
		if v.Next != nil {
			when = v.Next.Start.Format("2006-01-02 15:04") + " " + v.Schedule.Zone
		}
		rows = append(rows, []string{v.Extension, v.Name, when, string(v.State), cmp.Or(v.Owner, everyAccount)})
	}
	table(c.out, []string{"NUMBER", "TITLE", "WHEN", "STATE", "OWNER"}, rows)
	if more {
		fmt.Fprintln(c.out, "there are more: see --limit")
	}
	return nil
}
