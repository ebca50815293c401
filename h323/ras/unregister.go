package ras

import (
	"net/netip"

	"github.com/partyline/partyline/h323/h225"
)

// unregister takes our registration back (URQ, H.225.0 §7.10.1). Whatever the
// gatekeeper says, it is over then.
func (c *Client) unregister(then func()) {
	c.request(&transaction{
		kind: urq, to: c.gk.addr,
		done: func(*h225.RasMessage, netip.AddrPort, error) { then() },
	}, func(seq int) *h225.RasMessage {
		return &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{
			RequestSeqNum:        seq,
			CallSignalAddress:    c.signal,
			EndpointIdentifier:   optional(c.endpointID),
			GatekeeperIdentifier: optional(c.gk.id),
		}}
	})
}

// unregistered is the gatekeeper's URQ: it forgets us, and we register anew, with
// another one if it names some.
func (c *Client) unregistered(m *h225.UnregistrationRequest) *h225.RasMessage {
	if c.phase != Registered || m.EndpointIdentifier != nil && *m.EndpointIdentifier != c.endpointID {
		return &h225.RasMessage{UnregistrationReject: &h225.UnregistrationReject{
			RequestSeqNum: m.RequestSeqNum,
			RejectReason:  h225.UnregRejectReason{NotCurrentlyRegistered: null()},
		}}
	}
	why := "no reason given"
	if m.Reason != nil {
		why = alternative(m.Reason)
	}
	again := append(targets(m.AlternateGatekeeper), target{gatekeeper: c.gk})
	// Only after the UCF has left.
	c.box.put(func() {
		if c.phase == Registered && !c.closing {
			c.failed("gatekeeper unregistered us: " + why)
			c.lost(again...)
		}
	})
	return &h225.RasMessage{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: m.RequestSeqNum}}
}
