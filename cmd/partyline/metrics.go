package main

import (
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/telemetry"
)

// registerMetrics tells the registry where each figure is kept.
func (g *gateway) registerMetrics() {
	m := g.metrics
	m.Counters("partyline_admissions_total", "partyline_config_reloads_total")
	m.Read("partyline_build_info", func(emit telemetry.Emit) { emit(1, versionText(), runtime.Version()) })
	m.Gauge("partyline_start_time_seconds", func() float64 { return float64(g.started.UnixMilli()) / 1000 })
	m.Gauge("partyline_ready", func() float64 { return oneIf(g.ready.Load() && !g.draining.Load()) })
	m.Gauge("partyline_draining", func() float64 { return oneIf(g.draining.Load()) })
	g.callMetrics()
	g.sipMetrics()
	g.trunkMetrics()
	g.h323Metrics()
	g.pageMetrics()
	g.messageMetrics()
	g.seeingMetrics()
	g.engineMetrics()
	g.certificateMetrics()
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (g *gateway) callMetrics() {
	m := g.metrics
	// One look at the calls serves all metrics of a scrape.
	calls := snapshot(g.calls.List)
	m.Read("partyline_calls", func(emit telemetry.Emit) {
		count := map[[2]string]float64{}
		for _, c := range calls() {
			count[[2]string{c.Protocol, c.State}]++
		}
		for _, state := range []string{"reception", "lobby", "room", "held"} {
			count[[2]string{"sip", state}] += 0
			if g.h323 != nil {
				count[[2]string{"h323", state}] += 0
			}
		}
		for k, n := range count {
			emit(n, k[0], k[1])
		}
	})
	m.Gauge("partyline_rooms", func() float64 { return float64(len(g.bridge.Rooms())) })
	m.Gauge("partyline_room_largest", func() float64 {
		most := 0
		for _, r := range g.bridge.Rooms() {
			most = max(most, r.Count())
		}
		return float64(most)
	})
	worst := func(of func(control.Call) float64) float64 {
		most := 0.0
		for _, c := range calls() {
			most = max(most, of(c))
		}
		return most
	}
	m.Read("partyline_call_loss_ratio_max", func(emit telemetry.Emit) {
		emit(worst(func(c control.Call) float64 { return c.LossIn }), "in")
		emit(worst(func(c control.Call) float64 { return c.LossOut }), "out")
	})
	m.Gauge("partyline_call_jitter_seconds_max", func() float64 {
		return worst(func(c control.Call) float64 { return c.Jitter / 1000 })
	})
	m.Gauge("partyline_call_rtt_seconds_max", func() float64 {
		return worst(func(c control.Call) float64 { return c.RTT / 1000 })
	})
}

func (g *gateway) sipMetrics() {
	m := g.metrics
	stats := func() (n func(string) float64, ended, refused map[cause.Cause]uint64) {
		if g.sip == nil { // the listeners are not open yet
			return func(string) float64 { return 0 }, nil, nil
		}
		s := g.sip.Stats()
		by := map[string]float64{
			"answered": float64(s.Answered), "requests": float64(s.Requests),
			"malformed": float64(s.Malformed), "throttled": float64(s.Throttled),
		}
		return func(word string) float64 { return by[word] }, s.Ended, s.Refused
	}
	m.Read("partyline_calls_started_total", func(emit telemetry.Emit) {
		n, _, _ := stats()
		emit(n("answered"), "sip")
		if g.h323 != nil {
			emit(float64(g.h323.Stats().Answered), "h323")
		}
		emit(float64(g.browsers.started.Load()), "webrtc")
	})
	m.Read("partyline_calls_ended_total", func(emit telemetry.Emit) {
		_, ended, _ := stats()
		for c, n := range ended {
			emit(float64(n), "sip", c.String())
		}
		if g.h323 != nil {
			for c, n := range g.h323.Stats().Ended {
				emit(float64(n), "h323", c.String())
			}
		}
		for c, n := range g.browsers.ended.Counts() {
			emit(float64(n), "webrtc", c.String())
		}
	})
	m.Read("partyline_sip_refusals_total", func(emit telemetry.Emit) {
		_, _, refused := stats()
		for c, n := range refused {
			emit(float64(n), c.String())
		}
	})
	for name, word := range map[string]string{
		"partyline_sip_requests_total":  "requests",
		"partyline_sip_malformed_total": "malformed",
		"partyline_sip_throttled_total": "throttled",
	} {
		m.Gauge(name, func() float64 {
			n, _, _ := stats()
			return n(word)
		})
	}
}

func (g *gateway) h323Metrics() {
	m := g.metrics
	stats := func() h323.Stats {
		if g.h323 == nil {
			return h323.Stats{}
		}
		return g.h323.Stats()
	}
	m.Gauge("partyline_h323_connections_total", func() float64 { return float64(stats().Connections) })
	m.Gauge("partyline_h323_crowded_total", func() float64 { return float64(stats().Crowded) })
	m.Gauge("partyline_h323_mute_total", func() float64 { return float64(stats().Mute) })
	m.Read("partyline_h323_refusals_total", func(emit telemetry.Emit) {
		for c, n := range stats().Refused {
			emit(float64(n), c.String())
		}
	})
	m.Gauge("partyline_gatekeeper_registered", func() float64 {
		gk := g.gatekeeper()
		return oneIf(gk != nil && gk.Registered)
	})
}

func (g *gateway) engineMetrics() {
	// Reading an engine's counters starts its greatest lateness anew, so they are
	// read once a scrape.
	counters := snapshot(func() []media.Counters {
		var all []media.Counters
		for _, e := range g.media.Engines() {
			all = append(all, e.Counters())
		}
		return all
	})
	for name, value := range map[string]func(media.Counters) float64{
		"partyline_media_engine_load":             func(c media.Counters) float64 { return c.Load },
		"partyline_media_engine_lateness_seconds": func(c media.Counters) float64 { return c.Lateness.Seconds() },
		"partyline_media_steps_total":             func(c media.Counters) float64 { return float64(c.Steps) },
		"partyline_media_steps_skipped_total":     func(c media.Counters) float64 { return float64(c.Skipped) },
		"partyline_media_steps_late_total":        func(c media.Counters) float64 { return float64(c.Late) },
		"partyline_media_ticks_missed_total":      func(c media.Counters) float64 { return float64(c.Missed) },
		"partyline_media_hops_total":              func(c media.Counters) float64 { return float64(c.Hops) },
		"partyline_media_packets_received_total":  func(c media.Counters) float64 { return float64(c.PacketsIn) },
		"partyline_media_packets_sent_total":      func(c media.Counters) float64 { return float64(c.PacketsOut) },
		"partyline_media_panics_total":            func(c media.Counters) float64 { return float64(c.Panics) },
	} {
		g.metrics.Read(name, func(emit telemetry.Emit) {
			for i, c := range counters() {
				emit(value(c), strconv.Itoa(i))
			}
		})
	}
	g.metrics.Gauge("partyline_media_strain", g.media.Load)
	g.metrics.Read("partyline_media_packets_dropped_total", func(emit telemetry.Emit) {
		for i, c := range counters() {
			engine := strconv.Itoa(i)
			emit(float64(c.Unknown), engine, "unknown")
			emit(float64(c.Overrun), engine, "overrun")
			emit(float64(c.Unsent), engine, "unsent")
		}
	})
}

// snapshot makes a reading serve everything that asks for it within a scrape.
func snapshot[T any](read func() T) func() T {
	var mu sync.Mutex
	var last T
	var at time.Time
	return func() T {
		mu.Lock()
		defer mu.Unlock()
		if at.IsZero() || time.Since(at) > 200*time.Millisecond {
			last, at = read(), time.Now()
		}
		return last
	}
}
