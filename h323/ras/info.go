package ras

import (
	"net/netip"
	"strings"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// callsPerReport is how many calls one IRR tells of: a datagram of some 5 KiB.
const callsPerReport = 32

// shortest is how often IRRs are sent at most, whatever the gatekeeper wants.
const shortest = 5 * time.Second

// inform answers an IRQ (H.225.0 §7.15): about one call or, with reference 0, all.
// What does not fit into one IRR comes in segments, if the gatekeeper can ask for
// the next one, and else is left out, and the IRR says so.
func (c *Client) inform(m *h225.InfoRequest) *h225.RasMessage {
	irr := c.infoResponse(m.RequestSeqNum)
	if m.CallReferenceValue != 0 {
		call := c.find(m.CallIdentifier, nil, m.CallReferenceValue, nil)
		if call == nil && m.CallIdentifier == nil {
			call = c.findReference(m.CallReferenceValue)
		}
		if call == nil {
			irr.IrrStatus = &h225.InfoRequestResponseStatus{InvalidCall: null()}
		} else {
			irr.IrrStatus = &h225.InfoRequestResponseStatus{Complete: null()}
			irr.PerCallInfo = []h225.InfoRequestResponsePerCallInfo{call.perCall()}
		}
		return &h225.RasMessage{InfoRequestResponse: irr}
	}
	segment := 0
	if m.NextSegmentRequested != nil {
		segment = *m.NextSegmentRequested
	}
	from := min(segment*callsPerReport, len(c.calls))
	to := min(from+callsPerReport, len(c.calls))
	for _, call := range c.calls[from:to] {
		irr.PerCallInfo = append(irr.PerCallInfo, call.perCall())
	}
	switch {
	case to == len(c.calls):
		irr.IrrStatus = &h225.InfoRequestResponseStatus{Complete: null()}
	case m.SegmentedResponseSupported != nil || m.NextSegmentRequested != nil:
		irr.IrrStatus = &h225.InfoRequestResponseStatus{Segment: &segment}
	default:
		irr.IrrStatus = &h225.InfoRequestResponseStatus{Incomplete: null()}
	}
	return &h225.RasMessage{InfoRequestResponse: irr}
}

// findReference looks for a call by its reference alone: an IRQ of version 1 has
// nothing else.
func (c *Client) findReference(reference int) *Call {
	for _, call := range c.calls {
		if int(call.ask.CallReference) == reference {
			return call
		}
	}
	return nil
}

// reportEvery sends an IRR about a call now and then, as the ACF wants it
// (irrFrequency, H.225.0 §7.11.2).
func (c *Client) reportEvery(call *Call, d time.Duration) {
	d = max(d, shortest)
	call.report.set(c, d, func() {
		if c.phase == Registered {
			c.reportCall(call)
		}
		c.reportEvery(call, d)
	})
}

// reportCall sends an unsolicited IRR. If the gatekeeper answers such ones, we wait
// for its IACK: an INAK may say that it does not know us any more.
func (c *Client) reportCall(call *Call) {
	build := func(seq int) *h225.RasMessage {
		yes := true
		irr := c.infoResponse(seq)
		irr.PerCallInfo = []h225.InfoRequestResponsePerCallInfo{call.perCall()}
		irr.Unsolicited, irr.NeedResponse = &yes, &c.willIACK
		return &h225.RasMessage{InfoRequestResponse: irr}
	}
	if !c.willIACK {
		data, err := h225.MarshalRAS(build(c.sequenceNumber()))
		if err != nil {
			c.log.Error("ras: IRR", "error", err)
			return
		}
		c.send(c.gk.addr, data)
		return
	}
	c.request(&transaction{
		kind: irr, to: c.gk.addr,
		done: func(m *h225.RasMessage, _ netip.AddrPort, err error) {
			if err == nil && m.InfoRequestNak != nil && m.InfoRequestNak.NakReason.NotRegistered != nil {
				c.forgotten("gatekeeper does not know us any more: notRegistered")
			}
		},
	}, build)
}

func (c *Client) infoResponse(seq int) *h225.InfoRequestResponse {
	return &h225.InfoRequestResponse{
		RequestSeqNum:      seq,
		EndpointType:       c.endpointType(),
		EndpointIdentifier: c.endpointID,
		RasAddress:         c.ras,
		CallSignalAddress:  c.signal,
		EndpointAlias:      c.aliases,
	}
}

// perCall is what an IRR says about the call.
func (c *Call) perCall() h225.InfoRequestResponsePerCallInfo {
	originator := !c.ask.Answer
	info := h225.InfoRequestResponsePerCallInfo{
		CallReferenceValue: int(c.ask.CallReference),
		ConferenceID:       c.ask.ConferenceID,
		Originator:         &originator,
		H245:               c.info.Control.channel(),
		CallSignaling:      c.info.Signalling.channel(),
		CallType:           h225.CallType{PointToPoint: null()},
		BandWidth:          c.info.Bandwidth,
		CallModel:          *callModel(c.grant.Routed),
		CallIdentifier:     &h225.CallIdentifier{Guid: c.ask.CallID},
	}
	if info.BandWidth == 0 {
		info.BandWidth = c.granted.Load()
	}
	for _, s := range c.info.Audio {
		info.Audio = append(info.Audio, s.session())
	}
	return info
}

// channel says where we send to and where we receive.
func (e Ends) channel() h225.TransportChannelInfo {
	return h225.TransportChannelInfo{SendAddress: address(e.Remote), RecvAddress: address(e.Local)}
}

// session is s within the bounds of the type: the SSRC 0 cannot be told, nor can
// the '@' of most CNAMEs.
func (s Session) session() h225.RTPSession {
	return h225.RTPSession{
		RtpAddress:  s.RTP.channel(),
		RtcpAddress: s.RTCP.channel(),
		Cname:       printable(s.CNAME),
		Ssrc:        max(int64(s.SSRC), 1),
		SessionId:   min(max(s.ID, 1), 255),
	}
}

// printable is text in the alphabet of PrintableString (X.680 §41.4).
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', strings.ContainsRune(" '()+,-./:=?", r):
			return r
		}
		return '.'
	}, text)
}
