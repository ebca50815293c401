package codec

// G.722 at 64 kbit/s (mode 1): two sub-bands of 0–4 and 4–8 kHz, the lower
// coded by 6 bits a sample, the higher by 2, each by adaptive differential PCM.
// The arithmetic is that of ITU-T G.722 clause 6, whose block names are in
// capitals below.

// g722Band is the state of one sub-band's quantiser and predictor.
type g722Band struct {
	s, sz  int32    // predicted sample; its zero section
	det    int32    // quantiser scale factor
	nb     int32    // its logarithm
	a1, a2 int32    // poles
	r1, r2 int32    // reconstructed samples
	p1, p2 int32    // partially reconstructed samples
	b      [6]int32 // zeros
	d      [6]int32 // quantised differences
}

func saturate16(v int32) int32 {
	if v == int32(int16(v)) {
		return v
	}
	if v > 0 {
		return 32767
	}
	return -32768
}

// scale adapts the scale factor: LOGSCL and SCALEL, LOGSCH and SCALEH. w is the
// multiplier of the code, ceiling and shift tell the bands apart.
func (b *g722Band) scale(w, ceiling, shift int32) {
	nb := b.nb*127>>7 + w
	nb = max(0, min(ceiling, nb))
	b.nb = nb
	v := g722ILB[nb>>6&31]
	if n := shift - nb>>11; n < 0 {
		v <<= -n
	} else {
		v >>= n
	}
	b.det = v << 2
}

// adapt is block 4: reconstruction and adaptation of the predictor to the
// quantised difference d, and the next prediction.
func (b *g722Band) adapt(d int32) {
	r0 := saturate16(b.s + d)  // RECONS
	p0 := saturate16(b.sz + d) // PARREC
	b.poles(p0)
	sz := b.zeros(d)

	// DELAYA, FILTEP, PREDIC
	b.r2, b.r1 = b.r1, r0
	b.p2, b.p1 = b.p1, p0
	sp := b.a1*saturate16(2*b.r1)>>15 + b.a2*saturate16(2*b.r2)>>15
	b.sz = sz
	b.s = saturate16(saturate16(sp) + sz)
}

// poles is UPPOL2 and UPPOL1. The signs are those of a signal: no branch could be
// predicted, so there is none.
func (b *g722Band) poles(p0 int32) {
	differ1 := (p0 ^ b.p1) >> 31 // -1 or 0
	differ2 := (p0 ^ b.p2) >> 31
	w := min(negate(saturate16(b.a1<<2), ^differ1), 32767)
	a2 := w>>7 + b.a2*32512>>15 + negate(128, differ2)
	a2 = max(-12288, min(12288, a2))
	limit := 15360 - a2
	a1 := b.a1*32640>>15 + negate(192, differ1)
	b.a2 = a2
	b.a1 = max(-limit, min(limit, a1))
}

// negate is -v if mask is -1 and v if it is 0.
func negate(v, mask int32) int32 { return v ^ mask - mask }

// zeros is UPZERO, the shift of DELAYA and FILTEZ in one pass.
func (b *g722Band) zeros(d int32) int32 {
	step := int32(128)
	if d == 0 {
		step = 0
	}
	var sz int32
	next := d
	for i := range b.b {
		di := b.d[i]
		c := b.b[i]*32640>>15 + negate(step, (d^di)>>31)
		b.b[i] = c
		b.d[i] = next
		sz += c * saturate16(2*next) >> 15
		next = di
	}
	return saturate16(sz)
}

// lower quantises a sample of the lower band to 6 bits.
func (b *g722Band) lower(x int32) byte {
	e := saturate16(x - b.s)
	m := e ^ e>>31
	// QUANTL: the number of decision levels not above m, by halving and without
	// a branch to mispredict. The levels rise, so this finds what the
	// Recommendation's sequence of comparisons does.
	var below int
	det, mag := int64(b.det), int64(m)
	for _, step := range [5]int{16, 8, 4, 2, 1} {
		next := below
		if mag >= g722Q6[(below+step)&31]*det>>12 {
			next = below + step
		}
		below = next
	}
	code := g722IL[e>>31&1][below&31]
	b.adaptLower(code)
	return code
}

func (b *g722Band) adaptLower(code byte) {
	q := code >> 2 & 15
	d := b.det * g722QM4[q] >> 15 // INVQAL
	b.scale(g722WL[q], 18432, 8)
	b.adapt(d)
}

// higher quantises a sample of the higher band to 2 bits.
func (b *g722Band) higher(x int32) byte {
	e := saturate16(x - b.s)
	m, code := e, byte(2)
	if e < 0 {
		m, code = ^e, 0
	}
	if m < 564*b.det>>12 {
		code++
	}
	b.adaptHigher(code)
	return code
}

func (b *g722Band) adaptHigher(code byte) {
	d := b.det * g722QM2[code&3] >> 15 // INVQAH
	b.scale(g722WH[code&3], 22528, 10)
	b.adapt(d)
}

// g722Taps is the length of the mirror filters, g722Chunk the samples filtered
// at a time.
const (
	g722Taps  = 24
	g722Chunk = 320
)

// g722Lines is a filter's delay line with room for a chunk, so that samples move
// once a chunk and not once a sample.
type g722Lines [g722Taps - 2 + g722Chunk]int32

// keep moves the newest samples to the front after n were used.
func (l *g722Lines) keep(n int) { copy(l[:g722Taps-2], l[n:n+g722Taps-2]) }

// sums are the two halves of the mirror filter on the 24 samples from x.
func g722Sums(x []int32) (even, odd int32) {
	x = x[:g722Taps]
	for i := range g722QMF {
		even += x[2*i] * g722QMF[i]
		odd += x[2*i+1] * g722QMF[11-i]
	}
	return even, odd
}

type g722Encoder struct {
	low, high g722Band
	line      g722Lines
}

func newG722Encoder() *g722Encoder {
	e := new(g722Encoder)
	e.Reset()
	return e
}

func (e *g722Encoder) Reset() {
	*e = g722Encoder{}
	e.low.det, e.high.det = 32, 8
}

// Rejoin takes over the state of the encoder the listener's decoder has followed
// until now, so that the decoder notices nothing.
func (e *g722Encoder) Rejoin(from Encoder) {
	if f, ok := from.(*g722Encoder); ok {
		*e = *f
	}
}

func (e *g722Encoder) Encode(dst []byte, pcm []int16) (int, error) {
	if len(pcm)%2 != 0 {
		return 0, errFrame
	}
	n := len(pcm) / 2
	if len(dst) < n {
		return 0, errShort
	}
	for len(pcm) > 0 {
		k := min(len(pcm), g722Chunk)
		e.chunk(dst, pcm[:k])
		dst, pcm = dst[k/2:], pcm[k:]
	}
	return n, nil
}

func (e *g722Encoder) chunk(dst []byte, pcm []int16) {
	for i, s := range pcm {
		e.line[g722Taps-2+i] = int32(s)
	}
	for i := range len(pcm) / 2 {
		even, odd := g722Sums(e.line[2*i : 2*i+g722Taps])
		low := e.low.lower((odd + even) >> 14)
		high := e.high.higher((odd - even) >> 14)
		dst[i] = high<<6 | low
	}
	e.line.keep(len(pcm))
}

type g722Decoder struct {
	low, high g722Band
	line      g722Lines
	plc       *concealer
}

func newG722Decoder() *g722Decoder {
	d := &g722Decoder{plc: newConcealer(16000)}
	d.Reset()
	return d
}

func (d *g722Decoder) Reset() {
	plc := d.plc
	plc.reset()
	*d = g722Decoder{plc: plc}
	d.low.det, d.high.det = 32, 8
}

func (d *g722Decoder) Decode(dst []int16, payload []byte) (int, error) {
	n := 2 * len(payload)
	if n == 0 {
		return 0, ErrPayload
	}
	if len(dst) < n {
		return 0, errShort
	}
	out := dst
	for len(payload) > 0 {
		k := min(len(payload), g722Chunk/2)
		d.chunk(out, payload[:k])
		out, payload = out[2*k:], payload[k:]
	}
	d.plc.heard(dst[:n])
	return n, nil
}

func (d *g722Decoder) chunk(dst []int16, payload []byte) {
	for i, c := range payload {
		low := d.low.det*g722QM6[c&63]>>15 + d.low.s // INVQBL
		low = max(-16384, min(16383, low))           // LIMIT
		d.low.adaptLower(c & 63)
		high := d.high.det*g722QM2[c>>6]>>15 + d.high.s
		high = max(-16384, min(16383, high))
		d.high.adaptHigher(c >> 6)
		j := g722Taps - 2 + 2*i
		d.line[j], d.line[j+1] = low+high, low-high
	}
	for i := range payload {
		even, odd := g722Sums(d.line[2*i : 2*i+g722Taps])
		dst[2*i] = int16(saturate16(odd >> 11))
		dst[2*i+1] = int16(saturate16(even >> 11))
	}
	d.line.keep(2 * len(payload))
}

func (d *g722Decoder) DecodeFEC([]int16, []byte) (int, error) { return 0, nil }
func (d *g722Decoder) Conceal(dst []int16)                    { d.plc.conceal(dst) }
