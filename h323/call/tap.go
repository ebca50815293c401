package call

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/trace"
)

// tapped shows a frame of the call's connections to the Tap, without what is secret
// in it. The frame stays its owner's. It runs on the loop.
func (c *Call) tapped(w *wire, frame []byte, out bool) {
	if c.cfg.Tap == nil || w == nil || len(frame) == 0 {
		return
	}
	p := trace.Packet{
		At: time.Now(), Network: "TCP", Local: w.local, Remote: w.remoteAt, Out: out,
		CallID: h225.FormatGloballyUniqueID(c.callID), LegID: c.cfg.Leg,
	}
	if c.callID == nil {
		p.CallID = ""
	}
	if w == c.signal {
		c.showSignal(&p, frame)
	} else {
		showControl(&p, frame)
	}
	c.cfg.Tap(p)
}

// showSignal puts a message of call signalling into a Packet.
func (c *Call) showSignal(p *trace.Packet, frame []byte) {
	p.Protocol, p.Summary = trace.H225, "unreadable message"
	m, err := parse(frame)
	if m != nil {
		p.Summary = m.Type.String()
	}
	if err != nil {
		p.Detail = "cannot be read: " + err.Error()
		return
	}
	if id := m.elements().callID; p.CallID == "" && id != nil {
		p.CallID = h225.FormatGloballyUniqueID(id.Guid)
	}
	hide := c.cfg.Hide
	if hide == nil {
		hide = func(string) string { return hiddenText }
	}
	h225.Hide(m.pdu, hide)
	hideElements(m.Message, hide)
	p.Detail = strings.Join(m.told(), "\n")
	p.Data = m.encoded()
}

// hiddenText stands for what nobody said how to show.
const hiddenText = "****"

// hideElements hides what Q.931 itself carries: the number called, and keys.
func hideElements(m *q931.Message, hide func(string) string) {
	if n, ok := m.CalledParty(); ok {
		n.Digits = hide(n.Digits)
		m.SetCalledParty(n)
	}
	if keys, ok := m.Get(q931.IDKeypadFacility); ok {
		m.Set(q931.IDKeypadFacility, []byte(strings.Repeat("*", len(keys))))
	}
}

// encoded is the message again; nil if that cannot be done: then it has no octets to
// be shown.
func (m *message) encoded() []byte {
	if !m.bare {
		uu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: *m.pdu})
		if err != nil {
			return nil
		}
		m.SetUserUser(uu)
	}
	octets, err := m.Append(nil)
	if err != nil {
		return nil
	}
	return octets
}

// told says what a message is about, a line each.
func (m *message) told() []string {
	var lines []string
	say := func(text string) {
		if text != "" {
			lines = append(lines, text)
		}
	}
	if s := m.body.Setup; s != nil {
		say(listed("to ", s.DestinationAddress))
		if n, ok := m.CalledParty(); ok && n.Digits != "" {
			say("called party number " + n.Digits)
		}
		if s.RemoteExtensionAddress != nil {
			say("extension " + s.RemoteExtensionAddress.Text())
		}
		say(listed("from ", s.SourceAddress))
		if v := s.SourceInfo.Vendor; v != nil {
			say(h225.CleanText([]byte(v.Product() + " " + v.Version())))
		}
	}
	if v, ok := m.Cause(); ok {
		say(causeTold(int(v.Value)))
	}
	if b := m.body.ReleaseComplete; b != nil && b.Reason != nil {
		say("reason " + b.Reason.Name())
	}
	if f := m.body.Facility; f != nil {
		say("reason " + f.Reason.Name())
		if a, ok := f.AlternativeAddress.AddrPort(); ok {
			say("to " + a.String())
		}
		say(listed("to ", f.AlternativeAliasAddress))
	}
	if _, ok := m.Keypad(); ok {
		say("a key")
	}
	e := m.elements()
	if a, ok := e.h245Address.AddrPort(); ok {
		say("H.245 at " + a.String())
	}
	if len(e.fastStart) > 0 {
		say("fast connect: " + strings.Join(channelsOffered(e.fastStart), ", "))
	}
	if e.refused {
		say("fast connect refused")
	}
	return append(lines, tunnelled(m)...)
}

// tunnelled are the H.245 messages that a message carries.
func tunnelled(m *message) []string {
	pdus := m.pdu.H245Control
	if s := m.body.Setup; s != nil {
		pdus = slices.Concat(pdus, s.ParallelH245Control)
	}
	var lines []string
	for _, pdu := range pdus {
		name, detail := controlTold(pdu)
		lines = append(lines, "H.245 "+name)
		for _, d := range detail {
			lines = append(lines, "  "+d)
		}
	}
	return lines
}

// listed are the numbers and names of aliases.
func listed(what string, all []h225.AliasAddress) string {
	var names []string
	for i := range all[:min(len(all), mostAliases)] {
		if text := h225.CleanText([]byte(all[i].Text())); text != "" {
			names = append(names, text)
		}
	}
	if names == nil {
		return ""
	}
	return what + strings.Join(names, ", ")
}

// causeTold is a cause value of Q.850 in words.
func causeTold(value int) string {
	if words := causes[value]; words != "" {
		return fmt.Sprintf("cause %d: %s", value, words)
	}
	return fmt.Sprintf("cause %d", value)
}

// causes are the values that are met (Q.850 §2.2.7).
var causes = map[int]string{
	1: "unallocated number", 2: "no route to network", 3: "no route to destination", 16: "normal call clearing",
	17: "user busy", 18: "no user responding", 19: "no answer from user", 20: "subscriber absent", 21: "call rejected",
	22: "number changed", 27: "destination out of order", 28: "invalid number format", 29: "facility rejected",
	30: "response to status enquiry", 31: "normal, unspecified", 34: "no circuit available", 38: "network out of order",
	41: "temporary failure", 42: "switching equipment congestion", 47: "resource unavailable", 50: "facility not subscribed",
	57: "bearer capability not authorised", 58: "bearer capability not available", 63: "service not available",
	65: "bearer capability not implemented", 69: "facility not implemented", 79: "service not implemented",
	81: "invalid call reference", 88: "incompatible destination", 95: "invalid message", 96: "mandatory element missing",
	97: "message type unknown", 98: "message not compatible with call state", 99: "element unknown",
	100: "invalid element contents", 101: "message not compatible with call state", 102: "recovery on timer expiry",
	111: "protocol error", 127: "interworking",
}
