package call

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
)

// yield is how long whoever has the higher address waits for the other one's
// connection when both listen.
const yield = 3 * time.Second

// volunteer is how long a caller whose signalling a gatekeeper relays may take to
// say where it listens, before we do. It could be somewhere else than its signalling:
// we connect to where it says, but let nobody else in.
const volunteer = time.Second

// startH245 does what a Facility startH245 asks for: connect to the peer's
// h245Address (H.323 §8.2.3). If both listen the one with the lower address
// connects to the other.
func (c *Call) startH245(a *h225.TransportAddress) {
	t := &c.ctl
	if a == nil || t.wire != nil || !c.peerListens(a) {
		return
	}
	if t.listener != nil && lower(t.peer, t.ours) {
		t.offered.stop()
		t.offered = c.after(yield, c.dialControl)
		return
	}
	c.dialControl()
}

// lower compares transport addresses as their octets are sent.
func lower(a, b netip.AddrPort) bool {
	x, y := a.Addr().AsSlice(), b.Addr().AsSlice()
	if d := bytes.Compare(x, y); d != 0 {
		return d < 0
	}
	return a.Port() < b.Port()
}

// dialControl connects to where the peer listens, once the owner has decided
// about the call.
func (c *Call) dialControl() {
	t := &c.ctl
	if !t.engaged || t.wire != nil || t.dialling || !t.peer.IsValid() || c.over {
		return
	}
	t.dialling = true
	to := t.peer
	c.aside(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, c.timers.Connect)
		defer cancel()
		conn, err := c.net.Dial(ctx, to)
		if !c.box.put(func() { c.dialled(conn, err) }) && err == nil {
			_ = conn.Close()
		}
	})
}

func (c *Call) dialled(conn net.Conn, err error) {
	t := &c.ctl
	t.dialling = false
	if err != nil {
		c.log.Warn("no H.245 connection", "err", err)
		t.refused, t.peer = true, netip.AddrPort{}
		c.ensureControl()
		return
	}
	c.useControl(conn)
}

// listenControl opens a listener for the peer's H.245 connection and says where;
// nil: there is none to be had.
func (c *Call) listenControl() *h225.TransportAddress {
	t := &c.ctl
	if t.listener == nil {
		local := c.signal.local.Addr()
		l, err := c.cfg.H245Ports.listen(c.net, local)
		if err != nil {
			c.log.Warn("no H.245 listener", "err", err)
			return nil
		}
		at := local
		if c.cfg.PublicIP.IsValid() {
			at = c.cfg.PublicIP
		}
		t.listener, t.ours = l, netip.AddrPortFrom(at, addrPort(l.Addr()).Port())
		peer := c.signal.remoteAt.Addr()
		c.aside(func(context.Context) { c.accepting(l, peer) })
	}
	return h225.TransportAddressOf(t.ours)
}

// accepting takes the first connection from the signalling peer's address, and
// ends with it or with the listener.
func (c *Call) accepting(l net.Listener, peer netip.Addr) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if addrPort(conn.RemoteAddr()).Addr() != peer {
			_ = conn.Close()
			continue
		}
		if !c.box.put(func() { c.useControl(conn) }) {
			_ = conn.Close()
		}
		return
	}
}

// useControl moves H.245 to a connection of its own.
func (c *Call) useControl(conn net.Conn) {
	t := &c.ctl
	if c.over || t.wire != nil {
		_ = conn.Close()
		return
	}
	w := c.newWire(conn, nil, nil)
	w.frame = c.controlFrame
	w.lost = func(err error) { c.controlLost(w, err) }
	t.wire, t.tunnel = w, tunnelOff
	t.offered.stop()
	c.closeListener()
	c.start(w)
	c.repeatEarly()
	t.session.Start()
}

func (c *Call) closeListener() {
	if l := c.ctl.listener; l != nil {
		c.ctl.listener = nil
		_ = l.Close()
	}
}

// controlFrame takes a frame of the H.245 connection. An empty one is a
// keep-alive.
func (c *Call) controlFrame(p []byte) {
	if len(p) > 0 && !c.over {
		c.tapped(c.ctl.wire, p, false)
		c.takePDUs([][]byte{p})
	}
}

// controlLost ends the call: a peer that closes H.245 means to hang up.
func (c *Call) controlLost(w *wire, err error) {
	w.drop()
	if c.over || c.ctl.wire != w {
		return
	}
	c.ctl.wire = nil
	r := Reason{Cause: causeNormalClearing, Peer: true, Err: err}
	if !isEnd(err) {
		r.Cause = causeTemporaryFailure
	}
	c.release(r)
}

// signalLost ends the call, unless it has H.245 on a connection of its own: then
// either side may close call signalling (H.323 §7.3), and H.245 ends the call.
func (c *Call) signalLost(err error) {
	if c.over {
		return
	}
	if errors.Is(err, io.EOF) && c.state == q931.StateActive && c.ctl.wire != nil {
		c.signal.drop()
		c.signal = nil
		return
	}
	r := Reason{Cause: causeTemporaryFailure, Peer: true, Err: err}
	switch {
	case isSlow(err):
		r.Cause, r.Peer = causeRecoveryOnTimer, false
		c.release(r)
		return
	case isBroken(err):
		r.Cause, r.Peer = causeProtocolError, false
		c.release(r)
		return
	case c.outgoing && c.state == q931.StateInitiated:
		r.Cause, r.Release = causeDestinationOutOfOr, ReleaseUnreachableDestination
	}
	c.released = true
	c.finish(r)
}

// ensureControl sees that an answered call without tunnelling gets its H.245
// connection: if the peer has not said where it listens, we do.
func (c *Call) ensureControl() {
	t := &c.ctl
	if c.over || c.state != q931.StateActive || c.signal == nil || t.reachable() || t.dialling || t.listener != nil || t.tunnel != tunnelOff {
		return
	}
	if t.peer.IsValid() && !t.refused && !c.cfg.StartH245 {
		c.dialControl()
		return
	}
	if t.patient {
		return
	}
	if at := c.listenControl(); at != nil {
		c.sendStartH245(at)
	}
}

// awaitControl gives H.245 time to find a way. Without one a call has only what
// fast connect opened.
func (c *Call) awaitControl() {
	c.after(c.timers.Control, func() {
		if c.ctl.reachable() || c.sound.open() {
			return
		}
		c.release(Reason{Cause: causeProtocolError, Release: ReleaseUndefined, Err: errNoControl})
	})
}
