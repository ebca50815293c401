//go:build peers

package peers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/internal/shim"
)

// raw is a telephone of our own, of bare UDP sockets: it does what the ready-made
// ones cannot be made to do. It speaks PCMU.
type raw struct {
	t       *testing.T
	how     rawWays
	sig     *net.UDPConn
	gateway netip.AddrPort
	target  string // the Request-URI
	callID  string
	tag, to string // of From, and the whole To
	cseq    int
	contact string // the gateway's
	answer  message
	acked   []byte // the ACK, for copies of the 200

	rtp      *net.UDPConn
	sendTo   netip.AddrPort
	over     chan struct{}
	overOnce sync.Once
	done     sync.WaitGroup

	mu       sync.Mutex
	waiting  map[string]chan message // responses by CSeq
	requests []message               // of the gateway
	bye      chan struct{}           // closed by its BYE
	say      []byte                  // PCMU
	keys     []byte                  // telephone-events to be sent
	silent   bool                    // sends no RTP
	heard    []int16
	packets  int
	lastSeq  uint16
	lost     int
}

// rawWays are the ways of one phone.
type rawWays struct {
	local    string      // 127.0.0.1
	noEvents bool        // offers no telephone-event
	silent   bool        // sends no RTP at first
	deaf     bool        // answers no request
	relay    *shim.Relay // of its RTP
	signal   *shim.Relay // of its SIP
	media    string      // instead of the m-line and what follows
	headers  []string    // more headers of the INVITE
}

// message is a SIP message as it came.
type message struct {
	status  int    // of a response
	method  string // of a request, or of the response's CSeq
	head    string
	body    string
	size    int
	headers map[string][]string
}

func (m message) get(name string) string {
	if v := m.headers[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func parseMessage(b []byte) message {
	head, body, _ := strings.Cut(string(b), "\r\n\r\n")
	m := message{head: head, body: body, size: len(b), headers: map[string][]string{}}
	lines := strings.Split(head, "\r\n")
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		m.headers[name] = append(m.headers[name], strings.TrimSpace(value))
	}
	first := strings.SplitN(lines[0], " ", 3)
	if first[0] == "SIP/2.0" && len(first) > 1 {
		m.status, _ = strconv.Atoi(first[1])
		_, m.method, _ = strings.Cut(m.get("CSeq"), " ")
	} else {
		m.method = first[0]
	}
	return m
}

// openRaw opens a phone that does not call yet.
func (g *gateway) openRaw(t *testing.T, user string, how rawWays) *raw {
	t.Helper()
	if how.local == "" {
		how.local = "127.0.0.1"
	}
	open := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(how.local)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	at := g.sip
	if host, port, _ := net.SplitHostPort(at); host == "0.0.0.0" || host == "::" {
		at = net.JoinHostPort(how.local, port)
	}
	uri := "sip:" + at
	if user != "" {
		uri = "sip:" + user + "@" + at
	}
	p := &raw{
		t: t, how: how, sig: open(), rtp: open(), gateway: netip.MustParseAddrPort(at), target: uri,
		callID: fmt.Sprintf("%x@raw", rand.Uint64()), tag: fmt.Sprintf("%x", rand.Uint32()), to: "<" + uri + ">",
		waiting: map[string]chan message{}, bye: make(chan struct{}), over: make(chan struct{}), silent: how.silent,
	}
	if how.signal != nil {
		how.signal.To(p.gateway)
		p.gateway = how.signal.Near()
	}
	p.done.Go(p.signals)
	p.done.Go(p.listen)
	t.Cleanup(p.close)
	return p
}

// raw calls and is answered.
func (g *gateway) raw(t *testing.T, user string, how rawWays) *raw {
	t.Helper()
	p := g.openRaw(t, user, how)
	res := p.invite()
	if res.status != 200 {
		t.Fatalf("%s: %d\n%s", p.target, res.status, res.head)
	}
	return p
}

func addrOf(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// announced is where the phone says that it wants RTP.
func (p *raw) announced() netip.AddrPort {
	if p.how.relay != nil {
		return p.how.relay.Far()
	}
	return addrOf(p.rtp)
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "IP4"
	}
	return "IP6"
}

func (p *raw) offer() string {
	a := p.announced()
	m := p.how.media
	if m == "" {
		m = "m=audio PORT RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n"
		if p.how.noEvents {
			m = "m=audio PORT RTP/AVP 0\r\na=ptime:20\r\n"
		}
	}
	m = strings.ReplaceAll(m, "PORT", fmt.Sprint(a.Port()))
	return fmt.Sprintf("v=0\r\no=raw 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n%s", family(a.Addr()), a.Addr(), family(a.Addr()), a.Addr(), m)
}

// request writes a request of the dialog.
func (p *raw) request(method string, cseq int, to string, extra []string, body string) []byte {
	uri := p.target
	if p.contact != "" {
		uri = p.contact
	}
	me := addrOf(p.sig)
	lines := []string{
		method + " " + uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%x", me, rand.Uint64()),
		"Max-Forwards: 70", fmt.Sprintf("From: <sip:raw@%s>;tag=%s", me, p.tag), "To: " + to,
		"Call-ID: " + p.callID, fmt.Sprintf("CSeq: %d %s", cseq, method), fmt.Sprintf("Contact: <sip:raw@%s>", me),
	}
	lines = append(append(lines, extra...), fmt.Sprintf("Content-Length: %d", len(body)))
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

func (p *raw) write(b []byte) {
	if _, err := p.sig.WriteToUDPAddrPort(b, p.gateway); err != nil {
		select {
		case <-p.over:
		default:
			p.t.Errorf("the phone cannot send: %v", err)
		}
	}
}

// ask sends a request, again and again until the final response. One of status 0
// says that none came.
func (p *raw) ask(method string, extra []string, body string) message {
	p.cseq++
	return p.exchange(p.request(method, p.cseq, p.to, extra, body), fmt.Sprintf("%d %s", p.cseq, method), 10*time.Second)
}

func (p *raw) exchange(b []byte, cseq string, within time.Duration) message {
	answers := make(chan message, 16)
	p.mu.Lock()
	p.waiting[cseq] = answers
	p.mu.Unlock()
	p.write(b)
	limit, again := time.After(within), time.NewTicker(500*time.Millisecond)
	defer again.Stop()
	for {
		select {
		case m := <-answers:
			if m.status >= 200 {
				return m
			}
			again.Stop()
		case <-again.C:
			p.write(b)
		case <-limit:
			return message{}
		case <-p.over:
			return message{}
		}
	}
}

// invite calls and acknowledges; answered, it begins to speak.
func (p *raw) invite() message {
	p.t.Helper()
	extra := append([]string{"Content-Type: application/sdp"}, p.how.headers...)
	res := p.ask("INVITE", extra, p.offer())
	p.answer = res
	if res.status == 0 {
		return res
	}
	p.to = res.get("To")
	if res.status >= 300 {
		p.write(p.request("ACK", p.cseq, p.to, nil, ""))
		return res
	}
	if c := res.get("Contact"); c != "" {
		c, _, _ = strings.Cut(c[strings.Index(c, "<")+1:], ">")
		p.contact = c
	}
	ack := p.request("ACK", p.cseq, p.to, nil, "")
	p.mu.Lock()
	p.acked = ack
	p.mu.Unlock()
	p.write(ack)
	p.sendTo = remoteOf(p.t, res.body)
	if !p.sendTo.Addr().IsLoopback() { // nothing leaves this machine
		p.sendTo = netip.AddrPortFrom(p.gateway.Addr(), p.sendTo.Port())
	}
	if p.how.relay != nil {
		p.how.relay.To(p.sendTo)
		p.sendTo = p.how.relay.Near()
	}
	p.done.Go(p.speak)
	return res
}

// remoteOf finds the audio's address in SDP.
func remoteOf(t *testing.T, body string) netip.AddrPort {
	t.Helper()
	var host, port string
	for _, l := range strings.Split(body, "\r\n") {
		f := strings.Fields(l)
		if strings.HasPrefix(l, "c=IN ") && len(f) == 3 {
			host = f[2]
		}
		if strings.HasPrefix(l, "m=audio ") {
			port = f[1]
		}
	}
	a, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

// signals takes what comes by SIP.
func (p *raw) signals() {
	buf := make([]byte, 65536)
	for {
		n, _, err := p.sig.ReadFromUDPAddrPort(buf)
		if err != nil {
			select {
			case <-p.over:
				return
			default:
				continue // nobody listens there any more
			}
		}
		m := parseMessage(buf[:n])
		if m.status > 0 {
			p.mu.Lock()
			c, ack := p.waiting[m.get("CSeq")], p.acked
			p.mu.Unlock()
			if m.status == 200 && m.method == "INVITE" && ack != nil {
				p.write(ack)
			}
			select {
			case c <- m:
			default:
			}
			continue
		}
		p.mu.Lock()
		p.requests = append(p.requests, m)
		p.mu.Unlock()
		if p.how.deaf || m.method == "ACK" {
			continue
		}
		var via strings.Builder
		for _, v := range m.headers["via"] {
			fmt.Fprintf(&via, "Via: %s\r\n", v)
		}
		p.write(fmt.Appendf(nil, "SIP/2.0 200 OK\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:raw@%s>\r\nContent-Length: 0\r\n\r\n",
			&via, m.get("From"), m.get("To"), m.get("Call-ID"), m.get("CSeq"), addrOf(p.sig)))
		if m.method == "BYE" {
			p.mu.Lock()
			select {
			case <-p.bye:
			default:
				close(p.bye)
			}
			p.mu.Unlock()
		}
	}
}

// got returns the gateway's requests of a method.
func (p *raw) got(method string) []message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []message
	for _, m := range p.requests {
		if m.method == method {
			out = append(out, m)
		}
	}
	return out
}

// gone waits for the gateway's BYE.
func (p *raw) gone(within time.Duration) bool {
	select {
	case <-p.bye:
		return true
	case <-time.After(within):
		return false
	}
}

// hangup says BYE.
func (p *raw) hangup() {
	p.t.Helper()
	if res := p.ask("BYE", nil, ""); res.status != 200 {
		p.t.Errorf("BYE is answered with %d", res.status)
	}
}

// vanish closes the phone without a word.
func (p *raw) vanish() {
	p.overOnce.Do(func() {
		close(p.over)
		p.sig.Close()
		p.rtp.Close()
	})
	p.done.Wait()
}

// close hangs up, if there is a call, and closes the phone.
func (p *raw) close() {
	select {
	case <-p.over:
		return
	default:
	}
	select {
	case <-p.bye:
	default:
		if p.contact != "" {
			p.cseq++
			p.exchange(p.request("BYE", p.cseq, p.to, nil, ""), fmt.Sprintf("%d BYE", p.cseq), 2*time.Second)
		}
	}
	p.vanish()
}
