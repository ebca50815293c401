package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/web/live"
)

func (a *API) live() {
	huma.Register(a.huma, a.hostOperation("get-live", http.MethodGet, "/rooms/{id}/live", "Who is in a room now", 404, 503), a.getLive)
	command := a.hostOperation("command", http.MethodPost, "/rooms/{id}/live/commands",
		"Lead a live meeting: mute, admit, remove, lock, rename, end for all", 404, 409, 422, 503)
	command.DefaultStatus = http.StatusNoContent
	huma.Register(a.huma, command, a.command)
}

type liveOutput struct{ Body live.Roster }

func (a *API) getLive(ctx context.Context, in *RoomInput) (*liveOutput, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m, err := a.cfg.Live.Roster(ctx, r.ID)
	if err != nil {
		return nil, problemOf(err)
	}
	return &liveOutput{m}, nil
}

type commandInput struct {
	RoomInput
	Body live.Command
}

func (a *API) command(ctx context.Context, in *commandInput) (*struct{}, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	recordedCommand(ctx, in.Body.Do, in.Body.Who)
	return nil, problemOf(a.cfg.Live.Do(ctx, r.ID, in.Body))
}
