package webrtc

import (
	"os"
	"testing"
)

// TestMain makes the process the browsers of a benchmark, if it was started as
// that: what they cost is not the gateway's.
func TestMain(m *testing.M) {
	if os.Getenv(fleetEnv) != "" {
		sail()
		return
	}
	os.Exit(m.Run())
}
