package quality

import (
	"slices"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// The fixed buffer that ours is compared with.
const (
	naiveDelay = 60 * time.Millisecond
	naiveMost  = 200 * time.Millisecond // what comes earlier than so is dropped
	naiveLate  = 10                     // late packets in a row after which it begins anew
)

// Naive plays a trace out as plain bridges do: the first packet waits for 60 ms
// and all others as long as their timestamps then say. Late packets are dropped,
// silence stands for what is missing, and comfort noise is silence. If nothing
// comes in time any more, or from another source, it begins anew.
func Naive(t *Trace, phase time.Duration) (Heard, error) {
	n := &naive{rate: t.Format.SampleRate, decoders: map[codec.Format]codec.Decoder{}}
	h, err := t.run(n, phase, func() {})
	if err == nil {
		err = n.err
	}
	return h, err
}

type naive struct {
	rate     int
	decoders map[codec.Format]codec.Decoder
	started  bool
	ssrc     uint32
	ts       uint32 // of the newest packet
	ext      int64  // the same in samples, not wrapped
	offset   int64  // the sample that plays at time 0
	waiting  []timed
	pos      int64   // the sample that plays next
	line     []int16 // what has been decoded, from pos on
	filled   int     // of line
	late     int     // in a row
	err      error
}

type timed struct {
	at int64
	*Packet
}

func (n *naive) samples(d time.Duration) int64 { return int64(d) * int64(n.rate) / int64(time.Second) }

func (n *naive) put(p *Packet) error {
	if n.started && p.SSRC != n.ssrc {
		n.started = false
		n.waiting = nil
	}
	if !n.started {
		n.begin(p)
	}
	clock := int64(p.Format.ClockRate)
	at := n.ext + int64(int32(p.TS-n.ts))*int64(n.rate)/clock
	early := at - n.offset - n.samples(p.Arrival)
	if d := time.Duration(early) * time.Second / time.Duration(n.rate); d > time.Second || d < -time.Second {
		n.begin(p) // another clock
		at = n.ext
	}
	if p.Kind != Sound {
		return nil
	}
	n.ts, n.ext = p.TS, at
	if at < n.pos {
		if n.late++; n.late < naiveLate {
			return nil
		}
		n.begin(p)
		at = n.ext
	}
	n.late = 0
	if at-n.offset-n.samples(p.Arrival) > n.samples(naiveMost) {
		return nil
	}
	i, _ := slices.BinarySearchFunc(n.waiting, at, func(t timed, at int64) int { return int(t.at - at) })
	n.waiting = slices.Insert(n.waiting, i, timed{at, p})
	return nil
}

// begin lets p play 60 ms after it came.
func (n *naive) begin(p *Packet) {
	n.started, n.ssrc, n.ts, n.late = true, p.SSRC, p.TS, 0
	n.ext = 0
	n.offset = -n.samples(p.Arrival + naiveDelay)
	n.pos = -1 << 40
	n.waiting, n.filled = nil, 0
}

func (n *naive) pull(pcm []int16, now time.Duration) {
	if !n.started {
		return
	}
	need := int64(len(pcm))
	n.pos = n.offset + n.samples(now)
	if n.line == nil {
		n.line = make([]int16, n.rate/4)
	}
	for len(n.waiting) > 0 && n.waiting[0].at < n.pos+need {
		w := n.waiting[0]
		n.waiting = n.waiting[1:]
		n.play(w)
	}
	if n.filled > 0 {
		copy(pcm, n.line[:n.filled])
		n.filled = copy(n.line, n.line[min(len(pcm), n.filled):n.filled])
	}
}

// play puts a packet's sound onto the line where it belongs.
func (n *naive) play(w timed) {
	if w.at < n.pos { // late by now
		return
	}
	dec := n.decoders[w.Format]
	if dec == nil {
		if dec, n.err = codec.NewDecoder(w.Format); n.err != nil {
			return
		}
		n.decoders[w.Format] = dec
	}
	at := int(w.at - n.pos)
	if at > n.filled {
		clear(n.line[n.filled:at])
		n.filled = at
	}
	buf := make([]int16, n.rate*120/1000)
	k, err := dec.Decode(buf, w.Payload)
	if err != nil {
		return
	}
	n.filled = max(n.filled, at+copy(n.line[at:], buf[:k]))
}
