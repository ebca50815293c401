package playout

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// The network becomes slower or faster for good.
func TestRouteChange(t *testing.T) {
	t.Parallel()
	said := speech(8000, 40*time.Second, 13)
	for _, d := range []time.Duration{30, 90, 150, 300, 1000} {
		n := network{format: g711(), phase: 4 * time.Millisecond, delay: func(_ *rand.Rand, at time.Duration) time.Duration {
			if at > 10*time.Second && at < 20*time.Second {
				return d * time.Millisecond
			}
			return 0
		}}
		p := n.run(t, said)
		t.Logf("%d ms: %d gaps, delay %v, %v, %+v", d, gaps(p.is), p.delay[950], p.delay[1600], p.stats)
		back := p.after(20*time.Second + (d+20)*time.Millisecond)
		if g := gaps(p.after(10*time.Second + (d+200)*time.Millisecond)[:400]); g > 0 {
			t.Errorf("%d ms: %d gaps on the slower way", d, g)
		}
		if g := gaps(back); g > 0 {
			t.Errorf("%d ms: %d gaps on the faster way", d, g)
		}
		if most := max(p.delay[1000+int(d/20)+400], p.delay[1600]); d < 500 && most > 40*time.Millisecond {
			t.Errorf("%d ms: delay %v", d, most)
		}
	}
}

// Some telephones do not advance the timestamp while they are silent.
func TestTimestampStandsStill(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	t.Parallel()
	for _, marker := range []bool{true, false} {
		for _, silence := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 5 * time.Second, 20 * time.Second} {
			said := speech(8000, 60*time.Second, 14)
			cycle := silence + 3*time.Second
			n := network{format: g711(), phase: 4 * time.Millisecond, gap: func(at time.Duration) gapKind {
				if at%cycle >= 3*time.Second {
					return dtx
				}
				return talking
			}}
			r := rand.New(rand.NewPCG(1, 1))
			flights := n.flights(t, said, r)
			for i := range flights {
				flights[i].TS = uint32(flights[i].Seq) * 160
				flights[i].Marker = marker && i > 0 && flights[i].arrival-flights[i-1].arrival > 30*ms
			}
			dec, _ := codec.NewDecoder(n.format)
			p := n.drive(New(n.format, dec), flights, r)
			heard := 0
			for _, a := range p.is {
				if a == Voice {
					heard++
				}
			}
			t.Logf("marker %v, silence %v: %d of %d packets heard, delay %v, %+v", marker, silence, heard, len(flights), p.b.Delay(), p.stats)
			most := 6 * int(60*time.Second/cycle+1) // a talkspurt's beginning
			if marker {
				most = 5
			}
			if heard < len(flights)-most {
				t.Errorf("marker %v, silence %v: %d of %d packets heard", marker, silence, heard, len(flights))
			}
			if d := p.b.Delay(); d > 130*time.Millisecond {
				t.Errorf("delay %v", d)
			}
		}
	}
}

// A leg that nobody pulls for a while, or at other times than before, has no
// delay from it.
func TestTicksChange(t *testing.T) {
	t.Parallel()
	said := speech(8000, 40*time.Second, 15)
	for _, shift := range []int64{-15, -5, 5, 15, 40, 100, 260, 600} {
		dec, _ := codec.NewDecoder(g711())
		b := New(g711(), dec)
		n := network{format: g711()}
		flights := n.flights(t, said, rand.New(rand.NewPCG(1, 1)))
		pcm := make([]int16, 160)
		var is []Activity
		now := 7 * ms
		for i := 0; len(flights) > 0; i++ {
			for len(flights) > 0 && flights[0].arrival <= now {
				b.Put(flights[0].Packet)
				flights = flights[1:]
			}
			is = append(is, b.Pull(pcm, now))
			now += tick
			if i == 560 && shift > 200 && b.Delay() > 20*time.Millisecond {
				t.Errorf("%d ms: delay %v soon after", shift, b.Delay())
			}
			if i == 500 {
				now += shift * ms
			}
		}
		t.Logf("%d ms: %d gaps, delay %v, %+v", shift, gaps(is), b.Delay(), b.Stats())
		if g := gaps(is); g > 1 {
			t.Errorf("%d ms: %d gaps", shift, g)
		}
		if b.Delay() > 20*time.Millisecond {
			t.Errorf("%d ms: delay %v", shift, b.Delay())
		}
	}
}

// Drift shows through jitter too.
func TestDriftWithJitter(t *testing.T) {
	t.Parallel()
	said := speech(8000, long(5*time.Minute), 16)
	for _, drift := range []float64{200, -200} {
		n := network{format: g711(), drift: drift, phase: 5 * time.Millisecond, delay: func(r *rand.Rand, _ time.Duration) time.Duration {
			return time.Duration(r.Int64N(20 * ms))
		}}
		p := n.run(t, said)
		g := gaps(p.is[500:])
		d := p.delay[len(p.delay)-1]
		t.Logf("%v ppm: %d gaps, delay %v, %+v", drift, g, d, p.stats)
		if g > 6 {
			t.Errorf("%v ppm: %d gaps", drift, g)
		}
		if d > 50*time.Millisecond {
			t.Errorf("%v ppm: delay %v", drift, d)
		}
	}
}

// A sender that runs ahead, as one that has caught up on a stalled file does, is
// followed.
func TestSenderRunsAhead(t *testing.T) {
	t.Parallel()
	said := speech(8000, 30*time.Second, 17)
	for _, ahead := range []time.Duration{60, 200, 400, 900, 3000} {
		n := network{format: g711(), phase: 4 * time.Millisecond, delay: func(_ *rand.Rand, at time.Duration) time.Duration {
			if at > 10*time.Second {
				return max(-ahead*time.Millisecond, 10*time.Second-at)
			}
			return 0
		}}
		p := n.run(t, said)
		t.Logf("%d ms: %d gaps, delay %v, %+v", ahead, gaps(p.is), p.b.Delay(), p.stats)
		if g := gaps(p.is); g > 1 {
			t.Errorf("%d ms: %d gaps", ahead, g)
		}
		if d := p.delay[1000]; d > 40*time.Millisecond {
			t.Errorf("%d ms: delay %v", ahead, d)
		}
	}
}
