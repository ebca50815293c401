package bridge_test

import (
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/media"
)

// homed is a leg whose sound is an engine's already, as an RTP stream's is.
type homed struct {
	*memory.Leg
	sound settled
}

func (h *homed) Audio() media.Audio { return &h.sound }

type settled struct {
	media.Audio
	engine   *media.Engine
	attached []*media.Engine
}

func (s *settled) Engine() *media.Engine  { return s.engine }
func (s *settled) Attach(e *media.Engine) { s.attached = append(s.attached, e) }

// A leg begins on the engine that has its sound: no other may touch it.
func TestALegBeginsOnItsOwnEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		m, err := media.New(media.Config{Engines: 3, Pacer: media.TimerPacer{}, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		b := bridge.New(m, bridge.Config{Logger: log})
		defer b.Close()
		own := m.Engines()[2]
		leg := memory.New("a", 8000, bridge.Party{})
		h := &homed{leg, settled{Audio: leg.Audio(), engine: own}}
		p, err := b.Enter(h)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.Exit()
		synctest.Wait()
		for _, e := range h.sound.attached {
			if e != own {
				t.Errorf("attached to engine %d, its own is %d", e.Index(), own.Index())
			}
		}
		if len(h.sound.attached) == 0 {
			t.Error("never attached")
		}
	})
}
