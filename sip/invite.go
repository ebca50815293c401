package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/sdp"
)

// invite takes a new call or refuses it. What is refused here costs no state: a
// flood leaves nothing behind.
func (s *Server) invite(req *msg.Request, f, out flow) {
	cfg := s.cfg.Load()
	src := f.remote().Addr()
	trunk, bad, why := s.belongs(req, f)
	if bad != nil && why == "" { // it has not said yet who it is
		s.answer(req, out, bad)
		return
	}
	s.stats.calls.Add(1)
	if bad != nil {
		s.stats.refused.Add(cause.Forbidden)
		s.answer(req, out, bad)
		s.logCallRefusal(req, src, bad.status, why)
		return
	}
	if trunk == nil && !cfg.Anonymous {
		s.stats.refused.Add(cause.Forbidden)
		s.answer(req, out, turnedAway())
		s.logCallRefusal(req, src, msg.StatusForbidden, "the source is on no trunk, and limits.anonymous_inbound is off")
		return
	}
	if bad, why = s.screen(req, cfg); bad == nil {
		if why = s.meter.call(src, trunk, time.Now(), &cfg.Limits); why != "" {
			s.stats.refused.Add(cause.Limit)
			bad = refuse(cause.Limit, cfg.Domain, "")
		}
	}
	if bad != nil {
		s.answer(req, out, bad)
		s.logCallRefusal(req, src, bad.status, why)
		return
	}
	l := newLeg(s, req, f, trunk)
	tx := s.tx.begin(req, out, l)
	if tx == nil || !s.dialogs.add(l) {
		l.cancel()
		l.gaveUp()
		s.meter.answered(src)
		s.meter.ended(src, l.party.Trunk)
		if tx != nil { // the same call by another way (RFC 3261 §8.2.2.2)
			_ = tx.Respond(s.response(req, msg.StatusLoopDetected, "Loop Detected", l.dlg.localTag))
		}
		return
	}
	l.first.tx = tx
	l.leave = func() { s.meter.ended(src, l.party.Trunk) }
	f.hold(1)
	s.wg.Add(1) // until close
	l.post(l.setup)
}

// turnedAway is what a stranger gets where strangers may not call: the same
// whatever it asks for and however well, so that nothing is learnt by trying.
func turnedAway() *refusal {
	return &refusal{status: msg.StatusForbidden, reason: phrase(msg.StatusForbidden), bare: true}
}

// logCallRefusal says which call was refused and why.
func (s *Server) logCallRefusal(req *msg.Request, src netip.Addr, status int, why string) {
	s.turnedDown(req, src, status, why)
	s.logRefusal(src, "call refused", known("status", status, "reason", why,
		"from", bridge.CleanText(req.From().Address.User, 64), "to", shownUser(&req.Recipient),
		"call_id", bridge.CleanText(string(*req.CallID()), 100))...)
}

// screen refuses what needs no more than the request to be refused.
func (s *Server) screen(req *msg.Request, cfg *Config) (bad *refusal, why string) {
	contact := req.Contact()
	forwards := req.MaxForwards()
	switch {
	case !knownScheme(&req.Recipient):
		return badScheme(), "the address called is neither sip: nor tel: but " + bridge.CleanText(req.Recipient.Scheme, 32)
	case contact == nil && strings.HasPrefix(req.Via().Params.GetOr("branch", ""), msg.RFC3261BranchMagicCookie),
		contact != nil && (contact.Address.Wildcard || !isSIP(&contact.Address)):
		return badly("Missing Contact"), "the request has no usable Contact"
	case !takesSession(req):
		return &refusal{status: msg.StatusNotAcceptable, reason: "Not Acceptable"}, "the caller takes no application/sdp"
	case forwards != nil && forwards.Val() == 0:
		return &refusal{status: msg.StatusTooManyHops, reason: "Too Many Hops"}, "Max-Forwards is 0"
	}
	if bad := extensions(req); bad != nil {
		return bad, "the caller requires what is not supported: " + bridge.CleanText(strings.Join(tokens(req, "Require", ""), ", "), 100)
	}
	if s.draining.Load() {
		s.stats.refused.Add(cause.Draining)
		return refuse(cause.Draining, cfg.Domain, ""), cause.Draining.Text()
	}
	if s.streams.Load != nil {
		if load := s.streams.Load(); load >= Overloaded {
			s.stats.refused.Add(cause.Limit)
			return refuse(cause.Limit, cfg.Domain, ""), fmt.Sprintf("the media engines are at %.0f %% of what they can do", 100*load)
		}
	}
	return nil, ""
}

// takesSession says whether SDP may be in the answer (RFC 3261 §20.1).
func takesSession(req *msg.Request) bool {
	kinds := tokens(req, "Accept", "")
	for _, k := range kinds {
		k, _, _ = strings.Cut(k, ";")
		switch strings.TrimSpace(k) {
		case "application/sdp", "application/*", "*/*":
			return true
		}
	}
	return len(kinds) == 0
}

// inbound describes the call to the Router.
func (l *Leg) inbound(req *msg.Request) Inbound {
	host := strings.Trim(req.Recipient.Host, "[]")
	if req.Recipient.Scheme == "tel" {
		host = ""
	}
	who := l.srv.incoming(req, l.trunk)
	in := Inbound{
		Trunk: l.party.Trunk, Caller: who.caller, CallerName: who.name, AssertedID: who.asserted,
		Called: who.called, CalledHost: host, Source: l.dlg.source,
		Network: l.dlg.flow.network(), CallID: l.dlg.callID, Time: time.Now(),
	}
	if l.trunk != nil { // only who is trusted tells who else was called
		in.Diversions = l.trunk.diversions(req)
	}
	return in
}

// calledUser is what a Request-URI calls: its user part or telephone number. There
// may be a PIN in it.
func calledUser(u *msg.Uri) string {
	if u.Scheme == "tel" {
		number, _, _ := strings.Cut(u.Raw(), ";")
		return number
	}
	return u.User
}

// shownUser is that for logs and people.
func shownUser(u *msg.Uri) string { return bridge.CleanText(RedactUser(calledUser(u)), 64) }

// userOf is the user part, or telephone number, in a name-addr or URI.
func userOf(addr string) string {
	if _, rest, ok := strings.Cut(addr, "<"); ok {
		addr, _, _ = strings.Cut(rest, ">")
	}
	var u msg.Uri
	if addr == "" || msg.ParseUri(addr, &u) != nil {
		return ""
	}
	if u.Scheme == "tel" {
		n, _, _ := strings.Cut(u.Raw(), ";")
		return n
	}
	return u.User
}

// setup goes from INVITE to the answer.
func (l *Leg) setup() {
	req := l.first.tx.req
	body, err := sessionBody(&req.MessageData)
	if err != nil {
		l.reject(bodyRefusal(err), cause.Unsupported, fmt.Sprintf("%s (%s)", strings.TrimPrefix(err.Error(), "sip: "), header(req, "Content-Type", "c")))
		return
	}
	timer, bad := negotiate(req, l.cfg)
	if bad != nil {
		l.reject(bad, cause.Unsupported, "the caller's session interval is too short: "+header(req, "Session-Expires", "x"))
		return
	}
	l.session = timer
	to, err := l.srv.router.Route(l.routing, l.inbound(req))
	if l.over() || l.routing.Err() != nil { // hung up or cancelled meanwhile
		return
	}
	if err != nil {
		if !l.redirect(err) {
			l.refuse(causeOf(err), err)
		}
		return
	}
	l.gaveUp() // gives the context back
	l.routing, l.target = nil, to
	if body != nil {
		body, err = l.answerFirst(body)
	} else {
		body, err = l.offerFirst()
	}
	if err != nil {
		l.refuse(causeOf(err), err)
		return
	}
	if l.first.reliable {
		l.ring(body)
		return
	}
	l.accept(body)
}

func bodyRefusal(err error) *refusal {
	if errors.Is(err, errParts) {
		return badly("Malformed Multipart Body")
	}
	return unsupportedBody(accept)
}

// answerFirst opens the media of a call that came with an offer.
func (l *Leg) answerFirst(body []byte) ([]byte, error) {
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, err
	}
	n, err := sdp.Peek(offer, l.capabilities())
	if err != nil {
		return nil, err
	}
	remote := n.Remote.Addr().Unmap()
	if !remote.IsValid() || remote.IsUnspecified() {
		remote = l.dlg.source.Addr()
	}
	if err := l.open(remote, l.candidates(n)); err != nil {
		return nil, err
	}
	return l.answer(offer)
}

// offerFirst opens the media of a call that came without: the peer is not known
// yet, so the stream has a port of its own.
func (l *Leg) offerFirst() ([]byte, error) {
	if err := l.open(l.dlg.source.Addr(), media.Candidates{}); err != nil {
		return nil, err
	}
	return l.offer(), nil
}

// causeOf is the cause that an error carries.
func causeOf(err error) cause.Cause {
	var c cause.Cause
	switch {
	case errors.As(err, &c):
		return c
	case errors.Is(err, sdp.ErrEncryption):
		return cause.Encryption
	case errors.Is(err, sdp.ErrNoCodec), errors.Is(err, media.ErrAddress):
		return cause.Unsupported
	case errors.Is(err, media.ErrNoPorts):
		return cause.Limit
	case errors.Is(err, sdp.ErrMalformed), errors.Is(err, errNoAnswer), errors.Is(err, errBody), errors.Is(err, errParts):
		return cause.Unsupported
	case errors.Is(err, context.Canceled):
		return cause.Cancelled
	}
	return cause.Internal
}

// refuse ends the call before its answer.
func (l *Leg) refuse(c cause.Cause, err error) {
	text := c.Text()
	if err != nil {
		text = err.Error()
	}
	text = strings.TrimPrefix(text, "sdp: ")
	r := refuse(c, l.cfg.Domain, text)
	if errors.Is(err, sdp.ErrMalformed) {
		r.status, r.reason = msg.StatusBadRequest, "Bad Session Description"
	}
	l.reject(r, c, text)
}

// reject ends the call with a response of its own; why is for the log.
func (l *Leg) reject(r *refusal, c cause.Cause, why string) {
	l.note(r.status, why)
	if l.finish(c) {
		l.refused = true
		l.log.Warn("call refused", known("status", r.status, "cause", c.String(), "reason", bridge.CleanText(why, 200),
			"trunk", l.party.Trunk, "from", l.party.Number, "to", l.party.Called, "source", l.party.Address)...)
	}
	l.respond(l.first.tx, r)
}

// known are the attributes of a log line that have a value.
func known(attrs ...any) []any {
	kept := attrs[:0]
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			kept = append(kept, attrs[i], attrs[i+1])
		}
	}
	return kept
}

// accept answers the call: the 200 is sent until it is acknowledged.
func (l *Leg) accept(body []byte) {
	res := l.success(l.first.tx.req, body)
	for _, h := range abilities()[:1] {
		res.AppendHeader(h)
	}
	res.AppendHeader(msg.NewHeader("Supported", supported))
	for _, h := range l.session.headers() {
		res.AppendHeader(h)
	}
	l.state = answered
	l.srv.stats.answered.Add(1)
	l.log.Info("call answered", known("trunk", l.party.Trunk, "from", l.party.Number,
		"to", l.party.Called, "source", l.party.Address, "network", l.dlg.flow.network(), "agent", l.party.Product)...)
	l.confirm(l.first.tx, res, l.onFirstACK)
}

// onFirstACK begins the conversation.
func (l *Leg) onFirstACK(ack *msg.Request) {
	l.srv.meter.answered(l.dlg.source.Addr())
	l.acked = true
	l.state = confirmed
	if l.over() { // hung up while the ACK was on its way
		return
	}
	if l.offered != nil {
		if err := l.takeAnswer(&ack.MessageData); err != nil {
			l.log.Warn("the caller's answer to our offer cannot be used", "error", err)
			l.finish(causeOf(err))
			return
		}
	}
	l.first = ringing{final: true}
	l.schedule()
	l.watch()
	to := l.target
	l.target = nil
	l.attended = true
	l.srv.attending.Go(func() { l.attend(to) })
}

// String is for logs.
func (i Inbound) String() string {
	return fmt.Sprintf("%s from %s to %s", i.CallID, i.Caller, RedactUser(i.Called))
}
