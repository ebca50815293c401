// Package telemetry is what the gateway tells about itself: Prometheus metrics,
// health and readiness over HTTP, and the structured log. In go functions that
// read counters and gauges where they are kept; nothing is copied until a
// scrape asks for it. Every metric's name is listed in Names with its labels
// and meaning, and none can be given out that isn't.
//
// The exposition follows the Prometheus text format; names follow
// https://prometheus.io/docs/practices/naming/.
package telemetry

import (
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Name describes one metric.
type Name struct {
	Name    string
	Counter bool // else a gauge
	Labels  []string
	Help    string
}

// names is what there is, in the order of the admin guide.
var names = []Name{
	{"partyline_build_info", false, []string{"version", "goversion"}, "1, with the version running."},
	{"partyline_start_time_seconds", false, nil, "When the gateway started, as Unix time."},
	{"partyline_ready", false, nil, "1 while new calls are taken."},
	{"partyline_draining", false, nil, "1 while the gateway shuts down."},
	{"partyline_config_reloads_total", true, []string{"result"}, "Reloads of the configuration: ok or failed."},
	{"partyline_certificate_expires_seconds", false, []string{"use"}, "When a certificate of the listeners expires, as Unix time: sip or web; not of those that ACME renews."},
	{"partyline_calls", false, []string{"protocol", "state"}, "Calls now: reception, lobby, room or held."},
	{"partyline_calls_started_total", true, []string{"protocol"}, "Calls taken since the start."},
	{"partyline_calls_ended_total", true, []string{"protocol", "cause"}, "Calls ended since the start, by cause."},
	{"partyline_rooms", false, nil, "Rooms with somebody in them or in their lobby."},
	{"partyline_room_largest", false, nil, "Parties in the fullest room."},
	{"partyline_call_loss_ratio_max", false, []string{"direction"}, "Packet loss of the worst call now, 0 to 1: in or out."},
	{"partyline_call_jitter_seconds_max", false, nil, "Jitter of the worst call now."},
	{"partyline_call_rtt_seconds_max", false, nil, "Round-trip time of the worst call now."},
	{"partyline_sip_requests_total", true, nil, "SIP requests understood, retransmissions too."},
	{"partyline_sip_throttled_total", true, nil, "SIP requests over a source's limit."},
	{"partyline_sip_refusals_total", true, []string{"reason"}, "SIP calls refused before their answer, by reason."},
	{"partyline_sip_malformed_total", true, nil, "SIP messages dropped or refused because they were malformed."},
	{"partyline_trunk_registered", false, []string{"trunk"}, "Share of a trunk's registrars that know us, 0 to 1; only of trunks that register."},
	{"partyline_trunk_peer_up", false, []string{"trunk", "peer"}, "1 while a peer, or one of its addresses, answers."},
	{"partyline_trunk_calls", false, []string{"trunk", "direction"}, "Calls of a trunk now: in or out."},
	{"partyline_trunk_failovers_total", true, []string{"trunk"}, "Calls out that a peer failed, by no answer or a 5xx."},
	{"partyline_h323_connections_total", true, nil, "Connections to the H.323 port."},
	{"partyline_h323_crowded_total", true, nil, "H.323 connections closed because too many had no answered call."},
	{"partyline_h323_mute_total", true, nil, "H.323 connections that ended without a Setup that could be understood."},
	{"partyline_h323_refusals_total", true, []string{"reason"}, "H.323 calls, of either direction, that ended before their answer, by reason."},
	{"partyline_gatekeeper_registered", false, nil, "1 while the gatekeeper knows us; 0 also without one."},
	{"partyline_browsers", false, nil, "Browsers in a call, or on the way into one."},
	{"partyline_browser_sockets", false, nil, "Signalling WebSockets that are open."},
	{"partyline_websocket_messages_total", true, []string{"direction"}, "Signalling messages of browsers: in or out."},
	{"partyline_meetings", false, nil, "Meetings that are neither completed nor cancelled."},
	{"partyline_meetings_live", false, nil, "Meetings that somebody is in."},
	{"partyline_messages_total", true, []string{"channel", "result"}, "Attempts to send mail or SMS about meetings: sent, retried, failed or dropped."},
	{"partyline_outbox_waiting", false, nil, "Messages that still have to go out."},
	{"partyline_page_requests_total", true, []string{"class"}, "Answers of the page and its API, by class of status: 2xx and so on."},
	{"partyline_admissions_total", true, []string{"verdict"}, "Decisions on who may join a room, by verdict."},
	{"partyline_hep_packets_total", true, []string{"result"}, "Copies for the HEP server: sent, or dropped because it or the network was too slow."},
	{"partyline_trace_calls", false, nil, "Calls of which the messages are remembered."},
	{"partyline_trace_bytes", false, nil, "Memory that they take, in octets."},
	{"partyline_media_engine_load", false, []string{"engine"}, "Share of time an engine is busy, 0 to 1."},
	{"partyline_media_engine_lateness_seconds", false, []string{"engine"}, "Greatest lateness of a step since the last scrape."},
	{"partyline_media_steps_total", true, []string{"engine"}, "Steps done: up to four in 20 ms."},
	{"partyline_media_steps_skipped_total", true, []string{"engine"}, "Ticks left out after a stall."},
	{"partyline_media_steps_late_total", true, []string{"engine"}, "Steps that began more than 10 ms late."},
	{"partyline_media_ticks_missed_total", true, []string{"engine"}, "Ticks that one room left out because its last took too long."},
	{"partyline_media_hops_total", true, []string{"engine"}, "Times a room's ticks moved towards the packets of those who talk."},
	{"partyline_media_strain", false, nil, "What decides on new calls, 0 to 1: from 0.85 on they are refused with 503."},
	{"partyline_media_packets_received_total", true, []string{"engine"}, "RTP and RTCP packets received."},
	{"partyline_media_packets_sent_total", true, []string{"engine"}, "RTP and RTCP packets sent."},
	{"partyline_media_packets_dropped_total", true, []string{"engine", "reason"}, "Packets dropped: unknown (no call's), overrun or unsent."},
	{"partyline_media_panics_total", true, []string{"engine"}, "Faults that ended one call or room."},
}

// Names lists every metric of ours, besides those of the process and of Go.
func Names() []Name { return slices.Clone(names) }

// Registry gathers the metrics. It is an http.Handler's source, no global.
type Registry struct {
	prom     *prometheus.Registry
	sources  map[string]source
	counters map[string]*prometheus.CounterVec
}

// Emit gives out one value of a metric, with the values of its labels in order.
type Emit func(value float64, labels ...string)

// source is one metric and the function that reads it.
type source struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(Emit)
}

// New returns a registry with the metrics of the process and of Go.
func New() *Registry {
	r := &Registry{
		prom:     prometheus.NewRegistry(),
		sources:  map[string]source{},
		counters: map[string]*prometheus.CounterVec{},
	}
	r.prom.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// Read registers the function that reads a metric's values at each scrape. It
// may be called from several goroutines at once. A name that is not in Names,
// or that is registered twice, is a programming error and panics.
func (r *Registry) Read(name string, read func(Emit)) {
	n := find(name)
	if _, twice := r.sources[name]; twice {
		panic("telemetry: " + name + " is registered twice")
	}
	kind := prometheus.GaugeValue
	if n.Counter {
		kind = prometheus.CounterValue
	}
	s := source{desc: prometheus.NewDesc(n.Name, n.Help, n.Labels, nil), kind: kind, read: read}
	r.sources[name] = s
	r.prom.MustRegister(s)
}

// Gauge registers a metric without labels, be it a gauge or a counter kept elsewhere.
func (r *Registry) Gauge(name string, read func() float64) {
	r.Read(name, func(emit Emit) { emit(read()) })
}

// Count adds one to a counter that telemetry itself keeps. The label values
// must come from a small set: never a caller's text.
func (r *Registry) Count(name string, labels ...string) {
	if c, ok := r.counters[name]; ok {
		c.WithLabelValues(labels...).Inc()
	}
}

// Counters makes the counters that Count adds to. Call it before the first
// Count, from one goroutine.
func (r *Registry) Counters(names ...string) {
	for _, name := range names {
		n := find(name)
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: n.Name, Help: n.Help}, n.Labels)
		r.counters[name] = c
		r.prom.MustRegister(c)
	}
}

// Missing lists the documented names that nothing feeds.
func (r *Registry) Missing() []string {
	var missing []string
	for _, n := range names {
		if _, read := r.sources[n.Name]; !read && r.counters[n.Name] == nil {
			missing = append(missing, n.Name)
		}
	}
	return missing
}

func find(name string) Name {
	i := slices.IndexFunc(names, func(n Name) bool { return n.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("telemetry: %s is not among the documented names", name))
	}
	return names[i]
}

// Describe implements prometheus.Collector.
func (s source) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect implements prometheus.Collector.
func (s source) Collect(ch chan<- prometheus.Metric) {
	s.read(func(value float64, labels ...string) {
		if m, err := prometheus.NewConstMetric(s.desc, s.kind, value, labels...); err == nil {
			ch <- m
		} else {
			ch <- prometheus.NewInvalidMetric(s.desc, err)
		}
	})
}
