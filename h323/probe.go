package h323

import (
	"time"

	"github.com/partyline/partyline/cause"
)

// watch begins to look whether the party is still there.
func (l *Leg) watch() { l.after(l.cfg.Silence, l.look) }

// look asks a party of which neither RTP nor RTCP came for a while. Who has paused
// us sends nothing by right and answers all the same.
func (l *Leg) look() {
	l.mu.Lock()
	stream, signalling := l.stream, l.call
	l.mu.Unlock()
	quiet := stream.LastHeard()
	if quiet < l.cfg.Silence {
		l.after(l.cfg.Silence-quiet, l.look)
		return
	}
	signalling.Probe(l.cfg.ProbeWait, func(_ time.Duration, err error) {
		if l.over() {
			return
		}
		if err != nil {
			l.log.Warn("the party is gone: neither media nor an answer", "silent", quiet.String())
			l.finish(cause.Timeout)
			return
		}
		l.watch()
	})
}
