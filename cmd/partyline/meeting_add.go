package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/partyline/partyline/store"
)

// timeFlags are what is said of a meeting beside what is said of any room.
type timeFlags struct {
	Zone         string           `help:"The time zone, as Europe/Zurich. Default: this machine's, for a new meeting." placeholder:"ZONE"`
	Duration     time.Duration    `help:"How long it takes, as 1h or 45m." placeholder:"TIME"`
	Repeat       *string          `help:"A rule of RFC 5545, as FREQ=WEEKLY;BYDAY=MO;COUNT=10; empty: once." placeholder:"RULE"`
	Note         *string          `help:"What the invitation says below the title." placeholder:"TEXT"`
	JoinEarly    *time.Duration   `help:"How long before the start guests may come in." placeholder:"TIME"`
	Grace        *time.Duration   `help:"How long after the end they still may." placeholder:"TIME"`
	Remind       *[]time.Duration `help:"When the invited are reminded before the start, as 24h,1h; 0s: not at all." placeholder:"TIMES"`
	PersonalPINs *bool            `name:"personal-pins" help:"Each invitee gets a PIN of their own, and is known by it on the phone." negatable:""`
}

// reminders are those of --remind; 0 is none.
func (f *timeFlags) reminders() []time.Duration {
	list := []time.Duration{}
	for _, d := range *f.Remind {
		if d != 0 {
			list = append(list, d)
		}
	}
	return list
}

type meetingAddCmd struct {
	Title     string `required:"" help:"The title." placeholder:"TEXT"`
	Start     string `required:"" help:"When it begins, local time in --zone: 2026-11-30T14:00." placeholder:"TIME"`
	Extension string `help:"The meeting number. Default: a free one."`
	Invite    string `help:"Whom to invite: addresses and numbers, divided by ; or ,." placeholder:"WHOM"`
	timeFlags
	settingFlags
}

// Help is shown below the flags.
func (meetingAddCmd) Help() string {
	return "What is not given is chosen: a free number, new PINs, an hour, and for the rest the configured defaults. " +
		"Invitations go out by the gateway, at once if it runs, else when it does."
}

// Run schedules a meeting, whether or not the gateway runs.
func (cmd meetingAddCmd) Run(c *console) error {
	if err := cmd.readPINs(); err != nil {
		return err
	}
	x, err := c.meetings()
	if err != nil {
		return err
	}
	defer x.store.Close()
	n, err := cmd.meeting(c, x)
	if err != nil {
		return err
	}
	if n.Extension == x.cfg.Reception.TestExtension && n.Extension != "" {
		return misuse{n.Extension + " is the test extension (reception.test_extension)"}
	}
	list, bad := recipientsOf(cmd.Invite, x.cfg)
	if len(bad) > 0 { // before anything is made
		return misuse{"--invite: " + strings.Join(bad, "\n  ")}
	}
	if x.Meeting, _, err = x.book.Add(c.ctx, n); err != nil {
		return meetingError(err)
	}
	noted(x.store, "add-meeting", x.Room.About(), "")
	if len(list) > 0 {
		added, _, err := x.book.InviteBy(c.ctx, x.Room.ID, list, channelsOf(x.cfg))
		if err != nil {
			return err
		}
		noted(x.store, "add-invitees", x.Room.About(), fmt.Sprintf("%d invited", len(added)))
	}
	return c.showMeeting(x)
}

// meeting is what is asked for, with the configured defaults.
func (cmd *meetingAddCmd) meeting(c *console, x *scheduled) (store.NewMeeting, error) {
	room := roomAddCmd{Extension: cmd.Extension, roomFlags: roomFlags{Name: cmd.Title, settingFlags: cmd.settingFlags}}.room(x.cfg)
	var err error
	if room.OwnerID, err = cmd.ownerID(c, x.store); err != nil {
		return store.NewMeeting{}, err
	}
	n := newMeetingOf(x.cfg, room)
	n.Start, n.Zone, n.Duration = localTime(cmd.Start), cmd.Zone, cmd.Duration
	if n.Zone == "" {
		n.Zone = machineZone()
	}
	if n.Duration == 0 {
		n.Duration = time.Hour
	}
	for _, o := range []struct{ from, to *string }{{cmd.Repeat, &n.Repeat}, {cmd.Note, &n.Note}} {
		if o.from != nil {
			*o.to = *o.from
		}
	}
	for _, o := range []struct{ from, to *time.Duration }{{cmd.JoinEarly, &n.JoinEarly}, {cmd.Grace, &n.Grace}} {
		if o.from != nil {
			*o.to = orNone(*o.from)
		}
	}
	if cmd.Remind != nil {
		n.Reminders = cmd.reminders()
	}
	if cmd.PersonalPINs != nil {
		n.PersonalPINs = *cmd.PersonalPINs
	}
	return n, nil
}

// localTime takes a blank for the T, as people write it.
func localTime(text string) string { return strings.Replace(strings.TrimSpace(text), " ", "T", 1) }

// machineZone is the zone of this machine, by its IANA name; UTC if it has none.
func machineZone() string {
	name := time.Local.String()
	if name == "Local" || name == "" {
		return zoneFile()
	}
	return name
}

type meetingSetCmd struct {
	Number     string `arg:"" help:"The meeting's number."`
	Occurrence string `help:"Change this occurrence alone, known by its start: 2026-12-07T14:00. Only --start, --duration and --title then; none of them: as the series again." placeholder:"TIME"`
	Title      string `help:"The title." placeholder:"TEXT"`
	Start      string `help:"When it begins, local time in its zone." placeholder:"TIME"`
	timeFlags
	settingFlags
}

// Help is shown below the flags.
func (meetingSetCmd) Help() string {
	return "What is not given stays as it is. Whoever was invited is told of what they know: title, times, note, PIN."
}

// Run changes a meeting, whether or not the gateway runs.
func (cmd meetingSetCmd) Run(c *console) error {
	if err := cmd.readPINs(); err != nil {
		return err
	}
	x, err := c.openMeeting(cmd.Number)
	if err != nil {
		return err
	}
	defer x.store.Close()
	action, detail, before := "change-meeting", "", x.Meeting
	if cmd.Occurrence != "" {
		action, detail = "change-occurrence", "occurrence "+localTime(cmd.Occurrence)
		x.Meeting, err = x.book.ChangeOne(c.ctx, x.Room.ID, localTime(cmd.Occurrence), store.Exception{
			Start: localTime(cmd.Start), Duration: cmd.Duration, Title: cmd.Title,
		})
	} else {
		var change store.MeetingChange
		if change, err = cmd.change(c, x); err != nil {
			return err
		}
		x.Meeting, err = x.book.Change(c.ctx, x.Room.ID, change)
		detail = change.Differences(before, x.Meeting)
	}
	if err != nil {
		return meetingError(err)
	}
	noted(x.store, action, before.Room.About(), detail)
	return c.showMeeting(x)
}

// change is what the flags ask for.
func (cmd *meetingSetCmd) change(c *console, x *scheduled) (store.MeetingChange, error) {
	room, err := cmd.settingFlags.change(c, x.store, cmd.Title)
	change := store.MeetingChange{
		Room: room, Repeat: cmd.Repeat, Note: cmd.Note, JoinEarly: cmd.JoinEarly, Grace: cmd.Grace, PersonalPINs: cmd.PersonalPINs,
	}
	if err != nil {
		return change, err
	}
	if start := localTime(cmd.Start); start != "" {
		change.Start = &start
	}
	if cmd.Zone != "" {
		change.Zone = &cmd.Zone
	}
	if cmd.Duration != 0 {
		change.Duration = &cmd.Duration
	}
	if cmd.Remind != nil {
		list := cmd.reminders()
		change.Reminders = &list
	}
	if change == (store.MeetingChange{}) {
		return change, misuse{"nothing to change is given: see partyline meeting set --help"}
	}
	return change, nil
}

type meetingCancelCmd struct {
	Number     string `arg:"" help:"The meeting's number."`
	Occurrence string `help:"Cancel this occurrence alone, known by its start: 2026-12-07T14:00." placeholder:"TIME"`
}

// Run cancels a meeting or one of its occurrences.
func (cmd meetingCancelCmd) Run(c *console) error {
	action, detail := "cancel-meeting", ""
	if cmd.Occurrence != "" {
		action, detail = "cancel-occurrence", "occurrence "+localTime(cmd.Occurrence)
	}
	return c.endMeeting(cmd.Number, action, detail, func(x *scheduled) (m store.Meeting, done string, err error) {
		if cmd.Occurrence != "" {
			m, err = x.book.CancelOne(c.ctx, x.Room.ID, localTime(cmd.Occurrence))
			return m, "cancelled " + localTime(cmd.Occurrence) + " of", err
		}
		m, err = x.book.Cancel(c.ctx, x.Room.ID)
		return m, "cancelled", err
	})
}

type meetingCompleteCmd struct {
	Number string `arg:"" help:"The meeting's number."`
}

// Run completes a meeting.
func (cmd meetingCompleteCmd) Run(c *console) error {
	return c.endMeeting(cmd.Number, "complete-meeting", "", func(x *scheduled) (m store.Meeting, done string, err error) {
		m, err = x.book.Complete(c.ctx, x.Room.ID)
		return m, "completed", err
	})
}

// endMeeting ends a meeting or an occurrence, and puts it on record as an action.
func (c *console) endMeeting(number, action, detail string, end func(*scheduled) (store.Meeting, string, error)) error {
	x, err := c.openMeeting(number)
	if err != nil {
		return err
	}
	defer x.store.Close()
	m, done, err := end(x)
	if err != nil {
		return meetingError(err)
	}
	noted(x.store, action, m.Room.About(), detail)
	if c.json {
		x.Meeting = m
		return c.showMeeting(x)
	}
	fmt.Fprintf(c.out, "%s %s (%s)\n", done, m.Room.Extension, clean(m.Room.Name))
	return nil
}
