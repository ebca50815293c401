package sip

import (
	"cmp"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/sdp"
)

// outgoing is what a leg has because we made the call. It is run's but for the
// channels.
type outgoing struct {
	call   Call
	base   *dialog     // without a remote tag: who is called, and by which hop
	invite *invitation // the one that counts
	// branches are the early dialogs by To tag: one for each phone that a proxy
	// asked (RFC 3261 §12.3). heard is the one whose sound we take.
	branches map[string]*branch
	heard    *branch
	headers  []msg.Header // who calls, as the hop wants it

	steps   chan string // for Dial
	settled chan error  // nil: connected
}

// branch is one early dialog.
type branch struct {
	dlg  *dialog
	rseq uint32 // of the last reliable provisional response
	// session is what its SDP says; binding: it was in a reliable response, and
	// nothing but an UPDATE changes it (RFC 3262 §5).
	session *sdp.Negotiated
	keys    *media.Crypto
	binding bool
}

func newOutgoing(c Call) *outgoing {
	return &outgoing{
		call: c, branches: map[string]*branch{},
		steps: make(chan string, 32), settled: make(chan error, 1),
	}
}

// step tells Dial how far the call is.
func (o *outgoing) step(state string) {
	select {
	case o.steps <- state:
	default: // a peer that keeps changing its mind
	}
}

// toward has the call go to a hop, afresh.
func (l *Leg) toward(p parties, h hop, f flow) error {
	o, b := l.out, l.out.base
	if l.dlg.flow != f {
		f.hold(1)
		l.dlg.flow.hold(-1)
	}
	b.target, b.routes = p.uri, h.routes
	b.us, b.them = p.from, p.to
	b.us.Params = b.us.Params.Clone()
	b.us.Params.Add("tag", l.tag)
	b.flow, b.source, b.certified = f, f.remote(), h.serverName
	b.secure = strings.EqualFold(p.uri.Scheme, "sips")
	o.branches, o.heard, o.headers = map[string]*branch{}, nil, p.headers
	l.srv.dialogs.keep(l)
	l.dlg, l.agreed = b, nil
	return l.offerTo(f)
}

// offerTo opens the media of a call of ours: the peer is not known yet, there may be
// several, so the stream has a port of its own. It is opened anew if the next hop is
// of the other address family.
func (l *Leg) offerTo(f flow) error {
	remote := f.remote().Addr()
	if l.stream != nil {
		if l.sdpAddr.addr.Is4() == remote.Is4() {
			return nil
		}
		l.stream.Close()
		l.stream, l.offered = nil, nil
	}
	if err := l.open(remote, media.Candidates{}); err != nil {
		return err
	}
	l.offer()
	return nil
}

// retarget has the next INVITE call another user at the same place.
func (l *Leg) retarget(user string) {
	b := l.out.base
	b.target = *b.target.Clone()
	b.target.User = escapedUser(user)
}

// inviteRequest makes the next INVITE, every one with a CSeq of its own. again is
// the one before with credentials; least is what a 422 asked for.
func (l *Leg) inviteRequest(again *msg.Request, least time.Duration) *msg.Request {
	o, d := l.out, l.out.base
	if again != nil {
		renew(again, d.next())
		return again
	}
	req := d.request(msg.INVITE, d.next(), l.cfg.UserAgent)
	for _, h := range o.headers {
		req.AppendHeader(h)
	}
	req.AppendHeader(msg.NewHeader("Allow", l.allow()))
	req.AppendHeader(msg.NewHeader("Supported", supported))
	l.session = proposal(l.cfg, least)
	req.AppendHeader(msg.NewHeader("Session-Expires", seconds(l.session.interval)))
	req.AppendHeader(msg.NewHeader("Min-SE", seconds(l.session.minSE)))
	if subject := bridge.CleanText(o.call.Subject, 128); subject != "" {
		req.AppendHeader(msg.NewHeader("Subject", subject))
	}
	setSession(&req.MessageData, l.body)
	if l.trunk != nil && l.trunk.Auth.Username != "" {
		l.srv.preauthorize(req, l.trunk)
	}
	return req
}

// onProvisional takes a provisional response (RFC 3261 §13.2.2.1).
func (l *Leg) onProvisional(v *invitation, res *msg.Response) {
	o := l.out
	if l.over() || o.invite != v || l.state != early {
		return
	}
	if b := l.branchOf(res); b != nil {
		if !l.acknowledged(v, b, res) {
			return // out of order: it comes again
		}
		l.hearEarly(b, res)
	}
	switch res.StatusCode {
	case msg.StatusRinging:
		o.step(Ringing)
	case msg.StatusCallIsForwarded:
		o.step(Forwarded)
	default:
		o.step(Proceeding)
	}
}

// branchOf finds or begins the early dialog of a response; nil: it has none, or
// there are too many.
func (l *Leg) branchOf(res *msg.Response) *branch {
	o, to := l.out, res.To()
	if to == nil || res.StatusCode == msg.StatusTrying {
		return nil
	}
	tag := to.Params.GetOr("tag", "")
	b := o.branches[tag]
	if b == nil {
		if tag == "" || len(o.branches) >= mostBranches {
			return nil
		}
		b = &branch{dlg: answeredDialog(o.base, res)}
		o.branches[tag] = b
		l.srv.dialogs.join(l, b.dlg.id())
		if l.dlg == o.base {
			l.dlg = b.dlg
		}
	} else if res.Contact() != nil {
		b.dlg.answered(res)
	}
	return b
}

// hearEarly takes the session in a provisional response: what is heard before the
// answer, announcements and ringing tones. Of several branches the last is heard.
func (l *Leg) hearEarly(b *branch, res *msg.Response) {
	if b.binding {
		return
	}
	body, err := sessionBody(&res.MessageData)
	if err == nil && body == nil {
		return
	}
	if err == nil {
		err = l.read(b, body)
	}
	if err != nil {
		l.log.Info("sound before the answer cannot be used", "error", err)
		return
	}
	b.binding = reliable(res) != 0
	l.dlg, l.out.heard = b.dlg, b
	l.apply(*b.session, b.keys)
	l.out.step(Early)
}

// read reads a branch's answer to our offer: each stands for itself.
func (l *Leg) read(b *branch, body []byte) error {
	answer, err := sdp.Parse(body)
	if err != nil {
		return err
	}
	n, err := l.offered.Accept(answer)
	if err != nil {
		return err
	}
	keys, err := keysOf(n)
	if err != nil {
		return err
	}
	b.session, b.keys = &n, keys
	return nil
}

// agreedEarly says that the session is agreed upon before the call is answered.
func (l *Leg) agreedEarly() bool {
	return l.out != nil && l.out.heard != nil && l.out.heard.binding && l.out.heard.dlg == l.dlg
}

// onAnswer takes the success that counts: the call is up.
func (l *Leg) onAnswer(v *invitation, res *msg.Response, d *dialog) {
	o := l.out
	if l.over() || o.invite != v {
		l.srv.wg.Go(func() {
			<-v.acked
			if err := l.srv.bye(d, l.trunk, reason(l.Cause()), 64*msg.T1); err != nil {
				l.log.Debug("BYE not answered", "error", err)
			}
		})
		return
	}
	b := o.branches[d.remoteTag]
	if b == nil {
		b = &branch{}
	} else {
		d.localSeq, d.remoteSeq = max(d.localSeq, b.dlg.localSeq), b.dlg.remoteSeq
	}
	l.dlg, l.state, l.acked = d, confirmed, true
	l.srv.dialogs.keep(l, d.id())
	err := l.agree(b, res)
	l.offered, o.branches = nil, nil
	if err != nil {
		l.log.Warn("the answer to our call cannot be used", "error", err)
		l.finish(causeOf(err))
		o.settled <- err
		return
	}
	l.session = granted(res, l.session, l.cfg)
	l.notePeer(res)
	l.mu.Lock()
	l.party.Product = bridge.CleanText(cmp.Or(header(res, "Server", ""), header(res, "User-Agent", "")), 64)
	l.mu.Unlock()
	l.log.Info("call out answered", known("trunk", l.party.Trunk, "to", l.party.Called, "peer", l.party.Address,
		"network", d.flow.network(), "agent", l.party.Product)...)
	l.schedule()
	l.watch()
	o.settled <- nil
}

// agree settles the session of the branch that answered: by the SDP of its success
// unless it bound itself before.
func (l *Leg) agree(b *branch, res *msg.Response) error {
	if !b.binding {
		body, err := sessionBody(&res.MessageData)
		if err == nil && body != nil {
			err = l.read(b, body)
			l.out.heard = nil
		}
		if err != nil {
			return err
		}
	}
	switch {
	case b.session == nil:
		return errNoAnswer
	case l.out.heard != b:
		l.apply(*b.session, b.keys)
	}
	return nil
}

// dialogOf is the dialog that a request belongs to.
func (l *Leg) dialogOf(req *msg.Request) *dialog {
	if l.out != nil && l.state == early {
		if b := l.out.branches[req.From().Params.GetOr("tag", "")]; b != nil {
			return b.dlg
		}
	}
	return l.dlg
}

// onBranch answers a request in an early dialog whose sound is not heard.
func (l *Leg) onBranch(tx *serverTx) {
	switch tx.req.Method {
	case msg.INVITE:
		l.respond(tx, tooEarly())
	case msg.UPDATE:
		if len(tx.req.Body()) > 0 {
			l.respond(tx, tooEarly())
			return
		}
		l.reply(tx, l.success(tx.req, nil))
	case msg.BYE, msg.INFO, msg.OPTIONS:
		l.respond(tx, &refusal{status: msg.StatusOK, reason: "OK"})
	default:
		l.respond(tx, notAllowed())
	}
}

// drop gives up the INVITE that is under way.
func (o *outgoing) drop(c cause.Cause) {
	if o.invite != nil {
		o.invite.drop(c)
	}
}
