package call

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/q931"
)

// mostGarbage is how many messages of a call may be unreadable.
const mostGarbage = 16

// message is a message of call signalling that came: its Q.931 part and its
// H.225.0 part. body is never nil; pdu has no body if the message had no
// user-user element.
type message struct {
	*q931.Message
	pdu  *h225.H323UUPDU
	body *h225.H323UUPDUH323MessageBody
	// bare: there was no user-user element.
	bare bool
}

// parse reads a frame. An error with a message: only its H.225.0 part is broken.
func parse(p []byte) (*message, error) {
	q, err := q931.Parse(p)
	if err != nil {
		return nil, err
	}
	m := &message{Message: q, pdu: new(h225.H323UUPDU), bare: true}
	m.body = &m.pdu.H323MessageBody
	uu, ok := q.UserUser()
	if !ok {
		return m, nil
	}
	info, err := h225.Unmarshal(uu)
	if err != nil {
		return m, fmt.Errorf("%s: %w", q.Type, err)
	}
	m.pdu, m.bare = &info.H323UuPdu, false
	m.body = &m.pdu.H323MessageBody
	return m, nil
}

// elements are what several messages have in common (H.225.0 §7.3).
type elements struct {
	h245Address *h225.TransportAddress
	callID      *h225.CallIdentifier
	fastStart   [][]byte
	refused     bool // fastConnectRefused
	tokens      []h235.ClearToken
}

// elements finds them in whichever message it is.
func (m *message) elements() elements {
	switch b := m.body; {
	case b.Setup != nil:
		s := b.Setup
		return elements{s.H245Address, s.CallIdentifier, s.FastStart, false, s.Tokens}
	case b.CallProceeding != nil:
		s := b.CallProceeding
		return elements{s.H245Address, s.CallIdentifier, s.FastStart, s.FastConnectRefused != nil, s.Tokens}
	case b.Alerting != nil:
		s := b.Alerting
		return elements{s.H245Address, s.CallIdentifier, s.FastStart, s.FastConnectRefused != nil, s.Tokens}
	case b.Progress != nil:
		s := b.Progress
		return elements{s.H245Address, &s.CallIdentifier, s.FastStart, s.FastConnectRefused != nil, s.Tokens}
	case b.Connect != nil:
		s := b.Connect
		return elements{s.H245Address, s.CallIdentifier, s.FastStart, s.FastConnectRefused != nil, s.Tokens}
	case b.Facility != nil:
		s := b.Facility
		return elements{s.H245Address, s.CallIdentifier, s.FastStart, s.FastConnectRefused != nil, s.Tokens}
	case b.Information != nil:
		s := b.Information
		return elements{nil, s.CallIdentifier, s.FastStart, s.FastConnectRefused != nil, s.Tokens}
	case b.ReleaseComplete != nil:
		s := b.ReleaseComplete
		return elements{callID: s.CallIdentifier, tokens: s.Tokens}
	}
	return elements{}
}

// receive takes a frame of call signalling. An empty one is a keep-alive.
func (c *Call) receive(p []byte) {
	if len(p) == 0 {
		return
	}
	c.tapped(c.signal, p, false)
	m, err := parse(p)
	if c.over {
		// Only the peer's own end matters now: there is nothing left to wait for.
		if m != nil && m.Type == q931.ReleaseComplete {
			c.released = true
			c.settle()
		}
		return
	}
	if err != nil {
		c.unreadable(m, err)
		return
	}
	if m.Type == q931.Setup {
		c.setup(m)
		return
	}
	if c.state == q931.StateNull || !c.ours(m) {
		c.log.Debug("message of another call", "type", m.Type.String())
		return
	}
	c.inCall(m)
}

// ours says whether m is of this call. Its call reference counts; with 0, which
// means all calls of the connection, the call identifier does. The flag is
// ignored, since some peers get it wrong.
func (c *Call) ours(m *message) bool {
	if m.CallReference != 0 {
		return m.CallReference == c.crv
	}
	id := m.elements().callID
	return id == nil || c.callID == nil || bytes.Equal(id.Guid, c.callID)
}

// unreadable deals with what cannot be decoded: a Setup is refused, other
// messages are answered with Status and forgotten (Q.931 §5.8).
func (c *Call) unreadable(m *message, err error) {
	c.log.Warn("unreadable message", "err", err)
	c.garbage++
	switch {
	case c.state == q931.StateNull && !c.outgoing:
		// Nothing is known of this peer yet: no second try.
		if m != nil && m.Type == q931.Setup {
			c.crv = m.CallReference
			c.release(Reason{Cause: causeInvalidContents, Release: ReleaseUndefined, Err: err})
			return
		}
		c.abandon(Reason{Cause: causeProtocolError, Err: err})
	case m != nil && m.Type == q931.ReleaseComplete:
		c.releaseComplete(m)
	case c.garbage > mostGarbage:
		c.release(Reason{Cause: causeProtocolError, Err: fmt.Errorf("%w: %w", errGarbage, err)})
	case m != nil && m.Type != q931.Status && m.Type != q931.StatusInquiry:
		c.takeKeypad(m)
		c.sendStatus(causeInvalidContents)
	}
}

// inCall does what a message says: first what any message may carry, then what it
// is, then the H.245 in it, so that Connect is in force when its H.245 is read.
func (c *Call) inCall(m *message) {
	e := m.elements()
	if !c.takeTokens(m, e) {
		return
	}
	c.takeKeypad(m)
	if m.Type == q931.ReleaseComplete {
		c.releaseComplete(m)
		return
	}
	c.takeTunnelling(m)
	c.takeAddress(m, e)
	if c.outgoing {
		c.takeFastStart(m, e)
	}
	c.dispatch(m)
	if c.over {
		return
	}
	if c.outgoing && (len(e.tokens) > 0 || m.Type == q931.Connect) {
		c.ctl.session.KeysAgreed()
	}
	c.takeControl(m)
	c.ensureControl()
}

// dispatch does what the message itself asks for.
func (c *Call) dispatch(m *message) {
	switch m.Type {
	case q931.CallProceeding, q931.Alerting, q931.Progress, q931.Connect, q931.SetupAcknowledge:
		if c.outgoing {
			c.reply(m)
		}
	case q931.Facility:
		c.facility(m)
	case q931.StatusInquiry:
		c.sendStatus(causeStatusResponse)
	case q931.Status:
		c.status(m)
	case q931.Information, q931.Notify, q931.ConnectAcknowledge, q931.UserInformation, q931.CongestionControl:
		// Keypad and H.245 were taken already; there is nothing else in them for us.
	case q931.Disconnect, q931.Release:
		// H.225.0 forbids them; who sends them from habit means to hang up.
		c.release(peerReason(m))
	default:
		c.sendStatus(causeUnknownMessage)
	}
}

// takeKeypad reads keys, which come in any message (Q.931 §4.5.18).
func (c *Call) takeKeypad(m *message) {
	keys, ok := m.Keypad()
	if !ok {
		return
	}
	for i := range len(keys) {
		c.key(Key{Digit: upper(keys[i]), Via: ViaKeypad})
	}
}

// takeTokens hands the called side's tokens to H.235.6; in Connect they come at
// the latest. false: the call is released.
func (c *Call) takeTokens(m *message, e elements) bool {
	if !c.outgoing || c.state == q931.StateActive || m.Type == q931.ReleaseComplete {
		return true
	}
	if err := c.keys.Complete(e.tokens, m.Type == q931.Connect); err != nil {
		c.release(Reason{Release: ReleaseSecurityDenied, Err: err})
		return false
	}
	return true
}

// facility does what a Facility asks for (H.225.0 §7.3.5). One with the body
// empty only carries H.245 or keeps the connection open.
func (c *Call) facility(m *message) {
	f := m.body.Facility
	if f == nil {
		return
	}
	switch r := f.Reason; {
	case r.CallForwarded != nil, r.RouteCallToGatekeeper != nil, r.RouteCallToMC != nil:
		// Whoever called us cannot send us elsewhere.
		if c.outgoing && c.state != q931.StateActive {
			c.forward(f)
		}
	case r.StartH245 != nil:
		c.startH245(f.H245Address)
	}
}

// status reads the peer's view. One that knows nothing of the call has cleared it
// (Q.931 §5.8.11).
func (c *Call) status(m *message) {
	for _, heard := range c.probes {
		heard(nil)
	}
	c.probes = nil
	if s, ok := m.CallState(); ok && s == q931.StateNull && m.CallReference != 0 {
		c.release(Reason{Cause: causeWrongState, Peer: true, Err: errPeerCleared})
	}
}

// releaseComplete ends the call by the peer's wish.
func (c *Call) releaseComplete(m *message) {
	c.released = true
	c.finish(peerReason(m))
}

// peerReason reads a message that ends the call.
func peerReason(m *message) Reason {
	r := Reason{Peer: true}
	if cause, ok := m.Cause(); ok {
		r.Cause = int(cause.Value)
	}
	if b := m.body.ReleaseComplete; b != nil {
		r.Release = releaseOf(b.Reason)
	}
	return r.filled()
}

// upper makes a key's letter upper case.
func upper(b byte) byte {
	if b >= 'a' && b <= 'd' {
		return b - 'a' + 'A'
	}
	return b
}

// acceptable says whether H.245 may be connected to there: at the signalling
// peer's own address and nowhere else, or we could be made to connect to anyone.
// A peer that speaks for others may name another machine, but neither this one nor
// an address of the link, and no port of well-known services.
func (c *Call) acceptable(a netip.AddrPort) bool {
	if a.Port() == 0 || c.signal == nil {
		return false
	}
	peer := c.signal.remoteAt.Addr()
	if a.Addr() == peer {
		return true
	}
	within := a.Addr().IsGlobalUnicast() || a.Addr().IsLoopback() && peer.IsLoopback()
	return within && a.Addr() != c.signal.local.Addr() && a.Port() >= 1024 && c.relayed()
}

// relayed says whether the signalling peer speaks for others, whose H.245 may be
// elsewhere.
func (c *Call) relayed() bool {
	return c.signal != nil && c.cfg.MayControl != nil && c.cfg.MayControl(c.signal.remoteAt.Addr())
}
