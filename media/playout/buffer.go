package playout

import (
	"time"

	"github.com/partyline/partyline/internal/cacheline"
	"github.com/partyline/partyline/media/codec"
)

// Limits of the delay. Sound that was waited for is played if it comes within
// maxWait; after a longer stall it is given up, or a single one would be felt for
// seconds. Packets that come later than maxLate do not raise the delay, however
// many. More than maxDepth in wait is caught up with at once.
const (
	maxWait  = 120 * time.Millisecond
	maxLate  = 240 * time.Millisecond
	maxDepth = 320 * time.Millisecond
	maxGap   = time.Second            // a longer jump of the timestamp is another clock
	maxIdle  = time.Minute            // after which a stream begins anew
	maxPause = 200 * time.Millisecond // without a Pull: what waits is out of date
	longest  = 120 * time.Millisecond

	longestTicks = int(longest / (20 * time.Millisecond))
)

// Buffer plays out one stream. One goroutine uses it.
type Buffer struct {
	near
	f        codec.Format
	strayRun int // packets in a row that fit nowhere
	strayTo  uint16
	fade     int // samples left of the fade-in
	pause    int // ticks until the next adjustment
	patient  int // ticks for which an adjustment has been put off
	noise    noise
	stats    Stats

	tap    func(pcm []int16) // hears what came; nil: no one does
	tapEnd uint32            // the timestamp after what it heard
	tapped bool              // it heard something
	hush   []int16           // silence for it
	out    fifo
	in     queue
}

// near is what every packet and tick needs: it lies together.
type near struct {
	dec     codec.Decoder
	gauge   codec.Gauge   // dec, if it is one, and no skipper
	skips   codec.Skipper // dec, if it is one
	synced  bool          // next and tail are known
	playing bool          // sound has begun
	asleep  bool          // time passes without decoding
	quiet   kind          // skip or comfort: why no sound may be due
	paused  bool          // the sender left time out before what plays next
	lone    bool          // it did so before what played last
	next    uint16        // the number that follows what is in out
	tail    uint32        // the timestamp that follows what is in out
	need    int           // samples in a tick
	octet   int           // samples in an octet of a payload; 0: that differs
	debt    int           // samples played beyond tail, in place of what had not come
	missed  uint64        // of the 64 numbers before next: was not there in time
	holes   int           // numbers missed since the last sound
	last    int           // samples in the last packet
	run     int           // samples concealed in a row
	starved int           // ticks in a row in which all that came was too late
	gone    int           // packets given up as too late in this tick
	wait    int64         // ns a packet waits, mean
	loss    lossWatch
	when    timing
}

// Touch fetches what Put and Pull are going to need (package cacheline).
func (b *Buffer) Touch() byte {
	sum := cacheline.Touch(&b.near) + byte(b.f.SampleRate) + byte(b.out.lo) +
		byte(b.in.count) + cacheline.Touch(&b.in.slots[0])
	return sum + cacheline.Bytes(b.in.slots[0].payload)
}

// New returns a buffer for a stream of format f, decoded by dec.
func New(f codec.Format, dec codec.Decoder) *Buffer {
	b := &Buffer{}
	b.out.setup(f.SampleRate)
	b.setup(f, dec)
	return b
}

func (b *Buffer) setup(f codec.Format, dec codec.Decoder) {
	b.f, b.dec = f, dec
	b.skips, _ = dec.(codec.Skipper)
	if b.gauge = nil; b.skips == nil {
		b.gauge, _ = dec.(codec.Gauge)
	}
	b.need, b.octet = f.SampleRate/50, f.OctetSamples()
	b.when.need, b.when.most, b.when.clock = b.need, f.FrameSamples(maxLate), int64(f.ClockRate)
	b.when.reset()
	b.loss = lossWatch{}
}

// SetFormat changes the codec in mid-stream. What waits of the old one is
// played if the sampling rate stays.
func (b *Buffer) SetFormat(f codec.Format, dec codec.Decoder) {
	same := f.SampleRate == b.f.SampleRate
	for same && b.playing && !b.asleep && b.out.len() < 2*b.need && b.advance() {
	}
	b.in.clear()
	b.setup(f, dec)
	if !same {
		b.out.setup(f.SampleRate)
	}
	b.restart()
}

// Reset forgets the stream: for a new SSRC, or after hold.
func (b *Buffer) Reset() {
	b.in.clear()
	b.out.clear()
	b.dec.Reset()
	b.when.reset()
	b.restart()
}

// restart lets the next packet begin a stream.
func (b *Buffer) restart() {
	b.synced, b.playing = false, false
	b.debt, b.run, b.holes, b.missed, b.starved, b.quiet = 0, 0, 0, 0, 0, none
	b.strayRun = 0
}

// Delay is how long sound waits here from its arrival on, on average.
func (b *Buffer) Delay() time.Duration { return time.Duration(b.wait) }

// Stats returns the counts since New.
func (b *Buffer) Stats() Stats { return b.stats }

// samples converts RTP clock ticks to samples of PCM, ticks the reverse.
func (b *Buffer) samples(ticks int32) int {
	if b.f.ClockRate == b.f.SampleRate {
		return int(ticks)
	}
	return int(int64(ticks) * int64(b.f.SampleRate) / int64(b.f.ClockRate))
}

func (b *Buffer) ticks(samples int) uint32 {
	if b.f.ClockRate == b.f.SampleRate {
		return uint32(samples)
	}
	return uint32(int64(samples) * int64(b.f.ClockRate) / int64(b.f.SampleRate))
}
