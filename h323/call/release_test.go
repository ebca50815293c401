package call

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
)

// TestReleases refuses calls for every reason, and the caller tells them apart.
func TestReleases(t *testing.T) {
	var all []Reason
	for r := ReleaseNoBandwidth; int(r) < len(releases); r++ {
		all = append(all, Reason{Release: r})
	}
	for _, cause := range []q931.CauseValue{
		q931.UserBusy, q931.NoAnswer, q931.CallRejected, q931.UnallocatedNumber, q931.NoRouteToDestination, q931.NormalClearing, q931.NoUserResponding,
		q931.SubscriberAbsent, q931.InvalidNumberFormat, q931.NoCircuit, q931.NetworkOutOfOrder, q931.TemporaryFailure,
		q931.SwitchingCongestion, q931.ResourceUnavailable, q931.BearerNotAuthorized, q931.IncompatibleDestination, q931.Interworking,
	} {
		all = append(all, Reason{Cause: int(cause)})
	}
	for _, r := range append(all, Reason{}, Reason{Cause: 21, Release: ReleaseNoPermission}) {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t)
			p.callee.incoming = func(c *Call, _ *Setup) { c.Proceed(); c.Release(r) }
			p.dial(target)
			p.gone()
			want := r.filled()
			want.Peer = true
			if got := p.caller.reason(); got != want {
				t.Errorf("%v: caller was told %v", want, got)
			}
			if n := len(p.caller.ended) + len(p.callee.ended); n != 2 {
				t.Errorf("%d ends of two", n)
			}
			if p.caller.call.Reason() != want {
				t.Errorf("Reason is %v", p.caller.call.Reason())
			}
			if p.callee.asked != 0 {
				t.Error("a call that was refused asked for addresses")
			}
		})
	}
}

// TestCallerTimers: no reply, no progress, no answer, no connection.
func TestCallerTimers(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*Call, *Setup)
		after time.Duration
		want  Reason
	}{
		{"T303", func(*Call, *Setup) {}, 15 * time.Second, Reason{Cause: causeNoUserResponding, Err: errNoReply}},
		{"T310", func(c *Call, _ *Setup) { c.Proceed() }, time.Minute, Reason{Cause: causeNoUserResponding, Err: errNoProgress}},
		{"T301", func(c *Call, _ *Setup) { c.Proceed(); c.Alert() }, 3 * time.Minute, Reason{Cause: causeNoAnswer, Err: errNoAnswer}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				p.callee.incoming = c.do
				began := time.Now()
				p.dial(target)
				p.gone()
				if got := p.caller.reason(); got != c.want {
					t.Errorf("ended for %v", got)
				}
				if d := time.Since(began); d < c.after || d > c.after+2*time.Second {
					t.Errorf("after %v", d)
				}
				if got := p.callee.reason(); got.Cause != c.want.Cause || !got.Peer {
					t.Errorf("callee was told %v", got)
				}
			})
		})
	}
}

// TestUnreachable: nobody listens, or nothing answers.
func TestUnreachable(t *testing.T) {
	for _, silent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t)
			p.fromHost.refuse = silent
			p.caller.has(Dial(t.Context(), target, &p.from, p.caller, p.caller))
			<-p.caller.call.Done()
			if r := p.caller.reason(); r.Release != ReleaseUnreachableDestination || r.Peer || r.Err == nil {
				t.Errorf("ended for %v", r)
			}
			if silent != errors.Is(p.caller.reason().Err, context.DeadlineExceeded) {
				t.Errorf("error %v", p.caller.reason().Err)
			}
		})
	}
}

// TestNoMediaPort: a call that gets no port is refused, in either direction.
func TestNoMediaPort(t *testing.T) {
	for _, fast := range []bool{true, false} {
		for _, atCaller := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				p.from.NoFastConnect = !fast
				p.caller.noMedia, p.callee.noMedia = atCaller, !atCaller
				p.dial(target)
				p.gone()
				if r := p.caller.reason(); r.Cause != causeNoResource || r.Release != ReleaseGatewayResources || r.Peer == atCaller {
					t.Errorf("fast %t, at caller %t: caller ended for %v", fast, atCaller, r)
				}
			})
		}
	}
}

// await has d take one call at that address.
func (p *pair) await(d *desk, at netip.AddrPort) net.Listener {
	l, err := p.toHost.Listen(at)
	if err != nil {
		p.t.Fatal(err)
	}
	go func() {
		if conn, err := l.Accept(); err == nil {
			d.has(Accept(conn, &p.to, d, d))
		}
	}()
	return l
}

// forwardTo sends Facility callForwarded to whoever calls.
func forwardTo(c *Call, to netip.AddrPort) {
	c.box.put(func() {
		b := &h225.FacilityUUIE{ProtocolIdentifier: h225.Protocol, CallIdentifier: c.identifier(), AlternativeAddress: h225.TransportAddressOf(to)}
		b.Reason.CallForwarded = null
		c.compose(q931.Facility, h225.H323UUPDUH323MessageBody{Facility: b}, nil)
	})
}

// TestForwarded follows the called side to another address, and not for ever.
func TestForwarded(t *testing.T) {
	for _, c := range []struct {
		name    string
		times   int
		refuse  bool
		answers bool
	}{{"once", 1, false, true}, {"three times", 3, false, true}, {"too often", 4, false, false}, {"not allowed", 1, true, false}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				if c.refuse {
					p.from.MayForward = func(Target) bool { return false }
				}
				at := func(i int) netip.AddrPort {
					return netip.AddrPortFrom(netip.MustParseAddr(calleeIP), uint16(1720+i))
				}
				var desks []*desk
				var listeners []net.Listener
				for i := range c.times + 1 {
					d := newDesk(calleeIP + ":6000")
					d.incoming = func(call *Call, _ *Setup) { call.Answer() }
					if i < c.times {
						d.incoming = func(call *Call, _ *Setup) { forwardTo(call, at(i+1)) }
					}
					desks, listeners = append(desks, d), append(listeners, p.await(d, at(i)))
				}
				p.caller.has(Dial(t.Context(), target, &p.from, p.caller, p.caller))
				p.settle(5 * time.Second)
				last := desks[c.times]
				if c.answers {
					p.callee = last
					p.talking(G722)
					if last.setup.CallID != desks[0].setup.CallID {
						t.Error("another call identifier")
					}
				} else if r := p.caller.reason(); r.Release != ReleaseFacilityCallDeflection {
					t.Errorf("ended for %v", r)
				}
				p.caller.call.Close()
				for i, l := range listeners {
					l.Close()
					if desks[i].call != nil {
						<-desks[i].call.Done()
					}
				}
				for i, d := range desks[:c.times] {
					if r := d.reason(); d.call != nil && (r.Release != ReleaseFacilityCallDeflection || !r.Peer) {
						t.Errorf("%d. callee was left for %v", i+1, r)
					}
				}
			})
		})
	}
}

// TestCallerIsNotForwarded: whoever calls us cannot send us elsewhere.
func TestCallerIsNotForwarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.dial(target)
		dialed := p.net.dialed
		forwardTo(p.caller.call, netip.MustParseAddrPort("203.0.113.66:1720"))
		p.settle(time.Second)
		if p.net.dialed != dialed || p.callee.reason().Cause != 0 {
			t.Errorf("the callee followed: %v", p.callee.reason())
		}
		p.talking(G722)
		p.hangUp()
	})
}
