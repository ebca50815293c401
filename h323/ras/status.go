package ras

import (
	"net/netip"
	"slices"
	"time"
)

// Phase is how far a client has come with a gatekeeper.
type Phase uint8

// The phases.
const (
	Discovering Phase = iota // GRQ is under way
	Registering              // RRQ is under way
	Registered
	Waiting // no gatekeeper took us; another try comes
	Closed
)

// String is the phase in a word.
func (p Phase) String() string {
	switch p {
	case Discovering:
		return "discovering"
	case Registering:
		return "registering"
	case Registered:
		return "registered"
	case Waiting:
		return "waiting"
	}
	return "closed"
}

// Status is what there is to be shown of a client.
type Status struct {
	Phase Phase
	// Since is when Phase began.
	Since time.Time
	// Gatekeeper and Identifier are whom we are registered with, or are trying to be.
	Gatekeeper netip.AddrPort
	Identifier string
	// EndpointID is the name that the gatekeeper gave us; empty unless registered.
	EndpointID string
	// Aliases are those that the gatekeeper confirmed.
	Aliases []string
	// Taken are names of ours that it has not, since other endpoints have them. They
	// are tried again now and then.
	Taken []string
	// TimeToLive is what the gatekeeper said; 0: it said nothing.
	TimeToLive time.Duration
	// Traversal says that calls come by H.460.18.
	Traversal bool
	// Error is what went wrong last, and At when; empty: nothing ever did.
	Error string
	At    time.Time
	// Retry is when the next try comes, in phase Waiting.
	Retry time.Time
	// Calls are admitted at the moment.
	Calls int
	// Counters count since the client was opened.
	Counters Counters

	gatekeepers []netip.Addr
}

// IsGatekeeper says whether an address is that of the gatekeeper that we are
// registered with: where it is spoken to, where it takes call signalling, or that
// of an alternate that it has named.
func (s *Status) IsGatekeeper(a netip.Addr) bool {
	return s.Phase == Registered && slices.Contains(s.gatekeepers, a.Unmap())
}

// Counters are for metrics.
type Counters struct {
	Sent, Received uint64 // datagrams
	Retries        uint64 // of requests of ours
	Timeouts       uint64 // requests of ours that nobody answered
	Registrations  uint64 // full ones that were confirmed
	Admitted       uint64 // calls
	Refused        uint64 // calls, by the gatekeeper
	Ignored        uint64 // datagrams of strangers and what cannot be decoded
}
