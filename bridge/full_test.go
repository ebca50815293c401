package bridge_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// laborious is a unit whose tick takes 19 ms.
type laborious struct{}

func (laborious) Tick(t *media.Tick) {
	for range 19 {
		time.Sleep(time.Millisecond)
		t.Yield()
	}
}

// TestARoomIsFullWhenItsEngineIs: whoever is in it must not suffer.
func TestARoomIsFullWhenItsEngineIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		m, err := media.New(media.Config{Engines: 1, Pacer: media.TimerPacer{}, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		b := &bench{t, bridge.New(m, bridge.Config{Logger: log}), t.Context()}
		defer b.Close()
		b.join("a", 8000, plain, bridge.JoinOptions{})
		e, heavy := m.Engines()[0], laborious{}
		e.Add(heavy)
		time.Sleep(5 * time.Second)
		_, p := b.enter("b", 8000)
		if _, err := b.Join(b.ctx, p, plain, bridge.JoinOptions{}); err != cause.Full {
			t.Errorf("joined an overloaded engine's room: %v", err)
		}
		e.Remove(heavy)
		time.Sleep(5 * time.Second)
		if _, err := b.Join(b.ctx, p, plain, bridge.JoinOptions{}); err != nil {
			t.Errorf("not taken in afterwards: %v", err)
		}
	})
}
