package sip

import (
	"bytes"
	"io"
	"slices"
	"strings"

	msg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// mostRealms bounds the challenges that are kept of a trunk, mostNonce the length
// of what they want to have back.
const mostRealms, mostNonce = 8, 512

// proof is the last challenge of a realm and how often it was answered (RFC 7616
// §3.3, §3.4).
type proof struct {
	challenge digest.Challenge
	proxy     bool // it came in a 407
	count     int
}

// authorize answers the challenge in a 401 or 407: it returns the request to be
// sent instead, with a CSeq of its own, and without Via or, where prepare writes
// it, Contact. Not ok: nothing of what is asked is the trunk's to tell, or what it
// told was wrong. A peer may call what we answer stale for ever: whoever asks
// bounds the tries.
func (s *Server) authorize(req *msg.Request, res *msg.Response, t *Trunk) (*msg.Request, bool) {
	if t == nil || t.Auth.Username == "" || t.Auth.Password == "" {
		return nil, false
	}
	asks, answers := "WWW-Authenticate", "Authorization"
	proxy := res.StatusCode == 407
	if proxy {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	c := chosen(res, asks, t.Auth.Realm)
	if c == nil {
		return nil, false
	}
	l := s.lines.of(s, t)
	if refuted(req, answers, c) {
		l.forgetProof(c.Realm)
		return nil, false
	}
	value, err := credentials(req, c, t.Auth, l.prove(c, proxy))
	if err != nil {
		return nil, false
	}
	again := anew(req, answers, c.Realm)
	again.AppendHeader(msg.NewHeader(answers, value))
	return again, true
}

// chosen is the challenge to answer: of the trunk's realm, the first that we can
// (RFC 8760 §2.4).
func chosen(res *msg.Response, name, realm string) *digest.Challenge {
	for _, h := range res.GetHeaders(name) {
		c, err := digest.ParseChallenge(strings.TrimSpace(h.Value()))
		if err != nil || c.Nonce == "" || len(c.Nonce) > mostNonce || len(c.Opaque) > mostNonce {
			continue
		}
		asked := len(c.QOP) > 0
		for i := range c.QOP {
			c.QOP[i] = strings.ToLower(strings.TrimSpace(c.QOP[i]))
		}
		c.QOP = slices.DeleteFunc(c.QOP, func(q string) bool { return q != "auth" && q != "auth-int" })
		if asked && len(c.QOP) == 0 || realm != "" && c.Realm != realm || !digest.CanDigest(c) {
			continue
		}
		return c
	}
	return nil
}

// refuted says whether a request's answer to this realm was wrong: not if it was
// stale, nor if it used a nonce again that was no longer good.
func refuted(req *msg.Request, name string, c *digest.Challenge) bool {
	for _, h := range req.GetHeaders(name) {
		sent, err := digest.ParseCredentials(h.Value())
		if err == nil && sent.Realm == c.Realm && !c.Stale && (sent.Nonce == c.Nonce || sent.Nc <= 1) {
			return true
		}
	}
	return false
}

// credentials are those of an account for a request.
func credentials(req *msg.Request, c *digest.Challenge, a Account, count int) (string, error) {
	cred, err := digest.Digest(c, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Count: count,
		GetBody:  func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil },
		Username: a.Username, Password: a.Password,
	})
	if err != nil {
		return "", err
	}
	return cred.String(), nil
}

// anew is a request to be sent again with another answer to a realm.
func anew(req *msg.Request, answers, realm string) *msg.Request {
	again := msg.NewRequest(req.Method, *req.Recipient.Clone())
	rewritten := req.Method == msg.INVITE || req.Method == msg.UPDATE
	for _, h := range req.CloneHeaders() {
		switch {
		case isHeader(h, "Via"), isHeader(h, "Content-Length"), rewritten && isHeader(h, "Contact"):
			continue
		case isHeader(h, answers):
			if sent, err := digest.ParseCredentials(h.Value()); err != nil || sent.Realm == realm {
				continue
			}
		}
		if seq, ok := h.(*msg.CSeqHeader); ok {
			seq.SeqNo++
		}
		again.AppendHeader(h)
	}
	again.SetBody(slices.Clone(req.Body()))
	return again
}

func isHeader(h msg.Header, name string) bool { return strings.EqualFold(h.Name(), name) }

// prove notes a challenge and says how often it has been answered with this.
func (l *line) prove(c *digest.Challenge, proxy bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.proofs[c.Realm]
	if p == nil || p.challenge.Nonce != c.Nonce {
		if l.proofs == nil || len(l.proofs) >= mostRealms {
			l.proofs = map[string]*proof{}
		}
		p = &proof{challenge: *c, proxy: proxy}
		l.proofs[c.Realm] = p
	}
	p.count++
	return p.count
}

func (l *line) forgetProof(realm string) {
	l.mu.Lock()
	delete(l.proofs, realm)
	l.mu.Unlock()
}

// preauthorize answers the last challenges before they come again, with the next
// nonce count (RFC 7616 §3.4): most servers spare us the round trip.
func (s *Server) preauthorize(req *msg.Request, t *Trunk) {
	if t == nil {
		return
	}
	l := s.lines.of(s, t)
	l.mu.Lock()
	var known []proof
	for _, p := range l.proofs {
		if len(p.challenge.QOP) > 0 { // without a count an answer is good for once
			p.count++
			known = append(known, *p)
		}
	}
	l.mu.Unlock()
	for _, p := range known {
		name := "Authorization"
		if p.proxy {
			name = "Proxy-Authorization"
		}
		if value, err := credentials(req, &p.challenge, t.Auth, p.count); err == nil {
			req.AppendHeader(msg.NewHeader(name, value))
		}
	}
}
