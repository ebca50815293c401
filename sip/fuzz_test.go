package sip

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

func FuzzBody(f *testing.F) {
	f.Add("application/sdp", "", []byte("v=0\r\n"))
	f.Add("multipart/mixed;boundary=b", "", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n"))
	f.Add("multipart/mixed; boundary=\"b\"", "session;handling=optional", []byte("--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--"))
	f.Add("multipart/mixed;boundary=", "", []byte("----"))
	f.Add("text/plain", "render", []byte("hello"))
	f.Fuzz(func(t *testing.T, kind, disposition string, body []byte) {
		sdp, err := findSession(kind, disposition, body, 0)
		if err != nil && sdp != nil {
			t.Fatal("both SDP and an error")
		}
		if len(sdp) > len(body) {
			t.Fatal("SDP longer than the body it was in")
		}
	})
}

func FuzzFraming(f *testing.F) {
	f.Add([]byte(tcpOptions(1) + tcpOptions(2)))
	f.Add([]byte("\r\n\r\nOPTIONS sip:a SIP/2.0\nl: 4\n\nbodyX"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		for {
			m, err := readMessage(r, func() {}, func() {})
			if len(m) > MaxMessage {
				t.Fatal("too much")
			}
			if err != nil {
				return
			}
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("sip:112752642.48219@gw")
	f.Fuzz(func(t *testing.T, s string) {
		Redact(s)
		RedactUser(s)
		if got := Redact("INVITE sip:112752642.48219@gw SIP/2.0\r\nX: " + s); strings.Contains(strings.SplitN(got, "\r\n", 2)[0], "48219") {
			t.Fatalf("PIN in %q", got)
		}
	})
}

// FuzzDatagram gives the server anything by UDP; it must not fault (deliver
// recovers, so the fault is counted).
func FuzzDatagram(f *testing.F) {
	p := &phone{c: &wireConn{addr: netip.MustParseAddrPort("198.51.100.7:5062")}, user: "a", callID: "c", tag: "t", uri: "sip:gw@192.0.2.1", target: "sip:a@198.51.100.7:5062", port: 4000}
	for _, m := range []string{"INVITE", "OPTIONS", "BYE", "CANCEL", "ACK", "PRACK", "INFO", "UPDATE"} {
		f.Add([]byte(p.text(m, 1, "", "application/sdp", p.offer())))
	}
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nCSeq: 1 BYE\r\n\r\n"))
	faults := &faultLog{}
	h := &house{wire: newWire(), legs: make(chan bridge.Leg, 1000)}
	h.srv = New(Config{Anonymous: true, Logger: faults.logger()}, Streams{
		Bind: []netip.Addr{netip.MustParseAddr("192.0.2.1")},
		New:  func(c media.StreamConfig) (Stream, error) { return &fakeStream{cfg: c}, nil },
	}, h, rudeAttendant{})
	h.srv.exchangeDNS = func(context.Context, *dns.Msg, string) (*dns.Msg, error) { return nil, net.ErrClosed }
	sock := h.wire.listen(serverAddr)
	fl := &udpFlow{sock: &udpSocket{pc: sock, local: sock.addr}, peer: p.c.addr}
	f.Fuzz(func(t *testing.T, data []byte) {
		h.srv.deliver(data, fl)
		for _, l := range h.srv.Legs() {
			l.Hangup(cause.Ended)
		}
		if s := faults.first(); s != "" {
			t.Fatal(s)
		}
	})
}

type rudeAttendant struct{}

func (rudeAttendant) Attend(context.Context, bridge.Leg, Target) {}
