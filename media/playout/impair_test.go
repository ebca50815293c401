package playout

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// A packet that was overtaken is waited for until its own tick comes, even while
// the delay is thought to be a little too long: what lies behind it is not
// decoded ahead of time.
func TestOvertakenIsWaitedFor(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	t.Parallel()
	for _, f := range []codec.Format{codec.Standard(codec.PCMU), codec.Standard(codec.G722), l16()} {
		for _, late := range []time.Duration{25, 30, 35} {
			n := network{format: f, phase: 7 * time.Millisecond, delay: func(r *rand.Rand, _ time.Duration) time.Duration {
				if r.IntN(20) == 0 {
					return late * time.Millisecond
				}
				return 0
			}}
			p := n.run(t, speech(f.SampleRate, 24*time.Second, 2))
			t.Logf("%v, %v ms: %+v", f, int(late), p.stats)
			if g := gaps(p.after(3 * time.Second)); g > 2 {
				t.Errorf("%v, %d ms late: %d gaps", f, late, g)
			}
		}
	}
}

// A sender that goes on with other sequence numbers, at the timestamp that is
// due, loses nothing.
func TestRenumberedLosesNothing(t *testing.T) {
	t.Parallel()
	said := speech(8000, 10*time.Second, 2)
	for _, seq := range []uint16{5000, 20000, 40000, 1<<16 - 3000} {
		n := network{format: l16(), phase: 7 * time.Millisecond, jump: func(at time.Duration) (uint16, uint32) {
			if at == 5*time.Second {
				return seq, 0
			}
			return 0, 0
		}}
		p := n.run(t, said)
		if p.stats != (Stats{}) || !slices.Equal(p.pcm[160:160+len(said)], said) {
			t.Errorf("%d numbers on: not what was said: %+v", seq, p.stats)
		}
	}
}
