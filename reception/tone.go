package reception

import (
	"math"
	"time"

	"github.com/partyline/partyline/bridge"
)

// The signals, as (Hz, length) in turn. Joining rises, leaving falls.
var (
	toneJoin  = signal(note{659, 120}, note{880, 180})
	toneLeave = signal(note{880, 120}, note{587, 180})
	toneSpeak = signal(note{1000, 300})
)

type note struct {
	hz, ms int
}

// signal renders notes as PCM of 16 kHz at -20 dBFS, with 8 ms of fade.
func signal(notes ...note) []int16 {
	const (
		loud = 0.1 * math.Sqrt2 * 32767
		fade = bridge.SourceRate * 8 / 1000
	)
	var pcm []int16
	for _, n := range notes {
		length := bridge.SourceRate * n.ms / 1000
		for i := range length {
			edge := min(1, float64(min(i, length-1-i))/fade)
			v := math.Sin(2 * math.Pi * float64(n.hz) * float64(i) / bridge.SourceRate)
			pcm = append(pcm, int16(loud*edge*v))
		}
	}
	return pcm
}

// pauseBetween separates things said one after the other.
func pauseBetween() bridge.Source { return bridge.NewPause(150 * time.Millisecond) }
