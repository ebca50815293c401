package ras

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

// discover asks for a gatekeeper (GRQ, H.225.0 §7.8.1). By multicast the first
// one that takes us is ours; one that was configured and says nothing to a GRQ is
// asked to register us all the same: some answer none.
func (c *Client) discover(to target) {
	c.enter(Discovering)
	c.request(&transaction{
		kind: grq, to: to.addr,
		wanted: func(m *h225.RasMessage) bool {
			return !to.multicast || m.GatekeeperConfirm != nil && c.suits(m.GatekeeperConfirm.GatekeeperIdentifier)
		},
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			switch {
			case errors.Is(err, ErrClosed):
			case err != nil && to.multicast:
				c.pass("no gatekeeper answers")
			case err != nil:
				c.register()
			case m.GatekeeperReject != nil:
				c.refused("gatekeeperRequest", alternative(&m.GatekeeperReject.RejectReason), m.GatekeeperReject.AltGKInfo)
			default:
				c.found(to, m.GatekeeperConfirm)
			}
		},
	}, c.gatekeeperRequest)
}

// suits says whether a gatekeeper is the one wanted.
func (c *Client) suits(id *h225.GatekeeperIdentifier) bool {
	return c.cfg.Identifier == "" || id != nil && *id == c.cfg.Identifier
}

// found goes on with what a GCF says (H.225.0 §7.8.2).
func (c *Client) found(at target, m *h225.GatekeeperConfirm) {
	if !c.suits(m.GatekeeperIdentifier) {
		c.pass("the gatekeeper has another identifier than configured")
		return
	}
	if a, ok := m.RasAddress.AddrPort(); ok && !a.Addr().IsUnspecified() && !a.Addr().IsMulticast() && a.Port() != 0 {
		at.addr = a
	}
	c.gk, c.discovered = gatekeeper{addr: at.addr, id: text(m.GatekeeperIdentifier)}, true
	c.alternates = targets(m.AlternateGatekeeper)
	c.prefer(m.AlternateGatekeeper)
	if err := c.locate(c.gk.addr); err != nil {
		c.pass(err.Error())
		return
	}
	c.register()
}

// refused notes a GRJ or RRJ and goes to the next gatekeeper, first to those that
// the message names.
func (c *Client) refused(request, reason string, alternates *h225.AltGKInfo) {
	if alternates != nil {
		c.prefer(alternates.AlternateGatekeeper)
	}
	c.pass("gatekeeper refused " + request + ": " + reason)
}

// prefer puts alternate gatekeepers first among the targets of this round, by
// their priority, unless they are among them already (H.225.0 §7.8.2: 0 is the
// highest). Whether they want a registration does not matter: all get one.
func (c *Client) prefer(named []h225.AlternateGK) {
	fresh := slices.DeleteFunc(targets(named), func(t target) bool {
		return t.addr == c.gk.addr || slices.ContainsFunc(c.targets, func(o target) bool { return o.addr == t.addr })
	})
	if c.tried+len(fresh) <= mostTargets { // more: they name each other, round and round
		c.targets = append(fresh, c.targets...)
	}
}

// mostTargets is how many gatekeepers one round tries that others have named.
const mostTargets = 16

// targets are alternate gatekeepers in the order of their priority.
func targets(named []h225.AlternateGK) []target {
	named = slices.Clone(named[:min(len(named), mostTargets)])
	slices.SortStableFunc(named, func(a, b h225.AlternateGK) int { return a.Priority - b.Priority })
	var all []target
	for i := range named {
		a, ok := named[i].RasAddress.AddrPort()
		if ok && !a.Addr().IsUnspecified() && !a.Addr().IsMulticast() && a.Port() != 0 {
			all = append(all, target{gatekeeper: gatekeeper{addr: a, id: text(named[i].GatekeeperIdentifier)}})
		}
	}
	return all
}

func (c *Client) gatekeeperRequest(seq int) *h225.RasMessage {
	return &h225.RasMessage{GatekeeperRequest: &h225.GatekeeperRequest{
		RequestSeqNum:        seq,
		ProtocolIdentifier:   h225.Protocol,
		RasAddress:           c.ras,
		EndpointType:         c.endpointType(),
		GatekeeperIdentifier: optional(c.cfg.Identifier),
		EndpointAlias:        c.aliases,
		SupportsAltGK:        &per.Null{},
		FeatureSet:           c.features(),
	}}
}

// endpointType says what we are (H.225.0 §7.6).
func (c *Client) endpointType() h225.EndpointType {
	t := h225.EndpointType{Vendor: c.cfg.Vendor}
	if c.cfg.Terminal {
		t.Terminal = &h225.TerminalInfo{}
	} else {
		t.Mcu, t.Mc = &h225.McuInfo{}, true
	}
	return t
}

// text is an identifier that may be absent.
func text(id *string) string {
	if id == nil {
		return ""
	}
	return *id
}

// optional is an identifier that is absent when empty.
func optional(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}
