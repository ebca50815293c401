//go:build peers

package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// certificate writes a self-made certificate for 127.0.0.1 with its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "sip.crt"), filepath.Join(dir, "sip.key")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestEncrypted: signalling by TLS and media by SRTP, where nothing else is
// taken.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	g := start(t, fmt.Sprintf("sip: {listen: [\"udp://127.0.0.1:0\", \"tls://127.0.0.1:0\"], rtp_bind: 127.0.0.1, rtp_ports: RTP_PORTS, srtp: required, tls: {cert_file: %s, key_file: %s}}\n", cert, key))
	g.room("112752642", "48219")
	plain := g.openRaw(t, "112752642.48219", rawWays{})
	if res := plain.invite(); res.status != 488 || !strings.Contains(res.get("Warning"), "encrypt") {
		t.Errorf("plain RTP: %d, Warning %q", res.status, res.get("Warning"))
	}
	old, err := tls.Dial("tcp", g.tls, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		old.Close()
		t.Error("TLS 1.1 is taken")
	}
	aWAV, aSound := speech(t, 0, 8000)
	bWAV, bSound := speech(t, 1, 8000)
	uri := "sip:112752642.48219@" + g.tls + ";transport=tls"
	module := "g711.so\nsip_cafile " + cert + "\nsip_verify_server yes"
	a := dial(t, phone{uri: uri, codec: "PCMU/8000/1", module: module, rate: 8000, wav: aWAV, mediaenc: "srtp-mand", seconds: 11})
	b := dial(t, phone{uri: uri, codec: "PCMA/8000/1", module: module, rate: 8000, wav: bWAV, mediaenc: "srtp-mand", seconds: 11})
	for _, c := range g.await("both in the room", 8*time.Second, inRoom(2)) {
		if !c.Encrypted {
			t.Errorf("%s is not encrypted", c.Remote)
		}
	}
	// What is not authentic ends no call and is not heard.
	_, evil := speech(t, 2, 8000)
	injected := g.spray(t, "127.0.0.1", evil)
	aHeard, bHeard := a.heard(t), b.heard(t)
	if n := injected.end(); n != 0 {
		t.Errorf("the stranger got %d packets", n)
	}
	if v := likeness(bSound, 8000, aHeard, 8000); v < 0.75 {
		t.Errorf("a does not hear b: %.2f", v)
	}
	if v := likeness(aSound, 8000, bHeard, 8000); v < 0.75 {
		t.Errorf("b does not hear a: %.2f", v)
	}
}

// TestIPv6 joins phones of both families in one room.
func TestIPv6(t *testing.T) {
	t.Parallel()
	if c, err := net.ListenPacket("udp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here")
	} else {
		c.Close()
	}
	g := start(t, "sip: {listen: [\"udp://[::1]:0\", \"udp://127.0.0.1:0\"], rtp_bind: [127.0.0.1, \"::1\"], rtp_ports: RTP_PORTS}\n")
	g.room("112752642", "48219")
	b, err := os.ReadFile(filepath.Join(g.dir, "data", "listeners.json"))
	if err != nil {
		t.Fatal(err)
	}
	var l struct{ SIP []string }
	if err := json.Unmarshal(b, &l); err != nil {
		t.Fatal(err)
	}
	six := *g
	six.sip = strings.TrimPrefix(l.SIP[0], "udp://")
	p := six.raw(t, "112752642.48219", rawWays{local: "::1"})
	q := g.raw(t, "112752642.48219", rawWays{})
	if !strings.Contains(p.answer.body, "c=IN IP6 ::1") || !strings.Contains(p.answer.get("Contact"), "[::1]") {
		t.Errorf("the answer by IPv6:\n%s\n%s", p.answer.head, p.answer.body)
	}
	g.await("both in the room", 10*time.Second, inRoom(2))
	<-time.After(4 * time.Second)
	_, sound := speech(t, 0, 8000)
	_, other := speech(t, 1, 8000)
	p.talk(sound)
	q.talk(other)
	p.take()
	q.take()
	<-time.After(6 * time.Second)
	if v := likeness(sound, 8000, q.take(), 8000); v < 0.75 {
		t.Errorf("IPv4 does not hear IPv6: %.2f", v)
	}
	if v := likeness(other, 8000, p.take(), 8000); v < 0.75 {
		t.Errorf("IPv6 does not hear IPv4: %.2f", v)
	}
	p.hangup()
}

// TestPublicAddress: behind a 1:1 NAT, SDP and Contact name the public address.
func TestPublicAddress(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.reconfigure("public_ip: 127.0.0.1", "public_ip: 203.0.113.10")
	g.cli("reload")
	g.room("112752642", "48219")
	p := g.raw(t, "112752642.48219", rawWays{})
	_, port, _ := strings.Cut(g.sip, ":")
	if !strings.Contains(p.answer.body, "c=IN IP4 203.0.113.10\r\n") {
		t.Errorf("the SDP: %s", p.answer.body)
	}
	if c := p.answer.get("Contact"); !strings.Contains(c, "@203.0.113.10:"+port) {
		t.Errorf("the Contact: %s", c)
	}
	if strings.Contains(p.answer.body, "127.0.0.1") {
		t.Errorf("the inner address is told:\n%s", p.answer.body)
	}
	g.await("in the room", 10*time.Second, inRoom(1))
	if n := p.received(); n == 0 {
		<-time.After(time.Second)
		if p.received() == 0 {
			t.Error("no RTP comes")
		}
	}
	p.hangup()
}

// TestLargeResponse: an answer with Opus, SRTP and a long way of proxies is
// longer than a packet of Ethernet and arrives whole by UDP.
func TestLargeResponse(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	p := g.openRaw(t, "112752642.48219", rawWays{silent: true})
	me := addrOf(p.sig)
	for i := range 8 {
		p.how.headers = append(p.how.headers,
			fmt.Sprintf("Via: SIP/2.0/UDP proxy-%d.carrier.example:5060;branch=z9hG4bK%040d;received=192.0.2.%d", i, i, i),
			fmt.Sprintf("Record-Route: <sip:%s;lr;did=%064d>", me, i))
	}
	p.how.media = "m=audio PORT RTP/SAVPF 111 9 8 0 101 110\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n" +
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\na=rtcp-mux\r\na=ptime:20\r\n"
	res := p.invite()
	if res.status != 200 || res.size <= 1300 {
		t.Fatalf("%d, %d bytes\n%s", res.status, res.size, res.head)
	}
	if n, _ := strconv.Atoi(res.get("Content-Length")); n != len(res.body) || n == 0 {
		t.Errorf("the body has %d bytes of %s", len(res.body), res.get("Content-Length"))
	}
	if len(res.headers["via"]) != 9 || len(res.headers["record-route"]) != 8 {
		t.Errorf("%d Vias and %d Record-Routes came back", len(res.headers["via"]), len(res.headers["record-route"]))
	}
	if !strings.Contains(res.body, "opus/48000") || !strings.Contains(res.body, "a=crypto:1 ") {
		t.Errorf("the answer:\n%s", res.body)
	}
}

// stranger sprays what nobody asked for at all RTP ports.
type stranger struct {
	conn       *net.UDPConn
	over, done chan struct{}
	got        chan int
}

// spray sends speech and RTCP BYEs to every RTP port of the gateway, 50 times a
// second.
func (g *gateway) spray(t *testing.T, local string, sound []int16) *stranger {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(local)})
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{conn: c, over: make(chan struct{}), done: make(chan struct{}), got: make(chan int, 1)}
	go func() {
		n, buf := 0, make([]byte, 2048)
		for {
			if _, from, err := c.ReadFromUDPAddrPort(buf); err == nil {
				// The port may have been that of a phone whose gateway still sends.
				if p := int(from.Port()); p >= g.rtpMin && p <= g.rtpMax {
					n++
				}
				continue
			} else if !strings.Contains(err.Error(), "refused") {
				s.got <- n
				return
			}
		}
	}()
	say := pcmu(sound)
	go func() {
		defer close(s.done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		seq, ts, ssrc := uint16(0), uint32(0), mathrand.Uint32()
		bye := []byte{0x81, 203, 0, 1, byte(ssrc >> 24), byte(ssrc >> 16), byte(ssrc >> 8), byte(ssrc)}
		for at := 0; ; at = (at + 160) % (len(say) - 160) {
			select {
			case <-s.over:
				return
			case <-tick.C:
			}
			p := rtpPacket(0, seq, ts, ssrc, say[at:at+160])
			for port := g.rtpMin; port <= g.rtpMax; port++ {
				to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
				_, _ = c.WriteToUDPAddrPort(p, to) // most ports are closed
				if seq%10 == 0 {
					_, _ = c.WriteToUDPAddrPort(bye, to)
				}
			}
			seq++
			ts += 160
		}
	}()
	return s
}

// end stops spraying and says how many packets came back.
func (s *stranger) end() int {
	close(s.over)
	<-s.done
	s.conn.Close()
	return <-s.got
}

// TestStrangers: whoever sprays the RTP ports, from elsewhere or from a caller's
// own address, is never heard, ends no call and gets nothing.
func TestStrangers(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	_, evil := speech(t, 1, 8000)
	before := g.spray(t, "127.0.0.9", evil)
	a := g.raw(t, "112752642.48219", rawWays{})
	b := g.raw(t, "112752642.48219", rawWays{})
	mute := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.3", silent: true}) // stays unlatched
	g.await("all in the room", 10*time.Second, inRoom(3))
	same := g.spray(t, "127.0.0.1", evil) // both phones of this address have been heard
	<-time.After(4 * time.Second)
	_, sound := speech(t, 0, 8000)
	a.talk(long(sound, 8000, 25*time.Second))
	// What a stranger gets in is heard each time; what a busy machine garbles is not.
	clearly(t, 3, func(wrong func(string, ...any)) {
		a.take()
		b.take()
		mute.take()
		<-time.After(6 * time.Second)
		heard := map[string][]int16{"a": a.take(), "b": b.take(), "mute": mute.take()}
		for name, h := range heard {
			if v := likeness(evil, 8000, h, 8000); v > 0.5 {
				wrong("%s hears the stranger: %.2f", name, v)
			}
			if v := likeness(sound, 8000, h, 8000); name != "a" && v < 0.75 {
				wrong("%s does not hear a: %.2f", name, v)
			}
		}
		if v := loud(heard["a"]); v > 0.02 {
			wrong("a hears something in %.0f %% of the time", 100*v)
		}
	})
	if n := len(g.calls()); n != 3 {
		t.Errorf("%d of 3 calls are left", n)
	}
	a.hangup()
	b.hangup()
	mute.hangup()
	<-time.After(500 * time.Millisecond)
	if n := before.end(); n != 0 {
		t.Errorf("the stranger elsewhere got %d packets", n)
	}
	if n := same.end(); n != 0 {
		t.Errorf("the stranger at the callers' address got %d packets", n)
	}
}

// TestFlood: thousands of calls from one source cost others nothing.
func TestFlood(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.drainIn("2s")
	g.room("112752642", "48219")
	flooder := g.openRaw(t, "112752642.48219", rawWays{})
	template := string(flooder.request("INVITE", 1, flooder.to, []string{"Content-Type: application/sdp"}, flooder.offer()))
	branch, ports := regexp.MustCompile("branch=[^;\r]+"), regexp.MustCompile("m=audio [0-9]+ ")
	over, sent := make(chan struct{}), make(chan int)
	began := time.Now()
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-over:
				sent <- n
				return
			default:
			}
			m := strings.Replace(template, "Call-ID: ", fmt.Sprintf("Call-ID: %d-", n), 1)
			m = branch.ReplaceAllString(m, fmt.Sprintf("branch=z9hG4bKflood%d", n))
			m = ports.ReplaceAllString(m, fmt.Sprintf("m=audio %d ", 20000+2*n%20000))
			flooder.write([]byte(m))
			// 2,000 a second by the clock, also where a sleep lasts longer than it should.
			<-time.After(time.Until(began.Add(time.Duration(n) * time.Second / 2000)))
		}
	}()
	<-time.After(500 * time.Millisecond)
	for i := range 5 {
		asked := time.Now()
		p := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.2"})
		if d := time.Since(asked); d > 2*time.Second {
			t.Errorf("call %d of another source took %v", i, d)
		}
		ask := g.openRaw(t, "", rawWays{local: "127.0.0.4"})
		if res := ask.exchange(ask.request("OPTIONS", 1, ask.to, nil, ""), "1 OPTIONS", 400*time.Millisecond); res.status != 200 {
			t.Errorf("OPTIONS %d of another source is answered with %d", i, res.status)
		}
		<-time.After(200 * time.Millisecond)
		p.hangup()
	}
	close(over)
	n := <-sent
	list := g.calls()
	if len(list) > 0 {
		t.Errorf("%d of the flood's calls, never acknowledged, are up", len(list))
	}
	log := g.log.text()
	answered := strings.Count(log, `msg="call answered"`) - 5
	if n < 1000 || answered < 1 || answered > 25 {
		t.Errorf("of %d calls of the flood %d were answered", n, answered)
	}
	if !strings.Contains(log, "too many") {
		t.Error("the log does not say why calls were refused")
	}
	if lines := strings.Count(log, "\n"); lines > 500 {
		t.Errorf("the flood wrote %d lines of log", lines)
	}
}

// TestSameAnswers: who asks for users learns nothing, by whatever method.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	want := map[string]int{"OPTIONS": 200, "REGISTER": 405, "SUBSCRIBE": 405, "MESSAGE": 405, "PUBLISH": 405, "REFER": 405, "NOTIFY": 405}
	shape := func(m message) string {
		var names []string
		for _, l := range strings.Split(m.head, "\r\n") {
			name, value, _ := strings.Cut(l, ":")
			switch name {
			case "Via", "From", "To", "Call-ID":
				value = ""
			}
			names = append(names, name+value)
		}
		return strings.Join(names, "\n") + m.body
	}
	for method, status := range want {
		shapes := map[string]bool{}
		for _, user := range []string{"112752642", "999999999", "nobody"} {
			p := g.openRaw(t, user, rawWays{})
			m := p.exchange(p.request(method, 1, p.to, nil, ""), "1 "+method, 5*time.Second)
			if m.status != status {
				t.Errorf("%s to %s: %d", method, user, m.status)
			}
			shapes[shape(m)] = true
		}
		if len(shapes) != 1 {
			t.Errorf("%s tells users apart: %v", method, shapes)
		}
	}
	known, unknown := g.raw(t, "112752642", rawWays{}), g.raw(t, "999999999", rawWays{})
	session := regexp.MustCompile(`(?m)^(o=|m=audio ).*$`)
	if a, b := session.ReplaceAllString(known.answer.body, ""), session.ReplaceAllString(unknown.answer.body, ""); a != b {
		t.Errorf("the answers differ:\n%s\n%s", a, b)
	}
}

// TestLockout: after 20 wrong PINs a source is locked out, with the right PIN
// too, and still is after a restart; others get in. No PIN is ever logged.
func TestLockout(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.debug()
	g.drainIn("2s")
	g.room("112752642", "48219")
	for range 7 {
		p := g.raw(t, "", rawWays{})
		p.press("112752642#86421#112752642#86421#112752642#86421#")
	}
	g.await("all sent away", 60*time.Second, func(c []call) bool { return len(c) == 0 })
	refused := func() {
		t.Helper()
		p := g.raw(t, "112752642.48219", rawWays{})
		p.press("112752642#48219#")
		for end := time.Now().Add(15 * time.Second); !p.gone(200 * time.Millisecond); {
			if inRoom(1)(g.calls()) {
				t.Fatal("the right PIN is taken while locked")
			}
			if time.Now().After(end) {
				t.Fatal("the call of a source that is locked out goes on")
			}
		}
	}
	refused()
	logs := g.log.text()
	g.stop()
	g.run()
	refused()
	g.raw(t, "112752642.48219", rawWays{local: "127.0.0.6"})
	g.await("another source in the room", 10*time.Second, inRoom(1))
	logs += g.log.text()
	for _, pin := range []string{"48219", "86421"} {
		if strings.Contains(logs, pin) {
			t.Errorf("the PIN %s stands in the log", pin)
		}
	}
	if !strings.Contains(strings.ToLower(logs), "lock") {
		t.Error("the lock-out is not logged")
	}
}
