package quality

import (
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/prompts"
)

// spoken is what is said in each language, one after the other; every second one
// a fifth slower and so a fifth deeper, as by another voice.
var spoken = [...]string{"test-begin", "shutdown", "say-name", "ask-pin"}

// speakers take turns in this order.
var speakers = [...]string{"en", "de", "fr", "es", "it"}

const deeper = bridge.SourceRate * 5 / 4

// Speech is d of speech at a rate of 8000, 16000 or 48000 Hz, after a quarter of
// a second of silence: the recorded prompts, of several voices, with the pauses
// between them. After some minutes it begins again.
func Speech(rate int, d time.Duration) ([]int16, error) {
	w, err := prompts.Load("")
	if err != nil {
		return nil, fmt.Errorf("quality: %w", err)
	}
	n := int(int64(bridge.SourceRate) * int64(d) / int64(time.Second))
	out := make([]int16, bridge.SourceRate/4, n)
	for turn := 0; len(out) < n; turn++ {
		if turn == 2*len(speakers)*len(spoken) { // all voices have said all
			for whole := out[bridge.SourceRate/4:]; len(out) < n; {
				out = append(out, whole...)
			}
			break
		}
		key := spoken[turn/len(speakers)%len(spoken)]
		said := play(w.Say(speakers[turn%len(speakers)], key))
		if len(said) == 0 {
			return nil, errors.New("quality: no such prompt: " + key)
		}
		if turn%2 == 1 {
			said = rounded(convert(said, bridge.SourceRate, deeper))
		}
		out = append(out, said...)
		out = append(out, make([]int16, bridge.SourceRate*3/10)...)
	}
	return resampled(out[:n], bridge.SourceRate, rate), nil
}

func play(all []bridge.Source) []int16 {
	var out []int16
	frame := make([]int16, bridge.SourceRate/50)
	for _, s := range all {
		for s.Next(frame) {
			out = append(out, frame...)
		}
	}
	return out
}

func resampled(in []int16, from, to int) []int16 {
	if from == to {
		return in
	}
	return rounded(convert(in, from, to))
}

// Level is the RMS level in dBFS of the 20 ms frames within 20 dB of the loudest:
// of speech without its pauses.
func Level(sound []int16, rate int) float64 {
	n := rate / 50
	loudest := -200.0
	for at := 0; at+n <= len(sound); at += n {
		loudest = max(loudest, pcm.DBFS(sound[at:at+n]))
	}
	var active []int16
	for at := 0; at+n <= len(sound); at += n {
		if pcm.DBFS(sound[at:at+n]) > loudest-20 {
			active = append(active, sound[at:at+n]...)
		}
	}
	return pcm.DBFS(active)
}

// AtLevel is sound scaled to an active level in dBFS.
func AtLevel(sound []int16, rate int, level float64) []int16 {
	g := pcm.Amplitude(level - Level(sound, rate))
	out := make([]float64, len(sound))
	for i, v := range sound {
		out[i] = float64(v) * g
	}
	return rounded(out)
}
