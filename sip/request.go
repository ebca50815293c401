package sip

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

// errTimeout says that a request of ours was not answered.
var errTimeout = errors.New("sip: no answer")

// send sends a request of ours in the dialog and posts done with the final
// response. It gives up after limit.
func (l *Leg) send(req *msg.Request, limit time.Duration, done func(*msg.Response, error)) {
	l.sendIn(l.dlg, req, limit, done)
}

// sendIn sends a request of ours in a dialog, an INVITE's success is acknowledged
// at once. A peer that asks who we are gets it once more, with credentials
// (RFC 3261 §22.2). What happens to the sockets happens elsewhere: looking up
// names and connecting take time.
func (l *Leg) sendIn(d *dialog, req *msg.Request, limit time.Duration, done func(*msg.Response, error)) {
	l.carry(d, req, limit, func(res *msg.Response, err error) {
		if err == nil && challenged(res) && !l.over() {
			if again, ok := l.srv.authorize(req, res, l.trunk); ok {
				renew(again, d.next())
				l.carry(d, again, limit, done)
				return
			}
		}
		done(res, err)
	})
}

func (l *Leg) carry(d *dialog, req *msg.Request, limit time.Duration, done func(*msg.Response, error)) {
	route := d.way(l.trunk)
	var ack *msg.Request
	if req.Method == msg.INVITE {
		ack = d.ack(req, l.cfg.UserAgent)
	}
	l.srv.wg.Go(func() {
		res, err := l.srv.exchange(req, route, limit, ack)
		l.post(func() { done(res, err) })
	})
}

// challenged says that a response wants to know who we are.
func challenged(res *msg.Response) bool {
	return res.StatusCode == msg.StatusUnauthorized || res.StatusCode == msg.StatusProxyAuthRequired
}

// renew makes a request that was sent already another one.
func renew(req *msg.Request, seq uint32) {
	for req.RemoveHeader("Via") {
	}
	for req.RemoveHeader("Contact") {
	}
	req.CSeq().SeqNo = seq
}

// proofs are the header fields by which a request proves who we are.
func proofs(req *msg.Request) []msg.Header {
	return append(req.GetHeaders("Authorization"), req.GetHeaders("Proxy-Authorization")...)
}

// bye ends a dialog from our side and waits for the answer.
func (s *Server) bye(d *dialog, t *Trunk, reason string, wait time.Duration) error {
	req := d.request(msg.BYE, d.next(), s.cfg.Load().UserAgent)
	req.AppendHeader(msg.NewHeader("Reason", reason))
	res, err := s.exchange(req, d.way(t), wait, nil)
	if err == nil && challenged(res) {
		if again, ok := s.authorize(req, res, t); ok {
			renew(again, d.next())
			_, err = s.exchange(again, d.way(t), wait, nil)
		}
	}
	return err
}

// hopRoute is what is known of the way to a dialog's next hop.
type hopRoute struct {
	uri    msg.Uri
	prefer flow
	source netip.AddrPort
	nat    bool
	trunk  *Trunk // whose certificates a new connection shows
	// certified is the name that the peer's must have; empty: its host's.
	certified string
}

// exchange sends a request and waits for its final response. ack is the ACK
// of an INVITE's success, sent again for every copy of that.
func (s *Server) exchange(req *msg.Request, route hopRoute, limit time.Duration, ack *msg.Request) (*msg.Response, error) {
	base := s.before
	if s.leaving.Load() {
		base = s.ctx
	}
	ctx, cancel := context.WithTimeout(base, limit)
	defer cancel()
	f, err := s.way(ctx, route)
	if err != nil {
		return nil, err
	}
	s.prepare(req, f)
	return s.transact(ctx, req, f, ack)
}

// transact sends a request that is complete.
func (s *Server) transact(ctx context.Context, req *msg.Request, f flow, ack *msg.Request) (*msg.Response, error) {
	tx, err := s.tx.request(req, f, nil)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case res := <-tx.Responses():
			if res.IsProvisional() {
				continue
			}
			if ack == nil {
				tx.Terminate()
			} else if res.IsSuccess() {
				// A lost ACK shows as the success coming again (RFC 3261 §13.2.2.4).
				s.prepare(ack, f)
				tx.OnRetransmission(func(*msg.Response) { _ = f.WriteMsg(ack) })
				_ = f.WriteMsg(ack)
			} else {
				tx.refused.Store(refusedACK(req, res))
			}
			return res, nil
		case <-tx.Done():
			return nil, errTimeout
		case <-ctx.Done():
			tx.Terminate()
			return nil, errTimeout
		}
	}
}

// refusedACK makes the ACK of a refused INVITE, which belongs to its transaction
// (RFC 3261 §17.1.1.3).
func refusedACK(invite *msg.Request, res *msg.Response) *msg.Request {
	return within(invite, msg.ACK, res.To())
}

// within makes a request that goes the INVITE's way and belongs to it: its CANCEL
// or the ACK of its refusal (RFC 3261 §9.1, §17.1.1.3).
func within(invite *msg.Request, method msg.RequestMethod, to *msg.ToHeader) *msg.Request {
	req := msg.NewRequest(method, *invite.Recipient.Clone())
	via := invite.Via().Clone()
	req.AppendHeader(via)
	for _, r := range invite.GetHeaders("Route") {
		req.AppendHeader(r)
	}
	forwards := msg.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(invite.From())
	if to == nil {
		to = invite.To()
	}
	req.AppendHeader(to)
	req.AppendHeader(invite.CallID())
	req.AppendHeader(&msg.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: method})
	req.SetTransport(invite.Transport())
	req.SetBody(nil)
	return req
}

// prepare writes the Via, and the Contact where the request makes a target.
func (s *Server) prepare(req *msg.Request, f flow) {
	host, port := s.sentBy(f)
	via := &msg.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: f.network(), Host: host, Port: port}
	via.Params.Add("branch", msg.RFC3261BranchMagicCookie+newTag())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	switch req.Method {
	case msg.INVITE, msg.UPDATE, msg.REFER, msg.NOTIFY:
		req.AppendHeader(s.contact(f, strings.EqualFold(req.Recipient.Scheme, "sips")))
	}
	req.SetTransport(f.network())
	if req.Body() == nil {
		req.SetBody(nil)
	}
}

// way finds a flow to the next hop. An open connection to the peer is used again
// whatever its Contact says (RFC 5923); one that broke is made anew.
func (s *Server) way(ctx context.Context, r hopRoute) (flow, error) {
	network := r.prefer.network()
	if t, ok := r.uri.UriParams.Get("transport"); ok {
		switch t = strings.ToUpper(t); t {
		case "UDP", "TCP", "TLS":
			network = t
		}
	}
	if r.uri.Scheme == "sips" && network == "TCP" {
		network = "TLS"
	}
	if r.prefer.network() != "UDP" && r.prefer.alive() {
		return r.prefer, nil
	}
	host := strings.Trim(r.uri.Host, "[]")
	to := r.source
	if r.nat {
		network = r.prefer.network()
	} else {
		var err error
		if to, err = s.reach(ctx, r.trunk, network, host, r.uri.Port); err != nil {
			return nil, err
		}
	}
	if network != "UDP" && r.trunk != nil {
		return s.flowTo(ctx, hop{network: network, addr: to, serverName: cmp.Or(r.certified, host), uri: r.uri}, r.trunk)
	}
	return s.transport.open(ctx, network, to, r.prefer)
}

func portOr(network string, port int) uint16 {
	if port > 0 && port <= 65535 {
		return uint16(port)
	}
	return uint16(msg.DefaultPort(network))
}

// sentBy is how we name ourselves on a flow: the public address, if there is
// one, else the one the peer reaches us at.
func (s *Server) sentBy(f flow) (host string, port int) {
	a := s.advertised(f, f.remote().Addr())
	p := f.local().Port()
	if c, ok := f.(*tcpFlow); ok && c.dialled { // from a port nobody listens at
		if l := s.transport.port(strings.ToLower(f.network())); l != 0 {
			p = l
		}
	}
	return a.String(), int(p)
}

// advertised is the address to give to a peer at remote.
func (s *Server) advertised(f flow, remote netip.Addr) netip.Addr {
	if a, ok := s.cfg.Load().public(remote.Is4()); ok {
		return a
	}
	// Behind a proxy on this host signalling is on loopback, but the sound is not.
	if a := f.local().Addr(); a.Is4() == remote.Is4() && !a.IsUnspecified() && a.IsLoopback() == remote.IsLoopback() {
		return a
	}
	return route(remote)
}

// route is the local address from which a remote one is reached. No packet is
// sent for it.
func route(remote netip.Addr) netip.Addr {
	c, err := net.Dial("udp", netip.AddrPortFrom(remote, 9).String())
	if err != nil {
		if remote.Is4() {
			return netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		return netip.IPv6Loopback()
	}
	defer c.Close()
	return addrPort(c.LocalAddr()).Addr().WithZone("")
}

// contact is our address in a dialog.
func (s *Server) contact(f flow, secure bool) *msg.ContactHeader {
	host, port := s.sentBy(f)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	uri := msg.Uri{Scheme: "sip", User: "partyline", Host: host, Port: port}
	if secure {
		uri.Scheme = "sips"
	}
	if n := f.network(); n != "UDP" && !secure {
		uri.UriParams.Add("transport", strings.ToLower(n))
	}
	return &msg.ContactHeader{Address: uri}
}

// seconds is a duration as delta-seconds.
func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
