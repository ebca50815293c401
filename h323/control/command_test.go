package control

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

func roundTrip(seq int) *Message {
	return h245.NewRequest(h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: seq}})
}

func TestRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.a.late, w.b.late = 30*time.Millisecond, 40*time.Millisecond
		var rtt []time.Duration
		w.do(func() { w.a.s.Probe(func(d time.Duration, ok bool) { rtt = append(rtt, d) }) })
		w.pass(time.Second)
		if !slices.Equal(rtt, []time.Duration{70 * time.Millisecond}) {
			t.Errorf("measured %v", rtt)
		}
	})
}

func TestRoundTripUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.b.lose = named("roundTripDelayResponse")
		var got []bool
		w.do(func() { w.a.s.Probe(func(_ time.Duration, ok bool) { got = append(got, ok) }) })
		w.pass(4 * time.Second)
		if len(got) > 0 {
			t.Error("given up too early")
		}
		w.pass(2 * time.Second)
		w.do(func() {})
		if !slices.Equal(got, []bool{false}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestProbesFollowEachOther(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	var got []string
	probe := func(name string) {
		p.s.Probe(func(_ time.Duration, ok bool) {
			if ok {
				name += " ok"
			}
			got = append(got, name)
		})
	}
	p.w.do(func() { probe("1"); probe("2") })
	answer := func(seq int) *Message {
		return h245.NewResponse(h245.ResponseMessage{RoundTripDelayResponse: &h245.RoundTripDelayResponse{SequenceNumber: seq}})
	}
	p.receive(answer(1), answer(9))
	if !slices.Equal(got, []string{"1"}) {
		t.Errorf("told %q by answers to something else", got)
	}
	p.receive(answer(2), answer(2))
	p.w.do(func() { probe("3") })
	p.receive(h245.NewIndication(h245.IndicationMessage{FunctionNotUnderstood: &h245.FunctionNotUnderstood{Request: roundTrip(3).Request}}))
	p.w.do(func() { probe("4"); p.s.Close(); probe("5") })
	if want := []string{"1", "2 ok", "3 ok", "4", "5"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestEveryRoundTripIsAnswered(t *testing.T) {
	p := scripted(t, stopped)
	for i := range 300 {
		p.receive(roundTrip(i % 256))
	}
	if n := p.count("roundTripDelayResponse"); n != 300 {
		t.Errorf("%d answers", n)
	}
	if r := p.last("roundTripDelayResponse").Response.RoundTripDelayResponse; r.SequenceNumber != 299%256 {
		t.Errorf("the last is for %d", r.SequenceNumber)
	}
}

func TestFlowControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		in, _ := w.a.channel(Receive)
		for _, c := range []struct {
			rate    int
			stopped bool
		}{{0, true}, {320, false}, {0, true}, {-1, false}} {
			w.do(func() {
				if !w.a.s.FlowControl(in.Number, c.rate) {
					t.Error("not sent")
				}
			})
			if out, _ := w.b.channel(Transmit); out.Stopped != c.stopped || out.MaxBitRate != c.rate {
				t.Errorf("rate %d: %+v", c.rate, out)
			}
		}
		if n := len(w.b.told); n != 2+4 { // two channels opened
			t.Errorf("told %v", w.b.told)
		}
		w.do(func() {
			if w.a.s.FlowControl(999, 0) {
				t.Error("a channel that is not there")
			}
		})
	})
}

func TestFlowControlScope(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	p.receive(opened(p.pending()))
	flow := func(scope h245.FlowControlCommandScope) *Message {
		return h245.NewCommand(h245.CommandMessage{FlowControlCommand: &h245.FlowControlCommand{
			Scope: scope, Restriction: h245.FlowControlCommandRestriction{MaximumBitRate: ptr(0)},
		}})
	}
	p.receive(flow(h245.FlowControlCommandScope{LogicalChannelNumber: ptr(p.pending() + 1)}),
		flow(h245.FlowControlCommandScope{ResourceID: ptr(1)}))
	if c, _ := p.channel(Transmit); c.Stopped {
		t.Error("stopped by a limit on something else")
	}
	p.receive(flow(h245.FlowControlCommandScope{WholeMultiplex: null()}))
	if c, _ := p.channel(Transmit); !c.Stopped {
		t.Error("not stopped")
	}
}

// TestCommandsWithoutEffect: pictures, loops, chairs and what is not standard.
func TestCommandsWithoutEffect(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	p.receive(opened(p.pending()))
	p.clear()
	misc := func(t h245.MiscellaneousCommandType) *Message {
		return h245.NewCommand(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{LogicalChannelNumber: 1, Type: t}})
	}
	p.receive(
		misc(h245.MiscellaneousCommandType{VideoFastUpdatePicture: null()}),
		misc(h245.MiscellaneousCommandType{VideoFreezePicture: null()}),
		misc(h245.MiscellaneousCommandType{MultipointModeCommand: null()}),
		misc(h245.MiscellaneousCommandType{CancelMultipointModeCommand: null()}),
		misc(h245.MiscellaneousCommandType{EncryptionUpdateRequest: &h245.EncryptionUpdateRequest{}}),
		misc(h245.MiscellaneousCommandType{}),
		h245.NewCommand(h245.CommandMessage{NonStandard: &h245.NonStandardMessage{}}),
		h245.NewCommand(h245.CommandMessage{MaintenanceLoopOffCommand: &h245.MaintenanceLoopOffCommand{}}),
		h245.NewCommand(h245.CommandMessage{ConferenceCommand: &h245.ConferenceCommand{DropConference: null()}}),
		h245.NewIndication(h245.IndicationMessage{MiscellaneousIndication: &h245.MiscellaneousIndication{
			Type: h245.MiscellaneousIndicationType{LogicalChannelInactive: null()},
		}}),
		h245.NewIndication(h245.IndicationMessage{JitterIndication: &h245.JitterIndication{}}),
		h245.NewIndication(h245.IndicationMessage{}),
		h245.NewResponse(h245.ResponseMessage{}),
		&Message{},
	)
	if len(p.sent) > 0 || len(p.told) > 0 {
		t.Errorf("sent %v, told %v", p.sent, p.told)
	}
}

// TestSymmetricOnCommand is multipointModeCommand: what we send is what comes.
func TestSymmetricOnCommand(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	p.receive(h245.NewCommand(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{
		LogicalChannelNumber: 1, Type: h245.MiscellaneousCommandType{MultipointModeCommand: null()},
	}}), ack(1), set(1, G722, ALaw), determinationAck(true))
	p.receive(opened(p.pending()))
	p.receive(open(1, 1, ALaw))
	p.receive(opened(p.pending()))
	if c, _ := p.channel(Transmit); c.Format.Codec != ALaw {
		t.Errorf("we send %s", c.Format)
	}
}

func TestRequestMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.do(func() { w.b.s.RequestMode(MuLaw, ALaw) })
		w.a.wantOpen(MuLaw)
		w.b.wantOpen(G722) // the other direction stays
		want := []string{"opened receive G.722", "opened transmit G.722", "closed transmit G.722", "opened transmit G.711 µ-law"}
		slices.Sort(w.a.told[:2])
		if !slices.Equal(w.a.told, want) {
			t.Errorf("told %v", w.a.told)
		}
		w.do(func() { w.b.s.RequestMode(MuLaw) })
		if len(w.a.told) != 4 || w.a.count("requestModeAck") != 2 {
			t.Errorf("told %v", w.a.told)
		}
	})
}

func modes(elements ...[]h245.ModeElementType) *Message {
	r := &h245.RequestMode{SequenceNumber: 5}
	for _, es := range elements {
		var d h245.ModeDescription
		for _, e := range es {
			d = append(d, h245.ModeElement{Type: e})
		}
		r.RequestedModes = append(r.RequestedModes, d)
	}
	return h245.NewRequest(h245.RequestMessage{RequestMode: r})
}

func TestRequestModeChoice(t *testing.T) {
	sound := func(c Codec) h245.ModeElementType { return h245.ModeElementType{AudioMode: c.mode()} }
	video := h245.ModeElementType{VideoMode: &h245.VideoMode{H261VideoMode: &h245.H261VideoMode{
		Resolution: h245.H261VideoModeResolution{Cif: null()}, BitRate: 10,
	}}}
	type element = []h245.ModeElementType
	for name, c := range map[string]struct {
		m      *Message
		answer string
		codec  Codec
	}{
		"video too":        {modes(element{sound(ALaw), video}), "requestModeReject", G722},
		"not known to all": {modes(element{sound(MuLaw)}), "requestModeReject", G722},
		"second best":      {modes(element{video}, element{sound(ALaw)}), "requestModeAck", ALaw},
		"other sound":      {modes(element{{AudioMode: &h245.AudioMode{G728: null()}}}), "requestModeReject", G722},
	} {
		p := scripted(t, stopped)
		p.ready(G722, ALaw)
		p.receive(opened(p.pending()))
		p.receive(c.m)
		if p.count(c.answer) != 1 {
			t.Errorf("%s: sent %v", name, p.sent)
			continue
		}
		if c.codec != G722 {
			p.receive(opened(p.pending()))
			if a := p.last(c.answer).Response.RequestModeAck; a.Response.WillTransmitLessPreferredMode == nil || a.SequenceNumber != 5 {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if ch, _ := p.channel(Transmit); ch.Format.Codec != c.codec {
			t.Errorf("%s: we send %s", name, ch.Format)
		}
	}
}

func TestRequestModeUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t)
		p.ready(ALaw)
		p.w.do(func() {
			if !p.s.RequestMode(ALaw) || p.s.RequestMode() {
				t.Error("what is sent, or not")
			}
		})
		p.w.pass(11 * time.Second)
		p.w.do(func() {})
		if p.count("requestModeRelease") != 1 {
			t.Errorf("sent %v", p.sent)
		}
	})
}

func TestRequestChannelClose(t *testing.T) {
	for _, reopen := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.start()
			in, _ := w.b.channel(Receive)
			if reopen {
				w.b.change = func(m *Message) {
					if m.Request != nil && m.Request.RequestChannelClose != nil {
						m.Request.RequestChannelClose.Reason = &h245.RequestChannelCloseReason{Reopen: null()}
					}
				}
			}
			w.do(func() {
				if !w.b.s.RequestClose(in.Number) || w.b.s.RequestClose(999) {
					t.Error("what is sent, or not")
				}
			})
			if w.a.count("requestChannelCloseAck") != 1 || w.b.count("closeLogicalChannelAck") != 1 {
				t.Errorf("a sent %v, b sent %v", w.a.sent, w.b.sent)
			}
			if reopen {
				w.a.wantOpen(G722)
			} else {
				w.a.wantSilent()
			}
			w.pass(time.Minute)
			if w.b.count("requestChannelCloseRelease") != 0 {
				t.Error("T108 was not stopped")
			}
		})
	}
}

func TestRequestChannelCloseElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t)
		p.ready(ALaw)
		p.receive(h245.NewRequest(h245.RequestMessage{RequestChannelClose: &h245.RequestChannelClose{ForwardLogicalChannelNumber: 77}}))
		if p.count("requestChannelCloseReject") != 1 {
			t.Errorf("sent %v", p.sent)
		}
		p.receive(open(4, 1, ALaw))
		p.w.do(func() { p.s.RequestClose(4) })
		p.w.pass(6 * time.Second) // T108
		p.w.do(func() {})
		if p.count("requestChannelCloseRelease") != 1 {
			t.Errorf("sent %v", p.sent)
		}
		p.w.do(func() { p.s.RequestClose(4) })
		p.receive(h245.NewResponse(h245.ResponseMessage{RequestChannelCloseReject: &h245.RequestChannelCloseReject{
			ForwardLogicalChannelNumber: 4, Cause: h245.RequestChannelCloseRejectCause{Unspecified: null()},
		}}))
		p.w.pass(time.Minute)
		p.w.do(func() {})
		if p.count("requestChannelCloseRelease") != 1 {
			t.Error("T108 was not stopped by the answer")
		}
		if _, ok := p.channel(Receive); !ok {
			t.Error("a channel closed that the peer keeps")
		}
	})
}
