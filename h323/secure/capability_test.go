package secure

import (
	"errors"
	"slices"
	"testing"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// audioSet is a capability set like ours: three codecs in one alternative, and events.
func audioSet() *h245.TerminalCapabilitySet {
	frames := 20
	events := h245.AudioTelephonyEventCapability{DynamicRTPPayloadType: 120, AudioTelephoneEvent: "0-16"}
	entry := func(n int, c h245.Capability) h245.CapabilityTableEntry {
		return h245.CapabilityTableEntry{CapabilityTableEntryNumber: n, Capability: &c}
	}
	return &h245.TerminalCapabilitySet{
		SequenceNumber: 1, ProtocolIdentifier: "0.0.8.245.0.17",
		CapabilityTable: []h245.CapabilityTableEntry{
			entry(1, h245.Capability{ReceiveAudioCapability: &h245.AudioCapability{G72264k: &frames}}),
			entry(2, h245.Capability{ReceiveAudioCapability: &h245.AudioCapability{G711Alaw64k: &frames}}),
			entry(3, h245.Capability{ReceiveAndTransmitAudioCapability: &h245.AudioCapability{G711Ulaw64k: &frames}}),
			entry(4, h245.Capability{ReceiveRTPAudioTelephonyEventCapability: &events}),
		},
		CapabilityDescriptors: []h245.CapabilityDescriptor{{
			SimultaneousCapabilities: []h245.AlternativeCapabilitySet{{1, 2, 3}, {4}},
		}},
	}
}

// TestCapabilities: a security capability for each audio capability, numbered and placed
// as others do it.
func TestCapabilities(t *testing.T) {
	k, _ := pair(t, Preferred)
	set := audioSet()
	k.Announce(set)
	if len(set.CapabilityTable) != 7 {
		t.Fatalf("%d entries", len(set.CapabilityTable))
	}
	for i, e := range set.CapabilityTable[4:] {
		s := e.Capability.H235SecurityCapability
		if s == nil || e.CapabilityTableEntryNumber != 101+i || s.MediaCapability != 1+i {
			t.Fatalf("entry %d: %+v", i, e)
		}
		algorithms := s.EncryptionAuthenticationAndIntegrity.EncryptionCapability
		if len(algorithms) != 2 || *algorithms[0].Algorithm != per.OID(AES256) || *algorithms[1].Algorithm != per.OID(AES128) {
			t.Errorf("entry %d: %+v", i, algorithms)
		}
	}
	simultaneous := set.CapabilityDescriptors[0].SimultaneousCapabilities
	if !slices.Equal(simultaneous[0], []int{1, 2, 3, 101, 102, 103}) || !slices.Equal(simultaneous[1], []int{4}) {
		t.Errorf("%v", simultaneous)
	}
	// Before the peer has answered, what goes with every group.
	early := NewKeys(Preferred)
	early.Offer()
	set = audioSet()
	early.Announce(set)
	if a := set.CapabilityTable[4].Capability.H235SecurityCapability.EncryptionAuthenticationAndIntegrity.EncryptionCapability; len(a) != 1 || *a[0].Algorithm != per.OID(AES128) {
		t.Errorf("%+v", a)
	}
}

// TestOthersCapabilities: capabilities of the peer that are odd do no harm.
func TestOthersCapabilities(t *testing.T) {
	k, _ := pair(t, Preferred)
	set := audioSet()
	about := func(n int, e h245.EncryptionAuthenticationAndIntegrity) {
		set.CapabilityTable = append(set.CapabilityTable, h245.CapabilityTableEntry{
			CapabilityTableEntryNumber: 50 + n,
			Capability:                 &h245.Capability{H235SecurityCapability: &h245.H235SecurityCapability{EncryptionAuthenticationAndIntegrity: e, MediaCapability: n}},
		})
	}
	unknown := integrity("1.2.3", AES128)
	unknown.EncryptionCapability = append(unknown.EncryptionCapability, h245.MediaEncryptionAlgorithm{})
	about(2, unknown)
	about(3, h245.EncryptionAuthenticationAndIntegrity{})
	about(4, integrity(AES128))  // events
	about(77, integrity(AES128)) // nothing
	set.CapabilityTable = append(set.CapabilityTable, h245.CapabilityTableEntry{CapabilityTableEntryNumber: 9})
	k.Learn(&h245.TerminalCapabilitySet{}) // else it adds to what was
	k.Learn(set)
	if k.encrypts("G.711 A-law") != AES128 || k.encrypts("") != AES128 {
		t.Errorf("%v", k.table)
	}
	for _, kind := range []string{"G.711 µ-law", "G.722"} {
		if a := k.encrypts(kind); a != "" {
			t.Errorf("%s: %s", kind, a)
		}
	}
}

// TestWaiting: with H.245 before Connect, channels wait for the token if it is of use.
func TestWaiting(t *testing.T) {
	secured := audioSet()
	peer, _ := pair(t, Preferred)
	peer.Announce(secured)
	k := NewKeys(Preferred)
	offer := k.Offer()
	if k.Waiting() {
		t.Error("waiting for nothing")
	}
	k.Learn(audioSet())
	if k.Waiting() {
		t.Error("waiting for a peer that does not encrypt")
	}
	k.Learn(secured)
	if !k.Waiting() {
		t.Error("not waiting")
	}
	called := NewKeys(Preferred)
	if err := called.Answer(offer); err != nil {
		t.Fatal(err)
	}
	if err := k.Complete(called.Tokens(), false); err != nil || k.Waiting() {
		t.Errorf("still waiting: %v", err)
	}
	if c, err := k.Open(alaw(), true); c == nil || err != nil || c.Algorithm() != AES256 {
		t.Errorf("%v %v", c, err)
	}
	k = NewKeys(Preferred)
	k.Offer()
	k.Learn(secured)
	if err := k.Complete(nil, true); err != nil || k.Waiting() {
		t.Errorf("still waiting: %v", err)
	}
}

// TestCheck: who requires encryption and finds none ends the call.
func TestCheck(t *testing.T) {
	for p, want := range map[Policy]error{Preferred: nil, Required: ErrRequired} {
		k, _ := pair(t, p)
		if err := k.Check(); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		k.Learn(&h245.TerminalCapabilitySet{})
		if err := k.Check(); err != nil {
			t.Errorf("%s, paused: %v", p, err)
		}
		k.Learn(audioSet())
		if err := k.Check(); !errors.Is(err, want) {
			t.Errorf("%s: %v", p, err)
		}
	}
	if NewKeys(Required).Check() != nil {
		t.Error("refused before anything is known")
	}
}

// TestEndlessTables: a peer that sends ever new entries fills no memory.
func TestEndlessTables(t *testing.T) {
	k, _ := pair(t, Preferred)
	for n := 1; n < 60000; n += 200 {
		set := &h245.TerminalCapabilitySet{}
		for i := range 200 {
			set.CapabilityTable = append(set.CapabilityTable, h245.CapabilityTableEntry{
				CapabilityTableEntryNumber: n + i,
				Capability:                 &h245.Capability{H235SecurityCapability: &h245.H235SecurityCapability{MediaCapability: 1}},
			})
		}
		k.Learn(set)
	}
	if len(k.table) > maxTable {
		t.Errorf("%d entries are kept", len(k.table))
	}
}
