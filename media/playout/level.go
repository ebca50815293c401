package playout

import "github.com/partyline/partyline/media/pcm"

// Level is how loud the next Pull's 20 ms are, in -dBov, if they are all there
// and their levels are known before they are decoded.
func (b *Buffer) Level() (dBov uint8, known bool) {
	if !b.playing || b.debt != 0 {
		return 0, false
	}
	dBov = 127
	have := b.out.len()
	if have > 0 && !b.asleep { // what an adjusted delay has left over
		dBov = pcm.LevelDBov(b.out.pcm[b.out.lo:b.out.hi])
	}
	tail := b.tail
	for seq := b.next; have < b.need; seq++ {
		s := b.in.at(seq)
		if s == nil || s.kind != sound || s.ts != tail {
			return 0, false
		}
		level := s.level
		if b.skips != nil {
			level = b.skips.Level(s.payload)
		} else if level == NoLevel {
			return 0, false
		}
		dBov = min(dBov, level)
		have += s.n
		tail += b.ticks(s.n)
	}
	return dBov, true
}

// passes lets a tick's time pass without decoding, if all is as it mostly is: one
// packet of a tick waits, the next. It says whether it was so. Whether the delay
// should change is asked in every eighth tick.
func (b *Buffer) passes() bool {
	if !b.playing || b.debt != 0 || b.in.count != 1 || b.out.len() != 0 || b.holes > 0 {
		return false
	}
	if b.next&7 == 0 && b.when.want(b.reserve()) != 0 {
		return false
	}
	s := b.in.at(b.next)
	if s == nil || s.kind != sound || s.ts != b.tail || s.n != b.need {
		return false
	}
	b.wait += (b.when.last - s.arrival - b.wait) / 16
	b.tail += b.ticks(s.n)
	b.last, b.starved, b.gone, b.run, b.quiet = s.n, 0, 0, 0, none
	b.lone, b.paused = b.paused, false
	b.loss.came()
	b.skip(s)
	b.pass(s, 0)
	return true
}
