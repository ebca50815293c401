package sip

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// Call is a call to be made (RFC 3261 §13.2).
type Call struct {
	Trunk string // by its name; empty: straight to the host of To
	To    string // a number in E.164 for a trunk, or a SIP URI
	// CallerID and CallerName say who calls; empty: what the trunk says. Privacy
	// asks that nobody be told (RFC 3323, RFC 3325).
	CallerID, CallerName string
	Privacy              bool
	Name                 string // of the called, for those who see the call
	Subject              string // of the call, for the called
	// NoAnswer is how long it may ring; 0: the trunk's time, or a minute.
	NoAnswer time.Duration
	// CallID is the call's name on the wire; empty: one is made up.
	CallID string
}

// The steps of a call on its way.
const (
	Calling    = "calling"    // the INVITE is out
	Proceeding = "proceeding" // somebody works on it
	Ringing    = "ringing"
	Early      = "early" // sound comes before the answer
	Forwarded  = "forwarded"
	Connected  = "connected"
)

// Progress is a step of a call on its way and the peer that told it.
type Progress struct{ State, Peer string }

// Failure is why a call was not connected. It wraps its cause.Cause.
type Failure struct {
	Cause  cause.Cause
	Status int    // of the response that ended it; 0: none did
	Reason string // its phrase, or what went wrong here
	Peer   string // who was asked last
	// Target is where the call was redirected to, if it is for the rules of calls
	// out to decide whether to go there (RFC 3261 §8.1.3.4).
	Target string
}

// Error is for logs and people.
func (f *Failure) Error() string {
	text := f.Cause.Text()
	switch {
	case f.Status != 0:
		text = fmt.Sprintf("%s: %d %s", text, f.Status, f.Reason)
	case f.Reason != "":
		text += ": " + f.Reason
	}
	if f.Peer != "" {
		text += " (" + f.Peer + ")"
	}
	return text
}

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// usualRing is how long a call rings if nobody says.
const usualRing = time.Minute

// Dial makes a call and returns its leg once it is answered and its sound agreed
// upon; the caller attends to it. Steps on the way are reported from within Dial,
// one after the other. The end of ctx gives the call up (RFC 3261 §9.1). The error
// is a *Failure.
func (s *Server) Dial(ctx context.Context, c Call, report func(Progress)) (*Leg, error) {
	s.stats.dialled.Add(1)
	d := &dialling{srv: s, cfg: s.cfg.Load(), call: c, report: report, began: time.Now()}
	fail := &Failure{Cause: cause.Draining}
	if s.dialogs.enter(func() { s.wg.Add(1) }) {
		defer s.wg.Done()
		fail = d.run(ctx)
	}
	if fail == nil {
		s.stats.reached.Add(1)
		d.tell(Connected)
		return d.leg, nil
	}
	s.stats.unreached.Add(fail.Cause)
	d.failed(fail)
	return nil, fail
}

// failed ends a call that was not connected and says so.
func (d *dialling) failed(f *Failure) {
	s, c := d.srv, d.call
	u := Unanswered{
		CallID: bridge.CleanText(c.CallID, 100), Outgoing: true, Trunk: c.Trunk, Caller: bridge.CleanText(c.CallerID, 64),
		Called: d.called(), Address: f.Peer, Began: d.began, Cause: f.Cause, Status: f.Status, Reason: bridge.CleanText(f.Error(), 200),
	}
	if d.leg != nil {
		u.LegID, u.CallID = d.leg.id, d.leg.Party().CallID
		d.leg.finish(f.Cause)
	} else if d.leave != nil {
		d.leave()
	}
	status := ""
	if f.Status != 0 {
		status = strconv.Itoa(f.Status)
	}
	s.log.Warn("call out failed", known("leg", u.LegID, "call_id", u.CallID, "trunk", c.Trunk, "to", u.Called,
		"cause", f.Cause.String(), "status", status, "reason", bridge.CleanText(f.Reason, 200), "peer", f.Peer,
		"target", bridge.CleanText(Redact(f.Target), 100))...)
	s.unanswered(u)
}

// called is who is called, for logs and people.
func (d *dialling) called() string {
	user := d.call.To
	if uri, err := parseURI(user); err == nil && uri.User != "" {
		user = uri.User
	}
	return bridge.CleanText(RedactUser(user), 64)
}

// dialling is a call on its way: from hop to hop of its trunk, until one of them
// says something final. The goroutine of Dial owns it; what the dialog and the
// media are about is done by the leg.
type dialling struct {
	srv    *Server
	cfg    *Config
	call   Call
	trunk  *Trunk
	report func(Progress)
	began  time.Time
	leave  func() // until the leg has it
	leg    *Leg
	hop    hop // the one asked now
	told   string
	heard  bool // somebody answered something
	rang   bool

	again     *msg.Request  // the next INVITE, with credentials
	least     time.Duration // Min-SE of a 422
	redirects []string      // users that we were redirected to
}

// run makes the call; nil: it is connected.
func (d *dialling) run(ctx context.Context) *Failure {
	if fail := d.admit(); fail != nil {
		return fail
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.patience(), cause.NoAnswer)
	defer cancel()
	defer context.AfterFunc(d.srv.ctx, cancel)()
	hops, err := d.hops(ctx)
	var fail *Failure
	switch {
	case err != nil && ctx.Err() != nil:
		return d.gaveUp(ctx)
	case errors.As(err, &fail):
		return fail
	case err != nil:
		return &Failure{Cause: cause.Unreachable, Reason: errorText(err)}
	}
	for i, h := range hops {
		d.hop = h
		d.tell(Calling)
		latest, next := d.try(ctx, i == len(hops)-1)
		if latest == nil {
			return nil
		}
		// Who said something tells more than who was silent.
		if fail == nil || latest.Status != 0 || fail.Status == 0 {
			fail = latest
		}
		if !next {
			return latest
		}
	}
	return fail
}

// admit finds the trunk and takes a place on it.
func (d *dialling) admit() *Failure {
	s := d.srv
	if s.draining.Load() {
		return &Failure{Cause: cause.Draining}
	}
	if s.streams.Load != nil {
		if load := s.streams.Load(); load >= Overloaded {
			return &Failure{Cause: cause.Limit, Reason: fmt.Sprintf("the media engines are at %.0f %% of what they can do", 100*load)}
		}
	}
	if d.call.Trunk != "" {
		if d.trunk = d.cfg.trunkNamed(d.call.Trunk); d.trunk == nil {
			return &Failure{Cause: cause.Unroutable, Reason: "there is no trunk " + d.call.Trunk}
		}
	}
	leave, why := s.takeOut(d.trunk)
	if why != "" {
		return &Failure{Cause: cause.Limit, Reason: why}
	}
	d.leave = leave
	return nil
}

// patience is how long the call may go unanswered.
func (d *dialling) patience() time.Duration {
	switch {
	case d.call.NoAnswer > 0:
		return d.call.NoAnswer
	case d.trunk != nil && d.trunk.NoAnswer > 0:
		return d.trunk.NoAnswer
	}
	return usualRing
}

// hops are the ways to the trunk or, without one, to the host of the URI called.
func (d *dialling) hops(ctx context.Context) ([]hop, error) {
	if d.trunk != nil {
		return d.srv.hops(ctx, d.trunk, "")
	}
	uri, err := parseURI(d.call.To)
	if scheme, _, _ := strings.Cut(strings.ToLower(d.call.To), ":"); err != nil || scheme != "sip" && scheme != "sips" {
		return nil, &Failure{Cause: cause.Unroutable, Reason: "no SIP address, and no trunk to call a number by"}
	}
	all, err := d.srv.waysTo(ctx, nil, hop{peer: uri.Host, uri: uri})
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		if name := d.srv.ownerOf(h.addr.Addr()); name != "" {
			// Its numbers have rules: nobody goes around them by calling its address.
			return nil, &Failure{Cause: cause.Forbidden, Reason: "the address is of trunk " + name, Peer: h.addr.String()}
		}
	}
	return all, nil
}

// gaveUp is the failure of a call that nobody waits for any more.
func (d *dialling) gaveUp(ctx context.Context) *Failure {
	f := &Failure{Cause: cause.Cancelled}
	switch {
	case d.srv.ctx.Err() != nil:
		f.Cause = cause.Draining
	case d.leg != nil && d.leg.over():
		f.Cause = d.leg.Cause()
	case errors.Is(context.Cause(ctx), cause.NoAnswer), errors.Is(ctx.Err(), context.DeadlineExceeded):
		f.Cause = cause.NoAnswer
		if !d.heard {
			f.Cause, f.Reason = cause.Unreachable, "nobody answers there"
		}
	}
	if d.hop.addr.IsValid() {
		f.Peer = d.hop.addr.String()
	}
	return f
}

// tell reports a step that differs from the last. That somebody works on the call is
// no news once it rings.
func (d *dialling) tell(state string) {
	if state == d.told || state == Proceeding && d.told != Calling {
		return
	}
	if state == Calling && d.told != "" {
		return // by another hop
	}
	d.told = state
	d.rang = d.rang || state == Ringing
	if d.report != nil {
		d.report(Progress{State: state, Peer: d.hop.addr.String()})
	}
}
