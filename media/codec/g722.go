package codec

// G.722 at 64 kbit/s (mode 1): two sub-bands of 0–4 and 4–8 kHz, the lower
// coded by 6 bits a sample, the higher by 2, each by adaptive differential PCM.
// The arithmetic is that of ITU-T G.722 clause 6, whose block names are in
// capitals below; every result is the same bit by bit, but for saturations that
// cannot happen and values of which only a part is used.

type g722Encoder struct {
	low, high g722Band
	history   [g722Taps - 2]int16
	tracks    g722Tracks
	follow    g722Follow
}

func newG722Encoder() *g722Encoder {
	e := new(g722Encoder)
	e.Reset()
	return e
}

func (e *g722Encoder) Reset() {
	*e = g722Encoder{low: newG722Band(), high: newG722Band()}
}

// Rejoin takes over the state of the encoder the listener's decoder has followed
// until now, so that the decoder notices nothing.
func (e *g722Encoder) Rejoin(from Encoder) {
	if f, ok := from.(*g722Encoder); ok {
		*e = *f
		e.follow = g722Follow{}
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
		k := min(len(pcm), 2*g722Chunk)
		e.chunk(dst[:k/2], pcm[:k])
		dst, pcm = dst[k/2:], pcm[k:]
	}
	return n, nil
}

func (e *g722Encoder) chunk(dst []byte, pcm []int16) {
	var line g722Line
	n := copy(line[:], e.history[:])
	copy(line[n:], pcm)
	copy(e.history[:], line[len(pcm):])
	var even, odd g722Split
	line.split(&even, &odd, (len(dst)+1)&^1)
	var low, high [g722Chunk]int32
	for i := 0; i < len(dst); i += 2 {
		e, o := g722Sums(even[i:], odd[i:])
		l0, l1 := apart(o + e)
		h0, h1 := apart(o - e)
		low[i], low[i+1] = l0>>14, l1>>14
		high[i], high[i+1] = h0>>14, h1>>14
	}
	e.code(dst, &low, &high)
}

// code quantises sub-band samples into dst. The two bands know nothing of each
// other; done in turns, the processor works on both at once.
func (e *g722Encoder) code(dst []byte, low, high *[g722Chunk]int32) {
	l, h := &e.low, &e.high
	var pastL, pastH g722Past
	copy(pastL[:], l.d[:])
	copy(pastH[:], h.d[:])
	from := e.tracks.next(len(dst))
	tl, th := e.tracks.low.cut(from, len(dst)), e.tracks.high.cut(from, len(dst))
	e.follow = g722Follow{}
	for i := range dst {
		if i >= g722Chunk {
			break // tells the compiler
		}
		p := l.coded(low[i] - l.s)
		tl.place[i], tl.heard[i] = p, int16(l.lower((*[7]int32)(pastL[i:]), p))
		c := h.codedHigh(high[i] - h.s)
		th.place[i], th.heard[i] = c, int16(h.higher((*[7]int32)(pastH[i:]), c))
		dst[i] = c<<6 | g722IL[p]
	}
	copy(l.d[:], pastL[len(dst):])
	copy(h.d[:], pastH[len(dst):])
}

type g722Decoder struct {
	low, high g722Band
	history   [g722Taps - 2]int16
	plc       *concealer
	gauge     g722Gauge
	skipped   g722Skipped
}

func newG722Decoder() *g722Decoder {
	d := &g722Decoder{plc: newConcealer(16000)}
	d.Reset()
	return d
}

func (d *g722Decoder) Reset() {
	plc := d.plc
	plc.reset()
	*d = g722Decoder{low: newG722Band(), high: newG722Band(), plc: plc}
}

func (d *g722Decoder) Decode(dst []int16, payload []byte) (int, error) {
	n := 2 * len(payload)
	if n == 0 {
		return 0, ErrPayload
	}
	if len(dst) < n {
		return 0, errShort
	}
	wanted := d.gauge.before(d.scale(), payload)
	if d.skipped.count > 0 {
		d.catchUp()
	}
	out := dst
	for len(payload) > 0 {
		k := min(len(payload), g722Chunk)
		d.chunk(out[:2*k], payload[:k])
		out, payload = out[2*k:], payload[k:]
	}
	if wanted {
		d.gauge.heard(dst[:n], 1)
	}
	d.plc.heard(dst[:n])
	return n, nil
}

func (d *g722Decoder) chunk(dst []int16, payload []byte) {
	var line g722Line
	d.bands(&line, payload)
	d.merge(dst, &line)
}

// bands decodes both bands into line, after the end of the chunk before.
func (d *g722Decoder) bands(line *g722Line, payload []byte) {
	line2 := line[copy(line[:], d.history[:]):]
	l, h := &d.low, &d.high
	var pastL, pastH g722Past
	copy(pastL[:], l.d[:])
	copy(pastH[:], h.d[:])
	for i, c := range payload {
		low := l.lower((*[7]int32)(pastL[i:]), g722Place[c&63])
		high := h.higher((*[7]int32)(pastH[i:]), c>>6)
		line2[2*i], line2[2*i+1] = int16(low+high), int16(low-high)
	}
	copy(l.d[:], pastL[len(payload):])
	copy(h.d[:], pastH[len(payload):])
	copy(d.history[:], line[2*len(payload):])
}

// merge puts the two bands together.
func (d *g722Decoder) merge(dst []int16, line *g722Line) {
	var even, odd g722Split
	n := len(dst) / 2
	line.split(&even, &odd, (n+1)&^1)
	var out [2 * g722Chunk]int16
	for i := 0; i < n; i += 2 {
		e, o := g722Sums(even[i:], odd[i:])
		e0, e1 := apart(e)
		o0, o1 := apart(o)
		v := (*[4]int16)(out[2*i:])
		v[0], v[1] = int16(saturate16(o0>>11)), int16(saturate16(e0>>11))
		v[2], v[3] = int16(saturate16(o1>>11)), int16(saturate16(e1>>11))
	}
	copy(dst, out[:])
}

func (d *g722Decoder) DecodeFEC([]int16, []byte) (int, error) { return 0, nil }
func (d *g722Decoder) Conceal(dst []int16)                    { d.plc.conceal(dst) }
