package call

import (
	"net/netip"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
)

// compose makes a message of this call, with whatever H.245 waits to be tunnelled,
// and queues it. fill adds information elements.
func (c *Call) compose(t q931.Type, body h225.H323UUPDUH323MessageBody, fill func(*q931.Message)) {
	pdu := h225.H323UUPDU{H323MessageBody: body}
	pdu.H245Tunneling = new(bool)
	*pdu.H245Tunneling = c.ctl.saysTunnelling()
	if t == q931.Setup {
		c.putEarlyControl(&pdu)
	} else if c.ctl.tunnelled() {
		pdu.H245Control = c.ctl.take(t)
	}
	c.sendPDU(t, pdu, fill)
}

// sendPDU encodes and queues a message.
func (c *Call) sendPDU(t q931.Type, pdu h225.H323UUPDU, fill func(*q931.Message)) {
	uu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: pdu})
	if err != nil {
		c.log.Error("message of ours cannot be encoded", "type", t.String(), "err", err)
		if t != q931.ReleaseComplete {
			c.release(Reason{Cause: causeTemporaryFailure, Err: err})
		}
		return
	}
	m := q931.New(t, c.crv, !c.outgoing)
	m.SetUserUser(uu)
	if fill != nil {
		fill(m)
	}
	octets, err := m.Append(nil)
	if err != nil {
		c.log.Error("message of ours cannot be encoded", "type", t.String(), "err", err)
		return
	}
	c.put(c.signal, octets)
}

// put queues a frame. A peer that has not read for so long loses its call.
func (c *Call) put(w *wire, frame []byte) {
	if w == nil {
		return
	}
	c.tapped(w, frame, true)
	if err := w.send(frame); err == errStuck {
		c.abandon(Reason{Cause: causeRecoveryOnTimer, Err: err})
	}
}

func (c *Call) identifier() *h225.CallIdentifier {
	if c.callID == nil {
		return nil
	}
	return &h225.CallIdentifier{Guid: c.callID}
}

// endpoint says what we are: with an MC, as whoever mixes is (H.323 §6.4).
func (c *Call) endpoint() h225.EndpointType {
	v := c.cfg.Vendor
	e := h225.EndpointType{Vendor: h225.NewVendorIdentifier(h225.H221NonStandard{
		T35CountryCode: int(v.Country), T35Extension: int(v.Extension), ManufacturerCode: int(v.Manufacturer),
	}, c.cfg.Product, c.cfg.Version)}
	if c.cfg.Terminal {
		e.Terminal = new(h225.TerminalInfo)
	} else {
		e.Mcu, e.Mc = new(h225.McuInfo), true
	}
	return e
}

func no() *bool { return new(bool) }

// sendCallProceeding says that the Setup has arrived (H.225.0 §7.3.1).
func (c *Call) sendCallProceeding() {
	b := &h225.CallProceedingUUIE{
		ProtocolIdentifier: h225.Protocol, DestinationInfo: c.endpoint(), CallIdentifier: c.identifier(),
		MultipleCalls: no(), MaintainConnection: no(),
	}
	c.compose(q931.CallProceeding, h225.H323UUPDUH323MessageBody{CallProceeding: b}, nil)
}

// sendAlerting says that somebody is asked (H.225.0 §7.3.2).
func (c *Call) sendAlerting() {
	b := &h225.AlertingUUIE{
		ProtocolIdentifier: h225.Protocol, DestinationInfo: c.endpoint(), CallIdentifier: c.identifier(),
		MultipleCalls: no(), MaintainConnection: no(),
	}
	if c.fast.answered {
		b.FastStart, b.FastConnectRefused = c.fastAnswer()
		b.Tokens = c.keys.Tokens()
	}
	c.compose(q931.Alerting, h225.H323UUPDUH323MessageBody{Alerting: b}, c.display)
}

// sendConnect answers (H.225.0 §7.3.3).
func (c *Call) sendConnect(address *h225.TransportAddress) {
	b := &h225.ConnectUUIE{
		ProtocolIdentifier: h225.Protocol, DestinationInfo: c.endpoint(), CallIdentifier: c.identifier(),
		ConferenceID: c.conference, H245Address: address,
		MultipleCalls: no(), MaintainConnection: no(),
	}
	b.FastStart, b.FastConnectRefused = c.fastAnswer()
	b.Tokens = c.keys.Tokens()
	c.compose(q931.Connect, h225.H323UUPDUH323MessageBody{Connect: b}, c.display)
}

// fastAnswer is our answer to fast connect. The channels go out once; a refusal
// may be repeated.
func (c *Call) fastAnswer() (fastStart [][]byte, refused *per.Null) {
	fastStart = c.fast.reply
	c.fast.reply = nil
	if c.fast.refused {
		refused = new(per.Null)
	}
	return fastStart, refused
}

// display puts our name into a message, as Q.931 Display only: Codian endpoints
// stumble over displayName.
func (c *Call) display(m *q931.Message) {
	if name := c.ownName(); name != "" {
		m.SetDisplay(name)
	}
}

// sendTunnelled sends H.245 in a Facility that asks for nothing else.
func (c *Call) sendTunnelled() {
	empty := h225.H323UUPDUH323MessageBody{Empty: new(per.Null)}
	c.compose(q931.Facility, empty, nil)
}

// sendStartH245 asks the peer to connect to our H.245 address (H.323 §8.2.3).
func (c *Call) sendStartH245(at *h225.TransportAddress) {
	b := &h225.FacilityUUIE{
		ProtocolIdentifier: h225.Protocol, Reason: h225.FacilityReason{StartH245: new(per.Null)},
		CallIdentifier: c.identifier(), H245Address: at, MultipleCalls: no(), MaintainConnection: no(),
	}
	c.compose(q931.Facility, h225.H323UUPDUH323MessageBody{Facility: b}, nil)
}

// sendRoute asks the caller to call the gatekeeper at that address (H.225.0
// §7.3.5, routeCallToGatekeeper).
func (c *Call) sendRoute(to netip.AddrPort) {
	b := &h225.FacilityUUIE{
		ProtocolIdentifier: h225.Protocol, Reason: h225.FacilityReason{RouteCallToGatekeeper: new(per.Null)},
		CallIdentifier: c.identifier(), AlternativeAddress: h225.TransportAddressOf(to), MultipleCalls: no(), MaintainConnection: no(),
	}
	c.compose(q931.Facility, h225.H323UUPDUH323MessageBody{Facility: b}, nil)
}

// sendKeypad sends a key in Information (H.225.0 §7.3.6).
func (c *Call) sendKeypad(digit byte) {
	b := &h225.InformationUUIE{ProtocolIdentifier: h225.Protocol, CallIdentifier: c.identifier()}
	c.compose(q931.Information, h225.H323UUPDUH323MessageBody{Information: b}, func(m *q931.Message) {
		m.SetKeypad(string(digit))
	})
}

// sendStatus says in what state the call is (H.225.0 §7.3.13).
func (c *Call) sendStatus(cause int) {
	b := &h225.StatusUUIE{ProtocolIdentifier: h225.Protocol}
	if id := c.identifier(); id != nil {
		b.CallIdentifier = *id
	} else {
		b.CallIdentifier.Guid = make([]byte, 16)
	}
	c.compose(q931.Status, h225.H323UUPDUH323MessageBody{Status: b}, func(m *q931.Message) {
		m.SetCause(q931.Cause{Value: q931.CauseValue(cause)})
		m.SetCallState(c.state)
	})
}

// sendStatusInquiry asks in what state the peer's call is (H.225.0 §7.3.14).
func (c *Call) sendStatusInquiry() {
	b := &h225.StatusInquiryUUIE{ProtocolIdentifier: h225.Protocol, CallIdentifier: *c.identifier()}
	c.compose(q931.StatusInquiry, h225.H323UUPDUH323MessageBody{StatusInquiry: b}, nil)
}

// sendReleaseComplete ends the call (H.225.0 §7.3.9), with the EndSession that
// waits to be tunnelled.
func (c *Call) sendReleaseComplete(r Reason) {
	b := &h225.ReleaseCompleteUUIE{ProtocolIdentifier: h225.Protocol, Reason: r.Release.element(), CallIdentifier: c.identifier()}
	c.compose(q931.ReleaseComplete, h225.H323UUPDUH323MessageBody{ReleaseComplete: b}, func(m *q931.Message) {
		m.SetCause(q931.Cause{Value: q931.CauseValue(r.Cause)})
	})
}
