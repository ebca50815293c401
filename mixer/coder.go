package mixer

import (
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

const (
	quantum  = 10 * time.Millisecond // packets are a multiple of it
	maxPtime = 60 * time.Millisecond
	maxWire  = 1275 // bytes of an Opus packet, RFC 6716 §3.2.1

	pastFrames = 3 // ticks

	// A pause is what is softer than hushLevel or so much softer than what was
	// heard a moment ago that a change of Opus encoder is masked.
	hushLevel = 55  // -dBov
	hushBelow = 20  // dB
	peakDecay = 0.1 // dB a tick: 5 dB/s
)

// settle rounds a format to what is coded here: packets of whole 10 ms, and the
// frame sizes that Opus has.
func settle(f codec.Format) (codec.Format, bool) {
	f = f.Sharable()
	if _, ok := rateIndex(f.SampleRate); !ok {
		return codec.Format{}, false
	}
	if f.Ptime <= 0 {
		f.Ptime = tickDuration
	}
	f.Ptime = max(quantum, min(maxPtime, f.Ptime.Round(quantum)))
	if f.Name == codec.Opus && f.Ptime > tickDuration {
		f.Ptime -= f.Ptime % tickDuration
	}
	return f, true
}

// stateful says whether a decoder of f that has followed one encoder would
// notice a switch to another.
func stateful(f codec.Format) bool { return f.Name == codec.G722 || f.Name == codec.Opus }

// position is how much of a packet of the given length is there when a tick
// begins. All packets of a length begin in the same ticks, whoever they are for,
// so that a listener can change its encoder between two of them.
func position(tick uint64, ptime time.Duration) time.Duration {
	return time.Duration(tick%300) * tickDuration % ptime // 300 ticks: a multiple of every length
}

// coder turns frames of a tick into packets of one format. It may be one
// listener's own or shared by many.
type coder struct {
	format   codec.Format
	rate     int // index
	enc      codec.Encoder
	stateful bool
	tick     uint64 // of the last frame coded
	used     uint64 // tick in which it was last given back

	buf  [2][]byte // of packets: one is sent while the next fills
	cur  int
	fill int     // bytes in buf[cur]
	have int     // samples of the packet that is filling
	pcm  []int16 // those samples, for Opus, which codes whole packets

	packets [2]codec.Packet
	n       int
	now     uint8   // level of the last frame
	level   uint8   // the loudest frame of the packet
	quiet   bool    // nothing was sent last: DTX
	peak    float32 // the loudest level of late, -dBov
	hush    bool    // there is a pause
	silence []byte
	past    [pastFrames][]int16 // the last frames, for Opus; at is the oldest
	at      int
	frame   []int16 // what an own coder codes; a group's frame is the mix's
	limiter *pcm.Limiter
}

func newCoder(f codec.Format) (*coder, error) {
	enc, err := codec.NewEncoder(f)
	if err != nil {
		return nil, err
	}
	rate, _ := rateIndex(f.SampleRate)
	c := &coder{format: f, rate: rate, enc: enc, stateful: stateful(f)}
	size := maxWire
	if f.Name == codec.Opus {
		for i := range c.past {
			c.past[i] = make([]int16, tickSamples(rate))
		}
		if f.Ptime > tickDuration {
			c.pcm = make([]int16, f.FrameSamples(f.Ptime))
		}
	} else {
		size = c.bytes(f.FrameSamples(f.Ptime))
	}
	c.buf[0] = make([]byte, size)
	if f.Ptime%tickDuration != 0 {
		c.buf[1] = make([]byte, size)
	} else {
		c.buf[1] = c.buf[0] // never two packets in a tick
	}
	if !c.stateful {
		n := f.FrameSamples(min(tickDuration, f.Ptime))
		c.silence = make([]byte, c.bytes(n))
		if _, err := enc.Encode(c.silence, make([]int16, n)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// bytes is the length of n coded samples, of every codec but Opus.
func (c *coder) bytes(n int) int {
	switch c.format.Name {
	case codec.G722:
		return n / 2
	case codec.L16:
		return 2 * n
	}
	return n
}

// live says whether c coded the tick before.
func (c *coder) live(tick uint64) bool { return c.tick+1 == tick }

// begin starts c anew at tick. What of its first packet lies before is silence.
func (c *coder) begin(tick uint64) {
	c.enc.Reset()
	c.tick = tick - 1
	for _, frame := range c.past {
		clear(frame)
	}
	c.n, c.fill, c.have, c.cur = 0, 0, 0, 0
	c.level, c.quiet = silent, false
	c.peak, c.hush = silent, false
	n := c.format.FrameSamples(position(tick-1, c.format.Ptime))
	if n == 0 {
		return
	}
	var zeros [320]int16 // 20 ms at 16 kHz
	if c.pcm != nil {
		clear(c.pcm[:n])
		c.have = n
		return
	}
	for n > 0 {
		k := min(n, len(zeros), c.format.FrameSamples(quantum))
		c.append(zeros[:k], !c.stateful)
		n -= k
	}
}

// adopt lets c go on where from, which coded the last tick, is: its listeners
// will notice nothing.
func (c *coder) adopt(from *coder, tick uint64) {
	c.tick = tick - 1
	c.n, c.cur, c.fill, c.have = 0, 0, from.fill, from.have
	c.level, c.quiet = from.level, from.quiet
	copy(c.buf[0], from.buf[from.cur][:from.fill])
	copy(c.pcm, from.pcm[:min(from.have, len(from.pcm))])
	if c.format.Name == codec.Opus {
		c.prime(from)
		return
	}
	c.enc.Rejoin(from.enc)
}

// prime lets an Opus encoder catch up on what another has coded: the frame to
// come overlaps with the one before, and filters, noise shaping and the choice
// of mode go further back. After that it goes on so nearly like the other that to
// code without prediction, which makes a frame worse, does not help. Measured under
// a tone, the error of the change-over is 33 dB down, as it is between two encoders
// that have run for a while; after one frame alone it is 18 dB more.
func (c *coder) prime(from *coder) {
	c.enc.Reset()
	waiting := 0
	if c.pcm != nil {
		waiting = from.have / len(c.past[0])
	}
	for i := range pastFrames {
		frame := from.past[(from.at+i)%pastFrames]
		copy(c.past[i], frame)
		if i < pastFrames-waiting { // the rest is still to be coded
			_, _ = c.enc.Encode(c.buf[1], frame)
		}
	}
	c.at = 0
}

// code takes in a tick's frame; packets[:n] are those it completed.
func (c *coder) code(frame []int16, quiet bool, level uint8, tick uint64) {
	c.tick, c.n, c.now = tick, 0, level
	c.level = min(c.level, level)
	c.peak = min(float32(level), c.peak+peakDecay)
	c.hush = level >= hushLevel || float32(level) >= c.peak+hushBelow
	if c.format.Name == codec.Opus {
		c.codeOpus(frame)
		return
	}
	whole := c.format.FrameSamples(c.format.Ptime)
	if quiet && !c.stateful && len(frame) == whole {
		c.emit(c.silence, whole)
		return
	}
	for len(frame) > 0 {
		k := min(whole-c.have, len(frame))
		c.append(frame[:k], quiet && !c.stateful)
		frame = frame[k:]
		if c.have == whole {
			c.emit(c.buf[c.cur][:c.fill], whole)
		}
	}
}

// codeSum codes what is heard in a tick: sum, if there is any sound.
func (c *coder) codeSum(sum []int32, some bool, tick uint64) {
	level := uint8(silent)
	if some {
		c.limiter.Process(c.frame, sum)
		level = pcm.LevelDBov(c.frame)
	} else {
		clear(c.frame)
		c.limiter.Reset()
	}
	c.code(c.frame, !some, level, tick)
}

// follower says whether c can be led to another's state.
func (c *coder) follower() bool {
	_, ok := c.enc.(codec.Follower)
	return ok
}

// follow codes what leader's listeners hear in this tick, and is code for a
// follower.
func (c *coder) follow(leader *coder, tick uint64) {
	enc := c.enc.(codec.Follower)
	c.tick, c.n = tick, 0
	c.level = min(c.level, leader.now)
	whole, n := c.format.FrameSamples(c.format.Ptime), tickSamples(c.rate)
	for from := 0; from < n; {
		k := min(whole-c.have, n-from)
		c.fill += enc.Follow(c.buf[c.cur][c.fill:c.fill+c.bytes(k)], leader.enc, from)
		c.have += k
		from += k
		if c.have == whole {
			c.emit(c.buf[c.cur][:c.fill], whole)
		}
	}
}

// inStep says whether a listener can go from c to leader.
func (c *coder) inStep(leader *coder) bool {
	enc, ok := c.enc.(codec.Follower)
	return ok && enc.InStep(leader.enc)
}

// append codes 10 or 20 ms into the packet that is filling.
func (c *coder) append(pcm []int16, quiet bool) {
	c.have += len(pcm)
	dst := c.buf[c.cur][c.fill:]
	if quiet {
		c.fill += copy(dst, c.silence[:c.bytes(len(pcm))])
		return
	}
	n, err := c.enc.Encode(dst, pcm)
	if err == nil {
		c.fill += n
	}
}

func (c *coder) codeOpus(frame []int16) {
	copy(c.past[c.at], frame)
	c.at = (c.at + 1) % pastFrames
	whole := c.format.FrameSamples(c.format.Ptime)
	if c.pcm != nil {
		c.have += copy(c.pcm[c.have:], frame)
		if c.have < whole {
			return
		}
		frame = c.pcm
	}
	for ; len(frame) >= whole; frame = frame[whole:] {
		n, err := c.enc.Encode(c.buf[c.cur], frame[:whole])
		if err != nil {
			n = 0
		}
		c.emit(c.buf[c.cur][:n], whole)
	}
}

// emit completes a packet; an empty one is not sent.
func (c *coder) emit(payload []byte, samples int) {
	if len(payload) > 0 {
		c.packets[c.n] = codec.Packet{
			Payload:   payload,
			Ticks:     uint32(samples * c.format.ClockRate / c.format.SampleRate),
			Talkspurt: c.quiet,
			Level:     c.level,
		}
		c.n++
	}
	c.quiet = len(payload) == 0
	c.cur ^= 1
	c.fill, c.have, c.level = 0, 0, silent
}

// due says whether a packet's end falls into a tick, sent or not.
func (c *coder) due(tick uint64) bool {
	return position(tick-1, c.format.Ptime)+tickDuration >= c.format.Ptime
}
