package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/store"
)

// roomSystem is a room system with sockets of its own on 127.0.0.1: A-law only.
type roomSystem struct {
	call.NoOwner
	t         *testing.T
	rtp, rtcp *net.UDPConn
	over      chan call.Reason
	take      func(*call.Call) // what it does with a call that comes
	separate  bool             // H.245 on a connection of its own

	mu    sync.Mutex
	call  *call.Call
	to    netip.AddrPort
	pt    uint8
	heard []int16
}

func newRoomSystem(t *testing.T) *roomSystem {
	t.Helper()
	return newRoomSystemAt(t, net.IPv4(127, 0, 0, 1))
}

func newRoomSystemAt(t *testing.T, ip net.IP) *roomSystem {
	t.Helper()
	s := &roomSystem{t: t, over: make(chan call.Reason, 1)}
	socket := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	s.rtp, s.rtcp = socket(), socket()
	var running sync.WaitGroup
	running.Go(s.listen)
	stop := make(chan struct{})
	running.Go(func() { s.speak(stop) })
	t.Cleanup(func() {
		if c := s.own(); c != nil {
			c.Close()
		}
		close(stop)
		s.rtp.Close()
		s.rtcp.Close()
		running.Wait()
	})
	return s
}

func (s *roomSystem) config() *call.Config {
	return &call.Config{
		Name: "Huddle", Product: "Test System", Version: "7.1", Terminal: true, TerminalType: 50,
		Audio: []call.Codec{call.G711A}, NoTunnelling: s.separate, NoFastConnect: s.separate,
	}
}

// dial calls the gateway.
func (s *roomSystem) dial(gateway, called string) {
	s.t.Helper()
	_, at, _ := strings.Cut(gateway, "://")
	to := call.Target{Signal: netip.MustParseAddrPort(at)}
	if called != "" {
		to.Called = []call.Alias{{Kind: call.DialedDigits, Text: called}}
	}
	s.has(call.Dial(s.t.Context(), to, s.config(), s, s))
}

// wait has it wait for a call and returns where.
func (s *roomSystem) wait() string {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			s.has(call.Accept(c, s.config(), s, s))
		}
	}()
	return l.Addr().String()
}

func (s *roomSystem) has(c *call.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.call = c
}

// own is its call, which is known soon after it has begun.
func (s *roomSystem) own() *call.Call {
	for range 100 {
		s.mu.Lock()
		c := s.call
		s.mu.Unlock()
		if c != nil {
			return c
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

func (s *roomSystem) Incoming(*call.Setup) {
	c := s.own()
	if s.take != nil {
		s.take(c)
		return
	}
	c.Alert()
	c.Answer()
}

func (s *roomSystem) Ended(r call.Reason) { s.over <- r }

func (s *roomSystem) Local() (rtp, rtcp netip.AddrPort, err error) {
	return s.rtp.LocalAddr().(*net.UDPAddr).AddrPort(), s.rtcp.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

func (s *roomSystem) Send(c *call.Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = netip.AddrPort{}
	if c != nil {
		s.to, s.pt = c.RTP, c.Payload
	}
}

func (s *roomSystem) Receive([]call.Channel) {}

// speak sends silence, as whoever listens does.
func (s *roomSystem) speak(stop chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	packet := make([]byte, 12+160)
	for i := range packet[12:] {
		packet[12+i] = 0xd5
	}
	for n := uint16(1); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		to, pt := s.to, s.pt
		s.mu.Unlock()
		if !to.IsValid() {
			continue
		}
		packet[0], packet[1] = 0x80, pt
		binary.BigEndian.PutUint16(packet[2:], n)
		binary.BigEndian.PutUint32(packet[4:], 160*uint32(n))
		binary.BigEndian.PutUint32(packet[8:], 4711)
		_, _ = s.rtp.WriteToUDPAddrPort(packet, to)
	}
}

// listen decodes what comes.
func (s *roomSystem) listen() {
	decoder, err := codec.NewDecoder(codec.Standard(codec.PCMA))
	if err != nil {
		s.t.Error(err)
		return
	}
	buf, pcm := make([]byte, 1500), make([]int16, 960)
	for {
		n, _, err := s.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if n <= 12 || buf[1]&0x7f != 8 {
			continue
		}
		k, err := decoder.Decode(pcm, buf[12:n])
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.heard = append(s.heard, pcm[:k]...)
		s.mu.Unlock()
	}
}

// hears says whether somewhere in what came there are 60 ms of this tone.
func (s *roomSystem) hears(hz float64) bool {
	const window = 480
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := 0; at+window <= len(s.heard); at += window / 2 {
		var re, im, all float64
		for i, v := range s.heard[at : at+window] {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 8000)
			re, im, all = re+float64(v)*cos, im+float64(v)*sin, all+float64(v)*float64(v)
		}
		if all > window*500*500 && 2*(re*re+im*im)/window > 0.8*all {
			return true
		}
	}
	return false
}

// Room systems call the gateway by H.323, are in the room as phones are, and hear
// it; one is called into the room.
func TestH323(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	s := startServe(t, file)
	if !strings.HasPrefix(s.listeners.H323, "tcp://127.0.0.1:") {
		t.Fatalf("listeners.json: %+v", s.listeners)
	}
	must(t, "room", "add", "--config", file, "--extension", "112752642", "--name", "Board", "--pin", "48219", "--host-pin", "97531")
	calls := func() (list []control.Call) {
		return parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file))
	}
	inRoom := func(n int) func() bool {
		return func() bool {
			in := 0
			for _, c := range calls() {
				if c.State == "room" {
					in++
				}
			}
			return in == n
		}
	}

	first := newRoomSystem(t)
	first.dial(s.listeners.H323, "112752642#48219")
	until(t, "the first is in the room", inRoom(1))
	c := calls()[0]
	if c.Protocol != "h323" || c.Direction != "in" || c.Name != "Huddle" || c.Called != "112752642#****" || c.Codec != "PCMA" ||
		c.Product != "Test System 7.1" || len(c.CallID) != 36 || c.Role != "guest" {
		t.Errorf("shown as %+v", c)
	}
	second := newRoomSystem(t)
	second.dial(s.listeners.H323, "112752642##97531")
	until(t, "the second is in the room", inRoom(2))
	if !testing.Short() { // it sounds once: an engine under the race detector may stall just then
		until(t, "the first hears the tone of its coming", func() bool { return first.hears(880) })
	}

	third := newRoomSystem(t)
	var steps []control.Progress
	for line := range strings.Lines(must(t, "call", "h323:600@"+third.wait(), "--room", "112752642", "--name", "Board 3", "--json", "--config", file)) {
		steps = append(steps, parse[control.Progress](t, line))
	}
	if n := len(steps); n < 2 || steps[n-1].State != control.Connected || steps[n-2].State != "ringing" {
		t.Errorf("steps %+v", steps)
	}
	until(t, "the third is in the room", inRoom(3))
	for _, c := range calls() {
		if c.Direction == "out" && (c.Name != "Board 3" || c.Number != "600" || c.Product != "Test System 7.1" || c.ID != steps[len(steps)-1].ID) {
			t.Errorf("the third is shown as %+v", c)
		}
	}
	busy := newRoomSystem(t)
	busy.take = func(c *call.Call) { c.Release(call.Reason{Cause: 17}) }
	if code, _, said := try("call", "h323:"+busy.wait(), "--room", "112752642", "--config", file); code != exitFailed || !strings.Contains(said, "busy") {
		t.Errorf("busy: exit %d, %s", code, said)
	}
	if code, _, said := try("call", "h323:"+busy.wait(), "--room", "999999999", "--config", file); code != exitFailed || !strings.Contains(said, "no room") {
		t.Errorf("no such room: exit %d, %s", code, said)
	}
	if code, _, said := try("call", "mailto:ada@example.org", "--room", "112752642", "--config", file); code != exitMisuse || !strings.Contains(said, "protocol") {
		t.Errorf("no such protocol: exit %d, %s", code, said)
	}
	must(t, "calls", "kick", c.ID, "--config", file)
	select {
	case r := <-first.over:
		if r.Cause != 16 || !r.Peer {
			t.Errorf("the first is told %+v", r)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the first is not hung up")
	}
	if _, body := httpGet(t, "http://"+s.listeners.Metrics+"/metrics"); !strings.Contains(body, `partyline_calls_started_total{protocol="h323"} 3`) {
		t.Errorf("metrics:\n%s", body)
	}
	s.stop(t, exitDone)
	if strings.Contains(s.err.String(), "48219") || strings.Contains(s.err.String(), "97531") {
		t.Errorf("a PIN is in the log:\n%s", s.err)
	}
	db, err := store.Open(t.Context(), filepath.Join(filepath.Dir(file), "data"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	records, err := db.CDRs(t.Context(), store.Calls{})
	got := map[string]int{}
	for _, r := range records {
		got[fmt.Sprint(r.Protocol, " ", r.Direction, " ", r.Cause)]++
	}
	if err != nil || got["h323 in removed"] != 1 || got["h323 in draining"] != 1 || got["h323 out draining"] != 1 {
		t.Errorf("call records %v, %v", got, err)
	}
}

// The bare address is the reception, the test extension the test; what is nowhere is
// refused.
func TestH323Routes(t *testing.T) {
	file := config(t, quiet)
	s := startServe(t, file)
	for called, want := range map[string]string{"": "reception", "9196": "reception"} {
		c := newRoomSystem(t)
		c.dial(s.listeners.H323, called)
		until(t, called+" is attended", func() bool {
			list := parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file))
			return len(list) == 1 && list[0].State == want
		})
		c.own().Close()
		until(t, "it is gone", func() bool {
			return strings.TrimSpace(must(t, "calls", "list", "--json", "--config", file)) == "[]"
		})
	}
	c := newRoomSystem(t)
	c.dial(s.listeners.H323, "4711")
	if r := <-c.over; r.Cause != 1 || r.Release != call.ReleaseUnreachableDestination {
		t.Errorf("unknown: %+v", r)
	}
}

// By IPv4 and IPv6, also on a listener for both, a call is the same.
func TestH323Families(t *testing.T) {
	t.Parallel()
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here:", err)
	} else {
		l.Close()
	}
	s := startServe(t, config(t, strings.NewReplacer(
		`h323: {listen: "127.0.0.1:0"`, `h323: {listen: ":0"`, "rtp_bind: 127.0.0.1", `rtp_bind: [0.0.0.0, "::"]`).Replace(quiet)))
	_, port, _ := strings.Cut(s.listeners.H323, "]:")
	for _, ip := range []net.IP{net.IPv6loopback, net.IPv4(127, 0, 0, 1)} {
		for _, separate := range []bool{false, true} {
			c := newRoomSystemAt(t, ip)
			c.separate = separate
			c.dial("tcp://"+net.JoinHostPort(ip.String(), port), "")
			until(t, "the welcome is heard by "+ip.String(), func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return slices.ContainsFunc(c.heard, func(v int16) bool { return v > 3000 })
			})
		}
	}
}

// Connections that say nothing, or half of something, keep no caller out, not even one
// from where they come from.
func TestH323Slowloris(t *testing.T) {
	s := startServe(t, config(t, quiet))
	_, at, _ := strings.Cut(s.listeners.H323, "://")
	for i := range 300 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			_, _ = c.Write([]byte{3, 0, 4, 0, 8, 2})
		}
	}
	begun := time.Now()
	c := newRoomSystem(t)
	c.dial(s.listeners.H323, "")
	until(t, "the call is at reception", func() bool {
		_, body := httpGet(t, "http://"+s.listeners.Metrics+"/metrics")
		return strings.Contains(body, `partyline_calls_started_total{protocol="h323"} 1`)
	})
	if d := time.Since(begun); d > 2*time.Second {
		t.Errorf("it took %s", d)
	}
}

// A gatekeeper that is away is told of, and keeps no call away. The names it is to
// know are all that leads here.
func TestGatekeeper(t *testing.T) {
	t.Parallel()
	away, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	file := config(t, strings.Replace(quiet, "h245_ports: 0", `h245_ports: 0, ras_listen: "127.0.0.1:0",
  gatekeeper: {mode: address, address: "`+away.LocalAddr().String()+`", aliases: [meet]}`, 1)+
		"numbers: [{number: \"+41445550100\", to: reception}]\n")
	s := startServe(t, file)
	if !strings.HasPrefix(s.listeners.RAS, "udp://127.0.0.1:") {
		t.Errorf("listeners.json: %+v", s.listeners)
	}
	if out := must(t, "doctor", "--config", file); !strings.Contains(out, "gatekeeper: ") || !strings.Contains(out, "without it") {
		t.Errorf("doctor: %s", out)
	}
	if _, body := httpGet(t, "http://"+s.listeners.Metrics+"/metrics"); !strings.Contains(body, "partyline_gatekeeper_registered 0") {
		t.Errorf("metrics:\n%s", body)
	}
	c := newRoomSystem(t)
	c.dial(s.listeners.H323, "meet")
	until(t, "the call by an own name is at reception", func() bool {
		list := parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file))
		return len(list) == 1 && list[0].State == "reception"
	})
	s.stop(t, exitDone)

	cfg, err := (&console{file: file}).config()
	if err != nil {
		t.Fatal(err)
	}
	must(t, "room", "add", "--config", file, "--extension", "112752642", "--name", "Board")
	g, err := openGateway(t.Context(), cfg, newStream())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if names, err := g.names(t.Context()); err != nil || fmt.Sprint(names) != "[meet 41445550100 112752642]" {
		t.Errorf("names %v, %v", names, err)
	}
}

// Of a name and an extension, the extension counts; own names and addresses are the
// bare address.
func TestH323Called(t *testing.T) {
	file := config(t, quiet+"\n")
	cfg, err := (&console{file: file}).config()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Server.Domain = "meet.example.org"
	g, err := openGateway(t.Context(), cfg, newStream())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	for called, want := range map[string]string{
		"":                                      "reception",
		"192.0.2.1":                             "reception",
		"192.0.2.1:1720":                        "reception",
		"[2001:db8::1]":                         "reception",
		"MEET.example.org":                      "reception",
		"meet.example.org 112752642#48219":      "room 112752642 48219",
		"192.0.2.1 112752642":                   "room 112752642 ",
		"nobody 112752642":                      "room 112752642 ",
		"112752642##48219 9196":                 "room 112752642 48219",
		"9196":                                  "test",
		"nobody":                                "refused",
		"nobody nowhere":                        "refused",
		"112752642#48219x":                      "refused",
		"203.0.113.10##112752642 203.0.113.10 ": "room 112752642 ",
	} {
		to, err := roomSystems{g}.Route(t.Context(), h323.Inbound{Called: strings.Fields(called), Time: time.Now()})
		got := "refused"
		if err == nil {
			d := to.(*destination).decision
			got = d.Kind.String()
			if d.Extension != "" {
				got += " " + d.Extension + " " + d.PIN
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s (%v)", called, got, want, err)
		}
	}
}
