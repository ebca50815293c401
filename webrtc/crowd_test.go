package webrtc

import (
	"testing"

	"github.com/partyline/partyline/media/codec"
)

// Many browsers in one room: each hears the others, and not itself.
func TestCrowd(t *testing.T) {
	h := newHouse(t, nil)
	// G.722: coding and decoding twenty Opus clients is not what is tested.
	f := codec.Standard(codec.G722)
	all := make([]*browser, people)
	pitch := func(i int) float64 { return float64(300 + 50*i) }
	for i := range all {
		all[i], _, _ = h.arrive(browserConfig{codec: codec.G722})
	}
	// The room mixes the loudest eight: they talk in turns of seven.
	const turn = 7
	for first := 0; first < people; first += turn {
		talkers := all[first:min(first+turn, people)]
		for i, b := range talkers {
			b.say(tone(t, f, pitch(first+i)), 20)
		}
		for j, b := range all {
			for i := range talkers {
				if first+i != j {
					b.until("hears another", func() bool { return b.powerOf(pitch(first+i)) > 0.05 })
				}
			}
		}
		for i, b := range talkers {
			if p := b.powerOf(pitch(first + i)); p > 0.01 {
				t.Errorf("%d hears itself: %.3f", first+i, p)
			}
			b.silence()
		}
		for _, b := range all {
			b.until("it is quiet again", func() bool { return b.powerOf(pitch(first)) < 0.01 && b.powerOf(pitch(first+len(talkers)-1)) < 0.01 })
		}
	}
	if n := h.server.Legs(); n != people {
		t.Error(n)
	}
}
