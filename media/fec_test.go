package media

import (
	"testing"

	"github.com/partyline/partyline/media/codec"
)

// TestRedundancyOnlyWherePacketsGetLost: in-band FEC is asked of the encoder from
// the peer's first report of loss until a report without any.
func TestRedundancyOnlyWherePacketsGetLost(t *testing.T) {
	s := &Stream{}
	s.send = codec.Standard(codec.Opus)
	for i, step := range []struct {
		fraction uint8
		want     bool
	}{{0, false}, {2, false}, {13, true}, {1, true}, {0, false}, {1, false}} {
		s.reported(step.fraction)
		if got := s.SendFormat().FEC; got != step.want {
			t.Errorf("report %d, fraction %d/256: FEC %v", i, step.fraction, got)
		}
	}
	s.send.FEC = false // the peer cannot use it
	s.reported(100)
	if s.SendFormat().FEC {
		t.Error("FEC for a peer that did not ask for it")
	}
}
