package media

import (
	"math/rand/v2"
	"testing"

	"github.com/pion/transport/v4/replaydetector"
)

// TestReplaysLikeTheLibrary: against the library's detector, over jumps, late and
// repeated packets, forgeries (checked, never accepted) and the window's edge.
func TestReplaysLikeTheLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		ours, theirs := newReplays(), replaydetector.New(replayWindow, 1<<48-1)
		at := uint64(rng.IntN(1<<20) + 1000)
		for i := range 5000 {
			switch rng.IntN(20) {
			case 0:
				at += uint64(rng.IntN(400))
			default:
				at++
			}
			index := at
			if rng.IntN(3) == 0 {
				index -= uint64(rng.IntN(200))
			}
			a, ok := ours.Check(index)
			b, want := theirs.Check(index)
			if ok != want {
				t.Fatalf("round %d, packet %d, index %d: %v, the library says %v", round, i, index, ok, want)
			}
			if !ok || rng.IntN(10) == 0 { // forged: never accepted
				continue
			}
			if got, want := a(), b(); got != want {
				t.Fatalf("round %d, packet %d, index %d: newest %v, the library says %v", round, i, index, got, want)
			}
		}
	}
}
