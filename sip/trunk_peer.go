package sip

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

const (
	// pingPatience is how long an OPTIONS may go unanswered.
	pingPatience = 6 * time.Second
	// pingDown is how often a peer that is down is asked, at least.
	pingDown = 15 * time.Second
)

// peer is what is known of one hop. The fields are the line's mutex's.
type peer struct {
	state   string
	since   time.Time
	until   time.Time // down: tried last until then
	rtt     time.Duration
	status  int
	err     string
	asked   time.Time // when it was pinged last
	pinging bool
	lost    chan struct{} // closed when it goes down
}

func (p *peer) clone() *peer {
	c := *p
	c.pinging, c.lost = false, nil
	return &c
}

func (p *peer) shown(k hopKey) PeerState {
	st := PeerState{
		URI: k.peer, Network: strings.ToLower(k.network), State: p.state, Since: p.since,
		RTT: p.rtt, LastStatus: p.status, LastError: p.err,
	}
	if k.addr.IsValid() {
		st.Address = k.addr.String()
	}
	return st
}

// peer finds what is known of a hop; l.mu is held.
func (l *line) peer(k hopKey) *peer {
	p := l.peers[k]
	if p == nil {
		p = &peer{state: PeerUnknown, since: time.Now()}
		if len(l.peers) < 4*mostHops { // a peer whose names lead elsewhere each time
			l.peers[k] = p
		}
	}
	return p
}

// up notes that a hop answered.
func (l *line) up(h hop, status int, rtt time.Duration) {
	l.mu.Lock()
	p := l.peer(h.key())
	was, now := p.state, time.Now()
	if was != PeerUp {
		p.state, p.since = PeerUp, now
	}
	p.until = time.Time{}
	if status != 0 {
		p.status, p.rtt = status, rtt
	}
	l.mu.Unlock()
	if was == PeerDown {
		l.srv.log.Info("a trunk's peer is back", "trunk", l.name, "peer", h.peer, "address", h.addr.String())
	}
}

// down notes that a hop failed.
func (l *line) down(h hop, res *msg.Response, err error, hold time.Duration) {
	l.mu.Lock()
	p := l.peer(h.key())
	was, now := p.state, time.Now()
	if was != PeerDown {
		p.state, p.since = PeerDown, now
		if p.lost != nil {
			close(p.lost)
			p.lost = nil
		}
	}
	p.until = now.Add(hold)
	p.err = errorText(err)
	if res != nil {
		p.status = res.StatusCode
		p.err = strconv.Itoa(res.StatusCode) + " " + res.Reason
	} else if p.err == "" {
		p.err = "no answer"
	}
	text := p.err
	l.mu.Unlock()
	if was != PeerDown {
		l.srv.log.Warn("a trunk's peer is down", "trunk", l.name, "peer", h.peer, "address", h.addr.String(), "error", text)
	}
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// lost is closed when a hop goes down.
func (l *line) lost(h hop) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.peer(h.key())
	if p.lost == nil {
		p.lost = make(chan struct{})
	}
	return p.lost
}

// mind looks up the peers' names and asks the peers whether they are there, until
// ctx ends.
func (l *line) mind(ctx context.Context) {
	for {
		t := l.trunk.Load()
		all, err := l.survey(ctx, t)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			l.srv.log.Debug("a trunk's names", "trunk", l.name, "error", err)
		}
		wait := minding
		if t.OptionsPing > 0 {
			wait = min(wait, l.pingDue(ctx, t, all))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.kick:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// survey finds the hops and notes whose addresses they are; what is found no more
// is forgotten.
func (l *line) survey(ctx context.Context, t *Trunk) ([]hop, error) {
	all, err := l.srv.ways(ctx, t, l.serviceRoute())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	addrs := []netip.Addr{}
	for _, h := range all {
		if !slices.Contains(addrs, h.addr.Addr()) {
			addrs = append(addrs, h.addr.Addr())
		}
	}
	for _, a := range l.registrarAddrs() {
		if !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	l.mu.Lock()
	changed := !slices.Equal(l.known, addrs)
	l.known = addrs
	l.broken = map[string]string{}
	if err != nil {
		for _, p := range t.Peers {
			l.broken[p.URI] = errorText(err)
		}
	}
	if len(all) > 0 {
		found := map[hopKey]bool{}
		for _, h := range all {
			found[h.key()] = true
			l.peer(h.key())
		}
		for k, p := range l.peers {
			if !found[k] && !p.pinging && p.lost == nil {
				delete(l.peers, k)
			}
		}
	}
	l.mu.Unlock()
	if changed {
		ls := l.srv.lines
		ls.mu.Lock()
		ls.note()
		ls.mu.Unlock()
	}
	return all, err
}

// pingDue asks those peers whose time has come and says when the next one's is.
func (l *line) pingDue(ctx context.Context, t *Trunk, all []hop) time.Duration {
	next := minding
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range all {
		p := l.peer(h.key())
		every := t.OptionsPing
		if p.state == PeerDown {
			every = min(every, pingDown)
		}
		due := p.asked.Add(every).Sub(now)
		if p.pinging {
			next = min(next, time.Second)
			continue
		}
		if due <= 0 {
			p.asked, p.pinging = now, true
			due = every
			l.run(func() { l.ping(ctx, t, h) })
		}
		next = min(next, due)
	}
	return max(next, 10*time.Millisecond)
}

// ping asks a peer whether it is there (RFC 3261 §11). Any answer will do but that
// it takes no calls.
func (l *line) ping(ctx context.Context, t *Trunk, h hop) {
	defer func() {
		l.mu.Lock()
		l.peer(h.key()).pinging = false
		l.mu.Unlock()
	}()
	res, rtt, err := l.srv.inquire(ctx, t, h)
	if ctx.Err() != nil {
		return
	}
	switch {
	case err != nil:
		l.down(h, nil, err, holdDown)
	case downBy(res):
		l.down(h, res, nil, holdDown)
	default:
		l.up(h, res.StatusCode, rtt)
	}
}

// downBy says whether the answer to an OPTIONS is that no calls are taken.
func downBy(res *msg.Response) bool {
	return res.StatusCode == 408 || res.StatusCode == 503 || res.StatusCode == 504
}

// inquire sends a hop an OPTIONS.
func (s *Server) inquire(ctx context.Context, t *Trunk, h hop) (*msg.Response, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, pingPatience)
	defer cancel()
	f, err := s.flowTo(ctx, h, t)
	if err != nil {
		return nil, 0, err
	}
	req := s.unbound(msg.OPTIONS, h, t)
	req.AppendHeader(msg.NewHeader("Accept", accept))
	start := time.Now()
	res, err := s.ask(ctx, req, f)
	if c, ok := f.(*tcpFlow); ok && err != nil { // it may be half open: calls to come make another
		c.retire()
	}
	return res, time.Since(start), err
}
