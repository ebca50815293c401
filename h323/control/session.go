package control

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// Session is the H.245 control of one call. One goroutine calls its methods.
type Session struct {
	cfg Config
	log *slog.Logger

	started bool // by Start: our procedures run
	closing bool // our EndSession is out
	stopped bool // nothing is said or told any more

	// What one step says and tells, until it is done.
	depth  int
	out    []*Message
	events []func()
	ending *Ending

	msd    msdse
	caps   ceseOut
	remote remote
	modes  rmse
	rtd    rtdse
	end    timer // the peer's EndSession

	outgoing []*outgoing // LCSE, ours
	incoming []*incoming // LCSE, the peer's; only those that are open
	number   int         // the last logical channel number that we gave
	audio    audio
	fast     fast

	rtp, rtcp netip.AddrPort // ours, once asked for
	holding   bool           // Pause: we sent an empty set
	noted     int            // complaints of ours that are out
}

// maxNotes is how many functionNotUnderstood a call gets: a peer that sends nothing
// but garbage must not have its volume doubled.
const maxNotes = 64

// New makes a Session. It sends nothing until Start, or until something is received.
func New(cfg Config) *Session {
	s := &Session{cfg: cfg.withDefaults()}
	s.log = s.cfg.Log
	s.msd.s, s.caps.s, s.modes.s, s.rtd.s = s, s, s, s
	return s
}

// Start begins capability exchange and master/slave determination (H.323 §8.2). It is
// for when messages can be sent; calling it again does nothing.
func (s *Session) Start() {
	if s.started || s.closing || s.stopped {
		return
	}
	s.enter()
	defer s.leave()
	s.started = true
	s.caps.transferRequest()
	if !s.msd.known { // else the peer was first
		s.msd.determineRequest()
	}
	s.advance()
}

// Started says whether Start was called.
func (s *Session) Started() bool { return s.started }

// Close sends EndSession (H.323 §8.5). Ended follows when the peer's comes, or when it
// has not come in time.
func (s *Session) Close() {
	if s.closing || s.stopped {
		return
	}
	s.enter()
	defer s.leave()
	s.send(endSession())
	s.closing = true
	s.cancelTimers()
	s.end.start(s, s.cfg.Timers.EndSession, func() { s.finish(EndedTimeout) })
}

// Stop ends the Session at once: nothing is said or told any more, timers are off. A
// Probe under way is told that it failed.
func (s *Session) Stop() {
	if s.stopped {
		return
	}
	s.stopped = true
	s.out, s.events, s.ending = nil, nil, nil
	s.cancelTimers()
	s.end.cancel()
}

// onEndSession is H.323 §8.5 step 6: the peer ends; what is open closes with it.
func (s *Session) onEndSession() {
	if s.closing {
		s.finish(EndedByUs)
		return
	}
	s.send(endSession())
	s.finish(EndedByPeer)
}

func (s *Session) finish(e Ending) {
	s.closing = true
	s.cancelTimers()
	s.end.cancel()
	s.ending = &e
}

func (s *Session) cancelTimers() {
	s.msd.t106.cancel()
	s.caps.t101.cancel()
	s.modes.t109.cancel()
	s.rtd.fail()
	s.audio.wait.cancel()
	s.audio.back.cancel()
	for _, c := range s.outgoing {
		c.t103.cancel()
	}
	for _, c := range s.incoming {
		c.t108.cancel()
	}
}

// Master says who the master is, once that is known.
func (s *Session) Master() (master, known bool) { return s.msd.master, s.msd.known }

// Remote is what the peer's last sets said.
func (s *Session) Remote() Capabilities { return s.remote.says }

// Channels are those that are open.
func (s *Session) Channels() []Channel {
	var cs []Channel
	for _, c := range s.outgoing {
		if c.state == lcseEstablished {
			cs = append(cs, c.ch)
		}
	}
	for _, c := range s.incoming {
		cs = append(cs, c.ch)
	}
	return cs
}

// Send puts messages of the owner's own on their way: what no procedure here does.
func (s *Session) Send(ms ...*Message) {
	s.enter()
	defer s.leave()
	s.send(ms...)
}

// ReceivePDU decodes one message and receives it. What cannot be decoded is answered
// with functionNotSupported; the error is for the log, the call goes on.
func (s *Session) ReceivePDU(b []byte) error {
	m := new(Message)
	if err := per.Unmarshal(b, m); err != nil {
		s.enter()
		defer s.leave()
		s.notSupported(h245.FunctionNotSupportedCause{SyntaxError: &per.Null{}}, b)
		return fmt.Errorf("H.245: %w", err)
	}
	if m.Request == nil && m.Response == nil && m.Command == nil && m.Indication == nil {
		s.enter()
		defer s.leave()
		s.notSupported(h245.FunctionNotSupportedCause{UnknownFunction: &per.Null{}}, b)
		return errors.New("H.245: a message of unknown kind")
	}
	s.Receive(m)
	return nil
}

// Receive takes a message of the peer. The Session keeps nothing of it but the key of
// an encrypted channel.
func (s *Session) Receive(m *Message) {
	if s.stopped || m == nil {
		return
	}
	s.enter()
	defer s.leave()
	if s.closing { // after EndSession nothing but the peer's is of interest
		if m.Command != nil && m.Command.EndSessionCommand != nil && s.ending == nil {
			s.onEndSession()
		}
		return
	}
	switch {
	case m.Request != nil:
		s.onRequest(m.Request)
	case m.Response != nil:
		s.onResponse(m.Response)
	case m.Command != nil:
		s.onCommand(m.Command)
	case m.Indication != nil:
		s.onIndication(m.Indication)
	}
}

// enter and leave bracket a step. What it says and tells is collected and goes out
// when the outermost step is done: events first, then messages, the end last. Both may
// call the Session again.
func (s *Session) enter() { s.depth++ }

func (s *Session) leave() {
	if s.depth > 1 {
		s.depth--
		return
	}
	for !s.stopped && (len(s.events) > 0 || len(s.out) > 0 || s.ending != nil) {
		switch {
		case len(s.events) > 0:
			f := s.events[0]
			s.events = s.events[1:]
			f()
		case len(s.out) > 0:
			ms := s.out
			s.out = nil
			s.cfg.Send(ms)
		default:
			e := *s.ending
			s.Stop()
			s.cfg.Events.Ended(e)
		}
	}
	s.events = nil
	s.depth--
}

func (s *Session) send(ms ...*Message) {
	if !s.closing && !s.stopped {
		s.out = append(s.out, ms...)
	}
}

func (s *Session) tell(f func()) {
	if !s.closing && !s.stopped {
		s.events = append(s.events, f)
	}
}

// addresses are ours; they are asked for when the first channel needs them.
func (s *Session) addresses() (rtp, rtcp netip.AddrPort, err error) {
	if !s.rtp.IsValid() {
		if s.rtp, s.rtcp, err = s.cfg.Media(); err != nil {
			s.rtp = netip.AddrPort{}
			s.log.Warn("no address for media", "error", err)
		}
	}
	return s.rtp, s.rtcp, err
}
