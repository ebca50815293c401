package sip

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

const (
	// mostInvites is how many INVITEs a hop gets at most: for credentials, a longer
	// session interval, other numbers.
	mostInvites = 8
	// longestSession is the longest interval that a 422 may have us ask for.
	longestSession = 24 * time.Hour
)

// errSilent says that a hop did not answer in time for another to be tried.
var errSilent = errors.New("sip: no answer from this hop")

// outcome is how an INVITE ended: connected, with a response, or without any.
type outcome struct {
	connected bool
	res       *msg.Response
	err       error
	gaveUp    bool
}

// try asks one hop. nil: the call is connected. next: another hop may do better
// (RFC 3263 §4.3).
func (d *dialling) try(ctx context.Context, last bool) (fail *Failure, next bool) {
	f, err := d.srv.flowTo(ctx, d.hop, d.trunk)
	switch {
	case err != nil && ctx.Err() != nil:
		return d.gaveUp(ctx), false
	case err != nil:
		return d.next(nil, err)
	}
	if err = d.toward(f); err != nil {
		return d.broke(ctx, err)
	}
	for range mostInvites {
		v, err := d.invite(f)
		if err != nil {
			return d.broke(ctx, err)
		}
		out := d.await(ctx, v, last)
		switch {
		case out.connected:
			return nil, false
		case out.gaveUp:
			return d.gaveUp(ctx), false
		case out.res == nil:
			return d.broke(ctx, out.err)
		}
		again, fail := d.judge(v, out.res)
		switch {
		case again:
			continue
		case fail != nil:
			return fail, false
		case failsOver(out.res, nil) && !d.rang: // who has rung is not called twice
			return d.next(out.res, nil)
		}
		return refusedBy(out.res, d.hop), false
	}
	return &Failure{Cause: cause.Unreachable, Reason: "too many redirections and challenges", Peer: d.hop.addr.String()}, false
}

// broke judges an attempt that ended without a refusal: there was no answer, or we
// could not go on.
func (d *dialling) broke(ctx context.Context, err error) (fail *Failure, next bool) {
	switch {
	case errors.Is(err, errSilent), errors.Is(err, errTimeout), errors.Is(err, errTransport):
		return d.next(nil, err)
	case ctx.Err() != nil:
		return d.gaveUp(ctx), false
	}
	return failureOf(err, d.hop), false
}

// failureOf is the failure of a call that was answered and could not be used.
func failureOf(err error, h hop) *Failure {
	return &Failure{Cause: causeOf(err), Reason: errorText(err), Peer: h.addr.String()}
}

// next goes on to the next hop.
func (d *dialling) next(res *msg.Response, err error) (*Failure, bool) {
	d.srv.hopFailed(d.trunk, d.hop, res, err)
	if res != nil {
		return refusedBy(res, d.hop), true
	}
	return &Failure{Cause: cause.Unreachable, Reason: errorText(err), Peer: d.hop.addr.String()}, true
}

// toward has the leg call by this hop; the first one makes it.
func (d *dialling) toward(f flow) error {
	if d.leg == nil {
		d.leg = d.newLeg(f)
		d.leave = nil // is the leg's
	}
	l := d.leg
	return l.do(func() error { return l.toward(d.srv.dialParties(d.trunk, d.call, d.hop), d.hop, f) })
}

// invite sends an INVITE.
func (d *dialling) invite(f flow) (*invitation, error) {
	l, again := d.leg, d.again
	d.again = nil
	var v *invitation
	err := l.do(func() error {
		if l.over() {
			return l.Cause()
		}
		v = newInvitation(l, l.inviteRequest(again, d.least), f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, v.begin()
}

// await waits for an INVITE's end and tells the steps until then. A hop that says
// nothing at all is waited for only if there is no other.
func (d *dialling) await(ctx context.Context, v *invitation, last bool) outcome {
	o := d.leg.out
	timer := time.NewTimer(hopPatience)
	defer timer.Stop()
	silent, lost, heard := timer.C, d.srv.hopLost(d.trunk, d.hop), v.heard
	if last {
		silent, lost = nil, nil
	}
	for {
		select {
		case state := <-o.steps:
			d.tell(state)
		case <-heard:
			d.answered()
			heard, silent, lost = nil, nil, nil
		case err := <-o.settled:
			return d.settled(v, err)
		case out := <-v.final:
			if out.res != nil {
				d.answered()
			}
			return out
		case <-silent:
			v.drop(cause.Unreachable)
			return outcome{err: errSilent}
		case <-lost:
			v.drop(cause.Unreachable)
			return outcome{err: errSilent}
		case <-ctx.Done():
			return outcome{gaveUp: true}
		case <-d.leg.ctx.Done():
			select {
			case err := <-o.settled:
				return d.settled(v, err)
			default:
				return outcome{gaveUp: true}
			}
		}
	}
}

func (d *dialling) answered() {
	d.heard = true
	d.srv.hopAnswered(d.trunk, d.hop)
}

// settled tells the steps that are left of a call that was answered. Its ACK is out
// before anything else is.
func (d *dialling) settled(v *invitation, err error) outcome {
	d.answered()
	for len(d.leg.out.steps) > 0 {
		d.tell(<-d.leg.out.steps)
	}
	select {
	case <-v.acked:
	case <-d.leg.done:
	}
	return outcome{connected: err == nil, err: err}
}

// judge reads a refusal: whether another INVITE to the same hop may do, or the call
// has failed. Neither: it depends on the other hops.
func (d *dialling) judge(v *invitation, res *msg.Response) (again bool, fail *Failure) {
	switch {
	case challenged(res):
		next, ok := d.srv.authorize(v.req, res, d.trunk)
		d.again = next
		return ok, nil
	case res.StatusCode == 422: // RFC 4028 §7.3
		least := minSE(res)
		if least <= d.least || least > longestSession {
			return false, nil
		}
		d.least = least
		return true, nil
	case res.IsRedirection():
		return d.redirected(res)
	}
	return false, nil
}

// redirected follows a 3xx as the trunk wants it (RFC 3261 §8.1.3.4). A call
// without a trunk is for the rules to decide.
func (d *dialling) redirected(res *msg.Response) (again bool, fail *Failure) {
	fail = refusedBy(res, d.hop)
	targets := contacts(res)
	switch {
	case len(targets) == 0:
	case d.trunk == nil || d.trunk.Redirects == RedirectsFollow:
		d.tell(Forwarded)
		fail.Target = targets[0].String()
	case d.trunk.Redirects == RedirectsSameTrunk:
		for i := range targets {
			user := calledUser(&targets[i])
			if plainUser(user) && !slices.Contains(d.redirects, user) {
				d.redirects = append(d.redirects, user)
				d.tell(Forwarded)
				if err := d.leg.do(func() error { d.leg.retarget(user); return nil }); err != nil {
					return false, failureOf(err, d.hop)
				}
				return true, nil
			}
		}
	}
	return false, fail
}

// plainUser says that a user part is nothing but a number or a name.
func plainUser(user string) bool {
	ok := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("+*#-_.~", r)
	}
	return user != "" && len(user) <= 64 && !strings.ContainsFunc(user, func(r rune) bool { return !ok(r) })
}

// ownerOf names the trunk that an address belongs to, as caller or as peer.
func (s *Server) ownerOf(a netip.Addr) string {
	if t := s.cfg.Load().trunk(a); t != nil {
		return t.Name
	}
	for _, l := range s.lines.all() {
		l.mu.Lock()
		known := slices.Contains(l.known, a)
		l.mu.Unlock()
		if known {
			return l.name
		}
	}
	return ""
}

// newLeg makes the leg of a call of ours.
func (d *dialling) newLeg(f flow) *Leg {
	s := d.srv
	l := &Leg{
		id: newTag()[:10], srv: s, cfg: d.cfg, trunk: d.trunk, tag: newTag(), leave: d.leave,
		out: newOutgoing(d.call), done: make(chan struct{}), gaveUp: func() {},
		sessionID: uint64(time.Now().Unix()), version: 1,
	}
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	callID := d.call.CallID
	if callID == "" {
		callID = newTag() + newTag()
	}
	l.dlg = &dialog{callID: callID, localTag: l.tag, flow: f}
	l.out.base = l.dlg
	called := d.called()
	l.party = bridge.Party{
		Name: bridge.CleanText(d.call.Name, 64), Number: called, Called: called,
		Address: f.remote().String(), CallID: bridge.CleanText(callID, 100),
	}
	if d.trunk != nil {
		l.party.Trunk = d.trunk.Name
	}
	l.log = s.log.With("leg", l.id, "call_id", l.party.CallID)
	s.wg.Add(1) // until close
	f.hold(1)
	s.dialogs.place(l)
	return l
}
