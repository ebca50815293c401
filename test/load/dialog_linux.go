package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/sdp"
)

// exchange is the SIP side of all phones: one socket, each phone's address.
type exchange struct {
	conn    *net.UDPConn
	port    uint16
	gateway netip.AddrPort

	mu      sync.Mutex
	phones  map[string]*phone       // by Call-ID
	waiting map[string]chan message // by Call-ID and CSeq
	dropped int                     // calls that the gateway ended
}

// dialog is a phone's call. The exchange's lock guards it once it is answered.
type dialog struct {
	id, tag  string
	uri      string // the gateway's: as called, then its Contact
	to       string
	cseq     int
	ack      []byte
	joined   int64 // wall clock, ns; 0: not in call
	left     int64
	answered netip.AddrPort // where its RTP goes
}

// Times of RFC 3261 §17, and how long a call may take to be answered.
const (
	t1       = 500 * time.Millisecond
	t2       = 4 * time.Second
	patience = 20 * time.Second
)

var errNoAnswer = errors.New("no answer")

func openExchange(gateway netip.AddrPort) (*exchange, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var inner error
		if err := c.Control(func(fd uintptr) { inner = onLoopback(int(fd)) }); err != nil {
			return err
		}
		return inner
	}}
	c, err := lc.ListenPacket(context.Background(), "udp4", "0.0.0.0:0")
	if err != nil {
		return nil, err
	}
	conn := c.(*net.UDPConn)
	_ = conn.SetReadBuffer(4 << 20)
	return &exchange{
		conn: conn, port: uint16(conn.LocalAddr().(*net.UDPAddr).Port), gateway: gateway,
		phones: map[string]*phone{}, waiting: map[string]chan message{},
	}, nil
}

func (x *exchange) write(from netip.Addr, b []byte) {
	// What cannot be sent is sent again, like what is lost.
	_, _, _ = x.conn.WriteMsgUDPAddrPort(b, unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: from.As4()}), x.gateway)
}

// request writes a request of a phone's dialog.
func (x *exchange) request(p *phone, method string, cseq int, body string) []byte {
	me := netip.AddrPortFrom(p.addr, x.port)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n", method, p.call.uri, me, rand.Text())
	fmt.Fprintf(&b, "From: <sip:phone%d@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", p.member, me, p.call.tag, p.call.to, p.call.id, cseq, method)
	fmt.Fprintf(&b, "Contact: <sip:phone@%s>\r\n", me)
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}

// offer is the phone's SDP: one codec, keys, comfort noise.
func (p *phone) offer() string {
	f := p.loops.format
	channels := ""
	if f.Name == codec.Opus {
		channels = "/2"
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %d %d 101\r\n"+
		"a=rtpmap:%d %s/%d%s\r\na=rtpmap:%d CN/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=rtcp-mux\r\n",
		p.addr, p.addr, p.wire.port, f.PayloadType, comfortPT, f.PayloadType, f.Name, f.ClockRate, channels, comfortPT)
}

// exchange sends a request until there is a final answer, and tells how long that
// took: from the first sending to the kernel's time of the answer.
func (x *exchange) exchange(ctx context.Context, p *phone, method, body string) (message, time.Duration, error) {
	p.call.cseq++
	b := x.request(p, method, p.call.cseq, body)
	key := fmt.Sprintf("%s %d %s", p.call.id, p.call.cseq, method)
	answers := make(chan message, 8)
	x.mu.Lock()
	x.waiting[key] = answers
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		delete(x.waiting, key)
		x.mu.Unlock()
	}()
	wait := t1
	again := time.NewTimer(wait)
	defer again.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	sent := time.Now()
	x.write(p.addr, b)
	for {
		select {
		case m := <-answers:
			if m.status >= 200 {
				return m, time.Duration(m.arrival - sent.UnixNano()), nil
			}
			again.Stop()
		case <-again.C:
			x.write(p.addr, b)
			wait = min(2*wait, t2)
			again.Reset(wait)
		case <-limit.C:
			return message{}, 0, errNoAnswer
		case <-ctx.Done():
			return message{}, 0, ctx.Err()
		}
	}
}

// invite calls a room. The phone is not in call before the caller says so.
func (x *exchange) invite(ctx context.Context, p *phone, user string) (time.Duration, error) {
	p.call = dialog{id: rand.Text(), tag: rand.Text()[:8], uri: fmt.Sprintf("sip:%s@%s", user, x.gateway)}
	p.call.to = "<" + p.call.uri + ">"
	x.mu.Lock()
	x.phones[p.call.id] = p
	x.mu.Unlock()
	m, took, err := x.exchange(ctx, p, "INVITE", p.offer())
	if err != nil {
		return 0, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	p.call.to = m.header("To")
	if m.status >= 300 {
		x.write(p.addr, x.request(p, "ACK", p.call.cseq, ""))
		delete(x.phones, p.call.id)
		return 0, fmt.Errorf("%d %s", m.status, m.header("Reason"))
	}
	if c := m.header("Contact"); c != "" {
		c, _, _ = strings.Cut(c[strings.Index(c, "<")+1:], ">")
		p.call.uri = c
	}
	p.call.ack = x.request(p, "ACK", p.call.cseq, "")
	x.write(p.addr, p.call.ack)
	d, err := sdp.Parse([]byte(m.body))
	if err != nil || len(d.Media) != 1 {
		return 0, fmt.Errorf("the answer's SDP: %w", err)
	}
	p.call.answered = netip.AddrPortFrom(d.Media[0].Addr, uint16(d.Media[0].Port))
	if !p.call.answered.Addr().IsLoopback() {
		return 0, fmt.Errorf("the gateway wants RTP at %s: it must be on this machine, with rtp_bind and public_ip 127.0.0.1", p.call.answered)
	}
	p.call.joined = time.Now().UnixNano()
	return took, nil
}

// bye ends a call that is up.
func (x *exchange) bye(ctx context.Context, p *phone) error {
	m, _, err := x.exchange(ctx, p, "BYE", "")
	x.mu.Lock()
	delete(x.phones, p.call.id)
	x.mu.Unlock()
	if err == nil && m.status != 200 {
		err = fmt.Errorf("BYE: %d", m.status)
	}
	return err
}

// listen takes what comes, until the socket is closed.
func (x *exchange) listen() {
	buf, oob := make([]byte, 65536), make([]byte, 256)
	for {
		n, k, _, from, err := x.conn.ReadMsgUDPAddrPort(buf, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || from != x.gateway {
			continue
		}
		m := parseMessage(buf[:n])
		m.arrival, m.local = annotations(oob[:k])
		if m.arrival == 0 {
			m.arrival = time.Now().UnixNano()
		}
		x.take(m)
	}
}

func (x *exchange) take(m message) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.phones[m.header("Call-ID")]
	if m.status > 0 {
		if p != nil && m.status == 200 && strings.HasSuffix(m.header("CSeq"), "INVITE") && p.call.ack != nil {
			x.write(p.addr, p.call.ack) // ours was lost
		}
		select {
		case x.waiting[m.header("Call-ID")+" "+m.header("CSeq")] <- m:
		default:
		}
		return
	}
	if m.method == "ACK" {
		return
	}
	if p != nil && m.method == "BYE" && p.call.left == 0 {
		p.call.left = time.Now().UnixNano()
		x.dropped++
	}
	x.write(m.local, m.answer(p, x.port))
}
