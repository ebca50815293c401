package main

import (
	"context"
	"time"

	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

// liveCalls is the gateway as control.Calls: those who are attended, and those who are
// being called.
type liveCalls struct{ *gateway }

// List implements control.Calls.
func (l liveCalls) List() []control.Call {
	all := l.calls.List()
	for _, c := range l.out.of("") {
		if c.ended().IsZero() && c.legID() == "" {
			all = append(all, c.call())
		}
	}
	return all
}

// call is a call out as the command line shows it before it is answered.
func (c *callOut) call() control.Call {
	v := control.Call{
		ID: c.id, Protocol: c.protocol, Direction: "out", Remote: c.to, Name: c.order.name, Called: c.to,
		Room: c.order.room.Extension, Role: "guest", State: c.last().State,
		Started: c.began, Duration: time.Since(c.began).Round(100 * time.Millisecond).Seconds(),
	}
	if c.order.role == store.Host {
		v.Role = "host"
	}
	return v
}

// Kick implements control.Calls: a call that is being made is given up.
func (l liveCalls) Kick(id string) error {
	if c := l.out.find("", id); c != nil && c.ended().IsZero() {
		c.giveUp()
		return nil
	}
	return l.calls.Kick(id)
}

// SendKeys implements control.Calls.
func (l liveCalls) SendKeys(id, keys string) error { return l.calls.SendKeys(id, keys) }

// Transfer implements control.Calls.
func (l liveCalls) Transfer(ctx context.Context, id string, t control.Transfer) error {
	return l.transferByAdmin(ctx, id, t)
}
