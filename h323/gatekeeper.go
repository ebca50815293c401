package h323

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/ras"
)

// Gatekeeper is whom the server registers with.
type Gatekeeper struct {
	// Address is the gatekeeper's, host or host:port; empty: it is looked for by
	// multicast.
	Address string
	// Identifier is the name of the gatekeeper that is wanted; empty: any.
	Identifier string
	// Listen is the host and port (UDP) that it is spoken to from.
	Listen string
	// Aliases are our names: digits are numbers, anything else an H.323-ID.
	Aliases []string
	// Traversal fetches calls from a gatekeeper that cannot connect to us
	// (H.460.18).
	Traversal bool
}

// admissionPatience is how long a call waits for the gatekeeper. A gatekeeper that
// is away must not keep callers away, and theirs run out of patience sooner than
// its retries.
const admissionPatience = 4 * time.Second

// doubtful is how long calls wait after one that has waited in vain, until the
// gatekeeper answers again.
const doubtful = 500 * time.Millisecond

// register opens the RAS channel of the configured gatekeeper. It comes after the
// listener, whose addresses are registered.
func (s *Server) register(ctx context.Context, cfg *Config) error {
	if cfg.Gatekeeper == nil {
		return nil
	}
	aliases, err := parseAliases(cfg.Gatekeeper.Aliases)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp", cfg.Gatekeeper.Listen)
	if err != nil {
		return err
	}
	rc := ras.Config{
		Address: cfg.Gatekeeper.Address, Identifier: cfg.Gatekeeper.Identifier,
		Aliases: aliases, Vendor: h225.NewVendorIdentifier(h225.H221NonStandard{}, cfg.Product, cfg.Version),
		Changed: s.gatekeeperChanged, Log: s.log.With("part", "ras"),
		Tap: cfg.Tap, Hide: Redact,
	}
	if cfg.Gatekeeper.Traversal {
		rc.Incoming = s.claim
	}
	for _, a := range s.Addrs() {
		rc.Signal = append(rc.Signal, cfg.outside(a)...)
	}
	rc.RAS = cfg.outside(addrPort(conn.LocalAddr()))[0]
	client, err := ras.Open(conn, rc)
	if err != nil {
		conn.Close()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ras, s.rasAddr = client, addrPort(conn.LocalAddr())
	return nil
}

// outside is an address of ours as others reach it; a wildcard is all public ones.
// Without a public address it is left as it is.
func (c *Config) outside(a netip.AddrPort) []netip.AddrPort {
	var at []netip.AddrPort
	for _, v4 := range []bool{true, false} {
		public, ok := c.public(v4)
		if ok && (v4 == a.Addr().Is4() || a.Addr() == netip.IPv6Unspecified()) {
			at = append(at, netip.AddrPortFrom(public, a.Port()))
		}
	}
	if len(at) == 0 {
		return []netip.AddrPort{a}
	}
	return at
}

func parseAliases(names []string) ([]h225.AliasAddress, error) {
	var list []h225.AliasAddress
	for _, n := range names {
		a, ok := h225.ParseAlias(n)
		if !ok {
			return nil, fmt.Errorf("h323: %q is no alias", n)
		}
		list = append(list, a)
	}
	return list, nil
}

// SetAliases registers other names.
func (s *Server) SetAliases(names []string) error {
	client := s.gatekeeper()
	if client == nil {
		return nil
	}
	aliases, err := parseAliases(names)
	if err != nil {
		return err
	}
	return client.SetAliases(aliases)
}

// GatekeeperStatus is how things stand with the gatekeeper; false: there is to be
// none.
func (s *Server) GatekeeperStatus() (ras.Status, bool) {
	client := s.gatekeeper()
	if client == nil {
		return ras.Status{}, false
	}
	return client.Status(), true
}

// RASAddr is where the gatekeeper is spoken to from; invalid: there is none.
func (s *Server) RASAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rasAddr
}

func (s *Server) gatekeeper() *ras.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ras
}

func (s *Server) hasGatekeeper() bool { return s.gatekeeper() != nil }

// gatekeeperChanged logs what becomes of the registration. It tries again and again:
// the same trouble is told once.
func (s *Server) gatekeeperChanged(st ras.Status) {
	s.mu.Lock()
	news := st.Error != s.trouble
	switch st.Phase {
	case ras.Registered:
		s.trouble = ""
	case ras.Waiting:
		s.trouble = st.Error
	}
	s.mu.Unlock()
	log, trouble := s.log.Debug, st.Error
	switch {
	case st.Phase == ras.Registered:
		log, trouble = s.log.Info, ""
	case st.Phase == ras.Waiting && news:
		log = s.log.Warn
	}
	log("gatekeeper", known("phase", st.Phase.String(), "address", where(st.Gatekeeper), "identifier", st.Identifier,
		"error", trouble)...)
}

// askGatekeeper asks for the admission of a call that came (H.323 §8.1.3). While
// there is no gatekeeper to be asked, the call goes on without. elsewhere is where
// the gatekeeper wants a call to go that it does not admit here (H.323 §8.4.2).
func (s *Server) askGatekeeper(l *Leg, setup *call.Setup) (elsewhere netip.AddrPort, err error) {
	client := s.gatekeeper()
	if client == nil {
		return elsewhere, nil
	}
	ask := ras.Admission{
		Answer: true, CallReference: setup.CallReference, CallID: setup.CallID[:], ConferenceID: setup.ConferenceID[:],
		Source: addresses(setup.Caller.Aliases), SourceAddress: setup.Remote, DestinationAddress: setup.Local,
	}
	for _, c := range setup.Called {
		if a, ok := h225.ParseAlias(unpinned(c.Text)); ok {
			ask.Destination = append(ask.Destination, a)
			break
		}
	}
	_, err = s.admit(l.ctx, client, l, ask)
	var refused *ras.RejectError
	if errors.As(err, &refused) && refused.Reason == "routeCallToGatekeeper" {
		elsewhere = refused.Address
	}
	return elsewhere, err
}

// askToCall asks for the admission of a call of ours (H.323 §8.1.2), and where it
// goes.
func (s *Server) askToCall(ctx context.Context, l *Leg, to *call.Target) error {
	client := s.gatekeeper()
	if client == nil {
		return nil
	}
	to.CallReference = uint16(1 + rand.IntN(q931.MaxCallReference))
	granted, err := s.admit(ctx, client, l, ras.Admission{
		CallReference: to.CallReference,
		CallID:        to.CallID[:], ConferenceID: to.ConferenceID[:],
		Destination: addresses(to.Called), DestinationAddress: to.Signal,
	})
	switch {
	case err != nil:
		return err
	case granted == nil && !to.Signal.IsValid():
		return fmt.Errorf("%w: the gatekeeper is away", cause.Unreachable)
	case granted == nil:
		return nil
	}
	grant := granted.Grant()
	if grant.Address.IsValid() {
		to.Signal = grant.Address
	}
	if names := aliasesOf(grant.Destination); len(names) > 0 {
		to.Called = names
	}
	if ext := aliasesOf(grant.RemoteExtension); len(ext) > 0 {
		to.Extension = &ext[0]
	}
	to.Tokens, to.CryptoTokens = grant.Tokens, grant.CryptoTokens
	if !to.Signal.IsValid() {
		return fmt.Errorf("%w: the gatekeeper names no address", cause.Unreachable)
	}
	return nil
}

// admit asks. nil without an error: there is nobody to be asked.
func (s *Server) admit(ctx context.Context, client *ras.Client, l *Leg, ask ras.Admission) (*ras.Call, error) {
	ask.Disengaged = func(reason string) {
		l.log.Info("the gatekeeper ends the call", "reason", reason)
		l.Hangup(cause.Removed)
	}
	patience := admissionPatience
	if s.inVain.Load() {
		patience = doubtful
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	granted, err := client.Admit(within, ask)
	var refused *ras.RejectError
	s.inVain.Store(within.Err() != nil && ctx.Err() == nil)
	switch {
	case err == nil:
		l.giveBack(granted.Disengage)
		l.mu.Lock()
		l.admitted = granted
		l.mu.Unlock()
		return granted, nil
	case errors.As(err, &refused):
		return nil, gatekeeperSays{refused}
	case ctx.Err() != nil:
		return nil, cause.Cancelled
	case !errors.Is(err, ras.ErrNotRegistered):
		l.log.Warn("the gatekeeper was asked in vain; the call goes on without it", "error", err)
	}
	return nil, nil
}

// gatekeeperSays is a refusal as a cause.
type gatekeeperSays struct{ *ras.RejectError }

func (e gatekeeperSays) Error() string   { return "the gatekeeper says " + e.Reason }
func (e gatekeeperSays) Unwrap() []error { return []error{rejected(e.Reason), e.RejectError} }

// rejected is an AdmissionRejectReason (H.225.0 §7.11.3) in our words.
func rejected(reason string) cause.Cause {
	switch reason {
	case "calledPartyNotRegistered", "noRouteToDestination", "unallocatedNumber", "incompleteAddress", "aliasesInconsistent":
		return cause.Unreachable
	case "resourceUnavailable", "requestDenied", "exceedsCallCapacity":
		return cause.Limit
	}
	return cause.Forbidden
}

// mayControl says whether H.245 may go elsewhere than call signalling: if that goes
// by our gatekeeper, which vouches for who is behind it.
func (s *Server) mayControl(peer netip.Addr) bool {
	st, ok := s.GatekeeperStatus()
	return ok && st.IsGatekeeper(peer)
}

// unpinned is what was called without what may be a PIN: an extension alone.
func unpinned(called string) string {
	i := strings.IndexFunc(called, func(r rune) bool { return r < '0' || r > '9' })
	if i <= 0 {
		return called
	}
	return called[:i]
}

// tellGatekeeper notes what its questions about the call (IRQ) are answered with.
// l.mu is held.
func (l *Leg) tellGatekeeper() {
	if l.admitted == nil || l.stream == nil {
		return
	}
	rtp, rtcp := l.stream.Local()
	audio := ras.Session{ID: 1, RTP: ras.Ends{Local: rtp}, RTCP: ras.Ends{Local: rtcp}}
	if l.send != nil {
		audio.RTP.Remote, audio.RTCP.Remote = l.send.RTP, l.send.RTCP
	}
	l.admitted.SetInfo(ras.CallInfo{Signalling: ras.Ends{Remote: l.source}, Audio: []ras.Session{audio}})
}

// addresses are names in the words of H.225.0.
func addresses(names []call.Alias) []h225.AliasAddress {
	var list []h225.AliasAddress
	for _, n := range names {
		switch n.Kind {
		case call.DialedDigits:
			if h225.Dialable(n.Text) {
				list = append(list, h225.AliasDigits(n.Text))
			}
		case call.PartyNumber:
			if h225.Dialable(n.Text) {
				list = append(list, h225.AliasPublicNumber(n.Text))
			}
		case call.URLID:
			list = append(list, h225.AliasURL(n.Text))
		case call.EmailID:
			list = append(list, h225.AliasEmail(n.Text))
		default:
			if a, ok := h225.ParseAlias(n.Text); ok {
				list = append(list, a)
			}
		}
	}
	return list
}

// aliasesOf are names in the words of h323/call.
func aliasesOf(list []h225.AliasAddress) []call.Alias {
	var names []call.Alias
	for i := range list {
		kind := call.H323ID
		switch a := &list[i]; {
		case a.DialedDigits != nil:
			kind = call.DialedDigits
		case a.UrlID != nil:
			kind = call.URLID
		case a.EmailID != nil:
			kind = call.EmailID
		case a.PartyNumber != nil:
			kind = call.PartyNumber
		}
		if text := list[i].Text(); text != "" {
			names = append(names, call.Alias{Kind: kind, Text: text})
		}
	}
	return names
}
