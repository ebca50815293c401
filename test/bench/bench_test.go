//go:build linux

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/test/load"
)

// TestTable: no line is wider than 80 columns, and a figure over its target is said
// to be.
func TestTable(t *testing.T) {
	var out strings.Builder
	table := &table{out: &out}
	b := &bench{table: table, limit: 5 * time.Microsecond}
	b.cost("% of a core a participant, capacity, 1500", load.Report{Callers: 400, Gateway: 0.2, Own: 0.14, Others: 1.5}, 0.04)
	b.delay("mouth to ear, room of 400, ms, p50 / p99", load.Report{MeanP50: 30.06, MeanP99: 45.1}, 34, 45)
	table.say("this machine: a packet in and out, µs", "%.2f", 5)
	table.end()
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"1500              0.0500        0.04 over", "30.1 / 45.1     34 / 45 over", "2.0 × the packets", "0 of 2 targets met"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	out.Reset()
	table.row("x", "%.0f", []float64{3, 4}, []float64{3, 4})
	if !strings.Contains(out.String(), "ok") {
		t.Errorf("on target: %s", &out)
	}
}

func TestEngines(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`# HELP partyline_media_engine_load x
partyline_media_engine_load{engine="0"} 0.25
partyline_media_engine_load{engine="1"} 0.5
partyline_media_engine_lateness_seconds{engine="0"} 0.0015
partyline_media_engine_lateness_seconds{engine="1"} 0.001
partyline_media_steps_skipped_total{engine="0"} 2
partyline_media_steps_skipped_total{engine="1"} 3
`))
	}))
	defer srv.Close()
	g := &gateway{metrics: strings.TrimPrefix(srv.URL, "http://")}
	e, err := g.engines(context.Background())
	if err != nil || e.load != 0.5 || e.lateness != 1500*time.Microsecond || e.skipped != 5 {
		t.Errorf("%+v %v", e, err)
	}
}

func TestLimits(t *testing.T) {
	good := load.Report{Received: 10000, Presence: load.Presence{Tones: 4, Heard: 4, Seconds: 40}, MouthToEar: load.Dist{P99: 40}}
	if f := limits(load.Setup{}, good); len(f) != 0 {
		t.Errorf("good: %v", f)
	}
	bad := good
	bad.Short, bad.Presence.Missing, bad.Presence.Heard, bad.MouthToEar.P99, bad.Longest.P50 = 100, 1, 3, 151, 101
	if f := limits(load.Setup{Failures: map[string]int{"503": 1}}, bad); len(f) != 6 {
		t.Errorf("bad: %v", f)
	}
	b := &bench{}
	b.judge("x", load.Setup{}, good)
	if len(b.troubles) != 0 {
		t.Errorf("%v", b.troubles)
	}
	bad.Lost = 1
	b.judge("x", load.Setup{Failures: map[string]int{"503": 1}}, bad)
	if len(b.troubles) != 3 {
		t.Errorf("%v", b.troubles)
	}
}
