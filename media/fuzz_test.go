package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// FuzzRTP: no packet makes the parser read out of bounds, and what pion's parser
// takes, ours reads alike.
func FuzzRTP(f *testing.F) {
	p := &phone{TB: f}
	f.Add(p.packet([]byte{1, 2, 3}), uint8(1))
	f.Add([]byte{0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0, 9}, uint8(1))
	f.Add([]byte{0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x00, 0, 1, 1, 1, 0x85, 0, 9}, uint8(1))
	f.Add([]byte{0xa1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 7, 7, 0, 3}, uint8(0))
	f.Add([]byte{0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0xff, 0xff}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, ext uint8) {
		ext &= 15
		kindOf(b)
		q, ok := parseRTP(b, ext)
		if !ok {
			return
		}
		if len(q.payload) > len(b) || q.level > 127 && q.level != noLevel {
			t.Fatalf("%+v", q)
		}
		var want rtp.Packet
		if want.Unmarshal(bytes.Clone(b)) != nil {
			return
		}
		if want.SSRC != q.ssrc || want.SequenceNumber != q.seq || want.Timestamp != q.ts ||
			want.PayloadType != q.pt || want.Marker != q.marker || !bytes.Equal(want.Payload, q.payload) {
			t.Fatalf("%+v\n%+v", q, want)
		}
	})
}

// FuzzRTCP: likewise for reports.
func FuzzRTCP(f *testing.F) {
	o := rtcpOut{
		ssrc: 1, sending: true, ntp: 1 << 40, packets: 3, cname: "x", bye: true,
		about: &report{ssrc: 2, lost: -1, fraction: 4},
	}
	buf := make([]byte, maxPacket)
	f.Add(bytes.Clone(buf[:o.put(buf)]))
	o.sending, o.about, o.bye = false, nil, false
	f.Add(bytes.Clone(buf[:o.put(buf)]))
	f.Add([]byte{0x9f, rtcpRR, 0, 1, 0, 0, 0, 1})
	f.Add([]byte{0x81, rtcpSR, 0xff, 0xff, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := parseRTCP(b, 2)
		if ok && len(b) < 8 {
			t.Fatalf("%+v of %x", h, b)
		}
	})
}

// FuzzStream: whatever comes from the peer, the stream lives.
func FuzzStream(f *testing.F) {
	p := &phone{TB: f}
	f.Add(p.packet(noise(160)), []byte{0x80, 101, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0, 0, 160})
	f.Add([]byte{0x80, 13, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 60}, []byte{0x80, 200, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		b := newBench(t, Config{})
		s := b.stream(StreamConfig{Peer: from("127.0.0.1:4000")})
		b.update(s, plain(s.cfg.Peer))
		e := s.engine.Load()
		list := make([]packet, 0, 20)
		for range 5 {
			for _, d := range [][]byte{x, y} {
				if len(d) <= maxPacket {
					list = append(list, packet{data: d, from: at("127.0.0.1:4000"), arrival: b.now()})
				}
			}
		}
		s.port.route(list, false)
		if n := e.deliver(list); n != len(list) {
			t.Fatal("a packet was fatal")
		}
		if e.panics.Load() != 0 {
			t.Fatal("panic")
		}
		sound := make([]int16, s.Rate()/50)
		s.Receive(&Tick{Now: b.now()}, sound)
	})
}

func TestReportsAreReadByOthers(t *testing.T) {
	o := rtcpOut{
		ssrc: 1, sending: true, ntp: 1 << 40, ts: 5, packets: 3, octets: 4, cname: "abcd", bye: true,
		about: &report{ssrc: 2, lost: -1, fraction: 4, highest: 9, jitter: 8, lastSR: 7, delay: 6},
	}
	for range 5 { // every length of padding
		o.cname += "x"
		buf := make([]byte, maxPacket)
		ps, err := rtcp.Unmarshal(buf[:o.put(buf)])
		if err != nil || len(ps) != 3 {
			t.Fatalf("%v %v", ps, err)
		}
		sr, sd := ps[0].(*rtcp.SenderReport), ps[1].(*rtcp.SourceDescription)
		r := sr.Reports[0]
		if sr.SSRC != 1 || sr.NTPTime != 1<<40 || sr.RTPTime != 5 || sr.PacketCount != 3 || sr.OctetCount != 4 ||
			r.SSRC != 2 || r.FractionLost != 4 || r.TotalLost != 0xffffff || r.LastSequenceNumber != 9 ||
			r.Jitter != 8 || r.LastSenderReport != 7 || r.Delay != 6 {
			t.Errorf("%+v", sr)
		}
		if sd.Chunks[0].Source != 1 || sd.Chunks[0].Items[0].Text != o.cname {
			t.Errorf("%+v", sd)
		}
		h, ok := parseRTCP(buf[:o.put(buf)], 2)
		if !ok || !h.bye || !h.isSR || h.block != *o.about {
			t.Errorf("%+v", h)
		}
	}
}
