package ras

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/per"
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
		if err := <-result; err != ErrNoAnswer || time.Since(began) != 15*s {
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
		if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{0, 5 * s, 10 * s}) {
			t.Errorf("RRQs at %v", at)
		}
		if st := status(c); st.Phase != Registered {
			t.Errorf("%+v", st)
		}
	})
}

// All is silent: the refresh finds out before the ARQ's last try, and calls go on.
func TestSilenceForAll(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		n.cut(g.conn.addr, true)
		began := time.Now()
		if _, err := c.Admit(context.Background(), ask(1)); err != ErrNotRegistered || time.Since(began) != 14*s {
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
		ctx, cancel := context.WithTimeout(context.Background(), 2*s)
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

func TestBandwidth(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		call := admit(t, c, ask(1))
		if b, err := call.SetBandwidth(context.Background(), 2000); b != 2000 || err != nil || call.Grant().Bandwidth != 2000 {
			t.Errorf("%d %v", b, err)
		}
		if r := g.last("bandwidthRequest").BandwidthRequest; r.BandWidth != 2000 || string(r.CallIdentifier.Guid) != string(call.CallID()) || r.EndpointIdentifier != "1234_gk" {
			t.Errorf("BRQ %+v", r)
		}
		g.on(func(m *h225.RasMessage) bool {
			if m.BandwidthRequest != nil {
				g.send(&h225.RasMessage{BandwidthReject: &h225.BandwidthReject{
					RequestSeqNum: m.BandwidthRequest.RequestSeqNum, AllowedBandWidth: 2100, RejectReason: h225.BandRejectReason{InsufficientResources: null()},
				}})
			}
			return m.BandwidthRequest != nil
		})
		var reject *RejectError
		if b, err := call.SetBandwidth(context.Background(), 9000); b != 2000 || !errors.As(err, &reject) || reject.Bandwidth != 2100 || reject.Reason != "insufficientResources" {
			t.Errorf("%d %v", b, err)
		}
		g.on(silent)
		if b, err := call.SetBandwidth(context.Background(), 100); b != 2000 || err != ErrNoAnswer {
			t.Errorf("%d %v", b, err)
		}
		call.Disengage()
		synctest.Wait()
		if _, err := call.SetBandwidth(context.Background(), 1); err != ErrEnded {
			t.Error(err)
		}
	})
}

// brq is the gatekeeper's wish for a call's bandwidth.
func (g *fakeGatekeeper) brq(call Admission, bandwidth int64) {
	g.send(&h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{
		RequestSeqNum: g.next(), EndpointIdentifier: g.endpoint(), ConferenceID: call.ConferenceID,
		CallReferenceValue: int(call.CallReference), BandWidth: bandwidth, CallIdentifier: &h225.CallIdentifier{Guid: call.CallID},
	}})
	synctest.Wait()
}

func TestBandwidthByGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		plain, able := ask(1), ask(2)
		able.Limited = func(b int64) bool { return b >= 640 }
		call, other := admit(t, c, plain), admit(t, c, able)
		for i, step := range []struct {
			to      Admission
			wanted  int64
			allowed int64 // by a BCF; negative: by a BRJ
		}{{plain, 3000, 3000}, {plain, 100, -3000}, {able, 640, 640}, {able, 100, -640}, {ask(3), 1, 0}} {
			g.brq(step.to, step.wanted)
			var got int64
			if step.allowed > 0 {
				got = g.last("bandwidthConfirm").BandwidthConfirm.BandWidth
			} else {
				r := g.last("bandwidthReject").BandwidthReject
				got = -r.AllowedBandWidth
				if unknown := r.RejectReason.InvalidConferenceID != nil; unknown != (step.allowed == 0) {
					t.Errorf("step %d: %+v", i, r)
				}
			}
			if got != step.allowed {
				t.Errorf("step %d: %d, want %d", i, got, step.allowed)
			}
		}
		if call.Grant().Bandwidth != 3000 || other.Grant().Bandwidth != 640 {
			t.Errorf("%d and %d", call.Grant().Bandwidth, other.Grant().Bandwidth)
		}
	})
}

func TestDisengagedByGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		var told atomic.Int32
		self := ask(1) // from us to ourselves
		out, in := self, self
		in.Answer = true
		in.Disengaged = func(reason string) {
			if reason != "forcedDrop" {
				t.Error(reason)
			}
			told.Add(1)
		}
		out.Disengaged = func(string) { t.Error("the wrong one of two calls is ended") }
		admit(t, c, out)
		call := admit(t, c, in)
		drq := &h225.DisengageRequest{
			RequestSeqNum: g.next(), EndpointIdentifier: g.endpoint(), ConferenceID: in.ConferenceID, CallReferenceValue: 1,
			CallIdentifier: &h225.CallIdentifier{Guid: in.CallID}, AnsweredCall: yes(), DisengageReason: h225.DisengageReason{ForcedDrop: null()},
		}
		for range 3 { // again and again, as if the DCF were lost
			g.send(&h225.RasMessage{DisengageRequest: drq})
		}
		synctest.Wait()
		if told.Load() != 1 || len(g.messages("disengageConfirm")) != 3 || status(c).Calls != 1 {
			t.Errorf("told %d times, %d DCFs, %d calls", told.Load(), len(g.messages("disengageConfirm")), status(c).Calls)
		}
		call.Disengage()
		drq.RequestSeqNum, drq.EndpointIdentifier = g.next(), "somebody"
		g.send(&h225.RasMessage{DisengageRequest: drq})
		synctest.Wait()
		if d := g.last("disengageReject").DisengageReject; d.RejectReason.NotRegistered == nil || len(g.messages("disengageRequest")) != 0 {
			t.Errorf("DRJ %+v", d)
		}
	})
}

// Gatekeepers of version 1 know calls by conference and reference.
func TestDisengagedWithoutIdentifier(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		a := ask(1)
		admit(t, c, a)
		g.send(&h225.RasMessage{DisengageRequest: &h225.DisengageRequest{
			RequestSeqNum: g.next(), EndpointIdentifier: g.endpoint(), ConferenceID: a.ConferenceID, CallReferenceValue: 1,
			DisengageReason: h225.DisengageReason{ForcedDrop: null()},
		}})
		synctest.Wait()
		if status(c).Calls != 0 {
			t.Error("the call stays")
		}
	})
}

func (g *fakeGatekeeper) irq(change func(*h225.InfoRequest)) *h225.InfoRequestResponse {
	m := &h225.InfoRequest{RequestSeqNum: g.next()}
	change(m)
	g.send(&h225.RasMessage{InfoRequest: m})
	synctest.Wait()
	r := g.last("infoRequestResponse").InfoRequestResponse
	if r.RequestSeqNum != m.RequestSeqNum {
		g.t.Errorf("IRR for %d, want %d", r.RequestSeqNum, m.RequestSeqNum)
	}
	return r
}

func TestInfoRequest(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		none := func(*h225.InfoRequest) {}
		if r := g.irq(none); r.EndpointIdentifier != "1234_gk" || len(r.PerCallInfo) != 0 || r.IrrStatus.Complete == nil || len(r.EndpointAlias) != 2 {
			t.Errorf("IRR %+v", r)
		}
		call := admit(t, c, ask(1))
		at := netip.MustParseAddrPort
		call.SetInfo(CallInfo{
			Signalling: Ends{Local: at("192.0.2.1:1720"), Remote: at("192.0.2.77:1720")},
			Audio:      []Session{{ID: 1, SSRC: 5, CNAME: "a", RTP: Ends{Local: at("192.0.2.1:5000"), Remote: at("192.0.2.77:6000")}}},
		})
		synctest.Wait()
		r := g.irq(none)
		if len(r.PerCallInfo) != 1 {
			t.Fatalf("IRR %+v", r)
		}
		p := r.PerCallInfo[0]
		send, _ := p.CallSignaling.SendAddress.AddrPort()
		recv, _ := p.Audio[0].RtpAddress.RecvAddress.AddrPort()
		if !*p.Originator || p.CallReferenceValue != 1 || p.BandWidth != 1280 || send.String() != "192.0.2.77:1720" || recv.String() != "192.0.2.1:5000" || p.H245.SendAddress != nil {
			t.Errorf("%+v", p)
		}
		for i := byte(2); i <= 70; i++ {
			admit(t, c, ask(i))
		}
		if r := g.irq(none); len(r.PerCallInfo) != callsPerReport || r.IrrStatus.Incomplete == nil {
			t.Errorf("%d calls, %+v", len(r.PerCallInfo), r.IrrStatus)
		}
		seen := 0
		for i := range 3 {
			r := g.irq(func(m *h225.InfoRequest) { m.SegmentedResponseSupported, m.NextSegmentRequested = null(), &i })
			seen += len(r.PerCallInfo)
			if i < 2 != (r.IrrStatus.Segment != nil) || i < 2 && *r.IrrStatus.Segment != i || i == 2 != (r.IrrStatus.Complete != nil) {
				t.Errorf("segment %d: %+v", i, r.IrrStatus)
			}
		}
		if seen != 70 {
			t.Errorf("%d calls in all segments", seen)
		}
		far := 0xffff
		if r := g.irq(func(m *h225.InfoRequest) { m.NextSegmentRequested = &far }); len(r.PerCallInfo) != 0 {
			t.Errorf("IRR %+v", r)
		}
		if r := g.irq(func(m *h225.InfoRequest) { m.CallReferenceValue = 33 }); len(r.PerCallInfo) != 1 || r.PerCallInfo[0].CallReferenceValue != 33 {
			t.Errorf("IRR %+v", r)
		}
		if r := g.irq(func(m *h225.InfoRequest) {
			m.CallReferenceValue, m.CallIdentifier = 1, &h225.CallIdentifier{Guid: ask(34).CallID}
		}); len(r.PerCallInfo) != 1 || r.PerCallInfo[0].CallReferenceValue != 34 {
			t.Errorf("IRR %+v", r)
		}
		if r := g.irq(func(m *h225.InfoRequest) { m.CallReferenceValue = 99 }); len(r.PerCallInfo) != 0 || r.IrrStatus.InvalidCall == nil {
			t.Errorf("IRR %+v", r)
		}
	})
}

// Where an IRR goes: to the address asked for, if it is the gatekeeper's own.
func TestReplyAddress(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		_, g := n.registered(t, config())
		side, victim := n.listen("192.0.2.5:2000"), n.listen("203.0.113.7:53")
		for _, s := range []*socket{side, victim} {
			g.send(&h225.RasMessage{InfoRequest: &h225.InfoRequest{RequestSeqNum: g.next(), ReplyAddress: h225.TransportAddressOf(s.addr)}})
		}
		synctest.Wait()
		if len(side.in) != 1 || len(victim.in) != 0 || len(g.messages("infoRequestResponse")) != 1 {
			t.Errorf("%d to the other port, %d to a victim, %d to the sender", len(side.in), len(victim.in), len(g.messages("infoRequestResponse")))
		}
	})
}

// IRRs that the ACF asks for, and what an INAK says.
func TestUnsolicitedInfo(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		every := 10
		g := n.gatekeeper(t, theirs, "gk")
		g.rcf = func(m *h225.RegistrationConfirm) { m.WillRespondToIRR = yes() }
		g.acf = func(m *h225.AdmissionConfirm) { m.IrrFrequency = &every }
		c := n.open(t, config())
		synctest.Wait()
		call := admit(t, c, ask(1))
		g.on(func(m *h225.RasMessage) bool {
			if m.InfoRequestResponse == nil {
				return false
			}
			seq := m.InfoRequestResponse.RequestSeqNum
			if len(g.messages("infoRequestResponse")) < 3 {
				g.send(&h225.RasMessage{InfoRequestAck: &h225.InfoRequestAck{RequestSeqNum: seq}})
			} else {
				g.send(&h225.RasMessage{InfoRequestNak: &h225.InfoRequestNak{RequestSeqNum: seq, NakReason: h225.InfoRequestNakReason{NotRegistered: null()}}})
			}
			return true
		})
		during(30 * s)
		if at := g.times("infoRequestResponse"); !slices.Equal(at, []time.Duration{10 * s, 20 * s, 30 * s}) {
			t.Errorf("IRRs at %v", at)
		}
		r := g.last("infoRequestResponse").InfoRequestResponse
		if !*r.Unsolicited || !*r.NeedResponse || len(r.PerCallInfo) != 1 {
			t.Errorf("IRR %+v", r)
		}
		if at := g.times("registrationRequest"); !slices.Equal(at, []time.Duration{0, 30 * s}) {
			t.Errorf("RRQs at %v", at)
		}
		call.Disengage()
		during(time.Minute)
		if len(g.messages("infoRequestResponse")) != 3 {
			t.Error("IRRs after the call")
		}
	})
}

func TestOtherMessages(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		lrq := &h225.RasMessage{LocationRequest: &h225.LocationRequest{
			RequestSeqNum: g.next(), DestinationInfo: []h225.AliasAddress{h225.AliasDigits("1")}, ReplyAddress: *h225.TransportAddressOf(g.conn.addr),
		}}
		g.send(lrq)
		synctest.Wait()
		if r := g.last("locationReject").LocationReject; r.RequestSeqNum != g.seq || r.RejectReason.RequestDenied == nil {
			t.Errorf("LRJ %+v", r)
		}
		nonStandard := &h225.RasMessage{NonStandardMessage: &h225.NonStandardMessage{
			RequestSeqNum:   g.next(),
			NonStandardData: h225.NonStandardParameter{NonStandardIdentifier: h225.NonStandardIdentifier{Object: oid("1.2.3")}, Data: []byte{1}},
		}}
		sent := g.send(nonStandard)
		g.send(nonStandard) // at most one XRS a second
		synctest.Wait()
		x := g.messages("unknownMessageResponse")
		if len(x) != 1 || x[0].m.UnknownMessageResponse.RequestSeqNum != g.seq || string(x[0].m.UnknownMessageResponse.MessageNotUnderstood) != string(sent) {
			t.Errorf("XRS %v", x)
		}
		during(2 * s)
		g.conn.WriteTo([]byte("\xff\xff garbage"), netAddr(ours))
		synctest.Wait()
		if len(g.messages("unknownMessageResponse")) != 2 {
			t.Error("no XRS for what cannot be decoded")
		}
		during(2 * s)
		// An XRS is never answered, nor is what nobody asked for.
		g.send(&h225.RasMessage{UnknownMessageResponse: &h225.UnknownMessageResponse{RequestSeqNum: 9}})
		g.send(&h225.RasMessage{AdmissionConfirm: &h225.AdmissionConfirm{RequestSeqNum: 9, CallModel: h225.CallModel{Direct: null()}, DestCallSignalAddress: *h225.TransportAddressOf(g.conn.addr)}})
		// Nor are strangers, whatever they say.
		outsider := n.listen(stranger)
		outsider.WriteTo(sent, netAddr(ours))
		urq, _ := h225.MarshalRAS(&h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{RequestSeqNum: 5, CallSignalAddress: []h225.TransportAddress{}}})
		outsider.WriteTo(urq, netAddr(ours))
		before := status(c)
		synctest.Wait()
		st := status(c)
		if len(outsider.in) != 0 || len(g.messages("unknownMessageResponse")) != 2 || st.Phase != Registered || st.Counters.Ignored < 4 {
			t.Errorf("%+v, before %+v", st, before)
		}
	})
}

func oid(s string) *per.OID { o := per.OID(s); return &o }

// A stranger who guesses the number of a request gets no answer in.
func TestForgedAnswer(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		outsider := n.listen(stranger)
		g.on(func(m *h225.RasMessage) bool {
			if m.AdmissionRequest != nil {
				forged, _ := h225.MarshalRAS(&h225.RasMessage{AdmissionReject: &h225.AdmissionReject{
					RequestSeqNum: m.AdmissionRequest.RequestSeqNum, RejectReason: h225.AdmissionRejectReason{RequestDenied: null()},
				}})
				outsider.WriteTo(forged, netAddr(ours))
			}
			return false
		})
		admit(t, c, ask(1))
	})
}

// A function of the owner's that panics ends nothing else.
func TestPanic(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		a := ask(1)
		a.Limited = func(int64) bool { panic("of the test") }
		admit(t, c, a)
		g.brq(a, 5)
		admit(t, c, ask(2))
	})
}

func TestErrors(t *testing.T) {
	e := &RejectError{Request: "admissionRequest", Reason: alternative(&h225.AdmissionRejectReason{RouteCallToSCN: []h225.PartyNumber{}})}
	if !strings.Contains(e.Error(), "admissionRequest: routeCallToSCN") {
		t.Error(e)
	}
	if got := alternative(&h225.AdmissionRejectReason{}); got != "unknown" {
		t.Error(got)
	}
}
