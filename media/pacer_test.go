package media

import (
	"testing"
	"time"
)

// However a wait is cut up, it does not end before its time, and one whose time is
// past does not begin.
func TestSystemPacerIsNeverEarly(t *testing.T) {
	p := systemPacer()
	for _, d := range []time.Duration{-time.Second, 0, time.Millisecond, 10 * time.Millisecond, 10*time.Millisecond + 1, 20 * time.Millisecond, 37 * time.Millisecond} {
		until := time.Now().Add(d)
		p.Wait(until)
		if early := time.Until(until); early > 0 {
			t.Errorf("a wait of %v ended %v early", d, early)
		}
	}
}
