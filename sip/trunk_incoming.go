package sip

import (
	"net/netip"
	"net/url"
	"strings"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
)

// trunkAt is the trunk that speaks from an address: by its allow prefixes or as a
// registrar of ours. nil: a stranger, until it has proven otherwise.
func (s *Server) trunkAt(a netip.Addr) *Trunk {
	cfg := s.cfg.Load()
	if t := cfg.trunk(a); t != nil {
		return t
	}
	for _, l := range s.lines.at(a) {
		return cfg.trunkNamed(l.name)
	}
	return nil
}

// belongs says which trunk a call comes over; nil: none. bad is what to answer
// instead of taking it: who claims to be a trunk proves it. why is for the log,
// empty where the caller just has not answered yet.
func (s *Server) belongs(req *msg.Request, f flow) (t *Trunk, bad *refusal, why string) {
	cfg := s.cfg.Load()
	src := f.remote().Addr()
	if t = cfg.trunk(src); t != nil {
		return t, nil, ""
	}
	if t = s.registeredAs(req, f, cfg); t != nil {
		return t, nil, ""
	}
	if !cfg.challenges() {
		return nil, nil, ""
	}
	if cfg.Anonymous && cfg.trunkOfAccount(req.From().Address.User) == nil && presented(req, cfg.realm()) == nil {
		return nil, nil, ""
	}
	return s.proven(req, src)
}

// registeredAs is the trunk that a call comes over because we are registered
// there: it comes by the connection that we made, or from an address of the
// registrar and to what we registered.
func (s *Server) registeredAs(req *msg.Request, f flow, cfg *Config) *Trunk {
	if c, ok := f.(*tcpFlow); ok && c.to.trunk != "" {
		return cfg.trunkNamed(c.to.trunk)
	}
	for _, l := range s.lines.at(f.remote().Addr()) {
		if t := cfg.trunkNamed(l.name); t != nil && t.contactUser() == req.Recipient.User {
			return t
		}
	}
	return nil
}

// incoming is who calls whom, as a trunk says it. Numbers are as the
// configuration has them: E.164 where the trunk's format is known.
type incoming struct {
	called, caller, name string
	asserted             string // by the trunk, if it is believed
	private              bool   // the caller wants not to be shown (RFC 3323)
}

// incoming reads who calls whom; t is nil for strangers, of whom From alone is
// read.
func (s *Server) incoming(req *msg.Request, t *Trunk) incoming {
	from := req.From()
	who := incoming{called: unescaped(calledUser(&req.Recipient)), caller: addressUser(&from.Address), name: from.DisplayName}
	if t == nil {
		return who
	}
	if t.Register && t.contactUser() == req.Recipient.User && t.ContactUser == "" {
		who.called = unescaped(numberDialled(req))
	}
	who.private = private(req)
	if t.TrustIdentity {
		number, name := t.asserts(req)
		if number != "" {
			who.asserted, who.caller = number, number
		}
		if name != "" && (who.name == "" || strings.EqualFold(who.name, "anonymous")) {
			who.name = name
		}
	}
	if t.NumberIn != nil {
		who.called, who.caller = t.NumberIn(who.called), t.NumberIn(who.caller)
		who.asserted = t.NumberIn(who.asserted)
	}
	for _, text := range []*string{&who.caller, &who.name, &who.asserted} {
		*text = bridge.CleanText(*text, 64)
	}
	return who
}

// numberDialled is what was called in a call to the name that we made up for the
// registrar: P-Called-Party-ID (RFC 7315 §4.2) or To.
func numberDialled(req *msg.Request) string {
	if id := userOf(header(req, "P-Called-Party-ID", "")); id != "" {
		return id
	}
	return addressUser(&req.To().Address)
}

// asserts is what a trunk says of its caller: P-Asserted-Identity (RFC 3325), of
// several the one with a number, or Remote-Party-ID.
func (t *Trunk) asserts(req *msg.Request) (number, name string) {
	for _, header := range []string{"P-Asserted-Identity", "Remote-Party-ID"} {
		for _, a := range nameAddrs(req, header) {
			user := addressUser(&a.uri)
			if user == "" {
				continue
			}
			if number == "" || !isNumber(number) && isNumber(user) {
				number = user
			}
			if name == "" {
				name = a.name
			}
		}
		if number != "" {
			return number, name
		}
	}
	return "", ""
}

// isNumber says whether a user part looks like a telephone number.
func isNumber(user string) bool {
	digits := strings.TrimPrefix(user, "+")
	for _, c := range []byte(digits) {
		if (c < '0' || c > '9') && !strings.ContainsRune("-.()", rune(c)) {
			return false
		}
	}
	return digits != ""
}

// private says whether the caller does not want to be shown (RFC 3323 §4.2, RFC
// 3325 §9.3; Remote-Party-ID's privacy).
func private(req *msg.Request) bool {
	for _, h := range req.GetHeaders("Privacy") {
		for v := range strings.FieldsFuncSeq(strings.ToLower(h.Value()), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if v == "id" || v == "user" || v == "header" {
				return true
			}
		}
	}
	for _, a := range nameAddrs(req, "Remote-Party-ID") {
		if p := strings.ToLower(a.params.GetOr("privacy", "")); p == "full" || p == "uri" {
			return true
		}
	}
	from := &req.From().Address
	return strings.EqualFold(from.User, "anonymous") || strings.EqualFold(from.Host, "anonymous.invalid")
}

// addressUser is the user part of a SIP address, or a telephone number.
func addressUser(u *msg.Uri) string { return unescaped(calledUser(u)) }

func unescaped(user string) string {
	if plain, err := url.PathUnescape(user); err == nil {
		return plain
	}
	return user
}

// nameAddr is one address in a header that may have several.
type nameAddr struct {
	name   string
	uri    msg.Uri
	params msg.HeaderParams
}

// mostAddrs bounds how many of them are read.
const mostAddrs = 16

// nameAddrs reads the addresses of all header fields of a name. What is no address
// is left out.
func nameAddrs(m interface{ GetHeaders(string) []msg.Header }, name string) []nameAddr {
	var all []nameAddr
	for _, h := range m.GetHeaders(name) {
		for _, text := range listed(h.Value()) {
			if len(all) >= mostAddrs {
				return all
			}
			var a nameAddr
			var err error
			if a.name, err = msg.ParseAddressValue(text, &a.uri, &a.params); err == nil && (a.uri.Host != "" || a.uri.Raw() != "") {
				all = append(all, a)
			}
		}
	}
	return all
}

// uris are the addresses alone.
func uris(m interface{ GetHeaders(string) []msg.Header }, name string) []msg.Uri {
	var all []msg.Uri
	for _, a := range nameAddrs(m, name) {
		if isSIP(&a.uri) && a.uri.Host != "" {
			all = append(all, a.uri)
		}
	}
	return all
}

// listed splits a header's value at its commas: not at those within quotes or
// angle brackets.
func listed(value string) []string {
	var all []string
	start, quoted, angle := 0, false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !angle:
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			all = append(all, strings.TrimSpace(value[start:i]))
			start = i + 1
		}
	}
	return append(all, strings.TrimSpace(value[start:]))
}
