package codec

// Two G.722 encoders that hear the same never fall into step by themselves: each
// adapts to its own rounding, and under a tone, which leaves nothing but rounding
// to adapt to, they differ for ever. But all adaptation leaks, so that the same
// codes make the same state of both within half a second, whatever it was. Taking
// over the leader's codes at once is heard, though: in the first milliseconds they
// can miss by as much as the sound's own level.
//
// A follower takes them over when it is not heard. In each packet and band it tries
// what the leader's codes would sound like to its own listener. If that is near
// enough to what the leader's listeners hear, it sends them; if not, it codes what
// these hear, as well as it can, and tries again with the next: the difference
// between the two is never the same for long. Once it has begun it is pulled
// along, unless the sound changes abruptly; then it begins again. What is near
// enough is 32 dB below the sound at first, and more the longer it takes.

const (
	followNear  = 4              // 256ths of the loudest sample of late
	followMost  = 64             // the same, at most
	followStep  = 10 * g722Chunk // samples for which it grows by one
	followSoft  = 8              // this is near enough in silence
	followAlike = 30 * g722Chunk // samples after which the same codes have made the same state
)

// Follower is an encoder that can be led to another's state. Only G.722's is one.
type Follower interface {
	Encoder
	// Follow codes, instead of PCM, what leader coded last: the samples from the given
	// one on of 20 ms, as many as fit dst. It returns the payload's length.
	Follow(dst []byte, leader Encoder, from int) int
	// InStep says whether a listener may go over to leader after what both have coded
	// last: nobody will hear it.
	InStep(leader Encoder) bool
}

// g722Track is what a band has sent last, as places of codes and as it is heard.
type g722Track struct {
	place [g722Chunk]uint8
	heard [g722Chunk]int16
}

// g722Tracks is the last 20 ms of both bands.
type g722Tracks struct {
	low, high g722Track
	end       int // of the newest
}

// next makes room for n more and returns where; those of a tick follow on each
// other.
func (t *g722Tracks) next(n int) (from int) {
	if t.end+n > g722Chunk {
		t.end = 0
	}
	t.end += n
	return t.end - n
}

// g722Follow is how far an encoder has come in following.
type g722Follow struct {
	low, high int32 // how loud the bands have been of late
	tried     int   // samples
	alike     int   // samples for which all codes have been the leader's
}

// near is how far from a band's sound another may be.
func (f *g722Follow) near(loud int32) int32 {
	more := min(f.tried/followStep, followMost-followNear)
	return max(loud*int32(followNear+more)>>8, int32(followSoft+more))
}

func (e *g722Encoder) Follow(dst []byte, leader Encoder, from int) int {
	l, ok := leader.(*g722Encoder)
	if !ok {
		return 0
	}
	from = (l.tracks.end + from/2) % g722Chunk
	n := min(len(dst), g722Chunk-from)
	f := &e.follow
	low, high := l.tracks.low.cut(from, n), l.tracks.high.cut(from, n)
	f.low, f.high = max(low.peak(), f.low*3/4), max(high.peak(), f.high*3/4)
	// Two bits miss by more, and hide beneath the lower band.
	near := max(f.near(4*f.high), f.near(f.low/4))
	var places [2][g722Chunk]uint8
	alikeL := e.low.follow(places[0][:n], low, f.near(f.low), false)
	alikeH := e.high.follow(places[1][:n], high, near, true)
	for i := range dst[:n] {
		dst[i] = places[1][i]<<6 | g722IL[places[0][i]&63]
	}
	f.tried += n
	f.alike += n
	if !alikeL || !alikeH {
		f.alike = 0
	}
	e.history = l.history // it has no use for its own until it parts
	return n
}

func (e *g722Encoder) InStep(leader Encoder) bool {
	l, ok := leader.(*g722Encoder)
	return ok && (e.follow.alike >= followAlike || e.low == l.low && e.high == l.high)
}

// g722Cut is a part of a track.
type g722Cut struct {
	place []uint8
	heard []int16
}

func (t *g722Track) cut(from, n int) g722Cut {
	return g722Cut{t.place[from : from+n], t.heard[from : from+n]}
}

func (c g722Cut) peak() (p int32) {
	for _, s := range c.heard {
		p = max(p, int32(s), -int32(s))
	}
	return p
}

// follow codes c into dst: as it is, if that is near enough, or else anew; and says
// which.
func (b *g722Band) follow(dst []uint8, c g722Cut, near int32, high bool) (alike bool) {
	was := *b
	var past g722Past
	copy(past[:], b.d[:])
	alike = true
	for i, place := range c.place {
		if off := b.either((*[7]int32)(past[i:]), place, high) - int32(c.heard[i]); off > near || off < -near {
			alike = false
			break
		}
	}
	if alike {
		copy(dst, c.place)
	} else {
		*b = was
		for i, s := range c.heard {
			if e := int32(s) - b.s; high {
				dst[i] = b.codedHigh(e)
			} else {
				dst[i] = b.coded(e)
			}
			b.either((*[7]int32)(past[i:]), dst[i], high)
		}
	}
	copy(b.d[:], past[len(dst):])
	return alike
}

// either is higher or lower.
func (b *g722Band) either(past *[7]int32, place uint8, high bool) int32 {
	if high {
		return b.higher(past, place)
	}
	return b.lower(past, place)
}
