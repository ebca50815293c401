package sip

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

const (
	// registerExpires is what is asked for where nothing else is said.
	registerExpires = 10 * time.Minute
	// Failures are tried again after a time that doubles from least to most, of which
	// chance takes up to half off (RFC 5626 §4.5). Who is refused, not unheard, waits
	// longer: carriers bar who insists.
	retryLeast, retryMost     = 2 * time.Second, 60 * time.Second
	refusedLeast, refusedMost = 30 * time.Second, 10 * time.Minute
	// registerPatience is how long a registrar may be silent if there is no other.
	registerPatience = 8 * time.Second
	// goodbye is how long taking a registration back may take.
	goodbye = 2 * time.Second
	// natAlive is how often something is sent to keep a NAT's binding (RFC 5626 §4.4).
	natAlive = 25 * time.Second
)

// registration is our binding at one registrar (RFC 3261 §10). Its goroutine owns
// it; what is shown of it is under the line's mutex.
type registration struct {
	line   *line
	text   string // the registrar as configured
	callID string
	tag    string
	seq    uint32
	asked  time.Duration  // of expires
	seen   netip.AddrPort // where the registrar sees us, if that is not where we are
	flow   flow           // by which it was registered; nil: not
	hop    hop

	shown   Registration // the line's mutex's
	service []msg.Uri    // Service-Route (RFC 3608); the line's mutex's
	user    string       // of our Contact; never changes
	addrs   []netip.Addr // of the registrar; the line's mutex's
}

func newRegistration(l *line, registrar string) *registration {
	t := l.trunk.Load()
	r := &registration{
		line: l, text: registrar, callID: newTag() + newTag(), tag: newTag(), asked: t.RegisterExpires,
		user:  t.contactUser(),
		shown: Registration{Registrar: registrar, State: Registering, Since: time.Now()},
	}
	if r.asked <= 0 {
		r.asked = registerExpires
	}
	return r
}

// contactUser is the user part that a trunk's registrars are told to call. Ours is
// the same after a restart, so that no old binding is left beside the new one, and
// told to nobody else: calls that name it are taken to be the registrar's.
func (t *Trunk) contactUser() string {
	if t.ContactUser != "" {
		return t.ContactUser
	}
	h := hmac.New(sha256.New, []byte(t.Auth.Password))
	fmt.Fprintf(h, "contact\x00%s\x00%s\x00%s", t.Name, t.Auth.Username, strings.Join(t.registrars(), " "))
	return "p" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil))[:19])
}

// run registers, again before the registration ends, and takes it back when ctx
// ends, unless the server is closed by then. before is a version of the trunk that
// takes its own back first: it may be the same binding.
func (r *registration) run(ctx context.Context, before *line) {
	if before != nil {
		before.wg.Wait()
	}
	defer r.letGo()
	fails := 0
	for ctx.Err() == nil {
		wait, err := r.register(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			wait = r.backOff(err, fails, wait)
			fails++
			r.show(RegisterFail, time.Time{}, err)
			r.line.srv.log.Warn("a trunk is not registered", "trunk", r.line.name, "registrar", r.text,
				"error", errorText(err), "again_in", wait.Round(time.Second).String())
		} else {
			fails = 0
		}
		r.rest(ctx, wait)
	}
	r.takeBack()
}

// errRefused is an answer that asking again will not change.
type errRefused struct {
	status int
	text   string
	after  time.Duration
}

func (e *errRefused) Error() string {
	return bounded(fmt.Sprintf("%d %s", e.status, e.text))
}

// backOff is how long to wait after a failure.
func (r *registration) backOff(err error, fails int, least time.Duration) time.Duration {
	base, most := retryLeast, retryMost
	var no *errRefused
	if errors.As(err, &no) && no.status < 500 && no.status != 408 && no.status != 480 {
		base, most = refusedLeast, refusedMost
	}
	wait := min(base<<min(fails, 10), most)
	wait -= time.Duration(rand.Int64N(int64(wait/2) + 1))
	return max(wait, least)
}

// rest waits until it is time to register again: when the time is up, when the
// connection to the registrar is gone. Meanwhile it keeps the way open.
func (r *registration) rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	alive := time.NewTicker(natAlive)
	defer alive.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case <-closing(r.flow):
			r.letGo()
			r.show(Registering, time.Time{}, errClosed)
			select { // others lost theirs at the same moment
			case <-time.After(rand.N(time.Second)):
			case <-ctx.Done():
			}
			return
		case <-alive.C:
			if r.flow != nil {
				_ = r.flow.send([]byte("\r\n\r\n"))
			}
		}
	}
}

// letGo lets the connection close when nobody needs it.
func (r *registration) letGo() {
	if r.flow != nil {
		r.flow.hold(-1)
		r.flow = nil
	}
}

// keep holds the way that the registrar calls us by.
func (r *registration) keep(f flow, h hop) {
	if r.flow != f {
		f.hold(1)
		r.letGo()
	}
	r.flow, r.hop = f, h
}

// show notes the state for those who ask.
func (r *registration) show(state string, expires time.Time, err error) {
	l := r.line
	l.mu.Lock()
	was := r.shown.State
	if was != state {
		r.shown.State, r.shown.Since = state, time.Now()
	}
	r.shown.Expires = expires
	if err != nil {
		r.shown.LastError = errorText(err)
	}
	l.mu.Unlock()
	if was != state && state == Registered {
		l.srv.log.Info("a trunk is registered", "trunk", l.name, "registrar", r.text, "expires", time.Until(expires).Round(time.Second).String())
	}
}

// register registers at the first address that answers and says when to do so
// again.
func (r *registration) register(ctx context.Context) (time.Duration, error) {
	t := r.line.trunk.Load()
	all, err := r.ways(ctx, t)
	if err != nil {
		return 0, err
	}
	all = r.line.sorted(all)
	if r.flow != nil { // where we are registered already comes first
		slices.SortStableFunc(all, func(a, b hop) int { return boolInt(b.key() == r.hop.key()) - boolInt(a.key() == r.hop.key()) })
	}
	patience := registerPatience
	if len(all) > 1 {
		patience = hopPatience
	}
	var least time.Duration
	for _, h := range all {
		var wait time.Duration
		wait, err = r.registerAt(ctx, t, h, patience)
		if err == nil || ctx.Err() != nil {
			return wait, err
		}
		var no *errRefused
		switch {
		case !errors.As(err, &no):
			r.line.down(h, nil, err, holdDown)
		case !failsOver(&msg.Response{StatusCode: no.status}, nil):
			return no.after, err
		}
		if no != nil {
			least = max(least, no.after)
		}
	}
	return least, err
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ways are the addresses of the registrar, or of the outbound proxy before it.
func (r *registration) ways(ctx context.Context, t *Trunk) ([]hop, error) {
	uri, err := parseURI(r.text)
	if err != nil {
		return nil, err
	}
	uri.User = ""
	routes, err := t.routes(nil)
	if err != nil {
		return nil, err
	}
	all, err := r.line.srv.waysTo(ctx, t, hop{peer: r.text, uri: uri, routes: routes})
	if err != nil {
		return nil, err
	}
	l := r.line
	l.mu.Lock()
	r.addrs = nil
	for _, h := range all {
		r.addrs = append(r.addrs, h.addr.Addr())
	}
	l.mu.Unlock()
	l.srv.lines.heed(l)
	return all, nil
}

// registrarAddrs are the addresses of a line's registrars.
func (l *line) registrarAddrs() []netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []netip.Addr
	for _, r := range l.regs {
		all = append(all, r.addrs...)
	}
	return all
}

// heed takes a line's registrar's addresses into the table of those who may call.
func (ls *lines) heed(l *line) {
	more := l.registrarAddrs()
	l.mu.Lock()
	changed := false
	for _, a := range more {
		if !slices.Contains(l.known, a) {
			l.known = append(slices.Clone(l.known), a)
			changed = true
		}
	}
	l.mu.Unlock()
	if changed {
		ls.mu.Lock()
		ls.note()
		ls.mu.Unlock()
	}
}

// registerAt registers at one address.
func (r *registration) registerAt(ctx context.Context, t *Trunk, h hop, patience time.Duration) (time.Duration, error) {
	s := r.line.srv
	f, err := s.flowTo(ctx, h, t)
	if err != nil {
		return 0, err
	}
	expires := r.asked
	for tries := 0; tries < 5; tries++ {
		res, err := r.exchange(ctx, t, h, f, expires, patience)
		if err != nil {
			return 0, err
		}
		s.hopAnswered(t, h)
		moved := r.noteSeen(res, f)
		switch {
		case res.IsSuccess() && moved && !r.lists(res, f):
			continue // again with the address that we are reached at
		case res.IsSuccess():
			return r.registered(res, f, h, expires)
		case res.StatusCode == 423: // RFC 3261 §10.2.8
			least, ok := deltaSeconds(header(res, "Min-Expires", ""))
			if !ok || least <= expires || least > 24*time.Hour {
				return 0, registerRefusal(res)
			}
			expires = least
		default:
			return 0, registerRefusal(res)
		}
	}
	return 0, errors.New("the registrar does not come to an end")
}

// exchange sends one REGISTER and, if it is challenged, another with the digest.
func (r *registration) exchange(ctx context.Context, t *Trunk, h hop, f flow, expires, patience time.Duration) (*msg.Response, error) {
	s := r.line.srv
	req := r.request(t, h, f, expires)
	s.preauthorize(req, t)
	for tries := 0; ; tries++ {
		limit, cancel := context.WithTimeout(ctx, patience)
		res, err := s.ask(limit, req, f)
		cancel()
		if err != nil {
			return nil, err
		}
		if res.StatusCode != 401 && res.StatusCode != 407 || tries >= 2 {
			return res, nil
		}
		r.noteSeen(res, f)
		again, ok := s.authorize(req, res, t)
		if !ok {
			return res, nil
		}
		r.seq = again.CSeq().SeqNo
		again.ReplaceHeader(r.contact(f, expires))
		req = again
	}
}

func registerRefusal(res *msg.Response) error {
	after, _ := retryAfterOf(res)
	text := res.Reason
	if res.StatusCode == 401 || res.StatusCode == 407 {
		text = "the password, user name or realm is not accepted"
	}
	return &errRefused{status: res.StatusCode, text: text, after: min(after, 10*time.Minute)}
}

// request is a REGISTER (RFC 3261 §10.2): the same Call-ID with a CSeq that grows,
// for the address of record that the account names.
func (r *registration) request(t *Trunk, h hop, f flow, expires time.Duration) *msg.Request {
	s := r.line.srv
	r.seq++
	uri := h.uri
	uri.UriParams = nil
	req := msg.NewRequest(msg.REGISTER, uri)
	for _, route := range h.routes {
		req.AppendHeader(&msg.RouteHeader{Address: *route.Clone()})
	}
	aor := msg.Uri{Scheme: uri.Scheme, User: cmp.Or(t.Auth.Username, r.user), Host: uri.Host}
	if t.FromDomain != "" {
		aor.Host = t.FromDomain
	}
	forwards, callID := msg.MaxForwardsHeader(70), msg.CallIDHeader(r.callID)
	from := &msg.FromHeader{Address: *aor.Clone()}
	from.Params.Add("tag", r.tag)
	req.AppendHeader(&forwards)
	req.AppendHeader(from)
	req.AppendHeader(&msg.ToHeader{Address: aor})
	req.AppendHeader(&callID)
	req.AppendHeader(&msg.CSeqHeader{SeqNo: r.seq, MethodName: msg.REGISTER})
	req.AppendHeader(r.contact(f, expires))
	req.AppendHeader(msg.NewHeader("Expires", seconds(expires)))
	req.AppendHeader(msg.NewHeader("Supported", "path"))
	req.AppendHeader(msg.NewHeader("Allow", allow))
	req.AppendHeader(msg.NewHeader("User-Agent", s.cfg.Load().UserAgent))
	return req
}

// contact is our address for the registrar: the one that it sees us at, if we know
// no better.
func (r *registration) contact(f flow, expires time.Duration) *msg.ContactHeader {
	s := r.line.srv
	c := s.contact(f, false)
	c.Address.User = r.user
	if _, told := s.cfg.Load().public(f.remote().Addr().Is4()); !told && r.seen.IsValid() && r.seen.Addr().Is4() == f.remote().Addr().Is4() {
		c.Address.Host, c.Address.Port = r.seen.Addr().String(), int(r.seen.Port())
		if r.seen.Addr().Is6() {
			c.Address.Host = "[" + c.Address.Host + "]"
		}
	}
	c.Params.Add("expires", seconds(expires))
	return c
}

// takeBack ends the registration, in so much time as there is.
func (r *registration) takeBack() {
	s := r.line.srv
	if r.flow == nil || s.ctx.Err() != nil {
		return
	}
	r.show(Leaving, time.Time{}, nil)
	ctx, cancel := context.WithTimeout(s.ctx, goodbye)
	defer cancel()
	t := r.line.trunk.Load()
	f := r.flow
	if !f.alive() {
		var err error
		if f, err = s.flowTo(ctx, r.hop, t); err != nil {
			return
		}
	}
	if _, err := r.exchange(ctx, t, r.hop, f, 0, goodbye); err != nil {
		s.log.Debug("a registration could not be taken back", "trunk", r.line.name, "error", err)
	}
}
