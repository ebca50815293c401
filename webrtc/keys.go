package webrtc

import (
	"sync"

	"github.com/partyline/partyline/media"
)

// maxEarly is how many keys wait for a sink: typed ahead of the welcome.
const maxEarly = 32

// keys passes a leg's key presses on, by whatever way they come, and keeps those
// that come before anybody listens. Any goroutine uses it, none for long.
type keys struct {
	mu    sync.Mutex
	sink  func(media.Key)
	early []media.Key
}

// press reports a press.
func (k *keys) press(key media.Key) {
	k.mu.Lock()
	sink := k.sink
	if sink == nil && len(k.early) < maxEarly {
		k.early = append(k.early, key)
	}
	k.mu.Unlock()
	if sink != nil {
		sink(key)
	}
}

// deliver sets the sink and hands it what came before.
func (k *keys) deliver(sink func(media.Key)) {
	for {
		k.mu.Lock()
		early := k.early
		k.early = nil
		if len(early) == 0 { // none can overtake those that waited
			k.sink = sink
			k.mu.Unlock()
			return
		}
		k.mu.Unlock()
		for _, key := range early {
			sink(key)
		}
	}
}
