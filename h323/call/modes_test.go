package call

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

const (
	callerIP = "192.0.2.10"
	calleeIP = "198.51.100.20"
)

// pair is our caller against our callee, on a network in memory.
type pair struct {
	t                *testing.T
	net              *fabric
	caller, callee   *desk
	from, to         Config
	listener         net.Listener
	fromHost, toHost *host
	tap              func(net.Conn) net.Conn // around the callee's connection
}

func newPair(t *testing.T) *pair {
	f := newFabric()
	p := &pair{t: t, net: f, caller: newDesk(callerIP + ":5000"), callee: newDesk(calleeIP + ":6000")}
	p.fromHost, p.toHost = f.host(callerIP), f.host(calleeIP)
	p.from = Config{Product: "Caller", Version: "1", Name: "Ada", Aliases: []Alias{{H323ID, "ada"}}, Net: p.fromHost, Terminal: true}
	p.to = Config{Product: "Partyline", Version: "2", Name: "Rooms", Net: p.toHost, H245Ports: PortRange{30000, 30009}}
	p.callee.incoming = func(c *Call, _ *Setup) {
		c.Proceed()
		c.Answer()
	}
	return p
}

var target = Target{
	Signal: netip.MustParseAddrPort(calleeIP + ":1720"),
	Called: []Alias{{DialedDigits, "600"}},
}

// listen has the callee accept one connection.
func (p *pair) listen() {
	l, err := p.toHost.Listen(target.Signal)
	if err != nil {
		p.t.Fatal(err)
	}
	p.listener = l
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if p.tap != nil {
			conn = p.tap(conn)
		}
		p.callee.has(Accept(conn, &p.to, p.callee, p.callee))
	}()
}

// dial calls, and lets all happen that happens at once.
func (p *pair) dial(to Target) {
	p.listen()
	p.caller.has(Dial(p.t.Context(), to, &p.from, p.caller, p.caller))
	p.settle(time.Second)
}

// settle lets some time pass.
func (p *pair) settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// hangUp ends the call and waits for its goroutines.
func (p *pair) hangUp() {
	p.caller.call.Close()
	p.gone()
}

// gone waits for both ends, and for all that they had.
func (p *pair) gone() {
	p.t.Helper()
	p.listener.Close()
	<-p.caller.call.Done()
	synctest.Wait()
	if p.callee.call != nil {
		<-p.callee.call.Done()
	}
	synctest.Wait()
	if n := len(p.net.listen); n != 0 {
		p.t.Errorf("%d listeners left open", n)
	}
}

// talking checks that sound goes both ways, to the right places.
func (p *pair) talking(codec Codec) {
	p.t.Helper()
	for _, e := range []struct {
		who       string
		d, other  *desk
		connected int
	}{{"caller", p.caller, p.callee, 1}, {"callee", p.callee, p.caller, 1}} {
		switch d := e.d; {
		case d.connected != e.connected:
			p.t.Errorf("%s connected %d times", e.who, d.connected)
		case d.send == nil:
			p.t.Errorf("%s may not send (%v)", e.who, d.reason())
		case d.send.RTP != e.other.rtp:
			p.t.Errorf("%s sends to %v, not %v", e.who, d.send.RTP, e.other.rtp)
		case d.send.Codec != codec:
			p.t.Errorf("%s sends %s, not %s", e.who, d.send.Codec, codec)
		case len(d.receive) != 1 || d.receive[0].Codec != codec:
			p.t.Errorf("%s receives %+v", e.who, d.receive)
		case d.asked != 1:
			p.t.Errorf("%s was asked %d times for addresses", e.who, d.asked)
		}
	}
}

// exchangeKeys checks keys and probes both ways: that H.245 is up.
func (p *pair) exchangeKeys() {
	p.t.Helper()
	p.caller.call.SendKey('5')
	p.callee.call.SendKey('#')
	heard := make(chan error, 2)
	for _, d := range []*desk{p.caller, p.callee} {
		d.call.Probe(3*time.Second, func(_ time.Duration, err error) { heard <- err })
	}
	p.settle(4 * time.Second)
	if got := p.callee.digits(); got != "5" {
		p.t.Errorf("callee got keys %q", got)
	}
	if got := p.caller.digits(); got != "#" {
		p.t.Errorf("caller got keys %q", got)
	}
	for range 2 {
		if err := <-heard; err != nil {
			p.t.Errorf("probe: %v", err)
		}
	}
	for _, k := range append(p.callee.keys, p.caller.keys...) {
		if k.Via == ViaKeypad {
			p.t.Error("a key came by Q.931: there was no H.245")
		}
	}
}

// TestModes calls in every way: slow or fast, tunnelled or not as either end
// wants, with early H.245, by startH245 of either end, with and without Alerting.
func TestModes(t *testing.T) {
	for i := range 1 << 8 {
		bit := func(n int) bool { return i>>n&1 == 1 }
		fast, tunnelFrom, tunnelTo, early := bit(0), bit(1), bit(2), bit(3)
		startFrom, startTo, alert, fastTo := bit(4), bit(5), bit(6), bit(7)
		if early && !tunnelFrom {
			continue
		}
		name := fmt.Sprintf("fast=%t/%t,tunnel=%t/%t,early=%t,startH245=%t/%t,alert=%t", fast, fastTo, tunnelFrom, tunnelTo, early, startFrom, startTo, alert)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				p.from.NoFastConnect, p.to.NoFastConnect = !fast, !fastTo
				p.from.NoTunnelling, p.to.NoTunnelling = !tunnelFrom, !tunnelTo
				p.from.ParallelControl = early
				p.from.StartH245, p.to.StartH245 = startFrom, startTo
				if alert {
					p.callee.incoming = func(c *Call, _ *Setup) {
						c.Proceed()
						c.Alert()
						time.AfterFunc(5*time.Second, c.Answer)
					}
				}
				p.dial(target)
				p.settle(10 * time.Second)
				p.talking(G722)
				p.exchangeKeys()
				p.settle(time.Minute)
				if r := p.caller.reason(); r.Cause != 0 {
					t.Errorf("call ended by itself: %v", r)
				}
				p.hangUp()
				if r := p.callee.reason(); r.Cause != 16 || !r.Peer || r.Err != nil {
					t.Errorf("callee ended for %v", r)
				}
				if separate := p.net.dialed - 1; (separate == 1) == (tunnelFrom && tunnelTo) || separate > 1 {
					t.Errorf("%d H.245 connections", separate)
				}
			})
		})
	}
}

// TestHangUpByCallee ends from the other side.
func TestHangUpByCallee(t *testing.T) {
	for _, noTunnel := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t)
			p.from.NoTunnelling = noTunnel
			p.dial(target)
			p.talking(G722)
			began := time.Now()
			p.callee.call.Close()
			p.gone()
			if r := p.caller.reason(); r.Cause != 16 || !r.Peer || r.Err != nil {
				t.Errorf("caller ended for %v", r)
			}
			if p.caller.send != nil || p.caller.receive != nil || p.callee.send != nil || p.callee.receive != nil {
				t.Error("media goes on after the end")
			}
			if d := time.Since(began); d > 100*time.Millisecond {
				t.Errorf("it took %v to close", d)
			}
		})
	}
}

// TestSetupSays checks what the callee is told about the caller, and the other
// way round.
func TestSetupSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		to := target
		to.CallID = ID{1, 2, 3}
		to.Called = []Alias{{H323ID, "boardroom"}, {DialedDigits, "600#1234"}}
		to.Extension = &Alias{DialedDigits, "77"}
		p.dial(to)
		s := p.callee.setup
		if s == nil {
			t.Fatal("no Setup")
		}
		if c := s.Caller; c.Name != "Ada" || c.Product != "Caller" || c.Version != "1" || len(c.Aliases) != 1 {
			t.Errorf("caller %+v", c)
		}
		want := []Called{{"boardroom", H323ID, DestinationAddress}, {"600#1234", DialedDigits, DestinationAddress}, {"77", DialedDigits, RemoteExtensionAddress}}
		if fmt.Sprint(s.Called) != fmt.Sprint(want) {
			t.Errorf("called %+v", s.Called)
		}
		if s.CallID != to.CallID || s.Remote.Addr().String() != callerIP || s.Local != target.Signal || !s.FastConnect || !s.Tunnelling {
			t.Errorf("setup %+v", s)
		}
		if r := p.caller.call.Remote(); r.Product != "Partyline" || r.Version != "2" || r.Name != "Rooms" {
			t.Errorf("answered by %+v", r)
		}
		p.hangUp()
	})
}

// TestDialCancelled gives up before the answer.
func TestDialCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.callee.incoming = func(c *Call, _ *Setup) { c.Alert() }
		ctx, cancel := context.WithCancel(t.Context())
		p.listen()
		p.caller.has(Dial(ctx, target, &p.from, p.caller, p.caller))
		p.settle(time.Second)
		cancel()
		p.gone()
		if r := p.callee.reason(); r.Cause != 16 || !r.Peer {
			t.Errorf("callee ended for %v", r)
		}
		if p.callee.asked != 0 {
			t.Error("a call that was not answered asked for addresses")
		}
	})
}
