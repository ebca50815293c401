package bridge_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/media"
)

// bench is a bridge in virtual time.
type bench struct {
	*testing.T
	*bridge.Bridge
	ctx context.Context
}

func inBubble(t *testing.T, engines int, cfg bridge.Config, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
		m, err := media.New(media.Config{Engines: engines, Pacer: media.TimerPacer{}, Logger: cfg.Logger})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		b := bridge.New(m, cfg)
		defer m.Close()
		defer b.Close()
		f(&bench{t, b, t.Context()})
	})
}

func (b *bench) enter(id string, rate int) (*memory.Leg, *bridge.Participant) {
	b.Helper()
	leg := memory.New(id, rate, bridge.Party{Name: id, Number: "100"})
	p, err := b.Enter(leg)
	if err != nil {
		b.Fatal(err)
	}
	return leg, p
}

func (b *bench) join(id string, rate int, cfg bridge.RoomConfig, opt bridge.JoinOptions) (*memory.Leg, *bridge.Participant, *bridge.Room) {
	b.Helper()
	leg, p := b.enter(id, rate)
	r, err := b.Join(b.ctx, p, cfg, opt)
	if err != nil {
		b.Fatalf("%s: %v", id, err)
	}
	return leg, p, r
}

func (b *bench) roster(r *bridge.Room) map[string]bridge.Entry {
	b.Helper()
	list, err := r.Roster(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	all := map[string]bridge.Entry{}
	for _, e := range list {
		all[e.ID] = e
	}
	return all
}

// sine returns d of a tone of -20 dBFS.
func sine(rate int, freq float64, d time.Duration) []int16 {
	out := make([]int16, int(int64(rate)*int64(d)/int64(time.Second)))
	for i := range out {
		out[i] = int16(3276 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate)))
	}
	return out
}

// has says how much of a sound's power lies at freq, as a share of a full sine of
// sine's amplitude.
func has(sound []int16, rate int, freq float64) float64 {
	if len(sound) == 0 {
		return 0
	}
	var re, im float64
	for i, v := range sound {
		w := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += float64(v) * math.Cos(w)
		im += float64(v) * math.Sin(w)
	}
	return math.Hypot(re, im) * 2 / float64(len(sound)) / 3276
}

var plain = bridge.RoomConfig{ID: "r1", Name: "Boardroom"}
