package codec

// A G.722 decoder that skips payloads stays near to one that has decoded them. The
// scale factors depend on the codes alone, and are followed: a few operations a
// sample. What the predictors were matters less and less; before the first payload
// that is decoded again, the last ones skipped are, without being heard. A quarter of
// a second of them leaves a difference to who never skipped that lies 33 dB below
// the sound at its worst, where the predictors last had the same noise.

// g722Warm is how many chunks that is.
const g722Warm = 12

// g722Scale is the logarithms of both bands' scale factors.
type g722Scale struct{ low, high int32 }

// g722Skipped is what a decoder has skipped and not caught up with.
type g722Skipped struct {
	scale  g722Scale // after all of it
	count  int       // chunks kept
	oldest int
	chunks [g722Warm]g722Piece
}

// g722Piece is up to 20 ms of code, and the scale factors before it.
type g722Piece struct {
	scale g722Scale
	n     int
	code  [g722Chunk]byte
}

// Skip implements Skipper.
func (d *g722Decoder) Skip(payload []byte) {
	if len(payload) == 0 {
		return
	}
	s, from := &d.skipped, d.scale()
	after, _ := d.gauge.follow(from, payload)
	for {
		p := s.piece(from)
		k := copy(p.code[p.n:], payload)
		p.n += k
		if k == len(payload) {
			break
		}
		from, _ = from.follow(payload[:k])
		payload = payload[k:]
	}
	s.scale = after
	d.gauge.skipped()
}

// Wake implements Skipper.
func (d *g722Decoder) Wake() { d.plc.reset() }

// scale is the scale factors before the next payload.
func (d *g722Decoder) scale() g722Scale {
	if d.skipped.count > 0 {
		return d.skipped.scale
	}
	return g722Scale{d.low.nb, d.high.nb}
}

// piece is where code goes before which the scale factors are from.
func (s *g722Skipped) piece(from g722Scale) *g722Piece {
	if s.count > 0 {
		if p := &s.chunks[(s.oldest+s.count-1)%g722Warm]; p.n < g722Chunk {
			return p
		}
	}
	if s.count == g722Warm {
		s.oldest = (s.oldest + 1) % g722Warm
		s.count--
	}
	p := &s.chunks[(s.oldest+s.count)%g722Warm]
	s.count++
	p.n, p.scale = 0, from
	return p
}

// catchUp decodes what was skipped last. If there was more, only the scale factors
// are right at first.
func (d *g722Decoder) catchUp() {
	s := &d.skipped
	from := s.chunks[s.oldest].scale
	d.low.nb, d.high.nb = from.low, from.high
	for ; s.count > 0; s.count-- {
		var line g722Line
		p := &s.chunks[s.oldest]
		d.bands(&line, p.code[:p.n])
		s.oldest = (s.oldest + 1) % g722Warm
	}
}

// follow is the scale factors after a payload, and how large they were.
func (s g722Scale) follow(payload []byte) (after g722Scale, loud g722Loud) {
	low, high := s.low, s.high
	var l, h, n int64
	for len(payload) >= 4 {
		four := (*[4]byte)(payload)
		payload = payload[4:]
		for _, c := range four {
			low, high = g722Moves[c].move(low, high)
		}
		x, y := int64(g722DetL[low>>6&511]), int64(g722DetH[high>>6&511])
		l += x * x
		h += y * y
		n++
	}
	for _, c := range payload {
		low, high = g722Moves[c].move(low, high)
	}
	return g722Scale{low, high}, loudness(l, h, max(n, 1))
}

// move is LOGSCL and LOGSCH. Less a 128th, rounded up, is times 127/128.
func (w g722Scale) move(low, high int32) (int32, int32) {
	low = max(0, min(18432, low+w.low-(low+127)>>7))
	high = max(0, min(22528, high+w.high-(high+127)>>7))
	return low, high
}
