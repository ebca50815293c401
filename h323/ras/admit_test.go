package ras

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
)

func TestAdmitOutgoing(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		alternative := h225.Endpoint{CallSignalAddress: []h225.TransportAddress{*h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.78:1720"))}}
		g.acf = func(m *h225.AdmissionConfirm) {
			m.CallModel = h225.CallModel{GatekeeperRouted: null()}
			m.BandWidth = 640
			m.DestinationInfo = []h225.AliasAddress{h225.AliasDigits("0077")}
			m.RemoteExtensionAddress = []h225.AliasAddress{h225.AliasDigits("5")}
			m.AlternateEndpoints = []h225.Endpoint{alternative}
			m.Tokens = []h235.ClearToken{{TokenOID: "0.0.8.235.0.2.1"}}
		}
		call := admit(t, c, ask(1))
		r := g.last("admissionRequest").AdmissionRequest
		if r.EndpointIdentifier != "1234_gk" || *r.GatekeeperIdentifier != "gk" || r.AnswerCall || r.CallReferenceValue != 1 || r.BandWidth != 1280 ||
			r.CallModel.Direct == nil || !*r.CanMapAlias || r.DestinationInfo[0].Text() != "77" || len(r.SrcInfo) != 2 || r.SrcInfo[0].Text() != "600" ||
			r.DestCallSignalAddress != nil || string(r.CallIdentifier.Guid) != string(call.CallID()) {
			t.Errorf("ARQ %+v", r)
		}
		grant := call.Grant()
		if grant.Address.String() != "192.0.2.77:1720" || !grant.Routed || grant.Bandwidth != 640 || grant.Destination[0].Text() != "0077" ||
			grant.RemoteExtension[0].Text() != "5" || grant.Alternatives[0].String() != "192.0.2.78:1720" || len(grant.Tokens) != 1 {
			t.Errorf("grant %+v", grant)
		}
		if st := status(c); st.Calls != 1 || st.Counters.Admitted != 1 {
			t.Errorf("%+v", st)
		}
		call.Disengage()
		call.Disengage()
		synctest.Wait()
		all := g.messages("disengageRequest")
		if len(all) != 1 {
			t.Fatalf("%d DRQs", len(all))
		}
		d := all[0].m.DisengageRequest
		if d.EndpointIdentifier != "1234_gk" || d.DisengageReason.NormalDrop == nil || *d.AnsweredCall || string(d.CallIdentifier.Guid) != string(call.CallID()) || d.CallReferenceValue != 1 {
			t.Errorf("DRQ %+v", d)
		}
		if st := status(c); st.Calls != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestAdmitIncoming(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		a := ask(1)
		a.Answer, a.Routed = true, true
		a.Source = []h225.AliasAddress{h225.AliasH323ID("caller")}
		a.SourceAddress = netip.MustParseAddrPort("192.0.2.50:4000")
		admit(t, c, a)
		r := g.last("admissionRequest").AdmissionRequest
		from, _ := r.SrcCallSignalAddress.AddrPort()
		if !r.AnswerCall || r.CanMapAlias != nil || r.SrcInfo[0].Text() != "caller" || from != a.SourceAddress || r.CallModel.GatekeeperRouted == nil {
			t.Errorf("ARQ %+v", r)
		}
	})
}

// arj answers ARQs with a refusal.
func (g *fakeGatekeeper) arj(reject h225.AdmissionReject) func(m *h225.RasMessage) bool {
	return func(m *h225.RasMessage) bool {
		if m.AdmissionRequest == nil {
			return false
		}
		reject.RequestSeqNum = m.AdmissionRequest.RequestSeqNum
		g.send(&h225.RasMessage{AdmissionReject: &reject})
		return true
	}
}

func TestRefused(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		var reject *RejectError
		g.on(g.arj(h225.AdmissionReject{RejectReason: h225.AdmissionRejectReason{CalledPartyNotRegistered: null()}}))
		if _, err := c.Admit(context.Background(), ask(1)); !errors.As(err, &reject) || reject.Reason != "calledPartyNotRegistered" || reject.Request != "admissionRequest" {
			t.Error(err)
		}
		g.on(g.arj(h225.AdmissionReject{
			RejectReason:      h225.AdmissionRejectReason{RouteCallToGatekeeper: null()},
			CallSignalAddress: []h225.TransportAddress{*h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.5:1721"))},
		}))
		if _, err := c.Admit(context.Background(), ask(1)); !errors.As(err, &reject) || reject.Reason != "routeCallToGatekeeper" || reject.Address.String() != "192.0.2.5:1721" {
			t.Errorf("%v %+v", err, reject)
		}
		if st := status(c); st.Phase != Registered || st.Calls != 0 || st.Counters.Refused != 2 {
			t.Errorf("%+v", st)
		}
	})
}

// A gatekeeper that does not know us any more is told who we are, and asked again;
// once, and for all calls together.
func TestForgottenByGatekeeper(t *testing.T) {
	for name, reason := range map[string]h225.AdmissionRejectReason{
		"caller":     {CallerNotRegistered: null()},
		"identifier": {InvalidEndpointIdentifier: null()},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, n *network) {
				c, g := n.registered(t, config())
				during(20 * s)
				g.on(func(m *h225.RasMessage) bool {
					return len(g.messages("registrationRequest")) == 1 && g.arj(h225.AdmissionReject{RejectReason: reason})(m)
				})
				results := make(chan error, 3)
				for i := range 3 {
					go func() {
						_, err := c.Admit(context.Background(), ask(byte(i)))
						results <- err
					}()
				}
				for range 3 {
					if err := <-results; err != nil {
						t.Error(err)
					}
				}
				if r := g.messages("registrationRequest"); len(r) != 2 {
					t.Errorf("%d RRQs", len(r))
				}
				if st := status(c); st.Calls != 3 || st.Phase != Registered {
					t.Errorf("%+v", st)
				}
				g.on(g.arj(h225.AdmissionReject{RejectReason: reason}))
				during(20 * s)
				var reject *RejectError
				if _, err := c.Admit(context.Background(), ask(9)); !errors.As(err, &reject) {
					t.Error(err)
				}
			})
		})
	}
}

// An ARJ that names other gatekeepers has us go there, with the call.
func TestAdmissionRedirected(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		second := n.gatekeeper(t, secondary, "second")
		during(20 * s)
		g.on(g.arj(h225.AdmissionReject{
			RejectReason: h225.AdmissionRejectReason{ResourceUnavailable: null()},
			AltGKInfo:    &h225.AltGKInfo{AlternateGatekeeper: []h225.AlternateGK{alternate(secondary, 0)}},
		}))
		admit(t, c, ask(1))
		if st := status(c); st.Gatekeeper.String() != secondary || st.Calls != 1 || len(second.messages("admissionRequest")) != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// One call's answer does not come; others go on, and it is told after all tries,
// during which the gatekeeper is asked whether it is there.
func TestSilenceForOne(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		g.on(func(m *h225.RasMessage) bool {
			return m.AdmissionRequest != nil && m.AdmissionRequest.CallReferenceValue == 1
		})
		result := make(chan error, 1)
		began := time.Now()
		go func() {
			_, err := c.Admit(context.Background(), ask(1))
			result <- err
		}()
		during(s)
		admit(t, c, ask(2))
		if time.Since(began) != s {
			t.Errorf("another call waited %v", time.Since(began))
		}
		if err := <-result; err != ErrNoAnswer || time.Since(began) != firstTry+10*s {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		var mine []heard
		for _, h := range g.messages("admissionRequest") {
			if h.m.AdmissionRequest.CallReferenceValue == 1 {
				mine = append(mine, h)
			}
		}
		if len(mine) != 3 || string(mine[0].data) != string(mine[2].data) {
			t.Errorf("%d tries", len(mine))
		}
		if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{0, firstTry, firstTry + 5*s}) {
			t.Errorf("RRQs at %v", at)
		}
		if st := status(c); st.Phase != Registered {
			t.Errorf("%+v", st)
		}
	})
}

// One lost packet costs a call a moment, not its admission.
func TestFirstARQLost(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		g.on(func(m *h225.RasMessage) bool {
			return m.AdmissionRequest != nil && len(g.messages("admissionRequest")) == 1
		})
		ctx, cancel := context.WithTimeout(context.Background(), 4*s)
		defer cancel()
		if _, err := c.Admit(ctx, ask(1)); err != nil {
			t.Error(err)
		}
		if at := g.times("admissionRequest"); !slices.Equal(at, []time.Duration{0, firstTry}) {
			t.Errorf("ARQs at %v", at)
		}
	})
}

// All is silent: the refresh finds out before the ARQ's last try, and calls go on.
func TestSilenceForAll(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		n.cut(g.conn.addr, true)
		began := time.Now()
		if _, err := c.Admit(context.Background(), ask(1)); err != ErrNotRegistered || time.Since(began) != firstTry+9*s {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestRequestInProgress(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		g.on(func(m *h225.RasMessage) bool {
			if m.AdmissionRequest == nil {
				return false
			}
			if len(g.messages("admissionRequest")) == 1 {
				g.send(&h225.RasMessage{RequestInProgress: &h225.RequestInProgress{RequestSeqNum: m.AdmissionRequest.RequestSeqNum, Delay: 20000}})
				time.AfterFunc(19*s, func() { g.answer(m) })
			}
			return true
		})
		began := time.Now()
		admit(t, c, ask(1))
		if d := time.Since(began); d != 19*s || len(g.messages("admissionRequest")) != 1 {
			t.Errorf("after %v and %d ARQs", d, len(g.messages("admissionRequest")))
		}
		// One that is in progress for ever ends all the same.
		g.on(func(m *h225.RasMessage) bool {
			if m.AdmissionRequest != nil {
				g.send(&h225.RasMessage{RequestInProgress: &h225.RequestInProgress{RequestSeqNum: m.AdmissionRequest.RequestSeqNum, Delay: 60000}})
			}
			return m.AdmissionRequest != nil
		})
		began = time.Now()
		if _, err := c.Admit(context.Background(), ask(2)); err != ErrNoAnswer || time.Since(began) > longest+15*s {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// A call that ends before the answer gives the late permission back.
func TestAbandoned(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		g.on(func(m *h225.RasMessage) bool {
			if m.AdmissionRequest != nil {
				time.AfterFunc(7*s, func() { g.answer(m) })
			}
			return m.AdmissionRequest != nil
		})
		ctx, cancel := context.WithTimeout(context.Background(), s)
		defer cancel()
		if _, err := c.Admit(ctx, ask(1)); err != context.DeadlineExceeded {
			t.Error(err)
		}
		during(10 * s)
		if a, d := g.messages("admissionRequest"), g.times("disengageRequest"); len(a) != 1 || !slices.Equal(d, []time.Duration{7 * s}) {
			t.Errorf("%d ARQs, DRQs at %v", len(a), d)
		}
		if st := status(c); st.Calls != 0 || st.Counters.Admitted != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestNotUnderstoodByGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		g.on(func(m *h225.RasMessage) bool {
			if m.AdmissionRequest != nil {
				g.send(&h225.RasMessage{UnknownMessageResponse: &h225.UnknownMessageResponse{RequestSeqNum: m.AdmissionRequest.RequestSeqNum}})
			}
			return m.AdmissionRequest != nil
		})
		if _, err := c.Admit(context.Background(), ask(1)); err != ErrNotUnderstood {
			t.Error(err)
		}
	})
}

func TestPregranted(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		every, total := 10, int64(5000)
		pregrant := &h225.RegistrationConfirmPreGrantedARQ{MakeCall: true, AnswerCall: true, IrrFrequencyInCall: &every, TotalBandwidthRestriction: &total}
		g.rcf = func(m *h225.RegistrationConfirm) {
			m.PreGrantedARQ = pregrant
			m.CallSignalAddress = []h225.TransportAddress{*h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.5:1720"))}
		}
		c := n.open(t, config())
		synctest.Wait()
		in := ask(1)
		in.Answer = true
		call := admit(t, c, in)
		if grant := call.Grant(); !grant.Pregranted || grant.Bandwidth != 5000 {
			t.Errorf("grant %+v", grant)
		}
		if b, err := call.SetBandwidth(context.Background(), 9000); b != 9000 || err != nil {
			t.Errorf("%d %v", b, err)
		}
		during(11 * s)
		call.Disengage()
		out := ask(2)
		admit(t, c, out) // the gatekeeper has to say where to
		out.DestinationAddress = netip.MustParseAddrPort("192.0.2.99:1720")
		if grant := admit(t, c, out).Grant(); !grant.Pregranted || grant.Address != out.DestinationAddress {
			t.Errorf("grant %+v", grant)
		}
		synctest.Wait()
		if a, d, i := g.messages("admissionRequest"), g.messages("disengageRequest"), g.messages("infoRequestResponse"); len(a) != 1 || len(d) != 0 || len(i) != 1 {
			t.Errorf("%d ARQs, %d DRQs, %d IRRs", len(a), len(d), len(i))
		}
		pregrant.UseGKCallSignalAddressToMakeCall = true
		c.SetAliases(nil)
		synctest.Wait()
		if grant := admit(t, c, ask(3)).Grant(); !grant.Routed || grant.Address.String() != "192.0.2.5:1720" {
			t.Errorf("grant %+v", grant)
		}
	})
}
