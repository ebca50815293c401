package media

import "github.com/pion/transport/v4/replaydetector"

// replays tells the packets of one SSRC that came before from those that are only
// late, by the window of RFC 3711 §3.3.2. Unlike the library's it makes no closure
// a packet: a packet is checked and accepted before the next one is checked.
type replays struct {
	latest  uint64    // the highest packet index accepted: roll-over counter, then sequence number
	window  [2]uint64 // bit i: index latest-i was accepted
	started bool
	asked   uint64
	accept  func() bool
}

// replayWindow is how far back, in packets, a late one is told from a replay.
const replayWindow = 128

// newReplays makes a detector for one SSRC.
func newReplays() replaydetector.ReplayDetector {
	r := &replays{}
	r.accept = r.take
	return r
}

// Check says whether a packet of this index may be new. Once its authentication
// tag has proved right, accept marks it as seen.
func (r *replays) Check(index uint64) (accept func() bool, ok bool) {
	r.asked = index
	if r.started && index <= r.latest {
		back := r.latest - index
		if back >= replayWindow || r.window[back/64]&(1<<(back%64)) != 0 {
			return refuse, false
		}
	}
	return r.accept, true
}

func refuse() bool { return false }

// take marks the packet asked for last as seen, and says whether it is the newest.
func (r *replays) take() bool {
	if r.started && r.asked <= r.latest {
		back := r.latest - r.asked
		r.window[back/64] |= 1 << (back % 64)
		return false
	}
	ahead := r.asked - r.latest
	if !r.started {
		ahead = replayWindow
	}
	switch {
	case ahead >= replayWindow:
		r.window = [2]uint64{}
	case ahead >= 64:
		r.window = [2]uint64{0, r.window[0] << (ahead - 64)}
	default:
		r.window[1] = r.window[1]<<ahead | r.window[0]>>(64-ahead)
		r.window[0] <<= ahead
	}
	r.window[0] |= 1
	r.latest, r.started = r.asked, true
	return true
}
