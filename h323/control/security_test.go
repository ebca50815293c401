package control

import (
	"testing"
	"testing/synctest"

	"github.com/partyline/partyline/h323/secure"
)

// TestPlainProposalsArePassedOver: once there are keys, fast connect in the clear is
// refused so that H.245 opens encrypted channels.
func TestPlainProposalsArePassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) {
			a.Keys, b.Keys = agreedKeys(t, secure.Preferred, secure.Preferred)
		})
		w.do(func() {
			keys := w.a.s.cfg.Keys
			w.a.s.cfg.Keys = nil // like a peer that proposes before it has keys
			list, err := w.a.s.Propose()
			if err != nil {
				t.Error(err)
			}
			w.a.s.cfg.Keys = keys
			if w.b.s.Choose(wire(t, list)) != nil {
				t.Error("accepted in the clear")
			}
			w.a.s.Refused()
		})
		w.start()
		wantKeys(t, w.a, w.b)
		wantKeys(t, w.b, w.a)
	})
}

// TestOneEndEncrypts: where the other one has no keys, sound goes in the clear.
func TestOneEndEncrypts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(a, b *Config) { a.Keys = secure.NewKeys(secure.Preferred) })
		w.start()
		w.a.wantOpen(G722)
		w.b.wantOpen(G722)
		if c, _ := w.a.channel(Transmit); c.Encrypted {
			t.Errorf("%+v", c)
		}
	})
}
