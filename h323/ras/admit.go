package ras

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// admitting is a call that waits to be admitted. The client's goroutine owns it.
type admitting struct {
	ask       Admission
	done      func(*Call, error)
	asked     *transaction
	repeated  bool  // the ARQ has been sent to a second registration
	abandoned bool  // nobody waits any more
	call      *Call // admitted
}

// Admit asks the gatekeeper about a call (ARQ, H.225.0 §7.11.1) and waits for the
// answer. If ctx ends before, a late permission is given back.
func (c *Client) Admit(ctx context.Context, a Admission) (*Call, error) {
	type result struct {
		call *Call
		err  error
	}
	results := make(chan result, 1)
	if a.Bandwidth == 0 {
		a.Bandwidth = 1280
	}
	op := &admitting{ask: a, done: func(call *Call, err error) { results <- result{call, err} }}
	if !c.box.put(func() { c.admit(op) }) {
		return nil, ErrClosed
	}
	select {
	case r := <-results:
		return r.call, r.err
	case <-ctx.Done():
		c.box.put(func() { c.abandon(op) })
		return nil, context.Cause(ctx)
	case <-c.ended:
		return nil, ErrClosed
	}
}

// abandon is for a call that is over before the gatekeeper's answer.
func (c *Client) abandon(op *admitting) {
	op.abandoned = true
	c.queue = slices.DeleteFunc(c.queue, func(o *admitting) bool { return o == op })
	switch {
	case op.call != nil:
		c.drop(op.call)
	case op.asked != nil:
		op.asked.quiet = true
	}
}

// admit asks about a call, or has it wait for a registration that is on its way back.
func (c *Client) admit(op *admitting) {
	switch {
	case op.abandoned:
	case c.closing:
		op.done(nil, ErrClosed)
	case c.phase == Registered:
		if g, ok := c.pregranted(&op.ask); ok {
			c.admitted(op, g, nil)
			return
		}
		c.ask(op)
	case c.rejoin:
		c.queue = append(c.queue, op)
	default:
		op.done(nil, ErrNotRegistered)
	}
}

// pregranted says whether calls of this kind need no ARQ (H.225.0 §7.9.2). A call
// that we make needs one after all if the gatekeeper has to say where it goes.
func (c *Client) pregranted(a *Admission) (g Grant, ok bool) {
	p := c.pregrant
	if p == nil {
		return g, false
	}
	g = Grant{Pregranted: true}
	if p.TotalBandwidthRestriction != nil {
		g.Bandwidth = *p.TotalBandwidthRestriction
	}
	if a.Answer {
		return g, p.AnswerCall && !p.UseGKCallSignalAddressToAnswer
	}
	g.Address = a.DestinationAddress
	if p.UseGKCallSignalAddressToMakeCall {
		g.Routed, g.Address = true, netip.AddrPort{}
		if len(c.gk.signal) > 0 {
			g.Address, _ = c.gk.signal[0].AddrPort()
		}
	}
	return g, p.MakeCall && g.Address.IsValid()
}

// ask sends the ARQ. If the first try stays without an answer, the gatekeeper may
// be away: a refresh of the registration finds out soon, for all calls.
func (c *Client) ask(op *admitting) {
	op.asked = &transaction{
		kind: arq, to: c.gk.addr, late: c.keepAlive,
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			op.asked = nil
			switch {
			case errors.Is(err, ErrNotRegistered) && c.rejoin && !op.repeated:
				op.repeated = true
				c.admit(op)
			case err != nil:
				op.done(nil, err)
			case m.AdmissionReject != nil:
				c.denied(op, m.AdmissionReject)
			default:
				c.admitted(op, grantOf(m.AdmissionConfirm), m.AdmissionConfirm.IrrFrequency)
			}
		},
	}
	c.request(op.asked, func(seq int) *h225.RasMessage { return c.admissionRequest(seq, &op.ask) })
}

// admitted makes a call of what was asked for, or gives it back at once.
func (c *Client) admitted(op *admitting, g Grant, frequency *int) {
	call := &Call{client: c, ask: op.ask, grant: g, gatekeeper: c.gk.addr}
	call.granted.Store(g.Bandwidth)
	c.calls = append(c.calls, call)
	if op.abandoned {
		c.drop(call)
		return
	}
	c.counters.Admitted++
	if g.Pregranted {
		frequency = c.pregrant.IrrFrequencyInCall
	}
	if frequency != nil {
		c.reportEvery(call, time.Duration(*frequency)*time.Second)
	}
	op.call = call
	op.done(call, nil)
}

// denied is an ARJ (H.225.0 §7.11.3). One that says that we are not registered, or
// that others are to be asked, is no word about the call: it is asked about once
// more when we are registered again.
func (c *Client) denied(op *admitting, m *h225.AdmissionReject) {
	reason := alternative(&m.RejectReason)
	named := alternates(m.AltGKInfo)
	unknown := m.RejectReason.CallerNotRegistered != nil || m.RejectReason.InvalidEndpointIdentifier != nil
	if (unknown || len(named) > 0) && !op.repeated && !op.abandoned && !c.closing {
		op.repeated = true
		switch {
		case c.phase != Registered: // another call brought it out before
		case unknown:
			c.forgotten("gatekeeper does not know us any more: " + reason)
		default:
			c.failed("gatekeeper sends us to another one: " + reason)
			c.lost(append(named, target{gatekeeper: c.gk})...)
		}
		c.admit(op)
		return
	}
	c.counters.Refused++
	e := &RejectError{Request: "admissionRequest", Reason: reason}
	if len(m.CallSignalAddress) > 0 {
		e.Address, _ = m.CallSignalAddress[0].AddrPort()
	} else if m.RejectReason.RouteCallToGatekeeper != nil && len(c.gk.signal) > 0 {
		e.Address, _ = c.gk.signal[0].AddrPort()
	}
	op.done(nil, e)
}

// flushQueue asks about the calls that waited for the registration.
func (c *Client) flushQueue() {
	waiting := c.queue
	c.queue = nil
	for _, op := range waiting {
		c.admit(op)
	}
}

// failQueue ends the waiting.
func (c *Client) failQueue(err error) {
	waiting := c.queue
	c.queue = nil
	for _, op := range waiting {
		op.done(nil, err)
	}
}

func (c *Client) admissionRequest(seq int, a *Admission) *h225.RasMessage {
	m := &h225.AdmissionRequest{
		RequestSeqNum:         seq,
		CallType:              h225.CallType{PointToPoint: null()},
		CallModel:             callModel(a.Routed),
		EndpointIdentifier:    c.endpointID,
		DestinationInfo:       a.Destination,
		DestCallSignalAddress: address(a.DestinationAddress),
		SrcInfo:               a.Source,
		SrcCallSignalAddress:  address(a.SourceAddress),
		BandWidth:             a.Bandwidth,
		CallReferenceValue:    int(a.CallReference),
		ConferenceID:          a.ConferenceID,
		AnswerCall:            a.Answer,
		CallIdentifier:        &h225.CallIdentifier{Guid: a.CallID},
		GatekeeperIdentifier:  optional(c.gk.id),
		WillSupplyUUIEs:       new(bool),
	}
	if !a.Answer {
		yes := true
		m.CanMapAlias = &yes // Grant.Destination is for that
		if len(a.Source) == 0 {
			m.SrcInfo = c.names.claimed
		}
	}
	return &h225.RasMessage{AdmissionRequest: m}
}

func callModel(routed bool) *h225.CallModel {
	if routed {
		return &h225.CallModel{GatekeeperRouted: null()}
	}
	return &h225.CallModel{Direct: null()}
}

// address is a transport address that may be absent.
func address(a netip.AddrPort) *h225.TransportAddress {
	if !a.IsValid() {
		return nil
	}
	return h225.TransportAddressOf(a)
}

// grantOf reads an ACF (H.225.0 §7.11.2).
func grantOf(m *h225.AdmissionConfirm) Grant {
	g := Grant{
		Routed:          m.CallModel.GatekeeperRouted != nil,
		Bandwidth:       m.BandWidth,
		Destination:     m.DestinationInfo,
		RemoteExtension: m.RemoteExtensionAddress,
		ExtraInfo:       m.DestExtraCallInfo,
		Tokens:          m.Tokens,
		CryptoTokens:    m.CryptoTokens,
	}
	g.Address, _ = m.DestCallSignalAddress.AddrPort()
	for _, e := range m.AlternateEndpoints {
		for i := range e.CallSignalAddress {
			if a, ok := e.CallSignalAddress[i].AddrPort(); ok {
				g.Alternatives = append(g.Alternatives, a)
			}
		}
	}
	return g
}
