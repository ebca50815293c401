package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/partyline/partyline/test/load"
)

// capacity asks how many callers this machine holds, with the load on the same cores:
// in one room, and in rooms of 10.
func (b *bench) capacity(ctx context.Context) error {
	return errors.Join(
		b.ramp(ctx, "one room", 1500, []int{500, 1000, 1500}),
		b.ramp(ctx, "rooms of 10", 10, []int{500, 1000, 1400}),
	)
}

// ramp goes up step by step until sound suffers.
func (b *bench) ramp(ctx context.Context, what string, size int, steps []int) (err error) {
	most := steps[len(steps)-1]
	g, err := b.start(ctx, (most+size-1)/size)
	if err != nil {
		return err
	}
	defer g.stop()
	cfg := load.Config{Talkers: 2, Clickers: 1, Tracks: 1}
	if size > 100 {
		cfg.Clickers, cfg.Tracks = 20, 20
	}
	f, err := g.fleet(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	held := 0
	for _, n := range steps {
		var calls []int
		for i := len(f.InCall()); i < n; i++ {
			calls = append(calls, i/size)
		}
		s, r, err := add(ctx, f, 50, calls, b.window/2)
		if err != nil {
			return err
		}
		b.cost(fmt.Sprintf("%% of a core a participant, %s, %d", what, n), r, 0.045)
		b.table.note("gaps p99 %.1f, max %.1f ms; mouth to ear %.1f / %.1f ms; %.1f KB each", r.Gaps.P99, r.Gaps.Max, r.MouthToEar.P50, r.MouthToEar.P99, float64(r.RSS-g.idle.RSS)/float64(n))
		if faults := limits(s, r); len(faults) > 0 {
			b.table.note("not held: %s", strings.Join(faults, "; "))
			break
		}
		held = n
	}
	b.table.say("held in "+what, "%.0f", float64(held))
	if held < most {
		b.table.note("the target is %d", most)
	}
	return nil
}

// limits are what a listener puts up with.
func limits(s load.Setup, r load.Report) (faults []string) {
	fault := func(yes bool, format string, args ...any) {
		if yes {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	fault(s.Failed() > 0, "%d calls failed", s.Failed())
	all := float64(max(r.Received+r.Lost+r.Short, 1))
	fault(float64(r.Lost+r.Short) > 0.005*all, "%.2f %% of the packets missing", 100*float64(r.Lost+r.Short)/all)
	fault(r.Presence.Missing > 0.005*r.Presence.Seconds, "%.2f %% of the sound missing", 100*r.Presence.Missing/max(r.Presence.Seconds, 1))
	fault(r.Presence.Heard < r.Presence.Tones, "%d of %d tones heard", r.Presence.Heard, r.Presence.Tones)
	fault(r.MouthToEar.P99 > 150, "mouth to ear p99 %.0f ms", r.MouthToEar.P99)
	fault(r.Longest.P50 > 100, "gaps of %.0f ms at half of the callers", r.Longest.P50)
	return faults
}
