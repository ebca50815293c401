package sip

import (
	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

// watch begins to look whether the party is still there.
func (l *Leg) watch() { l.probe.set(l, l.cfg.Silence, l.look) }

// look asks a party of which neither RTP nor RTCP came for a while. Who is on
// hold sends nothing by right and is left to the session timer; who is muted
// answers.
func (l *Leg) look() {
	quiet := l.stream.LastHeard()
	switch {
	case quiet < l.cfg.Silence:
		l.probe.set(l, l.cfg.Silence-quiet, l.look)
		return
	case l.agreed != nil && (l.agreed.PeerHold || !l.agreed.Direction.Receives()):
		l.watch()
		return
	}
	req := l.dlg.request(msg.OPTIONS, l.dlg.next(), l.cfg.UserAgent)
	req.AppendHeader(msg.NewHeader("Accept", accept))
	l.send(req, l.cfg.ProbeWait, func(res *msg.Response, err error) {
		if l.over() {
			return
		}
		if err != nil || gone(res.StatusCode) {
			l.log.Warn("the party is gone: neither media nor an answer", "silent", quiet.String())
			l.finish(cause.Timeout)
			return
		}
		l.watch()
	})
}
