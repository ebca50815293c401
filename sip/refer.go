package sip

import (
	"context"
	"errors"
	"strconv"
	"strings"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// errReferring says that a leg is being transferred already.
var errReferring = errors.New("sip: the call is being transferred already")

// referral is a REFER of ours and what the party tells of it (RFC 3515). It is
// run's.
type referral struct {
	accepted bool
	over     bool
	said     chan error // once
}

func (r *referral) end(err error) {
	if !r.over {
		r.over = true
		r.said <- err
	}
}

// Refer asks the party to call target, a SIP or tel URI or a number in E.164, instead of
// us, and waits until it tells how that went (RFC 3515 §2.4). Once it is connected there, our call
// with it ends. On an error it stays with us; a *Failure has the party's answer, or
// that of target.
func (l *Leg) Refer(ctx context.Context, target string) error {
	r := &referral{said: make(chan error, 1)}
	if err := l.do(func() error { return l.sendRefer(r, target) }); err != nil {
		return err
	}
	select {
	case err := <-r.said:
		return err
	case <-l.done:
		select {
		case err := <-r.said:
			return err
		default:
		}
		if r.accepted { // and hung up, as many do
			return nil
		}
		return l.Cause()
	case <-ctx.Done():
		l.post(func() { r.over = true })
		return ctx.Err()
	}
}

// referTo is the address that a party is asked to call. A number is asked of the party
// itself, as its trunk writes numbers: few take tel URIs.
func (l *Leg) referTo(target string) (*msg.Uri, error) {
	if number := strings.TrimPrefix(target, "tel:"); isNumber(number) {
		target = number
		if l.trunk != nil {
			target = l.trunk.out(target)
		}
		to := &msg.Uri{Scheme: l.dlg.target.Scheme, User: escapedUser(target), Host: l.dlg.target.Host, Port: l.dlg.target.Port}
		to.UriParams.Add("user", "phone")
		return to, nil
	}
	var to msg.Uri
	if err := msg.ParseUri(target, &to); err != nil || !knownScheme(&to) || to.Host == "" && to.Raw() == "" || strings.ContainsAny(target, "<>\r\n\t \"") {
		return nil, &Failure{Cause: cause.Unroutable, Reason: "no SIP or tel address"}
	}
	return &to, nil
}

func (l *Leg) sendRefer(r *referral, target string) error {
	to, err := l.referTo(target)
	switch {
	case err != nil:
		return err
	case l.over():
		return l.Cause()
	case l.state != confirmed:
		return errReferring
	case l.refer != nil && !l.refer.over:
		return errReferring
	}
	l.refer = r
	req := l.dlg.request(msg.REFER, l.dlg.next(), l.cfg.UserAgent)
	req.AppendHeader(&msg.ReferToHeader{Address: *to})
	req.AppendHeader(msg.NewHeader("Referred-By", "<"+l.dlg.us.Address.String()+">"))
	l.log.Info("the party is asked to call another", "to", shownUser(to))
	l.send(req, 64*msg.T1, func(res *msg.Response, err error) {
		switch {
		case err != nil:
			r.end(&Failure{Cause: cause.Timeout, Reason: errorText(err)})
		case res.StatusCode >= 300:
			r.end(refusedBy(res, hop{addr: l.dlg.source}))
		default:
			r.accepted = true
		}
	})
	return nil
}

// onNOTIFY takes what the party tells of its call to the target (RFC 3515 §2.4.5).
func (l *Leg) onNOTIFY(tx *serverTx) {
	r := l.refer
	event, _, _ := strings.Cut(header(tx.req, "Event", "o"), ";")
	switch {
	case r == nil:
		l.respond(tx, &refusal{
			status: msg.StatusMethodNotAllowed, reason: "Method Not Allowed",
			headers: []msg.Header{msg.NewHeader("Allow", l.allow())},
		})
		return
	case !strings.EqualFold(strings.TrimSpace(event), "refer"):
		l.respond(tx, &refusal{status: 489, reason: "Bad Event", headers: []msg.Header{msg.NewHeader("Allow-Events", "refer")}})
		return
	}
	l.respond(tx, &refusal{status: msg.StatusOK, reason: "OK"})
	r.accepted = true
	status, phrase := fragment(tx.req.Body())
	subscription, _, _ := strings.Cut(strings.ToLower(header(tx.req, "Subscription-State", "")), ";")
	switch {
	case status >= 200 && status < 300:
		l.log.Info("the party is connected to another")
		r.end(nil)
		l.finish(cause.Hangup)
	case status >= 300:
		res := msg.NewResponse(status, phrase)
		r.end(refusedBy(res, hop{addr: l.dlg.source}))
	case strings.TrimSpace(subscription) == "terminated":
		r.end(&Failure{Cause: cause.Unreachable, Status: status, Reason: "the party does not say how it went"})
	}
}

// fragment reads the status line of a message/sipfrag (RFC 3420); 0: there is none.
func fragment(body []byte) (status int, phrase string) {
	line, _, _ := strings.Cut(strings.TrimLeft(string(body[:min(len(body), 512)]), "\r\n "), "\n")
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !strings.EqualFold(version, "SIP/2.0") {
		return 0, ""
	}
	code, phrase, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(code)
	if err != nil || n < 100 || n > 699 {
		return 0, ""
	}
	return n, bridge.CleanText(phrase, 100)
}
