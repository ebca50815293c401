package ras

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

func TestConfigErrors(t *testing.T) {
	n := newNetwork()
	for name, c := range map[string]struct {
		change func(*Config)
		err    error
	}{
		"no signalling address": {func(c *Config) { c.Signal = nil }, errNoSignal},
		"alias":                 {func(c *Config) { c.Aliases = []h225.AliasAddress{{}} }, errAlias},
		"too many aliases": {func(c *Config) {
			c.Aliases = slices.Repeat([]h225.AliasAddress{h225.AliasH323ID(strings.Repeat("x", 250))}, 200)
		}, errAliases},
	} {
		cfg := config()
		c.change(&cfg)
		if _, err := Open(n.listen(ours), cfg); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A gatekeeper of another name than configured is none for us, by unicast too.
func TestWrongIdentifier(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "other")
		cfg := config()
		cfg.Identifier = "gk"
		c := n.open(t, cfg)
		if st := status(c); st.Phase != Waiting || !strings.Contains(st.Error, "identifier") || g.messages("registrationRequest") != nil {
			t.Errorf("%+v", st)
		}
	})
}

// A GCF may send us elsewhere for RAS.
func TestRASAddressOfGCF(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g, second := n.gatekeeper(t, theirs, "gk"), n.gatekeeper(t, secondary, "gk")
		g.on(func(m *h225.RasMessage) bool {
			g.send(&h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{
				RequestSeqNum: sequence(m), ProtocolIdentifier: h225.Protocol, RasAddress: *h225.TransportAddressOf(second.conn.addr),
			}})
			return true
		})
		c := n.open(t, config())
		if st := status(c); st.Phase != Registered || st.Gatekeeper != second.conn.addr {
			t.Errorf("%+v", st)
		}
	})
}

// Two gatekeepers that each name the other one do not keep us running.
func TestEachNamesTheOther(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g, second := n.gatekeeper(t, theirs, "gk"), n.gatekeeper(t, secondary, "second")
		for _, pair := range [][2]*fakeGatekeeper{{g, second}, {second, g}} {
			me, other := pair[0], pair[1]
			me.on(func(m *h225.RasMessage) bool {
				if m.RegistrationRequest != nil {
					me.send(&h225.RasMessage{RegistrationReject: &h225.RegistrationReject{
						RequestSeqNum: sequence(m), ProtocolIdentifier: h225.Protocol, RejectReason: h225.RegistrationRejectReason{ResourceUnavailable: null()},
						AltGKInfo: &h225.AltGKInfo{AlternateGatekeeper: []h225.AlternateGK{alternate(other.conn.addr.String(), 0)}},
					}})
				}
				return m.RegistrationRequest != nil
			})
		}
		c := n.open(t, config())
		if st := status(c); st.Phase != Waiting || len(g.messages("registrationRequest")) > mostTargets {
			t.Errorf("%+v", st)
		}
	})
}

// Without a time-to-live the refresh is a full RRQ: that is all version 1 knows.
func TestNoTimeToLive(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		g.ttl = 0
		c := n.open(t, config())
		during(45 * s)
		all := g.messages("registrationRequest")
		if len(all) != 2 || *all[1].m.RegistrationRequest.KeepAlive || len(all[1].m.RegistrationRequest.TerminalAlias) != 2 {
			t.Errorf("RRQs %v", all)
		}
		if st := status(c); st.Phase != Registered || st.Since != g.began || st.TimeToLive != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// Names that the gatekeeper refuses end the registration, visibly, and are tried again.
func TestAliasesRefused(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		during(20 * s)
		g.on(func(m *h225.RasMessage) bool {
			if m.RegistrationRequest != nil {
				g.send(&h225.RasMessage{RegistrationReject: &h225.RegistrationReject{
					RequestSeqNum: sequence(m), ProtocolIdentifier: h225.Protocol,
					RejectReason: h225.RegistrationRejectReason{DuplicateAlias: []h225.AliasAddress{h225.AliasDigits("7")}},
				}})
			}
			return m.RegistrationRequest != nil
		})
		if err := c.SetAliases([]h225.AliasAddress{h225.AliasDigits("7")}); err != nil {
			t.Fatal(err)
		}
		if st := status(c); st.Phase != Waiting || !strings.Contains(st.Error, "duplicateAlias") {
			t.Errorf("%+v", st)
		}
		g.on(nil)
		during(2 * s)
		if st := status(c); st.Phase != Registered || !slices.Equal(st.Aliases, []string{"7"}) {
			t.Errorf("%+v", st)
		}
	})
}

// Whichever message the gatekeeper has forgotten us by, we register anew.
func TestForgottenByOtherMessages(t *testing.T) {
	for name, use := range map[string]func(t *testing.T, g *fakeGatekeeper, call *Call){
		"BRJ": func(t *testing.T, g *fakeGatekeeper, call *Call) {
			g.on(func(m *h225.RasMessage) bool {
				if m.BandwidthRequest != nil {
					g.send(&h225.RasMessage{BandwidthReject: &h225.BandwidthReject{RequestSeqNum: sequence(m), RejectReason: h225.BandRejectReason{NotBound: null()}}})
				}
				return m.BandwidthRequest != nil
			})
			var reject *RejectError
			if _, err := call.SetBandwidth(context.Background(), 1); !errors.As(err, &reject) {
				t.Error(err)
			}
		},
		"DRJ": func(t *testing.T, g *fakeGatekeeper, call *Call) {
			g.on(func(m *h225.RasMessage) bool {
				if m.DisengageRequest != nil {
					g.send(&h225.RasMessage{DisengageReject: &h225.DisengageReject{RequestSeqNum: sequence(m), RejectReason: h225.DisengageRejectReason{NotRegistered: null()}}})
				}
				return m.DisengageRequest != nil
			})
			call.Disengage()
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, n *network) {
				c, g := n.registered(t, config())
				call := admit(t, c, ask(1))
				during(20 * s)
				use(t, g, call)
				if st := status(c); st.Phase != Registered || st.Counters.Registrations != 2 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

// A call that was given up is asked about no more, but whether the gatekeeper is
// there at all is found out.
func TestAbandonedProbes(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		n.cut(g.conn.addr, true)
		ctx, cancel := context.WithTimeout(context.Background(), 4*s)
		defer cancel()
		if _, err := c.Admit(ctx, ask(1)); err != context.DeadlineExceeded {
			t.Error(err)
		}
		during(10 * s) // refresh at 5 s, silent for 9
		if st := status(c); st.Phase == Registered {
			t.Errorf("%+v", st)
		}
	})
}

// Calls that wait for the registration to come back are told when it does not, or
// when the client is closed, and are forgotten when they end.
func TestQueue(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(c *Client, cancel func())
		want error
	}{
		"no registration": {func(*Client, func()) { during(9 * s) }, ErrNotRegistered},
		"closed":          {func(c *Client, _ func()) { c.Close(context.Background()) }, ErrClosed},
		"given up":        {func(_ *Client, cancel func()) { cancel() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, n *network) {
				g := n.gatekeeper(t, theirs, "gk")
				g.rcf = func(m *h225.RegistrationConfirm) {
					m.AlternateGatekeeper = []h225.AlternateGK{alternate("203.0.113.1:1719", 0)}
				}
				client := n.open(t, config())
				during(20 * s)
				g.on(func(m *h225.RasMessage) bool {
					return m.RegistrationRequest != nil || g.arj(h225.AdmissionReject{RejectReason: h225.AdmissionRejectReason{CallerNotRegistered: null()}})(m)
				})
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				result := make(chan error, 1)
				go func() {
					_, err := client.Admit(ctx, ask(1))
					result <- err
				}()
				synctest.Wait()
				if len(result) != 0 {
					t.Fatal(<-result)
				}
				began := time.Now()
				c.end(client, cancel)
				if err := <-result; err != c.want || time.Since(began) > 9*s { // not for the alternates too
					t.Errorf("%v after %v, want %v", err, time.Since(began), c.want)
				}
			})
		})
	}
}

// What cannot be encoded is an error of who asked, and nobody else's.
func TestAdmissionThatCannotBeEncoded(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		a := ask(1)
		a.CallID = []byte{1}
		if _, err := c.Admit(context.Background(), a); err == nil || errors.Is(err, ErrNoAnswer) {
			t.Error(err)
		}
		admit(t, c, ask(2))
		if st := status(c); st.Phase != Registered || st.Calls != 1 || len(g.messages("admissionRequest")) != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// A flood of answers that nobody waits for, and of garbage, keeps no call waiting.
func TestFlood(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		outsider := n.listen(stranger)
		for range 200 {
			g.conn.WriteTo(bytes.Repeat([]byte{0xff}, 1000), netAddr(ours))
			outsider.WriteTo(bytes.Repeat([]byte{0}, 1000), netAddr(ours))
			synctest.Wait()
		}
		began := time.Now()
		admit(t, c, ask(1))
		if time.Since(began) != 0 || len(g.messages("unknownMessageResponse")) != 1 || len(outsider.in) != 0 {
			t.Errorf("after %v, %d XRS", time.Since(began), len(g.messages("unknownMessageResponse")))
		}
	})
}

func TestTerminal(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		cfg := config()
		cfg.Terminal, cfg.RAS = true, netip.MustParseAddrPort("203.0.113.20:4000")
		_, g := n.registered(t, cfg)
		r := g.last("registrationRequest").RegistrationRequest
		if a, _ := r.RasAddress[0].AddrPort(); r.TerminalType.Terminal == nil || r.TerminalType.Mcu != nil || r.TerminalType.Mc || a != cfg.RAS {
			t.Errorf("RRQ %+v", r)
		}
	})
}

func TestPrintable(t *testing.T) {
	if got := printable("a@b_c (1)"); got != "a.b.c (1)" {
		t.Error(got)
	}
}

// The answer to a request comes from whom it went to, even while others are spoken to.
func TestAnswerOfAnotherGatekeeper(t *testing.T) {
	c := still(t, Registered)
	defer c.rest()
	c.request(&transaction{kind: drq, to: netip.MustParseAddrPort(secondary), done: func(*h225.RasMessage, netip.AddrPort, error) {}},
		func(seq int) *h225.RasMessage {
			return &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{
				RequestSeqNum: seq, EndpointIdentifier: "x", ConferenceID: ask(1).ConferenceID, DisengageReason: h225.DisengageReason{NormalDrop: null()},
			}}
		})
	data, err := h225.MarshalRAS(&h225.RasMessage{AdmissionReject: &h225.AdmissionReject{RequestSeqNum: 4, RejectReason: h225.AdmissionRejectReason{RequestDenied: null()}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, from := range []string{secondary, theirs} {
		c.receive(datagram{netip.MustParseAddrPort(from), data})
		if c.counters.Refused != uint64(i) {
			t.Errorf("from %s: %d refused, want %d", from, c.counters.Refused, i)
		}
	}
}

// An RIP gives the tries back, too.
func TestRequestInProgressTries(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		g.on(func(m *h225.RasMessage) bool {
			if m.AdmissionRequest != nil && len(g.messages("admissionRequest")) == 3 {
				g.send(&h225.RasMessage{RequestInProgress: &h225.RequestInProgress{RequestSeqNum: sequence(m), Delay: 8000}})
			}
			return m.AdmissionRequest != nil
		})
		if _, err := c.Admit(context.Background(), ask(1)); err != ErrNoAnswer {
			t.Error(err)
		}
		if at := g.times("admissionRequest"); !slices.Equal(at, []time.Duration{0, firstTry, firstTry + 5*s, firstTry + 13*s, firstTry + 18*s}) {
			t.Errorf("ARQs at %v", at)
		}
	})
}

// Whom we are registered with, its alternates, and nobody else, vouch for calls.
func TestIsGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		g.rcf = func(m *h225.RegistrationConfirm) {
			m.CallSignalAddress = []h225.TransportAddress{*h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.7:1720"))}
			m.AlternateGatekeeper = []h225.AlternateGK{alternate(secondary, 0)}
		}
		c := n.open(t, config())
		for text, want := range map[string]bool{
			"192.0.2.5": true, "192.0.2.6": true, "192.0.2.7": true, "::ffff:192.0.2.5": true,
			"192.0.2.1": false, "198.51.100.9": false, "::": false,
		} {
			if st := status(c); st.IsGatekeeper(netip.MustParseAddr(text)) != want {
				t.Errorf("%s: %v", text, !want)
			}
		}
		n.cut(g.conn.addr, true)
		during(time.Minute)
		if st := status(c); st.Phase == Registered || st.IsGatekeeper(g.conn.addr.Addr()) {
			t.Errorf("vouches while away: %+v", st)
		}
	})
}
