//go:build !race

package mixer

import (
	"testing"

	"github.com/partyline/partyline/media/codec"
)

func TestTickAllocatesNothing(t *testing.T) {
	pcmu, g722, opus := codec.Standard(codec.PCMU), codec.Standard(codec.G722), codec.Standard(codec.Opus)
	for _, c := range []struct {
		name    string
		formats []codec.Format
		n       int
	}{
		{"100 G.711", []codec.Format{pcmu}, 100},
		{"400 G.711", []codec.Format{pcmu, codec.Standard(codec.PCMA)}, 400},
		{"40 mixed", []codec.Format{pcmu, g722, opus}, 40},
	} {
		b := newBench(c.n, 2, c.formats...)
		for range 150 {
			b.tick()
		}
		if got := testing.AllocsPerRun(100, b.tick); got != 0 {
			t.Errorf("%s: %v allocations a tick", c.name, got)
		}
	}
}
