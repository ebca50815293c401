// Package dialplan decides where a call goes. In goes what the signalling
// knows before the answer (protocol, trunk, caller, called address, time), out
// comes a Decision with the steps that led to it; out of the same place comes
// which trunk may carry an outgoing call. It is pure: no clock, no store, no
// socket. A Plan is not changed once it is in use; a reload makes a new one.
//
// Telephone numbers are compared in the form of ITU-T E.164 / RFC 3966.
package dialplan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Inbound is a call that came in.
type Inbound struct {
	Protocol   string // "sip", "h323", "webrtc"
	Trunk      string // empty: a stranger
	Caller     string // number or user part, may be empty
	CalledUser string // as signalled, PIN included; empty for the bare host
	CalledHost string // without port
	Time       time.Time
}

// Kind is what becomes of a call.
type Kind uint8

// The kinds.
const (
	Reject    Kind = iota // nothing matches: 404
	Deny                  // a rule forbids it: 403
	Reception             // asks for extension and PIN
	Room                  // Extension is known; the PIN is asked for unless given
	Test                  // echo and a result
)

func (k Kind) String() string {
	return [...]string{"reject", "deny", "reception", "room", "test"}[k]
}

// Decision is where a call goes, and why.
type Decision struct {
	Kind      Kind
	Extension string // Room
	PIN       string // as given in the address; to be kept out of logs
	Language  string // of the number or rule; empty: the default
	Number    string // the configured number called
	Label     string // that number's label
	Reason    string // Reject, Deny: a sentence fragment
	Trace     []Step
}

// Step is one rule that was looked at.
type Step struct {
	Rule    string `json:"rule"`
	Source  string `json:"source,omitempty"` // file:line of a configured rule
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

// Target is where a rule or number sends a call.
type Target struct {
	Kind Kind   // Reception, Room or Test
	Room string // Room: the extension, or a template such as "{ext}"
}

// Number is a telephone number that reaches the gateway.
type Number struct {
	Number   string // +E.164
	Trunk    string // empty: on any
	Label    string
	Language string
	To       Target
	Source   string
}

// Rule is one inbound rule. Empty conditions match everything.
type Rule struct {
	Match    *Pattern
	From     *Pattern // the caller
	Trunk    string
	To       Target
	Deny     string // not empty: the call is refused, and this says why
	Language string
	Source   string
}

// Plan is the whole dialplan.
type Plan struct {
	ExtensionLength int
	TestExtension   string // empty: none
	Strangers       bool   // callers of no trunk may call at all
	// Extensions says whether some room's extension has that many digits. Only
	// the length is asked, so that an unknown extension looks like a known one.
	// Nil: all have ExtensionLength.
	Extensions func(length int) bool
	Numbers    []Number
	Inbound    []Rule
	Outbound   []OutboundRule
}

// Decide says where a call goes: the built-in forms of an address come first,
// then the configured rules, of which the first that matches decides.
func (p *Plan) Decide(in Inbound) Decision {
	a := parseAddress(in.CalledUser, in.CalledHost)
	var d Decision
	for _, step := range []func(*Decision, Inbound, address) bool{
		p.stranger, p.bare, p.number, p.test, p.extension, p.rules,
	} {
		if step(&d, in, a) {
			if d.Kind != Room {
				d.PIN = "" // it belongs to an extension
			}
			return d
		}
	}
	d.Kind, d.PIN, d.Reason = Reject, "", "no such extension and no rule matches"
	return d
}

func (d *Decision) note(matched bool, rule, source, why string, args ...any) bool {
	d.Trace = append(d.Trace, Step{Rule: rule, Source: source, Matched: matched, Why: fmt.Sprintf(why, args...)})
	return matched
}

func (p *Plan) stranger(d *Decision, in Inbound, _ address) bool {
	const rule = "limits.anonymous_inbound"
	switch {
	case in.Trunk != "":
		return d.note(false, rule, "", "the call comes from trunk %s", in.Trunk)
	case p.Strangers:
		return d.note(false, rule, "", "the call comes from no trunk; such calls are allowed")
	}
	d.Kind, d.Reason = Deny, "calls from outside the trunks are off"
	return d.note(true, rule, "", "the call comes from no trunk; such calls are off")
}

func (p *Plan) bare(d *Decision, in Inbound, _ address) bool {
	if in.CalledUser != "" {
		return d.note(false, "built-in: bare address", "", "there is a user part")
	}
	d.Kind = Reception
	return d.note(true, "built-in: bare address", "", "no user part: reception")
}

func (p *Plan) test(d *Decision, _ Inbound, a address) bool {
	const rule = "built-in: test extension"
	if p.TestExtension == "" || a.user != p.TestExtension {
		return d.note(false, rule, "", "the user part is not %q", p.TestExtension)
	}
	d.Kind = Test
	return d.note(true, rule, "", "the user part is %s", p.TestExtension)
}

func (p *Plan) extension(d *Decision, _ Inbound, a address) bool {
	const rule = "built-in: extension"
	d.PIN = a.pin
	switch {
	case a.ext == "":
		return d.note(false, rule, "", "the user part is neither EXT nor EXT.PIN, EXT#PIN or gw##EXT#PIN")
	case len(a.ext) != p.ExtensionLength && (p.Extensions == nil || !p.Extensions(len(a.ext))):
		return d.note(false, rule, "", "%s has %d digits; extensions have %d, and no room's has %d",
			a.ext, len(a.ext), p.ExtensionLength, len(a.ext))
	}
	d.Kind, d.Extension = Room, a.ext
	return d.note(true, rule, "", "%s: extension %s, %s", a.form, a.ext, pinWords(a.pin))
}

func pinWords(pin string) string {
	if pin == "" {
		return "the PIN will be asked for"
	}
	return "with a PIN"
}

func (p *Plan) number(d *Decision, in Inbound, a address) bool {
	if len(p.Numbers) == 0 {
		return false
	}
	called, global := normal(a.user)
	for i := range p.Numbers {
		n := &p.Numbers[i]
		rule := "number " + n.Number
		onTrunk := n.Trunk == "" || n.Trunk == in.Trunk
		// Carriers often leave out the plus. Without it the digits could be an
		// extension, so they count only when the number's own trunk brings them.
		same := called == n.Number || !global && n.Trunk != "" && "+"+called == n.Number
		switch {
		case same && onTrunk:
			d.Number, d.Label = n.Number, n.Label
			if n.Language != "" {
				d.Language = n.Language
			}
			d.note(true, rule, n.Source, "%s was called", a.user)
			return p.to(d, n.To, nil, rule, n.Source)
		case same:
			d.note(false, rule, n.Source, "called, but not on trunk %s", n.Trunk)
		}
	}
	return d.note(false, "numbers", "", "none of the %d configured numbers was called", len(p.Numbers))
}

func (p *Plan) rules(d *Decision, in Inbound, a address) bool {
	for i := range p.Inbound {
		r := &p.Inbound[i]
		name := r.name(i)
		captured, why := r.match(in, a)
		if why != "" {
			d.note(false, name, r.Source, "%s", why)
			continue
		}
		if r.Language != "" {
			d.Language = r.Language
		}
		if r.Deny != "" {
			d.Kind, d.Reason = Deny, r.Deny
			return d.note(true, name, r.Source, "matches; the rule refuses: %s", r.Deny)
		}
		d.note(true, name, r.Source, "matches%s", capturedWords(captured))
		return p.to(d, r.To, captured, name, r.Source)
	}
	return d.note(false, "end of the dialplan", "", "no rule matches")
}

func (r *Rule) name(i int) string {
	if r.Match == nil {
		return fmt.Sprintf("inbound rule %d", i+1)
	}
	return fmt.Sprintf("inbound rule %d: %s", i+1, r.Match)
}

// match returns why the rule does not match, or an empty reason.
func (r *Rule) match(in Inbound, a address) (map[string]string, string) {
	if r.Trunk != "" && r.Trunk != in.Trunk {
		return nil, "the call does not come from trunk " + r.Trunk
	}
	if r.From != nil {
		if _, ok := r.From.Match(in.Protocol, in.Caller, ""); !ok {
			return nil, "the caller does not match " + r.From.String()
		}
	}
	if r.Match == nil {
		return nil, ""
	}
	if r.Match.protocol != "" && r.Match.protocol != in.Protocol {
		return nil, "the protocol is " + in.Protocol
	}
	captured, ok := r.Match.Match(in.Protocol, a.user, a.host)
	if !ok {
		return nil, "the called address does not match"
	}
	return captured, ""
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
func (p *Plan) to(d *Decision, t Target, captured map[string]string, rule, source string) bool {
	d.Kind = t.Kind
	if t.Kind != Room {
		return true
	}
	ext := expand(t.Room, captured)
	if !Digits(ext) || len(ext) < MinExtension || len(ext) > MaxExtension {
		d.Kind, d.Reason = Reject, "the rule leads to no extension"
		return d.note(true, rule, source, "%q is no extension", ext)
	}
	d.Extension = ext
	return true
}
