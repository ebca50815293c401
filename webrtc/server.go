package webrtc

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"golang.org/x/time/rate"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

// Errors of the package. What an offer has wrong is an error of media/sdp.
var (
	ErrClosed     = errors.New("webrtc: closed")
	ErrLimit      = errors.New("webrtc: at the limit of browsers")
	ErrTooOften   = errors.New("webrtc: too many offers or candidates")
	ErrCandidate  = errors.New("webrtc: malformed candidate")
	errNoCrypto   = errors.New("webrtc: no SRTP suite in common")
	errNotTheirs  = errors.New("webrtc: the certificate is not the one of the offer")
	errPeerClosed = errors.New("webrtc: the browser has closed the connection")
)

// firstCheck is how long a TCP connection may be open without a check of ICE.
const firstCheck = 10 * time.Second

// Server makes the legs of browsers.
type Server struct {
	cfg      Config
	log      *slog.Logger
	pion     pionLog
	ports    ports
	identity identity
	ice      []ice.AgentOption // what all agents have in common
	wg       sync.WaitGroup    // legs and their transports

	mu     sync.Mutex // guards what follows
	legs   map[*Leg]struct{}
	closed bool
}

// Open binds the ports. Close gives them back.
func Open(cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if len(cfg.Codecs) == 0 {
		cfg.Codecs = []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA}
	}
	cfg.Limits = cfg.Limits.withDefaults()
	s := &Server{cfg: cfg, log: cfg.Logger, pion: pionLog{cfg.Logger}, legs: map[*Leg]struct{}{}}
	var err error
	if s.identity, err = newIdentity(); err != nil {
		return nil, err
	}
	if err := s.ports.open(cfg.Listen, s.pion); err != nil {
		return nil, err
	}
	s.ice = append(s.ports.mux(),
		ice.WithICELite(true),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisableActiveTCP(),
		ice.WithLoggerFactory(s.pion),
		ice.WithDisconnectedTimeout(cfg.Limits.Silence),
		ice.WithFailedTimeout(neverFails),
		ice.WithKeepaliveInterval(min(time.Second, cfg.Limits.Silence/2)),
	)
	if cfg.Loopback {
		s.ice = append(s.ice, ice.WithIncludeLoopback())
	}
	if rules := publicly(cfg.PublicIP); len(rules) > 0 {
		s.ice = append(s.ice, ice.WithAddressRewriteRules(rules...))
	}
	return s, nil
}

// neverFails keeps an agent waiting for checks: for how long is the leg's matter.
const neverFails = 24 * time.Hour

// publicly offers the public addresses beside the bound ones of their family.
func publicly(ips []netip.Addr) (rules []ice.AddressRewriteRule) {
	var four, six []string
	for _, a := range ips {
		if a = a.Unmap().WithZone(""); a.Is4() {
			four = append(four, a.String())
		} else {
			six = append(six, a.String())
		}
	}
	for _, list := range [][]string{four, six} {
		if len(list) > 0 {
			rules = append(rules, ice.AddressRewriteRule{
				External: list, AsCandidateType: ice.CandidateTypeHost, Mode: ice.AddressRewriteAppend,
			})
		}
	}
	return rules
}

// Listeners are the bound addresses, in the form of Config.Listen.
func (s *Server) Listeners() []string { return slices.Clone(s.ports.bound) }

// Legs is how many legs there are.
func (s *Server) Legs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.legs)
}

// NewLeg makes a leg that has no transport yet. It ends by itself if no offer
// connects in time. ErrLimit: there are too many already.
func (s *Server) NewLeg(party bridge.Party) (*Leg, error) {
	l := &Leg{
		id: "w-" + randomHex(5), srv: s, party: party,
		turn: make(chan struct{}, 1), offers: rate.NewLimiter(rate.Every(s.cfg.Limits.OfferEvery), s.cfg.Limits.Offers),
		connected: make(chan struct{}), done: make(chan struct{}), state: StateNew,
		sessionID: uint64(time.Now().UnixNano() >> 10),
	}
	l.log = s.log.With("leg", l.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.cfg.Limits.Legs > 0 && len(s.legs) >= s.cfg.Limits.Legs:
		return nil, ErrLimit
	}
	l.stream = s.cfg.Media.NewFedStream(media.StreamConfig{OnKey: l.keys.Press, Logger: l.log})
	l.mu.Lock()
	l.wait(s.cfg.Limits.Connect)
	l.mu.Unlock()
	s.legs[l] = struct{}{}
	s.wg.Add(1) // until the leg is over
	return l, nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// forget is called by a leg that is over.
func (s *Server) forget(l *Leg) {
	s.mu.Lock()
	delete(s.legs, l)
	s.mu.Unlock()
	s.wg.Done()
}

// Close ends all legs, waits for them and closes the ports.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	legs := make([]*Leg, 0, len(s.legs))
	for l := range s.legs {
		legs = append(legs, l)
	}
	s.mu.Unlock()
	for _, l := range legs {
		l.Hangup(cause.Draining)
	}
	s.wg.Wait()
	s.ports.close()
	return nil
}
