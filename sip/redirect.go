package sip

import (
	"errors"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// Redirection is a Router's error that sends the caller to another address, by 302
// (RFC 3261 §21.3.3): the caller's own side makes that call, and pays for it.
type Redirection struct {
	// To is a number in E.164, which is to be called where the call came from, or a
	// sip:, sips: or tel: URI.
	To string
}

// Error is for logs and records: without a PIN that the address may have.
func (r *Redirection) Error() string { return "sent on to " + Redact(r.To) }

// Unwrap is the cause of call records.
func (r *Redirection) Unwrap() error { return cause.Redirected }

// redirect answers the call with a redirection, if err is one.
func (l *Leg) redirect(err error) bool {
	var to *Redirection
	if !errors.As(err, &to) {
		return false
	}
	contact, bad := l.referTo(to.To)
	if bad != nil {
		l.refuse(cause.Unroutable, bad)
		return true
	}
	r := refuse(cause.Redirected, l.cfg.Domain, "")
	r.headers = append(r.headers, &msg.ContactHeader{Address: *contact})
	l.note(r.status, err.Error())
	if l.finish(cause.Redirected) {
		l.refused = true
		l.log.Info("call redirected", known("status", r.status, "contact", bridge.CleanText(Redact(contact.String()), 200),
			"trunk", l.party.Trunk, "from", l.party.Number, "to", l.party.Called, "source", l.party.Address)...)
	}
	l.respond(l.first.tx, r)
	return true
}
