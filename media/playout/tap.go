package playout

import "time"

// mostUnheard is the longest pause or loss that a tap is not told of in full.
const mostUnheard = 60 * time.Millisecond

// Tap lets heard listen to the sound that came, in its order: whatever the delay,
// late, and without what stands in for the sound that did not come. Keys are
// looked for in it, since a tone that is concealed, stretched or cut is another
// key, or two. heard is called within Pull and must keep nothing of pcm; nil
// ends it. Pull has to be given room for the sound: without, nothing is decoded.
func (b *Buffer) Tap(heard func(pcm []int16)) {
	b.tap, b.tapped, b.hush = heard, false, nil
	if heard != nil {
		b.hush = make([]int16, b.f.FrameSamples(mostUnheard))
	}
}

// tell gives the tap the sound of s. Where the sender paused, the tap hears a
// silence; where packets were lost, nothing, unless that was long.
func (b *Buffer) tell(s *slot, lost bool, pcm []int16) {
	gap := b.samples(int32(s.ts - b.tapEnd))
	if b.tapped && gap > 0 && (!lost || gap > len(b.hush)) {
		b.tap(b.hush[:min(gap, len(b.hush))])
	}
	b.tapped, b.tapEnd = true, s.ts+b.ticks(len(pcm))
	b.tap(pcm)
}

// overhear gives the tap the sound of s, which is not going to be played.
func (b *Buffer) overhear(s *slot, lost bool) {
	if b.tap == nil || b.asleep || s.kind != sound {
		return
	}
	dst := b.out.room(b.f.FrameSamples(longest))
	if n, err := b.dec.Decode(dst, s.payload); err == nil {
		b.tell(s, lost, dst[:n])
	}
}
