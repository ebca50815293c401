package sip

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/partyline/partyline/cause"
)

// Enter counts a call of another protocol from this address with those of SIP, so
// that trunks and limits hold for all of them together. leave gives its place back.
// A call that may not come in has a cause; why is for the log.
func (s *Server) Enter(from netip.Addr) (trunk *Trunk, leave func(), c cause.Cause, why string) {
	cfg := s.cfg.Load()
	trunk = cfg.trunk(from)
	switch {
	case trunk == nil && !cfg.Anonymous:
		return nil, nil, cause.Forbidden, "the source is on no trunk, and limits.anonymous_inbound is off"
	case s.draining.Load():
		return nil, nil, cause.Draining, cause.Draining.Text()
	}
	if s.streams.Load != nil {
		if load := s.streams.Load(); load >= Overloaded {
			return nil, nil, cause.Limit, fmt.Sprintf("the media engines are at %.0f %% of what they can do", 100*load)
		}
	}
	if why = s.meter.call(from, trunk, time.Now(), &cfg.Limits); why != "" {
		return nil, nil, cause.Limit, why
	}
	s.meter.answered(from)
	name := ""
	if trunk != nil {
		name = trunk.Name
	}
	return trunk, func() { s.meter.ended(from, name) }, cause.None, ""
}
