package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// NewCall is a call out into a room, as it is wished for.
type NewCall struct {
	To      string  `json:"to" minLength:"1" maxLength:"320" doc:"Whom to call: a telephone number (+41445550100), sip:USER@HOST, or h323:ALIAS@HOST."`
	Name    string  `json:"name,omitempty" maxLength:"64" doc:"What the party is called in the room; empty: what it says."`
	Host    bool    `json:"host,omitempty" doc:"With a host's rights."`
	Confirm bool    `json:"confirm,omitempty" doc:"The party hears that it is invited, and joins only once it has pressed 1: a mailbox does not."`
	Wait    float64 `json:"wait_s,omitempty" minimum:"1" maximum:"300" doc:"How long it may take until the answer; a minute if left out."`
}

// Call is a call out that is under way, or was a moment ago.
type Call struct {
	ID      string    `json:"id"`
	To      string    `json:"to" doc:"Whom; without a PIN."`
	Name    string    `json:"name,omitempty"`
	Confirm bool      `json:"confirm"`
	Host    bool      `json:"host"`
	Since   time.Time `json:"since"`
	State   string    `json:"state" enum:"calling,proceeding,early,ringing,forwarded,answered,connected,failed" doc:"answered: it has not pressed 1 yet."`
	Leg     string    `json:"leg,omitempty" doc:"The call's id among the participants, once it is answered."`
	Cause   string    `json:"cause,omitempty" doc:"Why it failed: busy, no-answer, rejected, unreachable and so on."`
	Text    string    `json:"text,omitempty" doc:"That in words."`
}

// Step is how far a call out has come.
type Step struct {
	Call  string `json:"call,omitempty" doc:"The call's id."`
	State string `json:"state" enum:"calling,proceeding,early,ringing,forwarded,answered,connected,failed"`
	ID    string `json:"id,omitempty" doc:"Of the leg, once it is connected."`
	Cause string `json:"cause,omitempty" doc:"Why it failed: busy, no-answer, rejected, unreachable and so on."`
	Text  string `json:"text,omitempty" doc:"That in words."`
}

// Calls makes calls out and moves those that are in a room. That a room is the
// account's is known before it is asked.
type Calls interface {
	// Call begins a call and returns; it goes on by itself. The error, in words for
	// people, is or wraps the cause.Cause for which the rules and limits refuse it;
	// any other says what is wrong with the address.
	Call(room *store.Room, by store.User, c NewCall) (Call, error)
	// Follow reports each step, the last of which is connected or failed. It fails
	// with the context's error.
	Follow(ctx context.Context, roomID, id string, report func(Step)) error
	// Calls are those into a room that are under way or were a moment ago.
	Calls(roomID string) []Call
	// Cancel gives a call up, or forgets one that is over. It is false if there is
	// none of this id.
	Cancel(roomID, id string) bool
	// Move takes a call of a room to another room, HandOn has its party call somebody
	// else instead. They fail with store.ErrNotFound, a *store.FieldError, or why it
	// could not be done, in words for people.
	Move(ctx context.Context, roomID, leg string, to *store.Room) error
	HandOn(ctx context.Context, roomID, leg, to string, by store.User) error
}

func (a *API) calls() {
	add := a.hostOperation("call", http.MethodPost, "/rooms/{id}/calls",
		"Call somebody into a room; each step is a line of JSON, as it comes, unless only application/json is accepted: then the call at once", 404, 422, 429, 503)
	schemas := a.huma.OpenAPI().Components.Schemas
	add.Responses = map[string]*huma.Response{
		"200": {
			Description: "The steps; the last is connected or failed. Whoever goes away before gives the call up.",
			Content:     map[string]*huma.MediaType{ndjson: {Schema: schemas.Schema(reflect.TypeFor[Step](), true, "Step")}},
		},
		"202": {
			Description: "The call, which goes on by itself: for a request that accepts application/json.",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[Call](), true, "Call")}},
		},
	}
	huma.Register(a.huma, add, a.call)
	huma.Register(a.huma, a.hostOperation("list-calls", http.MethodGet, "/rooms/{id}/calls",
		"The calls out into a room that are under way, and those that ended within two minutes", 404), a.listCallsOut)
	huma.Register(a.huma, a.hostOperation("cancel-call", http.MethodDelete, "/rooms/{id}/calls/{call}",
		"Give a call up, or forget one that is over", 404), a.cancelCall)
	move := a.hostOperation("transfer", http.MethodPost, "/rooms/{id}/participants/{participant}/transfer",
		"Move somebody to another room of yours, or have a SIP phone call somebody else instead", 404, 409, 422, 503)
	move.DefaultStatus = http.StatusNoContent
	huma.Register(a.huma, move, a.transfer)
}

const ndjson = "application/x-ndjson"

type callInput struct {
	RoomInput
	Body NewCall
}

// call begins a call out and answers with its steps as they come, or with the call.
func (a *API) call(ctx context.Context, in *callInput) (*huma.StreamResponse, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if a.cfg.Calls == nil {
		return nil, problem(http.StatusServiceUnavailable, "", "this gateway makes no calls")
	}
	c, err := a.cfg.Calls.Call(r, userOf(ctx), in.Body)
	if err != nil {
		return nil, callProblem(err)
	}
	detail(ctx, "to "+c.To)
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		if accepted, _, _ := strings.Cut(hc.Header("Accept"), ";"); strings.TrimSpace(accepted) == "application/json" {
			_, w := humago.Unwrap(hc)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", Prefix+"/rooms/"+r.ID+"/calls/"+c.ID)
			w.WriteHeader(http.StatusAccepted)
			_ = json.NewEncoder(w).Encode(c)
			return
		}
		a.steps(hc, r.ID, c.ID)
	}}, nil
}

// steps tells the steps of a call. Whoever goes away before the last gives it up.
func (a *API) steps(hc huma.Context, roomID, id string) {
	req, w := humago.Unwrap(hc)
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // it may ring for long
	w.Header().Set("Content-Type", ndjson)
	err := a.cfg.Calls.Follow(req.Context(), roomID, id, func(s Step) {
		_ = json.NewEncoder(w).Encode(s)
		_ = control.Flush()
	})
	if err != nil {
		a.cfg.Calls.Cancel(roomID, id)
	}
}

// callProblem says why a call is not made.
func callProblem(err error) *Problem {
	field := &huma.ErrorDetail{Location: "body.to", Message: err.Error()}
	var why cause.Cause
	switch {
	case !errors.As(err, &why):
		return problem(http.StatusUnprocessableEntity, "address", "the address cannot be called", field)
	case why == cause.Limit:
		return problem(http.StatusTooManyRequests, why.String(), err.Error(), field)
	case why == cause.Draining:
		return problem(http.StatusServiceUnavailable, why.String(), err.Error())
	}
	return problem(http.StatusUnprocessableEntity, why.String(), "this call is not allowed", field)
}

type callsOutOutput struct {
	Body struct {
		Calls []Call `json:"calls"`
	}
}

func (a *API) listCallsOut(ctx context.Context, in *RoomInput) (*callsOutOutput, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &callsOutOutput{}
	out.Body.Calls = []Call{}
	if a.cfg.Calls != nil {
		out.Body.Calls = a.cfg.Calls.Calls(r.ID)
	}
	return out, nil
}

type cancelCallInput struct {
	RoomInput
	Call string `path:"call" maxLength:"64"`
}

func (a *API) cancelCall(ctx context.Context, in *cancelCallInput) (*struct{}, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if a.cfg.Calls == nil || !a.cfg.Calls.Cancel(r.ID, in.Call) {
		return nil, problem(http.StatusNotFound, "", "there is no such call")
	}
	return nil, nil
}

// Transfer says where a call goes: one of the two.
type Transfer struct {
	Room string `json:"room,omitempty" maxLength:"64" doc:"The extension of another room of yours. Nothing is asked there."`
	To   string `json:"to,omitempty" maxLength:"320" doc:"A telephone number or SIP address that the party, by SIP, is to call instead. The rules of calls out hold."`
}

type transferInput struct {
	RoomInput
	Participant string `path:"participant" maxLength:"64" doc:"The call's id, as the live room tells it."`
	Body        Transfer
}

func (a *API) transfer(ctx context.Context, in *transferInput) (*struct{}, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if a.cfg.Calls == nil {
		return nil, problem(http.StatusServiceUnavailable, "", "this gateway moves no calls")
	}
	detail(ctx, "participant "+in.Participant+" to "+cmp.Or(in.Body.To, "room "+in.Body.Room))
	switch b := in.Body; {
	case b.Room == "" && b.To == "":
		return nil, wrong("room", "say where: room or to")
	case b.Room != "" && b.To != "":
		return nil, wrong("to", "room and to exclude each other")
	case b.To != "":
		return nil, transferred(a.cfg.Calls.HandOn(ctx, r.ID, in.Participant, b.To, userOf(ctx)))
	}
	to, err := a.cfg.Store.RoomByExtension(ctx, in.Body.Room)
	if err != nil || !to.HostedBy(userOf(ctx).ID) {
		return nil, wrong("room", "no room of yours has this extension")
	}
	return nil, transferred(a.cfg.Calls.Move(ctx, r.ID, in.Participant, to))
}

func wrong(field, words string) *Problem {
	return problem(http.StatusUnprocessableEntity, "", words, &huma.ErrorDetail{Location: "body." + field, Message: words})
}

// transferred says why somebody was not moved.
func transferred(err error) error {
	var field *store.FieldError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return problem(http.StatusNotFound, "not-here", "that person is not in the room")
	case errors.As(err, &field):
		return problemOf(err)
	}
	return problem(http.StatusConflict, "", err.Error())
}
