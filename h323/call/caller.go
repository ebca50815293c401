package call

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/secure"
)

// mostForwards is how often an outgoing call follows the called side elsewhere.
const mostForwards = 3

// dial opens the call signalling connection.
func (c *Call) dial() {
	to := c.target.Signal
	if to.Port() == 0 {
		to = netip.AddrPortFrom(to.Addr(), SignalPort)
	}
	c.aside(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, c.timers.Connect)
		defer cancel()
		conn, err := c.net.Dial(ctx, to)
		if !c.box.put(func() { c.connected(conn, err) }) && err == nil {
			_ = conn.Close()
		}
	})
}

// connected goes on with the connection, or without.
func (c *Call) connected(conn net.Conn, err error) {
	if c.over {
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	if err != nil {
		c.finish(Reason{Cause: causeNoRoute, Release: ReleaseUnreachableDestination, Err: err})
		return
	}
	c.connect(conn)
	c.crv = c.target.CallReference & q931.MaxCallReference
	if c.crv == 0 || c.forwards > 0 {
		c.crv = uint16(1 + rand.IntN(q931.MaxCallReference))
	}
	c.ctl.engaged = true
	if !c.cfg.NoTunnelling {
		c.ctl.tunnel = tunnelOffered
	}
	c.state = q931.StateInitiated
	c.sendSetup()
	if c.over {
		return
	}
	c.expect(c.timers.T303, causeNoUserResponding, errNoReply)
	c.owner.Progress(Calling)
}

// expect releases the call unless its next step comes in time.
func (c *Call) expect(d time.Duration, cause int, err error) {
	c.wait.stop()
	c.wait = c.after(d, func() { c.release(Reason{Cause: cause, Err: err}) })
}

// ownName is what Display says.
func (c *Call) ownName() string {
	if c.target.Caller != nil {
		return c.target.Caller.Name
	}
	return c.cfg.Name
}

// ownAliases are our names.
func (c *Call) ownAliases() []Alias {
	if c.target.Caller != nil {
		return c.target.Caller.Aliases
	}
	return c.cfg.Aliases
}

// sendSetup calls (H.225.0 §7.3.10). destCallSignalAddress is always there: some
// endpoints want it.
func (c *Call) sendSetup() {
	to := c.target.Signal
	if c.signal.remoteAt.IsValid() {
		to = c.signal.remoteAt
	}
	s := &h225.SetupUUIE{
		ProtocolIdentifier: h225.Protocol, SourceAddress: addresses(c.ownAliases()), SourceInfo: c.endpoint(),
		DestinationAddress: addresses(c.target.Called), DestCallSignalAddress: h225.TransportAddressOf(to),
		ConferenceID: c.conference, ConferenceGoal: h225.SetupUUIEConferenceGoal{Create: new(per.Null)},
		CallType: h225.CallType{PointToPoint: new(per.Null)}, CallIdentifier: c.identifier(),
		MediaWaitForConnect: no(), CanOverlapSend: no(), MultipleCalls: no(), MaintainConnection: no(),
	}
	if c.signal.local.IsValid() {
		s.SourceCallSignalAddress = h225.TransportAddressOf(c.signal.local)
	}
	if x := c.target.Extension; x != nil {
		if a, ok := x.address(); ok {
			s.RemoteExtensionAddress = &a
		}
	}
	own := c.keys.Offer() // before the proposals, which it encrypts
	s.Tokens = append(slices.Clip(c.target.Tokens), own...)
	s.CryptoTokens = c.target.CryptoTokens
	s.FastStart = c.propose()
	if c.sound.err != nil {
		c.finish(Reason{Cause: causeNoResource, Release: ReleaseGatewayResources, Err: c.sound.err})
		return
	}
	c.compose(q931.Setup, h225.H323UUPDUH323MessageBody{Setup: s}, c.setupElements)
}

// setupElements are the Q.931 ones of a Setup.
func (c *Call) setupElements(m *q931.Message) {
	m.SetBearerCapability(q931.BearerCapability{
		Capability: q931.Speech, Mode: q931.CircuitMode, Rate: q931.Rate64k, Layer1: q931.Layer1H221,
	})
	c.display(m)
	if p := c.target.Caller; p != nil && h225.Dialable(p.Number) {
		m.SetCallingParty(q931.PartyNumber{Plan: q931.ISDNPlan, Indicators: true, Digits: p.Number})
	}
	for _, a := range c.target.Called {
		if (a.Kind == DialedDigits || a.Kind == PartyNumber) && h225.Dialable(a.Text) {
			m.SetCalledParty(q931.PartyNumber{Plan: q931.ISDNPlan, Digits: a.Text})
			return
		}
	}
}

// propose offers channels for fast connect; nil: none.
func (c *Call) propose() [][]byte {
	if c.cfg.NoFastConnect || c.keys.Policy() != secure.Off && !c.cfg.FastEncryption {
		return nil
	}
	if _, _, err := c.local(); err != nil {
		return nil // the call ends for it
	}
	all, err := c.ctl.session.Propose()
	if err != nil {
		c.log.Warn("no fast connect", "err", err)
		return nil
	}
	c.fast.proposed = true
	return c.encodeChannels(all)
}

// takeFastStart reads the called side's answer to our proposals, which any
// message up to Connect may carry.
func (c *Call) takeFastStart(m *message, e elements) {
	f := &c.fast
	if !f.proposed || f.answered {
		return
	}
	switch {
	case e.fastStart != nil:
		f.answered = true
		if err := c.ctl.session.Adopt(c.decodeChannels(e.fastStart)); err != nil {
			c.log.Warn("answer to fast connect", "err", err)
		}
	case e.refused, m.Type == q931.Connect:
		f.answered = true
		c.ctl.session.Refused()
	}
}

// reply does what an answer to our Setup says. Steps do not go back.
func (c *Call) reply(m *message) {
	if c.state == q931.StateActive {
		return
	}
	switch m.Type {
	case q931.CallProceeding, q931.SetupAcknowledge:
		if c.state == q931.StateInitiated {
			c.state = q931.StateOutgoingProceeding
			c.expect(c.timers.T310, causeNoUserResponding, errNoProgress)
			c.owner.Progress(Proceeding)
		}
	case q931.Progress:
		if c.state == q931.StateInitiated {
			c.state = q931.StateOutgoingProceeding
			c.expect(c.timers.T310, causeNoUserResponding, errNoProgress)
		}
		c.owner.Progress(InBand)
	case q931.Alerting:
		if c.state != q931.StateDelivered {
			c.state = q931.StateDelivered
			c.expect(c.timers.T301, causeNoAnswer, errNoAnswer)
			c.owner.Progress(Ringing)
		}
		if b := m.body.Alerting; b != nil {
			c.setRemote(party(b.AlertingAddress, b.DisplayName, &b.DestinationInfo, m))
		}
	case q931.Connect:
		c.answered(m)
	}
}

// answered takes Connect.
func (c *Call) answered(m *message) {
	c.wait.stop()
	c.state = q931.StateActive
	if b := m.body.Connect; b != nil {
		c.setRemote(party(b.ConnectedAddress, b.DisplayName, &b.DestinationInfo, m))
	}
	if c.ctl.tunnel == tunnelOffered {
		c.ctl.tunnel = tunnelOff
	}
	if len(m.pdu.H245Control) == 0 {
		c.repeatEarly()
	}
	c.active()
}

// forward follows the called side to another address (H.323 §8.1.8), a few times
// at most: a new connection and a new Setup.
func (c *Call) forward(f *h225.FacilityUUIE) {
	next := c.target
	if a, ok := f.AlternativeAddress.AddrPort(); ok {
		next.Signal = a
	}
	var names []Alias
	for i := range f.AlternativeAliasAddress[:min(len(f.AlternativeAliasAddress), mostAliases)] {
		if a, ok := aliasOf(&f.AlternativeAliasAddress[i]); ok {
			names = append(names, a)
		}
	}
	if names != nil {
		next.Called = names
	}
	c.forwards++
	elsewhere := next.Signal != c.target.Signal || names != nil
	if c.forwards > mostForwards || !elsewhere || c.cfg.MayForward != nil && !c.cfg.MayForward(next) {
		c.release(Reason{Cause: causeNormalUnspecified, Release: ReleaseFacilityCallDeflection, Err: errForwards})
		return
	}
	c.leave()
	c.target = next
	c.owner.Progress(Forwarded)
	c.dial()
}

// leave ends what there is of a call that goes on elsewhere.
func (c *Call) leave() {
	c.wait.stop()
	c.endControl()
	c.sendReleaseComplete(Reason{Release: ReleaseFacilityCallDeflection}.filled())
	old := c.signal
	for _, w := range c.wires {
		w.finish()
		c.dropLater(w)
	}
	c.closeListener()
	c.silence()
	if old == c.signal {
		c.signal = nil
	}
	c.state, c.crv = q931.StateNull, 0
	c.ctl, c.fast = transport{}, fastConnect{}
	c.session()
}

// dropLater closes a connection that is done with once its last message had time
// to leave.
func (c *Call) dropLater(w *wire) {
	c.after(c.timers.Release, w.drop)
}
