package load

import (
	"math"

	"github.com/partyline/partyline/media/codec"
)

// recorded is a packet that a listener got, as it came.
type recorded struct {
	arrival int64 // ns, wall clock
	stamp   uint32
	payload []byte
}

// track is what a listener heard: samples on the line of RTP time, and when each
// packet of them came. What never came is silence.
type track struct {
	rate  int
	pcm   []float64
	parts []part
	// runIn is how long, in ms, the track is not yet what was said: it begins in mid
	// stream, and a decoder with a memory has to learn its coder's first.
	runIn int
}

// part is the place of a packet in a track.
type part struct {
	arrival int64
	at, n   int
}

// maxHole is the longest hole in a track, in s: a leap of the RTP clock beyond it is
// another stream.
const maxHole = 5

func newTrack(f codec.Format, packets []recorded) (*track, error) {
	dec, err := codec.NewDecoder(f)
	if err != nil {
		return nil, err
	}
	t := &track{rate: f.SampleRate}
	if f.Name == codec.G722 || f.Name == codec.Opus {
		t.runIn = 100
	}
	pcm := make([]int16, f.SampleRate*120/1000)
	var last uint32
	next := 0
	for i, p := range packets {
		leap := 0
		if i > 0 {
			leap = int(int32(p.stamp-last)) * f.SampleRate / f.ClockRate
		}
		last = p.stamp
		at := len(t.pcm)
		if prev := len(t.parts) - 1; prev >= 0 && leap > 0 && leap < maxHole*t.rate {
			at = max(t.parts[prev].at+leap, next)
		}
		n, err := dec.Decode(pcm, p.payload)
		if err != nil {
			continue
		}
		t.parts = append(t.parts, part{p.arrival, at, n})
		for len(t.pcm) < at {
			t.pcm = append(t.pcm, 0)
		}
		for _, v := range pcm[:n] {
			t.pcm = append(t.pcm, float64(v)/32768)
		}
		next = len(t.pcm)
	}
	return t, nil
}

// before is the place of the last packet that came before a time; -1: none, or none
// came later.
func (t *track) before(when int64) int {
	for i, p := range t.parts {
		if p.arrival >= when && i > 0 {
			return t.parts[i-1].at
		}
	}
	return -1
}

// when is the time, in ns, at which a sample came, counted on from the first of its
// packet. Between two packets there is none.
func (t *track) when(at float64) (int64, bool) {
	for _, p := range t.parts {
		if d := at - float64(p.at); d >= 0 && d < float64(p.n) {
			return p.arrival + int64(math.Round(d*1e9/float64(t.rate))), true
		}
	}
	return 0, false
}
