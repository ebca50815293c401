package playout

import (
	"time"

	"github.com/partyline/partyline/media/codec"
)

// advance puts more sound into out: the next packet, or what stands in for the
// lost or silent time before it. It returns false if nothing waits.
func (b *Buffer) advance() bool {
	s, k := b.in.first(b.next)
	if s == nil {
		return false
	}
	switch s.kind {
	case skip:
		if b.quiet == none {
			b.quiet = skip
		}
		b.pass(s, k)
	case comfort:
		b.quiet = comfort
		b.noise.set(s.level)
		if n := min(b.debt, b.samples(int32(s.ts-b.tail))); n > 0 {
			// The sender lives, however long it is silent.
			b.tail += b.ticks(n)
			b.debt -= n
		}
		b.pass(s, k)
	case sound:
		b.play(s, k)
	}
	return true
}

// pass goes on to the number after s, before which k are missing.
func (b *Buffer) pass(s *slot, k int) {
	for range k {
		b.missed = b.missed<<1 | 1
	}
	b.missed <<= 1
	b.stats.Lost += uint64(k)
	b.holes += k
	b.next = s.seq + 1
	b.in.drop(s)
}

// play brings s into out, or a part of what is missing before it.
func (b *Buffer) play(s *slot, k int) {
	if k == 0 && b.holes == 0 && int32(s.ts-b.tail) > 0 {
		b.paused = true
	}
	gap := b.settle(s)
	if gap > 0 {
		b.fill(s, k, gap)
		return
	}
	if gap < 0 && -gap >= s.n {
		if b.starved < maxStarved && !s.marker {
			b.stats.Late++
			b.gone++
			b.overhear(s, k > 0 || b.holes > 0)
			b.pass(s, k)
			return
		}
		b.tail, gap = s.ts, 0
		b.when.begin(b.when.last)
	}
	b.starved, b.gone = 0, 0
	if k > 0 || b.holes > 0 {
		b.loss.lost(k + b.holes)
	}
	b.loss.came()
	b.lone, b.paused = b.paused, false
	b.decode(s, -gap, k > 0 || b.holes > 0)
	b.tail = s.ts + b.ticks(s.n)
	b.last = s.n
	b.pass(s, k)
	b.run, b.holes, b.quiet = 0, 0, none
}

// maxStarved is for how many ticks sound that comes too late is given up if there
// is no other. Then the network has become slower for good, or the sender's
// timestamp stands still while it is silent: we follow.
const maxStarved = 4

// settle squares what has been played in place of missing sound with the sound
// that came at last, and returns how much is missing before s. Sound that comes
// late is played all the same, which raises the delay, unless it comes so late
// that the delay would be felt.
func (b *Buffer) settle(s *slot) int {
	gap := b.samples(int32(s.ts - b.tail))
	if gap-b.debt > b.f.FrameSamples(maxGap) || gap-b.debt < -b.f.FrameSamples(10*maxGap) {
		b.tail, b.debt = s.ts, 0
		b.when.begin(b.when.last)
		return 0
	}
	if b.debt == 0 {
		return gap
	}
	debt := b.debt
	b.debt = 0
	if late := debt - max(gap, 0); late > 0 && late <= b.f.FrameSamples(maxWait) {
		b.when.shift(late)
		b.tail += b.ticks(debt - late)
		return min(gap, 0)
	}
	b.tail += b.ticks(debt)
	return b.samples(int32(s.ts - b.tail))
}

// fill puts up to 20 ms of what is missing before s into out.
func (b *Buffer) fill(s *slot, k, gap int) {
	lost := k > 0 || b.holes > 0
	n := min(gap, b.need)
	switch {
	case b.asleep:
		b.out.silence(n)
	case b.quiet != none || !lost:
		if grown := b.adaptSilence(gap); grown < 0 {
			// Time is saved here: it passes without being played.
			b.skipTime(s, gap, -grown)
			return
		} else if grown > 0 {
			b.background(grown)
		}
		b.background(n)
	default:
		n = b.recover(s, k, gap)
	}
	b.skipTime(s, gap, n)
}

// skipTime moves on by n of the gap samples before s.
func (b *Buffer) skipTime(s *slot, gap, n int) {
	if n >= gap {
		b.tail = s.ts
		return
	}
	b.tail += b.ticks(n)
}

// recover stands in for lost packets before s: from the redundancy in s for the
// one just before, if the codec has it, else by concealment.
func (b *Buffer) recover(s *slot, k, gap int) int {
	if b.f.Name == codec.Opus && k > 0 && b.last > 0 && gap >= b.last {
		if gap > b.last {
			n := min(gap-b.last, 2*b.need)
			b.conceal(n)
			return n
		}
		n, err := b.dec.DecodeFEC(b.out.room(gap)[:gap], s.payload)
		if err == nil && n == gap {
			b.out.commit(n, Voice)
			b.stats.Recovered++
			b.loss.recovered()
			return n
		}
	}
	n := min(gap, b.need)
	b.conceal(n)
	return n
}

// conceal continues what was heard for n samples; after some time in a row it is
// silent.
func (b *Buffer) conceal(n int) {
	most := b.need * 3
	if b.f.Name == codec.Opus {
		most = b.need * 5
	}
	k := max(0, min(n, most-b.run))
	if k > 0 {
		b.dec.Conceal(b.out.room(k)[:k])
		b.out.commit(k, Concealed)
	}
	b.run += n
	if n > k {
		b.fade = b.need / 4
		b.out.silence(n - k)
	}
}

// background puts n samples of silence, or of the comfort noise, into out.
func (b *Buffer) background(n int) {
	if b.quiet == comfort && b.noise.audible() && !b.asleep {
		b.noise.fill(b.out.room(n)[:n])
		b.out.commit(n, Voice)
		return
	}
	b.out.silence(n)
}

// bridge gives n samples for which nothing has come. A packet by itself in a pause
// is a sender's reminder of the noise around it (DTX): none follows at once, and
// nothing is missing.
func (b *Buffer) bridge(n int) {
	switch {
	case b.asleep:
		b.out.silence(n)
	case b.pauses():
		b.background(n)
	default:
		b.conceal(n)
	}
	b.owe(n)
}

// pauses says that nothing is missing if nothing has come.
func (b *Buffer) pauses() bool { return b.quiet != none || !b.playing || b.lone }

// rests says that this tick is silence like the one before: nothing has to be done for
// it.
func (b *Buffer) rests() bool {
	return b.out.rests() && (b.asleep || b.pauses() && (b.quiet != comfort || !b.noise.audible()))
}

// owe notes n samples that stand for what may still come.
func (b *Buffer) owe(n int) {
	if !b.playing {
		return
	}
	b.debt += n
	if b.debt > b.f.FrameSamples(maxIdle) {
		b.restart()
	}
}

// decode puts the sound of s, less its first trim samples, into out. lost says
// that packets before it are missing.
func (b *Buffer) decode(s *slot, trim int, lost bool) {
	ahead := int64(b.out.len()) * int64(time.Second) / int64(b.f.SampleRate)
	b.wait += (b.when.last - s.arrival + ahead - b.wait) / 16
	if b.asleep {
		b.skip(s)
		b.out.silence(s.n - trim)
		return
	}
	dst := b.out.room(b.f.FrameSamples(longest))
	n, err := b.dec.Decode(dst, s.payload)
	if err == nil && b.tap != nil {
		b.tell(s, lost, dst[:n])
	}
	if err != nil || n <= trim {
		b.conceal(s.n - trim)
		return
	}
	if trim > 0 {
		n = copy(dst, dst[trim:n])
	}
	if b.fade > 0 {
		b.fadeIn(dst[:n])
	}
	b.out.commit(n, Voice)
}

// skip passes s by the decoder, if that has to know.
func (b *Buffer) skip(s *slot) {
	if b.skips != nil {
		b.skips.Skip(s.payload)
	}
}

// fadeIn raises the first 5 ms after a break from silence.
func (b *Buffer) fadeIn(pcm []int16) {
	whole := b.need / 4
	for i := range pcm {
		if b.fade == 0 {
			return
		}
		pcm[i] = int16(int(pcm[i]) * (whole - b.fade) / whole)
		b.fade--
	}
}
