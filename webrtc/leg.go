package webrtc

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// State is how a leg's transport is.
type State uint8

// The states of a leg. Interrupted: nothing comes any more; the leg waits for a
// restart of ICE or a new transport.
const (
	StateNew State = iota
	StateConnecting
	StateConnected
	StateInterrupted
	StateClosed
)

func (s State) String() string {
	return [...]string{"new", "connecting", "connected", "interrupted", "closed"}[s]
}

// Leg is one browser's call. Its methods may be called from any goroutine.
type Leg struct {
	id     string
	srv    *Server
	log    *slog.Logger
	party  bridge.Party
	stream *media.Stream
	keys   media.Keys

	connected, done chan struct{}

	offers    *rate.Limiter
	sessionID uint64
	// turn is held while an offer is worked on, and from the leg's end on. It
	// guards version.
	turn    chan struct{}
	version uint64

	mu         sync.Mutex // guards what follows
	state      State
	watch      func(State)
	current    *transport // carries the sound, or did last
	next       *transport // on its way up, to take its place
	candidates int        // since the last offer
	timer      *time.Timer
	why        cause.Cause
}

var _ bridge.Leg = (*Leg)(nil)

// ID implements bridge.Leg.
func (l *Leg) ID() string { return l.id }

// Protocol implements bridge.Leg.
func (l *Leg) Protocol() string { return "webrtc" }

// Party implements bridge.Leg.
func (l *Leg) Party() bridge.Party { return l.party }

// Audio implements bridge.Leg.
func (l *Leg) Audio() media.Audio { return l.stream }

// SetKeySink implements bridge.Leg. Keys pressed before it are delivered first.
func (l *Leg) SetKeySink(sink func(media.Key)) { l.keys.Deliver(sink) }

// SendKey implements bridge.Leg: as an RFC 4733 event, if the browser takes them.
func (l *Leg) SendKey(digit byte) { l.stream.SendKey(digit) }

// Press reports a key that was pressed on the page.
func (l *Leg) Press(digit byte) {
	if strings.IndexByte("0123456789*#ABCD", digit) >= 0 {
		l.keys.Press(media.Key{Digit: digit, Source: media.KeyPage})
	}
}

// Quality implements bridge.Leg.
func (l *Leg) Quality() media.Stats { return l.stream.Stats() }

// Encrypted says that the sound is encrypted, both ways: it always is.
func (l *Leg) Encrypted() bool { return true }

// Connected is closed once ICE and DTLS are up for the first time.
func (l *Leg) Connected() <-chan struct{} { return l.connected }

// Done implements bridge.Leg.
func (l *Leg) Done() <-chan struct{} { return l.done }

// Cause implements bridge.Leg.
func (l *Leg) Cause() cause.Cause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

// State is how the leg's transport is.
func (l *Leg) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Watch has f called with the state, now and whenever it changes. f may be called
// from any goroutine, does not block and does not call the leg. There is one
// watcher: a later one takes its place.
func (l *Leg) Watch(f func(State)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = f
	f(l.state)
}

// turnTo changes the state. l.mu is held.
func (l *Leg) turnTo(s State) {
	if l.state == s || l.state == StateClosed {
		return
	}
	l.state = s
	l.log.Debug("browser's transport", "state", s.String())
	if l.watch != nil {
		l.watch(s)
	}
}

// wait ends the leg after d, unless it is called again or the leg is connected by
// then. l.mu is held.
func (l *Leg) wait(d time.Duration) {
	if l.timer != nil {
		l.timer.Stop()
	}
	var t *time.Timer
	t = time.AfterFunc(d, func() { l.end(cause.Timeout, func() bool { return l.timer == t }) })
	l.timer = t
}

// rest stops the wait. l.mu is held.
func (l *Leg) rest() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}

// up is called by a transport that can carry sound: the first time, or again. It
// takes the place of the one before.
func (l *Leg) up(t *transport) {
	l.mu.Lock()
	var old *transport
	switch {
	case l.state == StateClosed || t != l.current && t != l.next:
		l.mu.Unlock()
		return
	case t == l.next:
		old, l.current, l.next = l.current, t, nil
	}
	l.stream.Update(t.params())
	l.rest()
	l.turnTo(StateConnected)
	select {
	case <-l.connected:
	default:
		close(l.connected)
	}
	l.mu.Unlock()
	if old != nil {
		old.close()
	}
}

// down is called by a transport that has fallen silent, or that is over.
func (l *Leg) down(t *transport, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t == l.next && over {
		l.next = nil
		if l.current == nil {
			l.turnTo(StateNew)
		}
	}
	if t != l.current || l.state != StateConnected {
		return
	}
	l.turnTo(StateInterrupted)
	l.wait(l.srv.cfg.Limits.Interrupted)
}

// Hangup implements bridge.Leg.
func (l *Leg) Hangup(c cause.Cause) {
	if c == cause.None {
		c = cause.Hangup
	}
	l.end(c, func() bool { return true })
}

// end ends the call if that is still wanted.
func (l *Leg) end(c cause.Cause, wanted func() bool) {
	l.mu.Lock()
	if l.state == StateClosed || !wanted() {
		l.mu.Unlock()
		return
	}
	l.why = c
	l.rest()
	l.turnTo(StateClosed)
	l.mu.Unlock()
	l.log.Info("call ended", "cause", c.String(), "reason", c.Text())
	close(l.done)
	l.stream.Close()
	go l.close() // ending DTLS and ICE takes its time; Server.Close waits for it
}

// close ends the transports, once no offer is worked on any more.
func (l *Leg) close() {
	defer l.srv.forget(l)
	l.turn <- struct{}{}
	l.mu.Lock()
	current, next := l.current, l.next
	l.mu.Unlock()
	for _, t := range []*transport{current, next} {
		if t != nil {
			t.close()
		}
	}
}
