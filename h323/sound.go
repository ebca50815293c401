package h323

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

// codecNames are the formats that H.323 calls can agree on here.
var codecNames = map[call.Codec]codec.Name{
	call.G722: codec.G722, call.G711A: codec.PCMA, call.G711U: codec.PCMU,
}

// audio are the configured codecs in the words of H.245, best first.
func (c *Config) audio() []call.Codec {
	var list []call.Codec
	for _, n := range c.Codecs {
		for word, name := range codecNames {
			if name == n {
				list = append(list, word)
			}
		}
	}
	return list
}

// sound is the leg as its signalling sees its media. All of it runs on the call's
// loop.
type sound struct{ *Leg }

// Local implements call.Media: it opens the stream and says where it is.
func (s sound) Local() (rtp, rtcp netip.AddrPort, err error) {
	l := s.Leg
	if err := l.open(); err != nil {
		l.log.Warn("no port for sound", "error", err)
		l.finish(causeOf(err))
		return rtp, rtcp, err
	}
	rtp, rtcp = l.stream.Local()
	at := rtp.Addr().Unmap()
	if a, ok := l.cfg.public(l.source.Addr().Is4()); ok {
		at = a
	} else if !at.IsValid() || at.IsUnspecified() {
		at = l.advertised()
	}
	return netip.AddrPortFrom(at, rtp.Port()), netip.AddrPortFrom(at, rtcp.Port()), nil
}

// open opens the stream toward a peer of which only the signalling is known. RTP
// never follows where the peer's comes from: it goes where the channel's
// acknowledgement said.
func (l *Leg) open() error {
	bind, err := l.bind()
	if err != nil {
		return err
	}
	stream, err := l.srv.streams.New(media.StreamConfig{
		Local:     bind,
		Peer:      media.Candidates{Signalling: l.source.Addr(), Nets: l.pass.Media},
		Exclusive: l.pass.Exclusive,
		OnKey:     l.keys.Press,
		Logger:    l.log,
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.stream = stream
	over := l.ended
	l.mu.Unlock()
	if over {
		stream.Close()
		return net.ErrClosed
	}
	return nil
}

// bind chooses the local address for the peer's family: where ports may be opened
// everywhere, the address that we announce, so that our packets come from there.
func (l *Leg) bind() (netip.Addr, error) {
	v4 := l.source.Addr().Is4()
	for _, b := range l.srv.streams.Bind {
		if b.Unmap().Is4() != v4 {
			continue
		}
		if _, nat := l.cfg.public(v4); !b.IsUnspecified() || nat {
			return b, nil
		}
		if a := l.advertised(); a.IsValid() && a.Is4() == v4 {
			return a, nil
		}
		return b, nil
	}
	return netip.Addr{}, media.ErrAddress
}

// advertised is the address at which the peer reaches us: the one that it has
// called or, if we call, that of the route there.
func (l *Leg) advertised() netip.Addr {
	remote := l.source.Addr()
	if a := l.local; a.IsValid() && !a.IsUnspecified() && a.Is4() == remote.Is4() {
		return a
	}
	c, err := net.Dial("udp", netip.AddrPortFrom(remote, 9).String()) // sends nothing
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
		return a.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// Send implements call.Media.
func (s sound) Send(c *call.Channel) {
	s.agree(func() { s.send = c })
	s.attendOnce()
}

// Receive implements call.Media.
func (s sound) Receive(channels []call.Channel) { s.agree(func() { s.receive = channels }) }

// agree has the stream do what was agreed.
func (l *Leg) agree(change func()) {
	l.mu.Lock()
	change()
	stream := l.stream
	p, err := l.params()
	l.tellGatekeeper()
	l.mu.Unlock()
	if stream == nil || l.over() {
		return
	}
	if err != nil {
		l.log.Error("media keys are unusable", "error", err)
		l.finish(cause.Encryption)
		return
	}
	stream.Update(p)
	log := l.log.Info
	if p.Send.IsZero() { // half agreed, paused, or closed at the end
		log = l.log.Debug
	}
	log("media agreed", known("codec", word(p.Send), "remote", where(p.Peer.Announced),
		"receive", words(p.Receive), "hold", p.Hold, "encrypted", p.Cipher != nil)...)
}

func word(f codec.Format) string {
	if f.IsZero() {
		return ""
	}
	return f.String()
}

// words is the first of the formats, which is the one that was agreed on.
func words(f []codec.Format) string {
	if len(f) == 0 {
		return ""
	}
	return word(f[0])
}

func where(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// eventClock is the clock of telephone events beside all codecs here.
const eventClock = 8000

// params is what was agreed in the words of the media engine. l.mu is held.
func (l *Leg) params() (media.Params, error) {
	p := media.Params{
		Peer: media.Candidates{Signalling: l.source.Addr(), Nets: l.pass.Media},
		Hold: l.send == nil && len(l.receive) == 0,
	}
	if c := l.send; c != nil {
		p.Peer.Announced, p.Peer.AnnouncedRTCP = c.RTP, c.RTCP
		if !c.Encrypted || len(c.Keys) > 0 { // without its key nothing goes out, pressed keys neither
			p.Send = format(c)
			if c.Events != 0 {
				p.EventPT, p.EventClock = c.Events, eventClock
			}
		}
	}
	plain := true
	for i := range l.receive {
		c := &l.receive[i]
		plain = plain && !c.Encrypted
		p.Receive = append(p.Receive, formats(c)...)
		if !p.Peer.AnnouncedRTCP.IsValid() {
			p.Peer.AnnouncedRTCP = c.RTCP
		}
		if c.Events != 0 {
			p.ReceiveEvents = []media.EventFormat{{PT: c.Events, Clock: eventClock}}
		}
	}
	if l.tones {
		p.ReceiveEvents = nil // with them, nobody listens to the sound
	}
	if plain {
		p.Receive = l.withOthers(p.Receive)
	}
	cipher, err := l.cipher()
	if cipher != nil {
		p.Cipher = cipher
	}
	return p, err
}

// cipher encrypts and decrypts as agreed; nil: nothing is encrypted.
func (l *Leg) cipher() (*secure.Cipher, error) {
	var send secure.Key
	var receive []secure.Key
	if c := l.send; c != nil && len(c.Keys) > 0 {
		send = c.Keys[len(c.Keys)-1]
	}
	for i := range l.receive {
		receive = append(receive, l.receive[i].Keys...)
	}
	if send.IsZero() && len(receive) == 0 {
		return nil, nil
	}
	return secure.NewCipher(send, receive...)
}

// withOthers adds our other codecs by their static payload types to what may come:
// some peers send by their own mind.
func (l *Leg) withOthers(agreed []codec.Format) []codec.Format {
	if len(agreed) == 0 {
		return nil
	}
	for _, w := range l.cfg.audio() {
		f := codec.Standard(codecNames[w])
		taken := func(a codec.Format) bool { return a.Name == f.Name || a.PayloadType == f.PayloadType }
		if !slices.ContainsFunc(agreed, taken) {
			agreed = append(agreed, f)
		}
	}
	return agreed
}

// formats are what may come by a channel: with each key another payload type. An
// encrypted one without a key lets nothing in.
func formats(c *call.Channel) []codec.Format {
	f := format(c)
	if !c.Encrypted {
		return []codec.Format{f}
	}
	var list []codec.Format
	for i := len(c.Keys) - 1; i >= 0; i-- {
		f.PayloadType = c.Keys[i].PayloadType
		list = append(list, f)
	}
	return list
}

// format is a channel's. Peers take packets of 20 ms, unless they say that they
// take no more than 10.
func format(c *call.Channel) codec.Format {
	f := codec.Standard(codecNames[c.Codec])
	f.PayloadType = c.Payload
	if n := len(c.Keys); n > 0 {
		f.PayloadType = c.Keys[n-1].PayloadType
	}
	if c.Frames > 0 && c.Frames < 20 {
		f.Ptime = 10 * time.Millisecond
	}
	return f
}

// Encrypted says that the sound is encrypted, both ways.
func (l *Leg) Encrypted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.send == nil || len(l.send.Keys) == 0 || len(l.receive) == 0 {
		return false
	}
	return !slices.ContainsFunc(l.receive, func(c call.Channel) bool { return len(c.Keys) == 0 })
}
