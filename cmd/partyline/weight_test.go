//go:build !race

package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// mostLive is what a call in a room may keep alive, in bytes of heap and stacks.
// It was 23,000 to 28,000 when this was written.
const mostLive = 34000

// TestWeightOfACall: a call by SIP that sends sound into a room leaves little
// behind once it is there, and only the goroutine that attends it.
func TestWeightOfACall(t *testing.T) {
	cfg, err := (&console{file: config(t, quiet+
		"limits: {calls_per_source: 0, invites_per_second_per_source: 0}\n")}).config()
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGateway(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	must(t, "room", "add", "--config", cfg.File, "--extension", "112752642", "--pin", "48219", "--max-participants", "0")
	dialIn(t, g, 20) // what all calls share is there from now on
	heap, stacks, goroutines := liveBytes()
	const calls = 100
	dialIn(t, g, calls)
	moreHeap, moreStacks, more := liveBytes()
	heap, stacks = (moreHeap-heap)/calls, (moreStacks-stacks)/calls
	t.Logf("a call: %d bytes of heap, %d of stacks", heap, stacks)
	if heap+stacks > mostLive {
		t.Errorf("a call keeps %d bytes alive, more than %d", heap+stacks, mostLive)
	}
	if more -= goroutines; more > calls+5 {
		t.Errorf("%d calls have %d goroutines", calls, more)
	}
}

// liveBytes is what the process keeps alive, in bytes of heap and stacks, and by how
// many goroutines.
func liveBytes() (heap, stacks int64, goroutines int) {
	var m runtime.MemStats
	for range 3 { // a stack that has grown loses half of it at each
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.StackInuse), runtime.NumGoroutine()
}

// dialIn makes n calls more that stay in the room.
func dialIn(t *testing.T, g *gateway, n int) {
	t.Helper()
	conn, err := net.Dial("udp", g.sip.Addrs()[0].Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	there := len(g.bridge.Participants())
	for i := range n {
		dial(t, conn, fmt.Sprint("weight", there+i))
	}
	until(t, "everybody is in the room", func() bool {
		rooms := g.bridge.Rooms()
		return len(rooms) == 1 && rooms[0].Count() == there+n
	})
}

var (
	toTag     = regexp.MustCompile(`(?m)^To: .*;tag=([^;\s]+)`)
	audioPort = regexp.MustCompile(`(?m)^m=audio (\d+)`)
)

// dial calls the room as a phone that speaks in text, and sends a little sound.
func dial(t *testing.T, conn net.Conn, id string) {
	t.Helper()
	rtp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rtp.Close() })
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", rtp.LocalAddr().(*net.UDPAddr).Port)
	ask := func(method, branch, tag, body string) {
		fmt.Fprintf(conn, "%s sip:112752642.48219@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s\r\nMax-Forwards: 70\r\n"+
			"From: <sip:%s@127.0.0.1>;tag=%s\r\nTo: <sip:112752642@127.0.0.1>%s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:%s@%s>\r\n"+
			"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			method, conn.LocalAddr(), id, branch, id, id, tag, id, method, id, conn.LocalAddr(), len(body), body)
	}
	ask("INVITE", "i", "", sdp)
	answer := make([]byte, 4096)
	for {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := conn.Read(answer)
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		if text := string(answer[:n]); text[:11] == "SIP/2.0 200" {
			ask("ACK", "a", ";tag="+toTag.FindStringSubmatch(text)[1], "")
			port, _ := strconv.Atoi(audioPort.FindStringSubmatch(text)[1])
			to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)))
			for seq := range byte(5) {
				packet := make([]byte, 172)
				packet[0], packet[3], packet[7] = 0x80, seq, 160*seq
				copy(packet[8:12], id[len(id)-4:])
				if _, err := rtp.WriteTo(packet, to); err != nil {
					t.Fatal(err)
				}
			}
			return
		}
	}
}
