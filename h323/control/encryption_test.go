package control

import (
	"testing"

	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/secure"
)

// agreedKeys are the Keys of both ends of a call, as call signalling leaves them.
func agreedKeys(t *testing.T, caller, called secure.Policy) (a, b *secure.Keys) {
	t.Helper()
	a, b = secure.NewKeys(caller), secure.NewKeys(called)
	if err := b.Answer(a.Offer()); err != nil {
		t.Fatal(err)
	}
	if err := a.Complete(b.Tokens(), true); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// wantKeys checks that both ends have the same keys for the channel from one to the other.
func wantKeys(t *testing.T, from, to *side) {
	t.Helper()
	out, ok := from.channel(Transmit)
	in, ok2 := to.channel(Receive)
	if !ok || !ok2 || !out.Encrypted || !in.Encrypted || len(out.Keys) != 1 || len(in.Keys) == 0 ||
		!out.Keys[0].Equal(in.Keys[len(in.Keys)-1]) || out.PayloadType != in.PayloadType || out.PayloadType < 96 {
		t.Errorf("%s sends %+v, %s receives %+v", from.name, out, to.name, in)
	}
}

func TestEncryptedChannels(t *testing.T) {
	for _, types := range [][2]int{{50, 240}, {240, 50}, {240, 240}} {
		w := newWorld(t, func(a, b *Config) {
			a.TerminalType, b.TerminalType = types[0], types[1]
			a.Keys, b.Keys = agreedKeys(t, secure.Required, secure.Preferred)
		})
		w.start()
		wantKeys(t, w.a, w.b)
		wantKeys(t, w.b, w.a)
	}
}

// TestEncryptedFastStart: keys go with the answer of fast connect.
func TestEncryptedFastStart(t *testing.T) {
	var a, b *secure.Keys
	w := newWorld(t, func(ca, cb *Config) {
		a, b = secure.NewKeys(secure.Preferred), secure.NewKeys(secure.Preferred)
		ca.Keys, cb.Keys = a, b
	})
	w.do(func() {
		offer := a.Offer()
		proposals, err := w.a.s.Propose()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Answer(offer); err != nil {
			t.Fatal(err)
		}
		answer := w.b.s.Choose(proposals)
		if len(answer) != 2 {
			t.Fatalf("%d channels are answered", len(answer))
		}
		if err := a.Complete(b.Tokens(), true); err != nil {
			t.Fatal(err)
		}
		if err := w.a.s.Adopt(answer); err != nil {
			t.Error(err)
		}
	})
	wantKeys(t, w.a, w.b)
	wantKeys(t, w.b, w.a)
}

// TestPlainAndEncryptedProposals: which of both a called end takes.
func TestPlainAndEncryptedProposals(t *testing.T) {
	propose := func(k *secure.Keys) []*h245.OpenLogicalChannel {
		p := scripted(t, func(c *Config) { c.Keys = k })
		list, err := p.s.Propose()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, policy := range []secure.Policy{secure.Off, secure.Preferred} {
		caller, called := secure.NewKeys(secure.Preferred), secure.NewKeys(policy)
		if err := called.Answer(caller.Offer()); err != nil {
			t.Fatal(err)
		}
		plain, encrypted := propose(nil), propose(caller)
		choose := func(list ...*h245.OpenLogicalChannel) int {
			return len(scripted(t, func(c *Config) { c.Keys = called }).s.Choose(list))
		}
		if n := choose(append(encrypted, plain...)...); n != 2 {
			t.Errorf("%s: %d of both kinds", policy, n)
		}
		wantPlain, wantEncrypted := 2, 0
		if policy == secure.Preferred {
			wantPlain, wantEncrypted = 0, 2 // H.245 opens encrypted ones
		}
		if n := choose(propose(nil)...); n != wantPlain {
			t.Errorf("%s: %d plain ones", policy, n)
		}
		if n := choose(propose(caller)...); n != wantEncrypted {
			t.Errorf("%s: %d encrypted ones", policy, n)
		}
	}
}

// TestWaitingForKeys: H.245 begins before the called end's token comes in Connect.
func TestWaitingForKeys(t *testing.T) {
	for _, answered := range []bool{true, false} {
		caller, called := secure.NewKeys(secure.Preferred), secure.NewKeys(secure.Preferred)
		if err := called.Answer(caller.Offer()); err != nil {
			t.Fatal(err)
		}
		p := scripted(t, func(c *Config) { c.Keys = caller })
		capable := set(1, ALaw)
		called.Announce(capable.Request.TerminalCapabilitySet)
		p.w.do(p.s.Start)
		p.receive(ack(p.s.caps.seq), determination(50, 1), capable, determinationAck(true))
		if n := p.count("openLogicalChannel"); n != 0 {
			t.Fatalf("%d channels before there are keys", n)
		}
		var tokens []h235.ClearToken
		if answered {
			tokens = called.Tokens()
		}
		p.w.do(func() {
			if err := caller.Complete(tokens, true); err != nil {
				t.Fatal(err)
			}
			p.s.KeysAgreed()
		})
		o := p.last("openLogicalChannel").Request.OpenLogicalChannel
		encrypted := o.ForwardLogicalChannelParameters.DataType.H235Media != nil
		if encrypted != answered || (o.EncryptionSync != nil) != answered {
			t.Errorf("answered with a token: %v, %+v", answered, o)
		}
	}
	// A peer that does not encrypt is not waited for.
	caller := secure.NewKeys(secure.Preferred)
	caller.Offer()
	p := scripted(t, func(c *Config) { c.Keys = caller })
	p.ready(ALaw)
	if n := p.count("openLogicalChannel"); n != 1 {
		t.Errorf("%d channels", n)
	}
	p.w.do(p.s.Stop)
	p.w.do(p.s.KeysAgreed)
}

// TestPlainChannelsWhereKeysAreRequired are rejected with securityDenied, and none of
// ours opens to a peer that does not encrypt.
func TestPlainChannelsWhereKeysAreRequired(t *testing.T) {
	keys, _ := agreedKeys(t, secure.Required, secure.Preferred)
	p := scripted(t, func(c *Config) { c.Keys = keys })
	p.ready(ALaw)
	if n := p.count("openLogicalChannel"); n != 0 {
		t.Errorf("%d channels of ours", n)
	}
	p.receive(open(1, 1, ALaw))
	r := p.last("openLogicalChannelReject")
	if r == nil || r.Response.OpenLogicalChannelReject.Cause.SecurityDenied == nil {
		t.Errorf("%+v", r)
	}
	if keys.Check() == nil {
		t.Error("the call goes on")
	}
}

// TestNewKeys: both channels get new keys, with other payload types.
func TestNewKeys(t *testing.T) {
	w := newWorld(t, func(a, b *Config) {
		a.Keys, b.Keys = agreedKeys(t, secure.Preferred, secure.Preferred)
	})
	w.start()
	for range 3 {
		before, _ := w.a.channel(Transmit)
		w.do(func() { w.a.s.RefreshKeys(); w.b.s.RefreshKeys() }) // one of them is the master
		after, _ := w.a.channel(Transmit)
		if before.Keys[0].Equal(after.Keys[0]) || before.PayloadType == after.PayloadType {
			t.Errorf("%+v became %+v", before, after)
		}
		wantKeys(t, w.a, w.b)
		wantKeys(t, w.b, w.a)
	}
	// The slave asks for another.
	master, slave := w.a, w.b
	if m, _ := w.b.s.Master(); m {
		master, slave = w.b, w.a
	}
	before, _ := slave.channel(Transmit)
	w.do(func() {
		slave.s.Send(h245.NewCommand(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{
			LogicalChannelNumber: before.Number,
			Type:                 h245.MiscellaneousCommandType{EncryptionUpdateRequest: &h245.EncryptionUpdateRequest{}},
			Direction:            &h245.EncryptionUpdateDirection{SlaveToMaster: null()},
		}}))
	})
	after, _ := slave.channel(Transmit)
	if before.Keys[0].Equal(after.Keys[0]) {
		t.Error("the slave asked for a key and got none")
	}
	wantKeys(t, slave, master)
}
