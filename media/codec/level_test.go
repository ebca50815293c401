package codec

import (
	"math/rand/v2"
	"testing"

	"github.com/partyline/partyline/media/pcm"
)

// A payload's level is that of its sound, whether it is decoded or not.
func TestLevelOfPayload(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, name := range []Name{PCMU, PCMA} {
		f := Standard(name)
		enc, _ := NewEncoder(f)
		dec, _ := NewDecoder(f)
		gauge := dec.(Gauge)
		for amplitude := 1; amplitude < 32768; amplitude = amplitude*3/2 + 1 {
			for _, n := range []int{80, 160, 161, 480} {
				sound, payload := make([]int16, n), make([]byte, n)
				for i := range sound {
					sound[i] = int16(rng.IntN(2*amplitude) - amplitude)
				}
				enc.Encode(payload, sound)
				dec.Decode(sound, payload)
				if got, want := gauge.Level(payload), pcm.LevelDBov(sound); got != want {
					t.Errorf("%v, amplitude %d, %d samples: level %d, want %d", name, amplitude, n, got, want)
				}
			}
		}
	}
}

func BenchmarkLevelOfPayload(b *testing.B) {
	dec, _ := NewDecoder(Standard(PCMU))
	payload := make([]byte, 160)
	for i := range payload {
		payload[i] = byte(0x70 + i%16)
	}
	gauge := dec.(Gauge)
	for b.Loop() {
		gauge.Level(payload)
	}
}
