package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/partyline/partyline/dialplan"
)

func (d *decoder) trunks(c *Config) {
	names := map[string]int{}
	for i := range c.Trunks {
		t := &c.Trunks[i]
		path := fmt.Sprintf("trunks[%d]", i)
		if t.Name == "" {
			if !c.Given(path + ".name") {
				d.wrong(path, "the trunk has no name")
			}
		} else if before, twice := names[t.Name]; twice {
			d.wrong(path+".name", "a second trunk is called %q; the first is in line %d", t.Name, d.at(fmt.Sprintf("trunks[%d].name", before)).line)
		} else {
			names[t.Name] = i
		}
		d.trunk(c, path, t)
	}
}

func (d *decoder) trunk(c *Config, path string, t *Trunk) {
	if len(t.Allow) == 0 && t.Auth.Username == "" && !c.Given(path+".allow") && !c.Given(path+".auth") {
		d.wrong(path, "the trunk has neither allow nor auth: nothing would tell its calls from strangers'")
	}
	for i, p := range t.Allow {
		if p.IsValid() && p.Bits() == 0 {
			d.wrong(fmt.Sprintf("%s.allow[%d]", path, i), "%s makes every stranger this trunk", p)
		}
	}
	if c.Given(path+".auth") && (t.Auth.Username == "") != (t.Auth.PasswordFile == "") {
		d.wrong(path+".auth", "username and password_file belong together")
	}
	if t.Register && t.Auth.Username == "" && !c.Given(path+".auth") {
		d.wrong(path+".register", "registering needs auth: username and password_file")
	}
	if t.Register && len(t.Peers) == 0 && !c.Given(path+".peers") {
		d.wrong(path+".register", "registering needs a peer to register with")
	}
	d.twice(path+".codecs", t.Codecs)
}

// trunkKnown checks the name of a trunk where one is meant.
func (d *decoder) trunkKnown(c *Config, path, name string) {
	if name == "" || slices.ContainsFunc(c.Trunks, func(t Trunk) bool { return t.Name == name }) {
		return
	}
	var names []string
	for _, t := range c.Trunks {
		if t.Name != "" && !slices.Contains(names, t.Name) {
			names = append(names, t.Name)
		}
	}
	hint := didYouMean(name, names)
	if hint == "" && len(names) == 0 {
		hint = "there are no trunks"
	} else if hint == "" {
		hint = "there are " + strings.Join(names, ", ")
	}
	d.wrongHint(path, fmt.Sprintf("no trunk is called %q", name), hint)
}

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
		if n.To.Kind == "room" {
			d.room(path+".to.room", n.To.Room, nil)
		}
		key := n.Number + " " + n.Trunk
		if before, twice := seen[key]; twice && n.Number != "" {
			d.wrong(path+".number", "%s is there twice: line %d has it already", n.Number, d.at(fmt.Sprintf("numbers[%d].number", before)).line)
			continue
		}
		seen[key] = i
	}
}

// room checks an extension, which may be made of captures.
func (d *decoder) room(path, room string, p *dialplan.Pattern) {
	var names []string
	if p != nil {
		names = p.Names()
	}
	wanted := dialplan.Placeholders(room)
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			d.wrongHint(path, fmt.Sprintf("the pattern captures no %q", w), didYouMean(w, names))
			return
		}
	}
	if len(wanted) > 0 {
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
	var open []int // rules that take every call of their protocol and trunk
	for i, r := range c.Dialplan.Inbound {
		path := fmt.Sprintf("dialplan.inbound[%d]", i)
		d.trunkKnown(c, path+".trunk", r.Trunk)
		switch {
		case r.Match == nil && !c.Given(path+".match"):
			d.wrong(path, "the rule has no match: write match: \"*\" for every call")
		case r.To.Kind == "" && r.Deny == "" && !c.Given(path+".to"):
			d.wrong(path, "the rule says neither where to (to:) nor that it refuses (deny:)")
		case r.To.Kind != "" && r.Deny != "":
			d.wrong(path+".deny", "a rule has either to or deny")
		}
		if r.To.Kind == "room" && (r.Match != nil || !c.Given(path+".match")) {
			d.room(path+".to.room", r.To.Room, r.Match)
		}
		if r.Match == nil {
			continue
		}
		if lit, ok := r.Match.Literal(); ok && r.Match.Protocol() != "webrtc" {
			d.builtin(c, path+".match", lit)
		}
		for _, o := range open {
			before := c.Dialplan.Inbound[o]
			if covers(before, r) {
				d.wrong(path+".match", "the rule can never match: rule %d in line %d takes every such call before it",
					o+1, d.at(fmt.Sprintf("dialplan.inbound[%d]", o)).line)
				break
			}
		}
		d.same(c, i, path)
		if r.Match.Everything() && r.From == nil {
			open = append(open, i)
		}
	}
}

// covers says that rule a leaves no call for rule b.
func covers(a, b InboundRule) bool {
	return (a.Match.Protocol() == "" || a.Match.Protocol() == b.Match.Protocol()) &&
		(a.Trunk == "" || a.Trunk == b.Trunk)
}

// same finds a rule with the conditions of an earlier one.
func (d *decoder) same(c *Config, i int, path string) {
	r := c.Dialplan.Inbound[i]
	for j, b := range c.Dialplan.Inbound[:i] {
		if b.Match == nil || b.Match.Everything() || b.Match.String() != r.Match.String() || b.Trunk != "" && b.Trunk != r.Trunk {
			continue
		}
		if b.From == nil || r.From != nil && b.From.String() == r.From.String() {
			d.wrong(path+".match", "the rule can never match: rule %d in line %d is the same",
				j+1, d.at(fmt.Sprintf("dialplan.inbound[%d]", j)).line)
			return
		}
	}
}

// builtin finds rules for addresses that never reach the dialplan.
func (d *decoder) builtin(c *Config, path, literal string) {
	user, _, _ := strings.Cut(literal, "@")
	switch {
	case user == c.Reception.TestExtension && user != "":
		d.wrong(path, "the rule can never match: %s is the test extension", user)
	case dialplan.Digits(user) && len(user) == c.Reception.ExtensionLength:
		d.wrong(path, "the rule can never match: an address of %d digits is a room's extension", len(user))
	}
}

func (d *decoder) outbound(c *Config) {
	open := -1
	for i, r := range c.Dialplan.Outbound {
		path := fmt.Sprintf("dialplan.outbound[%d]", i)
		d.trunkKnown(c, path+".trunk", r.Trunk)
		switch {
		case r.Match == nil && !c.Given(path+".match"):
			d.wrong(path, "the rule has no match: write match: \"+*\" for every number")
		case r.Trunk == "" && r.Deny == "":
			d.wrong(path, "the rule names neither a trunk nor why it refuses (deny:)")
		case r.Trunk != "" && r.Deny != "":
			d.wrong(path+".deny", "a rule has either trunk or deny")
		}
		if r.Match == nil {
			continue
		}
		if open >= 0 {
			d.wrong(path+".match", "the rule can never match: rule %d in line %d takes every number before it",
				open+1, d.at(fmt.Sprintf("dialplan.outbound[%d]", open)).line)
		}
		if open < 0 && (r.Match.Everything() || r.Match.String() == "+*") {
			open = i
		}
	}
}
