package bridge

import (
	"testing"
	"time"

	"github.com/partyline/partyline/mixer"
)

// Two that are played the same are told so tick for tick; a source that makes up its
// sound has no place.
func TestPlaybackPlaces(t *testing.T) {
	pcm := make([]int16, 2*sourceFrame+100)
	play := func(more ...Source) *Playback {
		return &Playback{sources: append([]Source{NewClip(nil), NewClip(pcm), NewPause(40 * time.Millisecond), NewClip(pcm[100:])}, more...)}
	}
	a, b := play(), play(NewLoop(pcm))
	var frame [sourceFrame]int16
	var places []mixer.Place
	for a.next(frame[:]) {
		if !b.next(frame[:]) {
			t.Fatal("one ends sooner")
		}
		places = append(places, a.place())
		if a.place() != b.place() {
			t.Fatalf("tick %d: they lie at different places", len(places))
		}
	}
	if len(places) != 7 {
		t.Fatalf("%d ticks, want 7", len(places))
	}
	for i, at := range places {
		// What is left of a clip is not what begins there; pauses are all the same.
		for j, other := range places[:i] {
			if same := at == other; same != (i == 3 && j == 2) {
				t.Errorf("ticks %d and %d: the same place: %v", i, j, same)
			}
		}
	}
	if b.next(frame[:]); b.place() != (mixer.Place{}) {
		t.Error("a loop has a place")
	}
}
