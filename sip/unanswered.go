package sip

import (
	"net/netip"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// Unanswered is a call of which no Attendant ever heard: it was refused or given up
// before its answer, failed on the way to it, or its answer was never acknowledged.
type Unanswered struct {
	LegID    string // empty: it was refused before it became a leg
	CallID   string
	Outgoing bool
	Trunk    string
	Caller   string
	Called   string // without a PIN
	Address  string // of the signalling peer
	Product  string
	// Answered is when we answered, or the called party did; zero: nobody did.
	Began, Answered, Ended time.Time
	Cause                  cause.Cause
	Status                 int    // of the final response; 0: there was none
	Reason                 string // in words
}

// unanswered tells of such a call.
func (s *Server) unanswered(u Unanswered) {
	tell := s.cfg.Load().Unanswered
	if tell == nil {
		return
	}
	if u.Ended.IsZero() {
		u.Ended = time.Now()
	}
	if u.Began.IsZero() {
		u.Began = u.Ended
	}
	if u.Reason == "" {
		u.Reason = u.Cause.Text()
	}
	tell(u)
}

// turnedDown tells of a call that was refused before it became a leg.
func (s *Server) turnedDown(req *msg.Request, src netip.Addr, status int, why string) {
	u := Unanswered{
		CallID: bridge.CleanText(string(*req.CallID()), 100), Caller: bridge.CleanText(req.From().Address.User, 64),
		Called: shownUser(&req.Recipient), Address: bridge.CleanText(req.Source(), 64),
		Product: bridge.CleanText(header(req, "User-Agent", ""), 64), Cause: causeOfStatus(status), Status: status, Reason: why,
	}
	if s.draining.Load() && u.Cause == cause.Limit {
		u.Cause = cause.Draining
	}
	if t := s.cfg.Load().trunk(src); t != nil {
		u.Trunk = t.Name
	}
	s.unanswered(u)
}

// causeOfStatus is the cause of a refusal before there is a leg.
func causeOfStatus(status int) cause.Cause {
	switch status {
	case msg.StatusForbidden:
		return cause.Forbidden
	case msg.StatusServiceUnavailable:
		return cause.Limit
	}
	return cause.Unsupported
}

// note remembers with what an INVITE was refused. It is run's.
func (l *Leg) note(status int, why string) {
	if l.refusedWith == 0 {
		l.refusedWith, l.refusedFor = status, bridge.CleanText(why, 200)
	}
}

// unattended tells of a call that came in and ends without having been attended. It
// is run's.
func (l *Leg) unattended() {
	if l.attended || l.Outgoing() {
		return // Dial tells of its own
	}
	u := Unanswered{
		LegID: l.id, CallID: l.party.CallID, Trunk: l.party.Trunk, Caller: l.party.Number, Called: l.party.Called,
		Address: l.party.Address, Product: l.party.Product,
		Began: l.arrived, Cause: l.Cause(), Status: l.refusedWith, Reason: l.refusedFor,
	}
	if l.state != early {
		u.Answered = l.arrived
	}
	l.srv.unanswered(u)
}
