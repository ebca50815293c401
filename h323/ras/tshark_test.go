package ras

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// scenario has a client send every message that it can, and returns them.
func scenario(t *testing.T) (sent [][]byte) {
	play(t, func(t *testing.T, n *network) {
		g := n.traversing(t)
		every := 10
		base := g.rcf
		g.rcf = func(m *h225.RegistrationConfirm) { base(m); m.WillRespondToIRR = yes() }
		g.acf = func(m *h225.AdmissionConfirm) { m.IrrFrequency = &every }
		cfg := config()
		cfg.Incoming = func(IncomingCall) {}
		c := n.open(t, cfg)
		synctest.Wait()
		in := ask(1)
		in.Answer, in.Source = true, []h225.AliasAddress{h225.AliasURL("h323:caller@example.org")}
		in.SourceAddress, in.DestinationAddress = netip.MustParseAddrPort("[2001:db8::1]:4000"), netip.MustParseAddrPort("192.0.2.1:1720")
		call := admit(t, c, in)
		call.SetInfo(CallInfo{
			Signalling: Ends{Local: in.DestinationAddress, Remote: in.SourceAddress},
			Audio:      []Session{{ID: 1, SSRC: 1 << 31, CNAME: "x@y", RTP: Ends{Local: netip.MustParseAddrPort("192.0.2.1:5000")}}},
		})
		if _, err := call.SetBandwidth(context.Background(), 100000); err != nil {
			t.Fatal(err)
		}
		during(21 * s) // refresh, unsolicited IRRs
		g.irq(func(*h225.InfoRequest) {})
		g.irq(func(m *h225.InfoRequest) { m.CallReferenceValue = 99 })
		g.brq(in, 200000)
		g.brq(in, 1)
		g.sci("192.0.2.5:1720")
		for _, data := range seeds(t) { // their requests, to have all of our answers
			g.conn.WriteTo(data, netAddr(ours))
			during(s)
		}
		during(time.Minute)
		admit(t, c, ask(2)).Disengage()
		synctest.Wait()
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, h := range g.log {
			sent = append(sent, h.data)
		}
	})
	return sent
}

// TestTshark has another implementation read what this one makes.
func TestTshark(t *testing.T) {
	for _, tool := range []string{"text2pcap", "tshark"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	var dump strings.Builder
	sent := scenario(t)
	kinds := map[string]bool{}
	for _, data := range sent {
		m, err := h225.UnmarshalRAS(data)
		if err != nil {
			t.Fatal(err)
		}
		kinds[m.Name()] = true
		fmt.Fprintf(&dump, "000000 % x\n", data)
	}
	for _, name := range []string{
		"gatekeeperRequest", "registrationRequest", "unregistrationRequest", "unregistrationConfirm", "admissionRequest", "bandwidthRequest",
		"bandwidthConfirm", "bandwidthReject", "disengageRequest", "disengageConfirm", "infoRequestResponse", "locationReject",
		"serviceControlResponse", "unknownMessageResponse",
	} {
		if !kinds[name] {
			t.Errorf("no %s among the messages", name)
		}
	}
	text, pcap := filepath.Join(t.TempDir(), "dump"), filepath.Join(t.TempDir(), "pcap")
	if err := os.WriteFile(text, []byte(dump.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "text2pcap", "-q", "-u", "40000,1719", text, pcap)
	out := tool(t, "tshark", "-r", pcap, "-T", "fields", "-E", "separator=|", "-e", "h225.RasMessage", "-e", "_ws.malformed", "-e", "_ws.expert.message")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(sent) {
		t.Errorf("tshark sees %d of %d messages", len(lines), len(sent))
	}
	for i, line := range lines {
		if kind, fault, _ := strings.Cut(line, "|"); kind == "" || fault != "|" {
			t.Errorf("message %d: %s", i, line)
		}
	}
}

// tool returns what a program prints.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	var complaint strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaint.String())
	}
	return string(out)
}

// TestUDP is the same with sockets of the system, and its resolver and routes.
func TestUDP(t *testing.T) {
	gk, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		g := &fakeGatekeeper{t: t, id: "gk"}
		buf := make([]byte, 0xffff)
		for {
			n, from, err := gk.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			m, err := h225.UnmarshalRAS(buf[:n])
			if err != nil {
				t.Error(err)
				return
			}
			for _, reply := range g.replies(m, gk.LocalAddr().(*net.UDPAddr).AddrPort()) {
				gk.WriteToUDPAddrPort(reply, from)
			}
		}
	})
	defer serving.Wait()
	defer gk.Close()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config()
	cfg.Address = gk.LocalAddr().String()
	cfg.Resolve, cfg.Route = nil, nil
	registered := make(chan Status, 8)
	cfg.Changed = func(s Status) { registered <- s }
	c, err := Open(conn, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for st := range registered {
		if st.Phase == Registered {
			break
		}
	}
	call, err := c.Admit(ctx, ask(1))
	if err != nil {
		t.Fatal(err)
	}
	call.Disengage()
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	if local, ok := c.ras.AddrPort(); !ok || local.Addr() != netip.MustParseAddr("127.0.0.1") || local.Port() != conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() {
		t.Errorf("RAS address %v", local)
	}
	if a, err := resolve(ctx, "127.0.0.1", 5); err != nil || a[0].String() != "127.0.0.1:5" {
		t.Errorf("%v %v", a, err)
	}
}

// replies are the answers to a message, encoded.
func (g *fakeGatekeeper) replies(m *h225.RasMessage, at netip.AddrPort) (all [][]byte) {
	n := newNetwork()
	g.conn = n.listen(at.String())
	client := n.listen("127.0.0.1:1")
	g.client = client.addr
	g.answer(m)
	for len(client.in) > 0 {
		all = append(all, (<-client.in).data)
	}
	return all
}
