package call

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
)

// gatekeeper vouches for the phone's address: it is where our gatekeeper is.
var gatekeeper = Config{MayControl: func(peer netip.Addr) bool { return peer.String() == callerIP }}

// TestControlElsewhere: H.245 of a call that the gatekeeper relays is connected to
// where the endpoint behind it listens; not to this machine, its link or well-known
// services, and not for anybody else.
func TestControlElsewhere(t *testing.T) {
	nobody := Config{MayControl: func(netip.Addr) bool { return false }}
	for _, c := range []struct {
		cfg     Config
		address string
		dialed  int
	}{
		{gatekeeper, "203.0.113.66:2776", 1},
		{gatekeeper, "10.1.2.3:2776", 1},
		{gatekeeper, "203.0.113.66:80", 0},
		{gatekeeper, "127.0.0.1:2776", 0},
		{gatekeeper, calleeIP + ":2776", 0},
		{gatekeeper, "169.254.169.254:2776", 0},
		{gatekeeper, "224.0.0.1:2776", 0},
		{gatekeeper, "0.0.0.0:2776", 0},
		{nobody, "203.0.113.66:2776", 0},
		{Config{}, "203.0.113.66:2776", 0},
	} {
		for _, where := range []string{"setup", "startH245"} {
			t.Run(c.address+" "+where, func(t *testing.T) {
				with(t, c.cfg, func(t *testing.T, x *exchange) {
					at := netip.MustParseAddrPort(c.address)
					var endpoint *phone
					l, _ := x.net.host(at.Addr().String()).Listen(at)
					go func() {
						if conn, err := l.Accept(); err == nil {
							endpoint = newControlPhone(t, conn)
						}
					}()
					x.setup(func(s *h225.SetupUUIE, p *pdu) {
						p.H245Tunneling = no()
						if where == "setup" {
							s.H245Address = h225.TransportAddressOf(at)
						}
					})
					if where == "startH245" {
						x.say(build(t, q931.Facility, facilityPDU(no(), func(f *h225.FacilityUUIE) {
							f.Reason.StartH245, f.H245Address = null, h225.TransportAddressOf(at)
						}), nil))
					}
					x.settle(0)
					if x.net.dialed != c.dialed {
						t.Errorf("%d connections, want %d", x.net.dialed, c.dialed)
					}
					l.Close()
					if c.dialed == 0 {
						return
					}
					if !strings.Contains(endpoint.names(), "terminalCapabilitySet") {
						t.Errorf("H.245 %q", endpoint.names())
					}
					endpoint.conn.Close()
					<-endpoint.done
				})
			})
		}
	}
}

// TestCallerListensFirst: behind a gatekeeper the caller may be elsewhere than its
// signalling and could not connect to us; it has a moment to say where it listens.
func TestCallerListensFirst(t *testing.T) {
	with(t, gatekeeper, func(t *testing.T, x *exchange) {
		x.setup(func(_ *h225.SetupUUIE, p *pdu) { p.H245Tunneling = no() })
		if c := x.last(q931.Connect); c == nil || c.body.Connect.H245Address != nil {
			t.Fatalf("%s with an address", x.types())
		}
		x.settle(volunteer - 100*time.Millisecond)
		if x.last(q931.Facility) != nil {
			t.Error("too soon")
		}
		x.settle(100 * time.Millisecond)
		f := x.last(q931.Facility)
		if f == nil || f.body.Facility.Reason.StartH245 == nil {
			t.Fatal("nobody says where to connect to")
		}
		at, _ := f.body.Facility.H245Address.AddrPort()
		conn, err := x.host.Dial(t.Context(), at) // a gatekeeper that relays H.245, too
		if err != nil {
			t.Fatal(err)
		}
		p := newControlPhone(t, conn)
		x.settle(0)
		if !strings.Contains(p.names(), "terminalCapabilitySet") {
			t.Errorf("H.245 %q", p.names())
		}
		conn.Close()
		<-p.done
	})
}
