//go:build !race

package dtmf

import "testing"

func TestNoAllocation(t *testing.T) {
	s := NewSender(8000)
	var rx Receiver
	ts, seq := uint32(0), uint16(0)
	if a := testing.AllocsPerRun(1000, func() {
		s.Press('5')
		if p, ok := s.Next(ts); ok {
			ev, _ := Parse(p.Payload[:])
			rx.Put(p.Timestamp, seq, p.Marker, ev)
		}
		ts += 160
		seq++
	}); a != 0 {
		t.Errorf("%v allocations", a)
	}
}
