package codec

// g722Taps is the length of the mirror filters, g722Chunk how many samples of
// each sub-band are filtered and coded at a time: 20 ms.
const (
	g722Taps  = 24
	g722Chunk = 160
)

// g722Line is a filter's delay line with room for a chunk.
type g722Line [g722Taps - 2 + 2*g722Chunk]int16

// g722Split is the delay line, every second sample of it, prepared for g722Sums:
// each holds two such samples, its own and the next.
type g722Split [g722Chunk + g722Taps/2 - 2]int64

// split prepares n pairs of new samples and those before them.
func (l *g722Line) split(even, odd *g722Split, n int) {
	for i := range even[:n+g722Taps/2-2] {
		v := (*[4]int16)(l[2*i:])
		even[i] = int64(v[0]) + int64(v[2])<<32
		odd[i] = int64(v[1]) + int64(v[3])<<32
	}
}

// g722Sums are the two halves of the mirror filter for two steps at once, which
// share each multiplication: one in the lower 32 bits, one in the higher. No sum
// exceeds 29 bits.
func g722Sums(even, odd []int64) (e, o int64) {
	v := (*[12]int64)(even)
	e = v[0]*3 - v[1]*11 + v[2]*12 + v[3]*32 - v[4]*210 + v[5]*951 +
		v[6]*3876 - v[7]*805 + v[8]*362 - v[9]*156 + v[10]*53 - v[11]*11
	v = (*[12]int64)(odd)
	o = v[11]*3 - v[10]*11 + v[9]*12 + v[8]*32 - v[7]*210 + v[6]*951 +
		v[5]*3876 - v[4]*805 + v[3]*362 - v[2]*156 + v[1]*53 - v[0]*11
	return e, o
}

// apart takes two sums out of one.
func apart(v int64) (first, second int32) {
	first = int32(v)
	return first, int32((v - int64(first)) >> 32)
}
