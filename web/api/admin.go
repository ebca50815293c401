package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/partyline/partyline/store"
)

// Admin is what admins see of the gateway and do to it.
type Admin struct {
	Status   func() GatewayStatus
	Trunks   func() []TrunkStatus
	Numbers  func(context.Context) []NumberStatus
	Calls    func() []LiveCall
	Rooms    func(context.Context) ([]RoomStatus, error) // the fullest first
	Failures func() []CallFailure                        // the newest first
	// Ladder draws the messages of a call, width characters wide; store.ErrNotFound:
	// nothing is known of it.
	Ladder  func(id string, width int) (string, error)
	Config  func() Configuration
	Changes func(context.Context, store.Changes) ([]store.Change, error)
	// EndCall ends a call; store.ErrNotFound: there is none.
	EndCall func(id string) error
	// Reload reads the configuration again; ConfigMistakes: nothing was changed.
	Reload func() (ReloadReport, error)
}

func (a *API) admin() {
	op := a.adminOperation
	huma.Register(a.huma, op("get-status", http.MethodGet, "/status", "How the gateway is"), a.getStatus)
	huma.Register(a.huma, op("list-trunks", http.MethodGet, "/trunks", "The trunks, with their state"), a.listTrunks)
	huma.Register(a.huma, op("list-numbers", http.MethodGet, "/numbers", "The telephone numbers, and where they lead"), a.listNumbers)
	huma.Register(a.huma, op("list-live-calls", http.MethodGet, "/calls", "The live calls, with how they sound"), a.listLiveCalls)
	end := op("end-call", http.MethodDelete, "/calls/{id}", "End a call", 404)
	end.DefaultStatus = http.StatusNoContent
	huma.Register(a.huma, end, a.endCall)
	huma.Register(a.huma, op("get-ladder", http.MethodGet, "/calls/{id}/trace", "The messages of a call, drawn as a ladder", 404), a.getLadder)
	huma.Register(a.huma, op("list-all-rooms", http.MethodGet, "/rooms", "All rooms and meetings, the fullest first"), a.listAllRooms)
	huma.Register(a.huma, op("list-failures", http.MethodGet, "/failures", "Calls that were refused or failed of late, the newest first"), a.listFailures)
	huma.Register(a.huma, op("get-config", http.MethodGet, "/config", "The configuration as loaded, without secrets"), a.getConfig)
	huma.Register(a.huma, op("reload", http.MethodPost, "/reload", "Read the configuration again; calls go on", 422), a.reload)
	huma.Register(a.huma, op("list-changes", http.MethodGet, "/audit", "Who changed what, the newest first", 503), a.listChanges)
}

// adminOperation is an operation of admins.
func (a *API) adminOperation(id, method, path, summary string, errors ...int) huma.Operation {
	o := a.hostOperation(id, method, "/admin"+path, summary, errors...)
	o.Tags, o.Middlewares = []string{"admin"}, huma.Middlewares{a.hosts, a.admins, a.recorded}
	return o
}

// admins lets only those through who are admins now, whatever they were when they
// signed in.
func (a *API) admins(ctx huma.Context, next func(huma.Context)) {
	if userOf(ctx.Context()).Admin {
		next(ctx)
		return
	}
	_, w := humago.Unwrap(ctx)
	Refuse(w, problem(http.StatusForbidden, "admin", "this is for admins"))
}

// some gives what a function lists, or an empty list if there is no such function.
func some[T any](list func() []T) []T {
	if list == nil {
		return []T{}
	}
	if all := list(); all != nil {
		return all
	}
	return []T{}
}

type statusOutput struct{ Body GatewayStatus }

func (a *API) getStatus(context.Context, *struct{}) (*statusOutput, error) {
	out := &statusOutput{}
	if a.cfg.Admin.Status != nil {
		out.Body = a.cfg.Admin.Status()
	}
	out.Body.Listeners = append([]Listener{}, out.Body.Listeners...)
	out.Body.Certificates = append([]Certificate{}, out.Body.Certificates...)
	return out, nil
}

type trunksOutput struct {
	Body struct {
		Trunks []TrunkStatus `json:"trunks"`
	}
}

func (a *API) listTrunks(context.Context, *struct{}) (*trunksOutput, error) {
	out := &trunksOutput{}
	out.Body.Trunks = some(a.cfg.Admin.Trunks)
	return out, nil
}

type numbersOutput struct {
	Body struct {
		Numbers []NumberStatus `json:"numbers"`
	}
}

func (a *API) listNumbers(ctx context.Context, _ *struct{}) (*numbersOutput, error) {
	out := &numbersOutput{}
	out.Body.Numbers = []NumberStatus{}
	if f := a.cfg.Admin.Numbers; f != nil {
		out.Body.Numbers = append(out.Body.Numbers, f(ctx)...)
	}
	return out, nil
}

type liveCallsInput struct {
	Room  string `query:"room" maxLength:"64" doc:"Only those in the room of this extension."`
	Trunk string `query:"trunk" maxLength:"64" doc:"Only those of this trunk."`
	Limit int    `query:"limit" minimum:"1" maximum:"5000" default:"500"`
}

type liveCallsOutput struct {
	Body struct {
		Calls []LiveCall `json:"calls" doc:"The first first."`
		Total int        `json:"total" doc:"How many there are, shown or not."`
	}
}

func (a *API) listLiveCalls(_ context.Context, in *liveCallsInput) (*liveCallsOutput, error) {
	out := &liveCallsOutput{}
	out.Body.Calls = []LiveCall{}
	for _, c := range some(a.cfg.Admin.Calls) {
		if in.Room != "" && c.Room != in.Room || in.Trunk != "" && c.Trunk != in.Trunk {
			continue
		}
		if out.Body.Total++; len(out.Body.Calls) < in.Limit {
			out.Body.Calls = append(out.Body.Calls, c)
		}
	}
	return out, nil
}

// CallInput names a call in the path.
type CallInput struct {
	ID string `path:"id" maxLength:"256" doc:"The call's id."`
}

func noCall() *Problem { return problem(http.StatusNotFound, "", "there is no such call") }

func (a *API) endCall(ctx context.Context, in *CallInput) (*struct{}, error) {
	about(ctx, "call "+in.ID)
	for _, c := range some(a.cfg.Admin.Calls) {
		if c.ID == in.ID {
			detail(ctx, party(c))
		}
	}
	if a.cfg.Admin.EndCall == nil {
		return nil, noCall()
	}
	err := a.cfg.Admin.EndCall(in.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noCall()
	}
	return nil, err
}

// party is who is in a call, for the record, which is not for numbers.
func party(c LiveCall) string {
	text := c.Protocol + " " + c.Direction
	if c.Trunk != "" {
		text += ", trunk " + c.Trunk
	}
	if c.Room != "" {
		text += ", room " + c.Room
	}
	return text
}

type ladderInput struct {
	CallInput
	Width int `query:"width" minimum:"40" maximum:"400" default:"100" doc:"In characters."`
}

type ladderOutput struct {
	Body struct {
		ID     string `json:"id"`
		Ladder string `json:"ladder" doc:"Lines of text, to be shown in letters of one width."`
	}
}

func (a *API) getLadder(_ context.Context, in *ladderInput) (*ladderOutput, error) {
	if a.cfg.Admin.Ladder == nil {
		return nil, noCall()
	}
	text, err := a.cfg.Admin.Ladder(in.ID, in.Width)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noCall()
	}
	if err != nil {
		return nil, err
	}
	out := &ladderOutput{}
	out.Body.ID, out.Body.Ladder = in.ID, text
	return out, nil
}

type failuresOutput struct {
	Body struct {
		Failures []CallFailure `json:"failures"`
	}
}

func (a *API) listFailures(context.Context, *struct{}) (*failuresOutput, error) {
	out := &failuresOutput{}
	out.Body.Failures = some(a.cfg.Admin.Failures)
	return out, nil
}

type configOutput struct{ Body Configuration }

func (a *API) getConfig(context.Context, *struct{}) (*configOutput, error) {
	out := &configOutput{}
	if a.cfg.Admin.Config != nil {
		out.Body = a.cfg.Admin.Config()
	}
	out.Body.Settings = append([]Setting{}, out.Body.Settings...)
	out.Body.Restart = append([]string{}, out.Body.Restart...)
	return out, nil
}

type reloadOutput struct{ Body ReloadReport }

// reload is on record by the gateway itself, whoever asks for it.
func (a *API) reload(ctx context.Context, _ *struct{}) (*reloadOutput, error) {
	if a.cfg.Admin.Reload == nil {
		return nil, problem(http.StatusUnprocessableEntity, "", "there is no configuration to read")
	}
	done, err := a.cfg.Admin.Reload()
	var wrong ConfigMistakes
	switch {
	case errors.As(err, &wrong):
		fields := make([]*huma.ErrorDetail, len(wrong))
		for i, m := range wrong {
			fields[i] = &huma.ErrorDetail{Location: m.At, Message: m.Message}
		}
		return nil, problem(http.StatusUnprocessableEntity, "", "the configuration has mistakes; nothing was changed", fields...)
	case err != nil:
		return nil, problem(http.StatusUnprocessableEntity, "", err.Error())
	}
	done.Applied, done.Restart = append([]string{}, done.Applied...), append([]string{}, done.Restart...)
	about(ctx, "configuration")
	detail(ctx, reloaded(done))
	return &reloadOutput{done}, nil
}

type changesInput struct {
	Since  time.Time `query:"since" doc:"Not before this time."`
	Until  time.Time `query:"until" doc:"Before this time."`
	Who    string    `query:"who" maxLength:"254" doc:"The account's e-mail address, or the name of the system's user."`
	Action []string  `query:"action" maxItems:"50" doc:"Words of actions, divided by commas."`
	Search string    `query:"search" maxLength:"200" doc:"Part of who, subject or detail."`
	Failed bool      `query:"failed" doc:"Only what was refused."`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Before int64     `query:"before" minimum:"0" doc:"Only entries before this id: the cursor of the page before."`
}

type changesOutput struct {
	Body struct {
		Changes []Recorded `json:"changes"`
		Before  int64      `json:"before,omitempty" doc:"Asks for the next page; left out: this is the last."`
	}
}

func (a *API) listChanges(ctx context.Context, in *changesInput) (*changesOutput, error) {
	out := &changesOutput{}
	out.Body.Changes = []Recorded{}
	if a.cfg.Admin.Changes == nil {
		return out, nil
	}
	list, err := a.cfg.Admin.Changes(ctx, store.Changes{
		Since: in.Since, Until: in.Until, Who: in.Who, Actions: in.Action, Search: in.Search, Failed: in.Failed,
		Before: in.Before, Limit: in.Limit + 1, // one more tells whether there is more
	})
	if err != nil {
		return nil, problemOf(err)
	}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.Before = list[in.Limit-1].ID
	}
	for _, c := range list {
		out.Body.Changes = append(out.Body.Changes, Recorded(c))
	}
	return out, nil
}
