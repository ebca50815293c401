package dialplan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/partyline/partyline/cause"
)

// steps collects what was looked at; without tracing nothing is put into words.
type steps struct {
	on   bool
	list []Step
}

func (s *steps) note(matched bool, rule, source, why string) {
	if s.on {
		s.list = append(s.list, Step{Rule: rule, Source: source, Matched: matched, Why: why})
	}
}

// decision is a call on its way through the plan.
type decision struct {
	Decision
	steps
	in Inbound
	address
	number string // the called number in E.164; empty if it is none
	caller string // the caller's, as signalled if it is none
}

// Decide says where a call goes: the built-in forms of an address come first,
// then the configured rules, of which the first that matches decides.
func (p *Plan) Decide(in Inbound) Decision {
	d := &decision{in: in, address: parseAddress(in.CalledUser, in.CalledHost)}
	d.on = in.Trace
	p.decide(d)
	if d.Kind != Room {
		d.PIN = "" // it belongs to an extension
	}
	d.Trace = d.list
	return d.Decision
}

func (p *Plan) decide(d *decision) {
	if len(d.in.CalledUser) > maxAddress || len(d.in.CalledHost) > maxAddress {
		d.refuse(Reject, cause.Unroutable, "the address is too long")
		d.note(true, "built-in: length", "", fmt.Sprintf("no address has more than %d characters", maxAddress))
		return
	}
	p.read(d)
	for _, step := range []func(*decision) bool{
		p.stranger, p.bare, p.numbers, p.test, p.extension, p.rules,
	} {
		if step(d) {
			return
		}
	}
	d.refuse(Reject, cause.Unroutable, "no such extension and no rule matches")
}

func (d *decision) refuse(k Kind, c cause.Cause, reason string) {
	d.Kind, d.Cause, d.Reason = k, c, reason
}

// read finds the numbers in what was signalled, as the trunk writes them.
func (p *Plan) read(d *decision) {
	d.caller = d.in.Caller
	var in Numbering
	t := p.trunk(d.in.Trunk)
	if t != nil {
		in = t.In
	}
	if number, ok := in.E164(d.user); ok {
		d.number = number
	}
	if number, ok := in.E164(d.in.Caller); ok {
		d.caller = number
	}
	if !d.on || t == nil {
		return
	}
	for _, n := range [][2]string{{d.user, d.number}, {d.in.Caller, d.caller}} {
		if n[1] != "" && n[0] != n[1] {
			d.note(false, "trunks: numbers_in of "+t.Name, "", n[0]+" is "+n[1])
		}
	}
}

func (p *Plan) stranger(d *decision) bool {
	const rule = "limits.anonymous_inbound"
	switch {
	case d.in.Trunk != "":
		d.note(false, rule, "", "the call comes from trunk "+d.in.Trunk)
		return false
	case p.Strangers:
		d.note(false, rule, "", "the call comes from no trunk; such calls are allowed")
		return false
	}
	d.refuse(Deny, cause.Forbidden, "calls from outside the trunks are off")
	d.note(true, rule, "", "the call comes from no trunk; such calls are off")
	return true
}

func (p *Plan) bare(d *decision) bool {
	if d.in.CalledUser != "" {
		d.note(false, "built-in: bare address", "", "there is a user part")
		return false
	}
	d.Kind = Reception
	d.note(true, "built-in: bare address", "", "no user part: reception")
	return true
}

func (p *Plan) test(d *decision) bool {
	const rule = "built-in: test extension"
	if p.TestExtension == "" || d.user != p.TestExtension {
		if d.on {
			d.note(false, rule, "", fmt.Sprintf("the user part is not %q", p.TestExtension))
		}
		return false
	}
	d.Kind = Test
	d.note(true, rule, "", "the user part is "+p.TestExtension)
	return true
}

func (p *Plan) extension(d *decision) bool {
	const rule = "built-in: extension"
	d.PIN = d.pin
	switch {
	case d.ext == "":
		d.note(false, rule, "", "the user part is neither EXT nor EXT.PIN, EXT#PIN or gw##EXT#PIN")
		return false
	case len(d.ext) != p.ExtensionLength && (p.Extensions == nil || !p.Extensions(len(d.ext))):
		if d.on {
			d.note(false, rule, "", fmt.Sprintf("%s has %d digits; extensions have %d, and no room's has %d",
				d.ext, len(d.ext), p.ExtensionLength, len(d.ext)))
		}
		return false
	}
	d.Kind, d.Extension = Room, d.ext
	if d.on {
		d.note(true, rule, "", fmt.Sprintf("%s: extension %s, %s", d.form, d.ext, pinWords(d.pin)))
	}
	return true
}

func pinWords(pin string) string {
	if pin == "" {
		return "the PIN will be asked for"
	}
	return "with a PIN"
}

func (p *Plan) numbers(d *decision) bool {
	if len(p.Numbers) == 0 {
		return false
	}
	digits, international := normal(d.user)
	for i := range p.Numbers {
		n := &p.Numbers[i]
		onTrunk := n.Trunk == "" || n.Trunk == d.in.Trunk
		// Carriers often leave out the plus. Without it the digits could be an
		// extension, so they count only when the number's own trunk brings them.
		same := d.number != "" && d.number == n.Number ||
			!international && n.Trunk != "" && len(digits)+1 == len(n.Number) && digits == n.Number[1:]
		switch {
		case same && onTrunk:
			d.Number, d.Label = n.Number, n.Label
			if n.Language != "" {
				d.Language = n.Language
			}
			d.note(true, "number "+n.Number, n.Source, d.user+" was called")
			return d.to(n.To, nil, "number "+n.Number, n.Source)
		case same:
			d.note(false, "number "+n.Number, n.Source, "called, but not on trunk "+n.Trunk)
		}
	}
	if d.on {
		d.note(false, "numbers", "", fmt.Sprintf("none of the %d configured numbers was called", len(p.Numbers)))
	}
	return false
}

func (p *Plan) rules(d *decision) bool {
	for i := range p.Inbound {
		r := &p.Inbound[i]
		captured, miss := r.match(d)
		if miss != hit {
			if d.on {
				d.note(false, r.name(i), r.Source, r.words(miss, d))
			}
			continue
		}
		if r.Language != "" {
			d.Language = r.Language
		}
		switch {
		case r.Deny != "":
			d.refuse(Deny, cause.Forbidden, r.Deny)
			d.note(true, r.name(i), r.Source, "matches; the rule refuses: "+r.Deny)
			return true
		case r.Reject != cause.None:
			d.refuse(Reject, r.Reject, "a rule rejects it: "+r.Reject.Text())
			d.note(true, r.name(i), r.Source, "matches; the rule rejects: "+r.Reject.Text())
			return true
		}
		if d.on {
			d.note(true, r.name(i), r.Source, "matches"+capturedWords(captured))
		}
		return d.to(r.To, captured, r.name(i), r.Source)
	}
	d.note(false, "end of the dialplan", "", "no rule matches")
	return false
}

func capturedWords(captured map[string]string) string {
	if len(captured) == 0 {
		return ""
	}
	var parts []string
	for name, value := range captured {
		parts = append(parts, name+" = "+value)
	}
	slices.Sort(parts)
	return " with " + strings.Join(parts, ", ")
}

// to applies a target. It always decides: a target that leads nowhere rejects.
func (d *decision) to(t Target, captured map[string]string, rule, source string) bool {
	d.Kind = t.Kind
	switch t.Kind {
	case Forward:
		if d.Forward = expand(t.Forward, captured); d.Forward == "" {
			d.refuse(Reject, cause.Unroutable, "the rule leads nowhere")
			d.note(true, rule, source, "there is nothing to forward to")
		}
	case Room:
		ext := expand(t.Room, captured)
		if !Digits(ext) || len(ext) < MinExtension || len(ext) > MaxExtension {
			d.refuse(Reject, cause.Unroutable, "the rule leads to no extension")
			d.note(true, rule, source, fmt.Sprintf("%q is no extension", ext))
			return true
		}
		d.Extension = ext
	}
	return true
}
