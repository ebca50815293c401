//go:build peers && soak

package peers

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
	"github.com/partyline/partyline/test/endpoint"
	"github.com/partyline/partyline/test/faults"
)

// seeds are good messages that mutations begin with. METHOD stays for where a message
// comes from.
func seeds(target, me, network string) []string {
	offer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 8 111 101\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n" +
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
	text := func(method, extra, kind, body string) string {
		if kind != "" {
			extra += "Content-Type: " + kind + "\r\n"
		}
		return fmt.Sprintf("%s sip:112752642.48219@%s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bKBRANCH\r\nMax-Forwards: 70\r\nFrom: \"A\" <sip:a@%s>;tag=t\r\n"+
			"To: <sip:112752642.48219@%s>\r\nCall-ID: BRANCH@m\r\nCSeq: 1 %s\r\nContact: <sip:a@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
			method, target, network, me, me, target, method, me, extra, len(body), body)
	}
	return []string{
		text("INVITE", "Supported: 100rel, timer\r\nSession-Expires: 1800\r\n", "application/sdp", offer),
		text("INVITE", "Require: 100rel\r\nP-Asserted-Identity: <sip:+41791234567@a>\r\nPrivacy: id\r\nDiversion: <sip:1@a>;reason=unconditional\r\n", "application/sdp", offer),
		text("INVITE", "", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n"+offer+"--b--\r\n"),
		text("INVITE", "Replaces: a;to-tag=b;from-tag=c\r\nRecord-Route: <sip:127.0.0.1;lr>\r\nHistory-Info: <sip:1@a>;index=1\r\n", "", ""),
		text("INFO", "", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"),
		text("REGISTER", "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"00000000000000000000000000000000\"\r\nExpires: 60\r\n", "", ""),
		text("REFER", "Refer-To: <sip:a@b?Replaces=c>\r\n", "", ""),
		text("OPTIONS", "", "", ""), text("BYE", "", "", ""), text("CANCEL", "", "", ""), text("ACK", "", "", ""), text("PRACK", "RAck: 1 1 INVITE\r\n", "", ""),
		"SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/" + network + " " + target + ";branch=z9hG4bKBRANCH\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n" +
			"Call-ID: BRANCH@m\r\nCSeq: 1 INVITE\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
	}
}

// TestSoakMutatedSIP: a hundred thousand mutated messages each by UDP and by TCP, from
// addresses enough for none to be throttled. A good request is answered after every
// hundred, a call after every ten thousand; in the end all is given back.
func TestSoakMutatedSIP(t *testing.T) {
	const total = 100000
	g := start(t, "limits: {calls: 0}\n"+manyPorts) // two thousand sources are a botnet
	g.drainIn("2s")
	g.room("112752642", "48219")
	warm := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.2"})
	warm.hangup()
	g.await("at rest", 10*time.Second, func(c []call) bool { return len(c) == 0 })
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			r := note(t, "Malformed SIP by "+network)
			before, mem := g.rests(), g.rss()
			slowest := g.mutate(t, network, total)
			r.Inputs = total
			malformed, throttled := g.counter("partyline_sip_malformed_total"), g.counter("partyline_sip_throttled_total")
			figure(r, "%.0f malformed, %.0f throttled since the start; others answered after %v at most; %d MiB, before %d", malformed, throttled, slowest.Round(time.Millisecond), g.rss(), mem)
			if malformed < total/20 {
				t.Errorf("only %.0f were malformed", malformed)
			}
			if slowest > 2*time.Second {
				t.Errorf("a good request was answered after %v", slowest)
			}
			figure(r, "all given back after %v", g.returns(t, before, 90*time.Second).Round(100*time.Millisecond))
			g.panics(t, 0)
		})
	}
}

// mutate sends the messages, fifty from each address.
func (g *gateway) mutate(t *testing.T, network string, total int) (slowest time.Duration) {
	m := faults.NewMutator(uint64(len(network)) * 7919)
	addr := map[string]string{"udp": g.sip, "tcp": g.tcp}[network]
	var c net.Conn
	var good []string
	open := func(i int) {
		if c != nil {
			c.Close()
		}
		n := i / 50
		ip := net.IPv4(127, 2, byte(n/250%250), byte(1+n%250))
		var local net.Addr = &net.UDPAddr{IP: ip}
		if network == "tcp" {
			local = &net.TCPAddr{IP: ip}
		}
		d := net.Dialer{LocalAddr: local, Timeout: 10 * time.Second}
		var err error
		if c, err = d.DialContext(t.Context(), network, addr); err != nil {
			t.Fatalf("after %d messages: %v", i, err)
		}
		good = seeds(addr, c.LocalAddr().String(), strings.ToUpper(network))
	}
	open(0)
	defer func() { c.Close() }()
	for i := range total {
		text := strings.ReplaceAll(good[m.IntN(len(good))], "BRANCH", fmt.Sprint("m", i))
		if _, err := c.Write(m.Text(text)); err != nil || i%50 == 49 || network == "tcp" && i%4 == 3 {
			open(i + 1) // closed on an error of framing, or past half a message
		}
		if i%100 == 99 {
			slowest = max(slowest, g.answers(t, network, i))
		}
		if i%10000 == 9999 {
			p := g.insists(t, "112752642.48219", rawWays{local: "127.0.0.2"})
			g.await("a caller in the room", 10*time.Second, inRoom(1))
			p.hangup()
			p.vanish()
		}
	}
	return slowest
}

// answers says how long OPTIONS take. By UDP, which the kernel may drop when it is
// flooded, they are sent three times.
func (g *gateway) answers(t *testing.T, network string, i int) time.Duration {
	t.Helper()
	if network == "tcp" {
		c := g.connect(t, "127.0.0.4")
		defer c.Close()
		return asks(t, c, i)
	}
	ask := g.openRaw(t, "", rawWays{local: "127.0.0.4"})
	defer ask.vanish()
	began := time.Now()
	if res := ask.exchange(ask.request("OPTIONS", 1, ask.to, nil, ""), "1 OPTIONS", 1600*time.Millisecond); res.status != 200 {
		t.Fatalf("after %d messages OPTIONS is answered with %d", i, res.status)
	}
	return time.Since(began)
}

// TestSoakMutatedSetups: twenty thousand mutated Setups, each on a connection of its
// own; a good call is answered after every two thousand.
func TestSoakMutatedSetups(t *testing.T) {
	r := note(t, "Malformed H.225/H.245")
	const total = 20000
	g := start(t, withH323)
	g.room("112752642", "48219")
	var setups [][]byte
	for _, o := range []endpoint.Options{{}, {Slow: true}, {Early: true}, {Slow: true, Separate: true}} {
		o.Edit = func(m *q931.Message) {
			if m.Type == q931.Setup {
				if b, err := m.Append(nil); err == nil {
					setups = append(setups, b)
				}
			}
		}
		c := g.answered(t, digits("112752642#48219"), o)
		c.Close()
	}
	g.await("at rest", 10*time.Second, func(c []call) bool { return len(c) == 0 })
	before, mem := g.rests(), g.rss()
	m := faults.NewMutator(4)
	for i := range total {
		c := g.stranger323Once(t, fmt.Sprintf("127.0.6.%d", 1+i%200))
		b := m.Octets(setups[i%len(setups)])
		frame, err := tpkt.Append(nil, b)
		if err != nil {
			continue
		}
		if i%10 == 9 {
			frame = m.Octets(frame) // its length, too
		}
		_, _ = c.Write(frame)
		if i%3 == 0 {
			_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			_, _ = c.Read(make([]byte, 4096))
		}
		c.Close()
		if i%2000 == 1999 {
			began := time.Now()
			good := g.answered(t, digits("112752642#48219"), endpoint.Options{})
			if d := time.Since(began); d > 2*time.Second {
				t.Errorf("after %d Setups a call is answered after %v", i, d)
			}
			good.Close()
		}
	}
	r.Inputs = total
	figure(r, "%.0f understood as no Setup; %d MiB, before %d", g.counter("partyline_h323_mute_total"), g.rss(), mem)
	figure(r, "all given back after %v", g.returns(t, before, 90*time.Second).Round(100*time.Millisecond))
	g.panics(t, 0)
}

// stranger323Once is a connection to the H.323 port that the caller closes.
func (g *gateway) stranger323Once(t *testing.T, local string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}, Timeout: 10 * time.Second}
	c, err := d.DialContext(t.Context(), "tcp", g.h323.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSoakIdle: a thousand idle connections are all closed within 35 s.
func TestSoakIdle(t *testing.T) {
	r := note(t, "Idle and slow TCP")
	g := start(t, "")
	began := time.Now()
	all := idle(t, g)
	r.Inputs = len(all)
	slowest := time.Duration(0)
	for i, c := range all {
		_ = c.SetReadDeadline(began.Add(50 * time.Second))
		for buf := make([]byte, 512); ; {
			if _, err := c.Read(buf); err != nil {
				if e, ok := err.(net.Error); ok && e.Timeout() {
					t.Fatalf("connection %d is open after %v", i, time.Since(began))
				}
				break
			}
		}
		slowest = max(slowest, time.Since(began))
	}
	figure(r, "all closed after %v", slowest.Round(100*time.Millisecond))
	if slowest > 40*time.Second { // 35 s, and the time that opening them took
		t.Errorf("the last was closed after %v", slowest)
	}
}
