package sip

import (
	"fmt"
	"sync"

	msg "github.com/emiago/sipgo/sip"

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
