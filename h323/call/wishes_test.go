package call

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
)

// TestRedirect: our callee sends a caller to a gatekeeper, and our caller goes.
func TestRedirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		elsewhere := netip.MustParseAddrPort(calleeIP + ":1721")
		p.callee.incoming = func(c *Call, _ *Setup) { c.Redirect(elsewhere) }
		second := newPair(t)
		l, err := p.toHost.Listen(elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		second.callee.incoming = func(c *Call, _ *Setup) { c.Answer() }
		go func() {
			if conn, err := l.Accept(); err == nil {
				second.callee.has(Accept(conn, &p.to, second.callee, second.callee))
			}
		}()
		p.dial(target)
		if r := p.callee.reason(); r.Release != ReleaseFacilityCallDeflection {
			t.Errorf("callee ended for %v", r)
		}
		if second.callee.connected != 1 || p.caller.connected != 1 {
			t.Error("the caller did not follow")
		}
		p.caller.call.Close()
		<-second.callee.call.Done()
		l.Close()
		p.gone()
	})
}

// TestCallReference: what a gatekeeper was told is what Setup says.
func TestCallReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		to := target
		to.CallReference = 4242
		p.dial(to)
		if p.callee.setup.CallReference != 4242 {
			t.Errorf("call reference %d", p.callee.setup.CallReference)
		}
		p.hangUp()
	})
}

// watcher is a desk that wants to know what the peer can do.
type watcher struct {
	*desk
	all []Capabilities
}

func (w *watcher) Capabilities(c Capabilities) { w.all = append(w.all, c) }

// TestWatcher: an owner that wants to is told of the peer's capabilities.
func TestWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.to.Audio = []Codec{G711U, G711A}
		p.listen()
		w := &watcher{desk: p.caller}
		p.caller.has(Dial(t.Context(), target, &p.from, p.caller, w))
		p.settle(time.Second)
		if len(w.all) != 1 || !w.all[0].UserInput || !w.all[0].Events || len(w.all[0].Audio) != 2 || w.all[0].Audio[0] != G711U {
			t.Errorf("capabilities %+v", w.all)
		}
		p.hangUp()
	})
}

// TestProvisional: a gatekeeper's CallProceeding that does not know about
// tunnelling yet does not end it; one that says no in Alerting does.
func TestProvisional(t *testing.T) {
	for _, c := range []struct {
		name                string
		provisional, refuse bool
	}{{"provisional", true, false}, {"CallProceeding says no", false, false}, {"Alerting says no", false, true}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := connPair(target.Signal, netip.MustParseAddrPort(phoneAt))
				d := newDesk(callerIP + ":5000")
				f := newFabric()
				call := d.has(Dial(t.Context(), target, &Config{Net: once{far, f.host(callerIP)}, NoFastConnect: true}, d, d))
				x := newPhone(t, near)
				synctest.Wait()
				crv := x.last(q931.Setup).CallReference
				send := func(kind q931.Type, p pdu) {
					b := build(t, kind, p, nil)
					b[2], b[3] = 0x80|byte(crv>>8), byte(crv)
					x.say(b)
				}
				p := pdu{H245Tunneling: no()}
				if c.provisional {
					p.ProvisionalRespToH245Tunneling = null
				}
				p.H323MessageBody.CallProceeding = &h225.CallProceedingUUIE{ProtocolIdentifier: h225.Protocol}
				send(q931.CallProceeding, p)
				p = pdu{H245Tunneling: yes()}
				if c.refuse {
					p.H245Tunneling = no()
				}
				p.H323MessageBody.Alerting = &h225.AlertingUUIE{ProtocolIdentifier: h225.Protocol}
				send(q931.Alerting, p)
				p.H323MessageBody = h225.H323UUPDUH323MessageBody{Connect: &h225.ConnectUUIE{ProtocolIdentifier: h225.Protocol, ConferenceID: testID}}
				send(q931.Connect, p)
				started := x.last(q931.Facility) != nil && x.last(q931.Facility).body.Facility != nil
				if tunnelled := x.names() == "terminalCapabilitySet masterSlaveDetermination"; tunnelled == c.refuse || started != c.refuse {
					t.Errorf("%s; H.245 %s; startH245 %t", x.types(), x.names(), started)
				}
				near.Close()
				<-call.Done()
				<-x.done
			})
		})
	}
}

// TestOwnKeepAlive: an empty frame goes out now and then.
func TestOwnKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := connPair(netip.MustParseAddrPort(phoneAt), target.Signal)
		d := newDesk(calleeIP + ":6000")
		c := d.has(Accept(far, &Config{Timers: Timers{Keepalive: 5 * time.Second}}, d, d))
		r := tpkt.NewReader(near, tpkt.Policy{})
		for i := range 3 {
			began := time.Now()
			p, err := r.Next()
			if err != nil || len(p) != 0 || time.Since(began) != 5*time.Second {
				t.Fatalf("%d: %v %v after %v", i, p, err, time.Since(began))
			}
		}
		near.Close()
		<-c.Done()
	})
}

// TestManyHeld: what a caller sends before the owner has decided is bounded.
func TestManyHeld(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.desk.incoming = func(c *Call, _ *Setup) { c.Proceed() }
		x.setup(nil)
		big := make([]byte, 30000)
		for range 40 {
			x.say(build(t, q931.Facility, facilityPDU(yes(), nil, big), nil))
		}
		held := make(chan int, 1)
		x.call.box.put(func() { held <- x.call.ctl.heldSize })
		if n := <-held; n == 0 || n > mostHeldSize {
			t.Errorf("%d octets held", n)
		}
	})
}

// TestOverTCP: the system's network, half-close included.
func TestOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, cfg := range []Config{{}, {NoTunnelling: true}} {
		caller, callee := newDesk("127.0.0.1:5000"), newDesk("127.0.0.1:6000")
		up := make(chan struct{})
		callee.incoming = func(c *Call, _ *Setup) { c.Answer(); close(up) }
		go func() {
			if conn, err := l.Accept(); err == nil {
				callee.has(Accept(conn, &Config{}, callee, callee))
			}
		}()
		c := caller.has(Dial(t.Context(), Target{Signal: addrPort(l.Addr())}, &cfg, caller, caller))
		<-up
		heard := make(chan error, 1)
		callee.call.Probe(5*time.Second, func(_ time.Duration, err error) { heard <- err })
		if err := <-heard; err != nil {
			t.Errorf("probe: %v", err)
		}
		c.Close()
		<-callee.call.Done()
		if r := callee.reason(); r.Cause != 16 || !r.Peer || r.Err != nil {
			t.Errorf("callee ended for %v", r)
		}
	}
}
