package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// Followed is what came of following a guest link. Unless Cause is None or TooEarly,
// only Cause and Wait are set.
type Followed struct {
	Cause cause.Cause
	Wait  time.Duration // how long a lock-out still lasts
	Room  *store.Room
	// Who is whose personal link it is; zero: it is everybody's. PIN is the one that
	// such a guest keys on the phone: their own, or the room's.
	Who store.Who
	PIN string
	// Current is the occurrence of the room's meeting that runs or comes; zero: the
	// room is permanent. Opens is when guests may come in, if that is not yet.
	Current meeting.Occurrence
	Opens   time.Time
}

// The states of a link that leads somewhere.
const (
	linkOpen  = "open"
	linkEarly = "early"
)

// Link is what a guest link leads to, for who holds it.
type Link struct {
	Title  string    `json:"title"`
	Names  string    `json:"names" enum:"ask,guest" doc:"Whether guests say their names, or are all called Guest."`
	State  string    `json:"state" enum:"open,early" doc:"Whether guests may come in now; early: not before opens_at."`
	Name   string    `json:"name,omitempty" doc:"Whom the link was sent to, if it is somebody's own."`
	Starts string    `json:"starts_at,omitempty" format:"date-time" doc:"When the meeting begins; a permanent room has no times."`
	Ends   string    `json:"ends_at,omitempty" format:"date-time"`
	Opens  string    `json:"opens_at,omitempty" format:"date-time" doc:"When guests may come in, if the meeting is early."`
	Zone   string    `json:"zone,omitempty" doc:"The IANA name of the meeting's time zone, whose offset the times have."`
	Ways   live.Ways `json:"ways"`
}

// LinkOf shows what a link leads to, which is not refused.
func LinkOf(f Followed, ways live.Ways) Link {
	l := Link{Title: f.Room.Name, Names: f.Room.Names, State: linkOpen, Name: f.Who.Name, Ways: ways}
	if f.Current.Title != "" {
		l.Title = f.Current.Title
	}
	if s := f.Room.Schedule; s != nil && !f.Current.Start.IsZero() {
		l.Zone = s.Zone
		l.Starts, l.Ends = f.Current.Start.Format(time.RFC3339), f.Current.End.Format(time.RFC3339)
	}
	if f.Cause == cause.TooEarly {
		l.State, l.Opens = linkEarly, f.Opens.In(f.Current.Start.Location()).Format(time.RFC3339)
	}
	return l
}

func (a *API) links() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "get-link", Method: http.MethodGet, Path: Prefix + "/links/{token}", Tags: []string{"guests"},
		Summary: "What a guest link leads to", Errors: []int{404, 410, 429},
	}, a.getLink)
	huma.Register(a.huma, huma.Operation{
		OperationID: "open-link", Method: http.MethodPost, Path: Prefix + "/links/{token}/opened", Tags: []string{"guests"},
		Summary:       "A guest's page says that somebody has opened it",
		Description:   "The host sees it of invitees, whose links are their own. GET tells nobody anything: mail scanners open links.",
		DefaultStatus: http.StatusNoContent, Errors: []int{404, 410, 429},
	}, a.openLink)
	huma.Register(a.huma, huma.Operation{
		OperationID: "leave", Method: http.MethodPost, Path: Prefix + "/leave", Tags: []string{"guests"},
		Summary: "A page is being closed: its call ends in 5 s, unless it is resumed",
		Description: "The body is the JSON object {\"resume\": \"…\"}, of whatever Content-Type: " +
			"navigator.sendBeacon sends text. The answer is the same whether or not there is such a call.",
		DefaultStatus: http.StatusNoContent, SkipValidateBody: true, MaxBodyBytes: 4096,
	}, a.leave)
}

// LinkInput names a guest link. It is exported because Huma sees the fields of no other
// embedded type.
type LinkInput struct {
	Token string `path:"token" maxLength:"128" doc:"The last part of the guest link."`
}

// follow gives what a link leads to, or the problem that it leads nowhere.
func (a *API) follow(ctx context.Context, token string) (Followed, error) {
	f, err := a.cfg.Link(ctx, token, callerOf(ctx).source)
	if err != nil {
		return f, problemOf(err)
	}
	switch f.Cause {
	case cause.None, cause.TooEarly:
		return f, nil
	case cause.LinkReplaced:
		return f, problem(http.StatusGone, f.Cause.String(), "this link was replaced; ask the host for the new one")
	case cause.LinkEnded:
		return f, problem(http.StatusGone, f.Cause.String(), "this link has ended")
	case cause.LockedOut:
		return f, lockedOut(f.Wait)
	}
	return f, problem(http.StatusNotFound, f.Cause.String(), "this link leads nowhere")
}

func (a *API) getLink(ctx context.Context, in *LinkInput) (*struct{ Body Link }, error) {
	f, err := a.follow(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Link }{LinkOf(f, a.cfg.Directory().Ways(f.Room.Extension, f.PIN, in.Token))}, nil
}

func (a *API) openLink(ctx context.Context, in *LinkInput) (*struct{}, error) {
	f, err := a.follow(ctx, in.Token)
	if err == nil && f.Who.InviteeID != "" {
		a.cfg.Store.RecordPresence(store.Presence{InviteeID: f.Who.InviteeID, State: store.Opened, At: time.Now()})
	}
	return nil, err
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
		Type: huma.TypeString, Description: "Tells cases apart: guest, admin, sign-in, credentials, locked-out, meeting, meeting-over, invitations, link-replaced, link-ended, not-here, not-live, busy, disk-full.",
	}
	delete(all["ErrorDetail"].Properties, "value")
}
