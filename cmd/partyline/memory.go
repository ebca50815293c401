package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// gcPercent is how much garbage may come on top of what lives before it is
// collected. A call at rest makes none and what lives is small, some tens of MB:
// collecting that twice as often as usual costs a few ms for every hundred calls
// set up, and a gateway of hundreds of calls is a third smaller. An admin's GOGC
// counts instead, GOMEMLIMIT beside it.
const gcPercent = 50

const (
	// atRest is how long no call may have come, gone or moved for the memory of
	// those that did to be given back.
	atRest = 4 * time.Second
	// givingBack is how long that takes: the runtime does it beside all else, by
	// 1 % of the processors. FreeOSMemory would do it at once, and make steps of
	// the engines 10 ms late.
	givingBack = 2 * time.Second
	// alert is how often it is looked whether calls need memory again.
	alert = 20 * time.Millisecond
	// leeway is what may be free beyond what is in use, in bytes: the runtime aims
	// at 95 % of a limit.
	leeway = 1 << 20
)

// collectOften sets gcPercent and returns what takes it back.
func collectOften() (back func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	old := debug.SetGCPercent(gcPercent)
	return func() { debug.SetGCPercent(old) }
}

// giveBack gives memory back to the system once the gateway has started and
// whenever a burst of calls is over, until it closes: setting up a call takes
// several times what it needs then, and the runtime by itself would keep most of
// that for minutes.
func (g *gateway) giveBack() {
	defer close(g.gaveBack)
	tick := time.NewTicker(atRest)
	defer tick.Stop()
	last, owing := g.comings(), true
	for {
		select {
		case <-g.closing:
			return
		case <-tick.C:
		}
		switch now := g.comings(); {
		case now != last:
			last, owing = now, true
		case owing:
			owing = false
			g.shrink()
		}
	}
}

// shrink lowers the limit of memory to what is in use, for as long as the runtime
// needs to give back what is above that.
func (g *gateway) shrink() {
	runtime.GC()
	old := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(old, inUse()*20/19+leeway))
	// This one begins the giving back, and a stack that has grown loses half of it
	// at each.
	runtime.GC()
	g.rest(givingBack)
	debug.SetMemoryLimit(old)
}

// rest waits for as long, or until calls come, go or move again: they need memory,
// and a limit that is in their way would have it collected all the time.
func (g *gateway) rest(d time.Duration) {
	look := time.NewTicker(alert)
	defer look.Stop()
	before := g.comings()
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case <-g.closing:
			return
		case <-look.C:
		}
		if g.comings() != before {
			return
		}
	}
}

// inUse is the memory of this process that is neither free nor given back, in
// bytes.
func inUse() int64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64() - samples[2].Value.Uint64())
}

// comings counts what calls did: came, were placed in a room, went.
func (g *gateway) comings() uint64 {
	g.calls.mu.Lock()
	defer g.calls.mu.Unlock()
	return g.calls.moves
}
