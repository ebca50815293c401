package sip

import (
	"sync/atomic"

	"github.com/partyline/partyline/cause"
)

// counters are the server's figures since its start.
type counters struct {
	requests, malformed, throttled atomic.Uint64
	calls, answered                atomic.Uint64
	dialled, reached               atomic.Uint64

	refused, ended, unreached cause.Tally
}

// Stats is a snapshot of the server's figures.
type Stats struct {
	Requests  uint64 // that were understood, retransmissions too
	Malformed uint64 // messages that were not
	Throttled uint64 // requests over a source's limit
	Calls     uint64 // that came in
	Answered  uint64 // and were answered
	Dialled   uint64 // that we made
	Reached   uint64 // and were answered
	Active    int    // that are up, both ways
	// Refused counts calls refused before their answer, Ended those answered,
	// Unreached those that we made in vain, by cause.
	Refused, Ended, Unreached map[cause.Cause]uint64
}

// Stats is a snapshot for metrics.
func (s *Server) Stats() Stats {
	return Stats{
		Requests: s.stats.requests.Load(), Malformed: s.stats.malformed.Load(),
		Throttled: s.stats.throttled.Load(), Calls: s.stats.calls.Load(),
		Answered: s.stats.answered.Load(), Active: s.dialogs.len(),
		Dialled: s.stats.dialled.Load(), Reached: s.stats.reached.Load(),
		Refused: s.stats.refused.Counts(), Ended: s.stats.ended.Counts(), Unreached: s.stats.unreached.Counts(),
	}
}
