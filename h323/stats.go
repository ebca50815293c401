package h323

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/partyline/partyline/cause"
)

// counters are the server's figures since its start.
type counters struct {
	connections, crowded, mute atomic.Uint64
	calls, dialled, answered   atomic.Uint64
	mu                         sync.Mutex
	refused, ended             map[cause.Cause]uint64
}

// Stats is a snapshot of the server's figures.
type Stats struct {
	Connections uint64 // that were taken
	Crowded     uint64 // closed because too many were not answered
	Mute        uint64 // ended without a Setup that could be understood
	Calls       uint64 // that came in
	Dialled     uint64 // that went out
	Answered    uint64 // of both, those that were answered
	Active      int    // that are set up or about to be
	// Refused counts calls that ended before their answer, Ended those answered,
	// by cause.
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
		Connections: s.stats.connections.Load(), Crowded: s.stats.crowded.Load(), Mute: s.stats.mute.Load(),
		Calls: s.stats.calls.Load(), Dialled: s.stats.dialled.Load(), Answered: s.stats.answered.Load(),
	}
	s.mu.Lock()
	st.Active = len(s.legs)
	s.mu.Unlock()
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	st.Refused, st.Ended = maps.Clone(s.stats.refused), maps.Clone(s.stats.ended)
	return st
}
