package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/ics"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// inviteeView is an invitee as it is printed.
type inviteeView struct {
	Name  string    `json:"name"`
	Email string    `json:"email,omitempty"`
	Phone string    `json:"phone,omitempty"`
	State string    `json:"state"` // invited, opened, waiting, joined, left
	Since time.Time `json:"since"`
	// Sent is the state of the last message: queued, sending, sent or failed.
	Sent  string `json:"sent,omitempty"`
	Error string `json:"error,omitempty"`
}

type meetingShowCmd struct {
	Number   string `arg:"" help:"The meeting's number."`
	Text     bool   `help:"The invitation, to hand on."`
	Language string `help:"Of the invitation. Default: the meeting's." placeholder:"LANG"`
}

// Run shows a meeting, or its invitation.
func (cmd meetingShowCmd) Run(c *console) error {
	x, err := c.openMeeting(cmd.Number)
	if err != nil {
		return err
	}
	defer x.store.Close()
	if !cmd.Text {
		return c.showMeeting(x)
	}
	m, err := c.invitation(x, cmd.Language)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]string{"language": m.Language, "subject": m.Subject, "text": m.Text, "html": m.HTML, "short": m.Short})
	}
	fmt.Fprint(c.out, strings.TrimRight(m.Text, "\n")+"\n")
	return nil
}

// invitation writes a meeting's invitation with the shared link and PIN.
func (c *console) invitation(x *scheduled, language string) (invitation.Message, error) {
	words, err := locales.Open()
	if err != nil {
		return invitation.Message{}, err
	}
	s := x.Room.Schedule
	if !s.Completed.IsZero() || !s.Cancelled.IsZero() {
		return invitation.Message{}, meetingError(meeting.ErrClosed)
	}
	pin, _, err := x.store.PINs(c.ctx, x.Room.ID)
	if err != nil {
		return invitation.Message{}, err
	}
	token, err := x.store.GuestLink(c.ctx, x.Room.ID)
	if err != nil {
		return invitation.Message{}, err
	}
	owner, err := x.store.UserByID(c.ctx, x.Room.OwnerID)
	if err != nil && !errors.Is(err, store.ErrNoUser) {
		return invitation.Message{}, err
	}
	if language == "" {
		language = x.Room.Language
	}
	at := meeting.WindowAt(s, time.Now(), false).Current
	return invitation.Write(words, invitation.Facts{
		Kind: invitation.Invite, Language: language, Inviter: owner.Name, Title: x.Room.Name, Note: x.Note,
		When: invitation.WhenOf(s, at, false), Ways: api.WaysOf(c.directory(x.cfg).Ways(x.Room.Extension, pin, token)),
	}), nil
}

// showMeeting prints all that is known of a meeting.
func (c *console) showMeeting(x *scheduled) error {
	live, running := c.live(x.cfg)
	if !running {
		live = nil
	}
	v, err := c.viewMeeting(x, x.Meeting, live)
	if err != nil {
		return err
	}
	if v.PIN, v.HostPIN, err = x.store.PINs(c.ctx, x.Room.ID); err != nil {
		return err
	}
	if page := c.ways(x.cfg).page; v.State != meeting.Completed && v.State != meeting.Cancelled {
		if v.GuestLink, err = guestLink(c.ctx, x.store, page, x.Room.ID); err != nil {
			return err
		}
	}
	list, err := meeting.Between(x.Room.Schedule, time.Now(), time.Now().AddDate(100, 0, 0), 10)
	if err != nil {
		return err
	}
	for _, o := range list {
		v.Comes = append(v.Comes, occurrenceOf(o))
	}
	if v.Invitees, err = c.inviteeViews(x); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(v)
	}
	v.print(c)
	return nil
}

func (v meetingView) print(c *console) {
	s := v.Schedule
	when := s.Start + " for " + plainly(s.Duration)
	if v.Next != nil {
		when = v.Next.span() + " (" + v.Next.Start.Format("MST, UTC-07:00") + ")"
	}
	state := string(v.State)
	if v.Count != nil && *v.Count > 0 {
		state += fmt.Sprintf(", %d here", *v.Count)
	}
	pairs(c.out, "number", v.Extension, "title", v.Name, "when", when, "zone", s.Zone, "repeats", s.Repeat, "state", state,
		"PIN", v.PIN, "host PIN", v.HostPIN, "link", v.GuestLink, "owner", v.Owner, "language", v.Language,
		"settings", settings(v.Room), "open", plainly(s.JoinEarly)+" before to "+plainly(s.Grace)+" after",
		"reminders", strings.Join(v.Reminders, ", "), "at most", atMost(v.MaxParticipants), "note", strings.ReplaceAll(v.Note, "\n", " / "))
	if len(v.Comes) > 1 {
		fmt.Fprintln(c.out)
		var rows [][]string
		for _, o := range v.Comes {
			change := ""
			switch {
			case o.Cancelled:
				change = "cancelled"
			case o.Changed:
				change = "changed"
			}
			rows = append(rows, []string{o.Original, o.span(), change, o.Title})
		}
		table(c.out, []string{"OCCURRENCE", "WHEN", "", ""}, rows)
	}
	if len(v.Invitees) > 0 {
		fmt.Fprintln(c.out)
		var rows [][]string
		for _, i := range v.Invitees {
			rows = append(rows, []string{i.Name, strings.Trim(i.Email+" "+i.Phone, " "), i.State, strings.TrimSuffix(i.Sent+": "+i.Error, ": ")})
		}
		table(c.out, []string{"NAME", "ADDRESS", "PRESENCE", "MESSAGE"}, rows)
	}
}

// inviteeViews are who is invited, with what became of the last message to each.
func (c *console) inviteeViews(x *scheduled) ([]inviteeView, error) {
	list, err := x.store.Invitees(c.ctx, x.Room.ID)
	if err != nil {
		return nil, err
	}
	jobs, err := x.store.Jobs(c.ctx, x.Room.ID)
	if err != nil {
		return nil, err
	}
	last := map[string]store.Job{}
	for _, j := range jobs {
		if j.State != store.JobDropped && !j.Created.Before(last[j.InviteeID].Created) {
			last[j.InviteeID] = j
		}
	}
	var views []inviteeView
	for _, i := range list {
		v := inviteeView{Name: i.Name, Email: i.Email, Phone: i.Phone, State: i.State().String(), Since: i.Created}
		for _, at := range []time.Time{i.Opened, i.Waiting, i.Joined, i.Left} {
			if at.After(v.Since) {
				v.Since = at
			}
		}
		if j, ok := last[i.ID]; ok {
			if v.Sent = string(j.State); j.State != store.JobSent {
				v.Error = j.Error
			}
		}
		views = append(views, v)
	}
	return views, nil
}

type meetingLinkCmd struct {
	Number     string `arg:"" help:"The meeting's number."`
	Regenerate bool   `help:"Replace it: the link of before leads nowhere from now on. Those whose invitation has it are told."`
}

// Run prints a meeting's guest link.
func (cmd meetingLinkCmd) Run(c *console) error {
	x, err := c.openMeeting(cmd.Number)
	if err != nil {
		return err
	}
	defer x.store.Close()
	if s := x.Room.Schedule; !s.Completed.IsZero() || !s.Cancelled.IsZero() {
		return meetingError(meeting.ErrClosed)
	}
	if cmd.Regenerate {
		if _, err := x.book.NewLink(c.ctx, x.Room.ID); err != nil {
			return meetingError(err)
		}
		noted(x.store, "replace-meeting-link", x.Room.About(), "")
	}
	page := c.ways(x.cfg).page
	if page == "" {
		return errors.New("the page's address is not known: web.listen is off, or its port is chosen at the start")
	}
	link, err := guestLink(c.ctx, x.store, page, x.Room.ID)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]string{"extension": x.Room.Extension, "guest_link": link})
	}
	fmt.Fprintln(c.out, link)
	return nil
}

type meetingICSCmd struct {
	Number   string `arg:"" help:"The meeting's number."`
	Output   string `short:"o" help:"The file to write. Default: standard output." placeholder:"FILE"`
	Language string `help:"Of the text. Default: the meeting's." placeholder:"LANG"`
}

// Run writes a calendar file.
func (cmd meetingICSCmd) Run(c *console) error {
	x, err := c.openMeeting(cmd.Number)
	if err != nil {
		return err
	}
	defer x.store.Close()
	m, err := c.invitation(x, cmd.Language)
	if err != nil {
		return err
	}
	owner, err := x.store.UserByID(c.ctx, x.Room.OwnerID)
	if err != nil && !errors.Is(err, store.ErrNoUser) {
		return err
	}
	event := ics.Event{
		Method: ics.Publish, UID: x.UID, Sequence: x.Sequence, Stamp: time.Now(), Created: x.Created, Changed: x.Changed,
		Title: x.Room.Name, Text: m.Description, Location: m.Location, Language: m.Language, Schedule: x.Room.Schedule,
		Host: ics.Person{Name: owner.Name, Email: owner.Email},
	}
	for _, call := range m.Calls {
		event.Ways = append(event.Ways, ics.Way(call))
	}
	file, err := event.Encode()
	if err != nil {
		return err
	}
	return c.writeFile(cmd.Output, "--output", file)
}

// writeFile writes what a command has made to a file that it is told by a flag, or
// prints it.
func (c *console) writeFile(name, flag string, content []byte) error {
	if name == "" || name == "-" {
		_, err := c.out.Write(content)
		return err
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return misuse{flag + ": " + err.Error()}
	}
	return nil
}

// zoneFile is the zone that this machine's link to the zone database names.
func zoneFile() string {
	if target, err := os.Readlink("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(target, "zoneinfo/"); ok {
			return name
		}
	}
	return "UTC"
}

type meetingInviteCmd struct {
	Number   string   `arg:"" help:"The meeting's number."`
	Whom     []string `arg:"" help:"E-mail addresses and telephone numbers; 'Ada <ada@example.org>' works."`
	Language string   `help:"Of the invitation. Default: the meeting's." placeholder:"LANG"`
	Both     bool     `help:"By mail and by SMS, to who has both." xor:"by"`
	Nothing  bool     `help:"Send nothing: the invitation is handed on otherwise." xor:"by"`
}

// Run invites people, whether or not the gateway runs.
func (cmd meetingInviteCmd) Run(c *console) error {
	x, err := c.openMeeting(cmd.Number)
	if err != nil {
		return err
	}
	defer x.store.Close()
	list, bad := recipientsOf(strings.Join(cmd.Whom, "\n"), x.cfg)
	for i := range list {
		list[i].Language = cmd.Language
	}
	by := channelsOf(x.cfg)
	switch {
	case cmd.Nothing:
		by = meeting.Nothing
	case cmd.Both:
		by = meeting.Both
	case by == meeting.Nothing:
		return misuse{"this gateway sends neither mail nor SMS (mail.smtp, sms): --nothing adds the invitees all the same"}
	}
	if len(list) == 0 {
		return misuse{strings.Join(bad, "\n  ")}
	}
	added, known, err := x.book.InviteBy(c.ctx, x.Room.ID, list, by)
	if err != nil {
		return meetingError(err)
	}
	noted(x.store, "add-invitees", x.Room.About(), fmt.Sprintf("%d invited", len(added)))
	if c.json {
		err = c.printJSON(map[string]any{"added": len(added), "known": len(known), "bad": append([]string{}, bad...)})
	} else {
		for _, i := range added {
			done := "invited"
			if !reached(i, by) {
				done = "added, and nothing is sent to"
			}
			fmt.Fprintln(c.out, done, clean(strings.Join(strings.Fields(i.Name+" "+i.Email+" "+i.Phone), " ")))
		}
		for _, i := range known {
			fmt.Fprintln(c.out, "invited before:", clean(strings.Join(strings.Fields(i.Name+" "+i.Email+" "+i.Phone), " ")))
		}
	}
	if len(bad) > 0 {
		return misuse{"not invited: " + strings.Join(bad, "\n  ")}
	}
	return err
}

// reached says whether anything goes out to an invitee.
func reached(i store.Invitee, by meeting.Channels) bool {
	switch by {
	case meeting.ByMail:
		return i.Email != ""
	case meeting.BySMS:
		return i.Phone != ""
	}
	return by != meeting.Nothing
}

// recipientsOf reads whom to invite, and says what is wrong with the others.
func recipientsOf(text string, cfg *configs.Config) (list []store.NewInvitee, bad []string) {
	good, wrong := invitation.Parse(text, cfg.SMS.Country)
	for _, r := range good {
		list = append(list, store.NewInvitee{Name: r.Name, Email: r.Email, Phone: r.Phone})
	}
	for _, w := range wrong {
		bad = append(bad, clean(w.Entry)+": "+api.Why(w.Reason))
	}
	return list, bad
}

// channelsOf are by what this gateway sends.
func channelsOf(cfg *configs.Config) meeting.Channels {
	switch mail, sms := !cfg.Mail.SMTP.Off(), !cfg.SMS.Off(); {
	case mail && sms:
		return meeting.Best
	case mail:
		return meeting.ByMail
	case sms:
		return meeting.BySMS
	}
	return meeting.Nothing
}
