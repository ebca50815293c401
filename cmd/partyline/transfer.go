package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// errTransfer says that a call cannot be moved or handed on as it was asked for.
var errTransfer = errors.New("the call cannot be moved")

// How long a call may take to go to another room, and to be taken by somebody else.
const (
	moveTime  = 5 * time.Second
	referTime = 40 * time.Second
)

// errSameRoom says that a call is where it is wanted.
var errSameRoom = fmt.Errorf("%w: it is in this room already", errTransfer)

// transferByAdmin does what the command line asks for.
func (g *gateway) transferByAdmin(ctx context.Context, id string, t control.Transfer) error {
	a := g.calls.find(id)
	if a == nil {
		return fmt.Errorf("call %s: %w", id, control.ErrNotFound)
	}
	if t.To != "" {
		return g.handOn(ctx, a.leg, t.To, store.User{})
	}
	room, err := g.store.RoomByExtension(ctx, t.Room)
	if err != nil {
		return fmt.Errorf("no room has the extension %s: %w", t.Room, control.ErrNotFound)
	}
	role := store.Guest
	if t.Host {
		role = store.Host
	}
	return g.moveTo(ctx, a, room, role)
}

// moveTo takes a call that is in a room or its lobby to another one. It is asked for
// nothing. A call that the room does not take stays where it is.
func (g *gateway) moveTo(ctx context.Context, a *attendance, room *store.Room, role store.Role) error {
	ctx, cancel := context.WithTimeout(ctx, moveTime)
	defer cancel()
	id := a.leg.ID()
	pl, here := a.lookup()[id]
	p := g.bridge.Participant(id)
	switch {
	case !here || p == nil:
		return fmt.Errorf("%w: it is in no room yet", errTransfer)
	case pl.room.ID() == room.ID:
		return errSameRoom
	}
	err := g.reception.Move(ctx, p, reception.Entry{
		RoomID: room.ID, Invited: role, Name: pl.entry.Name, Source: admission.Source{Key: "invited"},
	})
	var why cause.Cause
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: it does not answer", errTransfer)
	case errors.As(err, &why):
		return fmt.Errorf("%w: %w", errTransfer, err)
	case err != nil:
		return err
	}
	g.log.Info("call moved", "leg", id, "from", pl.extension, "room", room.Extension)
	g.showRoom(ctx, a.leg, room, role)
	return nil
}

// showRoom has the page of a browser's call show the room that the call is in now.
func (g *gateway) showRoom(ctx context.Context, leg bridge.Leg, room *store.Room, role store.Role) {
	if g.live == nil || leg.Protocol() != "webrtc" {
		return
	}
	v := g.admit(ctx, live.Ask{}, admission.Verdict{Room: room, Role: role})
	g.live.Move(leg.ID(), v.Room, v.Host)
}

// referrer is a leg whose party can be asked to call somebody else.
type referrer interface {
	Refer(ctx context.Context, target string) error
}

// handOn asks the party of a call to call somebody else instead of us, as far as the
// rules of calls out allow it. Our call ends when it does.
func (g *gateway) handOn(ctx context.Context, leg bridge.Leg, address string, by store.User) error {
	r, can := leg.(referrer)
	if !can {
		return fmt.Errorf("%w: only SIP calls can be handed on", control.ErrInvitation)
	}
	to, err := parseTarget(address)
	if err != nil {
		return err
	}
	target, err := g.referTarget(to, leg, by)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, referTime)
	defer cancel()
	if err := r.Refer(ctx, target); err != nil {
		_, words := reasonOf(err)
		return fmt.Errorf("%w: %s", errTransfer, words)
	}
	g.log.Info("call handed on", "leg", leg.ID(), "to", to.shown())
	return nil
}

// Transfer implements sip.Transfers: the party of a call asks to be taken to another
// room of ours. It goes through the one admission, and is asked for the PIN unless its
// request has one. Nothing else can be reached so: no call goes out for a REFER.
func (g *gateway) Transfer(leg bridge.Leg, to sip.Inbound) error {
	dest, err := g.Route(context.Background(), to)
	if err != nil {
		return err
	}
	d := dest.(*destination)
	if d.decision.Kind != dialplan.Room {
		return refusal{"calls are transferred to rooms only", cause.Forbidden}
	}
	id := leg.ID()
	p := g.bridge.Participant(id)
	if _, here := g.placeOf()[id]; !here || p == nil {
		return refusal{"the call is in no room yet", cause.Forbidden}
	}
	g.attended.Go(func() {
		ctx, cancel := context.WithTimeout(g.serving, moveTime)
		defer cancel()
		if err := g.reception.Move(ctx, p, d.entry()); err != nil {
			g.log.Info("transfer not followed", "leg", id, "room", d.decision.Extension, "reason", err.Error())
			return
		}
		g.log.Info("call asks for another room", "leg", id, "room", d.decision.Extension)
	})
	return nil
}

// find gives a call that is attended; nil if there is none of this id.
func (t *attendances) find(id string) *attendance {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}
