package ras

import (
	"errors"
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

// register asks the gatekeeper for a full registration (RRQ, H.225.0 §7.9.1).
func (c *Client) register() {
	if c.phase != Registered {
		c.enter(Registering)
	}
	c.renamed = false
	c.claim()
	c.request(&transaction{
		kind: rrq, to: c.gk.addr,
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			switch {
			case errors.Is(err, ErrClosed), errors.Is(err, ErrNotRegistered):
			case err != nil:
				c.unanswered(err)
			case m.RegistrationReject != nil:
				c.registrationRejected(m.RegistrationReject)
			default:
				c.registrationConfirmed(m.RegistrationConfirm, true)
			}
		},
	}, c.registrationRequest)
}

// keepAlive refreshes the registration (lightweight RRQ, H.225.0 §7.9.1). A
// gatekeeper that says no time-to-live may be of version 1, which would take that
// for a registration without names: it gets a full one.
func (c *Client) keepAlive() {
	if c.phase != Registered || c.underWay(rrq) != nil {
		return
	}
	if c.ttl == 0 {
		c.register()
		return
	}
	c.request(&transaction{
		kind: rrq, to: c.gk.addr,
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			switch {
			case errors.Is(err, ErrClosed), errors.Is(err, ErrNotRegistered):
			case err != nil:
				c.unanswered(err)
			case m.RegistrationReject != nil:
				c.keepAliveRejected(m.RegistrationReject)
			default:
				c.registrationConfirmed(m.RegistrationConfirm, false)
			}
		},
	}, c.lightweightRequest)
}

// unanswered goes to the next gatekeeper, away from one that is silent or knows no
// such request.
func (c *Client) unanswered(err error) {
	why := err.Error()
	if errors.Is(err, ErrNoAnswer) {
		why = "the gatekeeper does not answer"
	}
	if c.phase == Registered {
		c.failed(why)
		c.lost()
		return
	}
	c.pass(why)
}

// registrationConfirmed takes in what an RCF says (H.225.0 §7.9.2). What a
// lightweight one leaves out stays as it was.
func (c *Client) registrationConfirmed(m *h225.RegistrationConfirm, full bool) {
	c.endpointID = m.EndpointIdentifier
	c.ttl = 0
	if m.TimeToLive != nil {
		c.ttl = time.Duration(min(*m.TimeToLive, maxTTL)) * time.Second
	}
	if m.AlternateGatekeeper != nil {
		c.alternates = targets(m.AlternateGatekeeper)
	}
	if full {
		c.confirmFull(m)
	}
	c.gatekeepers = c.hosts()
	if c.phase != Registered {
		c.enter(Registered)
		c.fresh, c.rejoin, c.targets = false, false, nil
		c.log.Info("ras: registered", "gatekeeper", c.gk.addr, "identifier", c.gk.id, "endpoint", c.endpointID, "ttl", c.ttl)
	}
	c.refresh.set(c, c.refreshAfter(), c.keepAlive)
	c.sayUnsaid()
	c.flushQueue()
	switch {
	case c.renamed:
		c.register()
	case full:
		c.named()
	}
}

// confirmFull takes in what only a full RCF says.
func (c *Client) confirmFull(m *h225.RegistrationConfirm) {
	c.counters.Registrations++
	if m.GatekeeperIdentifier != nil {
		c.gk.id = *m.GatekeeperIdentifier
	}
	c.gk.signal = m.CallSignalAddress
	registered := m.TerminalAlias
	if registered == nil { // all of them, as we said them
		registered = c.names.claimed
	}
	c.confirmed = nil
	for i := range registered {
		c.confirmed = append(c.confirmed, registered[i].Text())
	}
	c.traversal = c.cfg.Incoming != nil && supports(m.FeatureSet, featureTraversal)
	c.pregrant = m.PreGrantedARQ
	c.willIACK = m.WillRespondToIRR != nil && *m.WillRespondToIRR
}

// hosts are the addresses of the gatekeeper and of its alternates.
func (c *Client) hosts() []netip.Addr {
	all := []netip.Addr{c.gk.addr.Addr().Unmap()}
	for i := range c.gk.signal {
		if a, ok := c.gk.signal[i].AddrPort(); ok {
			all = append(all, a.Addr().Unmap())
		}
	}
	for _, t := range c.alternates {
		all = append(all, t.addr.Addr().Unmap())
	}
	return all
}

// maxTTL keeps a time-to-live within what time.Duration can hold: a day.
const maxTTL = 24 * 60 * 60

// refreshAfter is when the registration is refreshed: early enough that all tries
// of it fit into its time.
func (c *Client) refreshAfter() time.Duration {
	ttl := c.ttl
	if ttl == 0 {
		ttl = c.cfg.TimeToLive
	}
	wait, retries := rrq.timing()
	return max(min(ttl*3/4, ttl-wait*time.Duration(retries+1)), ttl/2, time.Second)
}

// registrationRejected goes on after an RRJ to a full RRQ (H.225.0 §7.9.3).
func (c *Client) registrationRejected(m *h225.RegistrationReject) {
	if m.RejectReason.DiscoveryRequired != nil && !c.discovered && c.phase != Registered {
		c.discover(target{gatekeeper: gatekeeper{addr: c.gk.addr}})
		return
	}
	if m.RejectReason.DuplicateAlias != nil && c.names.strike(m.RejectReason.DuplicateAlias) {
		c.register()
		return
	}
	reason := alternative(&m.RejectReason)
	if c.phase == Registered { // other aliases were refused: the old ones may stand no more
		c.failed("gatekeeper refused registrationRequest: " + reason)
		c.lost(alternates(m.AltGKInfo)...)
		return
	}
	c.refused("registrationRequest", reason, m.AltGKInfo)
}

// keepAliveRejected registers anew, in full: with the same gatekeeper, or with
// those that it names.
func (c *Client) keepAliveRejected(m *h225.RegistrationReject) {
	c.failed("gatekeeper ended the registration: " + alternative(&m.RejectReason))
	if named := alternates(m.AltGKInfo); len(named) > 0 {
		c.lost(named...)
		return
	}
	c.lost(target{gatekeeper: c.gk, discover: m.RejectReason.DiscoveryRequired != nil})
}

// alternates are the gatekeepers that a reject names.
func alternates(info *h225.AltGKInfo) []target {
	if info == nil {
		return nil
	}
	return targets(info.AlternateGatekeeper)
}

// rename registers other aliases.
func (c *Client) rename(aliases []h225.AliasAddress) {
	c.aliases = aliases
	switch {
	case c.closing:
	case c.underWay(rrq) != nil:
		c.renamed = true
	case c.phase == Registered:
		c.register()
	}
}

func (c *Client) registrationRequest(seq int) *h225.RasMessage {
	ttl := int64(c.cfg.TimeToLive / time.Second)
	m := &h225.RegistrationRequest{
		RequestSeqNum:        seq,
		ProtocolIdentifier:   h225.Protocol,
		DiscoveryComplete:    c.discovered,
		CallSignalAddress:    c.signal,
		RasAddress:           []h225.TransportAddress{c.ras},
		TerminalType:         c.endpointType(),
		TerminalAlias:        c.names.claimed,
		GatekeeperIdentifier: optional(c.gk.id),
		EndpointVendor:       *c.cfg.Vendor,
		TimeToLive:           &ttl,
		KeepAlive:            new(bool),
		WillSupplyUUIEs:      new(bool),
		MaintainConnection:   new(bool),
		SupportsAltGK:        &per.Null{},
		FeatureSet:           c.features(),
	}
	if c.fresh { // calls of ours that it knows of are no more
		m.Restart = &per.Null{}
	}
	return &h225.RasMessage{RegistrationRequest: m}
}

// lightweightRequest has what H.225.0 §7.9.1 asks for with keepAlive, and the same
// addresses as the full one: some gatekeepers take others for another endpoint.
func (c *Client) lightweightRequest(seq int) *h225.RasMessage {
	yes := true
	ttl := int64(c.cfg.TimeToLive / time.Second)
	return &h225.RasMessage{RegistrationRequest: &h225.RegistrationRequest{
		RequestSeqNum:        seq,
		ProtocolIdentifier:   h225.Protocol,
		DiscoveryComplete:    c.discovered,
		CallSignalAddress:    c.signal,
		RasAddress:           []h225.TransportAddress{c.ras},
		TerminalType:         c.endpointType(),
		GatekeeperIdentifier: optional(c.gk.id),
		EndpointVendor:       *c.cfg.Vendor,
		TimeToLive:           &ttl,
		KeepAlive:            &yes,
		EndpointIdentifier:   &c.endpointID,
		FeatureSet:           c.features(),
	}}
}
