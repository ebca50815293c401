package sip

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

// giveUp is 64*T1: how long an answer of ours is repeated (RFC 3261 §13.3.1.4).
func giveUp() time.Duration { return 64 * msg.T1 }

// respond answers a request of the dialog.
func (l *Leg) respond(tx *serverTx, r *refusal) {
	res := l.srv.response(tx.req, r.status, r.reason, l.tag)
	for _, h := range r.headers {
		res.AppendHeader(h)
	}
	l.reply(tx, res)
}

func (l *Leg) reply(tx *serverTx, res *msg.Response) {
	if l.out == nil && tx == l.first.tx && !res.IsProvisional() {
		l.first.final = true
		l.first.alarm.stop()
	}
	if err := tx.Respond(res); err != nil {
		l.log.Debug("response not sent", "status", res.StatusCode, "error", err)
	}
}

// success makes a 200 with our Contact and, if there is one, a session.
func (l *Leg) success(req *msg.Request, body []byte) *msg.Response {
	res := l.srv.response(req, msg.StatusOK, "OK", l.tag)
	res.AppendHeader(l.srv.contact(l.dlg.flow, l.dlg.secure))
	setSession(&res.MessageData, body)
	return res
}

func setSession(m *msg.MessageData, body []byte) {
	if body == nil {
		return
	}
	m.AppendHeader(msg.NewHeader("Content-Type", "application/sdp"))
	m.SetBody(body)
}

// confirmation is a 2xx to an INVITE that waits for its ACK.
type confirmation struct {
	tx       *serverTx
	res      *msg.Response
	seq      uint32
	then     func(ack *msg.Request)
	alarm    alarm
	interval time.Duration
	began    time.Time
}

// confirm sends a 2xx and repeats it until the ACK (RFC 3261 §13.3.1.4): over
// streams too, since proxies may lie between.
func (l *Leg) confirm(tx *serverTx, res *msg.Response, then func(*msg.Request)) {
	if l.pending != nil {
		l.pending.alarm.stop()
	}
	c := &confirmation{
		tx: tx, res: res, seq: tx.req.CSeq().SeqNo, then: then,
		interval: msg.T1, began: time.Now(),
	}
	l.pending = c
	l.reply(tx, res)
	c.alarm.set(l, c.interval, func() { l.repeat(c) })
}

func (l *Leg) repeat(c *confirmation) {
	if time.Since(c.began) >= giveUp() {
		l.log.Warn("the caller did not acknowledge our answer")
		l.abandon()
		return
	}
	if err := c.tx.Respond(c.res); err != nil {
		l.log.Debug("response not sent", "error", err)
	}
	c.interval = min(2*c.interval, msg.T2)
	c.alarm.set(l, min(c.interval, giveUp()-time.Since(c.began)), func() { l.repeat(c) })
}

// abandon waits no longer for an ACK: the dialog ends by BYE.
func (l *Leg) abandon() {
	l.pending = nil
	l.state = confirmed
	l.finish(cause.Timeout) // unless it has ended already
}

// hurry ends a call of which nothing but the ACK is missing: we are leaving. One
// that is on its way may still come.
func (l *Leg) hurry() {
	if l.state == answered && l.pending != nil {
		l.pending.alarm.set(l, msg.T1, l.abandon)
	}
}

// onACK takes the ACK of a 2xx. A refused INVITE's ends in its transaction.
func (l *Leg) onACK(ack *msg.Request) {
	c := l.pending
	if c == nil || l.over() && l.state != answered || ack.CSeq().SeqNo != c.seq {
		return
	}
	l.pending = nil
	c.alarm.stop()
	c.then(ack)
}

// ringing is the first INVITE's transaction and its reliable provisional
// response (RFC 3262).
type ringing struct {
	tx       *serverTx
	final    bool
	reliable bool // the caller requires 100rel
	rseq     uint32
	res      *msg.Response
	alarm    alarm
	interval time.Duration
	began    time.Time
	body     []byte // for the 200, once there was a PRACK
}

// ring sends a reliable provisional response to a caller that requires them. An
// offer of ours must be in it (RFC 3261 §13.2.1); an answer waits for the 200.
func (l *Leg) ring(body []byte) {
	r := &l.first
	r.rseq = 1 + rand.Uint32N(1<<30)
	status, reason := msg.StatusRinging, "Ringing"
	if l.offered != nil {
		status, reason = msg.StatusSessionInProgress, "Session Progress"
	}
	res := l.srv.response(r.tx.req, status, reason, l.tag)
	res.AppendHeader(l.srv.contact(l.dlg.flow, l.dlg.secure))
	res.AppendHeader(msg.NewHeader("Require", "100rel"))
	res.AppendHeader(msg.NewHeader("RSeq", strconv.FormatUint(uint64(r.rseq), 10)))
	res.AppendHeader(msg.NewHeader("Allow", l.allow()))
	if l.offered != nil {
		setSession(&res.MessageData, body)
	} else {
		r.body = body
	}
	r.res, r.interval, r.began = res, msg.T1, time.Now()
	l.reply(r.tx, res)
	r.alarm.set(l, r.interval, l.ringAgain)
}

// ringAgain repeats it until the PRACK; without one the call fails (RFC 3262 §3).
func (l *Leg) ringAgain() {
	r := &l.first
	if time.Since(r.began) >= giveUp() {
		l.reject(&refusal{status: msg.StatusGatewayTimeout, reason: "No PRACK"}, cause.Timeout, "the caller requires 100rel and did not acknowledge the ringing (no PRACK)")
		return
	}
	_ = r.tx.Respond(r.res)
	r.interval *= 2
	r.alarm.set(l, min(r.interval, giveUp()-time.Since(r.began)), l.ringAgain)
}

// onPRACK goes on to the answer.
func (l *Leg) onPRACK(tx *serverTx) {
	r := &l.first
	got := strings.Join(strings.Fields(header(tx.req, "RAck", "")), " ")
	if r.res == nil || !strings.EqualFold(got, fmt.Sprintf("%d %d INVITE", r.rseq, r.tx.req.CSeq().SeqNo)) {
		l.respond(tx, &refusal{status: msg.StatusCallTransactionDoesNotExists, reason: "No Such Provisional Response"})
		return
	}
	r.alarm.stop()
	r.res = nil
	if l.offered != nil {
		if err := l.takeAnswer(&tx.req.MessageData); err != nil {
			l.respond(tx, refuse(causeOf(err), l.cfg.Domain, err.Error()))
			l.refuse(causeOf(err), err)
			return
		}
	}
	l.reply(tx, l.srv.response(tx.req, msg.StatusOK, "OK", l.tag))
	l.accept(r.body)
}

// cancelled ends a call that its caller gave up; one that is answered goes on
// (RFC 3261 §9.2). The transport's reader calls it: a Router at work is told at
// once, the rest is the leg's.
func (l *Leg) cancelled(tx *serverTx) {
	if tx.req.To().Params.Has("tag") {
		return // a re-INVITE: it is answered at once
	}
	l.gaveUp()
	l.post(func() {
		if l.state != early || l.first.final {
			return
		}
		if l.finish(cause.Cancelled) {
			l.respond(tx, &refusal{status: msg.StatusRequestTerminated, reason: phrase(487)})
		}
	})
}
