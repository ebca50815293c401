//go:build peers && soak

package peers

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestSoakHalfOpen: ten thousand INVITEs from sixteen sources that never acknowledge.
// No OPTIONS of others is lost, their calls are answered within 2 s, and 45 s later all
// that the flood had is given back.
func TestSoakHalfOpen(t *testing.T) {
	r := note(t, "Half-open")
	const total, sources = 10000, 16
	g := start(t, "")
	g.drainIn("2s")
	g.room("112752642", "48219")
	warm := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.2"})
	warm.hangup()
	g.await("at rest", 10*time.Second, func(c []call) bool { return len(c) == 0 })
	before := g.rests()
	over := make(chan struct{})
	go func() {
		defer close(over)
		g.flood(t, total, sources)
	}()
	asked, lost, calls, slowest := 0, 0, 0, time.Duration(0)
	for flooding := true; flooding; {
		select {
		case <-over:
			flooding = false
		default:
		}
		ask := g.openRaw(t, "", rawWays{local: "127.0.0.4"})
		asked++
		if res := ask.exchange(ask.request("OPTIONS", 1, ask.to, nil, ""), "1 OPTIONS", 400*time.Millisecond); res.status != 200 {
			lost++
		}
		ask.vanish()
		began := time.Now()
		p := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.2"})
		calls++
		slowest = max(slowest, time.Since(began))
		p.hangup()
		p.vanish()
		<-time.After(200 * time.Millisecond) // its own limit is ten a second
	}
	r.Inputs, r.Calls, r.Lost = total, calls, lost
	figure(r, "%d of %d OPTIONS lost; others' %d calls answered after %v at most", lost, asked, calls, slowest.Round(time.Millisecond))
	if lost > 0 || slowest > 2*time.Second || calls < 5 {
		t.Errorf("%d of %d OPTIONS are lost, the slowest of %d calls took %v", lost, asked, calls, slowest)
	}
	figure(r, "all given back %v later", g.returns(t, before, 45*time.Second).Round(100*time.Millisecond))
	if n := len(g.calls()); n != 0 {
		t.Errorf("%d calls are left", n)
	}
	if !strings.Contains(g.log.text(), "too many") && !strings.Contains(g.log.text(), "over limits") && !strings.Contains(g.log.text(), "not acknowledged") {
		t.Error("the log does not say why calls were refused")
	}
	g.panics(t, 0)
}

// flood sends INVITEs, some 2,000 a second, and reads nothing.
func (g *gateway) flood(t *testing.T, total, sources int) {
	var socks []*net.UDPConn
	var texts []string
	to := net.UDPAddrFromAddrPort(g.openRaw(t, "x", rawWays{local: "127.0.0.3"}).gateway)
	for i := range sources {
		c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 5, byte(1+i))}, to)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		socks = append(socks, c)
		me := addrOf(c)
		sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n", me.Addr(), me.Addr())
		texts = append(texts, fmt.Sprintf("INVITE sip:112752642.48219@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKflood%%d\r\nMax-Forwards: 70\r\n"+
			"From: <sip:flood@%s>;tag=f\r\nTo: <sip:112752642.48219@%s>\r\nCall-ID: flood%%d@%s\r\nCSeq: 1 INVITE\r\nContact: <sip:flood@%s>\r\n"+
			"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", to, me, me, to, me, me, len(sdp), sdp))
	}
	for i := range total {
		_, _ = fmt.Fprintf(socks[i%sources], texts[i%sources], i, i)
		if i%20 == 19 {
			<-time.After(10 * time.Millisecond)
		}
	}
}
