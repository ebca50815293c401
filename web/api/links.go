package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// Link is what a guest link leads to, for who holds it.
type Link struct {
	Title string    `json:"title"`
	Names string    `json:"names" enum:"ask,guest" doc:"Whether guests say their names, or are all called Guest."`
	State string    `json:"state" enum:"open"`
	Ways  live.Ways `json:"ways"`
}

// LinkOf shows the room of a link.
func LinkOf(r *store.Room, ways live.Ways) Link {
	return Link{Title: r.Name, Names: r.Names, State: "open", Ways: ways}
}

func (a *API) links() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "get-link", Method: http.MethodGet, Path: Prefix + "/links/{token}", Tags: []string{"guests"},
		Summary: "What a guest link leads to", Errors: []int{404, 410, 429},
	}, a.getLink)
	huma.Register(a.huma, huma.Operation{
		OperationID: "leave", Method: http.MethodPost, Path: Prefix + "/leave", Tags: []string{"guests"},
		Summary: "A page is being closed: its call ends in 5 s, unless it is resumed",
		Description: "The body is the JSON object {\"resume\": \"…\"}, of whatever Content-Type: " +
			"navigator.sendBeacon sends text. The answer is the same whether or not there is such a call.",
		DefaultStatus: http.StatusNoContent, SkipValidateBody: true, MaxBodyBytes: 4096,
	}, a.leave)
}

type linkInput struct {
	Token string `path:"token" maxLength:"128" doc:"The last part of the guest link."`
}

func (a *API) getLink(ctx context.Context, in *linkInput) (*struct{ Body Link }, error) {
	r, why, wait := a.cfg.Link(ctx, in.Token, callerOf(ctx).source)
	switch why {
	case cause.None:
	case cause.LinkReplaced:
		return nil, problem(http.StatusGone, why.String(), "this link was replaced; ask the host for the new one")
	case cause.LinkEnded:
		return nil, problem(http.StatusGone, why.String(), "this link has ended")
	case cause.LockedOut:
		return nil, lockedOut(wait)
	default:
		return nil, problem(http.StatusNotFound, why.String(), "this link leads nowhere")
	}
	pin, _, err := a.cfg.Store.PINs(ctx, r.ID)
	if err != nil {
		return nil, problemOf(err)
	}
	return &struct{ Body Link }{LinkOf(r, a.cfg.Directory().Ways(r.Extension, pin, in.Token))}, nil
}

type leaveInput struct {
	RawBody []byte `contentType:"application/json"`
}

func (a *API) leave(_ context.Context, in *leaveInput) (*struct{}, error) {
	var who struct {
		Resume string `json:"resume"`
	}
	if json.Unmarshal(in.RawBody, &who) == nil {
		a.cfg.Live.Leave(who.Resume)
	}
	return nil, nil
}

// describe adds to the document what the code alone does not say.
func (a *API) describe() {
	doc := a.huma.OpenAPI()
	doc.AddOperation(&huma.Operation{
		OperationID: "signal", Method: http.MethodGet, Path: Prefix + "/signal", Tags: []string{"guests"},
		Summary: "The signalling WebSocket of a page's call (docs/signalling.md)",
		Responses: map[string]*huma.Response{
			"101": {Description: "JSON text messages, both ways"},
			"403": {Description: "Another site's page"},
			"426": {Description: "No WebSocket"},
			"429": {Description: "Too many sockets of one address"},
		},
	})
	all := doc.Components.Schemas.Map()
	all["ErrorModel"].Properties["code"] = &huma.Schema{
		Type: huma.TypeString, Description: "Tells cases apart: guest, sign-in, credentials, locked-out, link-replaced, link-ended, not-here, not-live, busy.",
	}
	delete(all["ErrorDetail"].Properties, "value")
}
