package call

import (
	"net/netip"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
)

// fastConnect is how fast connect stands (H.323 §8.1.7). It belongs to the loop.
type fastConnect struct {
	offered  [][]byte // the caller's proposals; nil: none
	answered bool     // by us, or by the peer
	refused  bool     // by us
	dropped  bool     // the caller went on with H.245 instead
	proposed bool     // by our Setup
	reply    [][]byte // our choice, until a message has taken it along
}

// mostProposals is how many of the caller's channels are looked at. A codec takes
// two.
const mostProposals = 256

// setup takes a Setup: the call's first one. It may come again (Q.931 §5.1.1),
// and a peer that wants a second call here has to open a connection for it.
func (c *Call) setup(m *message) {
	switch {
	case c.outgoing || c.state != q931.StateNull:
		if m.CallReference != c.crv {
			c.refuseSecond(m)
		}
		return
	case m.body.Setup == nil:
		c.crv = m.CallReference
		c.release(Reason{Cause: causeElementMissing, Release: ReleaseUndefined, Err: errNoSetup})
		return
	}
	s := m.body.Setup
	c.wait.stop()
	c.crv, c.state = m.CallReference, q931.StatePresent
	c.conference = s.ConferenceID
	if s.CallIdentifier != nil {
		c.callID = s.CallIdentifier.Guid
	}
	if g := s.ConferenceGoal; g.CapabilityNegotiation != nil || g.CallIndependentSupplementaryService != nil {
		// No call is wanted.
		c.release(Reason{Cause: causeNotImplemented, Release: ReleaseNeededFeatureNotSupported})
		return
	}
	if err := c.keys.Answer(s.Tokens); err != nil {
		c.release(Reason{Release: ReleaseSecurityDenied, Err: err})
		return
	}
	c.offer(m, s)
}

// offer notes what the caller can do, and asks the owner.
func (c *Call) offer(m *message, s *h225.SetupUUIE) {
	t := &c.ctl
	if yes := m.pdu.H245Tunneling; yes != nil && *yes && !c.cfg.NoTunnelling {
		t.tunnel = tunnelOn
		c.hold(m.pdu.H245Control)
		c.hold(s.ParallelH245Control)
	}
	if s.H245Address != nil && !c.cfg.StartH245 {
		c.peerListens(s.H245Address)
	}
	c.fast.offered = s.FastStart[:min(len(s.FastStart), mostProposals)]
	c.called = readSetup(m, s)
	c.called.Local, c.called.Remote = c.signal.local, c.signal.remoteAt
	c.setRemote(c.called.Caller)
	c.wait = c.after(c.timers.Setup, func() {
		c.release(Reason{Cause: causeNoUserResponding, Err: errUndecided})
	})
	c.owner.Incoming(c.called)
	c.takeKeypad(m)
}

// refuseSecond refuses another call on the same connection, whose reference is
// not ours.
func (c *Call) refuseSecond(m *message) {
	crv, id := c.crv, c.callID
	defer func() { c.crv, c.callID = crv, id }()
	c.crv, c.callID = m.CallReference, nil
	if s := m.body.Setup; s != nil && s.CallIdentifier != nil {
		c.callID = s.CallIdentifier.Guid
	}
	r := Reason{Release: ReleaseNewConnectionNeeded}.filled()
	pdu := h225.H323UUPDU{H245Tunneling: no()}
	pdu.H323MessageBody.ReleaseComplete = &h225.ReleaseCompleteUUIE{
		ProtocolIdentifier: h225.Protocol, Reason: r.Release.element(), CallIdentifier: c.identifier(),
	}
	c.sendPDU(q931.ReleaseComplete, pdu, func(m *q931.Message) {
		m.SetCause(q931.Cause{Value: q931.CauseValue(r.Cause)})
	})
}

// incoming says whether the owner may still answer.
func (c *Call) incoming() bool {
	switch c.state {
	case q931.StatePresent, q931.StateIncomingProceeding, q931.StateReceived:
		return !c.over && !c.outgoing
	}
	return false
}

func (c *Call) proceed() {
	if c.incoming() && c.state == q931.StatePresent {
		c.wait.stop()
		c.state = q931.StateIncomingProceeding
		c.sendCallProceeding()
	}
}

func (c *Call) alert() {
	if !c.incoming() || c.state == q931.StateReceived {
		return
	}
	c.wait.stop()
	if c.ctl.held != nil {
		// A caller's early H.245 is answered by the first message that can be, or
		// the caller takes it as lost; its fast connect with it.
		if !c.begin() {
			return
		}
	}
	c.state = q931.StateReceived
	c.sendAlerting()
}

// begin answers fast connect and does the H.245 that has come so far. It opens
// ports. false: there are none, and the call is over.
func (c *Call) begin() bool {
	if c.ctl.engaged {
		return true
	}
	if _, _, err := c.local(); err != nil {
		c.release(Reason{Cause: causeNoResource, Release: ReleaseGatewayResources, Err: err})
		return false
	}
	c.fast.reply = c.chooseFast()
	c.fast.answered = true
	c.fast.refused = c.fast.offered != nil && c.fast.reply == nil
	c.engage()
	return !c.over
}

// answer sends Connect: with our choice of the proposed channels, with the H.245
// that waits, and with an address for H.245 if it is not tunnelled.
func (c *Call) answer() {
	if !c.incoming() {
		return
	}
	c.wait.stop()
	if !c.begin() {
		return
	}
	var address *h225.TransportAddress
	if c.ctl.tunnel == tunnelOn {
		if c.fast.reply == nil {
			c.ctl.session.Start()
		}
	} else if !c.cfg.StartH245 && c.ctl.wire == nil && !c.ctl.dialling {
		if c.ctl.patient = c.relayed(); !c.ctl.patient {
			address = c.listenControl()
		}
	}
	c.state = q931.StateActive
	c.sendConnect(address)
	c.active()
}

// redirect has a caller try another address.
func (c *Call) redirect(to netip.AddrPort) {
	if !c.incoming() {
		return
	}
	c.sendRoute(to)
	c.release(Reason{Release: ReleaseFacilityCallDeflection})
}

// active begins what an answered call has to have.
func (c *Call) active() {
	if c.over {
		return
	}
	c.owner.Connected()
	if c.ctl.tunnel == tunnelOn {
		// Some never send a capability set after a tunnelled fast connect: we do.
		c.ctl.session.Start()
	}
	if c.ctl.patient {
		c.after(volunteer, func() {
			c.ctl.patient = false
			c.ensureControl()
		})
	}
	c.ensureControl()
	c.awaitControl()
}

// chooseFast takes what suits us of the channels that the caller proposes; nil:
// nothing.
func (c *Call) chooseFast() [][]byte {
	f := &c.fast
	if f.offered == nil || f.dropped || c.cfg.NoFastConnect {
		return nil
	}
	return c.encodeChannels(c.ctl.session.Choose(c.decodeChannels(f.offered)))
}

// decodeChannels reads the elements of fast connect. One that cannot be read is
// as if it were not there.
func (c *Call) decodeChannels(elements [][]byte) []*h245.OpenLogicalChannel {
	var all []*h245.OpenLogicalChannel
	for _, e := range elements {
		olc := new(h245.OpenLogicalChannel)
		if err := per.Unmarshal(e, olc); err != nil {
			c.log.Debug("unreadable fast connect element", "err", err)
			continue
		}
		all = append(all, olc)
	}
	return all
}

func (c *Call) encodeChannels(all []*h245.OpenLogicalChannel) [][]byte {
	var elements [][]byte
	for _, olc := range all {
		e, err := per.Marshal(olc)
		if err != nil {
			c.log.Error("channel of ours cannot be encoded", "err", err)
			continue
		}
		elements = append(elements, e)
	}
	return elements
}
