package sip

import (
	"math/rand/v2"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

// schedule sets the timers of the session as agreed (RFC 4028 §10): half-way
// through the refresh, if it is ours, and the end.
func (l *Leg) schedule() {
	l.refresh.stop()
	l.retry.stop()
	if l.session.interval == 0 {
		l.end.stop()
		return
	}
	l.end.set(l, l.session.expiry(), func() { l.finish(cause.SessionExpired) })
	if l.session.weDo {
		l.refresh.set(l, l.session.interval/2, l.refreshSession)
	}
}

// refreshSession keeps the session: by UPDATE if the peer takes that, which
// changes nothing else, otherwise by a re-INVITE with an offer.
func (l *Leg) refreshSession() {
	if l.asking || l.pending != nil || l.offered != nil {
		l.retry.set(l, time.Second, l.refreshSession)
		return
	}
	l.asking = true
	if l.updates {
		req := l.refreshRequest(msg.UPDATE)
		l.send(req, 64*msg.T1, l.refreshed)
		return
	}
	req := l.refreshRequest(msg.INVITE)
	setSession(&req.MessageData, l.offer())
	l.send(req, 64*msg.T1, l.refreshed)
}

func (l *Leg) refreshRequest(method msg.RequestMethod) *msg.Request {
	req := l.dlg.request(method, l.dlg.next(), l.cfg.UserAgent)
	req.AppendHeader(msg.NewHeader("Allow", l.allow()))
	req.AppendHeader(msg.NewHeader("Supported", supported))
	req.AppendHeader(msg.NewHeader("Session-Expires", seconds(l.session.interval)+";refresher=uac"))
	req.AppendHeader(msg.NewHeader("Min-SE", seconds(max(l.session.minSE, l.cfg.MinSE))))
	return req
}

// refreshed takes the answer to our refresh (RFC 4028 §7.2, §10).
func (l *Leg) refreshed(res *msg.Response, err error) {
	if l.over() {
		return
	}
	l.asking = false
	offered := l.offered
	if err != nil || gone(res.StatusCode) {
		l.log.Warn("session not refreshed", "error", err)
		l.finish(cause.SessionExpired)
		return
	}
	switch {
	case res.IsSuccess():
		l.dlg.answered(res)
		if offered != nil {
			if err := l.takeAnswer(&res.MessageData); err != nil {
				l.log.Warn("no agreement in a refresh", "error", err)
			}
		}
		if d, who, ok := sessionExpires(res); ok {
			l.session.interval, l.session.weDo = max(d, l.cfg.MinSE), who != "uas"
		}
		l.notePeer(res)
		l.schedule()
	case res.StatusCode == 422:
		l.session.minSE = max(minSE(res), l.session.minSE)
		l.session.interval = max(l.session.interval, l.session.minSE)
		l.retry.set(l, time.Second, l.refreshSession)
	case res.StatusCode == msg.StatusRequestPending:
		l.retry.set(l, l.afterGlare(), l.refreshSession)
	case res.StatusCode == msg.StatusMethodNotAllowed || res.StatusCode == msg.StatusNotImplemented:
		l.updates = false
		l.retry.set(l, 0, l.refreshSession)
	default: // it is there, at least; the session ends when its time is up
		l.log.Warn("session not refreshed", "status", res.StatusCode)
		l.retry.set(l, l.session.interval/8, l.refreshSession)
	}
	l.offered = nil
}

// afterGlare is how long we wait after an offer of ours has met one of the peer's:
// who made the call 2.1 to 4 s, who did not up to 2 (RFC 3261 §14.1).
func (l *Leg) afterGlare() time.Duration {
	if l.out != nil {
		return time.Duration(210+rand.IntN(191)) * 10 * time.Millisecond
	}
	return time.Duration(rand.IntN(200)) * 10 * time.Millisecond
}

// gone are the answers of a peer that has no such dialog (RFC 5057 §5.1).
func gone(status int) bool {
	switch status {
	case msg.StatusCallTransactionDoesNotExists, msg.StatusRequestTimeout, msg.StatusGone,
		msg.StatusNotFound, 416, 482, 483, 484, 485, 502, 604:
		return true
	}
	return false
}
