package ras

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h460"
	"github.com/partyline/partyline/h323/per"
)

// still is a client without goroutines, in the middle of everything: calls are up
// and waiting, and each kind of request is under way, with sequence numbers 1 to 7.
func still(t testing.TB, phase Phase) *Client {
	n := newNetwork()
	cfg := config()
	cfg.Incoming = func(IncomingCall) {}
	conn := n.listen(ours)
	cfg, err := cfg.withDefaults(conn)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{
		cfg: cfg, conn: conn, log: cfg.Log, aliases: cfg.Aliases, box: mailbox{wake: make(chan struct{}, 1)},
		ended: make(chan struct{}), stop: make(chan struct{}), transactions: map[int]*transaction{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.phase, c.since = phase, time.Now().Add(-time.Hour)
	c.gk, c.endpointID, c.traversal = gatekeeper{addr: netip.MustParseAddrPort(theirs), id: "gk"}, "1234_gk", true
	if err := c.locate(c.gk.addr); err != nil {
		t.Fatal(err)
	}
	call := &Call{client: c, ask: ask(1)}
	c.calls = []*Call{call, {client: c, ask: ask(2), grant: Grant{Pregranted: true}}}
	c.discover(target{gatekeeper: c.gk})
	c.register()
	c.phase = phase
	c.unregister(func() {})
	waiting := &admitting{ask: ask(3), done: func(*Call, error) {}}
	c.ask(waiting)
	c.askBandwidth(call, 5, func(error) {})
	c.disengage(&Call{client: c, ask: ask(4)})
	c.willIACK = true
	c.reportCall(call)
	if phase != Registered {
		c.queue = []*admitting{{ask: ask(5), done: func(*Call, error) {}}}
		c.rejoin = true
	}
	return c
}

// rest ends what a still client has set going.
func (c *Client) rest() {
	c.closing = true
	c.cancel()
	for _, f := range c.box.take() {
		f()
	}
	c.wait.Wait()
	for _, t := range c.pending() {
		t.timer.stop()
	}
	for _, call := range c.calls {
		call.report.stop()
	}
	c.retry.stop()
	c.refresh.stop()
}

// seeds are messages of every kind that a gatekeeper sends.
func seeds(t testing.TB) (all [][]byte) {
	gk, id, ttl, every := "gk", "1234_gk", int64(60), 10
	at := *h225.TransportAddressOf(netip.MustParseAddrPort(theirs))
	alternates := []h225.AlternateGK{alternate(secondary, 1)}
	info := &h225.AltGKInfo{AlternateGatekeeper: alternates, AltGKisPermanent: true}
	call := ask(1)
	callID := &h225.CallIdentifier{Guid: call.CallID}
	raw, err := per.Marshal(&h460.IncomingCallIndication{CallSignallingAddress: at, CallID: *callID})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*h225.RasMessage{
		{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: 1, ProtocolIdentifier: h225.Protocol, GatekeeperIdentifier: &gk, RasAddress: at, AlternateGatekeeper: alternates}},
		{GatekeeperReject: &h225.GatekeeperReject{RequestSeqNum: 1, ProtocolIdentifier: h225.Protocol, RejectReason: h225.GatekeeperRejectReason{ResourceUnavailable: null()}, AltGKInfo: info}},
		{RegistrationConfirm: &h225.RegistrationConfirm{RequestSeqNum: 2, ProtocolIdentifier: h225.Protocol, EndpointIdentifier: id, CallSignalAddress: []h225.TransportAddress{at}, TimeToLive: &ttl, AlternateGatekeeper: alternates, PreGrantedARQ: &h225.RegistrationConfirmPreGrantedARQ{MakeCall: true, IrrFrequencyInCall: &every}}},
		{RegistrationReject: &h225.RegistrationReject{RequestSeqNum: 2, ProtocolIdentifier: h225.Protocol, RejectReason: h225.RegistrationRejectReason{DiscoveryRequired: null()}}},
		{RegistrationReject: &h225.RegistrationReject{RequestSeqNum: 2, ProtocolIdentifier: h225.Protocol, RejectReason: h225.RegistrationRejectReason{DuplicateAlias: []h225.AliasAddress{h225.AliasDigits("1")}}, AltGKInfo: info}},
		{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: 3}},
		{UnregistrationRequest: &h225.UnregistrationRequest{RequestSeqNum: 50, CallSignalAddress: []h225.TransportAddress{at}, EndpointIdentifier: &id, AlternateGatekeeper: alternates}},
		{AdmissionConfirm: &h225.AdmissionConfirm{RequestSeqNum: 4, CallModel: h225.CallModel{Direct: null()}, DestCallSignalAddress: at, IrrFrequency: &every}},
		{AdmissionReject: &h225.AdmissionReject{RequestSeqNum: 4, RejectReason: h225.AdmissionRejectReason{CallerNotRegistered: null()}}},
		{AdmissionReject: &h225.AdmissionReject{RequestSeqNum: 4, RejectReason: h225.AdmissionRejectReason{RouteCallToGatekeeper: null()}, AltGKInfo: info, CallSignalAddress: []h225.TransportAddress{at}}},
		{BandwidthConfirm: &h225.BandwidthConfirm{RequestSeqNum: 5, BandWidth: 1}},
		{BandwidthReject: &h225.BandwidthReject{RequestSeqNum: 5, RejectReason: h225.BandRejectReason{NotBound: null()}}},
		{BandwidthRequest: &h225.BandwidthRequest{RequestSeqNum: 51, EndpointIdentifier: id, ConferenceID: call.ConferenceID, CallIdentifier: callID, BandWidth: 7}},
		{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: 6}},
		{DisengageReject: &h225.DisengageReject{RequestSeqNum: 6, RejectReason: h225.DisengageRejectReason{NotRegistered: null()}}},
		{DisengageRequest: &h225.DisengageRequest{RequestSeqNum: 52, EndpointIdentifier: id, ConferenceID: call.ConferenceID, CallReferenceValue: 1, DisengageReason: h225.DisengageReason{ForcedDrop: null()}}},
		{LocationRequest: &h225.LocationRequest{RequestSeqNum: 53, DestinationInfo: []h225.AliasAddress{h225.AliasDigits("1")}, ReplyAddress: at}},
		{InfoRequest: &h225.InfoRequest{RequestSeqNum: 54, ReplyAddress: &at, NextSegmentRequested: &every}},
		{InfoRequest: &h225.InfoRequest{RequestSeqNum: 55, CallReferenceValue: 1, CallIdentifier: callID}},
		{InfoRequestAck: &h225.InfoRequestAck{RequestSeqNum: 7}},
		{InfoRequestNak: &h225.InfoRequestNak{RequestSeqNum: 7, NakReason: h225.InfoRequestNakReason{NotRegistered: null()}}},
		{NonStandardMessage: &h225.NonStandardMessage{RequestSeqNum: 56, NonStandardData: h225.NonStandardParameter{NonStandardIdentifier: h225.NonStandardIdentifier{Object: oid("1.2.3")}, Data: []byte{}}}},
		{UnknownMessageResponse: &h225.UnknownMessageResponse{RequestSeqNum: 4}},
		{RequestInProgress: &h225.RequestInProgress{RequestSeqNum: 4, Delay: 1000}},
		{ServiceControlIndication: &h225.ServiceControlIndication{RequestSeqNum: 57, ServiceControl: []h225.ServiceControlSession{}, GenericData: []h225.GenericData{{
			Id:         h225.GenericIdentifier{Standard: number(featureTraversal)},
			Parameters: []h225.EnumeratedParameter{{Id: h225.GenericIdentifier{Standard: number(incomingCall)}, Content: &h225.Content{Raw: raw}}},
		}}}},
		{AdmissionConfirmSequence: []h225.AdmissionConfirm{}},
	} {
		data, err := h225.MarshalRAS(m)
		if err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		all = append(all, data)
	}
	return all
}

// FuzzRAS: whatever the gatekeeper says, and however often, a client goes on.
func FuzzRAS(f *testing.F) {
	for i, data := range seeds(f) {
		f.Add(uint8(i), data)
		f.Add(uint8(Registered), data)
	}
	f.Add(uint8(0), []byte{})
	f.Fuzz(func(t *testing.T, phase uint8, data []byte) {
		c := still(t, Phase(phase%5))
		defer c.rest()
		began := time.Now()
		for _, from := range []string{theirs, theirs, "192.0.2.5:4000", stranger} {
			c.receive(datagram{netip.MustParseAddrPort(from), data})
			for _, f := range c.box.take() {
				f()
			}
			c.publish()
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("took %v", d)
		}
	})
}
