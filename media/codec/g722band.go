package codec

// g722Band is the state of one sub-band's quantiser and predictor. An encoder's is
// that of every decoder that has heard the same codes.
type g722Band struct {
	s, sz  int32 // predicted sample; its zero section
	nb     int32 // logarithm of the quantiser's scale factor
	a1, a2 int32 // poles
	r      int32 // the last reconstructed sample, doubled
	p      int   // which of the last two partially reconstructed samples are negative, the newest lowest

	// The six zeros, each raised by 32768 into a lane of 21 bits, so that one
	// addition serves three.
	near, far uint64
	signs     uint32   // of the last six differences, the newest lowest
	d         [6]int32 // those differences, doubled, the oldest first
	sum       int32    // of d
}

func newG722Band() g722Band {
	return g722Band{near: g722Lanes << 15, far: g722Lanes << 15}
}

// g722Past is a band's differences while a chunk is coded: each sample adds one
// and looks at the six before it, so that none has to be moved.
type g722Past [6 + g722Chunk]int32

func saturate16(v int32) int32 {
	if v == int32(int16(v)) {
		return v
	}
	return v>>31 ^ 32767
}

// adapt is block 4: reconstruction and adaptation of the predictor to the
// quantised difference d, and the next prediction. past[6] is this difference's
// place. The signs are those of a signal: no branch could be predicted, so there
// is none that depends on them.
//
// No difference reaches 16,384, so that twice it is never saturated; of what is
// partially reconstructed only the sign is ever used.
func (b *g722Band) adapt(past *[7]int32, d int32) {
	// UPZERO and the shift of DELAYA: a zero leaks by a 256th and moves by 128, up if
	// its difference has the sign of the new one.
	d2 := 2 * d
	past[6] = d2
	negative := uint32(d) >> 31
	zero := ^uint32(d|-d) >> 31
	i := (b.signs^-negative)&63 | zero<<6
	b.signs = (b.signs<<1 | negative) & 63
	near, far := b.near, b.far
	steps := &g722Zeros[i]
	near += steps[0] - (near+255*g722Lanes)>>8&(511*g722Lanes)
	far += steps[1] - (far+255*g722Lanes)>>8&(511*g722Lanes)
	b.near, b.far = near, far

	// FILTEZ. The lanes are 32768 too high: of each product its d is too much.
	sum := b.sum + d2 - past[0]
	b.sum = sum
	const lane = 1<<21 - 1
	sz := saturate16(int32(far>>42)*past[1]>>15 +
		int32(far>>21&lane)*past[2]>>15 +
		int32(far&lane)*past[3]>>15 +
		int32(near>>42)*past[4]>>15 +
		int32(near>>21&lane)*past[5]>>15 - sum +
		int32(near&lane)*d2>>15)

	// PARREC, UPPOL2 and UPPOL1
	signs := (b.p<<1 | int(uint32(b.sz+d)>>31)) & 7
	b.p = signs & 3
	move := &g722Poles[signs]
	w := max(-256, min(255, b.a1*move.sign>>5))
	a2 := w + b.a2*32512>>15 + move.a2
	a2 = max(-12288, min(12288, a2))
	limit := 15360 - a2
	a1 := b.a1*32640>>15 + move.a1
	a1 = max(-limit, min(limit, a1))
	b.a1, b.a2 = a1, a2

	// RECONS, FILTEP, PREDIC
	r0 := saturate16(2 * (b.s + d))
	sp := a1*r0>>15 + a2*b.r>>15
	b.r = r0
	b.sz = sz
	b.s = saturate16(saturate16(sp) + sz)
}

// coded is the place in g722IL and its like of the 6 bits for the difference e
// of the lower band.
//
// QUANTL counts the decision levels Q for which Q*det>>12 is not above the
// magnitude m. That is, exactly, those not above ((m+1)<<12-1)/det, so one
// division and one table do; and the division is a multiplication.
func (b *g722Band) coded(e int32) uint8 {
	m := e ^ e>>31
	ratio := (uint64(uint32(m))<<12 | 4095) * g722Inverse[b.nb>>6&511] >> 40
	return (g722Level[min(ratio, 4095)] | uint8(e>>31)&32) & 63
}

// lower adapts the lower band to the code at place i of the tables and returns
// what a decoder makes of the code: INVQBL, LIMIT.
func (b *g722Band) lower(past *[7]int32, i uint8) int32 {
	det := g722DetL[b.nb>>6&511]
	heard := max(-16384, min(16383, det*g722QM6[i&63]>>15+b.s)) // LIMIT
	d := det * g722QM4[i&63] >> 15                              // INVQAL
	b.nb = max(0, min(18432, b.nb*127>>7+g722WL[i&63]))         // LOGSCL
	b.adapt(past, d)
	return heard
}

// codedHigh is the 2 bits for the difference e of the higher band: QUANTH.
func (b *g722Band) codedHigh(e int32) uint8 {
	m := e ^ e>>31
	small := uint32(m-564*g722DetH[b.nb>>6&511]>>12) >> 31
	return uint8(e>>31+1)<<1 | uint8(small)
}

// higher is lower for the higher band, whose code is its own place: INVQAH,
// LOGSCH.
func (b *g722Band) higher(past *[7]int32, code uint8) int32 {
	d := g722DetH[b.nb>>6&511] * g722QM2[code&3] >> 15
	heard := max(-16384, min(16383, d+b.s))
	b.nb = max(0, min(22528, b.nb*127>>7+g722WH[code&3]))
	b.adapt(past, d)
	return heard
}
