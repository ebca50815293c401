package sdp

import (
	"fmt"

	"github.com/partyline/partyline/media/codec"
)

// Offered is an offer of ours that waits for its answer. A forked call may give
// it several: each Accept stands for itself.
type Offered struct {
	local  Local
	audio  audio
	index  int
	layout []line
}

// Payload types of our offers, where nothing was agreed before.
const (
	opusPT    = 96
	l16PT     = 97
	eventPT   = 101 // at 8000, as everybody does
	event48PT = 102
)

// Offer makes an offer: for a late offer, a call of ours, or within a call, where
// it keeps the lines and payload types of l.Current.
func Offer(l Local) (*Offered, []byte) {
	o := &Offered{local: l}
	o.audio = audio{
		proto:     "RTP/AVP",
		codecs:    offerCodecs(l),
		ptime:     l.asked(codec.Standard(codec.PCMU).Ptime),
		direction: l.Direction,
		mux:       true,
	}
	if l.Events {
		o.audio.events = offerEvents(l, o.audio.codecs)
	}
	if l.SRTP != SRTPOff {
		o.audio.cryptos = offerCryptos(l.Current)
	}
	if l.SRTP == SRTPRequired {
		o.audio.proto = "RTP/SAVP"
	}
	if cur := l.Current; cur != nil && cur.Index < len(cur.layout) {
		o.index, o.layout = cur.Index, cur.layout
		if proto := cur.layout[cur.Index].proto; plain(proto) || cur.Crypto != nil {
			o.audio.proto = proto
		}
	} else {
		o.layout = []line{{"audio", o.audio.proto, "0"}}
	}
	var b body
	b.head(l, "")
	for i, line := range o.layout {
		if i == o.index {
			b.audio(l, o.audio)
		} else {
			b.refused(line)
		}
	}
	return o, []byte(b.String())
}

func offerCodecs(l Local) []codec.Format {
	var list []codec.Format
	taken := make(map[uint8]bool)
	if l.Current != nil {
		for _, f := range l.Current.Receive {
			taken[f.PayloadType] = true
		}
		for _, e := range l.Current.ReceiveEvents {
			taken[e.PT] = true
		}
	}
	for _, name := range l.Codecs {
		f := codec.Standard(name)
		switch name {
		case codec.Opus:
			f.PayloadType = opusPT
		case codec.L16:
			f.PayloadType = l16PT
		}
		if pt, ok := currentPT(l.Current, name); ok {
			f.PayloadType = pt
		} else if f.PayloadType >= 96 {
			f.PayloadType = free(taken, f.PayloadType)
		}
		taken[f.PayloadType] = true
		list = append(list, f)
	}
	return list
}

func currentPT(cur *Negotiated, name codec.Name) (uint8, bool) {
	if cur != nil {
		for _, f := range cur.Receive {
			if f.Name == name {
				return f.PayloadType, true
			}
		}
	}
	return 0, false
}

// free is a dynamic payload type that means nothing else in this session.
func free(taken map[uint8]bool, want uint8) uint8 {
	for i := range uint8(32) {
		if pt := 96 + (want-96+i)%32; !taken[pt] {
			return pt
		}
	}
	return want
}

func offerEvents(l Local, codecs []codec.Format) []Event {
	taken := make(map[uint8]bool)
	wide := false
	for _, f := range codecs {
		taken[f.PayloadType] = true
		wide = wide || f.ClockRate == 48000
	}
	want := []Event{{eventPT, 8000}}
	if wide {
		want = append(want, Event{event48PT, 48000})
	}
	var before []Event
	if l.Current != nil {
		before = l.Current.ReceiveEvents
	}
	for _, e := range before {
		taken[e.PT] = true
	}
	for i := range want {
		if e, ok := eventAt(before, want[i].Clock); ok {
			want[i] = e
			continue
		}
		want[i].PT = free(taken, want[i].PT)
		taken[want[i].PT] = true
	}
	return want
}

func eventAt(list []Event, clock int) (Event, bool) {
	for _, e := range list {
		if e.Clock == clock {
			return e, true
		}
	}
	return Event{}, false
}

func offerCryptos(cur *Negotiated) []Crypto {
	if cur != nil && cur.Crypto != nil {
		c := *cur.Crypto
		c.Remote, c.RemoteMKI = nil, nil
		return []Crypto{c}
	}
	list := make([]Crypto, 0, len(suites))
	for i, s := range suites {
		list = append(list, Crypto{Suite: s.name, Tag: i + 1, Local: newKey(s)})
	}
	return list
}

// Accept takes the answer. err wraps ErrMalformed, ErrNoCodec (refused, or
// nothing in common) or ErrEncryption.
func (o *Offered) Accept(answer *Description) (Negotiated, error) {
	l := o.local
	if o.index >= len(answer.Media) {
		return Negotiated{}, fmt.Errorf("%w: the answer has %d media lines, the offer more", ErrMalformed, len(answer.Media))
	}
	m := &answer.Media[o.index]
	if m.Kind != "audio" {
		return Negotiated{}, fmt.Errorf("%w: the answer's media line %d is %.20s", ErrMalformed, o.index+1, m.Kind)
	}
	if m.Port == 0 {
		return Negotiated{}, fmt.Errorf("%w: the audio line was refused", ErrNoCodec)
	}
	codecs := usable(rtpmaps(m), l.Codecs)
	send, ok := first(rtpmaps(m), codecs)
	if !ok {
		return Negotiated{}, fmt.Errorf("%w: no common codec in the answer", ErrNoCodec)
	}
	n := Negotiated{Index: o.index, layout: o.layout}
	if err := o.secure(m, &n); err != nil {
		return Negotiated{}, err
	}
	n.take(answer, m, l)
	n.agree(answer, m, l, send)
	// What comes to us has the numbers of our offer, the answer's codec first.
	for _, f := range o.audio.codecs {
		if f.Name == send.Name {
			n.Receive = append([]codec.Format{f}, n.Receive...)
		} else {
			n.Receive = append(n.Receive, f)
		}
	}
	if l.Events {
		n.ReceiveEvents = o.audio.events
	}
	n.LevelExt = 0 // not offered
	return n, nil
}

// first is the answerer's most preferred codec among those we can do.
func first(maps []rtpmap, ours []codec.Format) (codec.Format, bool) {
	for _, r := range maps {
		for _, f := range ours {
			if f.PayloadType == r.pt {
				return f, true
			}
		}
	}
	return codec.Format{}, false
}

// secure settles the keys: the answer must take up one of our crypto lines by
// tag and suite (RFC 4568 §5.1.3).
func (o *Offered) secure(m *Media, n *Negotiated) error {
	answered := cryptos(m, o.local.MKI)
	for _, theirs := range answered {
		for _, ours := range o.audio.cryptos {
			if theirs.Tag == ours.Tag && theirs.Suite == ours.Suite {
				theirs.Local = ours.Local
				n.Crypto = &theirs
				return nil
			}
		}
	}
	if _, keyed := m.Attribute("crypto"); keyed && len(o.audio.cryptos) > 0 || o.local.SRTP == SRTPRequired {
		return fmt.Errorf("%w: the answer takes up no crypto line of ours", ErrEncryption)
	}
	if secure(m.Proto) {
		return fmt.Errorf("%w: encrypted media without keys", ErrNoCodec)
	}
	return nil
}
