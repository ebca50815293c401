package call

import (
	"net"
	"net/netip"

	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/q931"
)

const (
	// mostHeld is how many H.245 messages may wait, in either direction, and
	// mostHeldSize how many octets of the peer's.
	mostHeld     = 256
	mostHeldSize = 256 << 10
	// mostControl is how many octets of H.245 go into one message, which must fit
	// the two octets of the user-user element's length.
	mostControl = 48 << 10
)

// tunnelling is what is agreed about H.245 in call signalling (H.323 §8.2.1).
type tunnelling uint8

const (
	tunnelOff     tunnelling = iota
	tunnelOffered            // by our Setup; the peer has not said
	tunnelOn
)

// transport is the way of a call's H.245: the tunnel, a connection of its own, or
// none yet. It belongs to the loop.
type transport struct {
	session *control.Session
	tunnel  tunnelling
	wire    *wire    // the separate connection
	queue   [][]byte // ours, encoded, waiting for a way
	early   [][]byte // what went into Setup, until the peer has shown that it read it
	heard   bool     // any H.245 has come
	garbage int      // messages that could not be read; they cost nobody the call
	held    [][]byte // the peer's, until the owner has decided about the call
	// heldSize counts the octets of held.
	heldSize int
	// engaged: the owner has decided. Until then no port is opened for the call.
	engaged  bool
	peer     netip.AddrPort // where the peer listens
	dialling bool
	patient  bool // the peer may still say where it listens
	refused  bool // peer may not be, or could not be, connected to
	listener net.Listener
	ours     netip.AddrPort // what we announced
	offered  *timer         // waits for the peer's connection before we dial
}

// saysTunnelling is the h245Tunneling of our messages.
func (t *transport) saysTunnelling() bool { return t.tunnel != tunnelOff }

// tunnelled says whether H.245 goes into call signalling now.
func (t *transport) tunnelled() bool { return t.tunnel == tunnelOn && t.wire == nil && t.engaged }

// reachable says whether H.245 has a way.
func (t *transport) reachable() bool { return t.tunnelled() || t.wire != nil }

// take gives what goes into a message of that type: as much as fits, but one PDU
// in a Facility, since there are peers that read no second one.
func (t *transport) take(m q931.Type) [][]byte {
	n, size := 0, 0
	for n < len(t.queue) && size+len(t.queue[n]) <= mostControl {
		size += len(t.queue[n])
		n++
		if m == q931.Facility {
			break
		}
	}
	if n == 0 {
		return nil
	}
	taken := t.queue[:n:n]
	t.queue = t.queue[n:]
	return taken
}

// flushControl sends the H.245 that waits, if it has a way. The loop calls it
// after each step, so that what a step made goes out together.
func (c *Call) flushControl() {
	t := &c.ctl
	for len(t.queue) > 0 && !c.over {
		switch {
		case t.wire != nil:
			p := t.queue[0]
			t.queue = t.queue[1:]
			c.put(t.wire, p)
		case t.tunnelled() && c.signal != nil:
			if len(t.queue[0]) > mostControl {
				c.log.Error("H.245 message too long", "octets", len(t.queue[0]))
				t.queue = t.queue[1:]
				continue
			}
			c.sendTunnelled()
		default:
			return
		}
	}
}

// putEarlyControl puts our first H.245 into Setup: beside fast connect into
// parallelH245Control, else into h245Control (H.323 §8.2.4).
func (c *Call) putEarlyControl(pdu *h225.H323UUPDU) {
	t := &c.ctl
	if !c.cfg.ParallelControl || t.tunnel != tunnelOffered {
		return
	}
	t.session.Start()
	t.early = t.take(q931.Setup)
	if s := pdu.H323MessageBody.Setup; s.FastStart != nil {
		s.ParallelH245Control = t.early
	} else {
		pdu.H245Control = t.early
	}
}

// takeTunnelling reads what a message says about tunnelling. A CallProceeding may
// be a gatekeeper's that does not know yet, as provisionalRespToH245Tunneling
// says outright.
func (c *Call) takeTunnelling(m *message) {
	t := &c.ctl
	if m.bare || t.wire != nil || m.pdu.ProvisionalRespToH245Tunneling != nil {
		return
	}
	says := m.pdu.H245Tunneling
	yes := says != nil && *says
	switch {
	case t.tunnel == tunnelOffered && (yes || len(m.pdu.H245Control) > 0):
		t.tunnel = tunnelOn
	case t.tunnel == tunnelOffered && (m.Type != q931.CallProceeding || m.body.CallProceeding != nil && m.body.CallProceeding.H245Address != nil):
		t.tunnel = tunnelOff
		c.repeatEarly()
	case t.tunnel == tunnelOn && says != nil && !yes:
		// H.245 goes on where it was, on a connection of its own.
		c.log.Debug("peer stops tunnelling")
		t.tunnel = tunnelOff
	}
}

// takeAddress reads an h245Address, which any message may carry. In a Facility
// startH245 it is read there.
func (c *Call) takeAddress(m *message, e elements) {
	if e.h245Address == nil || c.ctl.tunnel != tunnelOff || c.cfg.StartH245 {
		return
	}
	if f := m.body.Facility; f != nil && f.Reason.StartH245 != nil {
		return
	}
	c.peerListens(e.h245Address)
	c.dialControl()
}

// peerListens notes where the peer awaits our H.245 connection.
func (c *Call) peerListens(a *h225.TransportAddress) bool {
	at, ok := a.AddrPort()
	if !ok {
		return false
	}
	if !c.acceptable(at) {
		if !c.ctl.refused { // once: any message may bring another
			c.log.Warn("h245Address is not the signalling peer's", "address", at.String())
		}
		c.ctl.refused = true
		return false
	}
	c.ctl.peer, c.ctl.refused = at, false
	return true
}

// takeControl reads tunnelled H.245. What comes before the owner has decided
// waits, since it would open ports.
func (c *Call) takeControl(m *message) {
	t := &c.ctl
	pdus := m.pdu.H245Control
	if len(pdus) == 0 || t.tunnel != tunnelOn || t.wire != nil {
		return
	}
	if c.fast.offered != nil && !c.fast.answered {
		// H.245 before our answer ends fast connect (H.323 §8.1.7.1).
		c.fast.dropped = true
	}
	if !t.engaged {
		c.hold(pdus)
		return
	}
	c.takePDUs(pdus)
}

// hold keeps the peer's H.245 for later, as far as it is not too much.
func (c *Call) hold(pdus [][]byte) {
	t := &c.ctl
	for _, p := range pdus {
		if len(t.held) == mostHeld || t.heldSize+len(p) > mostHeldSize {
			return
		}
		t.held = append(t.held, p)
		t.heldSize += len(p)
	}
}

// takePDUs hands H.245 to its procedures. Whoever is spoken to in H.245 speaks it.
func (c *Call) takePDUs(pdus [][]byte) {
	t := &c.ctl
	session := t.session
	t.heard, t.early = true, nil
	session.Start()
	for _, p := range pdus {
		if c.over || t.session != session {
			return
		}
		c.takePDU(session, p)
	}
}

// takePDU hands on one element, in which some peers put several messages.
func (c *Call) takePDU(session *control.Session, p []byte) {
	all, err := h245.UnmarshalAll(p)
	if len(all) == 0 || all[0].Class() == h245.Unknown {
		// The session says so to the peer.
		all, err = nil, session.ReceivePDU(p)
	}
	for _, m := range all {
		if c.over || c.ctl.session != session {
			return
		}
		session.Receive(m)
	}
	if err != nil {
		if c.ctl.garbage++; c.ctl.garbage <= mostGarbage {
			c.log.Warn("unreadable H.245 message", "err", err)
		}
	}
}

// repeatEarly sends again what was in Setup, to a peer that has not read it.
func (c *Call) repeatEarly() {
	t := &c.ctl
	if t.early != nil && !t.heard {
		t.queue = append(t.early, t.queue...)
	}
	t.early = nil
}

// engage begins with what waited for the owner's decision.
func (c *Call) engage() {
	t := &c.ctl
	if t.engaged {
		return
	}
	t.engaged = true
	if held := t.held; held != nil {
		t.held = nil
		c.takePDUs(held)
	}
	c.dialControl()
}
