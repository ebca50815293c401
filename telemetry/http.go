package telemetry

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health says how the gateway is. An empty reason is good.
type Health struct {
	Alive func() string // what is broken beyond repair by waiting
	Ready func() string // why no new call is taken
}

// Routes adds /healthz and /readyz to a mux: 200 and "ok", or 503 and why.
func (h Health) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", answer(h.Alive))
	mux.HandleFunc("GET /readyz", answer(h.Ready))
}

func answer(reason func() string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		status, why := "ok", ""
		if reason != nil {
			why = reason()
		}
		if why != "" {
			status = "unavailable"
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(struct {
			Status string `json:"status"`
			Reason string `json:"reason,omitempty"`
		}{status, why})
	}
}

// Handler serves /metrics, /healthz and /readyz.
func (r *Registry) Handler(h Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r.prom, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
	}))
	h.Routes(mux)
	return mux
}

// NewLogger returns the structured log: "text" or "json". The level may be
// changed while it is in use.
func NewLogger(w io.Writer, format string, level *slog.LevelVar) *slog.Logger {
	opt := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// Level is the slog level of a configured word; unknown words are info.
func Level(word string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(word)); err != nil {
		return slog.LevelInfo
	}
	return l
}
