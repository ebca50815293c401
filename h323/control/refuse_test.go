package control

import (
	"testing"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

func TestRequestsWithANo(t *testing.T) {
	conference := func(c h245.ConferenceRequest) h245.RequestMessage {
		return h245.RequestMessage{ConferenceRequest: &c}
	}
	for name, c := range map[string]struct {
		r    h245.RequestMessage
		want string // of the response or indication; "": none
	}{
		"loop": {h245.RequestMessage{MaintenanceLoopRequest: &h245.MaintenanceLoopRequest{
			Type: h245.MaintenanceLoopRequestType{MediaLoop: ptr(3)},
		}}, "maintenanceLoopReject"},
		"multiplex entries": {h245.RequestMessage{MultiplexEntrySend: &h245.MultiplexEntrySend{
			MultiplexEntryDescriptors: []h245.MultiplexEntryDescriptor{{MultiplexTableEntryNumber: 4}},
		}}, "multiplexEntrySendReject"},
		"multiplex request": {h245.RequestMessage{RequestMultiplexEntry: &h245.RequestMultiplexEntry{
			EntryNumbers: []int{4, 5},
		}}, "requestMultiplexEntryReject"},
		"rate": {h245.RequestMessage{LogicalChannelRateRequest: &h245.LogicalChannelRateRequest{
			LogicalChannelNumber: 1,
		}}, "logicalChannelRateReject"},
		"chair":        {conference(h245.ConferenceRequest{MakeMeChair: null()}), "conferenceResponse"},
		"no chair":     {conference(h245.ConferenceRequest{CancelMakeMeChair: null()}), ""},
		"drop":         {conference(h245.ConferenceRequest{DropTerminal: &h245.TerminalLabel{}}), "conferenceResponse"},
		"broadcast":    {conference(h245.ConferenceRequest{BroadcastMyLogicalChannel: ptr(1)}), "conferenceResponse"},
		"broadcaster":  {conference(h245.ConferenceRequest{MakeTerminalBroadcaster: &h245.TerminalLabel{}}), "conferenceResponse"},
		"this source":  {conference(h245.ConferenceRequest{SendThisSource: &h245.TerminalLabel{}}), "conferenceResponse"},
		"all names":    {conference(h245.ConferenceRequest{RequestAllTerminalIDs: null()}), "conferenceResponse"},
		"remote MC":    {conference(h245.ConferenceRequest{RemoteMCRequest: &h245.RemoteMCRequest{MasterActivate: null()}}), "conferenceResponse"},
		"list":         {conference(h245.ConferenceRequest{TerminalListRequest: null()}), "functionNotUnderstood"},
		"password":     {conference(h245.ConferenceRequest{EnterH243Password: null()}), "functionNotUnderstood"},
		"modes":        {h245.RequestMessage{CommunicationModeRequest: &h245.CommunicationModeRequest{}}, "functionNotUnderstood"},
		"non-standard": {h245.RequestMessage{NonStandard: nonStandard()}, "functionNotUnderstood"},
	} {
		p := scripted(t, stopped)
		p.receive(h245.NewRequest(c.r))
		switch {
		case c.want == "" && len(p.sent) != 0,
			c.want != "" && (len(p.sent) != 1 || p.sent[0] != c.want):
			t.Errorf("%s: sent %v, want %q", name, p.sent, c.want)
		}
	}
}

func nonStandard() *h245.NonStandardMessage {
	return &h245.NonStandardMessage{NonStandardData: h245.NonStandardParameter{
		NonStandardIdentifier: h245.NonStandardIdentifier{Object: ptr(per.OID("1.3.6.1.4.1.4242"))}, Data: []byte{1, 2, 3},
	}}
}

// TestComplaintsAreCounted: who sends nothing but garbage gets no answers after a while.
func TestComplaintsAreCounted(t *testing.T) {
	p := scripted(t, stopped)
	for range 10 * maxNotes {
		p.receive(h245.NewRequest(h245.RequestMessage{NonStandard: nonStandard()}))
	}
	if n := p.count("functionNotUnderstood"); n != maxNotes {
		t.Errorf("%d complaints", n)
	}
}

func TestUndecodable(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	for _, b := range [][]byte{{}, {0xff}, {0x02}, {0x00, 0xff, 0xff}, {0x80, 0x00}} {
		p.clear()
		p.w.do(func() { _ = p.s.ReceivePDU(b) })
		for _, n := range p.sent {
			if n != "functionNotSupported" && n != "functionNotUnderstood" {
				t.Errorf("% x: sent %v", b, p.sent)
			}
		}
	}
	for _, size := range []int{maxReturned, maxReturned + 1} {
		p.w.do(func() {
			p.s.enter()
			defer p.s.leave()
			p.s.notSupported(h245.FunctionNotSupportedCause{SyntaxError: null()}, make([]byte, size))
		})
		back := p.last("functionNotSupported").Indication.FunctionNotSupported.ReturnedFunction
		if size > maxReturned && back != nil || size <= maxReturned && len(back) != size {
			t.Errorf("of %d octets %d come back", size, len(back))
		}
	}
	octets, err := h245.Marshal(roundTrip(3))
	if err != nil {
		t.Fatal(err)
	}
	p.clear()
	p.w.do(func() {
		if err := p.s.ReceivePDU(octets); err != nil {
			t.Error(err)
		}
	})
	if p.count("roundTripDelayResponse") != 1 {
		t.Errorf("sent %v", p.sent)
	}
}

// TestOurRequestComesBack: what the peer has no procedure for ends, and the call goes on.
func TestOurRequestComesBack(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	for _, name := range []string{"terminalCapabilitySet", "masterSlaveDetermination"} {
		octets, err := h245.Marshal(p.last(name))
		if err != nil {
			t.Fatal(err)
		}
		p.receive(h245.NewIndication(h245.IndicationMessage{FunctionNotSupported: &h245.FunctionNotSupported{
			Cause: h245.FunctionNotSupportedCause{UnknownFunction: null()}, ReturnedFunction: octets,
		}}))
	}
	p.receive(set(1, ALaw, MuLaw))
	p.receive(h245.NewIndication(h245.IndicationMessage{FunctionNotUnderstood: &h245.FunctionNotUnderstood{
		Request: p.last("openLogicalChannel").Request,
	}}))
	if p.count("openLogicalChannel") != 2 {
		t.Errorf("sent %v", p.sent)
	}
	p.receive(h245.NewIndication(h245.IndicationMessage{FunctionNotUnderstood: &h245.FunctionNotUnderstood{Command: &h245.CommandMessage{}}}),
		h245.NewIndication(h245.IndicationMessage{FunctionNotSupported: &h245.FunctionNotSupported{ReturnedFunction: []byte{0xff}}}))
	if p.count("functionNotUnderstood")+p.count("functionNotSupported") != 0 {
		t.Error("a complaint is answered with a complaint")
	}
}
