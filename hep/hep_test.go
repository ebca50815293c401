package hep

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/trace"
)

// chunk is one of a packet, as the document describes it, read independently of the
// encoder.
type chunk struct {
	vendor, kind uint16
	value        []byte
}

// chunks reads a packet strictly.
func chunks(t *testing.T, packet []byte) map[uint16][]byte {
	t.Helper()
	if len(packet) < 6 || string(packet[:4]) != "HEP3" || int(binary.BigEndian.Uint16(packet[4:])) != len(packet) {
		t.Fatalf("no packet: % x", packet[:min(len(packet), 16)])
	}
	all := map[uint16][]byte{}
	for rest := packet[6:]; len(rest) > 0; {
		if len(rest) < 6 {
			t.Fatalf("%d octets are left over", len(rest))
		}
		c := chunk{binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:]), nil}
		n := int(binary.BigEndian.Uint16(rest[4:]))
		if n < 6 || n > len(rest) {
			t.Fatalf("chunk %#x says %d octets of %d", c.kind, n, len(rest))
		}
		if _, twice := all[c.kind]; twice || c.vendor != 0 {
			t.Fatalf("chunk %#x of vendor %d comes twice or is none of ours", c.kind, c.vendor)
		}
		all[c.kind], rest = rest[6:n], rest[n:]
	}
	return all
}

func randomAddress(r *rand.Rand) netip.AddrPort {
	switch r.IntN(4) {
	case 0:
		return netip.AddrPort{}
	case 1:
		var a [16]byte
		binary.BigEndian.PutUint64(a[:], 0x20010db800000000)
		binary.BigEndian.PutUint64(a[8:], r.Uint64())
		return netip.AddrPortFrom(netip.AddrFrom16(a), uint16(r.Uint32()))
	case 2:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2, 15: 1}), 5)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(r.Uint32())}), uint16(r.Uint32()))
}

// Whatever is sent can be read, and says what it was made of.
func TestEveryPacketCanBeRead(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		text := func(most int) string { return strings.Repeat("k", r.IntN(most)) }
		s := Source{ID: r.Uint32(), Key: text(20), Name: text(1000)}
		m := Message{
			At: time.Unix(int64(r.Uint32()), int64(r.IntN(1e9))), Type: []Type{TypeSIP, TypeRTCP, TypeH323, TypeLog}[r.IntN(4)],
			From: randomAddress(r), To: randomAddress(r), TCP: r.IntN(2) == 0, Correlation: text(2000),
			Payload: bytes.Repeat([]byte("x"), r.IntN([]int{10, 2000, 70000}[r.IntN(3)])),
		}
		before := []byte("before")
		out := Append(before, s, m)
		if !bytes.HasPrefix(out, before) {
			t.Fatal("what was there is gone")
		}
		c := chunks(t, out[len(before):])
		family, from, to := byte(familyIPv4), uint16(chunkIPv4From), uint16(chunkIPv4To)
		if len(c[chunkIPv6From]) > 0 {
			family, from, to = familyIPv6, chunkIPv6From, chunkIPv6To
		}
		addr, ok := netip.AddrFromSlice(c[from])
		if m.From.IsValid() && (!ok || addr.Unmap() != m.From.Addr().Unmap()) || len(c[from]) != len(c[to]) || c[chunkFamily][0] != family {
			t.Fatalf("from %s: % x", m.From, c[from])
		}
		if m.To.IsValid() && binary.BigEndian.Uint16(c[chunkPortTo]) != m.To.Port() {
			t.Fatal(m.To)
		}
		proto := byte(overUDP)
		if m.TCP {
			proto = overTCP
		}
		if c[chunkProtocol][0] != proto || c[chunkType][0] != byte(m.Type) || binary.BigEndian.Uint32(c[chunkAgent]) != s.ID {
			t.Fatal("protocol, type or agent")
		}
		if binary.BigEndian.Uint32(c[chunkSeconds]) != uint32(m.At.Unix()) || int(binary.BigEndian.Uint32(c[chunkMicros])) != m.At.Nanosecond()/1000 {
			t.Fatal("time")
		}
		for kind, want := range map[uint16]string{chunkKey: s.Key, chunkNode: s.Name, chunkCorrelation: m.Correlation} {
			if string(c[kind]) != want[:min(len(want), mostText)] {
				t.Fatalf("chunk %#x is %q", kind, c[kind])
			}
			if _, there := c[kind]; there && want == "" {
				t.Fatalf("chunk %#x is empty", kind)
			}
		}
		if !bytes.HasPrefix(m.Payload, c[chunkPayload]) || len(m.Payload) < 60000 && len(m.Payload) != len(c[chunkPayload]) {
			t.Fatal("payload")
		}
	}
}

// packetOf is one of a call of ours.
func packetOf(protocol string, out bool, data string) trace.Packet {
	return trace.Packet{
		At: time.Now(), Protocol: protocol, Network: "UDP", Local: netip.MustParseAddrPort("203.0.113.10:5060"),
		Remote: netip.MustParseAddrPort("198.51.100.7:5061"), Out: out, CallID: "abc", Summary: "INVITE", Data: []byte(data),
	}
}

func TestCopiesByUDP(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	s, err := Open(Config{To: "udp://" + pc.LocalAddr().String(), Source: Source{ID: 2001, Key: "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Send(packetOf(trace.SIP, false, "INVITE sip:1@x SIP/2.0\r\n\r\n"), "abc")
	h := packetOf(trace.H225, true, "\x08\x02")
	h.Summary, h.Detail = "Setup", "to 100100\nfrom x"
	s.Send(h, "abc")
	s.Send(packetOf(trace.Log, true, "call answered"), "abc")
	s.Send(packetOf(trace.SIP, true, ""), "abc") // nothing can be shown of it
	var got []string
	buf := make([]byte, 1<<16)
	for range 4 {
		pc.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, _, err := pc.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		c := chunks(t, buf[:n])
		from, _ := netip.AddrFromSlice(c[chunkIPv4From])
		got = append(got, fmt.Sprintf("%d %s %s %s", c[chunkType][0], from, c[chunkCorrelation], c[chunkPayload]))
		if string(c[chunkKey]) != "secret" {
			t.Errorf("key %q", c[chunkKey])
		}
	}
	want := []string{
		"1 198.51.100.7 abc INVITE sip:1@x SIP/2.0\r\n\r\n",
		"11 203.0.113.10 abc \x08\x02",
		"100 203.0.113.10 abc h225 sent Setup: to 100100; from x",
		"100 203.0.113.10 abc call answered",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// One stream carries packets one after the other; what waits at the end is sent.
func TestCopiesByTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := Open(Config{To: "tcp://" + l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	for i := range n {
		s.Send(packetOf(trace.SIP, i%2 == 0, fmt.Sprint("message ", i)), "abc")
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for i := range n {
		if i == n-10 { // the rest is there already, or is sent by Close
			s.Close()
		}
		head := make([]byte, 6)
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatal(i, err)
		}
		rest := make([]byte, int(binary.BigEndian.Uint16(head[4:]))-6)
		if _, err := io.ReadFull(conn, rest); err != nil {
			t.Fatal(i, err)
		}
		if c := chunks(t, append(head, rest...)); string(c[chunkPayload]) != fmt.Sprint("message ", i) {
			t.Fatalf("%d: %q", i, c[chunkPayload])
		}
	}
	if f := s.Figures(); f.Sent != n || f.Dropped != 0 {
		t.Errorf("%+v", f)
	}
}

// A server that is away, or takes nothing, costs copies and no time.
func TestNobodyWaitsForTheServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	s, err := Open(Config{To: "tcp://" + address})
	if err != nil {
		t.Fatal(err)
	}
	const n = 3 * waiting
	for range n {
		s.Send(packetOf(trace.SIP, true, strings.Repeat("x", 1000)), "abc")
	}
	s.Close()
	s.Close() // again is no harm
	s.Send(packetOf(trace.SIP, true, "late"), "abc")
	if f := s.Figures(); f.Sent != 0 || f.Dropped != n {
		t.Errorf("%+v, want %d dropped", f, n)
	}
}

func TestAddresses(t *testing.T) {
	for _, to := range []string{"", "127.0.0.1:9060", "http://x:1", "udp://host", "udp://:", "tcp://[::1", "udp://x:1\n"} {
		if s, err := Open(Config{To: to}); err == nil {
			s.Close()
			t.Errorf("%q is an address", to)
		}
	}
}

func TestReports(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 0, 0, 500_000_000, time.UTC)
	text := RTCP(Report{At: at, ClockRate: 8000, PacketsIn: 1000, PacketsOut: 900, BytesOut: 144000, Lost: 10, LossIn: 0.01, Jitter: 20 * time.Millisecond, RTT: 45 * time.Millisecond, MOS: 4.2})
	var r rtcp
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Type != 200 || r.Sender.Packets != 900 || len(r.Blocks) != 1 || r.Blocks[0].Lost != 10 || r.Blocks[0].Fraction != 2 || r.Blocks[0].Jitter != 160 || r.RTT != 45 {
		t.Errorf("%s", text)
	}
	if r.Sender.Seconds != uint32(at.Unix()+2208988800) {
		t.Error(r.Sender.Seconds)
	}
	for _, loss := range []float64{-1, 2, 1} {
		if text := RTCP(Report{At: at, LossIn: loss, Lost: -5}); text == nil {
			t.Error(loss)
		}
	}
}
