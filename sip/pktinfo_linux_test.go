package sip

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// TestAnswersLeaveFromWhereRequestsCame: a socket of all addresses answers from
// the one that was asked, and names that one in Contact, Via and SDP.
func TestAnswersLeaveFromWhereRequestsCame(t *testing.T) {
	for _, c := range []struct{ name, listen, local, ours string }{
		{"IPv4", "0.0.0.0:0", "127.0.0.1", "127.0.0.2"},
		{"IPv4, the usual address", "0.0.0.0:0", "127.0.0.1", "127.0.0.1"},
		{"IPv4 by a socket of both families", "[::]:0", "127.0.0.1", "127.0.0.2"},
		{"IPv6 by a socket of both families", "[::]:0", "::1", "::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := wildHouse(t, c.listen)
			host, port, _ := net.SplitHostPort(h.srv.Addrs()[0].Addr)
			if want, _, _ := net.SplitHostPort(c.listen); host != want {
				t.Errorf("bound to %s, not %s", host, want)
			}
			// A connected socket hears its peer only.
			conn, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(c.local)}}).Dial("udp", net.JoinHostPort(c.ours, port))
			if err != nil {
				t.Skip(err)
			}
			defer conn.Close()
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			caller := &phone{
				t: t, c: &wireConn{addr: conn.LocalAddr().(*net.UDPAddr).AddrPort()}, user: "a", callID: newTag(),
				tag: newTag(), uri: "sip:" + conn.RemoteAddr().String(), target: "sip:a@" + conn.LocalAddr().String(), port: 40000,
			}
			wildCall(t, h, conn, caller, c.ours)
		})
	}
}

func wildHouse(t *testing.T, listen string) *house {
	h := &house{t: t, wire: newWire(), legs: make(chan bridge.Leg, 1)}
	h.srv = New(Config{Anonymous: true, Listen: []Listen{{"udp", listen}}},
		Streams{Bind: []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, New: h.newStream}, h, h)
	if err := h.srv.Start(t.Context()); err != nil {
		t.Skip(err)
	}
	t.Cleanup(h.srv.Close)
	return h
}

func wildCall(t *testing.T, h *house, conn net.Conn, p *phone, ours string) {
	send := func(s string) {
		if _, err := conn.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, MaxMessage)
	read := func() msg.Message {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		m, err := msg.NewParser().ParseSIP(buf[:n])
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	send(strings.Replace(p.text("OPTIONS", 1, "", "", ""), "Max-Forwards: 70", "Max-Forwards 70", 1))
	if res, ok := read().(*msg.Response); !ok || res.StatusCode != 400 {
		t.Fatalf("got %v", res)
	}
	offer := p.offer()
	if strings.Contains(ours, ":") {
		offer = strings.ReplaceAll(offer, "IP4", "IP6")
	}
	send(p.text("INVITE", 2, "", "application/sdp", offer))
	res, ok := read().(*msg.Response)
	if !ok || res.StatusCode != 200 {
		t.Fatalf("got %v", res)
	}
	if got := strings.Trim(res.Contact().Address.Host, "[]"); got != ours {
		t.Errorf("Contact %s, want %s", got, ours)
	}
	if !strings.Contains(string(res.Body()), " "+ours+"\r\nt=") {
		t.Errorf("the answer does not name %s:\n%s", ours, res.Body())
	}
	p.toTag, _ = res.To().Params.Get("tag")
	send(p.text("ACK", 2, "", "", ""))
	leg := h.leg()
	leg.Hangup(cause.Ended)
	bye, ok := read().(*msg.Request)
	if !ok || bye.Method != "BYE" || strings.Trim(bye.Via().Host, "[]") != ours {
		t.Fatalf("got %v", bye)
	}
	send(msg.NewResponseFromRequest(bye, 200, "OK", nil).String())
	<-leg.Done()
}

func TestDestinationOfJunk(t *testing.T) {
	for _, oob := range [][]byte{nil, {1}, make([]byte, 16), make([]byte, 64), fromAddress(netip.MustParseAddr("224.0.0.1"), true)} {
		if a := destination(oob); a.IsValid() {
			t.Errorf("%x: %v", oob, a)
		}
	}
	for _, s := range []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"} {
		a := netip.MustParseAddr(s)
		if got := destination(fromAddress(a, a.Is4())); got != a.Unmap() {
			t.Errorf("%v came back as %v", a, got)
		}
	}
}

// TestAddressThatIsGone: what we were reached at may be taken from this system
// in the middle of a call; it goes on from another.
func TestAddressThatIsGone(t *testing.T) {
	h := wildHouse(t, "0.0.0.0:0")
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	f := &udpFlow{sock: h.srv.transport.sockets[0], peer: addrPort(peer.LocalAddr()), here: netip.MustParseAddr("192.0.2.77")}
	if err := f.send([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	_ = peer.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, _, err := peer.ReadFrom(make([]byte, 10)); err != nil || n != 5 {
		t.Fatalf("%d bytes, %v", n, err)
	}
}
