package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/partyline/partyline/media/codec"
)

// ErrTransport says that an offer has no line of sound over ICE and DTLS.
var ErrTransport = errors.New("sdp: no audio over ICE and DTLS")

// Fingerprint is the hash of a certificate (RFC 8122): its function as SDP writes
// it, in lower case, and its value in upper-case hexadecimal with colons.
type Fingerprint struct{ Hash, Value string }

// Secured is one end of a line that lies on ICE and DTLS: what browsers offer
// (RFC 8839, RFC 8842, RFC 9429).
type Secured struct {
	Ufrag, Password string
	Fingerprints    []Fingerprint
	// Setup is the role in the DTLS handshake: actpass, active or passive.
	Setup string
	// Candidates are the values of the candidate attributes, Ended that there will
	// be no more.
	Candidates []string
	Ended      bool
	// Lite is set in an answer of an end that only answers checks.
	Lite bool
	// SSRC and CNAME announce what an answer's end sends.
	SSRC  uint32
	CNAME string
}

// dtls says that a transport is RTP keyed by DTLS (RFC 5764 §8, RFC 7850 §3).
func dtls(proto string) bool {
	switch strings.ToUpper(proto) {
	case "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP":
		return true
	}
	return false
}

// PeekSecured negotiates the first line of sound that lies on ICE and DTLS, and
// reads what the offer says of those. Errors wrap ErrTransport or ErrNoCodec.
func PeekSecured(offer *Description, l Local) (Negotiated, Secured, error) {
	err := fmt.Errorf("%w: no audio line", ErrTransport)
	for i := range offer.Media {
		m := &offer.Media[i]
		if m.Kind != "audio" || m.Port == 0 {
			continue
		}
		theirs, e := secured(offer, m)
		var codecs []codec.Format
		if e == nil {
			if codecs = usable(rtpmaps(m), l.Codecs); len(codecs) == 0 {
				e = fmt.Errorf("%w: no common codec", ErrNoCodec)
			}
		}
		if e != nil {
			err = e
			continue
		}
		n := Negotiated{Index: i, Receive: codecs, Mux: true, layout: lines(offer)}
		ours := direction(offer, m).reverse()
		n.Direction = flow(ours.Sends() && l.Direction.Sends(), ours.Receives() && l.Direction.Receives())
		n.agree(offer, m, l, codecs[0])
		return n, theirs, nil
	}
	return Negotiated{}, Secured{}, err
}

// lines keeps the media lines, to be repeated.
func lines(d *Description) (list []line) {
	for i := range d.Media {
		list = append(list, lineOf(&d.Media[i]))
	}
	return list
}

// secured reads the ICE and DTLS attributes of a line; those of the session count
// for all lines (RFC 8839 §4.4, RFC 8122 §5).
func secured(d *Description, m *Media) (s Secured, err error) {
	get := func(name string) string {
		v, ok := m.Attribute(name)
		if !ok {
			v, _ = find(d.Attributes, name)
		}
		return v
	}
	s.Ufrag, s.Password, s.Setup = get("ice-ufrag"), get("ice-pwd"), strings.ToLower(get("setup"))
	_, mux := m.Attribute("rtcp-mux")
	switch {
	case !dtls(m.Proto):
		return s, fmt.Errorf("%w: transport %.30s", ErrTransport, m.Proto)
	case !mux:
		return s, fmt.Errorf("%w: RTP and RTCP on different ports", ErrTransport)
	case !iceChars(s.Ufrag, 4, 256) || !iceChars(s.Password, 22, 256):
		return s, fmt.Errorf("%w: no usable ICE credentials", ErrTransport)
	case s.Setup != "" && s.Setup != "actpass" && s.Setup != "active" && s.Setup != "passive":
		return s, fmt.Errorf("%w: setup %.20q", ErrTransport, s.Setup)
	}
	s.Fingerprints = fingerprints(m.Attributes)
	if len(s.Fingerprints) == 0 {
		s.Fingerprints = fingerprints(d.Attributes)
	}
	if len(s.Fingerprints) == 0 {
		return s, fmt.Errorf("%w: no certificate fingerprint", ErrTransport)
	}
	for _, a := range m.Attributes {
		switch a.Name {
		case "candidate":
			s.Candidates = append(s.Candidates, a.Value)
		case "end-of-candidates":
			s.Ended = true
		}
	}
	return s, nil
}

// iceChars says that a credential has the characters and the length of RFC 8839
// §5.4.
func iceChars(s string, least, most int) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '+', c == '/':
		case c == '-', c == '_', c == '=': // of some that encode for URLs
		default:
			return false
		}
	}
	return len(s) >= least && len(s) <= most
}

// hashes are the functions of fingerprints that count, and their octets. MD5 and
// SHA-1 do not (RFC 8122 §5).
var hashes = map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}

// fingerprints reads the certificates' hashes.
func fingerprints(attributes []Attribute) (list []Fingerprint) {
	for _, a := range attributes {
		if a.Name != "fingerprint" {
			continue
		}
		hash, value, _ := strings.Cut(a.Value, " ")
		f := Fingerprint{strings.ToLower(hash), strings.ToUpper(strings.TrimSpace(value))}
		if n := hashes[f.Hash]; n > 0 && len(f.Value) == 3*n-1 && len(list) < 8 {
			list = append(list, f)
		}
	}
	return list
}

// AnswerSecured answers an offer for which PeekSecured gave n: its line with the
// codec agreed upon, the others refused in their places. Addr of l is written for
// readers only: what counts are the candidates.
func AnswerSecured(offer *Description, l Local, n Negotiated, ours Secured) []byte {
	m := &offer.Media[n.Index]
	a := audio{
		proto: m.Proto, codecs: []codec.Format{n.Receive[0]}, maps: rtpmaps(m),
		ptime: l.asked(n.Ptime), direction: n.Direction, mux: true,
	}
	a.codecs[0].DTX = true // asked of the peer: a room is mostly silence
	a.events = answered(n)
	a.levelExt, a.levelDir = levelExt(offer, m)
	l.RTPPort, l.RTCPPort = 9, 0 // RFC 8839 §4.3.1: there is no default candidate
	var b body
	b.head(l, offer.Time)
	if ours.Lite {
		b.line("a=ice-lite")
	}
	mid, named := m.Attribute("mid")
	if named && bundled(offer, mid) {
		b.line("a=group:BUNDLE %s", mid)
	}
	b.line("a=msid-semantic: WMS *")
	for i, line := range n.layout {
		if i == n.Index {
			b.audio(l, a)
			b.mid(m)
			b.secured(ours, n)
		} else {
			b.refused(line.nameless())
			b.mid(&offer.Media[i])
			b.line("a=inactive")
		}
	}
	return []byte(b.String())
}

// answered are the telephone-events of an answer: the one of the codec's clock.
func answered(n Negotiated) []Event {
	if n.EventClock == 0 {
		return nil
	}
	return []Event{{n.EventPT, n.EventClock}}
}

// bundled says that the offer puts the line into a group with others, or alone.
func bundled(d *Description, mid string) bool {
	for _, a := range d.Attributes {
		if f := strings.Fields(a.Value); a.Name == "group" && len(f) > 1 && f[0] == "BUNDLE" {
			return slices.Contains(f[1:], mid)
		}
	}
	return false
}

// nameless is a refused line that names a format which needs no explanation:
// some clients look for one.
func (l line) nameless() line {
	if dtls(l.proto) {
		l.format = "0"
	}
	return l
}

// mid repeats a line's name, which is a token (RFC 5888 §4).
func (b *body) mid(m *Media) {
	if v, ok := m.Attribute("mid"); ok && len(v) <= 64 && !strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) {
		b.line("a=mid:%s", v)
	}
}

func (b *body) secured(s Secured, n Negotiated) {
	b.line("a=rtcp-rsize")
	b.line("a=ice-ufrag:%s", s.Ufrag)
	b.line("a=ice-pwd:%s", s.Password)
	for _, f := range s.Fingerprints {
		b.line("a=fingerprint:%s %s", f.Hash, f.Value)
	}
	b.line("a=setup:%s", s.Setup)
	for _, c := range s.Candidates {
		b.line("a=candidate:%s", c)
	}
	if s.Ended {
		b.line("a=end-of-candidates")
	}
	if n.Direction.Sends() {
		b.line("a=msid:%s audio", s.CNAME)
		b.line("a=ssrc:%s cname:%s", strconv.FormatUint(uint64(s.SSRC), 10), s.CNAME)
	}
}
