package mixer

import "github.com/partyline/partyline/media/pcm"

// overlay is what one port hears beside the room.
type overlay struct {
	tick      uint64 // of pcm
	pcm       []int16
	rate      int // index
	resampler *pcm.Resampler
	to        int
	resampled uint64 // last tick
	out       []int16
}

const (
	duckGain    = 0.25             // -12 dB
	duckRelease = (1 - 0.25) / 10. // a tick: 200 ms
)

// duck is the gain of the room beneath what is laid over it.
type duck float32

// step goes on to this tick's gain.
func (d *duck) step(over bool) {
	if over {
		*d = duckGain
	} else {
		*d = min(1, *d+duckRelease)
	}
}

// lay adds a prompt or an overlay to sum, which holds sound or not yet.
func lay(sum []int32, some bool, over []int16) bool {
	if !some {
		clear(sum)
	}
	accumulate(sum, over)
	return true
}

func (o *overlay) add(pcm []int16, rate int, tick uint64) {
	n := tickSamples(rate)
	if o.rate != rate || len(o.pcm) != n {
		o.rate, o.pcm, o.resampler = rate, make([]int16, n), nil
		o.tick = 0
	}
	k := min(n, len(pcm))
	if o.tick != tick {
		o.tick = tick
		clear(o.pcm[copy(o.pcm, pcm[:k]):])
		return
	}
	for i, s := range pcm[:k] {
		o.pcm[i] = clip(int32(o.pcm[i]) + int32(s))
	}
}

func isSilence(pcm []int16) bool {
	for _, v := range pcm {
		if v != 0 {
			return false
		}
	}
	return true
}

func clip(v int32) int16 { return int16(max(-32768, min(32767, v))) }

// at is the overlay at another rate.
func (o *overlay) at(to int, tick uint64) []int16 {
	if to == o.rate {
		return o.pcm
	}
	if o.resampler == nil || o.to != to {
		o.resampler = pcm.NewResampler(rateHz(o.rate), rateHz(to))
		o.to, o.out = to, make([]int16, tickSamples(to))
	} else if o.resampled+1 != tick {
		o.resampler.Reset()
	}
	o.resampled = tick
	o.resampler.Process(o.out, o.pcm)
	return o.out
}
