package media

import "sync"

// maxEarlyKeys is how many keys wait for a sink: typed ahead of the welcome.
const maxEarlyKeys = 32

// Keys passes a leg's key presses on, by whatever way they come, and keeps the first
// 32 that come before anybody listens. Any goroutine uses it, none for long. The zero
// Keys is ready.
type Keys struct {
	mu    sync.Mutex
	sink  func(Key)
	early []Key
}

// Press reports a press.
func (k *Keys) Press(key Key) {
	k.mu.Lock()
	sink := k.sink
	if sink == nil && len(k.early) < maxEarlyKeys {
		k.early = append(k.early, key)
	}
	k.mu.Unlock()
	if sink != nil {
		sink(key)
	}
}

// Deliver sets the sink and hands it what came before.
func (k *Keys) Deliver(sink func(Key)) {
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
