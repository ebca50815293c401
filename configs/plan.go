package configs

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/partyline/partyline/dialplan"
)

// Plan is the configured dialplan. Extensions is left for the caller to set.
func (c *Config) Plan() *dialplan.Plan {
	o := c.Limits.Outbound
	p := &dialplan.Plan{
		ExtensionLength: c.Reception.ExtensionLength,
		TestExtension:   c.Reception.TestExtension,
		Strangers:       c.Limits.AnonymousInbound,
		Country:         c.Dialplan.Country,
		Limits:          dialplan.Limits{NumberLength: o.NumberLength, Countries: o.Countries, Premium: o.Premium},
	}
	for i := range c.Trunks {
		p.Trunks = append(p.Trunks, c.Trunks[i].plan())
	}
	for i, n := range c.Numbers {
		p.Numbers = append(p.Numbers, dialplan.Number{
			Number: n.Number, Trunk: n.Trunk, Label: n.Label, Language: n.Language, To: n.To.plan(),
			Source: c.source(fmt.Sprintf("numbers[%d]", i)),
		})
	}
	for i, r := range c.Dialplan.Inbound {
		p.Inbound = append(p.Inbound, dialplan.Rule{
			Match: r.Match, Prefixes: c.tables[r.PrefixesFile], From: r.From, FromPrefixes: c.tables[r.FromPrefixesFile],
			Trunk: r.Trunk, Protocol: r.Protocol, Time: r.Time.plan(), To: r.To.plan(),
			Reject: dialplan.Rejection(r.Reject), Deny: r.Deny, Language: r.Language,
			Source: c.source(fmt.Sprintf("dialplan.inbound[%d]", i)),
		})
	}
	for i, r := range c.Dialplan.Outbound {
		p.Outbound = append(p.Outbound, dialplan.OutboundRule{
			Match: r.Match, Prefixes: c.tables[r.PrefixesFile], From: r.From, Time: r.Time.plan(),
			Trunks: r.carriers(), CallerID: r.CallerID, Strip: r.Strip, Prefix: r.Prefix, Deny: r.Deny,
			Source: c.source(fmt.Sprintf("dialplan.outbound[%d]", i)),
		})
	}
	return p
}

// Budget is how many calls out there may be.
func (c *Config) Budget() dialplan.BudgetLimits {
	o := c.Limits.Outbound
	return dialplan.BudgetLimits{Calls: o.Calls, PerHostPerHour: o.PerHostPerHour, PerNumberPerHour: o.CallsToNumberPerHour}
}

// source is where a path's value stands, as file:line.
func (c *Config) source(path string) string {
	if m := c.marks[path]; m.line > 0 {
		return fmt.Sprintf("%s:%d", c.File, m.line)
	}
	return ""
}

// plan is the trunk as the dialplan knows it.
func (t *Trunk) plan() dialplan.Trunk {
	p := dialplan.Trunk{Name: t.Name, In: t.In(), Out: t.Out(), CallerID: t.CallerID, Networks: t.Allow}
	for _, uri := range t.addresses() {
		host := hostOf(uri)
		p.Hosts = append(p.Hosts, host)
		if a, err := netip.ParseAddr(host); err == nil {
			p.Networks = append(p.Networks[:len(p.Networks):len(p.Networks)], netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return p
}

// addresses are the URIs that lead to the trunk.
func (t *Trunk) addresses() []string {
	var uris []string
	for _, p := range t.Peers {
		uris = append(uris, p.URI)
	}
	uris = append(uris, t.Registrar...)
	if t.OutboundProxy != "" {
		uris = append(uris, t.OutboundProxy)
	}
	return uris
}

// hostOf is the host of a SIP URI, in small letters.
func hostOf(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	rest, _, _ = strings.Cut(rest, ";")
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if inside, ok := strings.CutPrefix(rest, "["); ok {
		inside, _, _ = strings.Cut(inside, "]")
		return strings.ToLower(inside)
	}
	if strings.Count(rest, ":") == 1 {
		rest, _, _ = strings.Cut(rest, ":")
	}
	return strings.ToLower(rest)
}

func (t Target) plan() dialplan.Target {
	switch t.Kind {
	case "room":
		return dialplan.Target{Kind: dialplan.Room, Room: t.Room}
	case "test":
		return dialplan.Target{Kind: dialplan.Test}
	case "forward":
		return dialplan.Target{Kind: dialplan.Forward, Forward: t.Forward}
	}
	return dialplan.Target{Kind: dialplan.Reception}
}
