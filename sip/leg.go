package sip

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/sdp"
)

// state is how far a call has come.
type state uint8

const (
	early     state = iota // no final response yet
	answered               // 200 sent, no ACK yet: only of calls that came
	confirmed              // acknowledged
)

// Leg is one call, whoever made it. What is posted to it runs one after the other and owns all
// that has no lock; the methods of bridge.Leg may be called from anywhere.
type Leg struct {
	id     string
	srv    *Server
	cfg    *Config // as it was when the call came
	log    *slog.Logger
	trunk  *Trunk
	invite inviteID  // that came
	out    *outgoing // nil: the call came
	tag    string    // ours
	leave  func()    // gives back its place
	dlg    *dialog
	keys   media.Keys
	digits []byte // to be sent by INFO, the first of them under way; run's

	ctx     context.Context // ends with the call
	cancel  context.CancelFunc
	routing context.Context // ends when the caller gives up; run's, until it is known where the call goes
	gaveUp  context.CancelFunc
	work    mailbox
	done    chan struct{} // closed when the call is over

	held, encrypted atomic.Bool // as agreed last

	mu    sync.Mutex
	party bridge.Party // run's to write
	ended bool
	why   cause.Cause
	bye   bool // the peer said BYE

	// What follows is run's.
	state   state
	acked   bool
	failed  bool // by a fault of ours: nothing is waited for
	refused bool // and the log says so
	// With what and why it was refused, and whether an Attendant ever had it.
	arrived     time.Time
	attended    bool
	refusedWith int
	refusedFor  string
	first       ringing
	target      Target
	stream      Stream
	pending     *confirmation // the 2xx of ours that waits for its ACK
	asking      bool          // a re-INVITE or UPDATE of ours is under way
	updates     bool          // the peer takes UPDATE
	moving      bool          // it asked to be moved, and waits
	moved       int           // how often it asked
	refer       *referral     // the last REFER of ours

	sdpAddr   mediaAddr
	agreed    *sdp.Negotiated
	offered   *sdp.Offered
	body      []byte // the last SDP we sent
	sessionID uint64
	version   uint64

	session      sessionTimer
	refresh, end alarm // of the session
	probe        alarm
	retry        alarm
}

// newLeg makes the leg of an INVITE; nothing runs yet.
func newLeg(s *Server, req *msg.Request, f flow, trunk *Trunk) *Leg {
	l := &Leg{
		id: newTag()[:10], srv: s, cfg: s.cfg.Load(), trunk: trunk,
		invite: inviteOf(req), dlg: newDialog(req, f),
		done: make(chan struct{}), arrived: time.Now(),
		sessionID: uint64(time.Now().Unix()), version: 1,
	}
	l.tag = l.dlg.localTag
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	l.routing, l.gaveUp = context.WithCancel(s.ctx)
	who := s.incoming(req, trunk)
	l.party = bridge.Party{
		Name: bridge.CleanText(who.name, 64), Number: bridge.CleanText(who.caller, 64),
		Address: f.remote().String(), Called: bridge.CleanText(RedactUser(who.called), 64),
		Product: bridge.CleanText(header(req, "User-Agent", ""), 64), CallID: bridge.CleanText(l.dlg.callID, 100),
	}
	if who.private { // the Router sees who it is, nobody else does
		l.party.Name, l.party.Number = "", ""
	}
	if trunk != nil {
		l.party.Trunk = trunk.Name
	}
	l.notePeer(req)
	for _, r := range tokens(req, "Require", "") {
		l.first.reliable = l.first.reliable || r == "100rel"
	}
	l.log = s.log.With("leg", l.id, "call_id", l.party.CallID)
	return l
}

// notePeer remembers what the peer takes.
func (l *Leg) notePeer(m interface{ Headers() []msg.Header }) {
	for _, method := range tokens(m, "Allow", "") {
		l.updates = l.updates || strings.EqualFold(method, "UPDATE")
	}
}

// run does what was posted, until nothing is left or the call has ended. It is a
// goroutine of its own only for so long: an established call, of which nothing is
// asked for minutes, has none.
func (l *Leg) run() {
	for f := l.work.next(); f != nil; f = l.work.next() {
		l.guard(f)
		if l.finished() {
			l.close()
			return
		}
	}
}

// guard keeps a fault within the call: it ends.
func (l *Leg) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			l.panicked(v)
			l.failed = true
		}
	}()
	f()
}

// finished says that the loop may end. A call that we answered and that is not
// acknowledged waits for its ACK, or for that to time out, before its BYE
// (RFC 3261 §15).
func (l *Leg) finished() bool {
	return l.over() && (l.state != answered || l.failed || l.peerSaidBye() || l.srv.ctx.Err() != nil)
}

func (l *Leg) panicked(v any) {
	l.log.Error("panic in a call", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	l.finish(cause.Internal)
}

// attend gives the leg to the Attendant. A panic there ends this call only.
func (l *Leg) attend(to Target) {
	defer l.finish(cause.Hangup)
	defer func() {
		if v := recover(); v != nil {
			l.panicked(v)
		}
	}()
	l.srv.attendant.Attend(l.ctx, l, to)
}

// close says good-bye, gives everything back and closes Done.
func (l *Leg) close() {
	defer l.srv.wg.Done()
	defer close(l.done)
	defer l.work.close(l.guard) // requests that crossed the end want an answer
	for _, a := range []*alarm{&l.refresh, &l.end, &l.probe, &l.retry, &l.first.alarm} {
		a.stop()
	}
	if l.pending != nil {
		l.pending.alarm.stop()
	}
	if l.stream != nil {
		l.stream.Close()
	}
	if l.out == nil && !l.acked {
		l.srv.meter.answered(l.dlg.source.Addr())
	}
	switch {
	case l.state == early && l.out != nil:
		l.out.drop(l.Cause())
		l.srv.dialogs.remove(l)
	case l.state == early:
		// Already refused, unless by Hangup or a fault.
		if !l.first.final {
			l.respond(l.first.tx, refuse(l.Cause(), l.cfg.Domain, l.Cause().Text()))
		}
		l.srv.stats.refused.Add(l.Cause())
		l.srv.dialogs.remove(l)
	case l.peerSaidBye():
		l.srv.stats.ended.Add(l.Cause())
		l.srv.dialogs.remove(l)
	default:
		l.srv.stats.ended.Add(l.Cause())
		l.sayBye()
	}
	l.dlg.flow.hold(-1)
	l.leave()
	l.logEnd()
	l.unattended()
}

// logEnd says how the call ended. What was refused has said so, and so does Dial of
// what it could not reach.
func (l *Leg) logEnd() {
	c := l.Cause()
	what := "call ended"
	if l.state == early {
		what = "call ended before its answer"
	}
	if !l.refused && (l.out == nil || l.state != early) {
		l.log.Info(what, "cause", c.String(), "reason", c.Text())
	}
}

// byePatience is how long a BYE may go unanswered: the usual 64*T1, less when the
// peer did not even acknowledge the call or when we are leaving.
func (l *Leg) byePatience() time.Duration {
	leaving := l.srv.leaving.Load()
	switch {
	case !l.acked && leaving:
		return 2 * time.Second
	case !l.acked || leaving:
		return 8 * time.Second
	}
	return 32 * time.Second
}

// sayBye ends the dialog from our side. The leg stays known until the answer, so
// that a BYE that crosses ours is answered.
func (l *Leg) sayBye() {
	d, why, wait := l.dlg, reason(l.Cause()), l.byePatience()
	l.srv.wg.Go(func() {
		defer l.srv.dialogs.remove(l)
		if err := l.srv.bye(d, l.trunk, why, wait); err != nil {
			l.log.Debug("BYE not answered", "error", err)
		}
	})
}

// offerPost posts f unless the leg has its hands full: what strangers send waits
// in bounds. over: the call has ended, f will not run.
func (l *Leg) offerPost(f func()) (over bool) {
	start, over := l.work.put(f, mostWaiting)
	if start {
		go l.run()
	}
	return over
}

// post has f run when what was posted before has. over: the call has ended, f is
// dropped.
func (l *Leg) post(f func()) (over bool) {
	start, over := l.work.put(f, 0)
	if start {
		go l.run()
	}
	return over
}

// do has f run as post does and waits for what it says. A call that has ended says
// why.
func (l *Leg) do(f func() error) error {
	said := make(chan error, 1)
	l.post(func() { said <- f() })
	select {
	case err := <-said:
		return err
	case <-l.done:
	}
	select {
	case err := <-said:
		return err
	default:
		return l.Cause()
	}
}

// wake has run look whether the call is over.
func (l *Leg) wake() { l.post(func() {}) }

// finish ends the call for a cause; the first counts. It reports whether this
// was the first.
func (l *Leg) finish(c cause.Cause) bool {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return false
	}
	l.ended, l.why = true, c
	l.mu.Unlock()
	l.cancel()
	l.gaveUp()
	l.wake()
	return true
}

func (l *Leg) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

func (l *Leg) peerSaidBye() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bye
}

// ID implements bridge.Leg.
func (l *Leg) ID() string { return l.id }

// Protocol implements bridge.Leg.
func (l *Leg) Protocol() string { return "sip" }

// Party implements bridge.Leg.
func (l *Leg) Party() bridge.Party {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.party
}

// Outgoing says that we made the call.
func (l *Leg) Outgoing() bool { return l.out != nil }

// Audio implements bridge.Leg.
func (l *Leg) Audio() media.Audio { return l.stream }

// SetKeySink implements bridge.Leg. Keys pressed before it are delivered first.
func (l *Leg) SetKeySink(sink func(media.Key)) { l.keys.Deliver(sink) }

// Quality implements bridge.Leg.
func (l *Leg) Quality() media.Stats { return l.stream.Stats() }

// Held says that the party has put us on hold.
func (l *Leg) Held() bool { return l.held.Load() }

// Encrypted says that the sound is encrypted, both ways.
func (l *Leg) Encrypted() bool { return l.encrypted.Load() }

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

var _ bridge.Leg = (*Leg)(nil)
