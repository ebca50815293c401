package ras

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h460"
	"github.com/partyline/partyline/h323/per"
)

func netAddr(a string) net.Addr { return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(a)) }

// sci is a gatekeeper's word that a call waits at an address.
func (g *fakeGatekeeper) sci(at string) *h225.ServiceControlResponse {
	to := netip.MustParseAddrPort(at)
	raw, err := per.Marshal(&h460.IncomingCallIndication{CallSignallingAddress: *h225.TransportAddressOf(to), CallID: h225.CallIdentifier{Guid: ask(7).CallID}})
	if err != nil {
		g.t.Fatal(err)
	}
	return g.service([]h225.GenericData{{
		Id:         h225.GenericIdentifier{Standard: number(featureTraversal)},
		Parameters: []h225.EnumeratedParameter{{Id: h225.GenericIdentifier{Standard: number(incomingCall)}, Content: &h225.Content{Raw: raw}}},
	}})
}

func (g *fakeGatekeeper) service(data []h225.GenericData) *h225.ServiceControlResponse {
	m := &h225.RasMessage{ServiceControlIndication: &h225.ServiceControlIndication{
		RequestSeqNum: g.next(), ServiceControl: []h225.ServiceControlSession{}, GenericData: data,
	}}
	g.send(m)
	g.send(m) // its SCR was lost
	synctest.Wait()
	r := g.last("serviceControlResponse").ServiceControlResponse
	if r.RequestSeqNum != g.seq {
		g.t.Errorf("SCR for %d, want %d", r.RequestSeqNum, g.seq)
	}
	return r
}

func number(n int64) *int64 { return &n }

// traversing is a gatekeeper that offers H.460.18.
func (n *network) traversing(t *testing.T) *fakeGatekeeper {
	g := n.gatekeeper(t, theirs, "gk")
	g.ttl = 19
	g.rcf = func(m *h225.RegistrationConfirm) {
		m.FeatureSet = &h225.FeatureSet{SupportedFeatures: []h225.FeatureDescriptor{feature(featureTraversal)}}
		m.CallSignalAddress = []h225.TransportAddress{*h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.55:1720"))}
	}
	return g
}

func TestTraversal(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.traversing(t)
		var calls []IncomingCall
		cfg := config()
		cfg.Incoming = func(c IncomingCall) { calls = append(calls, c) }
		c := n.open(t, cfg)
		synctest.Wait()
		for _, set := range []*h225.FeatureSet{g.last("gatekeeperRequest").GatekeeperRequest.FeatureSet, g.last("registrationRequest").RegistrationRequest.FeatureSet} {
			if !supports(set, featureTraversal) || !supports(set, featureMedia) || supports(set, 24) {
				t.Errorf("features %+v", set)
			}
		}
		if st := status(c); !st.Traversal {
			t.Errorf("%+v", st)
		}
		var outcomes []string
		for _, at := range []string{"192.0.2.5:1720", "192.0.2.55:1720", "0.0.0.0:1722", "203.0.113.7:22", "192.0.2.5:0"} {
			outcomes = append(outcomes, alternative(g.sci(at).Result))
		}
		outcomes = append(outcomes,
			alternative(g.service(nil).Result),
			alternative(g.service([]h225.GenericData{{Id: h225.GenericIdentifier{Standard: number(featureTraversal)}}}).Result),
			alternative(g.service([]h225.GenericData{{
				Id:         h225.GenericIdentifier{Standard: number(featureTraversal)},
				Parameters: []h225.EnumeratedParameter{{Id: h225.GenericIdentifier{Standard: number(incomingCall)}, Content: &h225.Content{Raw: []byte{}}}},
			}}).Result))
		if want := []string{"started", "started", "started", "failed", "failed", "notAvailable", "failed", "failed"}; !slices.Equal(outcomes, want) {
			t.Errorf("outcomes %v, want %v", outcomes, want)
		}
		if len(calls) != 3 || calls[0].To.String() != "192.0.2.5:1720" || string(calls[0].CallID) != string(ask(7).CallID) || calls[1].To.String() != "192.0.2.55:1720" || calls[2].To.String() != "192.0.2.5:1722" {
			t.Errorf("calls %v", calls)
		}
		during(20 * s) // the way through the firewall is kept open
		if at := g.times("registrationRequest"); len(at) != 3 || at[1] != 10*s {
			t.Errorf("RRQs at %v", at)
		}
	})
}

// Without somebody who opens connections nothing of it is offered or done.
func TestNoTraversal(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.traversing(t)
		c := n.open(t, config())
		synctest.Wait()
		if g.last("registrationRequest").RegistrationRequest.FeatureSet != nil || status(c).Traversal {
			t.Error("H.460.18 is offered")
		}
		if r := g.sci("192.0.2.5:1720"); r.Result.NotAvailable == nil {
			t.Errorf("SCR %+v", r)
		}
	})
}
