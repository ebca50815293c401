package api

import (
	"time"

	"github.com/partyline/partyline/web/live"
)

// Meeting is a scheduled meeting as its hosts see it. Its id is also that of its
// room: GET /rooms/{id}/live tells who is in it.
type Meeting struct {
	ID        string `json:"id"`
	Extension string `json:"extension"`
	Title     string `json:"title"`
	Note      string `json:"note" doc:"Shown in the invitation."`

	Start       string        `json:"start" doc:"Of the first occurrence, local time in zone: 2026-11-30T14:00."`
	Zone        string        `json:"zone" doc:"IANA name, as Europe/Zurich."`
	DurationMin int           `json:"duration_min"`
	Repeat      string        `json:"repeat" doc:"A rule of RFC 5545 without DTSTART, as FREQ=WEEKLY;BYDAY=MO;COUNT=10; empty: once."`
	State       string        `json:"state" enum:"scheduled,open,live,ended,completed,cancelled"`
	Opens       *time.Time    `json:"opens,omitempty" doc:"From when guests may come in, while it is scheduled."`
	Next        *Occurrence   `json:"next,omitempty" doc:"The occurrence that runs or comes; left out: none comes."`
	Occurrences []Occurrence  `json:"occurrences,omitempty" doc:"Those that run or come, 20 at most, the cancelled ones among them; only where one meeting is asked for."`
	Completed   *time.Time    `json:"completed,omitempty"`
	Cancelled   *time.Time    `json:"cancelled,omitempty"`
	Created     time.Time     `json:"created"`
	Invited     *InvitedCount `json:"invited,omitempty" doc:"Only where one meeting is asked for."`

	PIN             string `json:"pin" doc:"The guests' PIN; empty: none is asked."`
	HostPIN         string `json:"host_pin" doc:"Empty: nobody becomes host by phone."`
	Language        string `json:"language" doc:"Of prompts and invitation; empty: the gateway's."`
	MaxParticipants int    `json:"max_participants" doc:"0: no limit."`
	Lobby           bool   `json:"lobby"`
	WaitForHost     bool   `json:"wait_for_host"`
	MuteOnEntry     bool   `json:"mute_on_entry"`
	Tones           string `json:"tones" enum:"tone,name,off"`
	Names           string `json:"names" enum:"ask,guest"`
	GuestInvites    bool   `json:"guest_invites"`
	PersonalPINs    bool   `json:"personal_pins" doc:"Each invitee has a PIN of their own."`
	JoinEarlyMin    int    `json:"join_early_min" doc:"How long before the start guests may come in."`
	GraceMin        int    `json:"grace_min" doc:"How long after the end they still may."`
	RemindersMin    []int  `json:"reminders_min" doc:"Before the start."`

	GuestLink string         `json:"guest_link" doc:"Empty once it has ended for good."`
	Ways      live.Ways      `json:"ways"`
	Live      live.Occupancy `json:"live"`
}

// Occurrence is one time that a meeting takes place.
type Occurrence struct {
	Original  string    `json:"original" doc:"The local start by the rule, by which it is known: 2026-11-30T14:00."`
	Start     time.Time `json:"start" doc:"With the zone's offset."`
	End       time.Time `json:"end"`
	Title     string    `json:"title,omitempty" doc:"If it is another than the meeting's."`
	Changed   bool      `json:"changed,omitempty" doc:"Its time or title was changed by itself."`
	Cancelled bool      `json:"cancelled,omitempty"`
}

// InvitedCount counts invitees by how far each has come: the sum is all of them.
type InvitedCount struct {
	Invited int `json:"invited" doc:"And nothing heard of them since."`
	Opened  int `json:"opened"`
	Waiting int `json:"waiting"`
	Joined  int `json:"joined"`
	Left    int `json:"left"`
}

// MeetingSettings are what may be said of a meeting. What is left out stays, or
// has the gateway's default; a new meeting needs title, start, zone and
// duration_min.
type MeetingSettings struct {
	Title       *string `json:"title,omitempty" maxLength:"400" doc:"1 to 64 characters."`
	Note        *string `json:"note,omitempty" maxLength:"8000" doc:"Up to 2000 characters."`
	Start       *string `json:"start,omitempty" maxLength:"64" doc:"Local time in zone: 2026-11-30T14:00."`
	Zone        *string `json:"zone,omitempty" maxLength:"64"`
	DurationMin *int    `json:"duration_min,omitempty" minimum:"0" maximum:"1000000"`
	Repeat      *string `json:"repeat,omitempty" maxLength:"400" doc:"FREQ=WEEKLY;BYDAY=MO;COUNT=10; empty: once."`

	PIN             *string `json:"pin,omitempty" maxLength:"64" doc:"4 to 12 digits; empty: none is asked. Left out of a new meeting: one is made."`
	HostPIN         *string `json:"host_pin,omitempty" maxLength:"64"`
	Language        *string `json:"language,omitempty" maxLength:"35"`
	MaxParticipants *int    `json:"max_participants,omitempty" minimum:"0" maximum:"100000"`
	Lobby           *bool   `json:"lobby,omitempty"`
	WaitForHost     *bool   `json:"wait_for_host,omitempty"`
	MuteOnEntry     *bool   `json:"mute_on_entry,omitempty"`
	Tones           *string `json:"tones,omitempty" enum:"tone,name,off"`
	Names           *string `json:"names,omitempty" enum:"ask,guest"`
	GuestInvites    *bool   `json:"guest_invites,omitempty"`
	PersonalPINs    *bool   `json:"personal_pins,omitempty"`
	JoinEarlyMin    *int    `json:"join_early_min,omitempty" minimum:"0" maximum:"100000"`
	GraceMin        *int    `json:"grace_min,omitempty" minimum:"0" maximum:"100000"`
	RemindersMin    *[]int  `json:"reminders_min,omitempty" maxItems:"20" doc:"Up to 5, from 5 minutes to 14 days (20160) before the start."`
}

// NewMeeting is a meeting to be added.
type NewMeeting struct {
	MeetingSettings
	RequestID string `json:"request_id,omitempty" maxLength:"64" doc:"Made up by the page once per form: the same meeting is not added twice."`
}

// OccurrenceChange changes one occurrence; what is left out stays as the series.
type OccurrenceChange struct {
	Start       *string `json:"start,omitempty" maxLength:"64" doc:"Local time in the meeting's zone."`
	DurationMin *int    `json:"duration_min,omitempty" minimum:"0" maximum:"1000000"`
	Title       *string `json:"title,omitempty" maxLength:"400"`
}

// Invitee is somebody who was invited, for the meeting's hosts.
type Invitee struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Phone    string `json:"phone" doc:"E.164"`
	Language string `json:"language" doc:"Of their invitation; empty: the meeting's."`
	HasPIN   bool   `json:"has_pin" doc:"They have a PIN of their own."`

	State   string     `json:"state" enum:"invited,opened,waiting,joined,left" doc:"How far they have come."`
	Since   time.Time  `json:"since" doc:"Of that state."`
	Created time.Time  `json:"created"`
	Opened  *time.Time `json:"opened,omitempty"`
	Waiting *time.Time `json:"waiting,omitempty"`
	Joined  *time.Time `json:"joined,omitempty"`
	Left    *time.Time `json:"left,omitempty"`

	Deliveries []Delivery `json:"deliveries" doc:"What was or will be sent, the newest first."`
}

// Delivery is one message to an invitee.
type Delivery struct {
	Channel  string     `json:"channel" enum:"mail,sms"`
	Kind     string     `json:"kind" enum:"invite,change,cancel,reminder"`
	State    string     `json:"state" enum:"queued,sending,sent,failed"`
	Attempts int        `json:"attempts"`
	Next     *time.Time `json:"next,omitempty" doc:"When it is tried next, while it is queued."`
	Sent     *time.Time `json:"sent,omitempty"`
	Error    string     `json:"error,omitempty" doc:"Why the last attempt failed."`
}

// Recipients are who is to be invited: a text as people type or paste it, entries
// from the address book, or both.
type Recipients struct {
	Text     string      `json:"text,omitempty" maxLength:"100000" doc:"Addresses and numbers, divided by ; , or a new line; Name <a@example.org> works."`
	People   []Recipient `json:"people,omitempty" maxItems:"500"`
	Language string      `json:"language,omitempty" maxLength:"35" doc:"Of the invitation; empty: the meeting's."`
	Country  string      `json:"country,omitempty" maxLength:"2" doc:"ISO code by which local telephone numbers are read; empty: the gateway's."`
	By       string      `json:"by,omitempty" enum:"best,both,nothing" default:"best" doc:"best: by mail, or by SMS to who has no address; both: by each; nothing: nothing is sent, the host hands the invitation on."`
}

// Recipient is one person to be invited, by mail, by SMS or both.
type Recipient struct {
	Name  string `json:"name,omitempty" maxLength:"400"`
	Email string `json:"email,omitempty" maxLength:"320"`
	Phone string `json:"phone,omitempty" maxLength:"64"`
}

// Invited is what came of an invitation.
type Invited struct {
	Added []Invitee  `json:"added"`
	Known []Invitee  `json:"known" doc:"Those who had been invited before; nothing is sent to them again."`
	Bad   []BadEntry `json:"bad" doc:"What could not be understood; everybody else is invited."`
}

// BadEntry is a recipient that nothing can be sent to.
type BadEntry struct {
	Entry   string `json:"entry" doc:"As it was typed."`
	Code    string `json:"code" enum:"missing,email,long,phone,country,no-mail,no-sms" doc:"Translated under ui.recipients.bad in the page."`
	Message string `json:"message"`
}

// InvitationText is the invitation in one language, for every way to hand it on.
// Of PINs it has the guests' or the invitee's own, never the host's.
type InvitationText struct {
	Language string  `json:"language"`
	Subject  string  `json:"subject"`
	Text     string  `json:"text"`
	HTML     string  `json:"html"`
	Short    string  `json:"short" doc:"The same in few lines, for where little room is."`
	SMS      SMSText `json:"sms"`
	Mailto   string  `json:"mailto" doc:"Opens the mail program with the text in it."`
	Outlook  string  `json:"outlook" doc:"The same in Outlook on the web."`
	Gmail    string  `json:"gmail"`
	ICS      string  `json:"ics,omitempty" doc:"Where the calendar file is; a room without times has none."`
}

// SMSText is an invitation that fits a text message.
type SMSText struct {
	Text     string `json:"text"`
	Segments int    `json:"segments"`
	Units    int    `json:"units" doc:"Septets, or UTF-16 units if it is not in the GSM alphabet."`
	GSM      bool   `json:"gsm" doc:"It is in the GSM 7-bit alphabet."`
}

// Preview is what a meeting would be.
type Preview struct {
	Occurrences []Occurrence    `json:"occurrences" doc:"The first ones, 5 at most."`
	More        bool            `json:"more" doc:"There are more of them."`
	Last        *time.Time      `json:"last,omitempty" doc:"The start of the last one; left out: it repeats without end."`
	Invitation  *InvitationText `json:"invitation,omitempty" doc:"Left out while a mistake keeps it from being written."`
	Errors      []FieldMistake  `json:"errors" doc:"What is wrong; empty: it can be added as it is."`
	Warnings    []FieldMistake  `json:"warnings" doc:"What may not be meant, as a start in the past."`
}

// FieldMistake is a mistake in one field.
type FieldMistake struct {
	Location string `json:"location" doc:"As body.start."`
	Message  string `json:"message"`
}

// Can is what this gateway is set up for, and what a new meeting has unless it is
// said.
type Can struct {
	Mail         bool   `json:"can_mail" doc:"Invitations are sent by e-mail."`
	SMS          bool   `json:"can_sms" doc:"Invitations are sent by SMS."`
	Country      string `json:"country,omitempty" doc:"ISO code by which local telephone numbers are read; left out: they are refused."`
	RemindersMin []int  `json:"reminders_min"`
	JoinEarlyMin int    `json:"join_early_min"`
	GraceMin     int    `json:"grace_min"`
}
