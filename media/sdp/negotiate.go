package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// choice is a media line that could be answered, and how.
type choice struct {
	index  int
	codecs []codec.Format
	crypto *Crypto
}

// choose picks the audio line to answer: the one in use, else an encrypted one
// where that is wanted, else the first that works.
func choose(offer *Description, l Local) (choice, error) {
	best, bestScore := choice{}, -1
	var why error
	for i := range offer.Media {
		m := &offer.Media[i]
		if m.Kind != "audio" || m.Port == 0 {
			continue
		}
		c, err := consider(m, l)
		if err != nil {
			if why == nil || err == ErrEncryption {
				why = err
			}
			continue
		}
		c.index = i
		score := 0
		if c.crypto != nil {
			score = 1
		}
		if l.Current != nil && l.Current.Index == i {
			score += 2
		}
		if score > bestScore {
			best, bestScore = c, score
		}
	}
	if bestScore >= 0 {
		return best, nil
	}
	if why == nil {
		why = fmt.Errorf("%w: no audio line", ErrNoCodec)
	}
	return choice{}, why
}

// consider says whether and how an audio line can be answered.
func consider(m *Media, l Local) (choice, error) {
	var c choice
	if !secure(m.Proto) && !plain(m.Proto) {
		return c, fmt.Errorf("%w: transport %.30s", ErrNoCodec, m.Proto)
	}
	if l.SRTP != SRTPOff {
		// RTP/AVP with crypto is the best-effort form of many phones.
		if list := cryptos(m, l.MKI); len(list) > 0 {
			c.crypto = &list[0]
		}
	}
	switch {
	case c.crypto == nil && l.SRTP == SRTPRequired:
		return c, ErrEncryption
	case c.crypto == nil && secure(m.Proto) && l.SRTP == SRTPOff:
		return c, fmt.Errorf("%w: encrypted only, and SRTP is off", ErrNoCodec)
	case c.crypto == nil && secure(m.Proto):
		return c, fmt.Errorf("%w: no usable crypto line", ErrNoCodec)
	}
	maps := rtpmaps(m)
	c.codecs = usable(maps, l.Codecs)
	if len(c.codecs) == 0 {
		return c, fmt.Errorf("%w: no common codec", ErrNoCodec)
	}
	return c, nil
}

// Peek negotiates like Answer but writes nothing and makes no keys: to know the
// peer's addresses before there is a port to answer with. Addr, the ports and
// the session id of l are not used.
func Peek(offer *Description, l Local) (Negotiated, error) {
	c, err := choose(offer, l)
	if err != nil {
		return Negotiated{}, err
	}
	m := &offer.Media[c.index]
	n := Negotiated{
		Index:   c.index,
		Receive: c.codecs,
		Crypto:  c.crypto,
	}
	n.take(offer, m, l)
	n.agree(offer, m, l, c.codecs[0])
	for i := range offer.Media {
		n.layout = append(n.layout, lineOf(&offer.Media[i]))
	}
	return n, nil
}

// lineOf keeps one format of a line: a refused line must name one (RFC 3264 §6).
func lineOf(m *Media) line {
	format := "0"
	if len(m.Formats) > 0 {
		format = m.Formats[0]
	}
	return line{m.Kind, m.Proto, format}
}

// take notes where the peer's media goes and what it says of its line.
func (n *Negotiated) take(d *Description, m *Media, l Local) {
	_, n.Mux = m.Attribute("rtcp-mux")
	theirs := direction(d, m)
	n.PeerHold = theirs == SendOnly || theirs == Inactive
	if m.Addr.IsValid() && m.Addr.IsUnspecified() { // RFC 2543 hold, RFC 3264 §8.4
		n.PeerHold = true
		if theirs == SendRecv || theirs == RecvOnly {
			theirs = flow(theirs.Sends(), false)
		}
	} else {
		n.Remote = netip.AddrPortFrom(unicast(m.Addr), uint16(m.Port))
		n.RemoteRTCP = rtcpAddress(m, n.Remote, n.Mux)
	}
	ours := theirs.reverse()
	n.Direction = flow(ours.Sends() && l.Direction.Sends(), ours.Receives() && l.Direction.Receives())
}

func flow(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	}
	return Inactive
}

// unicast is a, or invalid for groups: media to them would be a flood.
func unicast(a netip.Addr) netip.Addr {
	if a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}
	}
	return a
}

// rtcpAddress follows rtcp-mux (RFC 5761), rtcp:PORT [IN IP4 ADDR] (RFC 3605) or
// the rule of the next port.
func rtcpAddress(m *Media, rtp netip.AddrPort, mux bool) netip.AddrPort {
	if mux {
		return rtp
	}
	if v, ok := m.Attribute("rtcp"); ok {
		f := strings.Fields(v)
		if len(f) > 0 {
			if port, err := strconv.ParseUint(f[0], 10, 16); err == nil && port > 0 {
				addr := rtp.Addr()
				if len(f) >= 4 {
					if a := unicast(address(f[3])); a.IsValid() && !a.IsUnspecified() {
						addr = a
					}
				}
				return netip.AddrPortFrom(addr, uint16(port))
			}
		}
	}
	if rtp.Port() == 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
}

// direction is the line's, else the session's, else both ways.
func direction(d *Description, m *Media) Direction {
	for _, list := range [][]Attribute{m.Attributes, d.Attributes} {
		for _, a := range list {
			for _, dir := range []Direction{SendRecv, SendOnly, RecvOnly, Inactive} {
				if a.Name == dir.String() {
					return dir
				}
			}
		}
	}
	return SendRecv
}

// agree settles the formats, once the codec we send is known.
func (n *Negotiated) agree(d *Description, m *Media, l Local, send codec.Format) {
	maps := rtpmaps(m)
	n.Ptime = packetTime(d, m, send.Name)
	if n.Direction.Sends() {
		n.Send = send
		n.Send.Ptime = n.Ptime
	}
	if l.Events {
		list := events(maps)
		if e, ok := eventFor(list, send.ClockRate); ok {
			n.EventPT, n.EventClock = e.PT, e.Clock
		}
		n.ReceiveEvents = list
	}
	n.ComfortPT = comfort(maps, send)
	n.LevelExt, _ = levelExt(d, m)
}

// comfort is the payload type of comfort noise beside a codec: 13 is static, so
// that a peer may send it unasked.
func comfort(maps []rtpmap, send codec.Format) uint8 {
	if send.ClockRate != 8000 {
		return 0
	}
	for _, r := range maps {
		if r.pt == comfortPT && !strings.EqualFold(r.name, comfortNoise) {
			return 0
		}
	}
	return comfortPT
}

const levelURN = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// levelExt finds "extmap:ID[/direction] URN" (RFC 8285 §8) and the direction in
// which we would answer it. Ids over 14 need two-byte headers: not ours.
func levelExt(d *Description, m *Media) (id uint8, dir string) {
	for _, list := range [][]Attribute{m.Attributes, d.Attributes} {
		for _, a := range list {
			if a.Name != "extmap" {
				continue
			}
			f := strings.Fields(a.Value)
			if len(f) < 2 || f[1] != levelURN {
				continue
			}
			number, theirs, _ := strings.Cut(f[0], "/")
			n, err := strconv.ParseUint(number, 10, 8)
			if err != nil || n < 1 || n > 14 || theirs == "inactive" {
				continue
			}
			for _, dd := range []Direction{SendOnly, RecvOnly} {
				if theirs == dd.String() {
					dir = "/" + dd.reverse().String()
				}
			}
			return uint8(n), dir
		}
	}
	return 0, ""
}

// asked is the ptime to write into a body.
func (l Local) asked(otherwise time.Duration) time.Duration {
	if l.Ptime > 0 {
		return l.Ptime
	}
	return otherwise
}
