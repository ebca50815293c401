package sip

import (
	"sync"
	"sync/atomic"

	"github.com/partyline/partyline/cause"
)

// counters are the server's figures since its start.
type counters struct {
	requests, malformed, throttled atomic.Uint64
	calls, answered                atomic.Uint64

	mu      sync.Mutex
	refused map[cause.Cause]uint64
	ended   map[cause.Cause]uint64
}

// Stats is a snapshot of the server's figures.
type Stats struct {
	Requests  uint64 // that were understood, retransmissions too
	Malformed uint64 // messages that were not
	Throttled uint64 // requests over a source's limit
	Calls     uint64 // that came in
	Answered  uint64 // and were answered
	Active    int    // that are up
	// Refused counts calls refused before their answer, Ended those answered, by
	// cause.
	Refused, Ended map[cause.Cause]uint64
}

func (c *counters) refuse(why cause.Cause) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[why]++
}

func (c *counters) end(why cause.Cause) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[why]++
}

// Stats is a snapshot for metrics.
func (s *Server) Stats() Stats {
	st := Stats{
		Requests: s.stats.requests.Load(), Malformed: s.stats.malformed.Load(),
		Throttled: s.stats.throttled.Load(), Calls: s.stats.calls.Load(),
		Answered: s.stats.answered.Load(), Active: s.dialogs.len(),
		Refused: map[cause.Cause]uint64{}, Ended: map[cause.Cause]uint64{},
	}
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	for k, v := range s.stats.refused {
		st.Refused[k] = v
	}
	for k, v := range s.stats.ended {
		st.Ended[k] = v
	}
	return st
}
