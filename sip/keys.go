package sip

import (
	"fmt"

	msg "github.com/emiago/sipgo/sip"
)

// SendKey implements bridge.Leg: as an RFC 4733 event if the party takes them,
// else by INFO, as application/dtmf-relay.
func (l *Leg) SendKey(digit byte) {
	l.post(func() {
		if l.agreed != nil && l.agreed.EventPT != 0 {
			l.stream.SendKey(digit)
			return
		}
		if l.digits = append(l.digits, digit); len(l.digits) == 1 {
			l.informKey()
		}
	})
}

// informKey sends the first of the keys that wait. The next one waits for its
// answer, so that none overtakes another.
func (l *Leg) informKey() {
	req := l.dlg.request(msg.INFO, l.dlg.next(), l.cfg.UserAgent)
	req.AppendHeader(msg.NewHeader("Content-Type", "application/dtmf-relay"))
	req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=160\r\n", l.digits[0]))
	l.send(req, 64*msg.T1, func(res *msg.Response, err error) {
		if err != nil || res.StatusCode >= 300 {
			l.log.Warn("keys to the party are lost: it takes neither telephone-event nor INFO", "keys", len(l.digits))
			l.digits = nil
			return
		}
		if l.digits = l.digits[1:]; len(l.digits) > 0 {
			l.informKey()
		}
	})
}
