package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/test/load"
)

// tooLate is by how much a tick may be later than in a quiet room, in ms.
const tooLate = 5

// churn has callers come and go in the full room, and says something to everyone
// twice: no tick is to be late for it.
func (b *bench) churn(ctx context.Context, g *gateway, f *load.Fleet) error {
	quiet, before, err := b.watch(ctx, g, f, nil)
	if err != nil {
		return err
	}
	const moves, perSecond = 50, 12.5
	var joined load.Setup
	busy, during, err := b.watch(ctx, g, f, func(ctx context.Context) error {
		results := make(chan error, 3)
		go func() {
			var err error
			joined, err = f.Call(ctx, perSecond, load.Times(moves, 0))
			results <- err
		}()
		leave := f.Listeners(0)
		go func() { results <- f.HangUp(ctx, perSecond, leave[:min(moves, len(leave))]) }()
		go func() { results <- tellAll(ctx, g) }()
		return errors.Join(<-results, <-results, <-results)
	})
	if err != nil {
		return err
	}
	b.judge(fmt.Sprintf("%d joins and leaves", moves), joined, load.Report{Lost: busy.Lost, Received: busy.Received, Others: max(quiet.Others, busy.Others)})
	b.table.row("50 join, 50 leave, all are told: gaps over", "%.1f", []float64{max(busy.Gaps.Max-quiet.Gaps.Max, 0)}, []float64{tooLate})
	b.table.note("the longest gap of a quiet room, ms: %.1f, now %.1f; others %.0f, %.0f %%", quiet.Gaps.Max, busy.Gaps.Max, 100*quiet.Others, 100*busy.Others)
	b.table.note("ticks left out in silence, all listeners together: %d", busy.Rests)
	b.withheld(quiet, busy)
	b.table.note("gateway: a step late by at most %v, before %v; ticks left out %d", during.lateness, before.lateness, during.skipped-before.skipped)
	return nil
}

// tellAll mutes and unmutes everybody: each hears a prompt, twice. The room is locked
// in between.
func tellAll(ctx context.Context, g *gateway) error {
	ext := g.rooms[0].Extension
	for _, args := range [][]string{{"mute", ext}, {"mute", ext, "--off"}} {
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
		if err := g.cli(ctx, append([]string{"room"}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// withheld notes for how long the machine ran nobody: no gateway's tick can be in time
// then.
func (b *bench) withheld(before, during load.Report) {
	b.table.note("the machine: a real-time thread woken late by at most %.1f ms, before %.1f", during.Woken.Max, before.Woken.Max)
}

// watch measures half a window, and asks the engines how late they were in it.
func (b *bench) watch(ctx context.Context, g *gateway, f *load.Fleet, during func(context.Context) error) (r load.Report, e engines, err error) {
	if _, err := g.engines(ctx); err != nil { // forgets the lateness until now
		return r, e, err
	}
	m, err := f.Measure(ctx, b.window/2, during)
	if err != nil {
		return r, e, err
	}
	if e, err = g.engines(ctx); err != nil {
		return r, e, err
	}
	r, err = m.Report()
	return r, e, err
}

// Bounds of the big room: up to where the gateway still takes calls, with room to
// spare for the load beside it on the same machine.
const (
	bigStep = 100
	bigMost = 1500
	bigLoad = 0.70
)

// beside fills one room as far as this machine goes and looks at a room of three
// beside it.
func (b *bench) beside(ctx context.Context) (err error) {
	g, err := b.start(ctx, 2)
	if err != nil {
		return err
	}
	defer g.stop()
	small, err := g.fleet(load.Config{Rooms: g.rooms[1:], Talkers: 1, Clickers: 1, Tracks: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.Close()) }()
	big, err := g.fleet(load.Config{Rooms: g.rooms[:1], Talkers: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, big.Close()) }()
	if _, err := small.Call(ctx, 10, load.Times(3, 0)); err != nil {
		return err
	}
	if err := wait(ctx, settled); err != nil {
		return err
	}
	alone, _, err := b.watch(ctx, g, small, nil)
	if err != nil {
		return err
	}
	busiest, refused := 0.0, 0
	for n := 0; n < bigMost && busiest < bigLoad && refused == 0; n += bigStep {
		s, err := big.Call(ctx, 100, load.Times(bigStep, 0))
		if err != nil {
			return err
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
		e, err := g.engines(ctx)
		if err != nil {
			return err
		}
		busiest, refused = e.load, s.Failed()
	}
	if err := wait(ctx, settled); err != nil {
		return err
	}
	together, e, err := b.watch(ctx, g, small, nil)
	if err != nil {
		return err
	}
	b.judge("a room of 3 beside a big one", load.Setup{}, together)
	b.table.row(fmt.Sprintf("room of 3 beside one of %d: gaps over", len(big.InCall())), "%.1f",
		[]float64{max(together.Gaps.Max-alone.Gaps.Max, 0)}, []float64{tooLate})
	b.table.note("its gaps, ms, p50 / p99 / max: %.1f / %.1f / %.1f, alone %.1f / %.1f / %.1f",
		together.Gaps.P50, together.Gaps.P99, together.Gaps.Max, alone.Gaps.P50, alone.Gaps.P99, alone.Gaps.Max)
	b.table.note("mouth to ear, ms, p50 / p99: %.1f / %.1f, alone %.1f / %.1f",
		together.MouthToEar.P50, together.MouthToEar.P99, alone.MouthToEar.P50, alone.MouthToEar.P99)
	b.withheld(alone, together)
	b.table.note("gateway: load %.2f, a step late by at most %v; ticks left out %d; refused %d", e.load, e.lateness, e.skipped, refused)
	return nil
}
