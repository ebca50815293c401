package sip

import (
	"errors"
	"strconv"
	"strings"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/dtmf"
	"github.com/partyline/partyline/media/sdp"
)

// infoTypes are the INFO bodies that we take.
const infoTypes = "application/dtmf-relay, application/dtmf"

// receive takes a request within the dialog from a transport's reader. One that
// finds the leg's hands full is dropped: it comes again.
func (l *Leg) receive(req *msg.Request, f, out flow) {
	if over := l.offerPost(func() { l.inDialog(req, f, out) }); over {
		l.tooLate(req, out)
	}
}

// tooLate answers a request after the end: a BYE that crossed ours is as good.
func (l *Leg) tooLate(req *msg.Request, out flow) {
	r := &refusal{status: msg.StatusCallTransactionDoesNotExists, reason: "Call/Transaction Does Not Exist"}
	if req.Method == msg.BYE {
		r = &refusal{status: msg.StatusOK, reason: "OK"}
	}
	l.srv.answer(req, out, r)
}

// inDialog answers a request within the dialog (RFC 3261 §12.2.2).
func (l *Leg) inDialog(req *msg.Request, f, out flow) {
	if l.over() && l.state != answered {
		l.tooLate(req, out)
		return
	}
	tx := l.srv.tx.begin(req, out, l)
	if tx == nil {
		return
	}
	d := l.dialogOf(req)
	seq := req.CSeq().SeqNo
	if seq < d.remoteSeq {
		l.respond(tx, &refusal{status: msg.StatusInternalServerError, reason: "CSeq Out of Order"})
		return
	}
	d.remoteSeq = seq
	if bad := extensions(req); bad != nil && req.Method != msg.BYE {
		l.respond(tx, bad)
		return
	}
	if d != l.dlg {
		l.onBranch(tx)
		return
	}
	l.heardFrom(f)
	l.notePeer(req)
	switch req.Method {
	case msg.INVITE:
		l.onReinvite(tx)
	case msg.UPDATE:
		l.onUpdate(tx)
	case msg.BYE:
		l.onBYE(tx)
	case msg.INFO:
		l.onINFO(tx)
	case msg.PRACK:
		l.onPRACK(tx)
	case msg.OPTIONS:
		l.respond(tx, &refusal{status: msg.StatusOK, reason: "OK", headers: abilities()})
	case msg.REFER:
		l.onREFER(tx)
	case msg.NOTIFY:
		l.onNOTIFY(tx)
	default:
		l.respond(tx, notAllowed())
	}
}

// heardFrom notes the way by which the peer was heard last: its NAT may have
// given it another port, its connection may be a new one.
func (l *Leg) heardFrom(f flow) {
	old := l.dlg.flow
	if old != f && f.network() != "UDP" || old.network() != f.network() {
		f.hold(1)
		old.hold(-1)
	}
	l.dlg.flow, l.dlg.source = f, f.remote()
}

// allow is what the party may ask of us within the call.
func (l *Leg) allow() string {
	if _, ok := l.srv.router.(Transfers); ok {
		return allow + ", NOTIFY, REFER"
	}
	return allow + ", NOTIFY"
}

func (l *Leg) onBYE(tx *serverTx) {
	l.respond(tx, &refusal{status: msg.StatusOK, reason: "OK"})
	l.mu.Lock()
	l.bye = true
	l.mu.Unlock()
	if why := header(tx.req, "Reason", ""); why != "" {
		l.log.Info("the party hangs up and says why", "reason", bridge.CleanText(why, 100))
	}
	if l.state == early && l.out == nil {
		l.respond(l.first.tx, &refusal{status: msg.StatusRequestTerminated, reason: phrase(487)})
	}
	l.finish(cause.Hangup)
}

// onINFO takes keys (RFC 6086 leaves the legacy bodies to practice).
func (l *Leg) onINFO(tx *serverTx) {
	body := tx.req.Body()
	kind := strings.ToLower(header(tx.req, "Content-Type", "c"))
	digit, err := dtmf.ParseInfo(kind, body)
	switch {
	case err == nil:
		l.respond(tx, &refusal{status: msg.StatusOK, reason: "OK"})
		l.keys.Press(media.Key{Digit: digit, Source: media.KeyInfo})
	case len(body) == 0, strings.HasPrefix(kind, "application/media_control+xml"):
		// A keep-alive, or a request for a key frame (RFC 5168) that no video
		// of ours needs.
		l.respond(tx, &refusal{status: msg.StatusOK, reason: "OK"})
	case errors.Is(err, dtmf.ErrType):
		l.respond(tx, unsupportedBody(infoTypes))
	default:
		l.respond(tx, badly("Malformed Key"))
	}
}

// pendingRequest answers an offer that crosses one of ours (RFC 3261 §14.2,
// RFC 3311 §5.2).
func pendingRequest() *refusal {
	return &refusal{status: msg.StatusRequestPending, reason: "Request Pending"}
}

// tooEarly answers an offer before the one of the INVITE is answered.
func tooEarly() *refusal {
	return &refusal{
		status: msg.StatusInternalServerError, reason: "Offer Pending",
		headers: []msg.Header{msg.NewHeader("Retry-After", strconv.Itoa(1))},
	}
}

// onReinvite changes the session (RFC 3261 §14.2). A change that fails leaves it
// as it was.
func (l *Leg) onReinvite(tx *serverTx) {
	switch {
	case l.state == early:
		l.respond(tx, tooEarly())
		return
	case l.asking || l.offered != nil:
		l.respond(tx, pendingRequest())
		return
	}
	if c := l.pending; c != nil && l.state == answered {
		// Who asks for more has got our 200: its ACK was lost or is overtaken
		// (RFC 5407 §3.1.5).
		l.pending = nil
		c.alarm.stop()
		c.then(tx.req)
	}
	timer, body, ok := l.changes(tx)
	if !ok {
		return
	}
	if body == nil {
		body = l.offer()
	} else if body = l.reanswer(tx, body); body == nil {
		return
	}
	l.dlg.refreshTarget(tx.req)
	l.session = timer
	l.schedule()
	res := l.success(tx.req, body)
	res.AppendHeader(msg.NewHeader("Allow", l.allow()))
	res.AppendHeader(msg.NewHeader("Supported", supported))
	for _, h := range timer.headers() {
		res.AppendHeader(h)
	}
	l.confirm(tx, res, l.onReACK)
}

// onReACK takes the answer to an offer in our 200.
func (l *Leg) onReACK(ack *msg.Request) {
	if l.offered == nil {
		return
	}
	if err := l.takeAnswer(&ack.MessageData); err != nil {
		l.log.Warn("no agreement on a changed session", "error", err)
		l.offered = nil
		if !errors.Is(err, errNoAnswer) {
			l.finish(causeOf(err))
		}
	}
}

// changes reads what a re-INVITE or UPDATE wants; not ok: it was refused.
func (l *Leg) changes(tx *serverTx) (sessionTimer, []byte, bool) {
	body, err := sessionBody(&tx.req.MessageData)
	if err != nil {
		l.respond(tx, bodyRefusal(err))
		return sessionTimer{}, nil, false
	}
	timer, bad := negotiate(tx.req, l.cfg)
	if bad != nil {
		l.respond(tx, bad)
		return sessionTimer{}, nil, false
	}
	return timer, body, true
}

// reanswer answers an offer within the call; nil: it was refused.
func (l *Leg) reanswer(tx *serverTx, body []byte) []byte {
	offer, err := sdp.Parse(body)
	var answer []byte
	if err == nil {
		answer, err = l.answer(offer)
	}
	if err == nil {
		return answer
	}
	c := causeOf(err)
	l.log.Warn("offer refused", "error", err)
	r := refuse(c, l.cfg.Domain, strings.TrimPrefix(err.Error(), "sdp: "))
	if errors.Is(err, sdp.ErrMalformed) {
		r.status, r.reason = msg.StatusBadRequest, "Bad Session Description"
	}
	l.respond(tx, r)
	return nil
}

// onUpdate refreshes or changes the session (RFC 3311 §5.2).
func (l *Leg) onUpdate(tx *serverTx) {
	timer, body, ok := l.changes(tx)
	if !ok {
		return
	}
	if body != nil {
		switch {
		case l.state == early && !l.agreedEarly():
			l.respond(tx, tooEarly())
			return
		case l.asking || l.state != early && l.offered != nil:
			l.respond(tx, pendingRequest())
			return
		}
		if body = l.reanswer(tx, body); body == nil {
			return
		}
	}
	l.dlg.refreshTarget(tx.req)
	res := l.success(tx.req, body)
	if l.state == confirmed {
		l.session = timer
		l.schedule()
		for _, h := range timer.headers() {
			res.AppendHeader(h)
		}
	}
	l.reply(tx, res)
}
