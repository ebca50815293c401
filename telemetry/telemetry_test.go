package telemetry

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

func TestMetricsAreReadAtEachScrape(t *testing.T) {
	r := New()
	calls := 3.0
	r.Read("partyline_calls", func(emit Emit) {
		emit(calls, "sip", "room")
		emit(1, "h323", "lobby")
	})
	r.Gauge("partyline_rooms", func() float64 { return calls - 1 })
	r.Counters("partyline_calls_ended_total")
	r.Count("partyline_calls_ended_total", "sip", "hangup")
	r.Count("partyline_calls_ended_total", "sip", "hangup")
	h := r.Handler(Health{})
	calls = 7
	_, body := get(t, h, "/metrics")
	for _, want := range []string{
		`partyline_calls{protocol="sip",state="room"} 7`,
		`partyline_calls{protocol="h323",state="lobby"} 1`,
		`partyline_rooms 6`,
		`partyline_calls_ended_total{cause="hangup",protocol="sip"} 2`,
		`# TYPE partyline_calls gauge`,
		`go_goroutines`, `process_open_fds`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the scrape lacks %q", want)
		}
	}
}

func TestOnlyDocumentedNames(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range Names() {
		if seen[n.Name] || n.Help == "" || !strings.HasPrefix(n.Name, "partyline_") || n.Counter != strings.HasSuffix(n.Name, "_total") {
			t.Errorf("the name %+v breaks the rules", n)
		}
		seen[n.Name] = true
	}
	for _, f := range []func(){
		func() { New().Gauge("partyline_nonsense", func() float64 { return 0 }) },
		func() {
			r := New()
			r.Gauge("partyline_rooms", func() float64 { return 0 })
			r.Gauge("partyline_rooms", func() float64 { return 0 })
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("registered in spite of the rules")
				}
			}()
			f()
		}()
	}
}

func TestWrongLabelsDoNotSpoilTheScrape(t *testing.T) {
	r := New()
	r.Read("partyline_calls", func(emit Emit) { emit(1, "only one label") })
	r.Gauge("partyline_rooms", func() float64 { return 2 })
	code, body := get(t, r.Handler(Health{}), "/metrics")
	if code != 200 || !strings.Contains(body, "partyline_rooms 2") {
		t.Errorf("got %d\n%s", code, body)
	}
}

func TestHealth(t *testing.T) {
	reason := "still opening"
	h := New().Handler(Health{Ready: func() string { return reason }})
	if code, body := get(t, h, "/readyz"); code != 503 || !strings.Contains(body, reason) {
		t.Errorf("not ready: got %d %s", code, body)
	}
	if code, _ := get(t, h, "/healthz"); code != 200 {
		t.Errorf("alive: got %d", code)
	}
	reason = ""
	if code, body := get(t, h, "/readyz"); code != 200 || !strings.Contains(body, `"ok"`) {
		t.Errorf("ready: got %d %s", code, body)
	}
}

func TestLogger(t *testing.T) {
	var b bytes.Buffer
	var level slog.LevelVar
	log := NewLogger(&b, "json", &level)
	log.Debug("hidden")
	level.Set(Level("debug"))
	log.Debug("shown", "call", "a1")
	if got := b.String(); strings.Contains(got, "hidden") || !strings.Contains(got, `"call":"a1"`) {
		t.Errorf("log: %s", got)
	}
	if Level("nonsense") != slog.LevelInfo || Level("error") != slog.LevelError {
		t.Error("levels are read wrongly")
	}
}
