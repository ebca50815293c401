package h323

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/ras"
)

// keeper is a gatekeeper on a socket of its own.
type keeper struct {
	t    *testing.T
	conn *net.UDPConn
	done chan struct{}

	mu     sync.Mutex
	names  []string // registered
	signal []netip.AddrPort
	asked  []*h225.AdmissionRequest
	gone   int // DRQs and URQs
	away   bool
	reject *h225.AdmissionRejectReason
	to     netip.AddrPort // where our calls go
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{t: t, conn: conn, done: make(chan struct{})}
	go k.serve()
	t.Cleanup(func() {
		conn.Close()
		<-k.done
	})
	return k
}

func (k *keeper) serve() {
	defer close(k.done)
	buf := make([]byte, 65536)
	for {
		n, from, err := k.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m, err := h225.UnmarshalRAS(buf[:n])
		if err != nil {
			k.t.Error(err)
			continue
		}
		if reply := k.answer(m); reply != nil {
			data, err := h225.MarshalRAS(reply)
			if err != nil {
				k.t.Error(err)
				continue
			}
			_, _ = k.conn.WriteToUDPAddrPort(data, from)
		}
	}
}

func (k *keeper) answer(m *h225.RasMessage) *h225.RasMessage {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := h225.TransportAddressOf(k.conn.LocalAddr().(*net.UDPAddr).AddrPort())
	id := "gk"
	switch {
	case k.away:
		return nil
	case m.GatekeeperRequest != nil:
		return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{
			RequestSeqNum: m.GatekeeperRequest.RequestSeqNum, ProtocolIdentifier: h225.Protocol, GatekeeperIdentifier: &id, RasAddress: *at,
		}}
	case m.RegistrationRequest != nil:
		r := m.RegistrationRequest
		if r.KeepAlive == nil || !*r.KeepAlive {
			k.names, k.signal = nil, nil
			for i := range r.TerminalAlias {
				k.names = append(k.names, r.TerminalAlias[i].Text())
			}
			for i := range r.CallSignalAddress {
				a, _ := r.CallSignalAddress[i].AddrPort()
				k.signal = append(k.signal, a)
			}
		}
		return &h225.RasMessage{RegistrationConfirm: &h225.RegistrationConfirm{
			RequestSeqNum: r.RequestSeqNum, ProtocolIdentifier: h225.Protocol, GatekeeperIdentifier: &id,
			EndpointIdentifier: "ep1", TerminalAlias: r.TerminalAlias,
		}}
	case m.AdmissionRequest != nil:
		r := m.AdmissionRequest
		k.asked = append(k.asked, r)
		if k.reject != nil {
			reject := &h225.AdmissionReject{RequestSeqNum: r.RequestSeqNum, RejectReason: *k.reject}
			if k.to.IsValid() {
				reject.CallSignalAddress = []h225.TransportAddress{*h225.TransportAddressOf(k.to)}
			}
			return &h225.RasMessage{AdmissionReject: reject}
		}
		return &h225.RasMessage{AdmissionConfirm: &h225.AdmissionConfirm{
			RequestSeqNum: r.RequestSeqNum, BandWidth: r.BandWidth, CallModel: h225.CallModel{Direct: &per.Null{}},
			DestCallSignalAddress: *h225.TransportAddressOf(k.to),
		}}
	case m.DisengageRequest != nil:
		k.gone++
		return &h225.RasMessage{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: m.DisengageRequest.RequestSeqNum}}
	case m.UnregistrationRequest != nil:
		k.gone += 100
		return &h225.RasMessage{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: m.UnregistrationRequest.RequestSeqNum}}
	}
	return nil
}

func (k *keeper) with(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

// eventually waits for something to be so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if !waitUntil(ctx, is) {
		t.Fatalf("not in time: %s", what)
	}
}

// registered is a server on 127.0.0.1 that a gatekeeper knows.
func registered(t *testing.T) (*world, *keeper) {
	t.Helper()
	k := newKeeper(t)
	w := &world{t: t, legs: make(chan *Leg, 4), log: &notes{}}
	w.srv = New(Config{
		Listen: "127.0.0.1:0", Version: "test",
		Gatekeeper: &Gatekeeper{Address: k.conn.LocalAddr().String(), Listen: "127.0.0.1:0", Aliases: []string{"meet", "8000"}},
	}, Streams{Bind: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, New: w.newStream}, w, w, w)
	if err := w.srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.srv.Close)
	eventually(t, "registered", func() bool {
		st, ok := w.srv.GatekeeperStatus()
		return ok && st.Phase == ras.Registered
	})
	return w, k
}

// client is a system outside that calls by IP.
func client(w *world, called string) *system {
	s := &system{w: w, rtp: netip.MustParseAddrPort("127.0.0.1:30000")}
	s.call = call.Dial(w.t.Context(), call.Target{Signal: w.srv.Addrs()[0], Called: []call.Alias{digits(called)}},
		&call.Config{Name: "Boardroom", Terminal: true, TerminalType: 50}, s, s)
	w.t.Cleanup(func() { s.call.Close() })
	return s
}

func (s *system) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended != nil
}

// The gatekeeper knows our names, old and new, and is asked about each call and told
// of its end; at last we take our leave.
func TestGatekeeper(t *testing.T) {
	w, k := registered(t)
	k.with(func() {
		if fmt.Sprint(k.names) != "[meet 8000]" || !slices.Contains(k.signal, w.srv.Addrs()[0]) {
			t.Errorf("registered as %v at %v", k.names, k.signal)
		}
	})
	if err := w.srv.SetAliases([]string{"meet", "112752642"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new names are known", func() (is bool) {
		k.with(func() { is = fmt.Sprint(k.names) == "[meet 112752642]" })
		return is
	})
	s := client(w, "112752642#48219")
	leg := w.leg()
	k.with(func() {
		if len(k.asked) != 1 || !k.asked[0].AnswerCall || len(k.asked[0].DestinationInfo) != 1 || k.asked[0].DestinationInfo[0].Text() != "112752642" {
			t.Errorf("asked %+v", k.asked)
		}
	})
	s.call.Release(call.Reason{Cause: 16})
	<-leg.Done()
	eventually(t, "the gatekeeper is told of the end", func() (is bool) {
		k.with(func() { is = k.gone == 1 })
		return is
	})
	w.srv.Close()
	k.with(func() {
		if k.gone != 101 {
			t.Errorf("no leave was taken: %d", k.gone)
		}
	})
}

// What the gatekeeper forbids is refused, in and out.
func TestGatekeeperRefuses(t *testing.T) {
	w, k := registered(t)
	k.with(func() { k.reject = &h225.AdmissionRejectReason{RequestDenied: &per.Null{}} })
	s := client(w, "112752642")
	eventually(t, "the call is refused", s.isOver)
	if r := s.over(); r.Cause != cause.Limit.Q850() {
		t.Errorf("told %+v", r)
	}
	k.with(func() { k.reject = &h225.AdmissionRejectReason{CalledPartyNotRegistered: &per.Null{}} })
	if _, err := w.srv.Dial(t.Context(), Call{To: Address{Alias: "huddle"}}, nil); !errors.Is(err, cause.Unreachable) {
		t.Errorf("calling: %v", err)
	}
}

// A call that the gatekeeper wants to route itself is sent there.
func TestGatekeeperRoutes(t *testing.T) {
	w, k := registered(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	k.with(func() {
		k.to = addrPort(l.Addr())
		k.reject = &h225.AdmissionRejectReason{RouteCallToGatekeeper: &per.Null{}}
	})
	client(w, "112752642")
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatalf("the caller does not come: %v\n%s", err, w.log)
	}
	c.Close()
}

// A name without a host is called where the gatekeeper says.
func TestGatekeeperFinds(t *testing.T) {
	w, k := registered(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &system{w: w, rtp: netip.MustParseAddrPort("127.0.0.1:30000")}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.call = call.Accept(c, &call.Config{Terminal: true, TerminalType: 50}, s, s)
	}()
	k.with(func() { k.to = addrPort(l.Addr()) })
	leg, err := w.srv.Dial(t.Context(), Call{To: Address{Alias: "huddle"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p := leg.Party(); p.Address != l.Addr().String() || p.Number != "huddle" {
		t.Errorf("party %+v", p)
	}
	k.with(func() {
		if len(k.asked) != 1 || k.asked[0].AnswerCall || k.asked[0].DestinationInfo[0].Text() != "huddle" {
			t.Errorf("asked %+v", k.asked)
		}
	})
	leg.Hangup(cause.Ended)
	eventually(t, "the system is told", s.isOver)
	s.call.Close()
}

// A gatekeeper that does not answer keeps no call away.
func TestGatekeeperAway(t *testing.T) {
	w, k := registered(t)
	k.with(func() { k.away = true })
	begun := time.Now()
	client(w, "112752642")
	select {
	case <-w.legs:
	case <-time.After(2 * admissionPatience):
		t.Fatal("the call waits for the gatekeeper")
	}
	if d := time.Since(begun); d > admissionPatience+2*time.Second {
		t.Errorf("the call waited for %s", d)
	}
	begun = time.Now()
	client(w, "112752642")
	<-w.legs
	if d := time.Since(begun); d > admissionPatience/2 {
		t.Errorf("the next call waited for %s", d)
	}
}

// A call whose signalling the gatekeeper relays may have its H.245 elsewhere, and
// nobody else's.
func TestGatekeeperVouches(t *testing.T) {
	w, _ := registered(t)
	for text, want := range map[string]bool{"127.0.0.1": true, "127.0.0.2": false, "192.0.2.1": false} {
		if got := w.srv.mayControl(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	s := &system{w: w, rtp: netip.MustParseAddrPort("127.0.0.1:30000")}
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("no second address of this machine: %v", err)
	}
	defer l.Close()
	s.call = call.Dial(t.Context(), call.Target{Signal: w.srv.Addrs()[0]}, &call.Config{
		Terminal: true, TerminalType: 50, NoTunnelling: true, NoFastConnect: true, StartH245: true,
		Net: elsewhere{l, w.srv.Addrs()[0]}, PublicIP: netip.MustParseAddr("127.0.0.2"),
	}, s, s)
	t.Cleanup(func() { s.call.Close() })
	w.leg() // it has sound, so H.245 found its way
}

// elsewhere is the network of a system whose H.245 is at another address than its
// signalling. It connects to nothing but that.
type elsewhere struct {
	net.Listener
	signalling netip.AddrPort
}

func (e elsewhere) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if to != e.signalling {
		return nil, errors.New("only the gateway may connect")
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", to.String())
}

func (e elsewhere) Listen(netip.AddrPort) (net.Listener, error) { return e.Listener, nil }
