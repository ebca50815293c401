package main

import (
	"context"
	"errors"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/test/load"
)

// h323 holds as many calls of room systems as of telephones, in turns, in rooms of
// 10, on a new gateway each time.
func (b *bench) h323(ctx context.Context) error {
	var sip []load.Report
	first, _, err := b.turn(ctx, load.SIP)
	if err != nil {
		return err
	}
	sip = append(sip, first)
	rooms := map[load.Signalling]load.Report{}
	for _, s := range []load.Signalling{load.H323Fast, load.H323Slow} {
		r, setup, err := b.turn(ctx, s)
		if err != nil {
			return err
		}
		rooms[s] = r
		b.table.row("set-up at 20 calls/s, "+string(s)+", ms, p99", "%.1f", []float64{setup.Times.P99}, []float64{50})
		b.table.note("p50 %.1f, max %.1f; until sound can go both ways p50 %.1f, p99 %.1f", setup.Times.P50, setup.Times.Max, setup.Sound.P50, setup.Sound.P99)
	}
	last, _, err := b.turn(ctx, load.SIP)
	if err != nil {
		return err
	}
	sip = append(sip, last)
	telephone := (sip[0].PerCaller() + sip[1].PerCaller()) / 2
	for s, r := range rooms {
		b.table.row("CPU of "+string(s)+", times that of SIP", "%.3f", []float64{r.PerCaller() / telephone}, []float64{1.1})
	}
	b.table.note("the two turns of SIP: %.4f and %.4f %% of a core a participant", sip[0].PerCaller(), sip[1].PerCaller())
	return nil
}

// turn sets up calls of one signalling, and measures them once they are steady.
func (b *bench) turn(ctx context.Context, how load.Signalling) (r load.Report, s load.Setup, err error) {
	const size = 10
	g, err := b.start(ctx, (b.calls+size-1)/size)
	if err != nil {
		return r, s, err
	}
	defer g.stop()
	f, err := g.fleet(load.Config{Signalling: how, Codec: codec.PCMA, Talkers: 2, Clickers: 1, Tracks: 1})
	if err != nil {
		return r, s, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var calls []int
	for i := range b.calls {
		calls = append(calls, i/size)
	}
	if s, err = f.Call(ctx, 20, calls); err != nil {
		return r, s, err
	}
	if err = b.steady(ctx, g); err != nil {
		return r, s, err
	}
	m, err := f.Measure(ctx, b.window, nil)
	if err != nil {
		return r, s, err
	}
	if r, err = m.Report(); err != nil {
		return r, s, err
	}
	b.judge(string(how), s, r)
	if n := f.Dropped(); n > 0 {
		b.trouble("%s: %d calls were dropped", how, n)
	}
	b.table.say("% of a core a participant, "+string(how), "%.4f", r.PerCaller())
	b.table.note("%d calls, %.1f KB each; gaps p99 %.1f ms; gateway %.0f %%, load %.0f %%, others %.0f %% of a core",
		r.Callers, float64(r.RSS-g.idle.RSS)/float64(max(r.Callers, 1)), r.Gaps.P99, 100*r.Gateway, 100*r.Own, 100*r.Others)
	return r, s, nil
}
