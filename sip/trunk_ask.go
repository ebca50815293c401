package sip

import (
	"context"
	"crypto/tls"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
)

// ask sends a request outside of dialogs over a flow and waits for its final
// response until ctx ends.
func (s *Server) ask(ctx context.Context, req *msg.Request, f flow) (*msg.Response, error) {
	s.prepare(req, f)
	tx, err := s.tx.request(req, f, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, errTimeout
		case <-closing(f):
			return nil, errClosed
		case <-ctx.Done():
			return nil, errTimeout
		}
	}
}

// Probe is what a test of a trunk found out about one way to it.
type Probe struct {
	PeerState
	Certificate string // the peer's, if it has one: who it is and until when
}

// TestTrunk looks the trunk's names up and asks each peer whether it is there, now;
// calls and states are not touched. The error says why no peer is known.
func (s *Server) TestTrunk(ctx context.Context, name string) ([]Probe, error) {
	t := s.trunkNamed(name)
	if t == nil {
		return nil, ErrNoTrunk
	}
	all, err := s.ways(ctx, t, s.lines.of(s, t).serviceRoute())
	found := make([]Probe, len(all))
	done := make(chan struct{})
	for i, h := range all {
		go func() {
			defer func() { done <- struct{}{} }()
			found[i] = s.probe(ctx, t, h)
		}()
	}
	for range all {
		<-done
	}
	return found, err
}

// probe asks one peer.
func (s *Server) probe(ctx context.Context, t *Trunk, h hop) Probe {
	p := Probe{PeerState: (&peer{state: PeerDown, since: time.Now()}).shown(h.key())}
	res, rtt, err := s.inquire(ctx, t, h)
	if err != nil {
		p.LastError = errorText(err)
		return p
	}
	p.LastStatus, p.RTT = res.StatusCode, rtt
	if !downBy(res) {
		p.State = PeerUp
	} else {
		p.LastError = res.Reason
	}
	if f, err := s.flowTo(ctx, h, t); err == nil {
		p.Certificate = certificateOf(f)
	}
	return p
}

// certificateOf says who a peer is by its certificate.
func certificateOf(f flow) string {
	c, ok := f.(*tcpFlow)
	if !ok {
		return ""
	}
	tc, ok := c.conn.(*tls.Conn)
	if !ok || len(tc.ConnectionState().PeerCertificates) == 0 {
		return ""
	}
	leaf := tc.ConnectionState().PeerCertificates[0]
	who := leaf.Subject.CommonName
	if len(leaf.DNSNames) > 0 {
		who = strings.Join(leaf.DNSNames[:min(4, len(leaf.DNSNames))], ", ")
	}
	return bounded(who) + " until " + leaf.NotAfter.UTC().Format(time.DateOnly)
}

// bounded is text of a peer's for logs and people.
func bounded(text string) string { return bridge.CleanText(text, 100) }
