package ras

import (
	"context"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

const s = time.Second

func TestRegistration(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		var phases []string
		cfg := config()
		cfg.Changed = func(s Status) { phases = append(phases, s.Phase.String()) }
		c, g := n.registered(t, cfg)
		signal := []h225.TransportAddress{*h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.1:1720"))}
		ras := *h225.TransportAddressOf(netip.MustParseAddrPort(ours))

		q := g.last("gatekeeperRequest").GatekeeperRequest
		if !reflect.DeepEqual(q.RasAddress.IpAddress, ras.IpAddress) || len(q.EndpointAlias) != 2 || q.EndpointType.Mcu == nil || !q.EndpointType.Mc || q.FeatureSet != nil {
			t.Errorf("GRQ %+v", q)
		}
		r := g.last("registrationRequest").RegistrationRequest
		if !r.DiscoveryComplete || *r.KeepAlive || r.EndpointIdentifier != nil || *r.GatekeeperIdentifier != "gk" || *r.TimeToLive != 60 || r.Restart == nil {
			t.Errorf("RRQ %+v", r)
		}
		if a, _ := r.CallSignalAddress[0].AddrPort(); a.String() != "192.0.2.1:1720" || len(r.CallSignalAddress) != len(signal) {
			t.Errorf("call signalling addresses %v", r.CallSignalAddress)
		}
		if a, _ := r.RasAddress[0].AddrPort(); a.String() != ours {
			t.Errorf("RAS addresses %v", r.RasAddress)
		}
		if r.TerminalAlias[0].Text() != "600" || r.TerminalAlias[1].Text() != "reception" || r.EndpointVendor.Product() != "Partyline" {
			t.Errorf("aliases %v, vendor %v", r.TerminalAlias, r.EndpointVendor)
		}
		st := status(c)
		want := Status{
			Phase: Registered, Since: g.began, Gatekeeper: netip.MustParseAddrPort(theirs), Identifier: "gk",
			EndpointID: "1234_gk", Aliases: []string{"600", "reception"}, TimeToLive: 60 * s,
			Counters:    Counters{Sent: 2, Received: 2, Registrations: 1},
			gatekeepers: []netip.Addr{netip.MustParseAddrPort(theirs).Addr()},
		}
		if !reflect.DeepEqual(st, want) {
			t.Errorf("status %+v\nwant   %+v", st, want)
		}
		if !slices.Equal(phases, []string{"registering", "registered"}) {
			t.Errorf("phases %v", phases)
		}
	})
}

// The registration is refreshed in time, with little, and by the same addresses.
func TestKeepAlive(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		during(100 * s)
		if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{0, 45 * s, 90 * s}) {
			t.Errorf("RRQs at %v", at)
		}
		all := g.messages("registrationRequest")
		full, light := all[0].m.RegistrationRequest, all[1].m.RegistrationRequest
		if !*light.KeepAlive || *light.EndpointIdentifier != "1234_gk" || light.TerminalAlias != nil || light.RequestSeqNum == full.RequestSeqNum ||
			!reflect.DeepEqual(light.CallSignalAddress, full.CallSignalAddress) || !reflect.DeepEqual(light.RasAddress, full.RasAddress) {
			t.Errorf("lightweight RRQ %+v", light)
		}
		if st := status(c); st.Since != g.began || st.Counters.Registrations != 1 {
			t.Errorf("%+v", st)
		}
	})
}

func TestRefreshAfter(t *testing.T) {
	for ttl, want := range map[time.Duration]time.Duration{
		0: 45 * s, 1 * s: 1 * s, 10 * s: 5 * s, 19 * s: 10 * s, 60 * s: 45 * s, 24 * time.Hour: 18 * time.Hour,
	} {
		c := &Client{cfg: Config{TimeToLive: time.Minute}}
		c.ttl = ttl
		if got := c.refreshAfter(); got != want {
			t.Errorf("time-to-live %v: refreshed after %v, want %v", ttl, got, want)
		}
	}
}

// A gatekeeper that is silent is asked as often as H.225.0 says, by the same
// octets, and again and again; one that answers no GRQ may still register us.
func TestRetries(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		g.on(silent)
		c := n.open(t, config())
		during(26 * s)
		if at := g.times("gatekeeperRequest"); !slices.Equal(at[:3], []time.Duration{0, 5 * s, 10 * s}) {
			t.Errorf("GRQs at %v", at)
		}
		if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{15 * s, 18 * s, 21 * s}) {
			t.Errorf("RRQs at %v", at)
		}
		for _, name := range []string{"gatekeeperRequest", "registrationRequest"} {
			all := g.messages(name)
			if string(all[0].data) != string(all[1].data) || string(all[0].data) != string(all[2].data) {
				t.Errorf("%s is sent again with other octets", name)
			}
		}
		if r := g.last("registrationRequest").RegistrationRequest; r.DiscoveryComplete {
			t.Error("an RRQ claims a discovery")
		}
		if at := g.times("gatekeeperRequest"); at[3] != 26*s { // 24 s of silence, 2 s of waiting
			t.Errorf("the second round begins after %v", at[3])
		}
		st := status(c)
		if st.Phase != Discovering || !strings.Contains(st.Error, "does not answer") || st.Counters.Retries != 4 || st.Counters.Timeouts != 2 {
			t.Errorf("%+v", st)
		}
		g.on(func(m *h225.RasMessage) bool { return m.GatekeeperRequest != nil })
		during(15 * s)
		if st := status(c); st.Phase != Registered {
			t.Errorf("%+v", st)
		}
	})
}

// Rounds come slower and slower, but never slower than every half minute and what
// the tries take.
func TestRounds(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		g.on(func(m *h225.RasMessage) bool {
			if m.GatekeeperRequest == nil {
				return false
			}
			g.send(&h225.RasMessage{GatekeeperReject: &h225.GatekeeperReject{
				RequestSeqNum: m.GatekeeperRequest.RequestSeqNum, ProtocolIdentifier: h225.Protocol,
				RejectReason: h225.GatekeeperRejectReason{TerminalExcluded: null()},
			}})
			return true
		})
		c := n.open(t, config())
		during(120 * s)
		if at := g.times("gatekeeperRequest"); !slices.Equal(at, []time.Duration{0, 2 * s, 6 * s, 14 * s, 30 * s, 60 * s, 90 * s, 120 * s}) {
			t.Errorf("GRQs at %v", at)
		}
		if st := status(c); st.Phase != Waiting || st.Retry.Sub(g.began) != 150*s || !strings.Contains(st.Error, "terminalExcluded") {
			t.Errorf("%+v", st)
		}
	})
}

func TestMulticastDiscovery(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		other := n.gatekeeper(t, secondary, "other", DiscoveryGroup())
		g := n.gatekeeper(t, theirs, "gk", DiscoveryGroup())
		cfg := config()
		cfg.Address, cfg.Identifier = "", "gk"
		c := n.open(t, cfg)
		synctest.Wait()
		if st := status(c); st.Phase != Registered || st.Gatekeeper.String() != theirs {
			t.Errorf("%+v", st)
		}
		if q := other.last("gatekeeperRequest").GatekeeperRequest; *q.GatekeeperIdentifier != "gk" {
			t.Errorf("GRQ %+v", q)
		}
		if other.messages("registrationRequest") != nil || len(g.messages("registrationRequest")) != 1 {
			t.Error("an RRQ goes to the wrong gatekeeper")
		}
	})
}

// reject answers RRQs with a reason, once.
func (g *fakeGatekeeper) rejectOnce(reason h225.RegistrationRejectReason, info *h225.AltGKInfo) {
	done := false
	g.on(func(m *h225.RasMessage) bool {
		if m.RegistrationRequest == nil || done {
			return false
		}
		done = true
		g.send(&h225.RasMessage{RegistrationReject: &h225.RegistrationReject{
			RequestSeqNum: m.RegistrationRequest.RequestSeqNum, ProtocolIdentifier: h225.Protocol, RejectReason: reason, AltGKInfo: info,
		}})
		return true
	})
}

// A gatekeeper that was restarted refuses the refresh; we register anew at once.
func TestGatekeeperRestart(t *testing.T) {
	for name, reason := range map[string]h225.RegistrationRejectReason{
		"full":      {FullRegistrationRequired: null()},
		"discovery": {DiscoveryRequired: null()},
		"undefined": {UndefinedReason: null()},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, n *network) {
				c, g := n.registered(t, config())
				call := admit(t, c, ask(1))
				g.rejectOnce(reason, nil)
				during(45 * s)
				if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{0, 45 * s, 45 * s}) {
					t.Errorf("RRQs at %v", at)
				}
				r := g.last("registrationRequest").RegistrationRequest
				if *r.KeepAlive || r.EndpointIdentifier != nil || len(r.TerminalAlias) != 2 || r.Restart != nil {
					t.Errorf("RRQ %+v", r)
				}
				if q := g.messages("gatekeeperRequest"); len(q) == 2 != (name == "discovery") {
					t.Errorf("%d GRQs", len(q))
				}
				if st := status(c); st.Phase != Registered || st.Calls != 1 || st.Counters.Registrations != 2 || st.Error == "" {
					t.Errorf("%+v", st)
				}
				call.Disengage()
			})
		})
	}
}

func TestUnregisteredByGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		during(20 * s)
		id := g.endpoint()
		urq := &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{
			RequestSeqNum: g.next(), CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: &id,
			Reason: &h225.UnregRequestReason{Maintenance: null()},
		}}
		g.send(urq)
		g.send(urq) // its UCF was lost
		synctest.Wait()
		if u := g.messages("unregistrationConfirm"); len(u) != 2 || u[0].m.UnregistrationConfirm.RequestSeqNum != g.seq {
			t.Errorf("UCFs %v", u)
		}
		if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{0, 20 * s}) {
			t.Errorf("RRQs at %v", at)
		}
		if st := status(c); st.Phase != Registered || !strings.Contains(st.Error, "maintenance") {
			t.Errorf("%+v", st)
		}
		// One that comes so soon again gets no RRQ at once: no loop.
		urq.UnregistrationRequest.RequestSeqNum = g.next()
		g.send(urq)
		synctest.Wait()
		if st := status(c); st.Phase != Waiting {
			t.Errorf("%+v", st)
		}
		other := "somebody"
		urq.UnregistrationRequest.RequestSeqNum, urq.UnregistrationRequest.EndpointIdentifier = g.next(), &other
		during(20 * s)
		g.send(urq)
		synctest.Wait()
		if r := g.last("unregistrationReject").UnregistrationReject; r.RejectReason.NotCurrentlyRegistered == nil {
			t.Errorf("URJ %+v", r)
		}
	})
}

// The gatekeeper is away: calls are told at once, and it is found again.
func TestGatekeeperAway(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		call := admit(t, c, ask(1))
		n.cut(g.conn.addr, true)
		during(54 * s) // refresh at 45 s, and its retries
		if st := status(c); st.Phase != Discovering || st.Calls != 1 {
			t.Errorf("%+v", st)
		}
		if _, err := c.Admit(context.Background(), ask(2)); err != ErrNotRegistered {
			t.Error(err)
		}
		call.Disengage()
		during(time.Hour)
		n.cut(g.conn.addr, false)
		during(50 * s)
		if st := status(c); st.Phase != Registered {
			t.Errorf("%+v", st)
		}
		if d := g.last("disengageRequest").DisengageRequest; string(d.CallIdentifier.Guid) != string(call.CallID()) {
			t.Errorf("DRQ %+v", d)
		}
	})
}

func alternate(at string, priority int) h225.AlternateGK {
	id := "second"
	return h225.AlternateGK{RasAddress: *h225.TransportAddressOf(netip.MustParseAddrPort(at)), GatekeeperIdentifier: &id, NeedToRegister: true, Priority: priority}
}

func TestAlternates(t *testing.T) {
	away := "203.0.113.1:1719"
	for name, c := range map[string]struct {
		prepare func(n *network, cfg *Config, g *fakeGatekeeper)
		after   time.Duration
	}{
		"configured": {func(n *network, cfg *Config, g *fakeGatekeeper) {
			g.on(silent)
			cfg.Alternates = []string{secondary}
		}, 24 * s},
		"named by RCF": {func(n *network, cfg *Config, g *fakeGatekeeper) {
			g.rcf = func(m *h225.RegistrationConfirm) {
				m.AlternateGatekeeper = []h225.AlternateGK{alternate(away, 2), alternate(secondary, 1)}
				g.on(silent)
			}
		}, 54 * s},
		"named by RRJ": {func(n *network, cfg *Config, g *fakeGatekeeper) {
			g.rejectOnce(h225.RegistrationRejectReason{ResourceUnavailable: null()}, &h225.AltGKInfo{AlternateGatekeeper: []h225.AlternateGK{alternate(secondary, 0)}})
		}, 0},
		"named by the RRJ of a refresh": {func(n *network, cfg *Config, g *fakeGatekeeper) {
			g.rcf = func(*h225.RegistrationConfirm) {
				g.rejectOnce(h225.RegistrationRejectReason{ResourceUnavailable: null()}, &h225.AltGKInfo{AlternateGatekeeper: []h225.AlternateGK{alternate(secondary, 0)}})
			}
		}, 45 * s},
		"named by URQ": {func(n *network, cfg *Config, g *fakeGatekeeper) {
			g.rcf = func(*h225.RegistrationConfirm) {
				time.AfterFunc(15*s, func() {
					g.send(&h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{
						RequestSeqNum: 7, CallSignalAddress: []h225.TransportAddress{}, AlternateGatekeeper: []h225.AlternateGK{alternate(secondary, 0)},
					}})
				})
			}
		}, 15 * s},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, n *network) {
				g, second := n.gatekeeper(t, theirs, "gk"), n.gatekeeper(t, secondary, "second")
				cfg := config()
				c.prepare(n, &cfg, g)
				client := n.open(t, cfg)
				during(c.after)
				if st := status(client); st.Phase != Registered || st.Gatekeeper.String() != secondary || st.EndpointID != "1234_second" {
					t.Errorf("%+v", st)
				}
				if r := second.last("registrationRequest").RegistrationRequest; r.EndpointIdentifier != nil || *r.GatekeeperIdentifier != "second" {
					t.Errorf("RRQ %+v", r)
				}
			})
		})
	}
}

// Names that are looked up, and fail, are told and tried again.
func TestLookup(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		n.gatekeeper(t, theirs, "gk")
		cfg := config()
		cfg.Address = "gk.example"
		fail, began := cfg.Resolve, time.Now()
		cfg.Resolve = func(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
			if time.Since(began) < 3*s {
				return fail(ctx, host, port)
			}
			return []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddrPort(theirs).Addr(), port)}, nil
		}
		c := n.open(t, cfg)
		synctest.Wait()
		if st := status(c); st.Phase != Waiting || !strings.Contains(st.Error, "no such host") {
			t.Errorf("%+v", st)
		}
		during(6 * s)
		if st := status(c); st.Phase != Registered {
			t.Errorf("%+v", st)
		}
	})
}

func TestAddresses(t *testing.T) {
	c := &Client{cfg: Config{Resolve: func(_ context.Context, host string, port uint16) ([]netip.AddrPort, error) {
		return []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("192.0.2.9"), port)}, nil
	}}}
	for in, want := range map[string]string{
		"192.0.2.5": "192.0.2.5:1719", "192.0.2.5:1800": "192.0.2.5:1800", "2001:db8::1": "[2001:db8::1]:1719",
		"[2001:db8::1]:1800": "[2001:db8::1]:1800", "gk.example": "192.0.2.9:1719", "gk.example:1800": "192.0.2.9:1800",
	} {
		if got, err := c.addresses(t.Context(), in); err != nil || got[0].String() != want {
			t.Errorf("%s: %v %v, want %s", in, got, err, want)
		}
	}
	if got, err := c.addresses(t.Context(), "gk.example:port"); err == nil {
		t.Errorf("%v", got)
	}
}

func TestSetAliases(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		if err := c.SetAliases([]h225.AliasAddress{h225.AliasDigits("not digits")}); err == nil {
			t.Error("an alias that cannot be encoded is taken")
		}
		g.on(silent)
		for _, digits := range []string{"1", "2", "3"} { // the first is under way when the others come
			if err := c.SetAliases([]h225.AliasAddress{h225.AliasDigits(digits)}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		g.on(nil)
		during(3 * s)
		var names []string
		for _, h := range g.messages("registrationRequest") {
			names = append(names, h.m.RegistrationRequest.TerminalAlias[0].Text())
		}
		if !slices.Equal(names, []string{"600", "1", "1", "3"}) {
			t.Errorf("RRQs with %v", names)
		}
		if st := status(c); st.Phase != Registered || !slices.Equal(st.Aliases, []string{"3"}) || st.Since != g.began {
			t.Errorf("%+v", st)
		}
	})
}

func TestClose(t *testing.T) {
	for name, c := range map[string]struct {
		handle func(*h225.RasMessage) bool
		wait   time.Duration // for ctx
		took   time.Duration
		err    error
	}{
		"answered":          {nil, time.Minute, 0, nil},
		"silent gatekeeper": {silent, time.Minute, 9*s + 6*s, nil}, // DRQ, then URQ
		"no time to wait":   {silent, 4 * s, 4 * s, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, n *network) {
				client, g := n.registered(t, config())
				call := admit(t, client, ask(1))
				g.on(c.handle)
				ctx, cancel := context.WithTimeout(context.Background(), c.wait)
				defer cancel()
				began := time.Now()
				call.Disengage()
				err := client.Close(ctx)
				if err != c.err || time.Since(began) != c.took {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(began), c.err, c.took)
				}
				synctest.Wait()
				if len(g.messages("disengageRequest")) == 0 {
					t.Error("no DRQ")
				}
				if u := g.messages("unregistrationRequest"); (len(u) > 0) != (c.err == nil) || len(u) > 0 && *u[0].m.UnregistrationRequest.EndpointIdentifier != "1234_gk" {
					t.Errorf("URQs %+v", u)
				}
				if st := status(client); st.Phase != Closed {
					t.Errorf("%+v", st)
				}
				if _, err := client.Admit(context.Background(), ask(2)); err != ErrClosed {
					t.Error(err)
				}
				if err := client.SetAliases(nil); err != ErrClosed {
					t.Error(err)
				}
			})
		})
	}
}
