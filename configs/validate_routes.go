package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/partyline/partyline/dialplan"
)

func (d *decoder) numbers(c *Config) {
	seen := map[string]int{}
	for i, n := range c.Numbers {
		path := fmt.Sprintf("numbers[%d]", i)
		d.trunkKnown(c, path+".trunk", n.Trunk)
		if n.Number == "" && !c.Given(path+".number") {
			d.wrong(path, "the number is missing")
		}
		if n.To.Kind == "" && !c.Given(path+".to") {
			d.wrong(path, "where the number leads is missing: to: reception or to: {room: \"112752642\"}")
		}
		d.leads(path+".to", n.To)
		key := n.Number + " " + n.Trunk
		if before, twice := seen[key]; twice && n.Number != "" {
			d.wrong(path+".number", "%s is there twice: line %d has it already", n.Number, d.at(fmt.Sprintf("numbers[%d].number", before)).line)
			continue
		}
		seen[key] = i
		d.number(c, path, n)
	}
}

// number warns of numbers that anyone may call, and of those that hide a room.
func (d *decoder) number(c *Config, path string, n Number) {
	if n.Number == "" {
		return
	}
	if n.Trunk == "" && !c.Given(path+".trunk") && len(c.Trunks) > 0 {
		d.warn(path+".number", "%s names no trunk: it may be called on any, and by strangers", n.Number)
	}
	if n.Trunk != "" && len(n.Number)-1 == c.Reception.ExtensionLength {
		d.warn(path+".number", "%s has as many digits as an extension: where trunk %s leaves out the plus, it hides room %s", n.Number, n.Trunk, n.Number[1:])
	}
}

// leads checks where a call is sent, which may be made of captures.
func (d *decoder) leads(path string, t Target, patterns ...*dialplan.Pattern) {
	var names []string
	for _, p := range patterns {
		if p != nil {
			names = append(names, p.Names()...)
		}
	}
	switch t.Kind {
	case "room":
		if t.Forward != "" {
			d.wrong(path, "either room or forward")
		}
		d.room(path+".room", t.Room, names)
	case "forward":
		d.forward(path+".forward", t.Forward, names)
	}
}

// isForward tells a number in E.164 and a URI that a SIP call can be sent on to.
var isForward = regexp.MustCompile(`^(\+?[0-9][0-9 ]*|sips?:[^@\s<>":;?]+@[^@\s<>"?/]+|tel:\+?[0-9]+)$`).MatchString

// forward checks where a caller is sent on to.
func (d *decoder) forward(path, to string, names []string) {
	switch made := d.captured(path, to, names); {
	case made || isForward(to):
	case to == "":
		d.wrong(path, "the address is missing")
	default:
		d.wrongHint(path, fmt.Sprintf("%q is no address for a call by SIP", to), "write a number (+41445550100) or sip:USER@HOST")
	}
}

// captured says whether a template has placeholders, which the pattern has to capture.
func (d *decoder) captured(path, template string, names []string) bool {
	wanted := dialplan.Placeholders(template)
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			d.wrongHint(path, fmt.Sprintf("the pattern captures no %q", w), didYouMean(w, names))
			break
		}
	}
	return len(wanted) > 0
}

// room checks an extension.
func (d *decoder) room(path, room string, names []string) {
	if d.captured(path, room, names) {
		return
	}
	switch err := checkExtension(room); {
	case room == "":
		d.wrong(path, "the room's extension is missing")
	case err != nil:
		d.wrong(path, "%s", err)
	case len(room) != d.config.Reception.ExtensionLength:
		d.warn(path, "extension %s has %d digits, but extension_length is %d", room, len(room), d.config.Reception.ExtensionLength)
	}
}

func (d *decoder) inbound(c *Config) {
	for i, r := range c.Dialplan.Inbound {
		path := fmt.Sprintf("dialplan.inbound[%d]", i)
		d.trunkKnown(c, path+".trunk", r.Trunk)
		d.inboundEnd(c, path, r)
		if r.Match == nil && r.PrefixesFile == "" && r.FromPrefixesFile == "" && !c.Given(path+".match") {
			d.wrong(path, "the rule has no match: write match: \"*\" for every call")
		}
		if r.Match != nil || !c.Given(path+".match") {
			d.leads(path+".to", r.To, r.Match)
		}
		d.schedule(c, path+".time", r.Time)
		if r.Match == nil {
			continue
		}
		if p := r.Match.Protocol(); p != "" && r.Protocol != "" && p != r.Protocol {
			d.wrong(path+".protocol", "the rule can never match: its pattern is for %s", p)
		}
		if lit, ok := r.Match.Literal(); ok && r.Match.Protocol() != "webrtc" && d.builtin(c, path+".match", lit) {
			continue
		}
		for j, before := range c.Dialplan.Inbound[:i] {
			// A pattern with a mistake says nothing.
			broken := before.Match == nil && c.Given(fmt.Sprintf("dialplan.inbound[%d].match", j))
			if !broken && inboundCovers(&before, &r) {
				d.shadowed(path+".match", j, d.at(fmt.Sprintf("dialplan.inbound[%d]", j)).line, before.Match, r.Match)
				break
			}
		}
	}
}

// inboundEnd checks that a rule says one thing.
func (d *decoder) inboundEnd(c *Config, path string, r InboundRule) {
	ends := 0
	for _, given := range []bool{r.To.Kind != "" || c.Given(path+".to"), r.Deny != "", r.Reject != "" || c.Given(path+".reject")} {
		if given {
			ends++
		}
	}
	switch {
	case ends == 0:
		d.wrong(path, "the rule says neither where to (to:) nor that it refuses (deny: or reject:)")
	case ends > 1 && r.Reject == "":
		d.wrong(path+".deny", "a rule has either to or deny")
	case ends > 1:
		d.wrong(path+".reject", "a rule has one of to, deny and reject")
	}
}

// shadowed warns of a rule for which an earlier one leaves nothing.
func (d *decoder) shadowed(path string, earlier, line int, before, rule *dialplan.Pattern) {
	switch {
	case before != nil && !before.Everything() && before.String() == rule.String():
		d.warn(path, "the rule can never match: rule %d in line %d is the same", earlier+1, line)
	default:
		d.warn(path, "the rule can never match: rule %d in line %d takes every such call before it", earlier+1, line)
	}
}

// inboundCovers says that rule a leaves no call for rule b: each condition of a is
// one of b's, or wider.
func inboundCovers(a, b *InboundRule) bool {
	protocol := b.Protocol
	if protocol == "" && b.Match != nil {
		protocol = b.Match.Protocol()
	}
	return (a.Trunk == "" || a.Trunk == b.Trunk) &&
		(a.Protocol == "" || a.Protocol == protocol) &&
		a.Time.covers(b.Time) &&
		patternCovers(a.From, b.From) &&
		(a.FromPrefixesFile == "" || a.FromPrefixesFile == b.FromPrefixesFile) &&
		(a.PrefixesFile == "" || a.PrefixesFile == b.PrefixesFile) &&
		patternCovers(a.Match, b.Match)
}

// outboundCovers is inboundCovers for rules of calls out. A rule that names a
// protocol is for URIs as well, which others don't see.
func outboundCovers(a, b *OutboundRule) bool {
	return protocolOf(a.Match) == protocolOf(b.Match) &&
		a.Time.covers(b.Time) &&
		patternCovers(a.From, b.From) &&
		(a.PrefixesFile == "" || a.PrefixesFile == b.PrefixesFile) &&
		patternCovers(a.Match, b.Match)
}

func protocolOf(p *dialplan.Pattern) string {
	if p == nil {
		return ""
	}
	return p.Protocol()
}

// patternCovers compares conditions; nil is none.
func patternCovers(a, b *dialplan.Pattern) bool {
	return a == nil || b != nil && dialplan.Covers(a, b)
}

// covers says that the schedule holds whenever the other does. Different ones are
// not compared.
func (s Schedule) covers(other Schedule) bool {
	return s.always() || s.Zone == other.Zone && slices.Equal(s.Days, other.Days) && slices.Equal(s.Hours, other.Hours)
}

// builtin finds rules for addresses that never reach the dialplan.
func (d *decoder) builtin(c *Config, path, literal string) bool {
	user, _, _ := strings.Cut(literal, "@")
	switch {
	case user == c.Reception.TestExtension && user != "":
		d.warn(path, "the rule can never match: %s is the test extension", user)
	case dialplan.Digits(user) && len(user) == c.Reception.ExtensionLength:
		d.warn(path, "the rule can never match: an address of %d digits is a room's extension", len(user))
	default:
		return false
	}
	return true
}

// schedule checks that times have a zone to be of.
func (d *decoder) schedule(c *Config, path string, s Schedule) {
	switch {
	case s.always() && c.Given(path) && !c.Given(path+".days") && !c.Given(path+".hours"):
		d.wrong(path, "the time has neither days nor hours")
	case s.Zone == "" && !s.always() && !c.Given(path+".zone"):
		d.wrong(path, "by whose clock? Write zone: Europe/Zurich beside it")
	}
}

func (d *decoder) outbound(c *Config) {
	for i, r := range c.Dialplan.Outbound {
		path := fmt.Sprintf("dialplan.outbound[%d]", i)
		d.trunkKnown(c, path+".trunk", r.Trunk)
		for j, t := range r.Trunks {
			d.trunkKnown(c, fmt.Sprintf("%s.trunks[%d]", path, j), t)
		}
		d.twice(path+".trunks", r.Trunks)
		d.outboundEnd(c, path, r)
		d.schedule(c, path+".time", r.Time)
		for j, before := range c.Dialplan.Outbound[:i] {
			broken := before.Match == nil && c.Given(fmt.Sprintf("dialplan.outbound[%d].match", j))
			if !broken && r.Match != nil && outboundCovers(&before, &r) {
				d.shadowed(path+".match", j, d.at(fmt.Sprintf("dialplan.outbound[%d]", j)).line, before.Match, r.Match)
				break
			}
		}
	}
}

// outboundEnd checks that a rule says what it is for and where calls go.
func (d *decoder) outboundEnd(c *Config, path string, r OutboundRule) {
	carried := len(r.carriers()) > 0 || c.Given(path+".trunk") || c.Given(path+".trunks")
	switch {
	case r.Match == nil && r.PrefixesFile == "" && !c.Given(path+".match"):
		d.wrong(path, "the rule has no match: write match: \"+*\" for every number")
	case !carried && r.Deny == "" && r.PrefixesFile == "":
		d.wrong(path, "the rule names neither a trunk nor why it refuses (deny:)")
	case carried && r.Deny != "":
		d.wrong(path+".deny", "a rule has either trunk or deny")
	case r.Trunk != "" && len(r.Trunks) > 0:
		d.wrong(path+".trunks", "a rule has either trunk or trunks")
	}
	for _, name := range r.carriers() {
		for i := range c.Trunks {
			if t := &c.Trunks[i]; t.Name == name && len(t.addresses()) == 0 && !c.Given(fmt.Sprintf("trunks[%d].peers", i)) {
				d.warn(path, "trunk %s has no peers: nothing can be called by it", name)
			}
		}
	}
}
