package sip

import (
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
// response. It gives up after limit. What happens to
// the sockets happens elsewhere: looking up names and connecting take time.
func (l *Leg) send(req *msg.Request, limit time.Duration, done func(*msg.Response, error)) {
	d := l.dlg
	route := hopRoute{uri: d.hop(), prefer: d.flow, source: d.source, nat: d.behindNAT}
	l.srv.wg.Go(func() {
		res, err := l.srv.exchange(req, route, limit, nil)
		l.post(func() { done(res, err) })
	})
}

// hopRoute is what is known of the way to a dialog's next hop.
type hopRoute struct {
	uri    msg.Uri
	prefer flow
	source netip.AddrPort
	nat    bool
}

// exchange sends a request and waits for its final response. ack makes the ACK
// of an INVITE's success, sent again for every copy of that.
func (s *Server) exchange(req *msg.Request, route hopRoute, limit time.Duration, ack func() *msg.Request) (*msg.Response, error) {
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
	tx, err := s.tx.request(req, f)
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
				acked := ack()
				s.prepare(acked, f)
				tx.OnRetransmission(func(*msg.Response) { _ = f.WriteMsg(acked) })
				_ = f.WriteMsg(acked)
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

// prepare writes the Via, and the Contact where the request makes a target.
func (s *Server) prepare(req *msg.Request, f flow) {
	host, port := s.sentBy(f)
	via := &msg.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: f.network(), Host: host, Port: port}
	via.Params.Add("branch", msg.RFC3261BranchMagicCookie+newTag())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	if req.Method == msg.INVITE || req.Method == msg.UPDATE {
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
	if r.nat {
		return s.transport.open(ctx, r.prefer.network(), r.source, r.prefer)
	}
	to, err := s.resolve(ctx, network, strings.Trim(r.uri.Host, "[]"), r.uri.Port)
	if err != nil {
		return nil, err
	}
	return s.transport.open(ctx, network, to, r.prefer)
}

// resolve finds the address of a host (RFC 3263, without NAPTR: the transport is
// known by then).
func resolve(ctx context.Context, network, host string, port int) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(a.Unmap(), portOr(network, port)), nil
	}
	var r net.Resolver
	if port == 0 {
		service, proto := "sip", strings.ToLower(network)
		if network == "TLS" {
			service, proto = "sips", "tcp"
		}
		if _, srv, err := r.LookupSRV(ctx, service, proto, host); err == nil && len(srv) > 0 {
			host, port = strings.TrimSuffix(srv[0].Target, "."), int(srv[0].Port)
		}
	}
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	best := addrs[0]
	for _, a := range addrs {
		if a.Unmap().Is4() {
			best = a
			break
		}
	}
	return netip.AddrPortFrom(best.Unmap(), portOr(network, port)), nil
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
