package sip

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
)

// Transfers is what a Router may be too: it moves a party that asks for it by REFER
// within its call. to.Called is where to; only rooms of ours are allowed. nil: it is
// done or will be; an error declines. A Router that is none of these declines all.
type Transfers interface {
	Transfer(leg bridge.Leg, to Inbound) error
}

// onREFER has the Router move a party that asks for it (RFC 3515 §2.4.2).
func (l *Leg) onREFER(tx *serverTx) {
	t, able := l.srv.router.(Transfers)
	to := referredTo(tx.req)
	if !able || to == nil || l.state != confirmed || l.moving {
		l.respond(tx, declined())
		return
	}
	l.moving = true
	in := l.transferred(to)
	l.srv.attending.Go(func() {
		err := transfer(t, l, in)
		if over := l.post(func() { l.onTransferred(tx, err) }); over {
			l.respond(tx, &refusal{status: msg.StatusCallTransactionDoesNotExists, reason: "Call/Transaction Does Not Exist"})
		}
	})
}

func declined() *refusal { return &refusal{status: msg.StatusGlobalDecline, reason: "Decline"} }

// transfer asks the Router; a fault there declines.
func transfer(t Transfers, l *Leg, in Inbound) (err error) {
	defer func() {
		if v := recover(); v != nil {
			l.log.Error("panic in a transfer", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("sip: %v", v)
		}
	}()
	return t.Transfer(l, in)
}

// onTransferred answers the REFER. The first NOTIFY is the last: there is nothing
// to wait for.
func (l *Leg) onTransferred(tx *serverTx, err error) {
	l.moving = false
	if err != nil {
		l.log.Warn("transfer refused", "reason", bridge.CleanText(hideNumbers(err.Error()), 200))
		l.respond(tx, declined())
		return
	}
	l.respond(tx, &refusal{
		status: msg.StatusAccepted, reason: "Accepted",
		headers: []msg.Header{l.srv.contact(l.dlg.flow, l.dlg.secure)},
	})
	event := "refer"
	if l.moved++; l.moved > 1 { // which of its REFERs is meant (RFC 3515 §2.4.6)
		event = fmt.Sprintf("refer;id=%d", tx.req.CSeq().SeqNo)
	}
	req := l.dlg.request(msg.NOTIFY, l.dlg.next(), l.cfg.UserAgent)
	req.AppendHeader(msg.NewHeader("Event", event))
	req.AppendHeader(msg.NewHeader("Subscription-State", "terminated;reason=noresource"))
	req.AppendHeader(msg.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	req.SetBody([]byte("SIP/2.0 200 OK\r\n"))
	l.send(req, 64*msg.T1, func(*msg.Response, error) {})
}

// referredTo is where a REFER wants its sender to go; nil: it is not for us to say,
// or more than a plain call is asked for.
func referredTo(req *msg.Request) *msg.Uri {
	all := nameAddrs(req, "Refer-To")
	if len(all) == 0 {
		all = nameAddrs(req, "r")
	}
	if len(all) != 1 || count(req, "Target-Dialog", "") > 0 || count(req, "Replaces", "") > 0 {
		return nil
	}
	u := all[0].uri
	method := u.UriParams.GetOr("method", "INVITE")
	if !knownScheme(&u) || len(u.Headers) > 0 || !strings.EqualFold(method, "INVITE") || calledUser(&u) == "" {
		return nil
	}
	return &u
}

// transferred describes a transfer to the Router, as a call of the party's would be.
func (l *Leg) transferred(to *msg.Uri) Inbound {
	host := strings.Trim(to.Host, "[]")
	if to.Scheme == "tel" {
		host = ""
	}
	return Inbound{
		Trunk: l.party.Trunk, Caller: l.party.Number, CallerName: l.party.Name,
		Called: addressUser(to), CalledHost: host, Source: l.dlg.source,
		Network: l.dlg.flow.network(), CallID: l.dlg.callID, Time: time.Now(),
	}
}
