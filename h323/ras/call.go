package ras

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/partyline/partyline/h323/h225"
)

// Call is a call that the gatekeeper admitted.
type Call struct {
	client  *Client
	ask     Admission
	grant   Grant
	granted atomic.Int64 // bandwidth

	// What follows is the client's goroutine's.
	gatekeeper netip.AddrPort // that admitted it
	info       CallInfo
	report     alarm // the next unsolicited IRR
	over       bool
}

// Grant is what the gatekeeper said, with the bandwidth that stands now.
func (c *Call) Grant() Grant {
	g := c.grant
	g.Bandwidth = c.granted.Load()
	return g
}

// CallID identifies the call.
func (c *Call) CallID() h225.GloballyUniqueID { return c.ask.CallID }

// SetInfo changes what IRRs say about the call.
func (c *Call) SetInfo(info CallInfo) {
	info.Audio = slices.Clone(info.Audio)
	c.client.box.put(func() { c.info = info })
}

// SetBandwidth asks for another bandwidth (BRQ, H.225.0 §7.12.1) and returns what
// the call may use from now on; after a refusal, a *RejectError, that is what it
// may use already. Above it nothing may be sent before the answer.
func (c *Call) SetBandwidth(ctx context.Context, wanted int64) (granted int64, err error) {
	result := make(chan error, 1)
	if !c.client.box.put(func() { c.client.askBandwidth(c, wanted, func(err error) { result <- err }) }) {
		return c.granted.Load(), ErrClosed
	}
	select {
	case err = <-result:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-c.client.ended:
		err = ErrClosed
	}
	return c.granted.Load(), err
}

// Disengage tells the gatekeeper that the call is over (DRQ). It returns at once;
// retries go on without the call. Only the first time counts.
func (c *Call) Disengage() {
	c.client.box.put(func() { c.client.drop(c) })
}

// askBandwidth sends a BRQ.
func (c *Client) askBandwidth(call *Call, wanted int64, done func(error)) {
	switch {
	case call.over:
		done(ErrEnded)
		return
	case c.phase != Registered:
		done(ErrNotRegistered)
		return
	case call.grant.Pregranted:
		call.granted.Store(wanted)
		done(nil)
		return
	}
	c.request(&transaction{
		kind: brq, to: c.gk.addr,
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			switch {
			case err != nil:
			case m.BandwidthReject != nil:
				r := m.BandwidthReject
				err = &RejectError{Request: "bandwidthRequest", Reason: alternative(&r.RejectReason), Bandwidth: r.AllowedBandWidth}
				if r.RejectReason.NotBound != nil {
					c.forgotten("gatekeeper does not know us any more: notBound")
				}
			default:
				call.granted.Store(m.BandwidthConfirm.BandWidth)
			}
			done(err)
		},
	}, func(seq int) *h225.RasMessage {
		a := &call.ask
		return &h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{
			RequestSeqNum:        seq,
			EndpointIdentifier:   c.endpointID,
			ConferenceID:         a.ConferenceID,
			CallReferenceValue:   int(a.CallReference),
			BandWidth:            wanted,
			CallIdentifier:       &h225.CallIdentifier{Guid: a.CallID},
			GatekeeperIdentifier: optional(c.gk.id),
			AnsweredCall:         &a.Answer,
		}}
	})
}

// limited is the gatekeeper's BRQ (H.225.0 §7.12.1): the call is to do with another
// bandwidth.
func (c *Client) limited(m *h225.BandwidthRequest) *h225.RasMessage {
	reject := func(reason h225.BandRejectReason, allowed int64) *h225.RasMessage {
		return &h225.RasMessage{BandwidthReject: &h225.BandwidthReject{
			RequestSeqNum: m.RequestSeqNum, RejectReason: reason, AllowedBandWidth: allowed,
		}}
	}
	call := c.find(m.CallIdentifier, m.ConferenceID, m.CallReferenceValue, m.AnsweredCall)
	if call == nil {
		return reject(h225.BandRejectReason{InvalidConferenceID: null()}, 0)
	}
	able := m.BandWidth >= call.granted.Load()
	if call.ask.Limited != nil {
		able = call.ask.Limited(m.BandWidth)
	}
	if !able {
		return reject(h225.BandRejectReason{InsufficientResources: null()}, call.granted.Load())
	}
	call.granted.Store(m.BandWidth)
	return &h225.RasMessage{BandwidthConfirm: &h225.BandwidthConfirm{
		RequestSeqNum: m.RequestSeqNum, BandWidth: m.BandWidth,
	}}
}

// mostUnsaid is how many ends of calls are kept for a gatekeeper that is away.
const mostUnsaid = 1024

// drop ends a call. A gatekeeper that was not asked about it is not told; one that
// is away is told when it is back.
func (c *Client) drop(call *Call) {
	switch {
	case !c.remove(call) || call.grant.Pregranted || c.closing:
	case c.phase == Registered:
		c.disengage(call)
	case len(c.unsaid) < mostUnsaid:
		c.unsaid = append(c.unsaid, call)
	}
}

// sayUnsaid tells the gatekeeper, now that we are registered with it again, which
// of the calls that it admitted have ended meanwhile.
func (c *Client) sayUnsaid() {
	unsaid := c.unsaid
	c.unsaid = nil
	for _, call := range unsaid {
		if call.gatekeeper == c.gk.addr {
			c.disengage(call)
		}
	}
}

// disengage sends a DRQ (H.225.0 §7.13.1).
func (c *Client) disengage(call *Call) {
	c.request(&transaction{
		kind: drq, to: c.gk.addr,
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			switch {
			case errors.Is(err, ErrClosed):
			case err != nil:
				c.failed("the gatekeeper was not told of a call's end: " + err.Error())
			case m.DisengageReject != nil && m.DisengageReject.RejectReason.NotRegistered != nil:
				c.forgotten("gatekeeper does not know us any more: notRegistered")
			}
		},
	}, func(seq int) *h225.RasMessage {
		a := &call.ask
		return &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{
			RequestSeqNum:        seq,
			EndpointIdentifier:   c.endpointID,
			ConferenceID:         a.ConferenceID,
			CallReferenceValue:   int(a.CallReference),
			DisengageReason:      h225.DisengageReason{NormalDrop: null()},
			CallIdentifier:       &h225.CallIdentifier{Guid: a.CallID},
			GatekeeperIdentifier: optional(c.gk.id),
			AnsweredCall:         &a.Answer,
		}}
	})
}

// disengaged is the gatekeeper's DRQ: the call has to end. A call that is not
// there has ended already, which is what was wanted.
func (c *Client) disengaged(m *h225.DisengageRequest) *h225.RasMessage {
	if m.EndpointIdentifier != c.endpointID {
		return &h225.RasMessage{DisengageReject: &h225.DisengageReject{
			RequestSeqNum: m.RequestSeqNum,
			RejectReason:  h225.DisengageRejectReason{NotRegistered: null()},
		}}
	}
	if call := c.find(m.CallIdentifier, m.ConferenceID, m.CallReferenceValue, m.AnsweredCall); call != nil {
		c.remove(call)
		if call.ask.Disengaged != nil {
			call.ask.Disengaged(alternative(&m.DisengageReason))
		}
	}
	return &h225.RasMessage{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: m.RequestSeqNum}}
}

// find looks for the call that a message of the gatekeeper's means: by its call
// identifier or, with a gatekeeper of version 1, by conference and reference. One
// that goes from us to ourselves is there twice.
func (c *Client) find(id *h225.CallIdentifier, conference h225.ConferenceIdentifier, reference int, answered *bool) *Call {
	for _, call := range c.calls {
		a := &call.ask
		same := string(conference) == string(a.ConferenceID) && reference == int(a.CallReference)
		if id != nil {
			same = string(id.Guid) == string(a.CallID)
		}
		if same && (answered == nil || *answered == a.Answer) {
			return call
		}
	}
	return nil
}

// remove takes a call out of those admitted; false: it was none.
func (c *Client) remove(call *Call) bool {
	if call.over {
		return false
	}
	call.over = true
	call.report.stop()
	c.calls = slices.DeleteFunc(c.calls, func(o *Call) bool { return o == call })
	return true
}
