package h323

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/ras"
)

// Server answers calls by H.323 and makes them.
type Server struct {
	cfg       atomic.Pointer[Config]
	streams   Streams
	gate      Gate
	router    Router
	attendant Attendant
	log       *slog.Logger

	stats    counters
	refusals *rate.Limiter // of log lines about refusals
	unlogged atomic.Int64
	draining atomic.Bool
	inVain   atomic.Bool // the gatekeeper has not answered what it was asked last

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup // the listener, calls, and what is worked on for them
	// attending are the attendants: foreign code, which Close does not wait for.
	attending sync.WaitGroup

	mu        sync.Mutex // guards what follows
	listeners []net.Listener
	ras       *ras.Client // nil: no gatekeeper
	rasAddr   netip.AddrPort
	trouble   string // with it, as told last
	waiting   waiting
	legs      map[*Leg]struct{} // with their Setup, until their goroutines have ended
	closed    bool
}

// New makes a server; nothing runs before Start.
func New(cfg Config, streams Streams, g Gate, r Router, a Attendant) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		streams: streams, gate: g, router: r, attendant: a, log: cfg.Logger,
		waiting: newWaiting(), legs: map[*Leg]struct{}{},
		refusals: rate.NewLimiter(refusalsLogged, 2*refusalsLogged),
	}
	s.cfg.Store(&cfg)
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// ErrGatekeeper says that no gatekeeper can be spoken to: the socket cannot be
// opened, or a name cannot be registered anywhere.
var ErrGatekeeper = errors.New("h323: no way to speak to a gatekeeper")

// Start opens the listener, if there is one in the Config, and looks for the
// gatekeeper, which may take its time.
func (s *Server) Start(ctx context.Context) error {
	cfg := s.cfg.Load()
	if cfg.Listen != "" {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", cfg.Listen)
		if err != nil {
			return err
		}
		s.Serve(l)
	}
	if err := s.register(ctx, cfg); err != nil {
		s.Close()
		return fmt.Errorf("%w: %w", ErrGatekeeper, err)
	}
	return nil
}

// Addrs are the addresses bound.
func (s *Server) Addrs() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []netip.AddrPort
	for _, l := range s.listeners {
		all = append(all, addrPort(l.Addr()))
	}
	return all
}

// Reload takes a new configuration for calls to come.
func (s *Server) Reload(cfg Config) {
	cfg.Logger = s.log
	old := s.cfg.Load()
	cfg.Tap, cfg.Unanswered = old.Tap, old.Unanswered
	cfg = cfg.withDefaults()
	s.cfg.Store(&cfg)
}

// Drain refuses new calls from now on; those that are up go on.
func (s *Server) Drain() { s.draining.Store(true) }

// Legs are the calls that have been set up or are about to be.
func (s *Server) Legs() []*Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Leg, 0, len(s.legs))
	for l := range s.legs {
		all = append(all, l)
	}
	return all
}

// Shutdown refuses new calls, ends those that are up, and waits for their
// farewells until ctx ends; then it closes.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	for _, l := range s.Legs() {
		l.Hangup(cause.Draining)
	}
	var err error
	if !waitUntil(ctx, func() bool { return len(s.Legs()) == 0 }) {
		err = ctx.Err()
	}
	s.Close()
	return err
}

// waitUntil looks every 20 ms whether something is so, until ctx ends.
func waitUntil(ctx context.Context, is func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// Close ends everything and waits for all goroutines but those of attendants.
func (s *Server) Close() {
	s.Drain()
	s.mu.Lock()
	s.closed = true
	listeners, client := s.listeners, s.ras
	s.listeners, s.ras = nil, nil
	mute := s.waiting.all()
	legs := make([]*Leg, 0, len(s.legs))
	for l := range s.legs {
		legs = append(legs, l)
	}
	s.mu.Unlock()
	for _, l := range listeners {
		l.Close()
	}
	for _, l := range append(mute, legs...) {
		l.Hangup(cause.Draining)
	}
	s.stop()
	s.wg.Wait()
	if client != nil {
		ctx, cancel := context.WithTimeout(context.Background(), parting)
		defer cancel()
		if err := client.Close(ctx); err != nil {
			s.log.Info("the gatekeeper was not told that we leave", "error", err)
		}
	}
}

// parting is how long the gatekeeper may take to take our leave.
const parting = 2 * time.Second

// keep takes a leg among the calls. False: the server is closed.
func (s *Server) keep(l *Leg) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.waiting.asks(l)
	s.legs[l] = struct{}{}
	return true
}

// answered is called when a call waits no more.
func (s *Server) answered(l *Leg) {
	s.stats.answered.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting.remove(l)
}

// forget is called when nothing of a call runs any more.
func (s *Server) forget(l *Leg) {
	s.mu.Lock()
	s.waiting.remove(l)
	delete(s.legs, l)
	s.mu.Unlock()
	s.wg.Done()
}

// refusalsLogged is how many refusals are logged in a second.
const refusalsLogged = 10

// logRefusal says why something was refused, so many lines a second.
func (s *Server) logRefusal(what string, args ...any) {
	if !s.refusals.Allow() {
		s.unlogged.Add(1)
		return
	}
	if n := s.unlogged.Swap(0); n > 0 {
		args = append(args, "not_logged", n)
	}
	s.log.Warn(what, known(args...)...)
}

// guard keeps a panic within the call: it ends.
func (s *Server) guard(l *Leg, f func()) {
	defer func() {
		if v := recover(); v != nil {
			l.log.Error("panic in a call", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			l.finish(cause.Internal)
		}
	}()
	f()
}

// calls is how the signalling is to be, for calls with this peer.
func (c *Config) calls(peer netip.Addr, leg string, log *slog.Logger) *call.Config {
	cc := &call.Config{
		Product: c.Product, Version: c.Version, Name: c.Name,
		Aliases: []call.Alias{{Kind: call.H323ID, Text: c.Name}},
		Audio:   c.audio(), H245Ports: c.H245Ports, Net: c.Net, Timers: c.Timers, Log: log,
		Encryption: c.Encryption, Tap: c.Tap, Hide: Redact, Leg: leg,
	}
	if a, ok := c.public(peer.Unmap().Is4()); ok {
		cc.PublicIP = a
	}
	return cc
}

// addrPort is a socket's address; that of an IPv4 peer of an IPv6 socket is IPv4.
func addrPort(a net.Addr) netip.AddrPort {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// known are the attributes of a log line that have a value.
func known(attrs ...any) []any {
	kept := attrs[:0]
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			kept = append(kept, attrs[i], attrs[i+1])
		}
	}
	return kept
}

// guid writes a call identifier as people and other logs do.
func guid(id call.ID) string { return h225.FormatGloballyUniqueID(id[:]) }
