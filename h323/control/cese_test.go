package control

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

func TestExchangeAndChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
		for _, p := range []*side{w.a, w.b} {
			c := p.s.Remote()
			if !slices.Equal(c.Audio, DefaultAudio()) {
				t.Errorf("%s knows %v", p.name, c.Audio)
			}
			if c.EventPayloadType != 101 || c.Input != InputBasicString|InputSignal || c.Empty || c.Video || c.Data {
				t.Errorf("%s knows %+v", p.name, c)
			}
			if ch, _ := p.channel(Transmit); ch.EventPayloadType != 101 || ch.MaxBitRate != -1 || ch.Stopped {
				t.Errorf("%s sends %+v", p.name, ch)
			}
		}
	})
}

func TestCapabilitiesAreCounted(t *testing.T) {
	p := scripted(t, stopped)
	p.ready(ALaw)
	first := p.last("terminalCapabilitySet").Request.TerminalCapabilitySet.SequenceNumber
	p.receive(askForSet())
	p.receive(askForSet()) // one is on its way already
	second := p.last("terminalCapabilitySet").Request.TerminalCapabilitySet.SequenceNumber
	if second != first+1 || p.count("terminalCapabilitySet") != 2 {
		t.Errorf("sets %d and %d, %d of them", first, second, p.count("terminalCapabilitySet"))
	}
}

func askForSet() *Message {
	return h245.NewCommand(h245.CommandMessage{SendTerminalCapabilitySet: &h245.SendTerminalCapabilitySet{GenericRequest: null()}})
}

func TestCapabilitySetUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.a.lose = named("terminalCapabilitySetAck", "openLogicalChannel")
		w.start()
		w.pass(9 * time.Second)
		w.b.wantSilent()
		w.pass(2 * time.Second)
		w.b.wantOpen(G722)
		if n := w.b.count("terminalCapabilitySetRelease"); n != 1 {
			t.Errorf("released %d times", n)
		}
	})
}

func TestCapabilitySetRejected(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	p.receive(determinationAck(true), set(1, ALaw))
	p.wantSilent()
	p.receive(h245.NewResponse(h245.ResponseMessage{TerminalCapabilitySetReject: &h245.TerminalCapabilitySetReject{
		SequenceNumber: 1, Cause: h245.TerminalCapabilitySetRejectCause{Unspecified: null()},
	}}))
	if n := p.count("openLogicalChannel"); n != 1 {
		t.Errorf("%d channels, want 1", n)
	}
}

func TestCapabilitySetAckOfAnother(t *testing.T) {
	p := scripted(t, stopped)
	p.w.do(p.s.Start)
	p.receive(ack(77), determinationAck(true), set(1, ALaw))
	if n := p.count("openLogicalChannel"); n != 0 {
		t.Error("an acknowledgement of another set counts")
	}
}

// TestMerge is H.245 §7.2.1: a set changes what it names.
func TestMerge(t *testing.T) {
	var r remote
	r.merge(set(1, G722, ALaw).Request.TerminalCapabilitySet)
	r.merge(&h245.TerminalCapabilitySet{CapabilityTable: []h245.CapabilityTableEntry{
		{CapabilityTableEntryNumber: 1},
		{CapabilityTableEntryNumber: 2, Capability: &h245.Capability{
			ReceiveAndTransmitAudioCapability: Format{MuLaw, 30}.capability(),
		}},
	}})
	c := r.says
	if !slices.Equal(c.Audio, []Format{{MuLaw, 30}}) || !slices.Equal(c.Symmetric, []Codec{MuLaw}) {
		t.Errorf("%+v", c)
	}
	r.merge(set(2).Request.TerminalCapabilitySet)
	if c := r.says; !c.Empty || len(c.Audio) != 0 {
		t.Errorf("after an empty set: %+v", c)
	}
}

func TestDescriptorsOrder(t *testing.T) {
	s := set(1, MuLaw, G722, ALaw).Request.TerminalCapabilitySet
	s.CapabilityDescriptors = []h245.CapabilityDescriptor{
		{CapabilityDescriptorNumber: 5, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{{1, 99}}},
		{CapabilityDescriptorNumber: 2, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{{98}, {3}}},
	}
	var r remote
	r.merge(s)
	if c := r.says; !slices.Equal(c.Audio, []Format{{ALaw, 20}, {MuLaw, 20}}) {
		t.Errorf("%v: G.722 is in no descriptor, and 2 is preferred to 5", c.Audio)
	}
	s.CapabilityDescriptors = []h245.CapabilityDescriptor{
		{CapabilityDescriptorNumber: 1, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{{40}}},
	}
	r = remote{}
	r.merge(s)
	if c := r.says; len(c.Audio) != 3 {
		t.Errorf("%v: descriptors without sound say nothing about it", c.Audio)
	}
}

// TestSmallSetsAreCheap: a peer whose table is full cannot have much work done by a few
// octets.
func TestSmallSetsAreCheap(t *testing.T) {
	var r remote
	full := set(1).Request.TerminalCapabilitySet
	for n := 1; n <= 256; n++ {
		full.CapabilityTable = append(full.CapabilityTable, h245.CapabilityTableEntry{
			CapabilityTableEntryNumber: n, Capability: &h245.Capability{ReceiveAudioCapability: Format{ALaw, 20}.capability()},
		})
	}
	for d := range 4 {
		var all h245.AlternativeCapabilitySet
		for n := 1; n <= 256; n++ {
			all = append(all, n)
		}
		full.CapabilityDescriptors = append(full.CapabilityDescriptors, h245.CapabilityDescriptor{
			CapabilityDescriptorNumber: d, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{all},
		})
	}
	r.merge(full)
	if r.kept != maxAlternatives || len(r.table) != 256 {
		t.Fatalf("%d alternatives, %d entries", r.kept, len(r.table))
	}
	small := &h245.TerminalCapabilitySet{CapabilityDescriptors: []h245.CapabilityDescriptor{{CapabilityDescriptorNumber: 99}}}
	allocated := testing.AllocsPerRun(100, func() { r.merge(small) })
	if len(r.table) != 256 || r.kept != maxAlternatives {
		t.Fatal("the table is no longer full")
	}
	if allocated > 20 {
		t.Errorf("%v allocations", allocated)
	}
}

// TestRemoteIsBounded: whatever comes, what is kept stays small.
func TestRemoteIsBounded(t *testing.T) {
	var r remote
	for i := range 300 {
		s := &h245.TerminalCapabilitySet{}
		for j := range 256 {
			n := (i*256+j)%65535 + 1
			s.CapabilityTable = append(s.CapabilityTable, h245.CapabilityTableEntry{
				CapabilityTableEntryNumber: n,
				Capability:                 &h245.Capability{ReceiveAudioCapability: Format{ALaw, 20}.capability()},
			})
		}
		sets := make([]h245.AlternativeCapabilitySet, 256)
		for k := range sets {
			sets[k] = make(h245.AlternativeCapabilitySet, 256)
		}
		s.CapabilityDescriptors = []h245.CapabilityDescriptor{{CapabilityDescriptorNumber: i % 256, SimultaneousCapabilities: sets}}
		r.merge(s)
		kept := 0
		for _, d := range r.descriptors {
			kept += len(d)
		}
		if len(r.table) > maxEntries || len(r.order) != len(r.table) || kept > maxAlternatives || kept != r.kept {
			t.Fatalf("%d entries, %d in order, %d alternatives (%d counted)", len(r.table), len(r.order), kept, r.kept)
		}
	}
}

func TestWhatOthersAreCalled(t *testing.T) {
	oid := per.OID("0.0.8.241.0.0.1")
	table := []h245.Capability{
		{ReceiveVideoCapability: &h245.VideoCapability{GenericVideoCapability: &h245.GenericCapability{
			CapabilityIdentifier: h245.CapabilityIdentifier{Standard: &oid},
		}}},
		{NonStandard: &h245.NonStandardParameter{NonStandardIdentifier: h245.NonStandardIdentifier{
			H221NonStandard: &h245.NonStandardIdentifierH221NonStandard{T35CountryCode: 181, ManufacturerCode: 38},
		}}},
		{ReceiveAudioCapability: &h245.AudioCapability{G728: new(int)}},
		{}, // of a later version
	}
	var r remote
	s := &h245.TerminalCapabilitySet{}
	for i := range table {
		s.CapabilityTable = append(s.CapabilityTable, h245.CapabilityTableEntry{CapabilityTableEntryNumber: i + 1, Capability: &table[i]})
	}
	r.merge(s)
	c := r.says
	if want := []string{"H.264", "non-standard 181/0/38", "G.728"}; !slices.Equal(c.Others, want) {
		t.Errorf("%q, want %q", c.Others, want)
	}
	if !c.Video || c.Data || len(c.Audio) != 0 {
		t.Errorf("%+v", c)
	}
}
