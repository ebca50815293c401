package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Invitation is a call out into a room.
type Invitation struct {
	To   string  `json:"to" minLength:"1" maxLength:"320" doc:"Whom to call: h323:ALIAS@HOST."`
	Name string  `json:"name,omitempty" maxLength:"64" doc:"What the party is called in the room; empty: what it says."`
	Host bool    `json:"host,omitempty" doc:"With a host's rights."`
	Wait float64 `json:"wait_s,omitempty" minimum:"1" maximum:"300" doc:"How long it may take until the answer; a minute if left out."`
}

// Step is how far a call out has come.
type Step struct {
	State string `json:"state" enum:"calling,proceeding,ringing,connected,failed"`
	ID    string `json:"id,omitempty" doc:"Of the leg, once it is connected."`
	Cause string `json:"cause,omitempty" doc:"Why it failed: busy, no-answer, rejected, unreachable and so on."`
	Text  string `json:"text,omitempty" doc:"That in words."`
}

// Inviter calls somebody into the room of an extension and reports each step, the
// last of which is connected or failed. The end of ctx gives the call up. An error,
// in words for people, comes instead of steps.
type Inviter func(ctx context.Context, extension string, inv Invitation, report func(Step)) error

type inviteInput struct {
	RoomInput
	Body Invitation
}

func (a *API) invitations() {
	op := a.hostOperation("invite", http.MethodPost, "/rooms/{id}/live/calls",
		"Call somebody into a room; each step is a line of JSON, as it comes", 404, 422, 503)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The steps; the last is connected or failed.",
		Content:     map[string]*huma.MediaType{ndjson: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Step](), true, "Step")}},
	}}
	huma.Register(a.huma, op, a.invite)
}

const ndjson = "application/x-ndjson"

// invite answers with the steps as they come. Whoever goes away before the last
// gives the call up.
func (a *API) invite(ctx context.Context, in *inviteInput) (*huma.StreamResponse, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if a.cfg.Invite == nil {
		return nil, problem(http.StatusServiceUnavailable, "", "this gateway makes no calls")
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		req, w := humago.Unwrap(hc)
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Time{}) // it may ring for long
		begun := false
		err := a.cfg.Invite(req.Context(), r.Extension, in.Body, func(s Step) {
			if !begun {
				begun = true
				w.Header().Set("Content-Type", ndjson)
			}
			_ = json.NewEncoder(w).Encode(s)
			_ = control.Flush()
		})
		switch {
		case err == nil:
		case begun:
			_ = json.NewEncoder(w).Encode(Step{State: "failed", Cause: "internal", Text: "internal error"})
		default:
			Refuse(w, problem(http.StatusUnprocessableEntity, "", "the invitation cannot be followed",
				&huma.ErrorDetail{Location: "body.to", Message: err.Error()}))
		}
	}}, nil
}
