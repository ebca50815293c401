package sip

import (
	"cmp"
	"strings"

	msg "github.com/emiago/sipgo/sip"
)

// parties are the headers of a call out that say who calls whom.
type parties struct {
	uri     msg.Uri // the Request-URI
	from    msg.FromHeader
	to      msg.ToHeader
	headers []msg.Header // identity and privacy
}

// dialParties is who calls whom in a call over a hop: numbers in the trunk's
// format, our caller where it wants to be told. Without a trunk To is the address
// called.
func (s *Server) dialParties(t *Trunk, c Call, h hop) parties {
	if t == nil {
		return s.strangerParties(c)
	}
	var p parties
	p.uri = *h.uri.Clone()
	p.uri.User, p.uri.Headers = escapedUser(t.out(c.To)), nil
	p.uri.UriParams.Remove("lr")
	if isNumber(c.To) {
		p.uri.UriParams.Add("user", "phone")
	}
	to := msg.Uri{Scheme: p.uri.Scheme, User: p.uri.User, Host: p.uri.Host, Port: p.uri.Port}
	p.to = msg.ToHeader{Address: to}
	number := t.out(cmp.Or(c.CallerID, t.CallerID))
	host := s.fromDomain(t, h)
	caller := msg.Uri{Scheme: "sip", User: escapedUser(cmp.Or(number, t.Auth.Username, "partyline")), Host: host}
	p.from = msg.FromHeader{DisplayName: inQuotes(c.CallerName), Address: caller}
	if t.Identity != IdentityFrom && t.Auth.Username != "" {
		// The account is who calls, the number is said beside.
		p.from.Address.User = escapedUser(t.Auth.Username)
	}
	if number != "" {
		p.headers = t.identity(c, caller)
	}
	if c.Privacy {
		p.anonymous()
	}
	return p
}

// identity are the headers that say the caller's number to the trunk.
func (t *Trunk) identity(c Call, caller msg.Uri) []msg.Header {
	value := "<" + caller.String() + ">"
	if c.CallerName != "" {
		value = quoted(c.CallerName) + " " + value
	}
	switch t.Identity {
	case IdentityAsserted:
		return []msg.Header{msg.NewHeader("P-Asserted-Identity", value)}
	case IdentityRemote:
		privacy := "off"
		if c.Privacy {
			privacy = "full"
		}
		return []msg.Header{msg.NewHeader("Remote-Party-ID", value+";party=calling;privacy="+privacy+";screen=yes")}
	}
	return nil
}

// anonymous hides the caller from the called (RFC 3323 §4.1.1.3, RFC 3325 §9.3).
func (p *parties) anonymous() {
	p.from = msg.FromHeader{DisplayName: "Anonymous", Address: msg.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}
	p.headers = append(p.headers, msg.NewHeader("Privacy", "id"))
}

// strangerParties are those of a call to an address that no trunk leads to.
func (s *Server) strangerParties(c Call) parties {
	var p parties
	uri, err := parseURI(c.To)
	if err != nil {
		return p
	}
	p.uri = uri
	p.to = msg.ToHeader{Address: msg.Uri{Scheme: uri.Scheme, User: uri.User, Host: uri.Host, Port: uri.Port}}
	host := cmp.Or(s.cfg.Load().Domain, "anonymous.invalid")
	p.from = msg.FromHeader{
		DisplayName: inQuotes(c.CallerName),
		Address:     msg.Uri{Scheme: "sip", User: escapedUser(cmp.Or(c.CallerID, "partyline")), Host: host},
	}
	if c.Privacy {
		p.anonymous()
	}
	return p
}

// fromDomain is the host in From: as configured, where the account is known, or
// ours.
func (s *Server) fromDomain(t *Trunk, h hop) string {
	if t.FromDomain != "" {
		return t.FromDomain
	}
	if t.Register || t.Auth.Username != "" {
		if len(t.Registrars) > 0 {
			if u, err := parseURI(t.Registrars[0]); err == nil {
				return u.Host
			}
		}
		return h.uri.Host
	}
	return cmp.Or(s.cfg.Load().Domain, h.uri.Host)
}

// out is a number as the trunk wants it.
func (t *Trunk) out(number string) string {
	if t.NumberOut != nil && number != "" {
		return t.NumberOut(number)
	}
	return number
}

// inQuotes is a name as it is written between quotes, which the encoder of messages
// puts around it as it is.
func inQuotes(name string) string {
	q := quoted(name)
	return q[1 : len(q)-1]
}

// escapedUser is text as the user part of a URI (RFC 3261 §25.1).
func escapedUser(user string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(user) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}

// unbound is a request of ours outside of any dialog and call.
func (s *Server) unbound(method msg.RequestMethod, h hop, t *Trunk) *msg.Request {
	cfg := s.cfg.Load()
	uri := *h.uri.Clone()
	uri.UriParams = nil
	req := msg.NewRequest(method, uri)
	for _, route := range h.routes {
		req.AppendHeader(&msg.RouteHeader{Address: *route.Clone()})
	}
	from := &msg.FromHeader{Address: msg.Uri{Scheme: "sip", User: "partyline", Host: uri.Host}}
	if t != nil {
		from.Address.Host = s.fromDomain(t, h)
		from.Address.User = escapedUser(cmp.Or(t.Auth.Username, "partyline"))
	}
	from.Params.Add("tag", newTag())
	forwards, callID := msg.MaxForwardsHeader(70), msg.CallIDHeader(newTag()+newTag())
	req.AppendHeader(&forwards)
	req.AppendHeader(from)
	req.AppendHeader(&msg.ToHeader{Address: uri})
	req.AppendHeader(&callID)
	req.AppendHeader(&msg.CSeqHeader{SeqNo: 1, MethodName: method})
	req.AppendHeader(msg.NewHeader("User-Agent", cfg.UserAgent))
	return req
}
