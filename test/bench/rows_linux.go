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
	cfg.Gateway, cfg.H323, cfg.PID = g.sip, g.h323, g.cmd.Process.Pid
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
	b.table.note("the machine: a real-time thread woken late by %.1f / %.1f ms, p99 / max", r.Woken.P99, r.Woken.Max)
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
func (b *bench) g722(ctx context.Context) (err error) {
	const what = "G.722, 100 in a room"
	g, f, err := b.coded(ctx, load.Config{Codec: codec.G722, Talkers: 2, Tracks: 5})
	if err != nil {
		return err
	}
	defer g.stop()
	defer func() { err = errors.Join(err, f.Close()) }()
	s, err := f.Call(ctx, 50, load.Times(100, 0))
	if err != nil {
		return err
	}
	return b.steadyCost(ctx, g, f, what, s)
}

// opus has a crowd of 90 join ten who listen, with DTX, to three; each who comes hears
// a prompt that is coded for it alone. Then it takes what all of them cost.
func (b *bench) opus(ctx context.Context) (err error) {
	const there, come, perSecond = 13, 90, 50
	g, f, err := b.coded(ctx, load.Config{Codec: codec.Opus, Talkers: 3, Idle: load.DTX, Tracks: 3})
	if err != nil {
		return err
	}
	defer g.stop()
	defer func() { err = errors.Join(err, f.Close()) }()
	first, err := f.Call(ctx, perSecond, load.Times(there, 0))
	if err != nil {
		return err
	}
	if err := b.steady(ctx, g); err != nil {
		return err
	}
	var crowd load.Setup
	r, e, err := b.watch(ctx, g, f, func(ctx context.Context) (err error) {
		crowd, err = f.Call(ctx, perSecond, load.Times(come, 0))
		return err
	})
	if err != nil {
		return err
	}
	b.crowd(fmt.Sprintf("%d Opus callers at %d/s: packets missing, %%", come, perSecond), crowd, r, e)
	return b.steadyCost(ctx, g, f, "Opus, 100 with DTX hear 3", first)
}

// crowd prints what those who were there missed while others came. To be refused
// is no fault.
func (b *bench) crowd(what string, s load.Setup, r load.Report, e engines) {
	missing := 100 * float64(r.Short) / float64(max(r.Received+r.Short, 1))
	const most = 0.5 // per cent
	b.table.row(what, "%.2f", []float64{missing}, []float64{most})
	b.table.note("refused %d; gaps, ms, p99 / max: %.1f / %.1f; a step late by at most %v; others %.0f %%",
		s.Failed(), r.Gaps.P99, r.Gaps.Max, e.lateness, 100*r.Others)
	if r.Others > foreign {
		b.disturbed = append(b.disturbed, what)
	}
	if missing > most || r.Lost > 0 {
		b.trouble("%s %.2f, %d lost", what, missing, r.Lost)
	}
}

func (b *bench) coded(ctx context.Context, cfg load.Config) (*gateway, *load.Fleet, error) {
	g, err := b.start(ctx, 1)
	if err != nil {
		return nil, nil, err
	}
	f, err := g.fleet(cfg)
	if err != nil {
		g.stop()
		return nil, nil, err
	}
	return g, f, nil
}

// steadyCost measures once nobody hears prompts any more.
func (b *bench) steadyCost(ctx context.Context, g *gateway, f *load.Fleet, what string, s load.Setup) error {
	if err := b.steady(ctx, g); err != nil {
		return err
	}
	m, err := f.Measure(ctx, b.window/2, nil)
	if err != nil {
		return err
	}
	r, err := m.Report()
	if err != nil {
		return err
	}
	b.judge(what, s, r)
	b.cost("% of a core a participant, "+what, r, 0.10)
	return nil
}

// steady waits until the prompts of those who came are over: until the load does not
// fall any more.
func (b *bench) steady(ctx context.Context, g *gateway) error {
	if err := wait(ctx, settled); err != nil {
		return err
	}
	const step, most, falling = 2 * time.Second, 10, 0.9
	before, err := g.engines(ctx)
	for range most {
		if err != nil {
			return err
		}
		if err := wait(ctx, step); err != nil {
			return err
		}
		now, err := g.engines(ctx)
		if err != nil || now.load > falling*before.load {
			return err
		}
		before = now
	}
	return nil
}
