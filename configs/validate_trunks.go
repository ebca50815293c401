package configs

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
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
		d.peers(c, path, t)
		d.registration(c, path, t)
		d.numbering(c, path, t)
	}
	d.allowed(c)
	d.unused(c)
}

func (d *decoder) trunk(c *Config, path string, t *Trunk) {
	if len(t.Allow) == 0 && !c.Given(path+".auth") && !c.Given(path+".inbound_auth") && !t.Register {
		d.wrong(path, "the trunk has neither allow nor auth, inbound_auth or register: nothing would tell its calls from strangers'")
	}
	for i, p := range t.Allow {
		if p.IsValid() && p.Bits() == 0 {
			d.wrong(fmt.Sprintf("%s.allow[%d]", path, i), "%s makes every stranger this trunk", p)
		}
	}
	if c.Given(path+".auth") && (t.Auth.Username == "") != (t.Auth.PasswordFile == "") {
		d.wrong(path+".auth", "username and password_file belong together")
	}
	if c.Given(path+".inbound_auth") && (t.InboundAuth.Username == "") != (t.InboundAuth.PasswordFile == "") {
		d.wrong(path+".inbound_auth", "username and password_file belong together")
	}
	d.pair(path+".tls", t.TLS.CertFile, t.TLS.KeyFile)
	if c.Given(path+".tls") && !slices.ContainsFunc(t.addresses(), usesTLS) {
		d.warn(path+".tls", "nothing of this trunk is reached by TLS: write sip:HOST:5061;transport=tls")
	}
	d.twice(path+".codecs", t.Codecs)
	d.system(path+".dns", t.DNS)
}

func usesTLS(uri string) bool {
	uri = strings.ToLower(uri)
	return strings.HasPrefix(uri, "sips:") || strings.Contains(uri, ";transport=tls")
}

// system finds "system" among other name servers.
func (d *decoder) system(path string, servers []string) {
	if len(servers) > 1 && slices.Contains(servers, "system") {
		d.wrong(path, "either system or addresses of name servers")
	}
}

// peers gives those without a priority their place in the list.
func (d *decoder) peers(c *Config, path string, t *Trunk) {
	seen := map[string]bool{}
	for i := range t.Peers {
		p := &t.Peers[i]
		at := fmt.Sprintf("%s.peers[%d]", path, i)
		if p.URI == "" && !c.Given(at+".uri") {
			d.wrong(at, "the peer's uri is missing")
		}
		if p.Priority == 0 {
			p.Priority = i + 1
		}
		if p.URI != "" && seen[p.URI] {
			d.wrong(at, "%q is in the list twice", p.URI)
		}
		seen[p.URI] = true
	}
}

func (d *decoder) registration(c *Config, path string, t *Trunk) {
	if !t.Register {
		for _, key := range []string{"registrar", "register_expires", "register_contact_user"} {
			if c.Given(path + "." + key) {
				d.warn(path+"."+key, "this is used only with register: on")
			}
		}
		return
	}
	if t.Auth.Username == "" && !c.Given(path+".auth") {
		d.wrong(path+".register", "registering needs auth: username and password_file")
	}
	if len(t.Peers) == 0 && !c.Given(path+".peers") && len(t.Registrar) == 0 && !c.Given(path+".registrar") {
		d.wrong(path+".register", "registering needs a peer or a registrar to register with")
	}
	d.twice(path+".registrar", t.Registrar)
}

// numbering checks that national numbers have a country to be of.
func (d *decoder) numbering(c *Config, path string, t *Trunk) {
	if t.NumbersIn.Format == "national" && t.NumbersIn.Country == "" && !c.Given(path+".numbers_in.country") {
		d.wrong(path+".numbers_in.format", "national numbers of which country? Write country: CH beside it")
	}
	if t.NumbersOut.Format == "national" && t.Out().Country == "" && !c.Given(path+".numbers_out.country") {
		d.wrong(path+".numbers_out.format", "national numbers of which country? Write country: CH beside it, or in numbers_in")
	}
}

// allowed finds networks that are more than one trunk's.
func (d *decoder) allowed(c *Config) {
	type network struct {
		prefix netip.Prefix
		trunk  int
		path   string
	}
	var before []network
	for i := range c.Trunks {
		t := &c.Trunks[i]
		for j, p := range t.Allow {
			if !p.IsValid() {
				continue
			}
			path := fmt.Sprintf("trunks[%d].allow[%d]", i, j)
			for _, b := range before {
				if b.trunk == i || !b.prefix.Overlaps(p) {
					continue
				}
				d.shared(c, path, p, b.path, b.prefix, &c.Trunks[b.trunk], t)
				break
			}
			before = append(before, network{p, i, path})
		}
	}
}

// shared says whose calls from a network of two trunks are.
func (d *decoder) shared(c *Config, path string, p netip.Prefix, otherPath string, other netip.Prefix, a, b *Trunk) {
	line := d.at(otherPath).line
	switch {
	case p == other && a.InboundAuth.Username != "" && b.InboundAuth.Username != "":
		return // told apart by their credentials
	case p == other:
		d.warn(path, "%s is trunk %s's too (line %d), whose all its calls are then", p, a.Name, line)
	case p.Bits() > other.Bits():
		d.warn(path, "%s lies within %s of trunk %s (line %d): calls from there are this trunk's", p, other, a.Name, line)
	default:
		d.warn(path, "%s takes in %s of trunk %s (line %d), whose the calls from there stay", p, other, a.Name, line)
	}
}

// unused finds trunks that nothing names: neither numbers nor rules.
func (d *decoder) unused(c *Config) {
	used := map[string]bool{}
	anyTrunk := false
	for _, n := range c.Numbers {
		used[n.Trunk] = true
		anyTrunk = anyTrunk || n.Trunk == ""
	}
	for _, r := range c.Dialplan.Inbound {
		used[r.Trunk] = true
		anyTrunk = anyTrunk || r.Trunk == ""
	}
	tables := false
	for _, r := range c.Dialplan.Outbound {
		for _, t := range r.carriers() {
			used[t] = true
		}
		tables = tables || r.PrefixesFile != ""
	}
	if len(used) == 0 { // a gateway of extensions alone
		return
	}
	for i, t := range c.Trunks {
		if t.Name == "" || used[t.Name] || anyTrunk || tables {
			continue
		}
		d.warn(fmt.Sprintf("trunks[%d]", i), "no number and no rule names trunk %s: from it only extensions can be called, and nothing goes out by it", t.Name)
	}
}

// noTrunk says that no trunk has a name, and which was probably meant.
func (c *Config) noTrunk(name string) (message, hint string) {
	if name == "" || slices.ContainsFunc(c.Trunks, func(t Trunk) bool { return t.Name == name }) {
		return "", ""
	}
	var names []string
	for _, t := range c.Trunks {
		if t.Name != "" && !slices.Contains(names, t.Name) {
			names = append(names, t.Name)
		}
	}
	hint = didYouMean(name, names)
	switch {
	case hint != "":
	case len(names) == 0:
		hint = "there are no trunks"
	default:
		hint = "there are " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("no trunk is called %q", name), hint
}

// trunkKnown checks the name of a trunk where one is meant.
func (d *decoder) trunkKnown(c *Config, path, name string) {
	if message, hint := c.noTrunk(name); message != "" {
		d.wrongHint(path, message, hint)
	}
}
