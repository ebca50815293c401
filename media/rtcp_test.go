package media

import (
	"testing"
	"time"
)

func TestReportsAndRoundTrip(t *testing.T) {
	modes(t, func(t *testing.T, cfg Config) {
		for _, mux := range []bool{false, true} {
			b := newBench(t, cfg)
			sa, a := b.call(StreamConfig{})
			sb, z := b.call(StreamConfig{})
			q := plain(a.peer())
			q.Mux = mux
			b.update(sa, q)
			b.join(sa, sb)
			for range 500 {
				a.seq++ // half of them are lost; a third, of three
				a.send(a.packet(noise(160)))
				z.send(z.packet(noise(160)))
				b.settle(2)
				b.tick()
				if sa.in.heard.fraction > 0 && sa.out.packets > 0 {
					break
				}
			}
			conn, to := a.rtcp, a.toRTCP
			if mux {
				conn, to = a.rtp, a.to
			}
			var sr []byte
			for sr == nil || sr[1] != rtcpSR {
				if sr = receive(t, conn, mine); sr == nil {
					t.Fatal("no sender report")
				}
			}
			h, ok := parseRTCP(sr, a.ssrc)
			if !ok || !h.isSR || !h.hasBlock || h.block.fraction < 80 || h.sender != sa.cfg.SSRC {
				t.Fatalf("report %+v", h)
			}
			answer := rtcpOut{ssrc: a.ssrc, cname: "phone", about: &report{
				ssrc: sa.cfg.SSRC, fraction: 64, jitter: 80, lastSR: uint32(h.ntp >> 16), delay: 65536 / 10,
			}}
			b.clock.hand.Add(int64(150 * time.Millisecond)) // 100 ms with the peer, 50 on the way
			buf := make([]byte, maxPacket)
			if _, err := conn.WriteToUDPAddrPort(buf[:answer.put(buf)], to); err != nil {
				t.Fatal(err)
			}
			b.settle(1)
			st := sa.count
			if st.RTT < 40*time.Millisecond || st.RTT > 200*time.Millisecond || st.LossOut != 0.25 ||
				st.JitterOut != 10*time.Millisecond {
				t.Errorf("mux %v: %+v", mux, st)
			}
		}
	})
}

func TestGoodbyeAtClose(t *testing.T) {
	b := newBench(t, Config{})
	sa, a := b.call(StreamConfig{})
	a.send(a.packet(noise(160)))
	b.settle(1)
	sa.Close()
	a.send(a.packet(noise(160)))
	b.step()
	in := receive(t, a.rtcp, mine)
	if h, ok := parseRTCP(in, 0); !ok || !h.bye {
		t.Errorf("got %x", in)
	}
	if n := sa.Stats().PacketsIn; n != 1 {
		t.Errorf("%d packets heard", n)
	}
}

func TestReportsAnswerThePeersReports(t *testing.T) {
	r := reception{}
	r.take(1, 65535, 0, 8000, 0)
	r.take(1, 1, 320, 8000, int64(40*time.Millisecond)) // 0 was lost
	r.take(1, 2, 480, 8000, int64(76*time.Millisecond)) // 16 ms late
	r.lastSR, r.lastSRAt = 77, int64(time.Second)
	got := r.report(int64(3 * time.Second))
	want := report{ssrc: 1, fraction: 64, lost: 1, highest: 65538, jitter: 8, lastSR: 77, delay: 2 * 65536}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got = r.report(0); got.fraction != 0 {
		t.Errorf("an interval without packets has loss %d", got.fraction)
	}
}

func TestThePeersReportIsNoted(t *testing.T) {
	b := newBench(t, Config{})
	s, p := b.call(StreamConfig{})
	p.send(p.packet(noise(160)))
	b.settle(1)
	o := rtcpOut{ssrc: p.ssrc, sending: true, ntp: 5 << 32, cname: "p"}
	buf := make([]byte, 200)
	n := o.put(buf)
	if _, err := p.rtcp.WriteToUDPAddrPort(buf[:n], p.toRTCP); err != nil {
		t.Fatal(err)
	}
	b.settle(1)
	if s.in.heard.lastSR != 5<<16 {
		t.Errorf("noted %x", s.in.heard.lastSR)
	}
}
