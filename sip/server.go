package sip

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	msg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

func init() {
	// sipgo's transactions refuse to write more than this by UDP; our flows don't
	// ask, but a message of ours must never vanish for its size.
	msg.UDPMTUSize = MaxMessage
}

// Inbound is a call as the Router sees it. CalledUser may hold a PIN: it is for
// the decision only and must not be logged.
type Inbound struct {
	Trunk              string // empty: a stranger
	Caller, CallerName string // From's user part and display name
	Called, CalledHost string // the Request-URI's user part, unescaped, and host
	AssertedID         string // P-Asserted-Identity's user part, if a trunk sent it
	Source             netip.AddrPort
	Network            string // "UDP", "TCP", "TLS"
	CallID             string
	Time               time.Time
	// Diversions are those it was meant for before, the latest first, if a trunk
	// says so.
	Diversions []Diversion
}

// Target is where a call goes, in the words of Router and Attendant; this
// package only carries it.
type Target any

// Router decides where a call goes. An error that is a cause.Cause refuses the
// call with it, a *Redirection sends it elsewhere; any other is a fault of ours. ctx ends when the caller gives up.
type Router interface {
	Route(ctx context.Context, in Inbound) (Target, error)
}

// Attendant takes an answered call and returns when it is done with it; the call
// is ended then, if it has not yet. ctx ends with the call.
type Attendant interface {
	Attend(ctx context.Context, leg bridge.Leg, to Target)
}

// Stream is a call's sound: a *media.Stream.
type Stream interface {
	media.Audio
	Local() (rtp, rtcp netip.AddrPort)
	Update(media.Params)
	SendKey(digit byte)
	Stats() media.Stats
	LastHeard() time.Duration
	Close()
}

// Streams opens streams on the local addresses given, one of each family at
// most.
type Streams struct {
	Bind []netip.Addr
	New  func(media.StreamConfig) (Stream, error)
	// Load is how near, 0 to 1, the engines are to where sound suffers (media.Load);
	// nil: no call is refused for it.
	Load func() float64
}

// Overloaded is the load from which no new call is taken: those that are up must
// not suffer.
const Overloaded = 0.85

// MediaStreams are the streams of the media engine.
func MediaStreams(m *media.Media, bind ...netip.Addr) Streams {
	return Streams{Bind: bind, Load: m.Load, New: func(c media.StreamConfig) (Stream, error) {
		s, err := m.NewStream(c)
		if err != nil {
			return nil, err
		}
		return s, nil
	}}
}

// Server answers calls by SIP.
type Server struct {
	cfg       atomic.Pointer[Config]
	streams   Streams
	router    Router
	attendant Attendant
	log       *slog.Logger

	transport *transport
	tx        *transactions
	parser    *msg.Parser
	dialogs   *dialogs
	meter     *meter
	lines     *lines
	nonces    *nonces
	stats     counters
	seed      maphash.Seed // of To tags that no state remembers
	draining  atomic.Bool
	leaving   atomic.Bool // Shutdown has begun
	// exchangeDNS asks one name server.
	exchangeDNS func(ctx context.Context, m *dns.Msg, server string) (*dns.Msg, error)

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	// before ends soon after Shutdown has begun: what was asked before that has
	// had its time.
	before context.Context
	enough context.CancelFunc
	wg     sync.WaitGroup // legs and requests under way
	// attending are the attendants: foreign code, which Close does not wait for.
	attending sync.WaitGroup
}

// New makes a server; nothing runs before Start.
func New(cfg Config, streams Streams, r Router, a Attendant) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		streams: streams, router: r, attendant: a, log: cfg.Logger,
		parser:  msg.NewParser(),
		dialogs: newDialogs(), meter: newMeter(), seed: maphash.MakeSeed(),
		lines: new(lines), nonces: newNonces(),
		exchangeDNS: wireExchange,
	}
	s.parser.MaxMessageLength = MaxMessage
	s.cfg.Store(&cfg)
	s.tx = newTransactions(cfg.Logger)
	s.transport = &transport{
		log: cfg.Logger, tls: cfg.TLS,
		tap: newTap(cfg.Tap), deliver: s.deliver, broken: s.broken, limits: s.connLimits,
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.transport.ctx = s.ctx
	s.before, s.enough = context.WithCancel(s.ctx)
	return s
}

// Start opens the listeners and begins to look after the trunks. On an error all
// are closed again.
func (s *Server) Start(ctx context.Context) error {
	for _, l := range s.cfg.Load().Listen {
		if err := s.transport.listen(ctx, l); err != nil {
			s.Close()
			return err
		}
	}
	s.lines.run(s)
	return nil
}

// ServePacket is a UDP listener that is there already.
func (s *Server) ServePacket(pc net.PacketConn) { s.transport.servePacket(pc) }

// Addrs are the addresses bound.
func (s *Server) Addrs() []Listen { return s.transport.addrs() }

// Reload takes a new configuration for calls to come. Listeners and certificates
// stay; trunks that are new or changed register, those that are gone take their
// registrations back.
func (s *Server) Reload(cfg Config) {
	cfg.Logger = s.log
	old := s.cfg.Load()
	cfg.Tap, cfg.Unanswered = old.Tap, old.Unanswered
	cfg = cfg.withDefaults()
	s.cfg.Store(&cfg)
	s.lines.use(s, &cfg)
}

// Drain refuses new calls from now on; those that are up go on.
func (s *Server) Drain() { s.draining.Store(true) }

// Legs are the calls that are up.
func (s *Server) Legs() []*Leg { return s.dialogs.legs() }

// lastAnswers is how long Shutdown waits for answers to what was asked before.
const lastAnswers = 2 * time.Second

// Shutdown refuses new calls, ends those that are up and closes. It waits for
// the BYEs' answers until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.leaving.Store(true)
	s.lines.leave()
	time.AfterFunc(lastAnswers, s.enough)
	for _, l := range s.dialogs.legs() {
		l.Hangup(cause.Draining)
		l.post(l.hurry)
	}
	done := make(chan struct{})
	go func() { s.wg.Wait(); s.attending.Wait(); close(done) }()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.Close()
	return err
}

// Close drops everything without a word to the peers and waits for all
// goroutines but those of attendants.
func (s *Server) Close() {
	s.draining.Store(true)
	s.dialogs.shut()
	s.stop()
	s.tx.close()
	s.transport.close()
	for _, l := range s.dialogs.legs() {
		l.Hangup(cause.Draining)
		l.wake() // it may wait for its ACK
	}
	s.wg.Wait()
	s.tx.close()
}

func (s *Server) connLimits(a netip.Addr) (perSource, total int) {
	cfg := s.cfg.Load()
	perSource, total = cfg.Limits.ConnectionsPerSource, cfg.Limits.Connections
	if s.trunkAt(a) != nil {
		perSource = 0
	}
	return perSource, total
}

// deliver takes a message from a transport's reader. A fault in one message ends
// neither the reader nor the process.
func (s *Server) deliver(data []byte, f flow) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("panic in a message", "source", f.remote().String(), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	m, err := s.parser.ParseSIP(data)
	if err != nil {
		s.broken(data, f, err)
		return
	}
	s.transport.tap.message(data, f, false)
	switch m := m.(type) {
	case *msg.Response:
		normalize(m)
		s.tx.response(m)
	case *msg.Request:
		normalize(m)
		m.SetTransport(f.network())
		m.SetSource(f.remote().String())
		s.stats.requests.Add(1)
		s.request(m, data, f)
	}
}

// broken answers what could not be parsed or framed, if that is possible.
func (s *Server) broken(data []byte, f flow, why error) {
	s.stats.malformed.Add(1)
	cfg := s.cfg.Load()
	src := f.remote().Addr()
	if s.trunkAt(src) == nil && !s.meter.request(src, time.Now(), &cfg.Limits) {
		s.stats.throttled.Add(1)
		return
	}
	s.transport.tap.broken(data, f, why)
	s.logRefusal(src, "malformed message", "error", bridge.CleanText(digits.ReplaceAllString(why.Error(), hidden), 200))
	status, reason := "400", "Bad Request"
	if why == errTooLarge {
		status, reason = "513", "Message Too Large"
	}
	reply := badRequest(data, status, reason)
	if reply == nil {
		return
	}
	_ = f.send(reply)
}

// logRefusal says why something was refused, at most some lines a second a
// source.
func (s *Server) logRefusal(src netip.Addr, what string, args ...any) {
	more, ok := s.meter.loggable(src, time.Now())
	if !ok {
		return
	}
	args = append(args, "source", src.String())
	if more > 0 {
		args = append(args, "not_logged", more)
	}
	s.log.Warn(what, args...)
}

// newTag is a random tag or name of 16 characters (RFC 3261 §19.3 asks for 32
// bits of randomness at least; this has 80).
func newTag() string { return strings.ToLower(rand.Text()[:16]) }
