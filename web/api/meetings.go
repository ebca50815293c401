package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// Meetings keeps meetings and who is invited; *store.Store does.
type Meetings interface {
	MeetingByID(ctx context.Context, id string) (store.Meeting, error)
	Meetings(context.Context, store.MeetingQuery) (list []store.Meeting, next string, err error)
	Invitees(ctx context.Context, roomID string) ([]store.Invitee, error)
	InviteeKeys(ctx context.Context, id string) (token, pin string, err error)
	Jobs(ctx context.Context, roomID string) ([]store.Job, error)
	UseContacts(ctx context.Context, ownerID string, addresses []string, at time.Time) error
}

// Book is what hosts do with meetings; *meeting.Book is.
type Book interface {
	Add(context.Context, store.NewMeeting) (m store.Meeting, made bool, err error)
	Check(*store.NewMeeting) error
	Change(ctx context.Context, id string, c store.MeetingChange) (store.Meeting, error)
	ChangeOne(ctx context.Context, id, original string, e store.Exception) (store.Meeting, error)
	CancelOne(ctx context.Context, id, original string) (store.Meeting, error)
	Cancel(ctx context.Context, id string) (store.Meeting, error)
	Complete(ctx context.Context, id string) (store.Meeting, error)
	NewLink(ctx context.Context, id string) (token string, err error)
	InviteBy(ctx context.Context, id string, list []store.NewInvitee, by meeting.Channels) (added, known []store.Invitee, err error)
	Uninvite(ctx context.Context, id, inviteeID string) error
	Resend(ctx context.Context, id, inviteeID string) error
}

func (a *API) meetings() {
	op := a.meetingOperation
	huma.Register(a.huma, op("list-meetings", http.MethodGet, "/meetings", "Your meetings, page by page", 422), a.listMeetings)
	add := op("add-meeting", http.MethodPost, "/meetings", "Schedule a meeting; the same request_id again gives the same meeting, with 200", 422, 503)
	add.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, add, a.addMeeting)
	huma.Register(a.huma, op("preview-meeting", http.MethodPost, "/meetings/preview",
		"What a meeting would be: its first occurrences, its invitation and what is wrong", 404), a.previewMeeting)
	huma.Register(a.huma, op("get-meeting", http.MethodGet, "/meetings/{id}", "One meeting", 404), a.getMeeting)
	huma.Register(a.huma, op("change-meeting", http.MethodPatch, "/meetings/{id}",
		"Change a meeting; the invited are told of what they know", 404, 409, 422, 429, 503), a.changeMeeting)
	huma.Register(a.huma, op("cancel-meeting", http.MethodPost, "/meetings/{id}/cancel",
		"Cancel a meeting for good; the invited are told, its call ends", 404, 409, 503), a.cancelMeeting)
	huma.Register(a.huma, op("complete-meeting", http.MethodPost, "/meetings/{id}/complete",
		"Say that a meeting is done; its link and its call end", 404, 409, 503), a.completeMeeting)
	huma.Register(a.huma, op("replace-meeting-link", http.MethodPost, "/meetings/{id}/link",
		"Replace the shared guest link; the old one is refused at once", 404, 409, 429, 503), a.replaceMeetingLink)
	huma.Register(a.huma, op("change-occurrence", http.MethodPatch, "/meetings/{id}/occurrences/{original}",
		"Change one occurrence; with nothing said it is as the series again", 404, 409, 422, 429, 503), a.changeOccurrence)
	huma.Register(a.huma, op("cancel-occurrence", http.MethodDelete, "/meetings/{id}/occurrences/{original}",
		"Cancel one occurrence", 404, 409, 429, 503), a.cancelOccurrence)
}

func (a *API) meetingOperation(id, method, path, summary string, errors ...int) huma.Operation {
	o := a.hostOperation(id, method, path, summary, errors...)
	o.Tags = []string{"meetings"}
	return o
}

// MeetingInput names a meeting in the path.
type MeetingInput struct {
	ID string `path:"id" maxLength:"64" doc:"The meeting's id."`
}

type meetingOutput struct{ Body Meeting }

// meeting gives a meeting that the host who asks may see.
func (a *API) meeting(ctx context.Context, id string) (*store.Meeting, error) {
	m, err := a.cfg.Store.MeetingByID(ctx, id)
	if err != nil {
		return nil, meetingProblem(err)
	}
	if !m.Room.HostedBy(userOf(ctx).ID) {
		return nil, problem(http.StatusForbidden, "", "this meeting is somebody else's")
	}
	about(ctx, m.Room.About())
	return &m, nil
}

// meetingProblem puts an error of the book or the store into these words.
func meetingProblem(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return problem(http.StatusNotFound, "", "there is no such meeting")
	case errors.Is(err, meeting.ErrNoOccurrence):
		return problem(http.StatusNotFound, "", "the meeting has no such occurrence")
	case errors.Is(err, store.ErrNoInvitee):
		return problem(http.StatusNotFound, "", "nobody like this is invited")
	case errors.Is(err, meeting.ErrClosed):
		return problem(http.StatusConflict, "meeting-over", "this meeting is completed or cancelled: nothing of it is changed any more")
	case errors.Is(err, meeting.ErrOver):
		return problem(http.StatusConflict, "meeting-over", "this is over")
	}
	err = problemOf(err)
	var p *Problem
	if errors.As(err, &p) {
		for _, f := range p.Errors {
			f.Location = spoken(f.Location)
		}
	}
	return err
}

// spoken is where a mistake of the store's field is in these bodies.
func spoken(location string) string {
	switch location {
	case "body.name":
		return "body.title"
	case "body.duration", "body.join_early", "body.grace", "body.reminders":
		return location + "_min"
	}
	return location
}

type listMeetingsInput struct {
	When   string `query:"when" enum:"upcoming,live,past,all" default:"upcoming" doc:"upcoming: that run or come, by their start; live: that somebody is in; past: over, completed or cancelled, the newest first."`
	Search string `query:"search" maxLength:"200" doc:"Words of the title, in whatever case, with or without accents."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Cursor string `query:"cursor" maxLength:"200" doc:"Of the page before."`
}

type listMeetingsOutput struct {
	Body struct {
		Meetings []Meeting `json:"meetings"`
		Cursor   string    `json:"cursor,omitempty" doc:"Asks for the next page; left out: there is none."`
		Can
	}
}

func (a *API) listMeetings(ctx context.Context, in *listMeetingsInput) (*listMeetingsOutput, error) {
	when := map[string]store.MeetingsWhen{"upcoming": store.Upcoming, "live": store.All, "past": store.Past, "all": store.All}
	q := store.MeetingQuery{
		OwnerID: userOf(ctx).ID, When: when[in.When], Now: a.cfg.Now(), Search: in.Search, Limit: in.Limit, Cursor: in.Cursor,
	}
	var list []store.Meeting
	var next string
	var err error
	if in.When == "live" {
		q.IDs = a.cfg.Live.Rooms()
	}
	if in.When != "live" || len(q.IDs) > 0 { // no ids would be all
		list, next, err = a.cfg.Store.Meetings(ctx, q)
	}
	if err != nil {
		return nil, meetingProblem(err)
	}
	out := &listMeetingsOutput{}
	out.Body.Cursor, out.Body.Can = next, a.cfg.Can()
	out.Body.Meetings, err = a.showMeetings(ctx, list)
	return out, err
}

func (a *API) getMeeting(ctx context.Context, in *MeetingInput) (*meetingOutput, error) {
	m, err := a.meeting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.wholeMeeting(ctx, m)
}

type addMeetingInput struct{ Body NewMeeting }

type addMeetingOutput struct {
	Status int
	Body   Meeting
}

func (a *API) addMeeting(ctx context.Context, in *addMeetingInput) (*addMeetingOutput, error) {
	n, err := a.newMeeting(ctx, &in.Body.MeetingSettings)
	if err != nil {
		return nil, meetingProblem(err)
	}
	n.RequestID = in.Body.RequestID
	m, made, err := a.cfg.Book.Add(ctx, n)
	if err != nil {
		return nil, meetingProblem(err)
	}
	about(ctx, m.Room.About())
	if !made {
		unrecorded(ctx)
	}
	whole, err := a.wholeMeeting(ctx, &m)
	if err != nil {
		return nil, err
	}
	out := &addMeetingOutput{Status: http.StatusCreated, Body: whole.Body}
	if !made {
		out.Status = http.StatusOK
	}
	return out, nil
}

type changeMeetingInput struct {
	MeetingInput
	Body MeetingSettings
}

func (a *API) changeMeeting(ctx context.Context, in *changeMeetingInput) (*meetingOutput, error) {
	before, err := a.meeting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.telling(ctx, in.ID, func() (store.Meeting, error) {
		m, err := a.cfg.Book.Change(ctx, in.ID, in.Body.change())
		if err == nil {
			detail(ctx, in.Body.change().Differences(*before, m))
		}
		return m, err
	})
}

func (a *API) cancelMeeting(ctx context.Context, in *MeetingInput) (*meetingOutput, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	m, err := a.cfg.Book.Cancel(ctx, in.ID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	return a.wholeMeeting(ctx, &m)
}

func (a *API) completeMeeting(ctx context.Context, in *MeetingInput) (*meetingOutput, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	m, err := a.cfg.Book.Complete(ctx, in.ID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	return a.wholeMeeting(ctx, &m)
}

// telling makes a change that those who are invited may be told of. What is sent
// to them counts as invitations of the account that asks.
func (a *API) telling(ctx context.Context, id string, change func() (store.Meeting, error)) (*meetingOutput, error) {
	account := userOf(ctx).ID
	if wait := a.budget.take(account, 1, a.cfg.Now()); wait > 0 {
		return nil, tooMany(wait)
	}
	a.budget.giveBack(account, 1)
	before, err := a.cfg.Store.Jobs(ctx, id)
	if err != nil {
		return nil, meetingProblem(err)
	}
	m, err := change()
	if err != nil {
		return nil, meetingProblem(err)
	}
	if after, err := a.cfg.Store.Jobs(ctx, id); err == nil {
		a.budget.spend(account, len(after)-len(before), a.cfg.Now())
	}
	return a.wholeMeeting(ctx, &m)
}

type replaceMeetingLinkInput struct {
	MeetingInput
	Body *struct {
		RemoveGuests bool `json:"remove_guests,omitempty" doc:"End the calls of those who came by the old link."`
	}
}

func (a *API) replaceMeetingLink(ctx context.Context, in *replaceMeetingLinkInput) (*linkOutput, error) {
	m, err := a.meeting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &linkOutput{}
	_, err = a.telling(ctx, in.ID, func() (store.Meeting, error) {
		token, err := a.cfg.Book.NewLink(ctx, in.ID)
		if err == nil {
			out.Body.GuestLink = a.cfg.Directory().Ways(m.Room.Extension, "", token).Link
		}
		return *m, err
	})
	if err != nil {
		return nil, err
	}
	if in.Body != nil && in.Body.RemoveGuests {
		a.cfg.Live.RemoveGuests(in.ID)
	}
	return out, nil
}

// OccurrenceInput names one occurrence in the path.
type OccurrenceInput struct {
	MeetingInput
	Original string `path:"original" maxLength:"32" doc:"Its local start by the rule: 2026-11-30T14:00."`
}

type changeOccurrenceInput struct {
	OccurrenceInput
	Body OccurrenceChange
}

func (a *API) changeOccurrence(ctx context.Context, in *changeOccurrenceInput) (*meetingOutput, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	var e store.Exception
	set(&e.Start, in.Body.Start)
	set(&e.Title, in.Body.Title)
	setMinutes(&e.Duration, in.Body.DurationMin)
	detail(ctx, "occurrence "+in.Original)
	return a.telling(ctx, in.ID, func() (store.Meeting, error) {
		return a.cfg.Book.ChangeOne(ctx, in.ID, in.Original, e)
	})
}

func (a *API) cancelOccurrence(ctx context.Context, in *OccurrenceInput) (*meetingOutput, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	detail(ctx, "occurrence "+in.Original)
	return a.telling(ctx, in.ID, func() (store.Meeting, error) {
		return a.cfg.Book.CancelOne(ctx, in.ID, in.Original)
	})
}
