package media

import (
	"bytes"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

func TestRFC6464LevelIsSent(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	q := plain(p.peer())
	q.LevelExt = 5
	b.update(s, q)
	s.Send(&Tick{Now: b.now(), Nominal: 1}, []codec.Packet{{Payload: noise(160), Ticks: 160, Level: 33, Talkspurt: true}})
	s.engine.Load().out.flush()
	got, ok := parseRTP(receive(t, p.rtp, mine), 5)
	if !ok || got.level != 33 || !got.marker || len(got.payload) != 160 {
		t.Errorf("%+v", got)
	}
}

func TestHeadersAndTheirPadding(t *testing.T) {
	head := []byte{0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}
	with := func(first byte, rest ...byte) []byte {
		b := append(bytes.Clone(head), rest...)
		b[0] = first
		return b
	}
	for _, c := range []struct {
		what    string
		b       []byte
		ok      bool
		payload []byte
	}{
		{"plain", with(0x80, 7, 8), true, []byte{7, 8}},
		{"padded", with(0xa0, 7, 8, 0, 2), true, []byte{7, 8}},
		{"only padding", with(0xa0, 0, 2), true, nil},
		{"padding of 0", with(0xa0, 7, 0), false, nil},
		{"too much padding", with(0xa0, 7, 3), false, nil},
		{"padding, and nothing there", with(0xa0), false, nil},
		{"a contributing source", with(0x81, 1, 1, 1, 1, 7), true, []byte{7}},
		{"half a contributing source", with(0x81, 1, 1), false, nil},
		{"an extension", with(0x90, 0xbe, 0xde, 0, 1, 0, 0, 0, 0, 7), true, []byte{7}},
		{"an extension that does not fit", with(0x90, 0xbe, 0xde, 0, 2, 0, 0, 0, 0, 7), false, nil},
		{"version 1", with(0x40, 7), false, nil},
		{"too short", head[:11], false, nil},
	} {
		p, ok := parseRTP(c.b, 1)
		if ok != c.ok || ok && !bytes.Equal(p.payload, c.payload) {
			t.Errorf("%s: %v %v", c.what, ok, p.payload)
		}
	}
}
