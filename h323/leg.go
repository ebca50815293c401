package h323

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/ras"
	"github.com/partyline/partyline/media"
)

// stage is how far a call has come.
type stage uint8

const (
	mute     stage = iota // a connection without a Setup
	early                 // not answered yet
	answered              // Connect was sent or has come
	begun                 // and there is a channel for sound: somebody attends
)

// Leg is one call. Its methods may be called from any goroutine.
type Leg struct {
	id     string
	srv    *Server
	cfg    *Config // as it was when the call began
	log    *slog.Logger
	source netip.AddrPort // of the signalling peer
	local  netip.Addr     // our end of the signalling; zero: not known
	out    bool           // we called
	keys   media.Keys

	ctx    context.Context // ends with the call
	cancel context.CancelFunc
	done   chan struct{}
	// ready is closed when a call out is answered and has sound.
	ready chan struct{}

	mu                sync.Mutex // guards what follows
	call              *call.Call
	stage             stage
	party             bridge.Party
	pass              Pass
	target            Target
	stream            Stream
	send              *call.Channel // as agreed last; nil: none, or paused
	receive           []call.Channel
	tones             bool        // keys come as sound only
	timer             *time.Timer // of the probe, or of a call without sound
	progress          func(call.Progress)
	admitted          *ras.Call // by the gatekeeper; nil: it was not asked
	releases          []func()  // what the call's end gives back
	parted            bool      // it has
	ended             bool
	why               cause.Cause
	refusedFor        string // in words
	began, answeredAt time.Time
	told              bool // Unanswered of it
}

var _ bridge.Leg = (*Leg)(nil)

// newLeg makes the leg of a call with this peer; nothing runs yet.
func newLeg(s *Server, peer netip.AddrPort) *Leg {
	l := &Leg{
		id: "h-" + strings.ToLower(rand.Text()[:8]), srv: s, cfg: s.cfg.Load(), source: peer,
		done: make(chan struct{}), ready: make(chan struct{}), began: time.Now(),
	}
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	l.log = s.log.With("leg", l.id)
	l.party = bridge.Party{Address: peer.String()}
	return l
}

// accept has the call wait for its Setup.
func (l *Leg) accept(conn net.Conn) {
	cfg := l.cfg.calls(l.source.Addr(), l.id, l.log)
	cfg.MayControl = l.srv.mayControl
	l.begin(func() *call.Call { return call.Accept(conn, cfg, sound{l}, owner{l}) })
}

// begin starts the signalling. What it tells the owner waits until we know it.
func (l *Leg) begin(start func() *call.Call) {
	l.mu.Lock()
	l.call = start()
	c, over, why := l.call, l.ended, l.why
	l.mu.Unlock()
	if over { // hung up before there was anything to hang up
		c.Release(reason(why))
	}
}

// finish ends the call for a cause; the first counts. It reports whether this was
// the first. For the bridge the call is over at once; the farewells go on.
func (l *Leg) finish(c cause.Cause) bool {
	return l.end(c, func(signalling *call.Call) { signalling.Release(reason(c)) })
}

// end does that by what the signalling is told last.
func (l *Leg) end(c cause.Cause, tell func(*call.Call)) bool {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return false
	}
	l.ended, l.why = true, c
	if l.timer != nil {
		l.timer.Stop()
	}
	stream, signalling := l.stream, l.call
	l.mu.Unlock()
	l.cancel()
	close(l.done)
	if stream != nil {
		stream.Close()
	}
	if signalling != nil {
		tell(signalling)
	}
	return true
}

func (l *Leg) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// after has f run in a while, instead of what was to run before.
func (l *Leg) after(d time.Duration, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(d, func() { l.srv.guard(l, f) })
}

// attend gives the leg to the Attendant. A panic there ends this call only.
func (l *Leg) attend(to Target) {
	defer l.finish(cause.Hangup)
	l.srv.guard(l, func() { l.srv.attendant.Attend(l.ctx, l, to) })
}

// ID implements bridge.Leg.
func (l *Leg) ID() string { return l.id }

// Protocol implements bridge.Leg.
func (l *Leg) Protocol() string { return "h323" }

// Party implements bridge.Leg.
func (l *Leg) Party() bridge.Party {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.party
}

// Audio implements bridge.Leg.
func (l *Leg) Audio() media.Audio {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stream
}

// SetKeySink implements bridge.Leg. Keys pressed before it are delivered first.
func (l *Leg) SetKeySink(sink func(media.Key)) { l.keys.Deliver(sink) }

// Quality implements bridge.Leg.
func (l *Leg) Quality() media.Stats {
	l.mu.Lock()
	s := l.stream
	l.mu.Unlock()
	if s == nil {
		return media.Stats{}
	}
	return s.Stats()
}

// Outgoing says that we called.
func (l *Leg) Outgoing() bool { return l.out }

// Held says that the party has paused our sound: H.450 hold, or a gatekeeper that
// transfers it.
func (l *Leg) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stage == begun && l.send == nil
}

// Hangup implements bridge.Leg.
func (l *Leg) Hangup(c cause.Cause) {
	if c == cause.None {
		c = cause.Hangup
	}
	l.finish(c)
}

// Done implements bridge.Leg.
func (l *Leg) Done() <-chan struct{} { return l.done }

// Cause implements bridge.Leg.
func (l *Leg) Cause() cause.Cause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}
