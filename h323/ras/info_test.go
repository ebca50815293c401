package ras

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

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
