package main

import (
	"sync/atomic"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/web/live"
)

// callCount counts the calls of browsers.
type callCount struct {
	started atomic.Uint64
	ended   cause.Tally
}

// pageMetrics are those of the page and the browsers' signalling.
func (g *gateway) pageMetrics() {
	m := g.metrics
	m.Counters("partyline_page_requests_total")
	counts := func() live.Counts {
		if g.live == nil { // no page
			return live.Counts{}
		}
		return g.live.Counts()
	}
	m.Gauge("partyline_browsers", func() float64 { return float64(counts().Browsers) })
	m.Gauge("partyline_browser_sockets", func() float64 { return float64(counts().Sockets) })
	m.Read("partyline_websocket_messages_total", func(emit telemetry.Emit) {
		c := counts()
		emit(float64(c.Received), "in")
		emit(float64(c.Sent), "out")
	})
}
