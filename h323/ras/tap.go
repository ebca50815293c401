package ras

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/trace"
)

// Registration is the Call-ID of messages that belong to no call.
const Registration = "gatekeeper"

// tapped shows a message to the Tap, without what is secret in it. data stays its
// owner's. It is run's.
func (c *Client) tapped(peer netip.AddrPort, data []byte, out bool) {
	if c.cfg.Tap == nil {
		return
	}
	local := c.cfg.RAS
	if a, ok := c.conn.LocalAddr().(*net.UDPAddr); ok {
		local = netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	p := trace.Packet{
		At: time.Now(), Protocol: trace.RAS, Network: "UDP", Local: local, Remote: peer, Out: out,
		CallID: Registration, Summary: "unreadable message",
	}
	if m, err := h225.UnmarshalRAS(data); err == nil {
		hide := c.cfg.Hide
		if hide == nil {
			hide = func(string) string { return "****" }
		}
		p.Summary = shortName(m)
		if id := c.callOf(m, out); id != "" {
			p.CallID = id
		}
		h225.Hide(m, hide)
		p.Detail = strings.Join(told(m), "\n")
		p.Data, _ = h225.MarshalRAS(m) // nil: there is nothing to be shown
	}
	c.cfg.Tap(p)
}

// callOf is the call that a message is about. Answers to ours do not say it: their
// request does.
func (c *Client) callOf(m *h225.RasMessage, out bool) string {
	var id *h225.CallIdentifier
	switch {
	case m.AdmissionRequest != nil:
		id = m.AdmissionRequest.CallIdentifier
	case m.BandwidthRequest != nil:
		id = m.BandwidthRequest.CallIdentifier
	case m.DisengageRequest != nil:
		id = m.DisengageRequest.CallIdentifier
	}
	if id != nil {
		name := h225.FormatGloballyUniqueID(id.Guid)
		if t := c.transactions[sequence(m)]; out && t != nil {
			t.call = name
		}
		return name
	}
	if t := c.transactions[answerSequence(m)]; !out && t != nil {
		return t.call
	}
	return ""
}

// shortName is a message by the three letters that people call it: ARQ, ACF.
func shortName(m *h225.RasMessage) string {
	name := m.Name()
	if short := abbreviations[name]; short != "" {
		return short
	}
	return name
}

// abbreviations are those of H.225.0 §7.7.
var abbreviations = map[string]string{
	"gatekeeperRequest": "GRQ", "gatekeeperConfirm": "GCF", "gatekeeperReject": "GRJ",
	"registrationRequest": "RRQ", "registrationConfirm": "RCF", "registrationReject": "RRJ",
	"unregistrationRequest": "URQ", "unregistrationConfirm": "UCF", "unregistrationReject": "URJ",
	"admissionRequest": "ARQ", "admissionConfirm": "ACF", "admissionReject": "ARJ",
	"bandwidthRequest": "BRQ", "bandwidthConfirm": "BCF", "bandwidthReject": "BRJ",
	"disengageRequest": "DRQ", "disengageConfirm": "DCF", "disengageReject": "DRJ",
	"locationRequest": "LRQ", "locationConfirm": "LCF", "locationReject": "LRJ",
	"infoRequest": "IRQ", "infoRequestResponse": "IRR", "infoRequestAck": "IACK", "infoRequestNak": "INAK",
	"requestInProgress": "RIP", "serviceControlIndication": "SCI", "serviceControlResponse": "SCR",
	"unknownMessageResponse": "XRS",
}

// told says what a message is about, a line each.
func told(m *h225.RasMessage) []string {
	switch {
	case m.RegistrationRequest != nil:
		r := m.RegistrationRequest
		if r.KeepAlive != nil && *r.KeepAlive {
			return []string{"keep-alive"}
		}
		return named(r.TerminalAlias)
	case m.RegistrationConfirm != nil:
		r := m.RegistrationConfirm
		lines := named(r.TerminalAlias)
		if r.TimeToLive != nil {
			lines = append(lines, fmt.Sprintf("for %d s", *r.TimeToLive))
		}
		return lines
	case m.GatekeeperReject != nil:
		return []string{reasonOf(&m.GatekeeperReject.RejectReason)}
	case m.RegistrationReject != nil:
		return []string{reasonOf(&m.RegistrationReject.RejectReason)}
	case m.AdmissionRequest != nil:
		return append(named(m.AdmissionRequest.DestinationInfo), named(m.AdmissionRequest.SrcInfo)...)
	case m.AdmissionConfirm != nil:
		if a, ok := m.AdmissionConfirm.DestCallSignalAddress.AddrPort(); ok {
			return []string{"at " + a.String()}
		}
	case m.AdmissionReject != nil:
		return []string{reasonOf(&m.AdmissionReject.RejectReason)}
	case m.DisengageRequest != nil:
		return []string{reasonOf(&m.DisengageRequest.DisengageReason)}
	}
	return nil
}

// named are the numbers and names of aliases.
func named(all []h225.AliasAddress) []string {
	var names []string
	for i := range all[:min(len(all), 8)] {
		if text := h225.CleanText([]byte(all[i].Text())); text != "" {
			names = append(names, text)
		}
	}
	if names == nil {
		return nil
	}
	return []string{strings.Join(names, ", ")}
}

// reasonOf names the alternative of a reason.
func reasonOf(p any) string { return h225.Chosen(p) }
