package main

import (
	"cmp"
	"net/netip"
	"sync"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/hep"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/telemetry/tracing"
	"github.com/partyline/partyline/trace"
)

// callNames are the names of the calls that are up, and of those that have just
// ended: their last log lines come after their records.
type callNames struct {
	mu  sync.Mutex
	all map[string]*callName
}

type callName struct {
	callID, room string
	routed       time.Time
}

// namedFor is how long a call that is over is known by its names.
const namedFor = 30 * time.Second

// of is what is known of a leg. n.mu is held.
func (n *callNames) of(leg string) *callName {
	if n.all == nil {
		n.all = map[string]*callName{}
	}
	if n.all[leg] == nil {
		n.all[leg] = &callName{}
	}
	return n.all[leg]
}

func (n *callNames) called(leg, callID string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of(leg).callID = callID
}

func (n *callNames) routed(leg string, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of(leg).routed = at
}

func (n *callNames) placed(leg, room string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.all[leg]; c != nil {
		c.room = room
	}
}

// find implements telemetry.CallNames.
func (n *callNames) find(leg string) (callID, room string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.all[leg]; c != nil {
		return c.callID, c.room
	}
	return "", ""
}

// over gives when a call was routed, and forgets it after a while.
func (n *callNames) over(leg string) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.all[leg]
	if c == nil {
		return time.Time{}
	}
	time.AfterFunc(namedFor, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.all[leg] == c {
			delete(n.all, leg)
		}
	})
	return c.routed
}

// began tells of a call that is attended from now on.
func (g *gateway) began(a *attendance) {
	party := a.leg.Party()
	g.seeing.names.called(a.leg.ID(), party.CallID)
	g.trace.Begin(trace.Call{
		CallID: party.CallID, LegID: a.leg.ID(), Protocol: a.leg.Protocol(), Direction: a.direction(), Trunk: party.Trunk,
		Caller: cmp.Or(party.Number, party.Name), Called: dialplan.Redact(party.Called),
		Peer: party.Address, Product: party.Product, Began: a.arrived,
	})
}

// isFailure says whether an end is one that somebody may ask about.
func isFailure(c cause.Cause) bool {
	switch c {
	case cause.None, cause.Hangup, cause.Cancelled, cause.Ended, cause.Removed, cause.TestDone, cause.Draining:
		return false
	}
	return true
}

// ended tells of the end of a call, answered or not: the record, the ladder's last
// word, the failure if it is one, and the trace.
func (g *gateway) ended(r store.CDR, c cause.Cause, extension string, routed time.Time, keep bool) {
	name := cmp.Or(r.CallID, r.Dialog)
	r.Conversation = g.trace.Conversation(cmp.Or(r.Dialog, r.CallID))
	r.Reason = cmp.Or(r.Reason, c.Text())
	g.trace.Describe(trace.Call{
		CallID: r.Dialog, LegID: r.CallID, Direction: r.Direction, Trunk: r.Trunk, Caller: r.Caller, Called: r.Called,
		Peer: r.Peer, Product: r.Product,
	})
	g.trace.End(name, r.Cause, r.Reason, r.Ended)
	if isFailure(c) {
		g.trace.Fail(trace.Failure{
			Last: r.Ended, Protocol: r.Protocol, Direction: r.Direction, Trunk: r.Trunk, Peer: r.Peer, Caller: r.Caller,
			Called: r.Called, CallID: r.Dialog, LegID: r.CallID, Cause: r.Cause, Status: r.Status, Reason: r.Reason,
		})
	}
	if keep {
		g.store.RecordCDR(r)
	}
	if t := g.seeing.tracer.Load(); t != nil {
		t.Record(tracing.Call{
			Conversation: r.Conversation, CallID: r.Dialog, Leg: r.CallID, Protocol: r.Protocol, Direction: r.Direction,
			Trunk: r.Trunk, Caller: trace.Mask(r.Caller), Called: trace.Mask(r.Called), Room: extension, Role: r.Role,
			Codec: r.Codec, Cause: r.Cause, Reason: r.Reason, Failed: isFailure(c), MOS: r.Quality.MOS, Loss: r.Quality.Loss,
			Arrived: r.Started, Routed: routed, Answered: r.Answered, Joined: r.Joined, Ended: r.Ended,
		})
	}
}

// unansweredSIP is told of calls that nobody attended.
func (g *gateway) unansweredSIP(u sip.Unanswered) {
	// A stranger who was turned away before there was a leg leaves no record: a flood
	// of them would fill the disk.
	keep := u.LegID != "" || u.Trunk != ""
	g.ended(store.CDR{
		CallID: u.LegID, Dialog: u.CallID, Protocol: "sip", Direction: inOrOut(u.Outgoing), Trunk: u.Trunk, Peer: u.Address,
		Product: u.Product, Caller: u.Caller, Called: u.Called, Started: u.Began, Answered: u.Answered, Ended: u.Ended,
		Cause: u.Cause.String(), Reason: u.Reason, Status: u.Status,
	}, u.Cause, "", time.Time{}, keep)
}

// unansweredH323 is told of those too.
func (g *gateway) unansweredH323(u h323.Unanswered) {
	g.ended(store.CDR{
		CallID: u.LegID, Dialog: u.CallID, Protocol: "h323", Direction: inOrOut(u.Outgoing), Trunk: u.Trunk, Peer: u.Address,
		Product: u.Product, Caller: u.Caller, Called: u.Called, Started: u.Began, Answered: u.Answered, Ended: u.Ended,
		Cause: u.Cause.String(), Reason: u.Reason, Status: u.Q850,
	}, u.Cause, "", time.Time{}, true)
}

func inOrOut(out bool) string {
	if out {
		return "out"
	}
	return "in"
}

// clockRates are those of RTP timestamps (RFC 3551, RFC 7587).
var clockRates = map[string]int{"opus": 48000}

// reportCall reports the sound of a call.
func (g *gateway) reportCall(h *homer, a *attendance, at time.Time) {
	party, q := a.leg.Party(), a.leg.Quality()
	id := cmp.Or(party.CallID, a.leg.ID())
	p := trace.Packet{
		At: at, Protocol: trace.RTCP, Network: "UDP", Out: true, CallID: id, LegID: a.leg.ID(), Remote: peerOf(party.Address),
		Data: hep.RTCP(hep.Report{
			At: at, ClockRate: cmp.Or(clockRates[q.Codec], 8000), PacketsIn: q.PacketsIn, PacketsOut: q.PacketsOut,
			BytesOut: q.BytesOut, Lost: q.Lost, LossIn: q.LossIn, LossOut: q.LossOut, Jitter: q.Jitter, RTT: q.RTT,
			MOS: mosOf(q), Codec: q.Codec,
		}),
	}
	h.Send(p, g.trace.Conversation(id))
}

// peerOf is a signalling address; zero if it is none.
func peerOf(address string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(address)
	return a
}
