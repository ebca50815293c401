package sip

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

// errTransport says that an INVITE could not be sent, or not again.
var errTransport = errors.New("sip: cannot be sent to")

// mostBranches bounds how many answers of one INVITE are looked at.
const mostBranches = 16

// invitation is one INVITE of ours, until its transaction is over (RFC 3261
// §13.2.2, §17.1.1). It sees to what must happen whatever has become of the call:
// each success is acknowledged, again for each copy; one that nobody wants, any
// more or because another came first, is ended by BYE; an INVITE that is given up
// is cancelled as soon as that is allowed. What it hears of interest it tells its
// leg. Its goroutine (run) owns it.
type invitation struct {
	srv  *Server
	leg  *Leg
	req  *msg.Request
	flow flow
	base *dialog // what was known when it was sent; a copy
	tx   *clientTx
	seq  atomic.Uint32 // the highest CSeq that a dialog of it has used

	heard   chan struct{} // closed by the first response
	acked   chan struct{} // closed when the leg's success is acknowledged
	final   chan outcome  // how it ended without success
	dropped chan cause.Cause
	copies  chan *msg.Response // successes after the first

	seen      bool // a response came
	unwanted  bool
	cancelled bool
	why       cause.Cause
	won       bool
	successes map[string]*success // by To tag
}

// success is a dialog that an INVITE brought about.
type success struct {
	dlg *dialog
	ack *msg.Request // nil: no way was found yet
	way flow
}

// newInvitation prepares an INVITE; the leg's run calls it.
func newInvitation(l *Leg, req *msg.Request, f flow) *invitation {
	base := *l.out.base
	v := &invitation{
		srv: l.srv, leg: l, req: req, flow: f, base: &base,
		heard: make(chan struct{}), acked: make(chan struct{}), final: make(chan outcome, 1),
		dropped: make(chan cause.Cause, 1), copies: make(chan *msg.Response, mostBranches),
		successes: map[string]*success{},
	}
	v.seq.Store(req.CSeq().SeqNo)
	l.out.invite = v
	l.srv.prepare(req, f)
	return v
}

// begin sends it.
func (v *invitation) begin() error {
	tx, err := v.srv.tx.request(v.req, v.flow, func(res *msg.Response) {
		select {
		case v.copies <- res:
		default: // it comes again
		}
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errTransport, err)
	}
	v.tx = tx
	v.srv.wg.Go(v.run)
	return nil
}

// drop gives it up for a cause. Any goroutine may call it.
func (v *invitation) drop(c cause.Cause) {
	select {
	case v.dropped <- c:
	default:
	}
}

// run goes on for 64*T1 after a success: other branches may answer too.
func (v *invitation) run() {
	var patience <-chan time.Time
	for {
		select {
		case res := <-v.tx.Responses():
			if v.take(res) {
				return
			}
		case res := <-v.copies:
			v.take(res)
		case v.why = <-v.dropped:
			v.unwanted = true
		case <-patience:
			v.tx.Terminate()
			v.end(outcome{err: errTimeout})
			return
		case <-v.srv.before.Done(): // we are leaving, and waited for the answers
			v.tx.Terminate()
			v.end(outcome{err: errTimeout})
			return
		case <-v.tx.Done():
			v.lost()
			return
		}
		if v.unwanted && v.seen && !v.won && !v.cancelled && len(v.successes) == 0 {
			v.cancel()
			patience = time.After(64 * msg.T1) // RFC 3261 §9.1
		}
	}
}

// lost ends an INVITE that nobody answered, or not to the end.
func (v *invitation) lost() {
	err := errTimeout
	if errors.Is(v.tx.Err(), msg.ErrTransactionTransport) {
		err = fmt.Errorf("%w: %w", errTransport, v.tx.Err())
	}
	v.end(outcome{err: err})
}

// end tells how it ended; the first counts.
func (v *invitation) end(out outcome) {
	select {
	case v.final <- out:
	default:
	}
}

// take takes a response. over: it was a refusal.
func (v *invitation) take(res *msg.Response) (over bool) {
	if !v.seen {
		v.seen = true
		close(v.heard)
	}
	switch {
	case res.IsProvisional():
		if !v.unwanted {
			v.leg.post(func() { v.leg.onProvisional(v, res) })
		}
	case res.IsSuccess():
		v.succeeded(res)
	default:
		v.tx.refused.Store(refusedACK(v.req, res))
		v.end(outcome{res: res})
		return true
	}
	return false
}

// succeeded acknowledges a success. The first is the call's.
func (v *invitation) succeeded(res *msg.Response) {
	to := res.To()
	if to == nil {
		return
	}
	tag := to.Params.GetOr("tag", "")
	if ok := v.successes[tag]; ok != nil {
		v.acknowledge(ok)
		return
	}
	if len(v.successes) >= mostBranches {
		return
	}
	ok := &success{dlg: answeredDialog(v.base, res)}
	v.successes[tag] = ok
	ok.dlg.localSeq = v.seq.Load()
	v.prepare(ok)
	if v.unwanted || v.won {
		v.acknowledge(ok)
		why := "SIP;cause=200;text=\"Call completed elsewhere\""
		if v.unwanted {
			why = reason(v.why)
		}
		v.hangUp(ok.dlg, why)
		return
	}
	v.won = true
	// The leg knows of it before the peer knows that we do, and may say BYE.
	d := *ok.dlg
	v.srv.dialogs.join(v.leg, d.id())
	over := v.leg.post(func() { v.leg.onAnswer(v, res, &d) })
	v.acknowledge(ok)
	close(v.acked)
	if over {
		v.hangUp(ok.dlg, reason(v.leg.Cause()))
	}
}

// prepare makes the ACK of a success and finds its way: by the route set of its
// dialog (RFC 3261 §13.2.2.4).
func (v *invitation) prepare(ok *success) {
	ctx, cancel := context.WithTimeout(v.srv.ctx, connecting)
	defer cancel()
	f, err := v.srv.way(ctx, ok.dlg.way(v.leg.trunk))
	if err != nil {
		v.leg.log.Warn("the answer to our call cannot be acknowledged", "error", err)
		return
	}
	ok.ack, ok.way = ok.dlg.ack(v.req, v.leg.cfg.UserAgent), f
	v.srv.prepare(ok.ack, f)
}

// acknowledge sends the ACK of a success, the same for each copy of it.
func (v *invitation) acknowledge(ok *success) {
	if ok.ack == nil {
		v.prepare(ok)
	}
	if ok.ack == nil {
		return
	}
	if err := ok.way.WriteMsg(ok.ack); err != nil {
		v.leg.log.Debug("ACK not sent", "error", err)
	}
}

// hangUp ends a dialog that nobody wants.
func (v *invitation) hangUp(d *dialog, why string) {
	v.srv.wg.Go(func() {
		if err := v.srv.bye(d, v.leg.trunk, why, 64*msg.T1); err != nil {
			v.leg.log.Debug("BYE not answered", "error", err)
		}
	})
}

// cancel asks for the INVITE to be forgotten; it ends with a 487, or with a success
// that was on its way (RFC 3261 §9.1).
func (v *invitation) cancel() {
	v.cancelled = true
	req := within(v.req, msg.CANCEL, nil)
	req.AppendHeader(msg.NewHeader("Reason", reasonQ850(v.why)))
	v.srv.wg.Go(func() {
		ctx, cancel := context.WithTimeout(v.srv.ctx, 64*msg.T1)
		defer cancel()
		if _, err := v.srv.transact(ctx, req, v.flow, nil); err != nil {
			v.leg.log.Debug("CANCEL not answered", "error", err)
		}
	})
}
