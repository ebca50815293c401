package pcm

import "fmt"

// Resampler converts one stream between 8, 16 and 48 kHz. Its filters are linear
// in phase: half-bands of 63 taps between 8 and 16 kHz, which keep 0–3.45 kHz
// and stop from 4.55 kHz by 65 dB; polyphase of 95 taps between 16 and 48 kHz,
// which keep 0–7.05 kHz and stop from 8.95 kHz by 60 dB. The delay is 1.9 ms for the
// former, 1 ms for the latter, and the sum of both between 8 and 48 kHz.
type Resampler struct {
	from, to int
	chunk    int // 20 ms of input
	first    stage
	second   stage // between 8 and 48 kHz; else nil
	middle   []int16
}

// stage is one filter. Blocks are at most 20 ms and a multiple of its ratio.
type stage interface {
	process(dst, src []int16) int
	reset()
}

// NewResampler makes a resampler. Rates other than 8000, 16000 and 48000 are a
// mistake of the caller: it panics.
func NewResampler(from, to int) *Resampler {
	r := &Resampler{from: from, to: to, chunk: from / 50}
	switch [2]int{from, to} {
	case [2]int{8000, 8000}, [2]int{16000, 16000}, [2]int{48000, 48000}:
	case [2]int{8000, 16000}:
		r.first = new(double)
	case [2]int{16000, 8000}:
		r.first = new(halve)
	case [2]int{16000, 48000}:
		r.first = new(triple)
	case [2]int{48000, 16000}:
		r.first = new(third)
	case [2]int{8000, 48000}:
		r.first, r.second = new(double), new(triple)
	case [2]int{48000, 8000}:
		r.first, r.second = new(third), new(halve)
	default:
		panic(fmt.Sprintf("pcm: no resampler from %d to %d Hz", from, to))
	}
	if r.second != nil {
		r.middle = make([]int16, 320)
	}
	return r
}

// Process converts src into dst, which must hold len(src)*to/from samples, and
// returns that number. When the rate falls, len(src) must be a multiple of the
// ratio; blocks of whole milliseconds are.
func (r *Resampler) Process(dst, src []int16) int {
	if r.first == nil {
		return copy(dst, src)
	}
	total := 0
	for len(src) > 0 {
		k := min(r.chunk, len(src))
		n := 0
		if r.second == nil {
			n = r.first.process(dst[total:], src[:k])
		} else {
			m := r.first.process(r.middle, src[:k])
			n = r.second.process(dst[total:], r.middle[:m])
		}
		total += n
		src = src[k:]
	}
	return total
}

// Reset forgets the past.
func (r *Resampler) Reset() {
	if r.first != nil {
		r.first.reset()
	}
	if r.second != nil {
		r.second.reset()
	}
}
