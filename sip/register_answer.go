package sip

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

// noteSeen reads from an answer where our request came from (RFC 3581 §4): behind
// NAT that is the address to be called at. It says whether that changed.
func (r *registration) noteSeen(res *msg.Response, f flow) (moved bool) {
	via := res.Via()
	_, told := r.line.srv.cfg.Load().public(f.remote().Addr().Is4())
	if via == nil || told || f.network() != "UDP" { // connections are called back over
		return false
	}
	host, port := via.Host, via.Port
	if a, ok := via.Params.Get("received"); ok && a != "" {
		host = a
	}
	if p, ok := via.Params.Get("rport"); ok && p != "" {
		fmt.Sscanf(p, "%d", &port)
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || port <= 0 || port > 65535 {
		return false
	}
	seen := netip.AddrPortFrom(a.Unmap(), uint16(port))
	moved = seen != r.seen && r.contact(f, 0).Address.HostPort() != seen.String()
	r.seen = seen
	return moved
}

// lists says whether an answer has our binding as it would be sent now.
func (r *registration) lists(res *msg.Response, f flow) bool {
	_, ok := r.granted(res, f)
	return ok
}

// granted is for how long the registrar keeps our binding (RFC 3261 §10.2.4).
func (r *registration) granted(res *msg.Response, f flow) (time.Duration, bool) {
	ours := r.contact(f, 0).Address
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*msg.ContactHeader)
		if !ok || c.Address.User != ours.User || !strings.EqualFold(strings.Trim(c.Address.Host, "[]"), strings.Trim(ours.Host, "[]")) || portOf(&c.Address) != portOf(&ours) {
			continue
		}
		text, _ := c.Params.Get("expires")
		if d, ok := deltaSeconds(text); ok {
			return d, true
		}
		d, _ := deltaSeconds(header(res, "Expires", ""))
		return d, true
	}
	return 0, false
}

func portOf(u *msg.Uri) uint16 {
	network := asked(u)
	if network == "" {
		network = usual(u)
	}
	return portOr(network, u.Port)
}

// registered notes a success and says when to register again.
func (r *registration) registered(res *msg.Response, f flow, h hop, asked time.Duration) (time.Duration, error) {
	granted, listed := r.granted(res, f)
	if !listed || granted == 0 {
		granted = asked // registrars that do not list, or rewrite, bindings
		if d, ok := deltaSeconds(header(res, "Expires", "")); ok && d > 0 {
			granted = d
		}
	}
	granted = min(max(granted, 10*time.Second), 24*time.Hour)
	r.keep(f, h)
	r.asked = asked
	c := r.contact(f, 0)
	l := r.line
	l.mu.Lock()
	r.service = uris(res, "Service-Route")
	r.shown.Contact = c.Address.String()
	l.mu.Unlock()
	r.show(Registered, time.Now().Add(granted), nil)
	// Between three and four fifths of it: lost answers leave time for others, and
	// many trunks do not come at once.
	return granted*3/5 + rand.N(granted/5), nil
}

// deltaSeconds reads a number of seconds.
func deltaSeconds(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return time.Duration(n) * time.Second, true
}
