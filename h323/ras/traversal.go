package ras

import (
	"net/netip"
	"slices"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h460"
	"github.com/partyline/partyline/h323/per"
)

// Standard identifiers of features (H.460 series).
const (
	featureTraversal int64 = 18 // H.460.18, signalling
	featureMedia     int64 = 19 // H.460.19
	// incomingCall is the parameter of H.460.18 that holds an IncomingCallIndication.
	incomingCall int64 = 1
)

// features are those that we support; none without somebody who opens connections.
func (c *Client) features() *h225.FeatureSet {
	if c.cfg.Incoming == nil {
		return nil
	}
	return &h225.FeatureSet{SupportedFeatures: []h225.FeatureDescriptor{feature(featureTraversal), feature(featureMedia)}}
}

func feature(id int64) h225.FeatureDescriptor {
	return h225.FeatureDescriptor{Id: h225.GenericIdentifier{Standard: &id}}
}

// supports says whether a set has a feature, in whatever way.
func supports(set *h225.FeatureSet, id int64) bool {
	if set == nil {
		return false
	}
	all := slices.Concat(set.NeededFeatures, set.DesiredFeatures, set.SupportedFeatures)
	return slices.ContainsFunc(all, func(f h225.FeatureDescriptor) bool { return is(f.Id, id) })
}

func is(id h225.GenericIdentifier, standard int64) bool {
	return id.Standard != nil && *id.Standard == standard
}

// serviceControl is an SCI: a call waits behind a traversal gatekeeper
// (H.460.18 §7), or some service that we have not.
func (c *Client) serviceControl(m *h225.ServiceControlIndication) *h225.RasMessage {
	result := h225.ServiceControlResponseResult{NotAvailable: null()}
	for _, g := range m.GenericData {
		if !is(g.Id, featureTraversal) || !c.traversal {
			continue
		}
		result = h225.ServiceControlResponseResult{Failed: null()}
		if call, ok := c.announced(g.Parameters); ok {
			c.cfg.Incoming(call)
			result = h225.ServiceControlResponseResult{Started: null()}
		}
	}
	return &h225.RasMessage{ServiceControlResponse: &h225.ServiceControlResponse{
		RequestSeqNum: m.RequestSeqNum, Result: &result,
	}}
}

// announced reads an IncomingCallIndication. The connection goes only to where the
// gatekeeper is known to be: a forged SCI must not make us knock on other doors.
func (c *Client) announced(parameters []h225.EnumeratedParameter) (call IncomingCall, ok bool) {
	for _, p := range parameters {
		if !is(p.Id, incomingCall) || p.Content == nil {
			continue
		}
		var in h460.IncomingCallIndication
		if err := per.Unmarshal(p.Content.Raw, &in); err != nil {
			c.log.Warn("ras: H.460.18 announcement", "error", err)
			return call, false
		}
		to, ok := in.CallSignallingAddress.AddrPort()
		if ok && to.Addr().IsUnspecified() {
			to = netip.AddrPortFrom(c.gk.addr.Addr(), to.Port())
		}
		if !ok || to.Port() == 0 || !c.isGatekeepers(to.Addr()) {
			c.log.Warn("ras: H.460.18 announcement of a call elsewhere", "address", to)
			return call, false
		}
		return IncomingCall{To: to, CallID: in.CallID.Guid}, true
	}
	return call, false
}

// isGatekeepers says whether an address is one that the gatekeeper has named its
// own, or its alternates'.
func (c *Client) isGatekeepers(a netip.Addr) bool {
	if a == c.gk.addr.Addr() {
		return true
	}
	for i := range c.gk.signal {
		if s, ok := c.gk.signal[i].AddrPort(); ok && s.Addr() == a {
			return true
		}
	}
	return slices.ContainsFunc(c.alternates, func(t target) bool { return t.addr.Addr() == a })
}

func null() *per.Null { return &per.Null{} }
