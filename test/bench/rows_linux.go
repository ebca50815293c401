package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/test/load"
)

// settled is how long callers hear prompts and buffers find their depth.
const settled = 4 * time.Second

// fleet opens phones for a gateway.
func (g *gateway) fleet(cfg load.Config) (*load.Fleet, error) {
	cfg.Gateway, cfg.PID = g.sip, g.cmd.Process.Pid
	if cfg.Rooms == nil {
		cfg.Rooms = g.rooms
	}
	return load.Open(cfg)
}

// add has callers come and measures once they have settled.
func add(ctx context.Context, f *load.Fleet, perSecond float64, rooms []int, window time.Duration) (load.Setup, load.Report, error) {
	s, err := f.Call(ctx, perSecond, rooms)
	if err != nil {
		return s, load.Report{}, err
	}
	if err := wait(ctx, settled); err != nil {
		return s, load.Report{}, err
	}
	m, err := f.Measure(ctx, window, nil)
	if err != nil {
		return s, load.Report{}, err
	}
	r, err := m.Report()
	return s, r, err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// room fills one room step by step: 10, 100, 200, 400 callers.
func (b *bench) room(ctx context.Context) (err error) {
	g, err := b.start(ctx, 1)
	if err != nil {
		return err
	}
	defer g.stop()
	f, err := g.fleet(load.Config{Talkers: 2, Clickers: 20, Tracks: 20})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, r, err := add(ctx, f, 5, load.Times(10, 0), b.window/2)
	if err != nil {
		return err
	}
	b.judge("10 callers", s, r)
	missing := 100 * r.Presence.Missing / max(r.Presence.Seconds, 1)
	b.table.row("sound missing, 10 callers, %", "%.3f", []float64{missing}, []float64{0})
	if s, r, err = add(ctx, f, 5, load.Times(90, 0), b.window); err != nil {
		return err
	}
	b.judge("100 callers", s, r)
	b.table.row("INVITE to 200 at 5 calls/s, ms, p50 / p99", "%.1f", []float64{s.Times.P50, s.Times.P99}, []float64{1.5, 4})
	b.cost("% of a core a participant, room of 100", r, 0.040)
	b.delay("mouth to ear, room of 100, ms, p50 / p99", r, 32, 42)
	if s, r, err = add(ctx, f, 50, load.Times(100, 0), b.window); err != nil {
		return err
	}
	b.judge("200 callers", s, r)
	b.cost("% of a core a participant, room of 200", r, 0.040)
	b.delay("mouth to ear, room of 200, ms, p50 / p99", r, 33, 45)
	if s, r, err = add(ctx, f, 50, load.Times(200, 0), b.window); err != nil {
		return err
	}
	b.judge("400 callers", s, r)
	b.table.row("INVITE to 200 at 50 calls/s, ms, p99", "%.1f", []float64{s.Times.P99}, []float64{15})
	b.cost("% of a core a participant, room of 400", r, 0.040)
	b.delay("mouth to ear, room of 400, ms, p50 / p99", r, 34, 45)
	grown := float64(r.RSS-g.idle.RSS) / float64(r.Callers)
	b.table.row("memory a G.711 participant, 400 callers, KB", "%.0f", []float64{grown}, []float64{48})
	return b.churn(ctx, g, f)
}

// delay prints a row of mouth-to-ear times: means over the phases in which the
// clicks were sent.
func (b *bench) delay(what string, r load.Report, p50, p99 float64) {
	b.table.row(what, "%.1f", []float64{r.MeanP50, r.MeanP99}, []float64{p50, p99})
	b.table.note("mean over 20 phases; all together %.1f / %.1f; %d of %d clicks", r.MouthToEar.P50, r.MouthToEar.P99, r.Heard, r.Clicks)
}

// rooms fills 20 and then 40 rooms of 10.
func (b *bench) rooms(ctx context.Context) (err error) {
	const size = 10
	g, err := b.start(ctx, 40)
	if err != nil {
		return err
	}
	defer g.stop()
	f, err := g.fleet(load.Config{Talkers: 2, Clickers: 1, Tracks: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for from := 0; from < 40; from += 20 {
		var calls []int
		for room := from; room < from+20; room++ {
			calls = append(calls, load.Times(size, room)...)
		}
		s, r, err := add(ctx, f, 50, calls, b.window/2)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("%d rooms of %d", from+20, size)
		b.judge(what, s, r)
		b.cost("% of a core a participant, "+what, r, 0.045)
		b.table.say("  mouth to ear there, ms, p50 / p99", "%.1f", r.MouthToEar.P50, r.MouthToEar.P99)
	}
	return nil
}

// g722 fills a room with wide-band phones.
func (b *bench) g722(ctx context.Context) error {
	return b.coded(ctx, "G.722, 100 in a room", 100, load.Config{Codec: codec.G722, Talkers: 2, Tracks: 5})
}

// opus has 100 listen, with DTX, to three.
func (b *bench) opus(ctx context.Context) error {
	return b.coded(ctx, "Opus, 100 with DTX hear 3", 103, load.Config{Codec: codec.Opus, Talkers: 3, Idle: load.DTX, Tracks: 3})
}

func (b *bench) coded(ctx context.Context, what string, callers int, cfg load.Config) (err error) {
	g, err := b.start(ctx, 1)
	if err != nil {
		return err
	}
	defer g.stop()
	f, err := g.fleet(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, r, err := add(ctx, f, 50, load.Times(callers, 0), b.window/2)
	if err != nil {
		return err
	}
	b.judge(what, s, r)
	b.cost("% of a core a participant, "+what, r, 0.10)
	return nil
}
