package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/meeting/ics"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
)

// linkTexts are what the holder of a guest link may hand on or keep.
func (a *API) linkTexts() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "get-link-invitation", Method: http.MethodGet, Path: Prefix + "/links/{token}/invitation", Tags: []string{"guests"},
		Summary:     "The invitation to a room whose guests may invite others",
		Description: "It has everybody's link and PIN, also where the link is somebody's own.", Errors: []int{403, 404, 410, 429},
	}, a.getLinkInvitation)
	huma.Register(a.huma, huma.Operation{
		OperationID: "get-link-calendar-file", Method: http.MethodGet, Path: Prefix + "/links/{token}/invitation.ics", Tags: []string{"guests"},
		Summary: "The meeting of a guest link as a calendar file, with the holder's own link and PIN", Errors: []int{404, 410, 429},
		Responses: map[string]*huma.Response{"200": {
			Description: "An iCalendar file (RFC 5545) to download.",
			Content:     map[string]*huma.MediaType{"text/calendar": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, a.getLinkCalendarFile)
}

type linkTextInput struct {
	LinkInput
	Language string `query:"lang" maxLength:"35" doc:"Of the text; default: the meeting's."`
}

func (a *API) getLinkInvitation(ctx context.Context, in *linkTextInput) (*invitationOutput, error) {
	f, err := a.follow(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	if !f.Room.GuestInvites {
		u, err := a.cfg.Session.User(ctx)
		if err != nil && !errors.Is(err, store.ErrNoUser) {
			return nil, problemOf(err)
		}
		if err != nil || !f.Room.HostedBy(u.ID) {
			return nil, problem(http.StatusForbidden, "guest", "guests of this room do not invite others")
		}
	}
	facts, err := a.linkFacts(ctx, f.Room, "", in.Language)
	if err != nil {
		return nil, err
	}
	return &invitationOutput{a.write(facts)}, nil
}

func (a *API) getLinkCalendarFile(ctx context.Context, in *linkTextInput) (*calendarOutput, error) {
	f, err := a.follow(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	if f.Room.Schedule == nil {
		return nil, problem(http.StatusNotFound, "", "this room has no times")
	}
	m, err := a.cfg.Store.MeetingByID(ctx, f.Room.ID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	facts, err := a.linkFacts(ctx, f.Room, f.Who.InviteeID, in.Language)
	if err != nil {
		return nil, err
	}
	// Guests are told no host's address.
	return a.calendarFile(&m, facts, ics.Person{})
}

// linkFacts are those of an invitation, everybody's or an invitee's.
func (a *API) linkFacts(ctx context.Context, r *store.Room, invitee, language string) (invitation.Facts, error) {
	note := ""
	if r.Schedule != nil {
		m, err := a.cfg.Store.MeetingByID(ctx, r.ID)
		if err != nil {
			return invitation.Facts{}, meetingProblem(err)
		}
		note = m.Note
	}
	facts, _, err := a.factsFor(ctx, r, note, &invitationInput{Language: language, Invitee: invitee})
	return facts, err
}
