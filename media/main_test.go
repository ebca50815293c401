package media

import (
	"encoding/binary"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

var loopback = netip.MustParseAddr("127.0.0.1")

// bench is a Media whose engines are stepped by the test: no goroutine of theirs
// runs, and time passes as the test says. The sockets are real.
type bench struct {
	testing.TB
	*Media
	sent uint64 // packets the engine has yet to see are counted against this
}

func newBench(t testing.TB, cfg Config) *bench {
	t.Helper()
	if cfg.Engines == 0 {
		cfg.Engines = 1
	}
	if cfg.Bind == nil {
		cfg.Bind = []netip.Addr{loopback}
	}
	cfg.Logger = quiet()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.clock.hand = new(atomic.Int64)
	m.clock.hand.Store(int64(time.Second))
	for _, e := range m.engines {
		e.in = newInbox()
	}
	t.Cleanup(func() { m.Close() })
	return &bench{TB: t, Media: m}
}

// step moves all engines on by a phase.
func (b *bench) step() {
	b.clock.hand.Add(int64(phaseDuration))
	now := b.now()
	for _, e := range b.engines {
		e.advance(now, e.step*int64(phaseDuration))
	}
}

// tick moves on by a whole tick.
func (b *bench) tick() {
	for range Phases {
		b.step()
	}
}

// settle drains until the engines have read n packets more than before: loopback
// is fast, but not instant.
func (b *bench) settle(n int) {
	b.Helper()
	b.sent += uint64(n)
	deadline := time.Now().Add(5 * time.Second)
	for {
		var in uint64
		for _, e := range b.engines {
			e.drain(true)
			in += e.packetsIn.Load()
		}
		if in >= b.sent {
			for _, e := range b.engines {
				e.drain(true) // what crossed a ring
			}
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("%d packets of %d arrived", in, b.sent)
		}
		runtime.Gosched()
	}
}

func (b *bench) stream(cfg StreamConfig) *Stream {
	b.Helper()
	if !cfg.Local.IsValid() {
		cfg.Local = loopback
	}
	s, err := b.NewStream(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.apply()
	return s
}

func (b *bench) update(s *Stream, p Params) {
	s.Update(p)
	b.apply()
}

func (b *bench) apply() {
	for range 2 {
		for _, e := range b.engines {
			e.apply()
		}
	}
}

// phone is a peer: two sockets and a few counters.
type phone struct {
	testing.TB
	rtp, rtcp *net.UDPConn
	ssrc, ts  uint32
	seq       uint16
	pt        uint8
	to        netip.AddrPort
	toRTCP    netip.AddrPort
}

func newPhone(t testing.TB, ip netip.Addr) *phone {
	t.Helper()
	p := &phone{TB: t, ssrc: 0x1000, seq: 65530, ts: 0xffffff00}
	network := "udp6"
	if ip.Is4() {
		network = "udp4"
	}
	for range 50 {
		a, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
		if err != nil {
			t.Skip(err)
		}
		at := a.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		b, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, at+1)))
		if err != nil {
			a.Close()
			continue
		}
		p.rtp, p.rtcp = a, b
		t.Cleanup(func() { a.Close(); b.Close() })
		return p
	}
	t.Fatal("no pair of ports")
	return nil
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *phone) peer() Candidates { return Candidates{Announced: addrOf(p.rtp)} }

func (p *phone) call(s *Stream) { p.to, p.toRTCP = s.Local() }

// packet makes the next RTP packet.
func (p *phone) packet(payload []byte) []byte {
	b := make([]byte, rtpHeaderSize, rtpHeaderSize+len(payload))
	b[0], b[1] = 0x80, p.pt
	binary.BigEndian.PutUint16(b[2:], p.seq)
	binary.BigEndian.PutUint32(b[4:], p.ts)
	binary.BigEndian.PutUint32(b[8:], p.ssrc)
	p.seq++
	p.ts += 160
	return append(b, payload...)
}

func (p *phone) send(b []byte) {
	p.Helper()
	if _, err := p.rtp.WriteToUDPAddrPort(b, p.to); err != nil {
		p.Fatal(err)
	}
}

// receive reads one RTP packet; nil after the wait.
func receive(t testing.TB, c *net.UDPConn, wait time.Duration) []byte {
	t.Helper()
	buf := make([]byte, maxPacket)
	c.SetReadDeadline(time.Now().Add(wait))
	n, _, err := c.ReadFromUDPAddrPort(buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// mine waits for what must come, nothing for what must not: that has had the time
// in which something that must come has come.
const (
	mine    = 2 * time.Second
	nothing = time.Millisecond
)

var pcmu = codec.Standard(codec.PCMU)

func plain(peer Candidates) Params {
	return Params{
		Peer: peer, Send: pcmu, Receive: []codec.Format{pcmu},
		EventPT: 101, EventClock: 8000, ReceiveEvents: []EventFormat{{PT: 101, Clock: 8000}},
	}
}

// pair is a unit that gives each of two legs the other's sound.
type pair struct {
	a, b     Audio
	encoder  codec.Encoder
	pcm      [960]int16
	payload  [2][codec.MaxPayload]byte
	packets  [1]codec.Packet
	activity [2][3]int
}

func newPair(a, b Audio) *pair {
	enc, err := codec.NewEncoder(pcmu)
	if err != nil {
		panic(err)
	}
	return &pair{a: a, b: b, encoder: enc}
}

func (p *pair) Tick(t *Tick) {
	p.pass(t, p.a, p.b, 0)
	p.pass(t, p.b, p.a, 1)
}

func (p *pair) pass(t *Tick, from, to Audio, i int) {
	sound := p.pcm[:from.Rate()/50]
	act := from.Receive(t, sound)
	p.activity[i][act]++
	p.packets[0] = codec.Packet{Ticks: 160}
	if act == Silent {
		to.Send(t, nil)
		return
	}
	n, err := p.encoder.Encode(p.payload[i][:], sound)
	if err != nil {
		panic(err)
	}
	p.packets[0].Payload = p.payload[i][:n]
	to.Send(t, p.packets[:])
}
