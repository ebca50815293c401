package sip

import (
	"net/netip"
	"strings"
	"sync"

	msg "github.com/emiago/sipgo/sip"
)

// dialogID names a dialog (RFC 3261 §12).
type dialogID struct{ callID, localTag, remoteTag string }

// dialog is the state of one dialog in which we were called. Its leg's run owns
// it; the fields of its making never change.
type dialog struct {
	callID, localTag, remoteTag string
	us                          msg.FromHeader // From of our requests
	them                        msg.ToHeader   // To of our requests

	localSeq, remoteSeq uint32
	target              msg.Uri   // the peer's Contact
	routes              []msg.Uri // route set, ours first to last
	flow                flow      // by which the peer was last heard
	source              netip.AddrPort
	behindNAT           bool // its Contact cannot be reached: use source
	secure              bool // the call came to a sips URI
}

// newDialog makes the dialog of an INVITE (RFC 3261 §12.1.1).
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
	for _, h := range req.GetHeaders("Record-Route") {
		if rr, ok := h.(*msg.RecordRouteHeader); ok {
			d.routes = append(d.routes, *rr.Address.Clone())
		}
	}
	d.refreshTarget(req)
	if d.target.Host == "" { // an RFC 2543 caller without Contact
		d.target, d.behindNAT = *from.Address.Clone(), true
	}
	return d
}

func (d *dialog) id() dialogID { return dialogID{d.callID, d.localTag, d.remoteTag} }

// refreshTarget takes the Contact of a target refresh request (RFC 3261 §12.2.2)
// and judges whether it can be reached: a peer behind NAT names an address of
// its own network, and is answered where its requests come from.
func (d *dialog) refreshTarget(req *msg.Request) {
	c := req.Contact()
	if c == nil || c.Address.Wildcard || !isSIP(&c.Address) {
		return
	}
	d.target = *c.Address.Clone()
	d.target.Headers = nil
	d.behindNAT = false
	contact, err := netip.ParseAddr(strings.Trim(d.target.Host, "[]"))
	if err != nil || len(d.routes) > 0 || contact.Unmap() == d.source.Addr() {
		return
	}
	via := req.Via()
	sentBy := strings.Trim(via.Host, "[]")
	rewritten := via.Params.Has("received") && strings.EqualFold(sentBy, strings.Trim(d.target.Host, "[]"))
	d.behindNAT = rewritten || unreachable(contact.Unmap())
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

// next counts up our CSeq.
func (d *dialog) next() uint32 {
	d.localSeq++
	return d.localSeq
}

// hop is where our requests go first: the first route, else the target.
func (d *dialog) hop() msg.Uri {
	if len(d.routes) > 0 {
		return d.routes[0]
	}
	return d.target
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

// dialogs finds legs. Any goroutine uses it.
type dialogs struct {
	mu      sync.Mutex
	byID    map[dialogID]*Leg
	invites map[inviteID]*Leg
}

func newDialogs() *dialogs {
	return &dialogs{byID: map[dialogID]*Leg{}, invites: map[inviteID]*Leg{}}
}

// add registers a leg; false if its INVITE is here already.
func (d *dialogs) add(l *Leg) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.invites[l.invite] != nil {
		return false
	}
	d.invites[l.invite] = l
	d.byID[l.dlg.id()] = l
	return true
}

func (d *dialogs) remove(l *Leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.invites, l.invite)
	delete(d.byID, l.dlg.id())
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
	all := make([]*Leg, 0, len(d.byID))
	for _, l := range d.byID {
		all = append(all, l)
	}
	return all
}

func (d *dialogs) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.byID)
}
