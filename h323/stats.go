package h323

import (
	"sync/atomic"

	"github.com/partyline/partyline/cause"
)

// counters are the server's figures since its start.
type counters struct {
	connections, crowded, mute atomic.Uint64
	calls, dialled, answered   atomic.Uint64
	refused, ended             cause.Tally
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

// Stats is a snapshot for metrics.
func (s *Server) Stats() Stats {
	st := Stats{
		Connections: s.stats.connections.Load(), Crowded: s.stats.crowded.Load(), Mute: s.stats.mute.Load(),
		Calls: s.stats.calls.Load(), Dialled: s.stats.dialled.Load(), Answered: s.stats.answered.Load(),
		Refused: s.stats.refused.Counts(), Ended: s.stats.ended.Counts(),
	}
	s.mu.Lock()
	st.Active = len(s.legs)
	s.mu.Unlock()
	return st
}
