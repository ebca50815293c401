//go:build peers && soak

package peers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// carrier answers calls at a UDP port, and may fall silent. Those that it answers while
// it is told to be short are ended by it after two seconds.
type carrier struct {
	conn *net.UDPConn
	over sync.WaitGroup

	mu       sync.Mutex
	silent   bool
	long     bool
	invites  int
	byes     int // that came
	answered map[string]bool
}

func newCarrier(t *testing.T) *carrier {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	x := &carrier{conn: c, answered: map[string]bool{}}
	x.over.Go(x.serve)
	t.Cleanup(func() { c.Close(); x.over.Wait() })
	return x
}

func (x *carrier) set(silent, long bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.silent, x.long = silent, long
}

// counts are the calls that were offered, and the BYEs that came.
func (x *carrier) counts() (invites, byes int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.invites, x.byes
}

func (x *carrier) serve() {
	buf := make([]byte, 65536)
	for {
		n, from, err := x.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m := parseMessage(buf[:n])
		x.mu.Lock()
		silent, long := x.silent, x.long
		again := m.method == "INVITE" && x.answered[m.get("Call-ID")]
		if !silent && m.status == 0 {
			switch {
			case m.method == "INVITE" && !again:
				x.invites++
				x.answered[m.get("Call-ID")] = true
			case m.method == "BYE":
				x.byes++
			}
		}
		x.mu.Unlock()
		if silent || m.status != 0 || m.method == "ACK" {
			continue
		}
		x.answer(m, from)
		if m.method == "INVITE" && !again && !long {
			time.AfterFunc(2*time.Second, func() { x.bye(m, from) })
		}
	}
}

// tag is ours of a call.
func (x *carrier) tag(m message) string {
	return "c" + m.get("Call-ID")[:min(6, len(m.get("Call-ID")))]
}

func (x *carrier) answer(m message, to netip.AddrPort) {
	me := addrOf(x.conn)
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, v := range m.headers["via"] {
		fmt.Fprintf(&b, "Via: %s\r\n", v)
	}
	peer := m.get("To")
	if !strings.Contains(peer, ";tag=") {
		peer += ";tag=" + x.tag(m)
	}
	body := ""
	if m.method == "INVITE" {
		body = fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=inactive\r\n", 30000+2*rand.IntN(5000))
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:carrier@%s>\r\nContent-Length: %d\r\n\r\n%s",
		m.get("From"), peer, m.get("Call-ID"), m.get("CSeq"), me, len(body), body)
	_, _ = x.conn.WriteToUDPAddrPort([]byte(b.String()), to)
}

// bye ends a call that it has answered.
func (x *carrier) bye(m message, to netip.AddrPort) {
	me := addrOf(x.conn)
	contact := m.get("Contact")
	if i := strings.IndexByte(contact, '<'); i >= 0 {
		contact, _, _ = strings.Cut(contact[i+1:], ">")
	}
	text := fmt.Sprintf("BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%x\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
		contact, me, rand.Uint64(), m.get("To"), x.tag(m), m.get("From"), m.get("Call-ID"))
	_, _ = x.conn.WriteToUDPAddrPort([]byte(text), to)
}
