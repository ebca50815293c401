package main

import (
	"context"
	"errors"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// pageCalls is the gateway as api.Calls.
type pageCalls struct{ *gateway }

// Call implements api.Calls.
func (g pageCalls) Call(room *store.Room, by store.User, n api.NewCall) (api.Call, error) {
	o := order{
		to: n.To, room: room, name: n.Name, role: store.Guest, confirm: n.Confirm,
		wait: time.Duration(n.Wait * float64(time.Second)), by: by,
	}
	if n.Host {
		o.role = store.Host
	}
	c, err := g.callOut(o)
	if err != nil {
		return api.Call{}, err
	}
	return c.view(), nil
}

// view is a call out as its host sees it.
func (c *callOut) view() api.Call {
	last := c.last()
	v := api.Call{
		ID: c.id, To: c.to, Name: c.order.name, Confirm: c.order.confirm, Host: c.order.role == store.Host,
		Since: c.began, State: last.State, Leg: c.legID(), Cause: last.Cause, Text: last.Text,
	}
	return v
}

// Calls implements api.Calls.
func (g pageCalls) Calls(roomID string) []api.Call {
	list := []api.Call{}
	for _, c := range g.out.of(roomID) {
		list = append(list, c.view())
	}
	return list
}

// Follow implements api.Calls.
func (g pageCalls) Follow(ctx context.Context, roomID, id string, report func(api.Step)) error {
	c := g.out.find(roomID, id)
	if c == nil {
		return store.ErrNotFound
	}
	return c.follow(ctx, func(p control.Progress) { report(api.Step(p)) })
}

// Cancel implements api.Calls.
func (g pageCalls) Cancel(roomID, id string) bool {
	c := g.out.find(roomID, id)
	switch {
	case c == nil:
		return false
	case c.ended().IsZero():
		c.giveUp()
	default:
		g.out.drop(c)
	}
	return true
}

// Move implements api.Calls.
func (g pageCalls) Move(ctx context.Context, roomID, leg string, to *store.Room) error {
	a, err := g.inRoom(roomID, leg)
	if err != nil {
		return err
	}
	return transferProblem(g.moveTo(ctx, a, to, store.Guest), "room")
}

// HandOn implements api.Calls.
func (g pageCalls) HandOn(ctx context.Context, roomID, leg, to string, by store.User) error {
	a, err := g.inRoom(roomID, leg)
	if err != nil {
		return err
	}
	return transferProblem(g.handOn(ctx, a.leg, to, by), "to")
}

// inRoom gives a call that is in this room or its lobby.
func (g pageCalls) inRoom(roomID, leg string) (*attendance, error) {
	a := g.calls.find(leg)
	if a == nil {
		return nil, store.ErrNotFound
	}
	if pl, here := a.lookup()[leg]; !here || pl.room.ID() != roomID {
		return nil, store.ErrNotFound
	}
	return a, nil
}

// transferProblem says which field is wrong, if one is.
func transferProblem(err error, field string) error {
	var why cause.Cause
	switch {
	case err == nil:
		return nil
	case errors.Is(err, control.ErrInvitation), errors.Is(err, errSameRoom), errors.As(err, &why):
		return &store.FieldError{Field: field, Msg: err.Error()}
	}
	return err
}
