package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// outward calls somebody by some protocol and returns the leg once it is answered. The
// error is a cause.Cause or wraps one; the end of ctx gives the call up.
type outward func(ctx context.Context, room *store.Room, report func(state string)) (bridge.Leg, error)

// longestRing bounds how long an invitation may take.
const longestRing = time.Hour

// Invite implements control.Gateway: it calls somebody into a room.
func (g *gateway) Invite(ctx context.Context, inv control.Invitation, report func(control.Progress)) error {
	room, err := g.store.RoomByExtension(ctx, inv.Room)
	if err != nil {
		return fmt.Errorf("no room has the extension %s: %w", inv.Room, control.ErrNotFound)
	}
	dial, err := g.dialler(inv.To)
	if err != nil {
		return err
	}
	wait := min(time.Duration(inv.Wait*float64(time.Second)), longestRing)
	if wait <= 0 {
		wait = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	begun := time.Now()
	tell, told := tellSteps(report)
	var leg bridge.Leg
	if err = cause.Limit; !g.isFull() {
		leg, err = dial(ctx, room, tell)
	}
	told()
	if err != nil {
		c := cause.Internal
		errors.As(err, &c)
		g.log.Info("call out not answered", "room", inv.Room, "cause", c.String(), "reason", err.Error())
		report(control.Progress{State: control.Failed, Cause: c.String(), Text: err.Error()})
		return nil
	}
	entry := reception.Entry{
		RoomID: room.ID, Invited: admission.Guest, Name: inv.Name,
		Source: admission.Source{Key: "invited"},
	}
	if inv.Host {
		entry.Invited = admission.Host
	}
	go func() {
		defer func() {
			if v := recover(); v != nil {
				g.failed(leg, v)
			}
		}()
		g.serve(leg, begun, entry)
	}()
	report(control.Progress{State: control.Connected, ID: leg.ID()})
	return nil
}

// tellSteps lets a call tell its steps without waiting for whoever listens to them.
// told waits until they have been; what comes later is nobody's.
func tellSteps(report func(control.Progress)) (tell func(state string), told func()) {
	steps := make(chan string, 8)
	enough, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case state := <-steps:
				report(control.Progress{State: state})
			case <-enough:
				for len(steps) > 0 {
					report(control.Progress{State: <-steps})
				}
				return
			}
		}
	}()
	tell = func(state string) {
		select {
		case steps <- state:
		default: // there are no eight steps
		}
	}
	return tell, func() {
		close(enough)
		<-over
	}
}

// dialler finds by which protocol an address is called.
func (g *gateway) dialler(to string) (outward, error) {
	scheme, _, _ := strings.Cut(to, ":")
	switch strings.ToLower(scheme) {
	case "h323":
		a, err := h323.ParseAddress(to)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %q is no H.323 address: write h323:ALIAS@HOST", control.ErrInvitation, to)
		case g.h323 == nil:
			return nil, fmt.Errorf("%w: H.323 is off (h323.listen)", control.ErrInvitation)
		}
		return g.dialH323(a), nil
	case "sip", "sips", "tel":
		return nil, fmt.Errorf("%w: calls out go by H.323 only so far", control.ErrInvitation)
	}
	return nil, fmt.Errorf("%w: %q does not say by which protocol to call: write h323:ALIAS@HOST", control.ErrInvitation, to)
}

// h323Steps are the words of the steps on the way.
var h323Steps = map[call.Progress]string{call.Calling: "calling", call.Proceeding: "proceeding", call.Ringing: "ringing"}

func (g *gateway) dialH323(to h323.Address) outward {
	return func(ctx context.Context, room *store.Room, report func(string)) (bridge.Leg, error) {
		if why := g.plan.Load().Outward("h323", to.Alias, to.Host); why != "" {
			return nil, refusal{why, cause.Forbidden}
		}
		leg, err := g.h323.Dial(ctx, h323.Call{To: to, Name: room.Name, Number: room.Extension}, func(p call.Progress) {
			if state := h323Steps[p]; state != "" {
				report(state)
			}
		})
		if err != nil {
			return nil, err
		}
		return leg, nil
	}
}

// inviteByPage implements api.Inviter.
func (g *gateway) inviteByPage(ctx context.Context, extension string, inv api.Invitation, report func(api.Step)) error {
	return g.Invite(ctx, control.Invitation{
		To: inv.To, Room: extension, Name: inv.Name, Host: inv.Host, Wait: inv.Wait,
	}, func(p control.Progress) { report(api.Step(p)) })
}
