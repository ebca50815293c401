package secure

import (
	"errors"
	"testing"

	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// alaw is an OpenLogicalChannel of G.711 A-law.
func alaw() *h245.OpenLogicalChannel {
	frames := 20
	return &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: 1,
		ForwardLogicalChannelParameters: h245.OpenLogicalChannelForwardLogicalChannelParameters{
			DataType: h245.DataType{AudioData: &h245.AudioCapability{G711Alaw64k: &frames}},
			MultiplexParameters: h245.OpenLogicalChannelForwardLogicalChannelParametersMultiplexParameters{
				H2250LogicalChannelParameters: &h245.H2250LogicalChannelParameters{SessionID: 1},
			},
		},
	}
}

// reverse is a proposal of fast connect for the other direction.
func reverse() *h245.OpenLogicalChannel {
	o := alaw()
	f := &o.ForwardLogicalChannelParameters
	o.ReverseLogicalChannelParameters = &h245.OpenLogicalChannelReverseLogicalChannelParameters{
		DataType: f.DataType,
		MultiplexParameters: &h245.OpenLogicalChannelReverseLogicalChannelParametersMultiplexParameters{
			H2250LogicalChannelParameters: f.MultiplexParameters.H2250LogicalChannelParameters,
		},
	}
	f.DataType = h245.DataType{NullData: &per.Null{}}
	f.MultiplexParameters.H2250LogicalChannelParameters = nil
	f.MultiplexParameters.None = &per.Null{}
	return o
}

// sent is an OpenLogicalChannel as the other end reads it.
func sent(t *testing.T, o *h245.OpenLogicalChannel) *h245.OpenLogicalChannel {
	t.Helper()
	b, err := per.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	out := new(h245.OpenLogicalChannel)
	if err := per.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPolicies: who gets what in call signalling, with all policies at both ends.
func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		caller, called   Policy
		setup, connected error
		agreed           bool
	}{
		{Off, Off, nil, nil, false},
		{Off, Preferred, nil, nil, false},
		{Off, Required, ErrRequired, nil, false},
		{Preferred, Off, nil, nil, false},
		{Preferred, Preferred, nil, nil, true},
		{Preferred, Required, nil, nil, true},
		{Required, Off, nil, ErrRequired, false},
		{Required, Preferred, nil, nil, true},
		{Required, Required, nil, nil, true},
	} {
		t.Run(c.caller.String()+" calls "+c.called.String(), func(t *testing.T) {
			a, b := NewKeys(c.caller), NewKeys(c.called)
			offer := a.Offer()
			if (len(offer) == 0) != (c.caller == Off) {
				t.Fatalf("%d tokens in Setup", len(offer))
			}
			err := b.Answer(offer)
			if !errors.Is(err, c.setup) {
				t.Fatalf("the Setup: %v", err)
			}
			if err != nil {
				return
			}
			answer := b.Tokens()
			if (len(answer) > 0) != c.agreed || a.Tokens() != nil {
				t.Errorf("%d tokens in Connect", len(answer))
			}
			// An Alerting without tokens decides nothing.
			if err := a.Complete(nil, false); err != nil {
				t.Errorf("Alerting: %v", err)
			}
			if err := a.Complete(answer, true); !errors.Is(err, c.connected) {
				t.Errorf("the Connect: %v", err)
			}
			if a.Agreed() != c.agreed || b.Agreed() != c.agreed {
				t.Errorf("agreed: %v and %v", a.Agreed(), b.Agreed())
			}
			// What comes later changes nothing.
			if err := a.Complete(nil, true); c.agreed && err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUnsoundTokensAndPolicies: a peer that cheats gets plain media, or none.
func TestUnsoundTokensAndPolicies(t *testing.T) {
	bad := []h235.ClearToken{{TokenOID: modp1024.oid, Dhkey: &h235.DHset{Halfkey: per.BitString{Bytes: []byte{1}, Bits: 8}}}}
	for p, want := range map[Policy]error{Preferred: nil, Required: ErrRequired} {
		k := NewKeys(p)
		if err := k.Answer(bad); !errors.Is(err, want) || k.Tokens() != nil || k.Agreed() {
			t.Errorf("%s: answered %v", p, err)
		}
		k = NewKeys(p)
		k.Offer()
		if err := k.Complete(bad, true); !errors.Is(err, want) || k.Agreed() {
			t.Errorf("%s: completed %v", p, err)
		}
	}
}

func TestParsePolicy(t *testing.T) {
	for _, p := range []Policy{Off, Preferred, Required} {
		if got, err := ParsePolicy(p.String()); err != nil || got != p {
			t.Errorf("%s: %v %v", p, got, err)
		}
	}
	if _, err := ParsePolicy("maybe"); err == nil {
		t.Error("maybe is a policy")
	}
}

// TestNilKeys: without any, media is plain.
func TestNilKeys(t *testing.T) {
	var k *Keys
	if k.Offer() != nil || k.Complete(nil, true) != nil || k.Agreed() || k.Policy() != Off || k.Tokens() != nil {
		t.Error("a nil Keys is not off")
	}
	if k.Answer(NewOffer().Tokens()) != nil || k.Tokens() != nil {
		t.Error("it answers")
	}
	set := audioSet()
	k.Announce(set)
	k.Learn(set)
	k.Propose([]*h245.OpenLogicalChannel{alaw()})
	if len(set.CapabilityTable) != 4 {
		t.Error("it announces")
	}
	o := alaw()
	if c, err := k.Open(o, true); c != nil || err != nil || o.ForwardLogicalChannelParameters.DataType.AudioData == nil {
		t.Error("it encrypts")
	}
	if c, err := k.Accept(alaw(), true); c != nil || err != nil {
		t.Error("it refuses plain media")
	}
}

// pair is the two ends of a call that agreed, and have each other's capabilities.
func pair(t *testing.T, p Policy) (caller, called *Keys) {
	t.Helper()
	caller, called = NewKeys(p), NewKeys(Preferred)
	if err := called.Answer(caller.Offer()); err != nil {
		t.Fatal(err)
	}
	if err := caller.Complete(called.Tokens(), true); err != nil {
		t.Fatal(err)
	}
	for _, k := range [][2]*Keys{{caller, called}, {called, caller}} {
		set := audioSet()
		k[0].Announce(set)
		b, err := per.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		var got h245.TerminalCapabilitySet
		if err := per.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		k[1].Learn(&got)
	}
	return caller, called
}

// TestSlowStart: a channel each way; the master makes up both keys.
func TestSlowStart(t *testing.T) {
	for _, callerIsMaster := range []bool{true, false} {
		caller, called := pair(t, Required)
		for _, from := range []*Keys{caller, called} {
			to, master := called, callerIsMaster
			if from == called {
				to, master = caller, !callerIsMaster
			}
			o := alaw()
			ours, err := from.Open(o, master)
			if err != nil || ours == nil {
				t.Fatalf("%v %v", ours, err)
			}
			if (o.EncryptionSync != nil) != master || (len(ours.Keys()) == 1) != master {
				t.Error("the key is not the master's")
			}
			pt := o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters.DynamicRTPPayloadType
			if pt == nil || *pt < 96 || *pt == 120 {
				t.Errorf("payload type %v: 120 is the peer's for events", pt)
			}
			got := sent(t, o)
			theirs, err := to.Accept(got, !master)
			if err != nil || theirs == nil {
				t.Fatalf("%v %v", theirs, err)
			}
			if a := got.ForwardLogicalChannelParameters.DataType.AudioData; a == nil || *a.G711Alaw64k != 20 {
				t.Errorf("not plain: %+v", got.ForwardLogicalChannelParameters.DataType)
			}
			if (theirs.Sync() != nil) != !master {
				t.Error("who acknowledges with a key?")
			}
			if err := ours.Acknowledged(theirs.Sync()); err != nil {
				t.Fatal(err)
			}
			a, b := ours.Keys(), theirs.Keys()
			if len(a) != 1 || len(b) != 1 || !a[0].Equal(b[0]) || int(a[0].PayloadType) != *pt || ours.Algorithm() != AES256 {
				t.Errorf("%v and %v", a, b)
			}
		}
	}
}

// TestFastStart: proposals of both directions; the called end makes up the keys.
func TestFastStart(t *testing.T) {
	caller, called := NewKeys(Preferred), NewKeys(Preferred)
	offer := caller.Offer()
	proposals := []*h245.OpenLogicalChannel{alaw(), reverse()}
	caller.Propose(proposals)
	if err := called.Answer(offer); err != nil {
		t.Fatal(err)
	}
	var answers []*h245.OpenLogicalChannel
	var theirs []*Channel
	for _, o := range proposals {
		got := sent(t, o)
		d, _ := mediaOf(got)
		if d.H235Media == nil {
			t.Fatal("a plain proposal")
		}
		c, err := called.Accept(got, true)
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		d, _ = mediaOf(got)
		c.Wrap(d)
		got.EncryptionSync = c.Sync()
		answers, theirs = append(answers, sent(t, got)), append(theirs, c)
	}
	if err := caller.Complete(called.Tokens(), false); err != nil {
		t.Fatal(err)
	}
	for i, o := range answers {
		c, err := caller.Accept(o, false)
		if err != nil || c == nil || len(c.Keys()) != 1 || !c.Keys()[0].Equal(theirs[i].Keys()[0]) {
			t.Errorf("channel %d: %v %v", i, c, err)
		}
	}
	if theirs[0].Keys()[0].Equal(theirs[1].Keys()[0]) {
		t.Error("one key for both directions")
	}
}

// TestRefusedChannels: what was not agreed upon, and plain ones if that is not allowed.
func TestRefusedChannels(t *testing.T) {
	encrypted := func(a Algorithm) *h245.OpenLogicalChannel {
		o := alaw()
		(&Channel{algorithm: a}).Wrap(&o.ForwardLogicalChannelParameters.DataType)
		return o
	}
	caller, _ := pair(t, Required)
	if _, err := caller.Accept(alaw(), false); !errors.Is(err, ErrRequired) {
		t.Errorf("a plain channel: %v", err)
	}
	if _, err := caller.Accept(encrypted("1.2.3"), true); err == nil {
		t.Error("an unknown algorithm")
	}
	if _, err := caller.Accept(encrypted(AES128), false); err == nil {
		t.Error("no key from the master")
	}
	garbled := encrypted(AES128)
	garbled.EncryptionSync = &h245.EncryptionSync{SynchFlag: 120, H235Key: []byte{0}}
	if _, err := caller.Accept(garbled, false); err == nil {
		t.Error("a key of garbage")
	}
	if _, err := NewKeys(Preferred).Accept(encrypted(AES128), true); err == nil {
		t.Error("encrypted before there is a secret")
	}
	video := alaw()
	video.ForwardLogicalChannelParameters.DataType = h245.DataType{VideoData: &h245.VideoCapability{}}
	if c, err := caller.Accept(video, true); c != nil || err != nil {
		t.Error("video is not ours to judge")
	}
	// A peer whose capabilities have no encryption gets plain channels, or none.
	for p, want := range map[Policy]error{Preferred: nil, Required: ErrRequired} {
		k, _ := pair(t, p)
		k.Learn(&h245.TerminalCapabilitySet{})
		k.Learn(audioSet())
		o := alaw()
		if c, err := k.Open(o, true); c != nil || !errors.Is(err, want) || o.ForwardLogicalChannelParameters.DataType.AudioData == nil {
			t.Errorf("%s: %v %v", p, c, err)
		}
		// A pause is no news of capabilities, and neither is what else it can do.
		k, _ = pair(t, p)
		k.Learn(&h245.TerminalCapabilitySet{CapabilityTable: []h245.CapabilityTableEntry{{
			CapabilityTableEntryNumber: 30, Capability: &h245.Capability{ReceiveVideoCapability: &h245.VideoCapability{}},
		}}})
		k.Learn(&h245.TerminalCapabilitySet{})
		if c, err := k.Open(alaw(), true); c == nil || err != nil {
			t.Errorf("%s, paused: %v %v", p, c, err)
		}
		// An entry can be taken back.
		k, _ = pair(t, p)
		k.Learn(&h245.TerminalCapabilitySet{CapabilityTable: []h245.CapabilityTableEntry{{CapabilityTableEntryNumber: 102}}})
		if c, err := k.Open(alaw(), true); c != nil || !errors.Is(err, want) {
			t.Errorf("%s, taken back: %v %v", p, c, err)
		}
	}
	// An acknowledgement without the master's key.
	k, _ := pair(t, Preferred)
	c, err := k.Open(alaw(), false)
	if err != nil {
		t.Fatal(err)
	}
	if c.Acknowledged(nil) == nil || len(c.Keys()) != 0 {
		t.Error("acknowledged without a key")
	}
}

// FuzzKeys: whatever a peer's H.245 says of encryption, nothing falls over, and what is
// agreed upon can be used.
func FuzzKeys(f *testing.F) {
	marshal := func(v any) []byte {
		b, err := per.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	set, olc := audioSet(), alaw()
	us := NewKeys(Preferred)
	us.secret = agreed(f, true)
	us.Announce(set)
	c := &Channel{of: us, algorithm: AES128}
	c.Wrap(&olc.ForwardLogicalChannelParameters.DataType)
	if err := c.makeKey(99); err != nil {
		f.Fatal(err)
	}
	olc.EncryptionSync = c.Sync()
	m, _, err := c.Refresh(1, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(marshal(set), marshal(olc), marshal(m), true)
	f.Add(marshal(audioSet()), marshal(alaw()), marshal(m), false)
	f.Fuzz(func(t *testing.T, tcs, olc, misc []byte, master bool) {
		k := NewKeys(Required)
		k.secret = agreed(t, true)
		var set h245.TerminalCapabilitySet
		if per.Unmarshal(tcs, &set) == nil {
			k.Learn(&set)
			k.Announce(&set)
		}
		var o h245.OpenLogicalChannel
		if per.Unmarshal(olc, &o) != nil {
			return
		}
		c, err := k.Accept(&o, master)
		if err != nil || c == nil {
			return
		}
		var m h245.MiscellaneousCommand
		if per.Unmarshal(misc, &m) == nil {
			_, _, _ = c.Update(&m, master, master)
			_, _, _ = c.Update(&m, !master, !master)
		}
		if _, err := NewCipher(Key{}, c.Keys()...); err != nil {
			t.Fatal(err)
		}
	})
}
