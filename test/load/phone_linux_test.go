package load

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

// TestSending: what phones of each kind send in two seconds.
func TestSending(t *testing.T) {
	for _, c := range []struct {
		idle    Idle
		packets int
	}{{Noise, 100}, {Silence, 100}, {DTX, firstPackets + 5}, {None, firstPackets}} {
		l, err := newLoops(codec.PCMU, c.idle)
		if err != nil {
			t.Fatal(err)
		}
		s := sending{loop: l.idle, idle: c.idle, first: 7}
		n := 0
		for frame := range int64(100) {
			pt, b, begins := s.payload(l, frame, true)
			if begins {
				t.Errorf("%s: a listener clicks", c.idle)
			}
			if b != nil {
				s.head(pt)
				n++
			}
		}
		if n != c.packets {
			t.Errorf("%s: %d packets, want %d", c.idle, n, c.packets)
		}
	}
}

// TestClicker: a clicker clicks when it is its turn, whole sweeps only.
func TestClicker(t *testing.T) {
	l, err := newLoops(codec.PCMU, Noise)
	if err != nil {
		t.Fatal(err)
	}
	clicks, err := l.clicks()
	if err != nil {
		t.Fatal(err)
	}
	s := sending{loop: l.noise, clicks: clicks, first: 20, every: 60}
	var began []int64
	for frame := range int64(200) {
		// Switched on in the middle of a click's place: none may begin there.
		if _, _, begins := s.payload(l, frame, frame > 20); begins {
			began = append(began, frame)
		}
		if on := s.click != nil; on != (frame >= 80 && frame < 83 || frame >= 140 && frame < 143) {
			t.Errorf("frame %d: clicking is %v", frame, on)
		}
	}
	if len(began) != 2 || began[0] != 80 || began[1] != 140 {
		t.Errorf("clicks begin at %v", began)
	}
}

// TestReceiving counts losses, packets out of order, gaps and new streams.
func TestReceiving(t *testing.T) {
	l, err := newLoops(codec.PCMU, Noise)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{loops: l}
	s := &span{from: 1000e6, to: 2000e6, tail: 100e6, tracks: map[*phone]bool{p: true}}
	take := func(ms int64, seq uint16, ssrc uint32) {
		b := make([]byte, 172)
		b[0] = 0x80
		binary.BigEndian.PutUint16(b[2:], seq)
		binary.BigEndian.PutUint32(b[8:], ssrc)
		p.rx.packet(p, b, ms*1e6, s)
	}
	for i, ms := range []int64{960, 980, 1000, 1020, 1047, 1060} {
		take(ms, uint16(65533+i), 1)
	}
	take(1080, 5, 1) // 3 and 4 are missing
	take(1090, 3, 1) // 3 was only late
	take(1100, 900, 2)
	p.rx.packet(p, append([]byte{0x80, 200}, make([]byte, 26)...), 1110e6, s) // RTCP
	take(2050, 901, 2)
	take(2150, 902, 2)
	got := p.rx.seen
	if got.packets != 7 || got.lost != 2 || got.late != 1 || got.streams != 1 || got.longest != 27 || len(got.track) != 7 {
		tracks := len(got.track)
		got.track = nil
		t.Errorf("%+v, %d recorded", got, tracks)
	}
}

// TestRests tells a tick that was left out in silence from one that came late.
func TestRests(t *testing.T) {
	l, err := newLoops(codec.PCMU, Noise)
	if err != nil {
		t.Fatal(err)
	}
	loud, err := l.tone(440)
	if err != nil {
		t.Fatal(err)
	}
	soft := bytes.Repeat([]byte{0xff}, 160)
	for name, c := range map[string]struct {
		payload []byte
		leap    uint16
		step    uint32
		after   []int64 // when the packets come that follow, ms
		rests   int
		longest float64
	}{
		"left out":              {soft, 1, 160, []int64{73, 90, 110, 130, 150, 170, 190, 210, 230, 250}, 1, 23},
		"late":                  {soft, 1, 160, []int64{73, 73, 90, 110, 130, 150, 170, 190, 210, 230}, 0, 43},
		"late for long":         {soft, 1, 160, []int64{73, 93, 113, 133, 153, 173, 193, 193, 193, 210}, 0, 43},
		"left out at the end":   {soft, 1, 160, []int64{73, 90}, 0, 43},
		"left out, and so late": {soft, 1, 160, []int64{93, 93, 110, 130, 150, 170, 190, 210, 230, 250}, 1, 43},
		"sound":                 {loud[0], 1, 160, []int64{73, 90, 110, 130, 150, 170, 190, 210, 230, 250}, 0, 43},
		"lost":                  {soft, 2, 160, []int64{73, 90, 110, 130, 150, 170, 190, 210, 230, 250}, 0, 43},
		"a pause as it should":  {soft, 1, 320, []int64{73, 90, 110, 130, 150, 170, 190, 210, 230, 250}, 0, 43},
	} {
		p := &phone{loops: l}
		s := &span{from: 0, to: 1000e6}
		seq, stamp := uint16(65535), uint32(0xffffff00)
		for i, ms := range append([]int64{10, 30}, c.after...) {
			payload := c.payload
			if i >= 2 {
				payload = loud[0] // what comes after the silence
			}
			b := append(make([]byte, 12), payload...)
			b[0] = 0x80
			if i == 2 {
				seq += c.leap - 1
				stamp += c.step - 160
			}
			binary.BigEndian.PutUint16(b[2:], seq)
			binary.BigEndian.PutUint32(b[4:], stamp)
			p.rx.packet(p, b, ms*1e6, s)
			seq++
			stamp += 160
		}
		p.rx.seen.settle()
		if got := p.rx.seen; got.rests != c.rests || got.longest != c.longest {
			t.Errorf("%s: %d rests, longest gap %v ms", name, got.rests, got.longest)
		}
	}
}

func TestAnswer(t *testing.T) {
	m := parseMessage([]byte("OPTIONS sip:phone@127.1.0.1 SIP/2.0\r\nVia: a\r\nvia: b\r\nFrom: <x>\r\nTo: <y>\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\nX: z\r\n\r\n"))
	m.local = netip.MustParseAddr("127.1.0.1")
	if m.method != "OPTIONS" || m.header("call-id") != "c" || m.header("Nothing") != "" {
		t.Errorf("%+v", m)
	}
	a := parseMessage(m.answer(nil, 5060))
	if a.status != 200 || a.header("CSeq") != "7 OPTIONS" || a.header("X") != "" || a.header("Contact") != "<sip:phone@127.1.0.1:5060>" {
		t.Errorf("%+v", a)
	}
	if n := strings.Count(strings.ToLower(strings.Join(a.lines, "\n")), "via: "); n != 2 {
		t.Errorf("%d Via headers", n)
	}
}

// TestEcho: the loop of bare packets works, and costs something.
func TestEcho(t *testing.T) {
	for _, stamps := range []bool{false, true} {
		cost, err := EchoCost(5e6, stamps)
		if err != nil {
			t.Skip(err) // no loopback device of that name
		}
		if cost <= 0 {
			t.Errorf("stamps %v: %v", stamps, cost)
		}
	}
}
