package playout

import "time"

// Pull writes the next 20 ms to pcm, which holds as many samples at the format's
// rate, and says what they are. now is the time of the tick. With nil the time
// passes without decoding; the next sound fades in.
func (b *Buffer) Pull(pcm []int16, now int64) Activity {
	if b.playing && now-b.when.last > int64(maxPause) {
		b.out.clear()
		b.playing, b.debt = false, 0
	}
	b.when.tick(now)
	if b.asleep != (pcm == nil) {
		b.asleep = pcm == nil
		if !b.asleep {
			b.wake()
			b.fade = b.need / 4
		}
	}
	if b.asleep && b.passes() {
		return Silent
	}
	if !b.playing && !b.start(now) && b.out.len() == 0 {
		return Silent
	}
	if b.depth() > b.f.FrameSamples(maxDepth) {
		b.catchUp()
	}
	for b.out.len() < b.need && b.advance() {
	}
	if b.gone > 0 {
		b.starved++
		b.gone = 0
	}
	b.adjust()
	if short := b.need - b.out.len(); short > 0 {
		if b.rests() {
			b.owe(short)
			return Silent
		}
		b.bridge(short)
	}
	is, concealed := b.out.pop(pcm, b.need)
	if concealed {
		b.stats.Concealed++
	}
	return is
}

// wake prepares the decoder for sound after a time of which none was wanted.
func (b *Buffer) wake() {
	if b.skips != nil {
		b.skips.Wake()
		return
	}
	b.dec.Reset()
}

// start begins to play with what waits, if there is sound. Of what waits for
// longer than a tick only the newest is played. Where packets are no multiple of
// a tick, silence comes first, as much as will be missing until the next.
func (b *Buffer) start(now int64) bool {
	s, k := b.in.first(b.next)
	for s != nil && b.stale(s) {
		b.next += uint16(k) + 1
		b.overhear(s, k > 0)
		b.in.drop(s)
		s, k = b.in.first(b.next)
	}
	if s == nil {
		b.synced = false
		return false
	}
	b.next = s.seq
	b.playing, b.debt, b.tail = true, 0, s.ts
	b.paused = true
	b.when.begin(now)
	if s.kind == sound {
		b.out.silence(max(0, b.shortage(now)-b.out.len()))
	}
	return true
}

// stale says that nothing is lost to the ear if playing begins after s.
func (b *Buffer) stale(s *slot) bool {
	switch s.kind {
	case sound:
		return b.samples(int32(b.in.end-s.ts))-s.n >= b.need
	case comfort:
		return b.in.count > 1
	}
	return true
}

// shortage foresees by how much the sound would fall short in the coming
// ticks, if packets go on to come as the last one did.
func (b *Buffer) shortage(now int64) int {
	have, length, arrival := 0, 0, int64(0)
	for k := range queueSize {
		if s := b.in.at(b.next + uint16(k)); s != nil && s.kind == sound {
			have += s.n
			length, arrival = s.n, s.arrival
		}
	}
	if length == 0 {
		return 0
	}
	age := max(0, int((now-arrival)*int64(b.f.SampleRate)/int64(time.Second)))
	short := 0
	for i := range 6 {
		supply := have + length*((age+i*b.need)/length)
		short = max(short, (i+1)*b.need-supply)
	}
	return min(short, 3*b.need)
}

// depth is how many samples wait, decoded or not.
func (b *Buffer) depth() int {
	if b.in.count == 0 {
		return b.out.len()
	}
	return b.samples(int32(b.in.end-b.tail)) + b.out.len() - b.debt
}

// catchUp gives up the oldest sound of a burst.
func (b *Buffer) catchUp() {
	dropped := b.out.len()
	b.out.remove(dropped)
	for b.in.count > 1 && b.samples(int32(b.in.end-b.tail)) > 2*b.need {
		s, k := b.in.first(b.next)
		b.next += uint16(k) + 1
		b.overhear(s, k > 0)
		if s.kind == sound {
			b.tail = s.ts + b.ticks(s.n)
		}
		b.in.drop(s)
	}
	if s, _ := b.in.first(b.next); s != nil {
		b.tail = s.ts
	}
	b.debt, b.missed = 0, 0
	b.fade = b.need / 4
	b.when.begin(b.when.last)
}
