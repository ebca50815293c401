package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
)

// destination is what Route tells Attend by way of the signalling.
type destination struct {
	decision dialplan.Decision
	source   admission.Source
	arrived  time.Time
	routed   time.Time // when that was decided
}

// inbound is a call of any protocol whose way is asked for.
type inbound struct {
	protocol, trunk, caller, callID string
	// called are the addresses that the signalling names, from the one that counts
	// most to the one that counts least. They may hold PINs.
	called []calledAddress
	source netip.Addr
	time   time.Time
}

// calledAddress is a user part or alias, and the host if one was named.
type calledAddress struct{ user, host string }

// Route implements sip.Router.
func (g *gateway) Route(_ context.Context, in sip.Inbound) (sip.Target, error) {
	caller := in.Caller
	if in.AssertedID != "" {
		caller = in.AssertedID
	}
	return g.route(inbound{
		protocol: "sip", trunk: in.Trunk, caller: caller, callID: in.CallID,
		called: []calledAddress{{in.Called, in.CalledHost}}, source: in.Source.Addr(), time: in.Time,
	})
}

// route decides where a call goes. Of several addresses the first that leads
// anywhere decides; without one the bare gateway was called.
func (g *gateway) route(in inbound) (*destination, error) {
	if g.draining.Load() {
		return nil, cause.Draining
	}
	if len(in.called) == 0 {
		in.called = []calledAddress{{}}
	}
	var d dialplan.Decision
	for i, called := range in.called {
		found := g.plan.Load().Decide(dialplan.Inbound{
			Protocol: in.protocol, Trunk: in.trunk, Caller: in.caller,
			CalledUser: called.user, CalledHost: called.host, Time: in.time,
		})
		g.log.Debug("call routed", "call_id", in.callID, "called", sip.RedactUser(called.user), "decision", found.Kind.String(),
			"extension", found.Extension, "reason", found.Reason)
		nowhere := found.Kind == dialplan.Reject && found.Cause == cause.Unroutable
		if i == 0 || !nowhere {
			d = found
		}
		if !nowhere {
			break
		}
	}
	switch d.Kind {
	case dialplan.Reject, dialplan.Deny:
		return nil, refusal{d.Reason, d.Cause}
	case dialplan.Forward:
		return nil, redirection(in.protocol, d.Forward)
	}
	return &destination{
		decision: d, arrived: in.time, routed: time.Now(),
		source: admission.SourceOf(in.trunk, in.caller, in.source),
	}, nil
}

// redirection is the error that sends a caller on to an address of the dialplan's.
func redirection(protocol, address string) error {
	to, err := parseTarget(address)
	switch {
	case protocol != "sip":
		return refusal{"only calls by SIP are sent on", cause.Unroutable}
	case err != nil || to.system != nil:
		return refusal{"the rule sends on to " + dialplan.Redact(address) + ", which is no SIP address and no number", cause.Unroutable}
	}
	return &sip.Redirection{To: strings.NewReplacer(" ", "", "/", "").Replace(to.called())}
}

// refusal is a cause in the dialplan's words.
type refusal struct {
	reason string
	cause  cause.Cause
}

func (r refusal) Error() string { return cmp.Or(r.reason, r.cause.Text()) }
func (r refusal) Unwrap() error { return r.cause }

// Attend implements sip.Attendant: it takes an answered call through reception
// and room to its end. The signalling's context ends with the call, which the
// reception sees by the leg; it gets the context that ends with the service.
func (g *gateway) Attend(_ context.Context, leg bridge.Leg, to sip.Target) {
	g.attend(leg, to)
}

// attend takes an answered call of any protocol where route has decided.
func (g *gateway) attend(leg bridge.Leg, to any) {
	dest, ok := to.(*destination)
	if !ok {
		leg.Hangup(cause.Internal)
		return
	}
	g.seeing.names.routed(leg.ID(), dest.routed)
	g.serve(leg, dest.arrived, dest.entry(), nil)
}

// serve takes a call of any protocol through reception and room to its end. begun, if
// not nil, is called once the call can be listed, moved and ended.
func (g *gateway) serve(leg bridge.Leg, arrived time.Time, entry reception.Entry, begun func()) {
	g.attended.Add(1)
	defer g.attended.Done()
	in := g.begin(leg, arrived, entry)
	defer g.end(in.attendance)
	if begun != nil {
		begun()
	}
	if in.p != nil {
		g.reception.Attend(g.serving, in.p, in.entry)
	}
	leg.Hangup(cause.Hangup) // nothing, unless the reception forgot
}

// entered is a call that has begun: its participant, nil if it cannot enter the
// bridge, and what the reception is told of it.
type entered struct {
	attendance *attendance
	p          *bridge.Participant
	entry      reception.Entry
}

// begin takes a call into the bridge. A goroutine of its own does it, as the
// reception does what is deep: Attend's lasts as long as the call, and so does the
// stack that it has once needed.
func (g *gateway) begin(leg bridge.Leg, arrived time.Time, entry reception.Entry) *entered {
	in := &entered{
		attendance: &attendance{leg: leg, arrived: arrived, answered: time.Now(), lookup: g.placeOf},
		entry:      entry,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { // Attend's caller guards its own goroutine only
			if v := recover(); v != nil {
				in.p = nil
				g.failed(leg, v)
			}
		}()
		g.calls.add(in.attendance)
		g.began(in.attendance)
		var err error
		if in.p, err = g.bridge.Enter(leg); err != nil {
			g.log.Error("call cannot enter", "leg", leg.ID(), "error", err)
			leg.Hangup(cause.Internal)
		}
	}()
	<-done
	return in
}

// failed ends a call that panicked, and no other.
func (g *gateway) failed(leg bridge.Leg, panicked any) {
	g.log.Error("a call failed; it is ended", "leg", leg.ID(), "panic", panicked, "stack", string(debug.Stack()))
	leg.Hangup(cause.Internal)
}

// end forgets a call and writes its record.
func (g *gateway) end(a *attendance) {
	g.calls.remove(a)
	g.record(a)
}

// entry is what the reception is told of a call. Nothing else of the decision is
// kept while the call lasts.
func (d *destination) entry() reception.Entry {
	return reception.Entry{
		Extension: d.decision.Extension, PIN: d.decision.PIN, Language: d.decision.Language, Source: d.source,
		Test:   d.decision.Kind == dialplan.Test,
		Mapped: d.decision.Kind == dialplan.Room && d.decision.Number != "",
	}
}

// record writes the call detail record.
func (g *gateway) record(a *attendance) {
	party, q := a.leg.Party(), a.leg.Quality()
	ended := a.leg.Cause()
	if ended == cause.None {
		ended = cause.Internal
	}
	routed := g.seeing.names.over(a.leg.ID())
	g.ended(store.CDR{
		CallID: a.leg.ID(), Dialog: party.CallID, Protocol: a.leg.Protocol(), Direction: a.direction(), Trunk: party.Trunk,
		Peer: party.Address, Product: party.Product,
		Caller: cmp.Or(party.Number, party.Name, party.Address), Called: dialplan.Redact(party.Called),
		RoomID: a.room, Role: a.role, Codec: q.Codec,
		Started: a.arrived, Answered: a.answered, Joined: a.joined, Ended: time.Now(), Cause: ended.String(),
		Quality: store.Quality{
			Loss: max(q.LossIn, q.LossOut), LossIn: q.LossIn, LossOut: q.LossOut, Jitter: q.Jitter, RTT: q.RTT, MOS: mosOf(q),
		},
		BytesIn: q.BytesIn, BytesOut: q.BytesOut,
	}, ended, a.extension, routed, true)
	g.log.Info(callRecord, "leg", a.leg.ID(), "call_id", party.CallID, "cause", ended.String(), "room", a.extension,
		"seconds", int(time.Since(a.answered).Seconds()), "codec", q.Codec, "loss_in", q.LossIn, "lost", q.Lost)
}

// attendance is one call under way.
type attendance struct {
	leg      bridge.Leg
	arrived  time.Time
	answered time.Time
	lookup   func() map[string]place

	// Where it was seen last; guarded by attendances.mu until it has ended.
	room, extension, role string
	joined                time.Time
}

// attendances are the calls under way, of every protocol.
type attendances struct {
	mu    sync.Mutex
	byID  map[string]*attendance
	moves uint64 // calls that came, were placed in a room and went
}

func (t *attendances) add(a *attendance) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID[a.leg.ID()] = a
	t.moves++
}

func (t *attendances) remove(a *attendance) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byID, a.leg.ID())
	t.moves++
}

func (t *attendances) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

// all is everyone, the first first.
func (t *attendances) all() []*attendance {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*attendance, 0, len(t.byID))
	for _, a := range t.byID {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *attendance) int {
		return cmp.Or(a.answered.Compare(b.answered), cmp.Compare(a.leg.ID(), b.leg.ID()))
	})
	return list
}

// List implements control.Calls.
func (t *attendances) List() []control.Call {
	all := t.all()
	calls := make([]control.Call, 0, len(all))
	if len(all) == 0 {
		return calls
	}
	places := all[0].lookup()
	for _, a := range all {
		calls = append(calls, a.call(places[a.leg.ID()]))
	}
	return calls
}

// Kick implements control.Calls.
func (t *attendances) Kick(id string) error {
	t.mu.Lock()
	a := t.byID[id]
	t.mu.Unlock()
	if a == nil {
		return fmt.Errorf("call %s: %w", id, control.ErrNotFound)
	}
	if pl, ok := a.lookup()[id]; ok && pl.room != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if pl.room.Kick(ctx, id, cause.Removed) == nil {
			return nil
		}
	}
	a.leg.Hangup(cause.Removed)
	return nil
}

// SendKeys implements control.Calls.
func (t *attendances) SendKeys(id, keys string) error {
	t.mu.Lock()
	a := t.byID[id]
	t.mu.Unlock()
	if a == nil {
		return fmt.Errorf("call %s: %w", id, control.ErrNotFound)
	}
	for _, k := range []byte(keys) {
		if !strings.ContainsRune(keysThatAre, rune(k)) {
			return fmt.Errorf("%q is no key: use 0-9, *, # and A-D", k)
		}
	}
	for _, k := range []byte(keys) {
		a.leg.SendKey(k)
	}
	return nil
}

const keysThatAre = "0123456789*#ABCD"

// call is the leg as the command line shows it.
func (a *attendance) call(pl place) control.Call {
	party, q := a.leg.Party(), a.leg.Quality()
	c := control.Call{
		ID: a.leg.ID(), Protocol: a.leg.Protocol(), Direction: a.direction(), Remote: party.Address,
		Name: cmp.Or(pl.entry.Name, party.Name), Number: party.Number, Trunk: party.Trunk,
		Called: dialplan.Redact(party.Called), State: "reception", Codec: q.Codec, Product: party.Product, CallID: party.CallID,
		Started: a.answered, Duration: time.Since(a.answered).Round(100 * time.Millisecond).Seconds(),
		PacketsIn: q.PacketsIn, PacketsOut: q.PacketsOut,
		LossIn: q.LossIn, LossOut: q.LossOut, Jitter: inMilliseconds(q.Jitter), RTT: inMilliseconds(q.RTT),
		Playout: inMilliseconds(q.PlayoutDelay), MOS: mosOf(q),
	}
	if pl.room != nil {
		c.Room, c.State = pl.extension, pl.entry.State.String()
		c.Role, c.Muted, c.Hand, c.Talking = "guest", pl.entry.Muted, pl.entry.Hand, pl.entry.Talking
		if pl.entry.Host {
			c.Role = "host"
		}
	}
	if l, ok := a.leg.(interface{ Held() bool }); ok && l.Held() {
		c.State = "held"
	}
	if l, ok := a.leg.(interface{ Encrypted() bool }); ok {
		c.Encrypted = l.Encrypted()
	}
	return c
}

// direction is who called: in, if the party did.
func (a *attendance) direction() string {
	if l, ok := a.leg.(interface{ Outgoing() bool }); ok && l.Outgoing() {
		return "out"
	}
	return "in"
}

func inMilliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// mosOf estimates how a call sounds to both; 0 before anything was heard.
func mosOf(q media.Stats) float64 {
	if q.PacketsIn == 0 {
		return 0
	}
	delay := inMilliseconds(q.RTT/2 + q.PlayoutDelay)
	return float64(int(10*control.MOS(max(q.LossIn, q.LossOut), delay)+0.5)) / 10
}
