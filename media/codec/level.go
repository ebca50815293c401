package codec

import "math"

// Gauge is a Decoder that can tell how loud a payload is for less than it costs
// to decode it. One that is no Skipper loses nothing by not decoding it: no state of
// its goes from one payload to the next but for concealment.
type Gauge interface {
	// Level is the payload's level as RFC 6464 carries it: 0 (full scale) to 127
	// (silence), in -dBov.
	Level(payload []byte) uint8
}

// Skipper is a Gauge whose state does go on. Level is asked of the payload that is
// next, and is 0 if it may be anything: then it has to be decoded to be known.
type Skipper interface {
	Gauge
	// Skip takes in a payload that is not decoded, so that those after it can be.
	Skip(payload []byte)
	// Wake ends a time of which nothing was heard: concealment does not go on from
	// before it.
	Wake()
}

// Level implements Gauge.
func (d *g711Decoder) Level(payload []byte) uint8 {
	// Two accumulators keep the adder busy.
	var a, b uint64
	square := &d.law.square
	rest := payload
	for ; len(rest) >= 8; rest = rest[8:] {
		x := (*[8]byte)(rest)
		a += uint64(square[x[0]]) + uint64(square[x[2]]) + uint64(square[x[4]]) + uint64(square[x[6]])
		b += uint64(square[x[1]]) + uint64(square[x[3]]) + uint64(square[x[5]]) + uint64(square[x[7]])
	}
	for _, x := range rest {
		a += uint64(square[x])
	}
	e := a + b
	if e == 0 {
		return 127
	}
	db := -10 * math.Log10(float64(e)/float64(len(payload))/(1<<30))
	return uint8(max(0, min(127, db+0.5)))
}
