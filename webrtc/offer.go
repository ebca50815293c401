package webrtc

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/sdp"
)

// Offer takes an offer of the browser and gives the answer. The first one begins
// the leg's transport. Of the later ones, those of the same peer connection
// renegotiate, with other ICE credentials restart ICE; one of another, of a page
// that was loaded again, begins a new transport, which replaces the one before
// when it is up. Errors are of media/sdp for what the
// offer has wrong, ErrTooOften, ErrClosed, the context's.
func (l *Leg) Offer(ctx context.Context, offer string) (answer string, err error) {
	if !l.offers.Allow() {
		return "", ErrTooOften
	}
	d, err := sdp.Parse([]byte(offer))
	if err != nil {
		return "", err
	}
	n, theirs, err := sdp.PeekSecured(d, l.local(0))
	if err != nil {
		return "", err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	case <-l.done:
		return "", ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, l.srv.cfg.Limits.Connect)
	defer cancel()
	l.mu.Lock()
	l.candidates = len(theirs.Candidates)
	l.mu.Unlock()
	if t := l.same(d, theirs); t != nil {
		return l.again(ctx, t, d, n, theirs)
	}
	return l.begin(ctx, d, n, theirs)
}

// local is what this end can do.
func (l *Leg) local(version uint64) sdp.Local {
	return sdp.Local{
		Addr: netip.IPv4Unspecified(), Codecs: l.srv.cfg.Codecs, Events: true,
		SessionID: l.sessionID, Version: version,
	}
}

// same is the transport to the peer connection that the offer is of: it has one of
// these certificates and goes on with the session of the origin line (RFC 9429
// §5.2.1). A page that was loaded again may have kept the certificate.
func (l *Leg) same(d *sdp.Description, theirs sdp.Secured) *transport {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range []*transport{l.next, l.current} {
		if t != nil && t.ctx.Err() == nil && t.session == d.Origin.ID && slices.ContainsFunc(theirs.Fingerprints, func(f sdp.Fingerprint) bool {
			return slices.Contains(t.theirs.Fingerprints, f)
		}) {
			return t
		}
	}
	return nil
}

// begin makes a transport for an offer.
func (l *Leg) begin(ctx context.Context, d *sdp.Description, n sdp.Negotiated, theirs sdp.Secured) (string, error) {
	t, err := l.newTransport(theirs)
	if err != nil {
		return "", err
	}
	list, err := t.gather(ctx)
	if err == nil {
		t.session, t.agreed = d.Origin.ID, params(n)
		err = l.put(t)
	}
	if err != nil {
		t.close()
		return "", err
	}
	return l.answer(t, d, n, list)
}

// put enters a transport that is on its way up, in the place of one that is too.
func (l *Leg) put(t *transport) error {
	l.mu.Lock()
	if l.state == StateClosed {
		l.mu.Unlock()
		return ErrClosed
	}
	old := l.next
	l.next = t
	if l.state == StateNew {
		l.turnTo(StateConnecting)
	}
	err := t.start()
	if err != nil {
		l.next = nil
	}
	l.mu.Unlock()
	if old != nil {
		old.close()
	}
	return err
}

// again answers an offer over a transport that exists.
func (l *Leg) again(ctx context.Context, t *transport, d *sdp.Description, n sdp.Negotiated, theirs sdp.Secured) (string, error) {
	t.mu.Lock()
	restart := t.ufrag != theirs.Ufrag
	t.agreed = params(n)
	t.mu.Unlock()
	var list []string
	var err error
	if restart {
		list, err = t.restart(ctx, theirs)
	} else {
		list, err = t.ours()
	}
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	if l.state != StateClosed && t == l.current {
		l.stream.Update(t.params())
	}
	l.mu.Unlock()
	return l.answer(t, d, n, list)
}

// ours are the candidates of before.
func (t *transport) ours() (list []string, err error) {
	all, err := t.agent.GetLocalCandidates()
	for _, c := range all {
		list = append(list, c.Marshal())
	}
	return list, err
}

// answer writes the answer.
func (l *Leg) answer(t *transport, d *sdp.Description, n sdp.Negotiated, candidates []string) (string, error) {
	ufrag, password, err := t.agent.GetLocalUserCredentials()
	if err != nil {
		return "", err
	}
	ours := sdp.Secured{
		Ufrag: ufrag, Password: password, Lite: true, Setup: "active",
		Fingerprints: []sdp.Fingerprint{l.srv.identity.fingerprint},
		Candidates:   candidates, Ended: true,
	}
	ours.SSRC, ours.CNAME = l.stream.Source()
	if !t.active {
		ours.Setup = "passive"
	}
	l.log.Debug("browser's offer answered", "codec", n.Receive[0].String(), "direction", n.Direction.String())
	l.version++
	return string(sdp.AnswerSecured(d, l.local(l.version), n, ours)), nil
}

// params is what was agreed, in the media engine's words.
func params(n sdp.Negotiated) media.Params {
	p := media.Params{
		Send: n.Send, Receive: n.Receive, EventPT: n.EventPT, EventClock: n.EventClock,
		NoTones: true, ComfortPT: n.ComfortPT, LevelExt: n.LevelExt,
	}
	for _, e := range n.ReceiveEvents {
		p.ReceiveEvents = append(p.ReceiveEvents, media.EventFormat(e))
	}
	return p
}

// maxCandidate is the longest candidate attribute.
const maxCandidate = 1 << 10

// Candidate takes a candidate that the browser trickles, "" for the end of them.
// A lite agent sends nothing to candidates, it learns where the browser is by its
// checks: so they are counted, looked at and forgotten. Nothing is sent to an
// address, nor asked of a name, because somebody wrote it.
func (l *Leg) Candidate(candidate string) error {
	if candidate == "" {
		return nil
	}
	if len(candidate) > maxCandidate || strings.ContainsAny(candidate, "\r\n\x00") ||
		len(strings.Fields(candidate)) < 8 {
		return ErrCandidate
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == StateClosed:
		return ErrClosed
	case l.candidates >= sdp.MaxCandidates:
		return ErrTooOften
	}
	l.candidates++
	return nil
}
