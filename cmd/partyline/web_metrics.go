package main

import (
	"maps"
	"sync"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/web/live"
)

// callCount counts the calls of browsers.
type callCount struct {
	mu      sync.Mutex
	started uint64
	ended   map[cause.Cause]uint64
}

func (c *callCount) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started++
}

func (c *callCount) end(why cause.Cause) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = map[cause.Cause]uint64{}
	}
	c.ended[why]++
}

func (c *callCount) read() (started uint64, ended map[cause.Cause]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.started, maps.Clone(c.ended)
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
