package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
)

// order is a call that somebody wants to be made into a room.
type order struct {
	to      string // as it was written
	room    *store.Room
	name    string
	role    store.Role
	confirm bool // the party must press 1
	wait    time.Duration
	by      store.User    // whose wish it is; zero: the command line's
	callID  func() string // of the next attempt
}

// How long a call out may take until it is answered: as long as was said, but not
// longer than an hour. If nothing was said, trunks have a time of their own.
const (
	usualRing   = time.Minute
	longestRing = time.Hour
	trunksTime  = 10 * time.Minute // for all of them together
)

// patience is how long the call may take.
func (o *order) patience(trunks int) time.Duration {
	switch {
	case o.wait > 0:
		return o.wait
	case trunks > 0:
		return trunksTime
	}
	return usualRing
}

// callOut begins a call out and returns once it is under way; it goes on by itself.
// The error says why it is not made at all: control.ErrInvitation for an address that
// cannot be called, a cause.Cause for what the rules and limits refuse.
func (g *gateway) callOut(o order) (*callOut, error) {
	o.wait = min(max(o.wait, 0), longestRing)
	to, err := parseTarget(o.to)
	if err != nil {
		return nil, err
	}
	switch {
	case g.draining.Load():
		return nil, cause.Draining
	case g.isFull():
		return nil, refusal{"the gateway is at its limit of calls", cause.Limit}
	}
	w, err := g.wayTo(to, o)
	if err != nil {
		g.log.Info("call out refused", "room", o.room.Extension, "to", to.shown(), "by", o.caller(), "reason", err.Error())
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(g.serving)
	c, err := g.out.add(o, &to, cancel)
	if err != nil {
		cancel(nil)
		w.over()
		return nil, err
	}
	g.log.Info("call out begins", "call", c.id, "room", o.room.Extension, "to", to.shown(), "by", o.caller(), "trunks", w.trunks)
	g.attended.Go(func() {
		defer w.over()
		defer cancel(nil)
		g.carry(ctx, c, w)
	})
	return c, nil
}

// caller is whose wish a call is, for the log.
func (o *order) caller() string {
	if o.by.ID == "" {
		return "command line"
	}
	return o.by.ID
}

// carry makes a call and serves it to its end.
func (g *gateway) carry(ctx context.Context, c *callOut, w outward) {
	var leg bridge.Leg
	defer func() {
		if v := recover(); v != nil {
			if leg != nil {
				g.failed(leg, v)
			}
			c.fail(cause.Internal, "")
		}
	}()
	ringing, enough := context.WithTimeoutCause(ctx, c.order.patience(len(w.trunks)), cause.NoAnswer)
	defer enough()
	leg, err := w.dial(ringing, c.tell)
	if err != nil {
		why, words := reasonOf(err)
		g.log.Info("call out not answered", "call", c.id, "room", c.order.room.Extension, "cause", why.String(), "reason", words)
		c.fail(why, words)
		return
	}
	defer w.bound(leg)()
	c.answered(leg.ID())
	entry := reception.Entry{
		RoomID: c.order.room.ID, Invited: c.order.role, Name: c.order.name, Language: c.order.room.Language,
		Source: admission.Source{Key: "invited"},
	}
	begun := c.connected
	if c.order.confirm {
		begun = func() { c.tell(stateAnswered) }
		// Who gives the call up now hangs it up.
		kept := context.AfterFunc(ctx, func() { leg.Hangup(cause.Cancelled) })
		entry.Confirm = func(why cause.Cause) {
			kept()
			if why != cause.None {
				c.fail(why, unconfirmed[why])
				return
			}
			c.connected()
		}
	}
	g.serve(leg, c.began, entry, begun)
	c.fail(leg.Cause(), "") // nothing, unless it was not confirmed
}

// unconfirmed are the words for a party that was to press 1.
var unconfirmed = map[cause.Cause]string{
	cause.NoAnswer: "answered, but nobody pressed 1",
	cause.Rejected: "hung up without pressing 1",
}

// reasonOf says why a call was not answered, for programs and for people.
func reasonOf(err error) (cause.Cause, string) {
	why := cause.Internal
	switch {
	case errors.As(err, &why):
	case errors.Is(err, context.DeadlineExceeded):
		why = cause.NoAnswer
	case errors.Is(err, context.Canceled):
		why = cause.Cancelled
	}
	var f *sip.Failure
	switch {
	case why == cause.Cancelled:
		return why, "the call was given up"
	case errors.As(err, &f):
		return why, failureWords(f)
	}
	return why, err.Error()
}

// failureWords say why a SIP call failed, and who said so.
func failureWords(f *sip.Failure) string {
	words := cmp.Or(calledWords[f.Cause], f.Cause.Text())
	switch {
	case f.Status != 0 && f.Peer != "":
		return fmt.Sprintf("%s (%d %s from %s)", words, f.Status, f.Reason, f.Peer)
	case f.Status != 0:
		return fmt.Sprintf("%s (%d %s)", words, f.Status, f.Reason)
	case f.Reason != "":
		return words + " (" + f.Reason + ")"
	}
	return words
}

// calledWords are for causes that mean something else of a call that we make.
var calledWords = map[cause.Cause]string{
	cause.Unroutable: "there is no such number or address",
	cause.Forbidden:  "the far end does not allow the call",
	cause.Limit:      "no line is free",
	cause.Internal:   "the far end has failed",
	cause.Timeout:    "no answer from the far end",
}

// Invite implements control.Gateway: it calls somebody into a room. Who asks for it and
// goes away gives it up.
func (g *gateway) Invite(ctx context.Context, inv control.Invitation, report func(control.Progress)) error {
	room, err := g.store.RoomByExtension(ctx, inv.Room)
	if err != nil {
		return fmt.Errorf("no room has the extension %s: %w", inv.Room, control.ErrNotFound)
	}
	o := order{
		to: inv.To, room: room, name: inv.Name, role: store.Guest, confirm: inv.Confirm,
		wait: time.Duration(min(inv.Wait, longestRing.Seconds()) * float64(time.Second)),
	}
	if inv.Host {
		o.role = store.Host
	}
	c, err := g.callOut(o)
	var why cause.Cause
	switch {
	case errors.As(err, &why):
		report(control.Progress{State: control.Failed, Cause: why.String(), Text: err.Error()})
		return nil
	case err != nil:
		return err
	}
	if c.follow(ctx, report) != nil {
		c.giveUp()
	}
	return nil
}
