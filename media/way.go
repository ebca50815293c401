package media

import "time"

// unheardFor is how long we send to an address that signalling announced and that
// nothing has come from: long enough for early media and slow answers, too short
// to use us as a reflector.
const unheardFor = 10 * time.Second

// way is where a stream's packets go.
type way struct {
	follow                   bool // to the latched address
	mux                      bool
	announced, announcedRTCP key
	latched, latchedRTCP     key   // zero: nothing heard since the announcement
	alive                    bool  // RTCP came from the announced host
	since                    int64 // first sending to the announced address unheard; 0: not yet
}

// announce takes what signalling says. Another address than where the call is
// starts anew.
func (w *way) announce(c Candidates, mux bool) {
	a, r := keyOf(c.Announced), rtcpKey(c)
	if a != w.announced && a != w.latched {
		w.latched, w.since, w.alive = key{}, 0, false
	}
	if r != w.announcedRTCP && r != w.latchedRTCP {
		w.latchedRTCP = key{}
	}
	w.announced, w.announcedRTCP, w.mux = a, r, mux
}

// rtp is where RTP goes now; zero: nowhere.
func (w *way) rtp(now int64) key {
	heard := !w.latched.isZero()
	switch {
	case heard && w.follow:
		return w.latched
	case w.announced.isZero():
		return key{}
	case heard || w.alive:
		return w.announced
	}
	if w.since == 0 {
		w.since = now
	}
	if now-w.since > int64(unheardFor) {
		return key{}
	}
	return w.announced
}

// rtcp is where RTCP goes now; zero: nowhere. Without a latch of its own it goes
// to the announced port if RTP is at home there too.
func (w *way) rtcp(now int64) key {
	to := w.rtp(now)
	switch {
	case w.mux || to.isZero():
		return to
	case !w.latchedRTCP.isZero() && w.follow:
		return w.latchedRTCP
	case w.announcedRTCP.host == to.host:
		return w.announcedRTCP
	}
	return key{}
}

// hear learns from a packet the table took for the call's.
func (w *way) hear(q *packet) {
	switch {
	case q.apart:
		w.latchedRTCP = q.from
		w.alive = w.alive || q.from.host == w.announced.host
	case q.rtcp:
		w.alive = w.alive || q.from == w.announced
	case q.settled:
		w.latched = q.from
	}
}
