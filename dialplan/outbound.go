package dialplan

import "strings"

// OutboundRule says which trunk carries calls to the numbers it matches, or
// that they are forbidden.
type OutboundRule struct {
	Match    *Pattern
	Trunk    string
	CallerID string
	Deny     string // not empty: forbidden, and this says why
	Source   string
}

// Route is where an outgoing call goes.
type Route struct {
	Allowed  bool
	Trunk    string
	CallerID string
	Number   string // as it is dialled
	Reason   string // why not
	Trace    []Step
}

// Route says which trunk carries a call to a number. Without a rule that
// matches there is none: nothing goes out that isn't allowed.
func (p *Plan) Route(called string) Route {
	called = strings.TrimPrefix(called, "tel:")
	number, _ := normal(called)
	r := Route{Number: number}
	note := func(rule, source string, matched bool, why string) {
		r.Trace = append(r.Trace, Step{Rule: rule, Source: source, Matched: matched, Why: why})
	}
	for i := range p.Outbound {
		o := &p.Outbound[i]
		name := "outbound rule: " + o.Match.String()
		if _, ok := o.Match.Match("sip", number, ""); !ok {
			note(name, o.Source, false, "the number does not match")
			continue
		}
		if o.Deny != "" {
			note(name, o.Source, true, "matches; the rule refuses: "+o.Deny)
			r.Reason = o.Deny
			return r
		}
		note(name, o.Source, true, "matches; trunk "+o.Trunk)
		r.Allowed, r.Trunk, r.CallerID = true, o.Trunk, o.CallerID
		return r
	}
	note("end of the dialplan", "", false, "no rule matches")
	r.Reason = "no outbound rule allows it"
	return r
}

// Outward says why a call may not go straight to an address of a protocol, without a
// trunk; empty: it may. Outbound rules that name the protocol decide first. A
// telephone number without a host, which a gatekeeper may take to a network that
// costs, needs a rule that allows the number. Any other address may be called.
func (p *Plan) Outward(protocol, user, host string) (why string) {
	for i := range p.Outbound {
		o := &p.Outbound[i]
		if o.Match.protocol != protocol {
			continue
		}
		if _, ok := o.Match.Match(protocol, user, host); ok {
			return o.Deny
		}
	}
	if _, global := normal(user); host == "" && global {
		return p.Route(user).Reason
	}
	return ""
}
