package sip

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	msg "github.com/emiago/sipgo/sip"
)

// dialogID names a dialog (RFC 3261 §12).
type dialogID struct{ callID, localTag, remoteTag string }

// dialog is the state of one dialog, whoever called. Its leg's run owns it; the
// fields of its making never change.
type dialog struct {
	callID, localTag, remoteTag string
	us                          msg.FromHeader // From of our requests
	them                        msg.ToHeader   // To of our requests

	localSeq, remoteSeq uint32
	target              msg.Uri   // the peer's Contact
	routes              []msg.Uri // route set, ours first to last
	flow                flow      // by which the peer was last heard
	source              netip.AddrPort
	behindNAT           bool   // its Contact cannot be reached: use source
	secure              bool   // the call came to a sips URI, or went to one
	certified           string // the name in the certificate of whom we called
}

// newDialog makes the dialog of an INVITE that came (RFC 3261 §12.1.1).
func newDialog(req *msg.Request, f flow) *dialog {
	from, to := req.From(), req.To()
	d := &dialog{
		callID: string(*req.CallID()), localTag: newTag(),
		remoteTag: from.Params.GetOr("tag", ""),
		localSeq:  1, remoteSeq: req.CSeq().SeqNo,
		flow: f, source: f.remote(),
		secure: strings.EqualFold(req.Recipient.Scheme, "sips"),
	}
	d.us = msg.FromHeader{DisplayName: to.DisplayName, Address: *to.Address.Clone(), Params: to.Params.Clone()}
	d.us.Params.Add("tag", d.localTag)
	d.them = msg.ToHeader{DisplayName: from.DisplayName, Address: *from.Address.Clone(), Params: from.Params.Clone()}
	d.routes = recorded(req)
	d.refreshTarget(req)
	if d.target.Host == "" { // an RFC 2543 caller without Contact
		d.target, d.behindNAT = *from.Address.Clone(), true
	}
	return d
}

// answeredDialog makes the dialog that a response to our INVITE begins
// (RFC 3261 §12.1.2). before is what we knew when we called.
func answeredDialog(before *dialog, res *msg.Response) *dialog {
	to := res.To()
	d := &dialog{
		callID: before.callID, localTag: before.localTag,
		remoteTag: to.Params.GetOr("tag", ""),
		us:        before.us, localSeq: before.localSeq,
		target: *before.target.Clone(), behindNAT: true, // as long as there is no Contact
		flow: before.flow, source: before.source,
		secure: before.secure, certified: before.certified,
	}
	d.them = msg.ToHeader{DisplayName: to.DisplayName, Address: *to.Address.Clone(), Params: to.Params.Clone()}
	d.routes = recorded(res)
	slices.Reverse(d.routes)
	d.answered(res)
	return d
}

// recorded are the Record-Route URIs of a message, from its top.
func recorded(m interface {
	GetHeaders(name string) []msg.Header
},
) (routes []msg.Uri) {
	for _, h := range m.GetHeaders("Record-Route") {
		if rr, ok := h.(*msg.RecordRouteHeader); ok {
			routes = append(routes, *rr.Address.Clone())
		}
	}
	return routes
}

func (d *dialog) id() dialogID { return dialogID{d.callID, d.localTag, d.remoteTag} }

// refreshTarget takes the Contact of a target refresh request (RFC 3261 §12.2.2)
// and judges whether it can be reached: a peer behind NAT names an address of
// its own network, and is answered where its requests come from.
func (d *dialog) refreshTarget(req *msg.Request) {
	contact, elsewhere := d.retarget(req.Contact())
	if !elsewhere {
		return
	}
	via := req.Via()
	sentBy := strings.Trim(via.Host, "[]")
	rewritten := via.Params.Has("received") && strings.EqualFold(sentBy, strings.Trim(d.target.Host, "[]"))
	d.behindNAT = rewritten || unreachable(contact)
}

// answered takes the Contact of a success, or of a response that begins a dialog
// (RFC 3261 §12.2.1.2). An address of a private network can be reached if the
// peer's own is one too.
func (d *dialog) answered(res *msg.Response) {
	before, was := d.target.Host, d.behindNAT
	contact, elsewhere := d.retarget(res.Contact())
	if !elsewhere {
		return
	}
	d.behindNAT = unreachable(contact) && !unreachable(d.source.Addr()) ||
		was && strings.EqualFold(before, d.target.Host) && d.remoteSeq > 0
}

// retarget makes a Contact the target. elsewhere: it is a literal address, to be
// gone to directly, that is not the one the peer was heard from.
func (d *dialog) retarget(c *msg.ContactHeader) (contact netip.Addr, elsewhere bool) {
	if c == nil || c.Address.Wildcard || !isSIP(&c.Address) || c.Address.Host == "" {
		return contact, false
	}
	d.target = *c.Address.Clone()
	d.target.Headers = nil
	d.behindNAT = false
	contact, err := netip.ParseAddr(strings.Trim(d.target.Host, "[]"))
	contact = contact.Unmap()
	return contact, err == nil && len(d.routes) == 0 && contact != d.source.Addr()
}

// unreachable says that an address means something only at its owner's.
func unreachable(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() ||
		cgnat.Contains(a)
}

var cgnat = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598

// request makes a request of ours within the dialog (RFC 3261 §12.2.1.1),
// all but its Via.
func (d *dialog) request(method msg.RequestMethod, seq uint32, agent string) *msg.Request {
	uri, routes := *d.target.Clone(), d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") { // a strict router
		uri = *routes[0].Clone()
		routes = append(append([]msg.Uri(nil), routes[1:]...), d.target)
	}
	req := msg.NewRequest(method, uri)
	for _, r := range routes {
		req.AppendHeader(&msg.RouteHeader{Address: *r.Clone()})
	}
	forwards := msg.MaxForwardsHeader(70)
	callID := msg.CallIDHeader(d.callID)
	from, to := d.us, d.them
	req.AppendHeader(&forwards)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&callID)
	req.AppendHeader(&msg.CSeqHeader{SeqNo: seq, MethodName: method})
	req.AppendHeader(msg.NewHeader("User-Agent", agent))
	return req
}

// ack makes the ACK of a success of an INVITE: with its CSeq and, if it had to
// prove who we are, its credentials (RFC 3261 §13.2.2.4, §22.1).
func (d *dialog) ack(invite *msg.Request, agent string) *msg.Request {
	req := d.request(msg.ACK, invite.CSeq().SeqNo, agent)
	for _, h := range proofs(invite) {
		req.AppendHeader(h)
	}
	return req
}

// next counts up our CSeq.
func (d *dialog) next() uint32 {
	d.localSeq++
	return d.localSeq
}

// way is what is known of the way to the peer: the first route, else the target.
func (d *dialog) way(t *Trunk) hopRoute {
	r := hopRoute{uri: d.target, prefer: d.flow, source: d.source, nat: d.behindNAT, trunk: t, certified: d.certified}
	if len(d.routes) > 0 {
		r.uri = d.routes[0]
	}
	return r
}

// inviteID names an INVITE whatever way it came: a second one that differs in
// its branch only took another way here (RFC 3261 §8.2.2.2).
type inviteID struct {
	callID, tag string
	seq         uint32
}

func inviteOf(req *msg.Request) inviteID {
	return inviteID{string(*req.CallID()), req.From().Params.GetOr("tag", ""), req.CSeq().SeqNo}
}

// dialogs finds legs. Any goroutine uses it. A call of ours has as many dialogs as
// its INVITE was forked, until one of them is answered.
type dialogs struct {
	mu      sync.Mutex
	closed  bool
	byID    map[dialogID]*Leg
	invites map[inviteID]*Leg // that came
	all     map[*Leg][]dialogID
}

func newDialogs() *dialogs {
	return &dialogs{byID: map[dialogID]*Leg{}, invites: map[inviteID]*Leg{}, all: map[*Leg][]dialogID{}}
}

// enter says whether there may be new calls of ours, and has begin run if so.
func (d *dialogs) enter(begin func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	begin()
	return true
}

// shut lets no call of ours begin any more.
func (d *dialogs) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
}

// add registers a leg that was called; false if its INVITE is here already.
func (d *dialogs) add(l *Leg) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.invites[l.invite] != nil {
		return false
	}
	d.invites[l.invite] = l
	d.byID[l.dlg.id()] = l
	d.all[l] = []dialogID{l.dlg.id()}
	return true
}

// place registers a leg that calls: nobody has answered yet.
func (d *dialogs) place(l *Leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all[l] = nil
}

// join registers one more dialog of a leg that is still here.
func (d *dialogs) join(l *Leg, id dialogID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ids, ok := d.all[l]; ok && d.byID[id] == nil {
		d.byID[id] = l
		d.all[l] = append(ids, id)
	}
}

// keep forgets all dialogs of a leg but those given.
func (d *dialogs) keep(l *Leg, kept ...dialogID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids, ok := d.all[l]
	if !ok {
		return
	}
	for _, id := range ids {
		if !slices.Contains(kept, id) {
			delete(d.byID, id)
		}
	}
	d.all[l] = kept
}

func (d *dialogs) remove(l *Leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.invites[l.invite] == l {
		delete(d.invites, l.invite)
	}
	for _, id := range d.all[l] {
		delete(d.byID, id)
	}
	delete(d.all, l)
}

// find is the leg whose dialog a request belongs to.
func (d *dialogs) find(req *msg.Request) *Leg {
	tag, ok := req.To().Params.Get("tag")
	if !ok || req.CallID() == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byID[dialogID{string(*req.CallID()), tag, req.From().Params.GetOr("tag", "")}]
}

func (d *dialogs) legs() []*Leg {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*Leg, 0, len(d.all))
	for l := range d.all {
		all = append(all, l)
	}
	return all
}

func (d *dialogs) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.all)
}
