package call

import (
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/secure"
)

// keyLength is how long a key that we send is said to have been pressed.
const keyLength = 160 * time.Millisecond

// codecs are the names of H.245's formats.
var codecs = [...]struct {
	ours Codec
	h245 control.Codec
}{{G722, control.G722}, {G711A, control.ALaw}, {G711U, control.MuLaw}}

// formats are the Config's, as control has them.
func formats(list []Codec) []control.Format {
	var all []control.Format
	for _, c := range list {
		for _, k := range codecs {
			if k.ours == c {
				all = append(all, control.Format{Codec: k.h245, Frames: 20})
			}
		}
	}
	return all
}

// channel is control's channel, as our owner has it.
func channel(ch control.Channel) Channel {
	c := Channel{
		Payload: ch.PayloadType, Frames: ch.Format.Frames, RTP: ch.Media, RTCP: ch.Control, Events: ch.EventPayloadType,
		Number: ch.Number, Session: ch.Session, Encrypted: ch.Encrypted, Keys: ch.Keys,
	}
	for _, k := range codecs {
		if k.h245 == ch.Format.Codec {
			c.Codec = k.ours
		}
	}
	return c
}

// capabilities are control's, as our owner has them.
func capabilities(peer control.Capabilities) Capabilities {
	all := Capabilities{
		UserInput: peer.Input != 0, Events: peer.EventPayloadType != 0, Video: peer.Video, Data: peer.Data, Empty: peer.Empty,
	}
	for _, f := range peer.Audio {
		for _, k := range codecs {
			if k.h245 == f.Codec {
				all.Audio = append(all.Audio, k.ours)
			}
		}
	}
	return all
}

// channels are the logical channels that are open, and our addresses for them.
type channels struct {
	asked     bool
	rtp, rtcp netip.AddrPort
	err       error

	send    *Channel
	receive []Channel
}

func (s *channels) open() bool { return s.send != nil || len(s.receive) > 0 }

// session makes the H.245 procedures of the call, and has them speak to the loop.
func (c *Call) session() {
	conf := control.Config{
		Send: c.sendControl, Events: events{c}, Media: c.local,
		After: func(d time.Duration, f func()) func() {
			t := c.after(d, f)
			return t.stop
		},
		Audio: formats(c.cfg.Audio), TerminalType: c.cfg.TerminalType, Log: c.log,
	}
	c.keys = nil
	if c.cfg.Encryption != secure.Off {
		c.keys = secure.NewKeys(c.cfg.Encryption)
	}
	conf.Keys = c.keys
	if c.cfg.Terminal && conf.TerminalType == 0 {
		conf.TerminalType = 50
	}
	c.ctl.session = control.New(conf)
}

// local asks the owner for its addresses, once. A call that can get none ends.
func (c *Call) local() (rtp, rtcp netip.AddrPort, err error) {
	s := &c.sound
	if !s.asked {
		s.asked = true
		if s.rtp, s.rtcp, s.err = c.media.Local(); s.err != nil {
			c.box.put(func() {
				c.release(Reason{Cause: causeNoResource, Release: ReleaseGatewayResources, Err: s.err})
			})
		}
	}
	return s.rtp, s.rtcp, s.err
}

// sendControl queues H.245 for the peer.
func (c *Call) sendControl(messages []*control.Message) {
	for _, m := range messages {
		p, err := h245.Marshal(m)
		if err != nil {
			c.log.Error("H.245 message of ours cannot be encoded", "message", m.Name(), "err", err)
			continue
		}
		if len(c.ctl.queue) >= mostHeld {
			c.box.put(func() { c.abandon(Reason{Cause: causeRecoveryOnTimer, Err: errStuck}) })
			return
		}
		c.ctl.queue = append(c.ctl.queue, p)
	}
}

// events are those of H.245, which become the owner's.
type events struct{ c *Call }

// Capabilities implements control.Events. What follows from them, its channels
// tell, unless encryption is required and the peer's set has none.
func (e events) Capabilities(peer control.Capabilities) {
	if w, ok := e.c.owner.(Watcher); ok && !e.c.over {
		w.Capabilities(capabilities(peer))
	}
	if err := e.c.keys.Check(); err != nil {
		e.c.box.put(func() { e.c.release(Reason{Release: ReleaseSecurityDenied, Err: err}) })
	}
}

// Opened implements control.Events.
func (e events) Opened(ch control.Channel) { e.Updated(ch) }

// Updated implements control.Events.
func (e events) Updated(ch control.Channel) {
	if e.c.over {
		return
	}
	s, now := &e.c.sound, channel(ch)
	if ch.Direction == control.Transmit {
		s.send = &now
		if ch.Stopped {
			e.c.media.Send(nil)
		} else {
			e.c.media.Send(&now)
		}
		return
	}
	for i := range s.receive {
		if s.receive[i].Number == ch.Number {
			s.receive[i] = now
			e.c.tellReceive()
			return
		}
	}
	s.receive = append(s.receive, now)
	e.c.tellReceive()
}

// Closed implements control.Events.
func (e events) Closed(ch control.Channel) {
	if e.c.over {
		return
	}
	s := &e.c.sound
	if ch.Direction == control.Transmit {
		if s.send != nil && s.send.Number == ch.Number {
			s.send = nil
			e.c.media.Send(nil)
		}
		return
	}
	for i := range s.receive {
		if s.receive[i].Number == ch.Number {
			s.receive = append(s.receive[:i:i], s.receive[i+1:]...)
			e.c.tellReceive()
			return
		}
	}
}

// Key implements control.Events.
func (e events) Key(k control.Key) {
	via := ViaAlphanumeric
	if k.Way == control.Signal {
		via = ViaSignal
	}
	e.c.key(Key{Digit: k.Digit, Via: via, Duration: k.Duration})
}

// Ended implements control.Events: who ends H.245 ends the call, once the answer
// to it is on its way.
func (e events) Ended(control.Ending) {
	e.c.box.put(func() { e.c.release(Reason{Cause: causeNormalClearing, Peer: true}) })
}

// tellReceive gives the owner a list of its own.
func (c *Call) tellReceive() {
	c.media.Receive(append([]Channel(nil), c.sound.receive...))
}

// silence takes all channels from the owner.
func (c *Call) silence() {
	s := &c.sound
	send, receive := s.send, s.receive
	s.send, s.receive = nil, nil
	if send != nil {
		c.media.Send(nil)
	}
	if len(receive) > 0 {
		c.media.Receive(nil)
	}
}

// key tells the owner of a key of an answered or alerted call.
func (c *Call) key(k Key) {
	if !c.over {
		c.owner.Key(k)
	}
}

func (c *Call) sendKey(digit byte) {
	if c.over || c.ctl.reachable() && c.ctl.session.SendKey(digit, keyLength) {
		return
	}
	if c.signal != nil && c.state != 0 {
		c.sendKeypad(digit)
	}
}
