package h323

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/h225"
)

// DefaultPort is that of call signalling (H.225.0 Annex I).
const DefaultPort = 1720

// Address is what a person writes to call somebody: h323:ALIAS@HOST:PORT, where the
// alias or the host may be missing. Without a host the gatekeeper is asked.
type Address struct {
	Alias string
	Host  string // name or IP address
	Port  uint16 // 0: DefaultPort
}

// ErrAddress says that a text is no H.323 address.
var ErrAddress = errors.New("h323: no H.323 address: write h323:ALIAS@HOST, h323:HOST or h323:ALIAS")

// ParseAddress reads an address. What stands alone is a host if it looks like one:
// an IP address, or a name with a dot.
func ParseAddress(text string) (Address, error) {
	if scheme, rest, ok := strings.Cut(text, ":"); ok && strings.EqualFold(scheme, "h323") {
		text = rest
	}
	text, _, _ = strings.Cut(text, ";") // parameters (H.323 Annex O)
	var a Address
	at := strings.LastIndexByte(text, '@')
	if at < 0 && !hostLike(text) {
		a.Alias = text
	} else {
		a.Alias = text[:max(at, 0)]
		host, port, ok := hostPort(text[at+1:])
		if !ok {
			return Address{}, ErrAddress
		}
		a.Host, a.Port = host, port
	}
	if a.Alias == "" && a.Host == "" || len(a.Alias) > 256 || strings.ContainsAny(a.Alias+a.Host, " \t\r\n") {
		return Address{}, ErrAddress
	}
	return a, nil
}

// hostLike tells 192.0.2.7, room.example.org and [2001:db8::7]:1720 from an alias.
func hostLike(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil || strings.HasPrefix(s, "[") {
		return true
	}
	host, _, _ := strings.Cut(s, ":")
	return strings.Contains(host, ".") && !strings.ContainsAny(host, "#*")
}

func hostPort(s string) (host string, port uint16, ok bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.String(), 0, true
	}
	host, after, cut := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") {
		h, p, err := net.SplitHostPort(s)
		if err != nil {
			return "", 0, false
		}
		host, after, cut = h, p, true
	}
	if cut {
		n, err := strconv.ParseUint(after, 10, 16)
		if err != nil || n == 0 {
			return "", 0, false
		}
		port = uint16(n)
	}
	return host, port, host != ""
}

// Redacted is the address for logs and people: without a PIN.
func (a Address) Redacted() Address {
	a.Alias = Redact(a.Alias)
	return a
}

// String is the address as it is written.
func (a Address) String() string {
	s := "h323:" + a.Alias
	if a.Host == "" {
		return s
	}
	if a.Alias != "" {
		s += "@"
	}
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.Port != 0 && a.Port != DefaultPort {
		host += ":" + strconv.Itoa(int(a.Port))
	}
	return s + host
}

// Call is a call to be made.
type Call struct {
	To Address
	// Name is what the called party sees; empty: the Config's. Number is where it
	// can call back: a room's extension.
	Name, Number string
	// CallID is the call identifier to use; zero: made up.
	CallID call.ID
}

// Dial calls somebody and returns the leg when the call is answered and its sound
// can begin; from then on it is the caller's to end. ctx bounds how long it may take:
// its deadline is no answer, its end a call given up. report, which may be nil, is
// told of the steps and does not wait. The error is a cause.Cause, or wraps one.
func (s *Server) Dial(ctx context.Context, c Call, report func(call.Progress)) (*Leg, error) {
	if s.draining.Load() {
		return nil, cause.Draining
	}
	to, err := s.find(ctx, c.To)
	if err != nil {
		return nil, err
	}
	l := newLeg(s, to.Signal)
	l.out, l.stage, l.progress = true, early, report
	to.Caller = &call.Party{Name: c.Name, Number: c.Number, Aliases: l.cfg.calls(to.Signal.Addr(), l.id, nil).Aliases}
	if c.Name == "" {
		to.Caller.Name = l.cfg.Name
	}
	if c.Number != "" {
		to.Caller.Aliases = append(to.Caller.Aliases, call.Alias{Kind: call.DialedDigits, Text: c.Number})
	}
	if to.CallID = c.CallID; to.CallID == (call.ID{}) {
		to.CallID = call.ID(h225.NewGloballyUniqueID())
	}
	to.ConferenceID = call.ID(h225.NewGloballyUniqueID())
	l.party.Called = bridge.CleanText(Redact(c.To.Alias), 64)
	l.party.Number = l.party.Called
	l.party.CallID = guid(to.CallID)
	l.log = l.log.With("call_id", l.party.CallID)
	if err := s.askToCall(ctx, l, &to); err != nil {
		l.refusedBecause(err.Error())
		l.finish(causeOf(err))
		l.part()
		l.unattended(early)
		return nil, err
	}
	l.source, l.party.Address = to.Signal, to.Signal.String()
	if err := s.start(ctx, l, to); err != nil {
		return nil, err
	}
	select {
	case <-l.ready:
		if !errors.Is(ctx.Err(), context.Canceled) {
			return l, nil
		}
		l.Hangup(cause.Cancelled) // nobody waits for it any more
	case <-l.done:
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, cause.NoAnswer
	case ctx.Err() != nil:
		return nil, cause.Cancelled
	}
	return nil, l.Cause()
}

// start sends the Setup.
func (s *Server) start(ctx context.Context, l *Leg, to call.Target) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		l.finish(cause.Draining)
		l.part()
		return cause.Draining
	}
	s.legs[l] = struct{}{}
	s.wg.Add(1) // until forget
	s.mu.Unlock()
	s.stats.dialled.Add(1)
	l.log.Info("calling", "to", l.party.Called, "address", to.Signal.String())
	cfg := l.cfg.calls(to.Signal.Addr(), l.id, l.log)
	// Who is called must not have us call anybody else: numbers that cost, machines
	// that only we can reach.
	cfg.MayForward = func(on call.Target) bool { return on.Signal.Addr().Unmap() == to.Signal.Addr().Unmap() }
	cfg.MayControl = s.mayControl
	l.begin(func() *call.Call { return call.Dial(ctx, to, cfg, sound{l}, owner{l}) })
	return nil
}

// find resolves the host. Without one only a gatekeeper can tell.
func (s *Server) find(ctx context.Context, a Address) (call.Target, error) {
	var to call.Target
	if a.Alias != "" {
		kind := call.H323ID
		if strings.Trim(a.Alias, "0123456789*#,") == "" {
			kind = call.DialedDigits
		}
		to.Called = []call.Alias{{Kind: kind, Text: a.Alias}}
	}
	if a.Host == "" {
		if !s.hasGatekeeper() {
			return to, fmt.Errorf("%w: %s has no host, and there is no gatekeeper to ask", cause.Unreachable, a.Redacted())
		}
		return to, nil
	}
	port := a.Port
	if port == 0 {
		port = DefaultPort
	}
	if ip, err := netip.ParseAddr(a.Host); err == nil {
		to.Signal = netip.AddrPortFrom(ip.Unmap(), port)
		return to, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", a.Host)
	if err != nil || len(ips) == 0 {
		return to, fmt.Errorf("%w: %s has no address", cause.Unreachable, a.Host)
	}
	to.Signal = netip.AddrPortFrom(ips[0].Unmap(), port)
	return to, nil
}
