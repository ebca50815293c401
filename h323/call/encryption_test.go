package call

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/secure"
)

// sound checks that what one end sends the other understands, and nobody else does:
// RTP packets are encrypted and decrypted with what was agreed upon.
func (p *pair) sound(encrypted bool) {
	p.t.Helper()
	for _, way := range []struct {
		who      string
		from, to *desk
	}{{"the caller", p.caller, p.callee}, {"the callee", p.callee, p.caller}} {
		send, receive := way.from.send, way.to.receive
		if send == nil || len(receive) != 1 {
			p.t.Fatalf("%s has no channels: %+v, %+v", way.who, send, receive)
		}
		if send.Encrypted != encrypted || receive[0].Encrypted != encrypted {
			p.t.Errorf("%s is encrypted: %v and %v", way.who, send.Encrypted, receive[0].Encrypted)
		}
		if !encrypted {
			if len(send.Keys)+len(receive[0].Keys) > 0 || send.Payload != receive[0].Payload {
				p.t.Errorf("%s, plain: %+v, %+v", way.who, send, receive[0])
			}
			continue
		}
		p.decrypts(way.who, send, &receive[0])
	}
}

// decrypts checks one direction.
func (p *pair) decrypts(who string, send, receive *Channel) {
	p.t.Helper()
	if len(send.Keys) != 1 || len(receive.Keys) == 0 || send.Payload < 96 || send.Payload != send.Keys[0].PayloadType {
		p.t.Fatalf("%s: %+v, %+v", who, send, receive)
	}
	out, err := secure.NewCipher(send.Keys[0])
	if err != nil {
		p.t.Fatal(err)
	}
	in, err := secure.NewCipher(secure.Key{}, receive.Keys...)
	if err != nil {
		p.t.Fatal(err)
	}
	sound := bytes.Repeat([]byte("sound of G.7"), 12)
	packet := make([]byte, 12, 200)
	packet[0], packet[1] = 0x80, send.Payload
	binary.BigEndian.PutUint16(packet[2:], 4711)
	binary.BigEndian.PutUint32(packet[4:], 160*4711)
	sealed := out.SealRTP(append(packet, sound...), 12)
	if bytes.Contains(sealed, sound[:12]) {
		p.t.Errorf("%s sends plain sound", who)
	}
	if got, ok := in.OpenRTP(make([]byte, 200), sealed, 12); !ok || !bytes.Equal(got, sound) {
		p.t.Errorf("%s is not understood", who)
	}
}

// TestEncryption calls with all policies at both ends, in all ways.
func TestEncryption(t *testing.T) {
	for _, c := range []struct {
		caller, callee secure.Policy
		encrypted      bool
		refused        bool
	}{
		{secure.Preferred, secure.Preferred, true, false},
		{secure.Preferred, secure.Required, true, false},
		{secure.Required, secure.Preferred, true, false},
		{secure.Required, secure.Required, true, false},
		{secure.Off, secure.Preferred, false, false},
		{secure.Preferred, secure.Off, false, false},
		{secure.Required, secure.Off, false, true},
		{secure.Off, secure.Required, false, true},
	} {
		for i := range 1 << 6 {
			bit := func(n int) bool { return i>>n&1 == 1 }
			fast, encrypts, tunnelled, early, masters, alert := bit(0), bit(1), bit(2), bit(3), bit(4), bit(5)
			if early && !tunnelled || encrypts && (!fast || c.caller == secure.Off) {
				continue
			}
			name := fmt.Sprintf("%s/%s,fast=%t/%t,tunnel=%t,early=%t,callerMasters=%t,alert=%t", c.caller, c.callee, fast, encrypts, tunnelled, early, masters, alert)
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPair(t)
					p.from.Encryption, p.to.Encryption = c.caller, c.callee
					p.from.NoFastConnect, p.from.FastEncryption = !fast, encrypts
					p.from.NoTunnelling, p.from.ParallelControl = !tunnelled, early
					p.from.Terminal = !masters
					if masters {
						p.from.TerminalType, p.to.TerminalType = 240, 50
					}
					if alert {
						p.callee.incoming = func(c *Call, _ *Setup) {
							c.Proceed()
							c.Alert()
							time.AfterFunc(5*time.Second, c.Answer)
						}
					}
					p.dial(target)
					p.settle(10 * time.Second)
					if c.refused {
						p.refusedUnencrypted(c.caller == secure.Required)
						return
					}
					p.talking(G722)
					p.sound(c.encrypted)
					p.exchangeKeys()
					p.hangUp()
				})
			})
		}
	}
}

// refusedUnencrypted checks that the call ended for want of encryption, and that both
// ends say so.
func (p *pair) refusedUnencrypted(byCaller bool) {
	p.t.Helper()
	refused, told := p.callee.reason(), p.caller.reason()
	if byCaller {
		refused, told = told, refused
	}
	if !errors.Is(refused.Err, secure.ErrRequired) || refused.Peer || refused.Release != ReleaseSecurityDenied {
		p.t.Errorf("refused: %+v", refused)
	}
	if told.Release != ReleaseSecurityDenied || !told.Peer {
		p.t.Errorf("told: %+v", told)
	}
	if p.caller.send != nil || p.callee.send != nil {
		p.t.Error("somebody may send")
	}
	p.gone()
}

// TestNewMediaKeys: the master makes up new ones during the call, of other payload
// types, and sound goes on.
func TestNewMediaKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.from.Encryption, p.to.Encryption = secure.Preferred, secure.Required
		p.dial(target)
		p.sound(true)
		for range 3 {
			send, receive := *p.caller.send, p.callee.receive[0]
			p.callee.call.box.put(p.callee.call.ctl.session.RefreshKeys) // the MCU is the master
			p.settle(time.Second)
			p.sound(true)
			is := p.callee.receive[0]
			if p.caller.send.Keys[0].Equal(send.Keys[0]) || p.caller.send.Payload == send.Payload {
				t.Error("the caller's key is the old one")
			}
			if len(is.Keys) != 2 || !is.Keys[0].Equal(receive.Keys[len(receive.Keys)-1]) {
				t.Error("the callee does not understand what is still on its way")
			}
		}
		p.hangUp()
	})
}
