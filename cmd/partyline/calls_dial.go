package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
)

// outward is how a call is made: what the rules allow.
type outward struct {
	dial    func(ctx context.Context, tell func(state string)) (bridge.Leg, error)
	trunks  []string
	leave   func()        // gives back its place among the calls out; may be nil
	longest time.Duration // a call lasts; 0: as long as it likes
}

// over gives back what the way has taken.
func (w *outward) over() {
	if w.leave != nil {
		w.leave()
	}
}

// bound ends a call that lasts too long, unless stop is called before.
func (w *outward) bound(leg bridge.Leg) (stop func()) {
	if w.longest <= 0 {
		return func() {}
	}
	t := time.AfterFunc(w.longest, func() { leg.Hangup(cause.Limit) })
	return func() { t.Stop() }
}

// h323Steps are the words of the steps on the way.
var h323Steps = map[call.Progress]string{call.Calling: stateCalling, call.Proceeding: "proceeding", call.Ringing: "ringing"}

// wayTo finds out whether and how an address may be called: by the outbound rules, and
// the limits on calls out.
func (g *gateway) wayTo(to target, o order) (outward, error) {
	r, err := g.allowed(to, o.room.Extension, o.by.Email)
	if err != nil {
		return outward{}, err
	}
	if to.system != nil && g.h323 == nil {
		return outward{}, badAddress("H.323 is off (h323.listen)")
	}
	leave, why := g.budget.Take(time.Now(), o.caller(), r.Number)
	if why != "" {
		return outward{}, refusal{why, cause.Limit}
	}
	w := outward{trunks: r.Trunks, leave: leave, longest: g.cfg.Load().Limits.Outbound.Duration}
	if to.system != nil {
		w.trunks, w.dial = nil, g.byH323(*to.system, o)
	} else {
		w.dial = g.bySIP(to, r, o)
	}
	return w, nil
}

// allowed asks the outbound rules about an address.
func (g *gateway) allowed(to target, room, host string) (dialplan.Route, error) {
	r := g.plan.Load().Route(dialplan.Outbound{Called: to.called(), From: room, Host: host, Time: time.Now()})
	switch {
	case !r.Allowed:
		return r, refusal{r.Reason, cause.Forbidden}
	case to.number != "" && len(r.Trunks) == 0:
		return r, refusal{"the rule for this number names no trunk", cause.Forbidden}
	}
	return r, nil
}

// mostForwards is how often a call may be redirected to somebody else.
const mostForwards = 3

// bySIP calls a number by the trunks of its route, one after the other, or an address
// straight. A party that sends the call elsewhere does so within the rules.
func (g *gateway) bySIP(to target, r dialplan.Route, o order) func(context.Context, func(string)) (bridge.Leg, error) {
	return func(ctx context.Context, tell func(string)) (bridge.Leg, error) {
		o.callID = g.callIDs("")
		for forwards := 0; ; forwards++ {
			leg, err := g.dialSIP(ctx, to, r, o, tell)
			var f *sip.Failure
			if err == nil || !errors.As(err, &f) || f.Target == "" || ctx.Err() != nil {
				return leg, err
			}
			if forwards == mostForwards {
				return nil, refusal{"forwarded too often", cause.Rejected}
			}
			if to, err = parseTarget(f.Target); err != nil || to.system != nil {
				return nil, refusal{"forwarded to an address that cannot be called", cause.Rejected}
			}
			if r, err = g.allowed(to, o.room.Extension, o.by.Email); err != nil {
				return nil, refusal{fmt.Sprintf("forwarded to %s: %s", to.shown(), err), cause.Forbidden}
			}
			leave, why := g.budget.Take(time.Now(), o.caller(), r.Number)
			if why != "" {
				return nil, refusal{"forwarded to " + to.shown() + ": " + why, cause.Limit}
			}
			leave() // the call has its place already
			tell(stateForwarded)
		}
	}
}

// dialSIP calls by one route.
func (g *gateway) dialSIP(ctx context.Context, to target, r dialplan.Route, o order, tell func(string)) (bridge.Leg, error) {
	trunks, called := r.Trunks, r.Number
	if len(trunks) == 0 {
		trunks, called = []string{""}, to.uri
	}
	return tryEach(ctx, trunks, func(ctx context.Context, trunk string) (bridge.Leg, error) {
		leg, err := g.sip.Dial(ctx, sip.Call{
			Trunk: trunk, To: called, CallerID: r.CallerID, CallerName: o.room.Name, Subject: o.room.Name,
			Name: o.name, NoAnswer: o.wait, CallID: o.callID(),
		}, func(p sip.Progress) {
			if p.State != sip.Connected {
				tell(p.State)
			}
		})
		if err != nil { // no leg, not one that is nil
			return nil, err
		}
		return leg, nil
	})
}

// referTarget is where the party of a call is sent, if the rules let us call there.
func (g *gateway) referTarget(to target, leg bridge.Leg, by store.User) (string, error) {
	if to.system != nil {
		return "", badAddress("a SIP phone cannot be sent to an H.323 address")
	}
	r, err := g.allowed(to, g.placeOf()[leg.ID()].extension, by.Email)
	switch {
	case err != nil:
		return "", err
	case len(r.Trunks) > 0:
		return "tel:" + r.Number, nil
	}
	return to.uri, nil
}

// byH323 calls a room system.
func (g *gateway) byH323(to h323.Address, o order) func(context.Context, func(string)) (bridge.Leg, error) {
	return func(ctx context.Context, tell func(string)) (bridge.Leg, error) {
		leg, err := g.h323.Dial(ctx, h323.Call{To: to, Name: o.room.Name, Number: o.room.Extension}, func(p call.Progress) {
			if state := h323Steps[p]; state != "" {
				tell(state)
			}
		})
		if err != nil { // no leg, not one that is nil
			return nil, err
		}
		return leg, nil
	}
}

// tryEach dials by one trunk after the other, until one of them reaches somebody who
// answers or does not want to.
func tryEach(ctx context.Context, trunks []string, dial func(ctx context.Context, trunk string) (bridge.Leg, error)) (bridge.Leg, error) {
	var first error
	for _, trunk := range trunks {
		leg, err := dial(ctx, trunk)
		if err == nil {
			return leg, nil
		}
		if ctx.Err() != nil || !triesNext(err) {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// triesNext says whether another trunk may do better: this one did not carry the call
// at all.
func triesNext(err error) bool {
	var f *sip.Failure
	if errors.As(err, &f) && f.Target != "" {
		return false // it knows somebody who may
	}
	var why cause.Cause
	if !errors.As(err, &why) {
		return false
	}
	switch why {
	case cause.Unreachable, cause.Limit, cause.Internal:
		return true
	}
	return false
}
