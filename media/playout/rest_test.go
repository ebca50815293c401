package playout

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// Silence that is left out leaves no trace: a buffer that writes all of it, tick by
// tick, gives the same.
func TestRestingChangesNothing(t *testing.T) {
	rested := 0
	for seed := range uint64(9) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		f := codec.Standard([]codec.Name{codec.PCMU, codec.G722, codec.Opus}[seed%3])
		rests, writes := bufferOf(t, f), bufferOf(t, f)
		a, b := make([]int16, f.SampleRate/50), make([]int16, f.SampleRate/50)
		enc, err := codec.NewEncoder(f)
		if err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, codec.MaxPayload)
		var seq uint16
		var ts uint32
		var now int64
		talks, deaf := true, false
		for i := range 1500 {
			if rnd.IntN(40) == 0 {
				talks = !talks
			}
			if rnd.IntN(200) == 0 {
				deaf = !deaf
			}
			ts += f.ClockTicks(20 * time.Millisecond)
			switch {
			case talks && rnd.IntN(20) > 0:
				for j := range a {
					a[j] = int16(rnd.IntN(8000) - 4000)
				}
				n, err := enc.Encode(payload, a)
				if err != nil {
					t.Fatal(err)
				}
				p := Packet{Seq: seq, TS: ts, Payload: payload[:n], Level: NoLevel, Arrival: now - int64(rnd.IntN(30))*ms}
				rests.Put(p)
				writes.Put(p)
				seq++
			case !talks && rnd.IntN(15) == 0:
				level := []byte{40, 127, 127}[rnd.IntN(3)]
				rests.Comfort(seq, ts, level, now)
				writes.Comfort(seq, ts, level, now)
				seq++
			case rnd.IntN(50) == 0:
				rests.Skip(seq, ts, now)
				writes.Skip(seq, ts, now)
				seq++
			}
			now += tick
			pcm, other := a, b
			if deaf {
				pcm, other = nil, nil
			}
			clear(a)
			clear(b)
			if o := &rests.out; rests.rests() {
				rested++
				if slices.ContainsFunc(o.pcm[o.lo-o.past:o.lo], func(v int16) bool { return v != 0 }) {
					t.Fatalf("%v, seed %d, tick %d: it rests after sound", f, seed, i)
				}
			}
			writes.out.still = 0
			if x, y := rests.Pull(pcm, now), writes.Pull(other, now); x != y || !slices.Equal(a, b) {
				t.Fatalf("%v, seed %d, tick %d: %v instead of %v", f, seed, i, x, y)
			}
			if rests.Stats() != writes.Stats() || rests.Delay() != writes.Delay() {
				t.Fatalf("%v, seed %d, tick %d: %+v instead of %+v", f, seed, i, rests.Stats(), writes.Stats())
			}
		}
	}
	if rested < 300 {
		t.Errorf("it rested only %d times", rested)
	}
}

func bufferOf(t *testing.T, f codec.Format) *Buffer {
	t.Helper()
	dec, err := codec.NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	return New(f, dec)
}
