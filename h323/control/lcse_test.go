package control

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

func TestFormatInCommon(t *testing.T) {
	for _, c := range []struct {
		a, b []Codec
		want Codec
	}{
		{[]Codec{G722, ALaw, MuLaw}, []Codec{ALaw, MuLaw}, ALaw},
		{[]Codec{ALaw, MuLaw}, []Codec{MuLaw}, MuLaw},
		{[]Codec{G722}, []Codec{MuLaw, ALaw, G722}, G722},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, func(a, b *Config) { only(a, c.a...); only(b, c.b...) })
			w.start()
			w.a.wantOpen(c.want)
			w.b.wantOpen(c.want)
		})
	}
}

func TestNothingInCommon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { only(a, ALaw); only(b, MuLaw) })
		w.start()
		w.pass(time.Minute)
		w.a.wantSilent()
		w.b.wantSilent()
		if len(w.a.ended) > 0 || w.a.count("openLogicalChannel") > 0 {
			t.Errorf("a sent %v", w.a.sent)
		}
	})
}

func TestSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { b.TerminalType = 50 })
		w.a.late, w.b.late = 2*time.Second, 4*time.Second
		w.start()
		w.pass(30 * time.Second)
		w.roles(true)
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
	})
}

// TestFramesPerPacket: the number is a limit, and both have one.
func TestFramesPerPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) {
			a.Audio = []Format{{ALaw, 20}}
			b.Audio = []Format{{ALaw, 90}}
		})
		w.start()
		for _, p := range []*side{w.a, w.b} {
			if c, _ := p.channel(Transmit); c.Format.Frames != 20 {
				t.Errorf("%s sends %s", p.name, c.Format)
			}
		}
	})
}

func TestPeerOpensFirst(t *testing.T) {
	// Cisco CallManager opens early and hangs up if nothing is opened back.
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	p.receive(open(7, 1, MuLaw))
	if o := p.last("openLogicalChannel").Request.OpenLogicalChannel; formatOf(o.ForwardLogicalChannelParameters.DataType.AudioData).Codec != MuLaw {
		t.Error("what is opened back is not in the only format that is known of the peer")
	}
	if p.count("openLogicalChannelAck") != 1 {
		t.Error("the peer's channel is not acknowledged")
	}
}

// TestOurChannelIsLikeThePeers if that one is open first and the peer receives it.
func TestOurChannelIsLikeThePeers(t *testing.T) {
	for _, c := range []struct {
		peer        []Codec
		heard, want Codec
	}{
		{[]Codec{ALaw, MuLaw}, MuLaw, MuLaw},
		{[]Codec{G722, ALaw}, ALaw, ALaw},
		{[]Codec{G722, ALaw}, MuLaw, G722},
	} {
		p := scripted(t, stopped)
		p.w.do(p.s.Start)
		p.receive(set(1, c.peer...), open(101, 1, c.heard))
		o := p.last("openLogicalChannel").Request.OpenLogicalChannel
		if got := formatOf(o.ForwardLogicalChannelParameters.DataType.AudioData).Codec; got != c.want {
			t.Errorf("it receives %v and sends %s: %s, want %s", c.peer, c.heard, got, c.want)
		}
	}
}

// TestBothWaysAlike: our channel is open already, the peer's is another.
func TestBothWaysAlike(t *testing.T) {
	for _, c := range []struct {
		symmetric, master bool
		want              Codec
	}{{true, false, ALaw}, {true, true, G722}, {false, false, G722}} {
		p := scripted(t, stopped)
		p.w.do(p.s.Start)
		m := set(1, G722, ALaw)
		if c.symmetric {
			for i := range m.Request.TerminalCapabilitySet.CapabilityTable {
				e := m.Request.TerminalCapabilitySet.CapabilityTable[i].Capability
				e.ReceiveAndTransmitAudioCapability, e.ReceiveAudioCapability = e.ReceiveAudioCapability, nil
			}
		}
		p.receive(ack(1), m, determinationAck(c.master))
		p.receive(opened(p.pending()))
		p.receive(open(101, 1, ALaw))
		p.receive(opened(p.pending()))
		if ch, _ := p.channel(Transmit); ch.Format.Codec != c.want {
			t.Errorf("%+v: we send %s", c, ch.Format)
		}
	}
}

func TestPeerWithoutKnownCapabilities(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	m := set(1, ALaw)
	m.Request.TerminalCapabilitySet.CapabilityTable[0].Capability.ReceiveAudioCapability = &h245.AudioCapability{G728: ptr(2)}
	p.receive(ack(1), determinationAck(true), m)
	p.wantSilent()
	p.receive(open(1, 1, ALaw)) // and yet it sends A-law
	p.receive(opened(p.pending()))
	if c, ok := p.channel(Transmit); !ok || c.Format.Codec != ALaw {
		t.Errorf("we send %+v", c)
	}
}

func ptr[T any](v T) *T { return &v }

func TestChannelsAcknowledged(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	n := p.pending()
	m := opened(n)
	a := m.Response.OpenLogicalChannelAck.ForwardMultiplexAckParameters.H2250LogicalChannelAckParameters
	a.SessionID, a.FlowControlToZero = ptr(32), ptr(true) // Tandberg counts from 32
	p.receive(m)
	c, _ := p.channel(Transmit)
	want := Channel{
		Number: n, Session: 32, Format: Format{ALaw, 20}, PayloadType: 8, Stopped: true,
		Media: netip.MustParseAddrPort("192.0.2.9:5000"), Control: netip.MustParseAddrPort("192.0.2.9:5001"),
	}
	if !same(c, want) {
		t.Errorf("%+v, want %+v", c, want)
	}
	p.receive(opened(n), opened(n+1), opened(65535)) // nothing awaits these
	if len(p.told) != 1 {
		t.Errorf("told %v", p.told)
	}
}

func same(a, b Channel) bool {
	return len(a.Keys) == len(b.Keys) && a.Number == b.Number && a.Direction == b.Direction && a.Session == b.Session &&
		a.Format == b.Format && a.PayloadType == b.PayloadType && a.EventPayloadType == b.EventPayloadType &&
		a.Media == b.Media && a.Control == b.Control && a.Stopped == b.Stopped && a.MaxBitRate == b.MaxBitRate &&
		a.Encrypted == b.Encrypted
}

func TestAcknowledgementWithoutAddress(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw, MuLaw)
	m := opened(p.pending())
	m.Response.OpenLogicalChannelAck.ForwardMultiplexAckParameters = nil
	p.receive(m)
	p.wantSilent()
	if p.count("closeLogicalChannel") != 1 || p.count("openLogicalChannel") != 2 {
		t.Errorf("sent %v", p.sent)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, a := range []string{"0.0.0.0:5000", "192.0.2.9:0", "224.1.1.1:5000", "[::]:5000", "[ff02::1]:5000", "[::ffff:224.1.1.1]:5000"} {
		p := scripted(t, stopped)
		p.ready(ALaw)
		m := opened(p.pending())
		h := m.Response.OpenLogicalChannelAck.ForwardMultiplexAckParameters.H2250LogicalChannelAckParameters
		h.MediaChannel = h245.TransportAddressOf(netip.MustParseAddrPort(a))
		p.receive(m)
		p.wantSilent()
		if len(p.told) != 0 {
			t.Errorf("%s: told %v", a, p.told)
		}
	}
}

func TestRejectedFormatsAreTriedOnce(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(G722, ALaw, MuLaw)
	var tried []Codec
	for range 10 {
		n := p.count("openLogicalChannel")
		o := p.last("openLogicalChannel").Request.OpenLogicalChannel
		tried = append(tried, formatOf(o.ForwardLogicalChannelParameters.DataType.AudioData).Codec)
		p.receive(rejected(p.pending(), h245.OpenLogicalChannelRejectCause{DataTypeNotAvailable: null()}))
		if p.count("openLogicalChannel") == n {
			break
		}
	}
	if !slices.Equal(tried, []Codec{G722, ALaw, MuLaw}) {
		t.Errorf("tried %v", tried)
	}
	p.clear()
	p.receive(open(5, 1, MuLaw)) // the peer changed something: its own format is tried again
	if o := p.last("openLogicalChannel").Request.OpenLogicalChannel; formatOf(o.ForwardLogicalChannelParameters.DataType.AudioData).Codec != MuLaw {
		t.Errorf("sent %v", p.sent)
	}
}

// TestMasterSlaveConflict is C.4.1.3: the master's channel decides what ours is.
func TestMasterSlaveConflict(t *testing.T) {
	for _, early := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := scripted(t, func(c *Config) { c.TerminalType = 50 })
			p.w.do(p.s.Start)
			p.receive(ack(1), set(1, G722, ALaw), determinationAck(false))
			n := p.pending()
			if early {
				p.receive(open(1, 1, ALaw))
			}
			p.clear()
			p.receive(rejected(n, h245.OpenLogicalChannelRejectCause{MasterSlaveConflict: null()}))
			if !early {
				if p.count("openLogicalChannel") != 0 {
					t.Fatal("the master's channel is not waited for")
				}
				p.receive(open(1, 1, ALaw))
			}
			p.receive(opened(p.pending()))
			if c, _ := p.channel(Transmit); c.Format.Codec != ALaw {
				t.Errorf("early %v: we send %s, the master A-law", early, c.Format)
			}
		})
	}
}

// TestConflictBetweenSessions: the master takes nothing but A-law and says so.
func TestConflictBetweenSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { b.TerminalType = 50; only(a, ALaw) })
		w.a.change = func(m *Message) { // a claims more than it can do
			if m.Request != nil && m.Request.TerminalCapabilitySet != nil {
				g := set(1, G722, ALaw, MuLaw).Request.TerminalCapabilitySet
				m.Request.TerminalCapabilitySet.CapabilityTable = g.CapabilityTable
				m.Request.TerminalCapabilitySet.CapabilityDescriptors = g.CapabilityDescriptors
			}
		}
		w.start()
		w.a.wantOpen(ALaw)
		w.b.wantOpen(ALaw)
	})
}

func TestWaitForCommunicationMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t)
		p.ready(ALaw)
		p.receive(rejected(p.pending(), h245.OpenLogicalChannelRejectCause{WaitForCommunicationMode: null()}))
		p.w.pass(patience - time.Millisecond)
		if p.count("openLogicalChannel") != 1 {
			t.Error("not waited")
		}
		p.w.pass(2 * time.Millisecond)
		p.w.do(func() {})
		if p.count("openLogicalChannel") != 2 {
			t.Error("not tried again")
		}
		for range 20 { // for ever
			p.receive(rejected(p.pending(), h245.OpenLogicalChannelRejectCause{WaitForCommunicationMode: null()}))
			p.w.pass(2 * patience)
			p.w.do(func() {})
		}
		if n := p.count("openLogicalChannel"); n != maxTries {
			t.Errorf("tried %d times", n)
		}
	})
}

func TestOpenUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t)
		p.ready(ALaw, MuLaw)
		p.w.pass(11 * time.Second)
		p.w.do(func() {})
		c := p.last("closeLogicalChannel").Request.CloseLogicalChannel
		if c.Source.Lcse == nil || p.count("openLogicalChannel") != 2 {
			t.Errorf("sent %v", p.sent)
		}
		p.w.pass(time.Minute)
		p.w.do(func() {})
		if n := p.count("openLogicalChannel"); n != 2 {
			t.Errorf("%d channels tried with a peer that answers none", n)
		}
	})
}

func TestCloseAndCloseUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripted(t)
		p.ready(ALaw)
		n := p.pending()
		p.receive(opened(n))
		p.w.do(func() {
			if !p.s.CloseChannel(n) {
				t.Error("not closed")
			}
		})
		if len(p.s.outgoing) != 1 || p.s.outgoing[0].state != lcseAwaitingRelease {
			t.Error("does not await its release")
		}
		p.receive(rejected(n, h245.OpenLogicalChannelRejectCause{Unspecified: null()})) // as good as an Ack (C.4)
		if len(p.s.outgoing) != 0 {
			t.Error("not released")
		}
		if !slices.Equal(p.told, []string{"opened transmit G.711 A-law", "closed transmit G.711 A-law"}) {
			t.Errorf("told %v", p.told)
		}
		if p.count("openLogicalChannel") != 1 {
			t.Error("opened again what was closed on purpose")
		}
		p.w.do(func() {
			if p.s.CloseChannel(n) || !p.s.OpenAudio(ALaw) || p.s.OpenAudio(G722) {
				t.Error("what cannot be done was done, or the other way round")
			}
		})
		p.receive(opened(p.pending()))
		p.w.do(func() { p.s.CloseChannel(p.pending()) })
		p.w.pass(11 * time.Second) // T103
		p.w.do(func() {})
		if len(p.s.outgoing) != 0 {
			t.Error("awaits its release for ever")
		}
	})
}

func TestReleasedWithoutBeingAsked(t *testing.T) {
	for name, m := range map[string]func(int) *Message{
		"reject": func(n int) *Message {
			return rejected(n, h245.OpenLogicalChannelRejectCause{Unspecified: null()})
		},
		"close ack": func(n int) *Message {
			return h245.NewResponse(h245.ResponseMessage{CloseLogicalChannelAck: &h245.CloseLogicalChannelAck{ForwardLogicalChannelNumber: n}})
		},
	} {
		p := scripted(t, stopped)
		p.ready(G722, ALaw)
		p.receive(opened(p.pending()))
		p.receive(m(p.pending()))
		if !slices.Equal(p.told, []string{"opened transmit G.722", "closed transmit G.722"}) {
			t.Errorf("%s: told %v", name, p.told)
		}
		if p.count("openLogicalChannel") != 2 {
			t.Errorf("%s: nothing else is tried", name)
		}
	}
}

func TestReceiveChannelKinds(t *testing.T) {
	video := h245.DataType{VideoData: &h245.VideoCapability{H261VideoCapability: &h245.H261VideoCapability{CifMPI: ptr(1)}}}
	data := h245.DataType{Data: &h245.DataApplicationCapability{
		Application: h245.DataApplicationCapabilityApplication{H224: &h245.DataProtocolCapability{HdlcFrameTunnelling: null()}},
	}}
	for _, c := range []struct {
		name   string
		change func(*h245.OpenLogicalChannel)
		want   func(h245.OpenLogicalChannelRejectCause) bool
	}{
		{
			"video", func(o *h245.OpenLogicalChannel) { o.ForwardLogicalChannelParameters.DataType = video },
			func(c h245.OpenLogicalChannelRejectCause) bool { return c.DataTypeNotSupported != nil },
		},
		{"data both ways", func(o *h245.OpenLogicalChannel) {
			o.ForwardLogicalChannelParameters.DataType = data
			o.ReverseLogicalChannelParameters = &h245.OpenLogicalChannelReverseLogicalChannelParameters{DataType: data}
		}, func(c h245.OpenLogicalChannelRejectCause) bool { return c.DataTypeNotSupported != nil }},
		{"sound both ways", func(o *h245.OpenLogicalChannel) {
			o.ReverseLogicalChannelParameters = &h245.OpenLogicalChannelReverseLogicalChannelParameters{
				DataType: h245.DataType{AudioData: Format{ALaw, 20}.capability()},
			}
		}, func(c h245.OpenLogicalChannelRejectCause) bool { return c.UnsuitableReverseParameters != nil }},
		{"other sound", func(o *h245.OpenLogicalChannel) {
			o.ForwardLogicalChannelParameters.DataType = h245.DataType{AudioData: &h245.AudioCapability{G728: ptr(1)}}
		}, func(c h245.OpenLogicalChannelRejectCause) bool { return c.DataTypeNotSupported != nil }},
		{"multicast", func(o *h245.OpenLogicalChannel) {
			o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters.MediaChannel = &h245.TransportAddress{
				MulticastAddress: &h245.MulticastAddress{IPAddress: &h245.MulticastAddressIPAddress{Network: []byte{224, 1, 1, 1}}},
			}
		}, func(c h245.OpenLogicalChannelRejectCause) bool { return c.MulticastChannelNotAllowed != nil }},
		{"another multiplex", func(o *h245.OpenLogicalChannel) {
			o.ForwardLogicalChannelParameters.MultiplexParameters = h245.OpenLogicalChannelForwardLogicalChannelParametersMultiplexParameters{None: null()}
		}, func(c h245.OpenLogicalChannelRejectCause) bool { return c.DataTypeALCombinationNotSupported != nil }},
	} {
		p := scripted(t, stopped)
		p.ready(ALaw)
		m := open(3, 1, ALaw)
		c.change(m.Request.OpenLogicalChannel)
		p.receive(m, roundTrip(9))
		r := p.last("openLogicalChannelReject").Response.OpenLogicalChannelReject
		if r.ForwardLogicalChannelNumber != 3 || !c.want(r.Cause) {
			t.Errorf("%s: %+v", c.name, r)
		}
		if len(p.told) > 0 || p.count("roundTripDelayResponse") != 1 {
			t.Errorf("%s: told %v, sent %v", c.name, p.told, p.sent)
		}
	}
}

func TestUnknownDataType(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	m := open(3, 1, ALaw)
	m.Request.OpenLogicalChannel.ForwardLogicalChannelParameters.DataType = h245.DataType{}
	p.receive(m)
	if r := p.last("openLogicalChannelReject").Response.OpenLogicalChannelReject; r.Cause.UnknownDataType == nil {
		t.Errorf("%+v", r.Cause)
	}
}

func TestReceiveChannel(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	m := open(101, 0, MuLaw) // a slave leaves the session to us
	m.Request.OpenLogicalChannel.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters.DynamicRTPPayloadType = ptr(101)
	p.receive(m)
	a := p.last("openLogicalChannelAck").Response.OpenLogicalChannelAck
	h := a.ForwardMultiplexAckParameters.H2250LogicalChannelAckParameters
	if a.ForwardLogicalChannelNumber != 101 || *h.SessionID != 1 ||
		addrPort(h.MediaChannel).String() != "192.0.2.1:10000" || addrPort(h.MediaControlChannel).String() != "192.0.2.1:10001" {
		t.Errorf("%+v", h)
	}
	c, _ := p.channel(Receive)
	want := Channel{
		Number: 101, Direction: Receive, Session: 1, Format: Format{MuLaw, 20}, PayloadType: 101,
		Control: netip.MustParseAddrPort("192.0.2.9:5001"), MaxBitRate: -1,
	}
	if !same(c, want) { // telephone events cannot have the number of the sound
		t.Errorf("%+v, want %+v", c, want)
	}
}

func TestReceiveChannelsAreFew(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	p.receive(open(1, 1, MuLaw), open(2, 1, ALaw), open(3, 1, G722), open(4, 32, ALaw))
	if p.count("openLogicalChannelAck") != 2 || p.count("openLogicalChannelReject") != 2 {
		t.Errorf("sent %v", p.sent)
	}
	p.receive(closing(1), closing(99), open(2, 1, G722)) // 2 opens anew: it closes first
	want := []string{
		"opened receive G.711 µ-law", "opened receive G.711 A-law", "closed receive G.711 µ-law",
		"closed receive G.711 A-law", "opened receive G.722",
	}
	if !slices.Equal(p.told, want) {
		t.Errorf("told %v", p.told)
	}
	if p.count("closeLogicalChannelAck") != 2 {
		t.Error("a CloseLogicalChannel is acknowledged in any state")
	}
}

func closing(n int) *Message {
	return closeChannel(n, h245.CloseLogicalChannelSource{User: null()})
}

func TestNoAddress(t *testing.T) {
	p := scripted(t, stopped, func(c *Config) {
		c.Media = func() (a, b netip.AddrPort, err error) { return a, b, errors.New("no port is free") }
	})
	p.ready(ALaw)
	p.receive(open(1, 1, ALaw))
	if p.count("openLogicalChannelReject") != 1 || p.count("openLogicalChannel") != 0 {
		t.Errorf("sent %v", p.sent)
	}
}

func TestNumbersWrap(t *testing.T) {
	p := scripted(t, stopped)
	p.s.number = 65535
	p.ready(ALaw)
	if n := p.pending(); n != 1 {
		t.Errorf("number %d after 65535", n)
	}
}
