package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

const (
	// hopPatience is how long a hop may be silent before the next one is tried,
	// connecting how long a connection to it may take: failover within 4 s.
	hopPatience = 3500 * time.Millisecond
	connecting  = 3 * time.Second
	// holdDown is how long a hop that failed is tried last.
	holdDown = 60 * time.Second
	// mostHops bounds the ways of one call.
	mostHops = 16
)

// hop is one way to a trunk: an address, and how to speak to it.
type hop struct {
	network    string // "UDP", "TCP", "TLS"
	addr       netip.AddrPort
	serverName string    // in its certificate: the domain it was found by (RFC 5922 §4)
	uri        msg.Uri   // the peer: host, port and parameters of a Request-URI
	routes     []msg.Uri // Route of requests outside of dialogs: proxy, Service-Route
	peer       string    // as configured
}

// hopKey names a hop in the state of its trunk.
type hopKey struct {
	peer, network string
	addr          netip.AddrPort
}

func (h *hop) key() hopKey { return hopKey{h.peer, h.network, h.addr} }

// hops are the ways to a trunk in the order to be tried by one call: by priority
// and weight, those that failed lately last. network restricts them to one
// transport; empty: any.
func (s *Server) hops(ctx context.Context, t *Trunk, network string) ([]hop, error) {
	l := s.lines.of(s, t)
	all, err := s.ways(ctx, t, l.serviceRoute())
	if err != nil {
		return nil, err
	}
	if network != "" {
		all = slices.DeleteFunc(all, func(h hop) bool { return h.network != network })
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: trunk %s has no peer that can be reached", errNoName, t.Name)
	}
	return l.sorted(all), nil
}

// ways are the ways to a trunk's peers by priority and weight, whatever their
// state.
func (s *Server) ways(ctx context.Context, t *Trunk, service []msg.Uri) ([]hop, error) {
	routes, err := t.routes(service)
	if err != nil {
		return nil, err
	}
	var all []hop
	for _, p := range inOrder(t.Peers, func(p Peer) (int, int) { return p.Priority, p.Weight }) {
		uri, e := parseURI(p.URI)
		if e != nil {
			err = e
			continue
		}
		found, e := s.waysTo(ctx, t, hop{peer: p.URI, uri: uri, routes: routes})
		if e != nil {
			err = fmt.Errorf("%s: %w", p.URI, e)
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, err
	}
	return all[:min(len(all), mostHops)], nil
}

// waysTo completes a hop by the addresses of its first route or, without one, of
// its peer.
func (s *Server) waysTo(ctx context.Context, t *Trunk, h hop) ([]hop, error) {
	next := &h.uri
	if len(h.routes) > 0 {
		next = &h.routes[0]
	}
	targets, err := s.names(t).find(ctx, next, s.transport.fits)
	var all []hop
	for _, found := range targets {
		way := h
		way.network, way.addr = found.network, found.addr
		way.serverName = strings.Trim(next.Host, "[]")
		if t != nil && t.TLS != nil && t.TLS.ServerName != "" {
			way.serverName = t.TLS.ServerName
		}
		all = append(all, way)
	}
	return all, err
}

// routes are the Route headers of requests outside of dialogs: the outbound proxy,
// then what the registrar told (RFC 3608 §6.1).
func (t *Trunk) routes(service []msg.Uri) ([]msg.Uri, error) {
	if t.OutboundProxy == "" {
		return service, nil
	}
	proxy, err := parseURI(t.OutboundProxy)
	if err != nil {
		return nil, err
	}
	if !proxy.UriParams.Has("lr") { // no strict router has been seen for long
		proxy.UriParams.Add("lr", "")
	}
	if len(service) > 0 && strings.EqualFold(service[0].Host, proxy.Host) && service[0].Port == proxy.Port {
		service = service[1:] // it names the proxy itself
	}
	return append([]msg.Uri{proxy}, service...), nil
}

// parseURI reads a SIP URI, or a host with or without a port.
func parseURI(text string) (msg.Uri, error) {
	text = strings.Trim(strings.TrimSpace(text), "<>")
	if lower := strings.ToLower(text); !strings.HasPrefix(lower, "sip:") && !strings.HasPrefix(lower, "sips:") {
		if strings.Contains(text, "@") { // mailto: and the like
			return msg.Uri{}, fmt.Errorf("sip: %s is no SIP address", RedactUser(text))
		}
		text = "sip:" + text
	}
	var u msg.Uri
	if err := msg.ParseUri(text, &u); err != nil || u.Host == "" || !isSIP(&u) {
		return msg.Uri{}, fmt.Errorf("sip: %s is no SIP address", RedactUser(text))
	}
	u.Headers = nil
	return u, nil
}

// sorted puts the hops that failed lately last.
func (l *line) sorted(all []hop) []hop {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	slices.SortStableFunc(all, func(a, b hop) int { return l.rank(&a, now) - l.rank(&b, now) })
	return all
}

// rank is 1 for a hop that is held down; l.mu is held.
func (l *line) rank(h *hop, now time.Time) int {
	if p := l.peers[h.key()]; p != nil && p.state == PeerDown && now.Before(p.until) {
		return 1
	}
	return 0
}

// flowTo opens the way to a hop, or finds it open: connections are shared by all
// that goes to it from the same trunk, and by nothing else.
func (s *Server) flowTo(ctx context.Context, h hop, t *Trunk) (flow, error) {
	if h.network == "UDP" {
		return s.transport.open(ctx, h.network, h.addr, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	d := dial{network: h.network, addr: h.addr, serverName: h.serverName}
	if t != nil {
		l := s.lines.of(s, t)
		d.trunk, d.conf, d.issue = t.Name, t.TLS, l.issue.Load()
	}
	return s.transport.connect(ctx, d)
}

// failsOver says whether the next hop is to be tried after this one's answer, or
// its lack (RFC 3263 §4.3): a refusal is a refusal everywhere.
func failsOver(res *msg.Response, err error) bool {
	if err != nil || res == nil {
		return true
	}
	switch res.StatusCode {
	case 408, 500, 502, 503, 504:
		return true
	}
	return false
}

// hopFailed notes that a call or a ping goes on to the next hop. One that did not
// answer, or is overloaded and says until when, is marked.
func (s *Server) hopFailed(t *Trunk, h hop, res *msg.Response, err error) {
	if t == nil {
		return
	}
	l := s.lines.of(s, t)
	l.failures.Add(1)
	switch {
	case res == nil, res.StatusCode == 408, res.StatusCode == 504:
		l.down(h, res, err, holdDown)
	case res.StatusCode == 503:
		if wait, ok := retryAfterOf(res); ok {
			l.down(h, res, err, min(wait, holdDown))
		}
	}
}

// retryAfterOf is for how long an answer wants to be left alone (RFC 3261 §20.33).
func retryAfterOf(res *msg.Response) (time.Duration, bool) {
	text := header(res, "Retry-After", "")
	end := 0
	for end < len(text) && end < 7 && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	return time.Duration(n) * time.Second, err == nil && n > 0
}

// hopAnswered notes that a hop lives, whatever it said.
func (s *Server) hopAnswered(t *Trunk, h hop) {
	if t != nil {
		s.lines.of(s, t).up(h, 0, 0)
	}
}

// hopLost is closed when a hop is marked as down: who waits there in vain may go
// on.
func (s *Server) hopLost(t *Trunk, h hop) <-chan struct{} {
	if t == nil {
		return nil
	}
	return s.lines.of(s, t).lost(h)
}

// errorText is an error for people: what went wrong, without whose words it is.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, errTimeout) || errors.Is(err, context.DeadlineExceeded) {
		return "no answer"
	}
	return strings.TrimPrefix(err.Error(), "sip: ")
}
