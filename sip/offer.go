package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/sdp"
)

// errNoAnswer says that an offer of ours was not answered where it had to be.
var errNoAnswer = errors.New("sip: no answer to our offer")

// mediaAddr is what our SDP says of where our media is.
type mediaAddr struct {
	addr      netip.Addr
	rtp, rtcp int
}

// capabilities is what this end offers or answers with.
func (l *Leg) capabilities() sdp.Local {
	return sdp.Local{
		Addr: l.sdpAddr.addr, RTPPort: l.sdpAddr.rtp, RTCPPort: l.sdpAddr.rtcp,
		Codecs: l.cfg.codecs(l.trunk), SRTP: l.cfg.srtp(l.trunk), MKI: true, Events: true,
		SessionID: l.sessionID, Version: l.version, Current: l.agreed,
	}
}

// open opens the stream toward a peer whose media is, or is supposed to be, at
// remote.
func (l *Leg) open(remote netip.Addr, peer media.Candidates) error {
	bind, err := l.bind(remote)
	if err != nil {
		return err
	}
	s, err := l.srv.streams.New(media.StreamConfig{
		Local: bind, Peer: peer,
		Exclusive:   l.trunk != nil && l.trunk.ExclusivePorts,
		FollowLatch: l.trunk == nil || !l.trunk.FixedRTP,
		OnKey:       l.keys.Press,
		Logger:      l.log,
	})
	if err != nil {
		return err
	}
	l.stream = s
	rtp, rtcp := s.Local()
	l.sdpAddr = mediaAddr{addr: rtp.Addr().Unmap(), rtp: int(rtp.Port()), rtcp: int(rtcp.Port())}
	if a, ok := l.cfg.public(remote.Is4()); ok {
		l.sdpAddr.addr = a
	} else if !rtp.Addr().IsValid() || rtp.Addr().IsUnspecified() {
		l.sdpAddr.addr = l.srv.advertised(l.dlg.flow, remote)
	}
	return nil
}

// bind chooses the local address for a peer's family: where ports may be opened
// everywhere, the address that we announce, so that our packets come from there.
func (l *Leg) bind(remote netip.Addr) (netip.Addr, error) {
	for _, b := range l.srv.streams.Bind {
		if b.Unmap().Is4() != remote.Is4() {
			continue
		}
		if _, nat := l.cfg.public(remote.Is4()); !b.IsUnspecified() || nat {
			return b, nil
		}
		a := l.srv.advertised(l.dlg.flow, remote)
		if a.IsValid() && a.Is4() == remote.Is4() {
			return a, nil
		}
		return b, nil
	}
	return netip.Addr{}, media.ErrAddress
}

// answer answers an offer and has the media follow. The body's version grows
// only if it differs from the last (RFC 3264 §8).
func (l *Leg) answer(offer *sdp.Description) ([]byte, error) {
	body, n, err := sdp.Answer(offer, l.capabilities())
	if err != nil {
		return nil, err
	}
	if l.body != nil && !bytes.Equal(body, l.body) {
		l.version++
		if body, n, err = sdp.Answer(offer, l.capabilities()); err != nil {
			return nil, err
		}
	}
	keys, err := keysOf(n)
	if err != nil {
		return nil, err
	}
	l.body = body
	l.apply(n, keys)
	return body, nil
}

// offer makes an offer of all we can.
func (l *Leg) offer() []byte {
	if l.body != nil {
		l.version++
	}
	l.offered, l.body = sdp.Offer(l.capabilities())
	return l.body
}

// takeAnswer takes the answer to our offer out of a message.
func (l *Leg) takeAnswer(m *msg.MessageData) error {
	body, err := sessionBody(m)
	if err != nil {
		return err
	}
	if body == nil {
		return errNoAnswer
	}
	answer, err := sdp.Parse(body)
	if err != nil {
		return err
	}
	n, err := l.offered.Accept(answer)
	if err != nil {
		return err
	}
	keys, err := keysOf(n)
	if err != nil {
		return err
	}
	l.offered = nil
	l.apply(n, keys)
	return nil
}

// keysOf are the keys that were agreed, in the media engine's words: nil for plain
// RTP. Keys that the engine could not use are an offer that we cannot take.
func keysOf(n sdp.Negotiated) (*media.Crypto, error) {
	if n.Crypto == nil {
		return nil, nil
	}
	c := &media.Crypto{
		Suite: n.Crypto.Suite, Local: n.Crypto.Local, Remote: n.Crypto.Remote, RemoteMKI: n.Crypto.RemoteMKI,
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", sdp.ErrNoCodec, err)
	}
	return c, nil
}

// apply has the media do what was agreed.
func (l *Leg) apply(n sdp.Negotiated, keys *media.Crypto) {
	l.agreed = &n
	p := media.Params{
		Peer: l.candidates(n), Mux: n.Mux, Send: n.Send, Receive: n.Receive,
		EventPT: n.EventPT, EventClock: n.EventClock,
		ComfortPT: n.ComfortPT, Hold: n.PeerHold, LevelExt: n.LevelExt, SRTP: keys,
	}
	for _, e := range n.ReceiveEvents {
		p.ReceiveEvents = append(p.ReceiveEvents, media.EventFormat(e))
	}
	l.held.Store(n.PeerHold)
	l.encrypted.Store(keys != nil)
	l.stream.Update(p)
	l.log.Info("media agreed", "codec", n.Send.String(), "remote", n.Remote.String(),
		"direction", n.Direction.String(), "hold", n.PeerHold, "srtp", n.Crypto != nil)
}

// candidates is where the peer's media may come from.
func (l *Leg) candidates(n sdp.Negotiated) media.Candidates {
	c := media.Candidates{
		Announced: n.Remote, AnnouncedRTCP: n.RemoteRTCP,
		Signalling: l.dlg.source.Addr(),
	}
	if l.trunk != nil {
		c.Nets = l.trunk.Media
	}
	return c
}
