package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/hep"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/telemetry/tracing"
	"github.com/partyline/partyline/trace"
)

// seeing is what the gateway tells of its calls, besides its metrics.
type seeing struct {
	names  callNames
	homer  atomic.Pointer[homer]          // nil: no copies
	tracer atomic.Pointer[tracing.Tracer] // nil: no traces
	figure figures
	told   sync.WaitGroup // the reports on sound
}

// homer is where copies go, and of what.
type homer struct {
	*hep.Sender
	rtcp, logs bool
}

// figures are those of senders that are closed.
type figures struct{ sent, dropped atomic.Uint64 }

// openSeeing opens what calls are seen by. It comes before all that has calls.
func (g *gateway) openSeeing(ctx context.Context, cfg *configs.Config) error {
	if err := g.useSeeing(ctx, nil, cfg); err != nil {
		return err
	}
	g.seeing.told.Go(g.reportSound)
	return nil
}

// useSeeing puts the telemetry of a configuration in force; old is the one before.
func (g *gateway) useSeeing(ctx context.Context, old, cfg *configs.Config) error {
	t := cfg.Telemetry
	if old == nil || old.Telemetry.HEP != t.HEP {
		next, err := g.newHomer(cfg)
		if err != nil {
			return err
		}
		g.closeHomer(g.seeing.homer.Swap(next))
	}
	if old == nil || old.Telemetry.Tracing != t.Tracing {
		next, err := tracing.Open(ctx, tracing.Config{
			Endpoint: t.Tracing.Endpoint, Sample: t.Tracing.Sample, Version: versionText(), Node: cfg.Server.Domain,
		})
		if err != nil {
			return fmt.Errorf("telemetry.tracing: %w", err)
		}
		closeTracer(g.seeing.tracer.Swap(next))
	}
	g.trace.Limit(trace.Limits{Calls: t.Trace.Calls, Messages: t.Trace.Messages})
	return nil
}

// newHomer opens the copies to a HEP server; nil without one.
func (g *gateway) newHomer(cfg *configs.Config) (*homer, error) {
	h := cfg.Telemetry.HEP
	if h.To.Off() {
		return nil, nil
	}
	key := ""
	if h.PasswordFile != "" {
		text, err := os.ReadFile(h.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("telemetry.hep.password_file: %w", err)
		}
		key = strings.TrimSpace(string(text))
	}
	s, err := hep.Open(hep.Config{
		To:     h.To.Scheme + "://" + h.To.Address(),
		Source: hep.Source{ID: uint32(h.ID), Key: key, Name: cfg.Server.Domain}, Logger: g.log.With("part", "hep"),
	})
	if err != nil {
		return nil, fmt.Errorf("telemetry.hep.to: %w", err)
	}
	return &homer{s, h.RTCP, h.Logs}, nil
}

// closeHomer closes a sender and keeps its figures.
func (g *gateway) closeHomer(h *homer) {
	if h == nil {
		return
	}
	h.Close()
	f := h.Figures()
	g.seeing.figure.sent.Add(f.Sent)
	g.seeing.figure.dropped.Add(f.Dropped)
}

// closeTracer sends the last traces.
func closeTracer(t *tracing.Tracer) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = t.Close(ctx) // a collector that is away gets no more
}

// closeSeeing ends it. Calls are over by then.
func (g *gateway) closeSeeing() {
	g.seeing.told.Wait()
	g.closeHomer(g.seeing.homer.Swap(nil))
	closeTracer(g.seeing.tracer.Swap(nil))
}

// tap is given every message of signalling.
func (g *gateway) tap(p trace.Packet) {
	g.trace.Add(p)
	if h := g.seeing.homer.Load(); h != nil {
		h.Send(p, g.trace.Conversation(nameOf(&p)))
	}
}

// nameOf is the name by which a packet's call is known.
func nameOf(p *trace.Packet) string {
	if p.CallID != "" {
		return p.CallID
	}
	return p.LegID
}

// callRecord is the log line with the figures of a call.
const callRecord = "call record"

// tellLine is given every line of the log that is about a call.
func (g *gateway) tellLine(l telemetry.Line) {
	if strings.HasPrefix(l.Text, callRecord) { // the call's end has been told
		return
	}
	p := trace.Packet{
		At: l.At, Protocol: trace.Log, Out: true, CallID: l.CallID, LegID: l.Leg, Data: []byte(l.Text), Summary: l.Text,
	}
	g.trace.Add(p)
	if h := g.seeing.homer.Load(); h != nil && h.logs {
		h.Send(p, g.trace.Conversation(nameOf(&p)))
	}
}

// soundEvery is how often the sound of the calls is reported to the HEP server.
const soundEvery = 10 * time.Second

// reportSound reports it, until the gateway stops serving.
func (g *gateway) reportSound() {
	tick := time.NewTicker(soundEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if h := g.seeing.homer.Load(); h != nil && h.rtcp {
				for _, a := range g.calls.all() {
					g.reportCall(h, a, time.Now())
				}
			}
		case <-g.serving.Done():
			return
		}
	}
}

// callIDs makes the Call-IDs of the attempts at a call out, which are one conversation:
// that of a leg for which it is made; empty: their own.
func (g *gateway) callIDs(of string) func() string {
	return func() string {
		id := strings.ToLower(rand.Text())
		g.trace.Link(of, id)
		if of == "" {
			of = id
		}
		return id
	}
}

func (g *gateway) seeingMetrics() {
	g.metrics.Read("partyline_hep_packets_total", func(emit telemetry.Emit) {
		sent, dropped := g.seeing.figure.sent.Load(), g.seeing.figure.dropped.Load()
		if h := g.seeing.homer.Load(); h != nil {
			f := h.Figures()
			sent, dropped = sent+f.Sent, dropped+f.Dropped
		}
		emit(float64(sent), "sent")
		emit(float64(dropped), "dropped")
	})
	g.metrics.Gauge("partyline_trace_calls", func() float64 {
		calls, _ := g.trace.Figures()
		return float64(calls)
	})
	g.metrics.Gauge("partyline_trace_bytes", func() float64 {
		_, octets := g.trace.Figures()
		return float64(octets)
	})
}

// Traces implements control.Traces.
func (g *gateway) Traces() any { return g.trace.List() }

// Trace implements control.Traces.
func (g *gateway) Trace(id string) (any, error) {
	t, err := g.trace.Trace(id)
	if errors.Is(err, trace.ErrUnknown) {
		err = fmt.Errorf("%w: %w", err, control.ErrNotFound)
	}
	return t, err
}

// Failures implements control.Traces.
func (g *gateway) Failures() any { return g.trace.Failures() }

// watch draws again and again on a terminal that it clears, until it is interrupted.
// What is no terminal gets one drawing after the other.
func (c *console) watch(every time.Duration, draw func(*console) error) error {
	ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt)
	defer stop()
	tick := time.NewTicker(max(every, 200*time.Millisecond))
	defer tick.Stop()
	out, screen := c.out.(*os.File)
	if screen = screen && isTerminal(out); screen {
		fmt.Fprint(c.out, "\x1b[2J")
	}
	for ctx.Err() == nil {
		var page strings.Builder
		drawn := *c
		drawn.out = &page
		if err := draw(&drawn); err != nil {
			return err
		}
		if screen { // home, and what is left of the old page after the new one
			fmt.Fprint(c.out, "\x1b[H"+strings.ReplaceAll(page.String(), "\n", "\x1b[K\n")+"\x1b[J")
		} else {
			fmt.Fprint(c.out, page.String())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	return nil
}
