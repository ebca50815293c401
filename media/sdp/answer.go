package sdp

import (
	"github.com/partyline/partyline/media/codec"
)

// Answer answers an offer (RFC 3264 §6): one audio line is accepted with the one
// codec that we prefer, all others are refused in their places. err wraps
// ErrMalformed, ErrNoCodec or ErrEncryption.
//
// What may come is more than what the answer names: peers send every codec of
// their offer until the answer has reached them.
func Answer(offer *Description, l Local) (answer []byte, n Negotiated, err error) {
	n, err = Peek(offer, l)
	if err != nil {
		return nil, Negotiated{}, err
	}
	m := &offer.Media[n.Index]
	if n.Crypto != nil {
		n.Crypto.Local = keep(n.Crypto.Suite, l.Current)
	}
	maps := rtpmaps(m)
	a := audio{
		proto:     m.Proto,
		codecs:    []codec.Format{n.Receive[0]},
		maps:      maps,
		ptime:     l.asked(n.Ptime),
		direction: n.Direction,
		mux:       n.Mux,
	}
	if n.EventClock != 0 {
		a.events = []Event{{n.EventPT, n.EventClock}}
	}
	for _, r := range maps {
		a.comfort = a.comfort || n.ComfortPT != 0 && r.pt == n.ComfortPT
	}
	if n.Crypto != nil {
		a.cryptos = []Crypto{*n.Crypto}
	}
	a.levelExt, a.levelDir = levelExt(offer, m)

	var b body
	b.head(l, offer.Time)
	for i, line := range n.layout {
		if i == n.Index {
			b.audio(l, a)
		} else {
			b.refused(line)
		}
	}
	return []byte(b.String()), n, nil
}

// keep gives our key of before if the suite is the same, so that a re-offer does
// not disturb the stream (RFC 4568 §7.1.4), else a new one.
func keep(name string, current *Negotiated) []byte {
	if current != nil && current.Crypto != nil && current.Crypto.Suite == name {
		return current.Crypto.Local
	}
	s, _ := suiteOf(name)
	return newKey(s)
}
