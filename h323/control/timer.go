package control

import "time"

// timer is one timer of a signalling entity. Its zero value is off.
type timer struct {
	stop func()
	turn int // tells an expiry that comes after all from a wanted one
}

// start sets the timer, anew if it runs. f is a step of the Session.
func (t *timer) start(s *Session, d time.Duration, f func()) {
	t.cancel()
	turn := t.turn
	t.stop = s.cfg.After(d, func() {
		if t.turn != turn || s.stopped {
			return
		}
		t.turn++
		t.stop = nil
		s.enter()
		defer s.leave()
		f()
	})
}

func (t *timer) cancel() {
	t.turn++
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
}

func (t *timer) running() bool { return t.stop != nil }
