package control

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

// world carries messages between two Sessions in memory and in virtual time. Its lock
// stands for the one goroutine that owns a Session.
type world struct {
	t    *testing.T
	mu   sync.Mutex
	a, b *side
	line []func() // deliveries that are due
}

// side is one end: a Session, what it said and what it told.
type side struct {
	w    *world
	name string
	s    *Session
	peer *side

	sent     []string   // names of messages
	messages []*Message // the messages themselves
	told     []string
	keys     string
	caps     []Capabilities
	ended    []Ending
	lose     func(*Message) bool // true: the line loses it
	change   func(*Message)      // what the line does to it
	late     time.Duration       // how long the line takes
}

// newWorld makes two Sessions. Side a has the higher number: it is the master, unless
// the types differ.
func newWorld(t *testing.T, configure ...func(a, b *Config)) *world {
	w := &world{t: t}
	ca, cb := Config{}, Config{}
	ca.Random = func() uint32 { return 1000 }
	cb.Random = func() uint32 { return 2000 }
	for _, f := range configure {
		f(&ca, &cb)
	}
	w.a, w.b = w.newSide("a", 10000, ca), w.newSide("b", 20000, cb)
	w.a.peer, w.b.peer = w.b, w.a
	return w
}

func (w *world) newSide(name string, port uint16, cfg Config) *side {
	p := &side{w: w, name: name}
	cfg.Send = p.send
	cfg.Events = p
	if cfg.After == nil {
		cfg.After = p.after
	}
	if cfg.Media == nil {
		cfg.Media = func() (rtp, rtcp netip.AddrPort, err error) {
			ip := netip.MustParseAddr("192.0.2.1")
			return netip.AddrPortFrom(ip, port), netip.AddrPortFrom(ip, port+1), nil
		}
	}
	p.s = New(cfg)
	return p
}

// do runs f as the owner of the Sessions, and delivers what comes of it.
func (w *world) do(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	for len(w.line) > 0 {
		next := w.line[0]
		w.line = w.line[1:]
		next()
	}
}

// pass lets virtual time go by, and what was due then be done. The lock orders what the
// test has read before it.
func (w *world) pass(d time.Duration) {
	w.do(func() {})
	time.Sleep(d)
	synctest.Wait()
}

// start starts both ends and lets them come to rest.
func (w *world) start() {
	w.do(func() { w.a.s.Start(); w.b.s.Start() })
}

func (p *side) after(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, func() { p.w.do(f) })
	return func() { t.Stop() }
}

// send encodes and decodes each message, as the wire would.
func (p *side) send(ms []*Message) {
	for _, m := range ms {
		octets, err := h245.Marshal(m)
		if err != nil {
			p.w.t.Errorf("%s sends %s: %v", p.name, m.Name(), err)
			continue
		}
		p.sent = append(p.sent, m.Name())
		p.messages = append(p.messages, m)
		if p.lose != nil && p.lose(m) || p.peer == nil {
			continue
		}
		copied, err := h245.Unmarshal(octets)
		if err != nil {
			p.w.t.Errorf("%s sends %s, which does not decode: %v", p.name, m.Name(), err)
			continue
		}
		if p.change != nil {
			p.change(copied)
		}
		deliver := func() { p.peer.s.Receive(copied) }
		if p.late > 0 {
			time.AfterFunc(p.late, func() { p.w.do(deliver) })
		} else {
			p.w.line = append(p.w.line, deliver)
		}
	}
}

func (p *side) Capabilities(c Capabilities) { p.caps = append(p.caps, c) }
func (p *side) Opened(c Channel)            { p.note("opened", c) }
func (p *side) Updated(c Channel)           { p.note("updated", c) }
func (p *side) Closed(c Channel)            { p.note("closed", c) }
func (p *side) Key(k Key)                   { p.keys += string(k.Digit) }
func (p *side) Ended(e Ending)              { p.ended = append(p.ended, e) }

func (p *side) note(what string, c Channel) {
	p.told = append(p.told, fmt.Sprintf("%s %s %s", what, c.Direction, c.Format.Codec))
}

// count is how many messages of the name the side sent.
func (p *side) count(name string) int {
	n := 0
	for _, s := range p.sent {
		if s == name {
			n++
		}
	}
	return n
}

// channel is the one open channel in a direction.
func (p *side) channel(d Direction) (c Channel, ok bool) {
	p.w.t.Helper()
	var found []Channel
	for _, c := range p.s.Channels() {
		if c.Direction == d {
			found = append(found, c)
		}
	}
	if len(found) > 1 {
		p.w.t.Errorf("%s has %d channels to %s", p.name, len(found), d)
	}
	if len(found) == 0 {
		return Channel{}, false
	}
	return found[0], true
}

// wantOpen checks that sound flows from p to its peer in the format.
func (p *side) wantOpen(c Codec) {
	p.w.t.Helper()
	out, ok := p.channel(Transmit)
	if !ok {
		p.w.t.Fatalf("%s does not send; it sent %v, told %v", p.name, p.sent, p.told)
	}
	in, ok := p.peer.channel(Receive)
	if !ok {
		p.w.t.Fatalf("%s does not receive", p.peer.name)
	}
	if out.Format.Codec != c || in.Format.Codec != c {
		p.w.t.Errorf("%s sends %s and %s receives %s, want %s", p.name, out.Format.Codec, p.peer.name, in.Format.Codec, c)
	}
	if out.Number != in.Number || out.Session != in.Session || out.PayloadType != in.PayloadType {
		p.w.t.Errorf("the ends differ: %+v, %+v", out, in)
	}
	rtp, rtcp, _ := p.peer.s.cfg.Media()
	if out.Media != rtp || out.Control != rtcp {
		p.w.t.Errorf("%s sends to %v and %v, want %v and %v", p.name, out.Media, out.Control, rtp, rtcp)
	}
	_, control, _ := p.s.cfg.Media()
	if in.Control != control {
		p.w.t.Errorf("%s sends reports to %v, want %v", p.peer.name, in.Control, control)
	}
}

// silent checks that p has no channel of its own.
func (p *side) wantSilent() {
	p.w.t.Helper()
	if c, ok := p.channel(Transmit); ok {
		p.w.t.Errorf("%s sends: %+v", p.name, c)
	}
}

// last is the last message of the name that the side sent.
func (p *side) last(name string) *Message {
	p.w.t.Helper()
	for i, n := range slices.Backward(p.sent) {
		if n == name {
			return p.messages[i]
		}
	}
	p.w.t.Fatalf("%s sent no %s but %v", p.name, name, p.sent)
	return nil
}

// named loses all messages of the names.
func named(names ...string) func(*Message) bool {
	return func(m *Message) bool { return slices.Contains(names, m.Name()) }
}

// only lets a side know these formats.
func only(cfg *Config, codecs ...Codec) {
	for _, c := range codecs {
		cfg.Audio = append(cfg.Audio, Format{c, 20})
	}
}

// scripted is a Session whose peer is the test: what it says stays in sent.
func scripted(t *testing.T, configure ...func(*Config)) *side {
	w := &world{t: t}
	cfg := Config{Random: func() uint32 { return 1000 }}
	for _, f := range configure {
		f(&cfg)
	}
	w.a = w.newSide("a", 10000, cfg)
	return w.a
}

// receive gives the Session messages.
func (p *side) receive(ms ...*Message) {
	p.w.do(func() {
		for _, m := range ms {
			p.s.Receive(m)
		}
	})
}

// ready leads a scripted Session to where channels may open: the peer receives the
// formats and is the slave.
func (p *side) ready(codecs ...Codec) {
	p.w.do(p.s.Start)
	p.receive(ack(p.s.caps.seq), determination(50, 1), set(1, codecs...), determinationAck(true))
}

// forget drops what was said and told so far.
func (p *side) clear() { p.sent, p.messages, p.told = nil, nil, nil }

func ack(seq int) *Message {
	return h245.NewResponse(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: seq}})
}

func determination(terminalType, number int) *Message {
	return h245.NewRequest(h245.RequestMessage{MasterSlaveDetermination: &h245.MasterSlaveDetermination{
		TerminalType: terminalType, StatusDeterminationNumber: number,
	}})
}

func determinationAck(master bool) *Message {
	a := &h245.MasterSlaveDeterminationAck{}
	if master {
		a.Decision.Master = null()
	} else {
		a.Decision.Slave = null()
	}
	return h245.NewResponse(h245.ResponseMessage{MasterSlaveDeterminationAck: a})
}

// set is a capability set of the peer.
func set(seq int, codecs ...Codec) *Message {
	t := &h245.TerminalCapabilitySet{SequenceNumber: seq, ProtocolIdentifier: h245.Protocol}
	var alternatives h245.AlternativeCapabilitySet
	for i, c := range codecs {
		t.CapabilityTable = append(t.CapabilityTable, h245.CapabilityTableEntry{
			CapabilityTableEntryNumber: i + 1,
			Capability:                 &h245.Capability{ReceiveAudioCapability: Format{c, 20}.capability()},
		})
		alternatives = append(alternatives, i+1)
	}
	if len(codecs) > 0 {
		t.CapabilityDescriptors = []h245.CapabilityDescriptor{{
			CapabilityDescriptorNumber: 1, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{alternatives},
		}}
	}
	return h245.NewRequest(h245.RequestMessage{TerminalCapabilitySet: t})
}

// open is the peer's OpenLogicalChannel for sound.
func open(number, session int, c Codec) *Message {
	return h245.NewRequest(h245.RequestMessage{OpenLogicalChannel: openChannel(number, Format{c, 20},
		&h245.H2250LogicalChannelParameters{
			SessionID:           session,
			MediaControlChannel: h245.TransportAddressOf(netip.MustParseAddrPort("192.0.2.9:5001")),
		})})
}

// opened is the peer's acknowledgement of a channel of ours.
func opened(number int) *Message {
	session := 1
	return h245.NewResponse(h245.ResponseMessage{OpenLogicalChannelAck: &h245.OpenLogicalChannelAck{
		ForwardLogicalChannelNumber: number,
		ForwardMultiplexAckParameters: &h245.OpenLogicalChannelAckForwardMultiplexAckParameters{
			H2250LogicalChannelAckParameters: &h245.H2250LogicalChannelAckParameters{
				SessionID:           &session,
				MediaChannel:        h245.TransportAddressOf(netip.MustParseAddrPort("192.0.2.9:5000")),
				MediaControlChannel: h245.TransportAddressOf(netip.MustParseAddrPort("192.0.2.9:5001")),
			},
		},
	}})
}

// rejected is the peer's OpenLogicalChannelReject.
func rejected(number int, cause h245.OpenLogicalChannelRejectCause) *Message {
	return h245.NewResponse(h245.ResponseMessage{OpenLogicalChannelReject: &h245.OpenLogicalChannelReject{
		ForwardLogicalChannelNumber: number, Cause: cause,
	}})
}

// pending is the number of our channel that waits for its acknowledgement.
func (p *side) pending() int {
	p.w.t.Helper()
	return p.last("openLogicalChannel").Request.OpenLogicalChannel.ForwardLogicalChannelNumber
}
