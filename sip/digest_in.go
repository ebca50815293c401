package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"time"

	msg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

const (
	// nonceLife is how long a nonce of ours may be answered.
	nonceLife = 2 * time.Minute
	// mostNonces bounds the nonces whose use is counted: those that were answered
	// with the right password.
	mostNonces = 1 << 16
)

// nonces makes nonces that need not be remembered: each says when it was made and
// for whom, and carries a seal that only we can make. What was answered rightly is
// remembered until it is too old, so that nobody answers with it again. Any
// goroutine uses it.
type nonces struct {
	key [32]byte

	mu   sync.Mutex
	used map[string]usedNonce
}

type usedNonce struct {
	count int
	until time.Time
}

func newNonces() *nonces {
	n := &nonces{used: map[string]usedNonce{}}
	rand.Read(n.key[:])
	return n
}

// make makes a nonce for an address.
func (n *nonces) make(a netip.Addr, now time.Time) string {
	var b [8 + 8 + 16]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixMilli()))
	rand.Read(b[8:16])
	copy(b[16:], n.seal(b[:16], a))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (n *nonces) seal(what []byte, a netip.Addr) []byte {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(what)
	from := a.As16()
	h.Write(from[:])
	return h.Sum(nil)[:16]
}

// ours says whether a nonce was made for an address, and whether it is too old.
func (n *nonces) ours(nonce string, a netip.Addr, now time.Time) (ours, stale bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 32 || subtle.ConstantTimeCompare(n.seal(b[:16], a), b[16:]) != 1 {
		return false, false
	}
	age := now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(b))))
	return true, age > nonceLife || age < -time.Minute
}

// use counts the right answer to a nonce. A count that was used already is a
// replay; answers without a count are good for once.
func (n *nonces) use(nonce string, count int, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	u, known := n.used[nonce]
	if known && count <= u.count {
		return false
	}
	if !known && len(n.used) >= mostNonces {
		for k, old := range n.used {
			if now.After(old.until) {
				delete(n.used, k)
			}
		}
		if len(n.used) >= mostNonces { // they must ask for new ones
			return false
		}
	}
	n.used[nonce] = usedNonce{count: max(count, 1), until: now.Add(nonceLife + time.Minute)}
	return true
}

// algorithms are those that callers are challenged with. MD5 comes first: there are
// PBXs that read the first challenge only and know no other, and an answer counts
// for its sender, once, within two minutes.
func (c *Config) algorithms() []string {
	if len(c.Digests) > 0 {
		return c.Digests
	}
	return []string{"MD5", "SHA-256"}
}

func (c *Config) realm() string {
	if c.Domain != "" {
		return c.Domain
	}
	return "partyline"
}

// challenge asks who it is: the same of everyone.
func (s *Server) challenge(src netip.Addr, stale bool) *refusal {
	cfg := s.cfg.Load()
	r := &refusal{status: msg.StatusUnauthorized, reason: "Unauthorized", bare: true}
	nonce := s.nonces.make(src, time.Now())
	for _, a := range cfg.algorithms() {
		c := digest.Challenge{Realm: cfg.realm(), Nonce: nonce, Stale: stale, Algorithm: a, QOP: []string{"auth"}}
		r.headers = append(r.headers, msg.NewHeader("WWW-Authenticate", c.String()))
	}
	return r
}

// proven is the trunk whose password a request proves; nil, with a challenge: none.
// why is for the log, empty where nothing was tried.
func (s *Server) proven(req *msg.Request, src netip.Addr) (t *Trunk, bad *refusal, why string) {
	cfg := s.cfg.Load()
	c := presented(req, cfg.realm())
	if c == nil {
		return nil, s.challenge(src, false), ""
	}
	now := time.Now()
	ours, stale := s.nonces.ours(c.Nonce, src, now)
	switch {
	case !ours:
		return nil, s.challenge(src, false), "the nonce is not ours, or another source's"
	case !s.meter.mayGuess(src, now):
		return nil, s.challenge(src, false), "too many wrong passwords from this source"
	}
	t = cfg.trunkOfAccount(c.Username)
	if !rightAnswer(c, string(req.Method), t) {
		s.meter.guessed(src, now)
		return nil, s.challenge(src, false), "user name or password is wrong"
	}
	if stale || !s.nonces.use(c.Nonce, c.Nc, now) {
		return nil, s.challenge(src, true), ""
	}
	return t, nil, ""
}

// presented are the credentials of a request for our realm.
func presented(req *msg.Request, realm string) *digest.Credentials {
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, h := range req.GetHeaders(name) {
			c, err := digest.ParseCredentials(strings.TrimSpace(h.Value()))
			if err == nil && c.Realm == realm && !c.Userhash && len(c.Nonce) <= mostNonce {
				return c
			}
		}
	}
	return nil
}

// trunkOfAccount is the trunk whose callers prove themselves with a user name.
func (c *Config) trunkOfAccount(user string) *Trunk {
	for i := range c.Trunks {
		if t := &c.Trunks[i]; user != "" && t.InboundAuth.Username == user && t.InboundAuth.Password != "" {
			return t
		}
	}
	return nil
}

// challenges says whether there is a trunk that callers prove to be.
func (c *Config) challenges() bool {
	for i := range c.Trunks {
		if a := c.Trunks[i].InboundAuth; a.Username != "" && a.Password != "" {
			return true
		}
	}
	return false
}

// rightAnswer computes the digest (RFC 7616 §3.4) and compares. Without a trunk it
// takes the same time. The URI is the caller's word: proxies on its way may have
// changed the Request-URI, and the seal on the nonce binds it to its sender.
func rightAnswer(c *digest.Credentials, method string, t *Trunk) bool {
	account := Account{Username: "nobody", Password: "nobody's"}
	if t != nil {
		account = t.InboundAuth
	}
	asked := &digest.Challenge{Realm: c.Realm, Nonce: c.Nonce, Algorithm: c.Algorithm, Opaque: c.Opaque}
	switch strings.ToUpper(c.Algorithm) {
	case "", "MD5", "SHA-256":
	default:
		return false
	}
	switch c.QOP {
	case "":
	case "auth":
		if c.Nc <= 0 || c.Cnonce == "" {
			return false
		}
		asked.QOP = []string{"auth"}
	default:
		return false
	}
	want, err := digest.Digest(asked, digest.Options{
		Method: method, URI: c.URI, Count: c.Nc, Cnonce: c.Cnonce,
		Username: account.Username, Password: account.Password,
	})
	if err != nil {
		return false
	}
	same := subtle.ConstantTimeCompare([]byte(strings.ToLower(c.Response)), []byte(want.Response)) == 1
	return same && t != nil
}
