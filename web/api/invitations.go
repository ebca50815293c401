package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

func (a *API) texts() {
	op := a.meetingOperation
	huma.Register(a.huma, op("get-invitation", http.MethodGet, "/meetings/{id}/invitation",
		"The invitation to a meeting, to hand on by whatever way", 404, 409), a.getInvitation)
	file := op("get-calendar-file", http.MethodGet, "/meetings/{id}/invitation.ics", "The invitation as a calendar file", 404, 409)
	file.Responses = map[string]*huma.Response{"200": {
		Description: "An iCalendar file (RFC 5545) to download.",
		Content:     map[string]*huma.MediaType{"text/calendar": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(a.huma, file, a.getCalendarFile)
	room := op("get-room-invitation", http.MethodGet, "/rooms/{id}/invitation", "The invitation to a room", 404, 409)
	room.Tags = []string{"rooms"}
	huma.Register(a.huma, room, a.getRoomInvitation)
}

// WaysOf are the ways into a room as the invitation has them.
func WaysOf(w live.Ways) invitation.Ways {
	ways := invitation.Ways{
		Link: w.Link, Extension: w.Extension, PIN: w.PIN, SIP: w.SIP, SIPBackup: w.SIPBackup,
		H323: w.H323, H323Backup: w.H323Backup, DialIn: w.DialIn,
	}
	for _, n := range w.Numbers {
		ways.Numbers = append(ways.Numbers, invitation.Number{Number: n.Number, Display: n.Display, Label: n.Label, Language: n.Language, Tel: n.Tel})
	}
	return ways
}

type invitationInput struct {
	ID       string `path:"id" maxLength:"64"`
	Language string `query:"lang" maxLength:"35" doc:"Of the text; default: the meeting's."`
	Invitee  string `query:"invitee" maxLength:"64" doc:"With this invitee's own link and PIN."`
}

type invitationOutput struct{ Body InvitationText }

func (a *API) getInvitation(ctx context.Context, in *invitationInput) (*invitationOutput, error) {
	m, err := a.meeting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.invitationTo(ctx, &m.Room, m.Note, in)
}

func (a *API) getRoomInvitation(ctx context.Context, in *invitationInput) (*invitationOutput, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	note := ""
	if r.Schedule != nil {
		m, err := a.cfg.Store.MeetingByID(ctx, r.ID)
		if err != nil {
			return nil, meetingProblem(err)
		}
		note = m.Note
	}
	return a.invitationTo(ctx, r, note, in)
}

func (a *API) invitationTo(ctx context.Context, r *store.Room, note string, in *invitationInput) (*invitationOutput, error) {
	facts, to, err := a.factsFor(ctx, r, note, in)
	if err != nil {
		return nil, err
	}
	text := a.write(facts, to...)
	if r.Schedule != nil {
		text.ICS = Prefix + "/meetings/" + r.ID + "/invitation.ics?lang=" + text.Language
		if in.Invitee != "" {
			text.ICS += "&invitee=" + in.Invitee
		}
	}
	return &invitationOutput{text}, nil
}

// factsFor are those of an invitation to a room, with a link and a PIN that are
// everybody's, or one invitee's, whose address is to.
func (a *API) factsFor(ctx context.Context, r *store.Room, note string, in *invitationInput) (f invitation.Facts, to []string, err error) {
	if s := r.Schedule; s != nil && !(s.Completed.IsZero() && s.Cancelled.IsZero()) {
		return f, nil, meetingProblem(meeting.ErrClosed)
	}
	pin, _, err := a.cfg.Store.PINs(ctx, r.ID)
	if err != nil {
		return f, nil, meetingProblem(err)
	}
	token, err := a.cfg.Store.GuestLink(ctx, r.ID)
	if err != nil {
		return f, nil, meetingProblem(err)
	}
	language := r.Language
	if in.Invitee != "" {
		i, err := a.invitee(ctx, r.ID, in.Invitee)
		if err != nil {
			return f, nil, err
		}
		own, ownPIN, err := a.cfg.Store.InviteeKeys(ctx, i.ID)
		if err != nil {
			return f, nil, meetingProblem(err)
		}
		token = own
		set(&pin, notEmpty(ownPIN))
		set(&language, notEmpty(i.Language))
		if i.Email != "" {
			to = []string{i.Email}
		}
	}
	set(&language, notEmpty(in.Language))
	f = a.facts(ctx, r, note, language)
	f.Ways = WaysOf(a.cfg.Directory().Ways(r.Extension, pin, token).Speaking(language))
	return f, to, nil
}

func notEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// facts are what an invitation says of a room, but for the ways into it.
func (a *API) facts(ctx context.Context, r *store.Room, note, language string) invitation.Facts {
	f := invitation.Facts{Kind: invitation.Invite, Language: language, Inviter: userOf(ctx).Name, Title: r.Name, Note: note}
	if s := r.Schedule; s != nil {
		at := meeting.WindowAt(s, a.cfg.Now(), false).Current
		if at.Start.IsZero() { // all is over
			if list, err := meeting.Between(s, time.Time{}, distant, 1); err == nil && len(list) > 0 {
				at = list[0]
			}
		}
		f.When = invitation.WhenOf(s, at, false)
	}
	return f
}

// write writes an invitation and the drafts of mails with it.
func (a *API) write(f invitation.Facts, to ...string) InvitationText {
	m := a.cfg.Write(f)
	size, drafts := invitation.Segments(m.Short), m.Drafts(to...)
	return InvitationText{
		Language: m.Language, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Short: m.Short,
		SMS:    SMSText{Text: m.Short, Segments: size.Segments, Units: size.Units, GSM: size.Encoding == "GSM-7"},
		Mailto: drafts.Mailto, Outlook: drafts.Outlook, Gmail: drafts.Gmail,
	}
}

// invitee finds one who is invited into a room.
func (a *API) invitee(ctx context.Context, roomID, id string) (*store.Invitee, error) {
	list, err := a.cfg.Store.Invitees(ctx, roomID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
	}
	return nil, meetingProblem(store.ErrNoInvitee)
}
