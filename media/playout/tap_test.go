package playout

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// keyed is a second of silence, then keys of 80 ms with pauses of as much.
func keyed(rate int, keys string) []int16 {
	out := make([]int16, rate)
	for _, k := range []byte(keys) {
		tone := make([]int16, rate*80/1000)
		pcm.DTMF(tone, rate, k, 0)
		out = append(append(out, tone...), make([]int16, len(tone))...)
	}
	return append(out, make([]int16, rate)...)
}

// What the tap hears holds every key once, whatever the network does to the time
// between packets; what is played does not.
func TestTapHearsEachKeyOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	t.Parallel()
	const keys = "112752700#48219#112233"
	stall := func(r *rand.Rand, at time.Duration) time.Duration {
		every := 130 * time.Millisecond // the network holds all back, then lets go
		if at/every%3 == 1 {
			return every - at%every
		}
		return 0
	}
	ways := map[string]network{
		"jitter": {delay: func(r *rand.Rand, _ time.Duration) time.Duration {
			return time.Duration(r.Int64N(int64(60 * time.Millisecond)))
		}},
		"stalls": {delay: stall},
		"burst": {delay: func(_ *rand.Rand, at time.Duration) time.Duration {
			if late := 1800*time.Millisecond - at; at > 1300*time.Millisecond && late > 0 {
				return late
			}
			return 0
		}},
		"pauses": {gap: func(at time.Duration) gapKind {
			if at >= time.Second && (at-time.Second)%(160*time.Millisecond) >= 80*time.Millisecond {
				return dtx
			}
			return talking
		}},
	}
	for name, n := range ways {
		for _, n.format = range []codec.Format{g711(), codec.Standard(codec.G722)} {
			if name == "pauses" && n.format.Name == codec.G722 {
				continue // its decoder hears as well as it knows the past
			}
			played, wrong := 0, 0
			for n.seed = range 12 {
				r := rand.New(rand.NewPCG(n.seed, 7))
				dec, err := codec.NewDecoder(n.format)
				if err != nil {
					t.Fatal(err)
				}
				rate := n.format.SampleRate
				n.phase = time.Duration(r.Int64N(int64(20 * time.Millisecond)))
				var heard []byte
				b, detect := New(n.format, dec), pcm.NewKeyDetector(rate)
				b.Tap(func(sound []int16) {
					if k, ok := detect.Process(sound); ok {
						heard = append(heard, k)
					}
				})
				p := n.drive(b, n.flights(t, keyed(rate, keys), r), r)
				if string(heard) != keys {
					wrong++
					t.Logf("%s, %v: heard %s", name, n.format.Name, heard)
				}
				detect.Reset()
				var out []byte
				for at := 0; at+rate/50 <= len(p.pcm); at += rate / 50 {
					if k, ok := detect.Process(p.pcm[at : at+rate/50]); ok {
						out = append(out, k)
					}
				}
				if string(out) != keys {
					played++
				}
			}
			t.Logf("%s, %v: %d of 12 wrong by what is played", name, n.format.Name, played)
			if wrong > 0 {
				t.Errorf("%s, %v: %d of 12 keyed wrong", name, n.format.Name, wrong)
			}
		}
	}
}

// A packet lost in the middle of a key does not make two of it.
func TestTapBridgesLoss(t *testing.T) {
	t.Parallel()
	n := network{format: g711(), lost: func(_ *rand.Rand, at time.Duration) bool {
		return at > time.Second && (at-time.Second)%(160*time.Millisecond) == 40*time.Millisecond
	}}
	r := rand.New(rand.NewPCG(1, 7))
	dec, err := codec.NewDecoder(n.format)
	if err != nil {
		t.Fatal(err)
	}
	b, detect := New(n.format, dec), pcm.NewKeyDetector(8000)
	var heard []byte
	b.Tap(func(sound []int16) {
		if k, ok := detect.Process(sound); ok {
			heard = append(heard, k)
		}
	})
	n.drive(b, n.flights(t, keyed(8000, "112233"), r), r)
	if string(heard) != "112233" {
		t.Errorf("heard %s", heard)
	}
}
